import {
  Adagrad,
  Adam,
  AdamW,
  add,
  clipGradNorm,
  clipGradValue,
  clone,
  constantRate,
  cosineDecay,
  exponentialDecay,
  linearWarmup,
  matmul,
  memory,
  mse,
  Parameter,
  RMSprop,
  select,
  SGD,
  stepDecay,
  valueAndGrad,
  type ClippedGradients,
  type FloatDType,
  type Optimizer,
  type Schedule,
  type Tensor,
} from 'myelin';

import { expectAllGolden, expectGolden, expectNoLeak, Golden, scoped } from '../support/golden';

const steps = 10;
// A step divides by square roots of small numbers, and ten steps pile up.
const tolerance = { relative: 64, absolute: 64 };

type Parameters = Readonly<Record<'w' | 'b', Parameter<FloatDType>>>;

const isBias = (name: string): boolean => name === 'b';

const optimizers: Readonly<Record<string, (parameters: Parameters) => Optimizer>> = {
  sgd: (p) => new SGD(p, { lr: 0.1 }),
  'sgd-momentum': (p) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
  'sgd-dampening': (p) => new SGD(p, { lr: 0.1, momentum: 0.8, dampening: 0.5, weightDecay: 0.01 }),
  'sgd-nesterov': (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  adam: (p) => new Adam(p, { lr: 0.05 }),
  'adam-options': (p) => new Adam(p, { lr: 0.1, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.1 }),
  adamw: (p) => new AdamW(p, { lr: 0.05 }),
  'adamw-options': (p) => new AdamW(p, { lr: 0.1, betas: [0.7, 0.9], eps: 1e-6, weightDecay: 0.3 }),
  'adamw-groups': (p) =>
    new AdamW(p, { lr: 0.1, weightDecay: 0.3, groups: [{ match: isBias, lr: 0.2, weightDecay: 0 }] }),
  rmsprop: (p) => new RMSprop(p, { lr: 0.02 }),
  'rmsprop-options': (p) => new RMSprop(p, { lr: 0.02, alpha: 0.9, eps: 1e-5, weightDecay: 0.1, momentum: 0.5 }),
  'rmsprop-centered': (p) => new RMSprop(p, { lr: 0.02, centered: true, momentum: 0.9 }),
  adagrad: (p) => new Adagrad(p, { lr: 0.2 }),
  'adagrad-options': (p) =>
    new Adagrad(p, { lr: 0.2, lrDecay: 0.1, weightDecay: 0.1, initialAccumulatorValue: 0.5, eps: 1e-6 }),
};

describe.each(['float32', 'float64'] as const)('in %s, ten steps are those of PyTorch', (dtype) => {
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read(`optimizers-${dtype}`);
  });
  afterAll(() => golden.dispose());

  const problem = (name: string): Tensor<FloatDType> => golden.as(`problem/${name}`, dtype);
  const start = (): Parameters => ({ w: new Parameter(problem('w')), b: new Parameter(problem('b')) });

  /** One step of least squares. */
  function descend(parameters: Parameters, optimizer: Optimizer): void {
    const [x, y] = [problem('x'), problem('y')];
    const [, grads] = valueAndGrad(() => mse(add(matmul(x, parameters.w), parameters.b), y), parameters);
    optimizer.step(grads);
  }

  function expectStep(name: string, parameters: Parameters, step: number): void {
    for (const [key, parameter] of Object.entries(parameters)) {
      expectGolden(
        `${name}/${key}, step ${step}`,
        parameter,
        clone(select(golden.get(`${name}/${key}`), 0, step)),
        tolerance,
      );
    }
  }

  test('every case of PyTorch is tested', () => {
    expect([...Object.keys(optimizers), 'problem'].sort()).toEqual(golden.cases());
  });

  test.each(Object.entries(optimizers))('%s', (name, build) => {
    const before = memory().storages;
    scoped(() => {
      const parameters = start();
      using optimizer = build(parameters);
      for (let step = 0; step < steps; step++) {
        descend(parameters, optimizer);
        expectStep(name, parameters, step);
      }
      for (const parameter of Object.values(parameters)) parameter.dispose();
    })();
    expectNoLeak(before);
  });

  test.each(Object.entries(optimizers))('%s goes on from its state dict', (name, build) => {
    scoped(() => {
      const parameters = start();
      using first = build(parameters);
      for (let step = 0; step < 5; step++) descend(parameters, first);
      using second = build(parameters);
      second.loadStateDict(first.stateDict());
      for (let step = 5; step < steps; step++) descend(parameters, second);
      expectStep(name, parameters, steps - 1);
      expect(second.stepCount).toBe(steps);
      for (const parameter of Object.values(parameters)) parameter.dispose();
    })();
  });
});

describe('schedules are those of PyTorch', () => {
  const schedules: Readonly<Record<string, Schedule>> = {
    'step-decay': stepDecay(0.5, { every: 4, factor: 0.3 }),
    exponential: exponentialDecay(0.5, { factor: 0.9 }),
    cosine: cosineDecay(0.5, { steps: 19, min: 0.01 }),
    warmup: linearWarmup(constantRate(0.5), { steps: 8, start: 0.2 }),
  };
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read('schedules');
  });
  afterAll(() => golden.dispose());

  test('every case of PyTorch is tested', () => {
    expect(Object.keys(schedules).sort()).toEqual(golden.cases());
  });

  test.each(Object.entries(schedules))('%s', (name, schedule) => {
    const rates = golden.as(`${name}/lr`, 'float64').data();
    rates.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 12));
  });
});

describe('clipping is that of PyTorch', () => {
  const norms: Readonly<Record<string, (grads: Record<string, Tensor>) => ClippedGradients>> = {
    'clip-norm': (grads) => clipGradNorm(grads, 1.5),
    'clip-norm-idle': (grads) => clipGradNorm(grads, 100),
    'clip-norm-one': (grads) => clipGradNorm(grads, 2, { normType: 1 }),
    'clip-norm-max': (grads) => clipGradNorm(grads, 0.5, { normType: Infinity }),
  };
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read('clipping');
  });
  afterAll(() => golden.dispose());

  const gradients = (name: string): Record<string, Tensor> =>
    Object.fromEntries(['0', '1'].map((key) => [key, golden.as(`${name}/before/${key}`, 'float64')]));

  test.each(Object.entries(norms))('%s', (name, clip) => {
    scoped(() => {
      const { grads, norm } = clip(gradients(name));
      expectGolden(`${name}/norm`, norm, golden.get(`${name}/norm`), tolerance);
      expectAllGolden(name, grads, golden.under(`${name}/after`), tolerance);
    })();
  });

  test('clip-value', () => {
    scoped(() => {
      const clipped = clipGradValue(gradients('clip-value'), 0.7);
      expectAllGolden('clip-value', clipped, golden.under('clip-value/after'), tolerance);
    })();
  });
});
