import {
  Parameter,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  matmul,
  memory,
  ones,
  scope,
  stopGradient,
  tensor,
  valueAndGrad,
  vjp,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';

const storages = (): number => memory().storages;
const f64 = (data: number | number[] | number[][]): Tensor<'float64'> => tensor(data, { dtype: 'float64' });

describe('vjp', () => {
  test('of a list, one by one, and of an object', () => {
    const [a, b] = [f64([1, 2]), f64([3, 4])];
    const [y, pullback] = vjp((x, z) => x.mul(z), [a, b]);
    expect(y.toArray()).toEqual([3, 8]);
    expect(pullback(f64([1, 10])).map((x) => x.toArray())).toEqual([
      [3, 40],
      [1, 20],
    ]);
    const [outputs, named] = vjp(({ x, z }) => ({ product: x.mul(z), sum: x.add(z) }), { x: a, z: b });
    expect(outputs.sum.toArray()).toEqual([4, 6]);
    const { x } = named({ product: f64([1, 0]), sum: f64([0, 1]) });
    expect(x.toArray()).toEqual([3, 1]);
  });

  test('the pullback can be used again, and its outputs disposed before', () => {
    const [y, pullback] = vjp((x) => x.exp(), f64([0, 1]));
    y.dispose();
    expect(pullback(f64([1, 0])).toArray()).toEqual([1, 0]);
    expect(pullback(f64([2, 0])).toArray()).toEqual([2, 0]);
    pullback.dispose();
  });

  test('an input that nothing depends on, an output that is an input, an input given twice', () => {
    const x = f64([1, 2]);
    const [, none] = vjp(() => x.mul(2), ones([3]));
    expect(none(f64([1, 1])).toArray()).toEqual([0, 0, 0]);
    const v = f64([5, 6]);
    const [, identity] = vjp((z) => z, x);
    const dx = identity(v);
    dx.dispose();
    expect(v.toArray()).toEqual([5, 6]);
    const [, twice] = vjp((a, b) => a.mul(3).add(b.mul(5)), [x, x]);
    expect(twice(f64([1, 1])).map((g) => g.toArray())).toEqual([
      [3, 3],
      [5, 5],
    ]);
  });

  test('frees what it kept when disposed, or with its scope; a scope that returns it keeps it', () => {
    const x = ones([8]);
    const before = memory({ collect: true }).storages;
    const [y, pullback] = vjp((z) => z.exp().log().sigmoid(), x);
    expect(storages()).toBeGreaterThan(before + 1);
    pullback.dispose();
    pullback.dispose();
    expect(storages()).toBe(before + 1);
    y.dispose();
    scope(() => {
      vjp((z) => z.exp().log(), x);
    });
    expect(storages()).toBe(before);
    const kept = scope(() => vjp((z) => z.exp().log(), x));
    kept[1](x).dispose();
    kept[0].dispose();
    {
      using last = kept[1];
      expect(last).toBe(kept[1]);
    }
    expect(storages()).toBe(before);
  });

  test('frees everything when the function throws', () => {
    const x = ones([3]);
    const before = memory({ collect: true }).storages;
    expect(() =>
      vjp((z) => {
        z.exp().mul(2);
        throw new Error('on purpose');
      }, x),
    ).toThrow('on purpose');
    expect(storages()).toBe(before);
  });

  test('can be differentiated, with respect to inputs and cotangents', () => {
    const [x, v] = [f64([1, 2]), f64([3, 4])];
    const before = memory({ collect: true }).storages;
    const [dx, dv] = grad(() => {
      const [, pullback] = vjp((z) => z.pow(3), x);
      const total = pullback(v).sum();
      pullback.dispose();
      return total;
    }, [x, v]);
    expect([dx.toArray(), dv.toArray()]).toEqual([
      [18, 48],
      [3, 12],
    ]);
    expect(storages()).toBe(before + 2);
  });

  test('refuses a parameter that was assigned since', () => {
    const weight = new Parameter(f64([2, 3]));
    const [, pullback] = vjp((x) => x.mul(weight), f64([1, 1]));
    weight.assign(7);
    expect(caught(() => pullback(f64([1, 1])))).toMatchObject({
      code: 'STATE',
      op: 'mul',
      message: expect.stringMatching(/was assigned after its use/),
    });
    weight.dispose();
  });
});

describe('jvp', () => {
  test('the derivative in a direction', () => {
    const [y, dy] = jvp((a, b) => matmul(a, b), [f64([[1, 2]]), f64([[3], [4]])], [f64([[1, 0]]), f64([[0], [1]])]);
    expect([y.toArray(), dy.toArray()]).toEqual([[[11]], [[5]]]);
  });

  test('of what does not depend on an input, of an input itself, of an input given twice', () => {
    const [x, t] = [f64([1, 2]), f64([5, 6])];
    const [outputs, moved] = jvp((z) => [z, f64(3), z.mul(2)], x, t);
    expect(outputs[0]).toBe(x);
    expect(moved.map((m) => m.toArray())).toEqual([[5, 6], 0, [10, 12]]);
    for (const m of moved) m.dispose();
    expect(t.toArray()).toEqual([5, 6]);
    const [, both] = jvp((a, b) => a.mul(3).add(b.mul(5)), [x, x], [f64([1, 0]), f64([0, 1])]);
    expect(both.toArray()).toEqual([3, 5]);
  });

  test('second derivatives: forward over forward, backward over forward, forward over backward', () => {
    const [x, one] = [f64(2), f64(1)];
    const cube = (z: Tensor): Tensor => z.pow(3);
    const slope = (z: Tensor): Tensor => jvp(cube, z, one)[1];
    expect(jvp(slope, x, one)[1].item()).toBe(12);
    expect(grad(() => slope(x), [x])[0].item()).toBe(12);
    expect(jvp((z) => grad(() => cube(z), [z])[0], x, one)[1].item()).toBe(12);
    expect(jvp((z) => jvp(slope, z, one)[1], x, one)[1].item()).toBe(6);
  });

  test('leaves nothing but its results', () => {
    const x = ones([4]);
    const t = ones([4]);
    const before = memory({ collect: true }).storages;
    const [y, dy] = jvp((z) => z.exp().mul(z).softmax(), x, t);
    expect(storages()).toBe(before + 2);
    y.dispose();
    dy.dispose();
    expect(storages()).toBe(before);
  });
});

describe('jacobian', () => {
  test('of known functions, from rows and from columns', () => {
    const x = f64([1, 2]);
    const tall = f64([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(jacobian((z) => matmul(tall, z), x).toArray()).toEqual(tall.toArray());
    expect(jacobian((z) => matmul(z, tall), f64([1, 1, 1])).toArray()).toEqual(tall.transpose().toArray());
    expect(jacobian((z) => z.square().sum(), x).toArray()).toEqual([2, 4]);
    expect(jacobian((z) => z.mul(x), f64(3)).toArray()).toEqual([1, 2]);
  });

  test('of several inputs and outputs: shapes follow one another, structures too', () => {
    const [a, b] = [ones([2, 3]), ones([3])];
    const found = jacobian((x, y) => ({ product: x.mul(y), total: y.sum() }), [a, b]);
    expect(found.product.map((j) => j.shape)).toEqual([
      [2, 3, 2, 3],
      [2, 3, 3],
    ]);
    expect(found.total.map((j) => j.toArray())).toEqual([
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
      [1, 1, 1],
    ]);
  });

  test('of nothing', () => {
    expect(jacobian((x) => x.mul(2), ones([0])).shape).toEqual([0, 0]);
    expect(jacobian((x) => x.slice([0, 0]), ones([2])).shape).toEqual([0, 2]);
  });

  test('can be differentiated, and leaves nothing but itself', () => {
    const x = f64([1, 2]);
    const before = memory({ collect: true }).storages;
    const [dx] = grad(() => jacobian((z) => z.pow(3), x).sum(), [x]);
    expect(dx.toArray()).toEqual([6, 12]);
    const found = jacobian((z) => z.square(), x);
    expect(storages()).toBe(before + 2);
    dx.dispose();
    found.dispose();
  });
});

describe('hessian', () => {
  test('equals the formula, and is symmetric', () => {
    const x = f64([1, 2, 3]);
    const f = (z: Tensor): Tensor => z.slice(0).mul(z.slice(1)).mul(z.slice(2)).add(z.pow(3).sum());
    expect(hessian(f, x).toArray()).toEqual([
      [6, 3, 2],
      [3, 12, 1],
      [2, 1, 18],
    ]);
    const [gradient, product] = hvp(f, x, f64([1, 0, 2]));
    expect([gradient.toArray(), product.toArray()]).toEqual([
      [9, 15, 29],
      [10, 5, 38],
    ]);
  });

  test('of several inputs, in blocks', () => {
    const [a, b] = [f64([1, 2]), f64([3, 4])];
    const blocks = hessian(({ x, y }) => x.square().mul(y).sum(), { x: a, y: b });
    expect(blocks.x.x.toArray()).toEqual([
      [6, 0],
      [0, 8],
    ]);
    expect(blocks.x.y.toArray()).toEqual(blocks.y.x.transpose().toArray());
    expect(blocks.y.y.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('stopGradient', () => {
  test('of a tensor, and detach', () => {
    const x = f64(3);
    expect(grad(() => x.mul(stopGradient(x.square())), [x])[0].item()).toBe(9);
    expect(grad(() => x.mul(x.detach()).add(stopGradient(x)), x).item()).toBe(3);
  });

  test('frees inside a region what its scopes free', () => {
    const x = ones([4]);
    valueAndGrad(() => {
      const before = memory({ collect: true }).storages;
      const constant = stopGradient(() => scope(() => x.exp().log().mul(2)));
      expect(storages()).toBe(before + 1);
      return x.mul(constant).sum();
    }, [x]);
  });
});

describe('wrong calls', () => {
  const x = ones([2]);
  const [, spent] = vjp((z) => z.mul(2), x);
  const [, pullback] = vjp((z) => z.mul(2), x);
  spent.dispose();
  const never = undefined as never;
  test.each<[string, string, string, RegExp, () => unknown]>([
    ['no function', 'TYPE', 'vjp', /need a function/, () => vjp(5 as never, x)],
    ['no inputs', 'TYPE', 'jvp', /the input is undefined/, () => jvp((z: Tensor) => z, never, never)],
    ['inputs of integers', 'DTYPE', 'jacobian', /int32\[2\]/, () => jacobian((z) => z, x.to('int32'))],
    ['outputs of bools', 'DTYPE', 'jacobian', /returned bool\[2\]/, () => jacobian((z) => z.gt(0), x)],
    ['no output', 'TYPE', 'vjp', /result of the function is undefined/, () => vjp(() => never, x)],
    ['a promise', 'TYPE', 'vjp', /is a promise/, () => vjp((async () => x) as never, x)],
    ['a list with a hole', 'TYPE', 'jvp', /has undefined at 1/, () => jvp((z) => [z, never], x, x)],
    [
      'a tangent of another shape',
      'SHAPE',
      'jvp',
      /tangent 0 is float32\[3\]/,
      () => jvp((z) => z, x, ones([3]) as never),
    ],
    ['a tangent of another dtype', 'DTYPE', 'jvp', /float64/, () => jvp((z) => z, x, x.to('float64') as never)],
    ['too few tangents', 'TYPE', 'jvp', /need a list of 2/, () => jvp((a, b) => a.mul(b), [x, x], [x] as never)],
    ['a cotangent in a list', 'TYPE', 'pullback', /need one tensor/, () => pullback([x] as never)],
    ['a cotangent of another shape', 'SHAPE', 'pullback', /float32\[3\]/, () => pullback(ones([3]) as never)],
    ['a pullback that was disposed', 'DISPOSED', 'pullback', /was disposed/, () => spent(x)],
    ['a hessian of two numbers', 'SHAPE', 'hessian', /the loss is float32\[2\]/, () => hessian((z) => z.mul(2), x)],
    [
      'a vector of another shape',
      'SHAPE',
      'hvp',
      /vector 0/,
      () => hvp((z) => z.square().sum(), x, ones([3]) as never),
    ],
    ['too many axes', 'SHAPE', 'reshape', /8 axes/, () => jacobian((z) => z, ones([1, 1, 1, 1, 1]))],
    ['a constant of what is none', 'TYPE', 'stopGradient', /need a tensor/, () => stopGradient(5 as never)],
  ])('%s', (_, code, op, message, call) => {
    expect(caught(call)).toMatchObject({ code, op, message: expect.stringMatching(message) });
  });
});
