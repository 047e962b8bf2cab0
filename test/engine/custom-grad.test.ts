import { customGrad, grad, hessian, jvp, memory, ones, tensor, type Tensor } from 'myelin';

import { caught } from '../support/caught';

const f64 = (data: number | number[]): Tensor<'float64'> => tensor(data, { dtype: 'float64' });

/** x³, whose gradient is written down. */
const cube = customGrad({
  name: 'cube',
  forward: (x: Tensor) => x.mul(x).mul(x),
  backward: (dout, { inputs: [x] }) => [dout.mul(x.square().mul(3))],
});

test('uses the gradient that is given, not that of its ops', () => {
  const scaled = customGrad({ forward: (x: Tensor) => x.mul(2), backward: (dout) => [dout.mul(100)] });
  const x = f64([1, 2]);
  expect(scaled(x).toArray()).toEqual([2, 4]);
  expect(grad(() => scaled(x).sum(), [x])[0].toArray()).toEqual([100, 100]);
});

test('second and third derivatives, forward and backward', () => {
  const x = f64(2);
  expect(grad(() => cube(x), x).item()).toBe(12);
  expect(hessian((z) => cube(z), x).item()).toBe(12);
  expect(grad(() => hessian((z) => cube(z), x), x).item()).toBe(6);
  expect(jvp((z) => cube(z), x, f64(1))[1].item()).toBe(12);
});

test('a forward that returns its input, several outputs, an output that is not used, a gradient left out', () => {
  const x = f64([1, 2]);
  const reverse = customGrad({ forward: (z: Tensor) => z, backward: (dout) => [dout.neg()] });
  expect(grad(() => reverse(x).sum(), x).toArray()).toEqual([-1, -1]);
  const parts = customGrad({
    forward: (a: Tensor, b: Tensor) => ({ sum: a.add(b), difference: a.sub(b) }),
    backward: ({ sum, difference }) => [sum.add(difference), undefined],
  });
  const [da, db] = grad(
    () =>
      parts(x, f64([5, 5]))
        .sum.mul(3)
        .sum(),
    [x, ones([2])],
  );
  expect([da.toArray(), db.toArray()]).toEqual([
    [3, 3],
    [0, 0],
  ]);
});

test('outputs are at hand in backward', () => {
  const exp = customGrad({
    forward: (x: Tensor) => [x.exp(), x] as const,
    backward: ([dout], { outputs: [out] }) => [dout.mul(out)],
  });
  const x = f64(1);
  expect(grad(() => exp(x)[0], x).item()).toBe(Math.E);
});

test('temporaries of forward are freed at once', () => {
  const x = ones([4]);
  const before = memory({ collect: true }).storages;
  const y = cube(x);
  expect(memory().storages).toBeLessThanOrEqual(before + 1);
  y.dispose();
  grad(() => {
    cube(x);
    expect(memory().storages).toBeLessThanOrEqual(before + 1);
    return x.sum();
  }, x).dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
});

describe('wrong ones', () => {
  const x = f64([1, 2]);
  const withBackward = (backward: () => unknown): (() => unknown) => {
    const f = customGrad({ name: 'mine', forward: (z: Tensor) => z.mul(1), backward: backward as never });
    return () => grad(() => f(x).sum(), x);
  };
  test.each<[string, string, RegExp, () => unknown]>([
    ['no list', 'GRADIENT', /gave a Tensor \(need a list of 1/, withBackward(() => x)],
    ['too many', 'GRADIENT', /need a list of 1/, withBackward(() => [x, x])],
    ['another shape', 'GRADIENT', /float64\[3\] for input 0 \(need float64\[2\]/, withBackward(() => [f64([1, 2, 3])])],
    ['another dtype', 'GRADIENT', /gave float32\[2\]/, withBackward(() => [ones([2])])],
    ['a number', 'GRADIENT', /gave 5 for input 0/, withBackward(() => [5])],
    ['no function', 'TYPE', /backward is undefined/, () => customGrad({ name: 'mine', forward: () => x } as never)],
    [
      'no tensor',
      'TYPE',
      /has 5 at 0/,
      () => customGrad({ name: 'mine', forward: (z: Tensor) => z, backward: () => [x] })(5 as never),
    ],
    [
      'no result',
      'TYPE',
      /result of forward/,
      () => customGrad({ name: 'mine', forward: (() => 5) as never, backward: () => [] })(),
    ],
  ])('%s', (_, code, message, call) => {
    expect(caught(call)).toMatchObject({ code, op: 'mine', message: expect.stringMatching(message) });
  });
});
