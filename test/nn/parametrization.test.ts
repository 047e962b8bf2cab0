import * as nn from 'myelin';
import type { Tensor } from 'myelin';

import { expectNoLeak } from '../support/golden';
import { testLayers, testRefusals } from '../support/layer-table';

testLayers('layers-parametrization', {
  'weight-norm-linear': (dtype) => nn.weightNorm(new nn.Linear(5, 3, { dtype })),
  'weight-norm-whole': (dtype) => nn.weightNorm(new nn.Linear(5, 3, { dtype }), { axis: null }),
  'weight-norm-axis': (dtype) => nn.weightNorm(new nn.Linear(5, 3, { bias: false, dtype }), { axis: -1 }),
  'weight-norm-bias': (dtype) => nn.weightNorm(new nn.Linear(5, 3, { dtype }), { name: 'bias' }),
  'weight-norm-conv1d': (dtype) => nn.weightNorm(new nn.Conv1d(2, 3, 3, { dtype })),
  'weight-norm-conv2d': (dtype) => nn.weightNorm(new nn.Conv2d(2, 3, 3, { padding: 1, dtype })),
  'weight-norm-conv-transpose2d': (dtype) =>
    nn.weightNorm(new nn.ConvTranspose2d(2, 3, 3, { stride: 2, dtype }), { axis: 1 }),
  'weight-norm-embedding': (dtype) => nn.weightNorm(new nn.Embedding(5, 3, { dtype })),
  'spectral-norm-linear': (dtype) => nn.spectralNorm(new nn.Linear(5, 3, { dtype })),
  'spectral-norm-steps': (dtype) =>
    nn.spectralNorm(new nn.Linear(5, 3, { bias: false, dtype }), { powerIterations: 3, axis: 1 }),
  'spectral-norm-bias': (dtype) => nn.spectralNorm(new nn.Linear(5, 3, { dtype }), { name: 'bias' }),
  'spectral-norm-conv2d': (dtype) => nn.spectralNorm(new nn.Conv2d(2, 3, 3, { padding: 1, dtype })),
  'spectral-norm-conv-transpose2d': (dtype) => nn.spectralNorm(new nn.ConvTranspose2d(2, 3, 3, { stride: 2, dtype })),
  'spectral-norm-embedding': (dtype) => nn.spectralNorm(new nn.Embedding(5, 3, { dtype })),
  'stacked-norms': (dtype) => nn.spectralNorm(nn.weightNorm(new nn.Linear(5, 3, { dtype }))),
  'stacked-axes': (dtype) =>
    nn.spectralNorm(nn.spectralNorm(new nn.Conv2d(2, 3, 3, { bias: false, dtype })), { axis: 1, powerIterations: 2 }),
  'both-norms': (dtype) =>
    new nn.Sequential(
      nn.weightNorm(new nn.Linear(5, 4, { dtype })),
      new nn.Tanh(),
      nn.spectralNorm(new nn.Linear(4, 2, { dtype })),
    ),
});

testRefusals({
  'what is no module': [() => nn.weightNorm({} as never), 'TYPE', /need a Module/],
  'a parameter that is not there': [() => nn.spectralNorm(new nn.ReLU()), 'VALUE', /there is no "weight"/],
  'a name that is no name': [() => nn.weightNorm(new nn.Linear(1, 1), { name: 1 as never }), 'TYPE', /need a string/],
  'what is no parameter': [
    () => nn.weightNorm(new nn.BatchNorm1d(2), { name: 'running_mean' }),
    'TYPE',
    /need a Parameter/,
  ],
  'lengths of what is divided': [
    () => nn.weightNorm(nn.spectralNorm(new nn.Linear(1, 1))),
    'VALUE',
    /weightNorm before spectralNorm/,
  ],
  'an axis outside': [() => nn.weightNorm(new nn.Linear(1, 1), { axis: 2 }), 'INDEX', /axis 2/],
  'no steps': [() => nn.spectralNorm(new nn.Linear(1, 1), { powerIterations: 0 }), 'VALUE', /powerIterations is 0/],
  'a limit of norms in a table that is made anew': [
    () => nn.weightNorm(new nn.Embedding(3, 2, { maxNorm: 1 })).forward(nn.tensor([1], { dtype: 'int32' })),
    'TYPE',
    /plain table/,
  ],
  'LoRA on top': [() => new nn.LoRALinear(nn.weightNorm(new nn.Linear(2, 2))), 'TYPE', /removeParametrizations/],
  'to undo what was not done': [() => nn.removeParametrizations(new nn.Linear(1, 1)), 'VALUE', /not parametrized/],
});

