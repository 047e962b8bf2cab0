import {
  Adam,
  add,
  clone,
  compile,
  GradScaler,
  matmul,
  memory,
  mse,
  mul,
  ones,
  Parameter,
  scope,
  select,
  SGD,
  tensor,
  valueAndGrad,
  type Optimizer,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';
import { expectGolden, expectNoLeak, Golden } from '../support/golden';

const optimizers: Readonly<Record<string, (parameters: Record<string, Parameter>) => Optimizer>> = {
  sgd: (p) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
  adam: (p) => new Adam(p, { lr: 0.05 }),
};
const spoiled: Readonly<Record<number, number>> = { 2: Infinity, 7: NaN };
const tolerance = { relative: 64, absolute: 64 };

let golden: Golden;
beforeAll(async () => {
  golden = await Golden.read('scaling');
});
afterAll(() => golden.dispose());

test('every case of PyTorch is tested', () => {
  expect(Object.keys(optimizers).sort()).toEqual(golden.cases());
});

const cases = Object.entries(optimizers).flatMap(([name, build]) =>
  ['eager', 'compiled'].map((how) => [name, how, build] as const),
);

test.each(cases)('%s, %s: steps, scale and state are those of torch.amp.GradScaler', (name, how, build) => {
  const before = memory().storages;
  scope(() => {
    const data = (what: string): Tensor<'float64'> => golden.as(`${name}/${what}`, 'float64');
    const [x, y] = [data('x'), data('y')];
    using w = new Parameter(data('w'));
    using b = new Parameter(data('b'));
    using optimizer = build({ w, b });
    const options = { initScale: 8, growthFactor: 4, backoffFactor: 0.25, growthInterval: 3 };
    using first = new GradScaler(options);
    using second = new GradScaler(options);
    let scaler = first;
    const step = (spoil: Tensor<'float64'>): Tensor => {
      const [loss, grads] = valueAndGrad(() => scaler.scale(mse(add(matmul(x, w), b), y)), { w, b });
      scaler.step(optimizer, scaler.unscale({ ...grads, b: mul(grads.b, spoil) }));
      scaler.update();
      return loss;
    };
    const make = () => compile(step);
    let compiled = make();
    for (let at = 0; at < 12; at++) {
      const spoil = tensor([1, spoiled[at] ?? 1, 1], { dtype: 'float64' });
      if (how === 'compiled') compiled.sync(spoil);
      else step(spoil);
      const after = { w, b, ...scaler.stateDict() };
      expect(Object.keys(after)).toHaveLength(4);
      for (const [key, value] of Object.entries(after)) {
        const wanted = clone(select(golden.get(`${name}/after/${key}`), 0, at));
        expectGolden(`${name}/${key}, step ${at}`, value, wanted, tolerance);
      }
      if (at !== 5) continue;
      second.loadStateDict(first.stateDict());
      scaler = second;
      compiled.dispose();
      compiled = make();
    }
    compiled.dispose();
    expect(optimizer.stepCount).toBe(10);
  });
  expectNoLeak(before);
});

test.each([
  [{ initScale: 0 }, /initScale is 0/],
  [{ growthFactor: 1 }, /growthFactor is 1/],
  [{ backoffFactor: 1 }, /backoffFactor is 1/],
  [{ growthInterval: 0.5 }, /growthInterval is 0.5/],
])('refuses %j', (options, message) => {
  const error = caught(() => new GradScaler(options));
  expect([error.code, error.message]).toEqual(['VALUE', expect.stringMatching(message)]);
});

test('refuses no gradients, and conditions that are none', () => {
  using scaler = new GradScaler();
  expect(caught(() => scaler.unscale({})).code).toBe('VALUE');
  using w = new Parameter(ones([2]));
  using optimizer = new SGD({ w }, { lr: 1 });
  scope(() => {
    expect(caught(() => optimizer.step({ w: ones([2]) }, { when: ones([2]) as never })).code).toBe('SHAPE');
    expect(caught(() => optimizer.step({ w: ones([2]) }, { when: true as never })).code).toBe('TYPE');
  });
  expect(w.toArray()).toEqual([1, 1]);
});