const norms = {
  weightNorm: nn.weightNorm,
  spectralNorm: nn.spectralNorm,
  'both norms': <M extends nn.AnyModule>(layer: M): M => nn.spectralNorm(nn.weightNorm(layer)),
};

test.each(Object.entries(norms))('%s trains like before, compiled as well, and leaves nothing behind', (_, norm) => {
  const before = nn.memory().storages;
  const x = nn.randn([8, 5]);
  const train = (compiled: boolean): unknown => {
    nn.seed(3);
    using model = norm(new nn.Linear(5, 3));
    using optimizer = new nn.SGD(model.parameters(), { lr: 0.1 });
    const step = (): Tensor<'float32'> => {
      const [loss, grads] = nn.valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
      optimizer.step(grads);
      return loss;
    };
    using fast = nn.compile(step);
    return nn.scope(() => {
      const losses = Array.from({ length: 5 }, () => (compiled ? fast.sync() : step()).item());
      expect(losses[4]).toBeLessThan(losses[0]!);
      return losses;
    });
  };
  expect(train(true)).toEqual(train(false));
  x.dispose();
  expectNoLeak(before);
});

test.each(Object.entries(norms))('%s is taken away again: the layer stays what it is', (_, norm) => {
  nn.scope(() => {
    using model = norm(new nn.Linear(5, 3)).eval();
    const { weight } = new nn.Linear(5, 3);
    const x = nn.ones([2, 5]);
    for (const parameter of Object.values(model.parameters())) parameter.assign(parameter.mul(1.5));
    const wanted = model.forward(x).toArray();
    expect(nn.removeParametrizations(model)).toBe(model);
    expect(Object.keys(model.stateDict()).sort()).toEqual(['bias', 'weight']);
    expect(model.forward(x).toArray()).toEqual(wanted);
    model.weight.assign(weight);
    weight.dispose();
  });
});

test('a call outside of scopes keeps nothing but its result', () => {
  using model = nn.spectralNorm(new nn.Conv2d(2, 3, 3));
  const x = nn.ones([1, 2, 4, 4]);
  const before = nn.memory().storages;
  const out = model.forward(x);
  expect(nn.memory().storages).toBeLessThanOrEqual(before + 1);
  for (const tensor of [x, out]) tensor.dispose();
});

test('two uses in one step each have their own singular vectors', () => {
  nn.scope(() => {
    using model = nn.spectralNorm(new nn.Linear(4, 3, { bias: false, dtype: 'float64' }));
    const [a, b] = [nn.randn([2, 4], { dtype: 'float64' }), nn.randn([2, 4], { dtype: 'float64' })];
    const start = Object.fromEntries(Object.entries(model.stateDict()).map(([name, value]) => [name, value.clone()]));
    const gradient = (use: () => Tensor): Tensor => Object.values(nn.grad(use, model.parameters()))[0]!;
    const both = gradient(() => model.forward(a).sum().add(model.forward(b).sum()));
    model.loadStateDict(start);
    const first = gradient(() => model.forward(a).sum());
    const second = gradient(() => model.forward(b).sum());
    expect(nn.allclose(both, first.add(second), { rtol: 1e-12 })).toBe(true);
  });
});
