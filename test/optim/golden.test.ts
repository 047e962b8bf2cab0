import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  add,
  ASGD,
  chained,
  clipGradNorm,
  clipGradValue,
  clone,
  compile,
  constantRate,
  cosineDecay,
  cosineRestarts,
  cyclicMomentum,
  cyclicRate,
  exponentialDecay,
  inverseSqrtDecay,
  LAMB,
  lambdaRate,
  LBFGS,
  linearDecay,
  linearWarmup,
  Lion,
  matmul,
  memory,
  mse,
  multiplicativeRate,
  multiStepDecay,
  NAdam,
  oneCycle,
  oneCycleMomentum,
  Parameter,
  PlateauSchedule,
  polynomialDecay,
  RAdam,
  RMSprop,
  Rprop,
  select,
  sequential,
  SGD,
  stepDecay,
  valueAndGrad,
  type ClippedGradients,
  type FloatDType,
  type LossClosure,
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
  'sgd-maximize': (p) => new SGD(p, { lr: 0.01, momentum: 0.5, weightDecay: 0.1, maximize: true }),
  'sgd-l1': (p) => new SGD(p, { lr: 0.1, l1: 0.05 }),
  'sgd-late': (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
  'adam-amsgrad': (p) => new Adam(p, { lr: 0.1, betas: [0.8, 0.7], amsgrad: true, weightDecay: 0.1 }),
  'adam-maximize': (p) => new Adam(p, { lr: 0.05, maximize: true, weightDecay: 0.1 }),
  'adam-decoupled': (p) => new Adam(p, { lr: 0.05, weightDecay: 0.2, decoupledWeightDecay: true }),
  'adam-late': (p) => new Adam(p, { lr: 0.05 }),
  'adamw-amsgrad': (p) => new AdamW(p, { lr: 0.1, betas: [0.8, 0.7], amsgrad: true }),
  'rmsprop-maximize': (p) => new RMSprop(p, { lr: 0.02, maximize: true }),
  'adagrad-maximize': (p) => new Adagrad(p, { lr: 0.1, maximize: true }),
  adadelta: (p) => new Adadelta(p),
  'adadelta-options': (p) => new Adadelta(p, { lr: 2, rho: 0.7, eps: 1e-3, weightDecay: 0.1 }),
  'adadelta-maximize': (p) => new Adadelta(p, { eps: 1e-4, maximize: true }),
  adamax: (p) => new Adamax(p, { lr: 0.05 }),
  'adamax-options': (p) => new Adamax(p, { lr: 0.1, betas: [0.8, 0.9], eps: 1e-3, weightDecay: 0.1 }),
  'adamax-maximize': (p) => new Adamax(p, { lr: 0.05, maximize: true }),
  nadam: (p) => new NAdam(p, { lr: 0.05 }),
  'nadam-options': (p) =>
    new NAdam(p, { lr: 0.1, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.1, momentumDecay: 0.02 }),
  'nadam-decoupled': (p) => new NAdam(p, { lr: 0.05, weightDecay: 0.2, decoupledWeightDecay: true }),
  'nadam-maximize': (p) => new NAdam(p, { lr: 0.05, maximize: true }),
  radam: (p) => new RAdam(p, { lr: 0.05 }),
  'radam-options': (p) => new RAdam(p, { lr: 0.1, betas: [0.8, 0.9], eps: 1e-4, weightDecay: 0.1 }),
  'radam-decoupled': (p) => new RAdam(p, { lr: 0.05, weightDecay: 0.2, decoupledWeightDecay: true }),
  'radam-maximize': (p) => new RAdam(p, { lr: 0.05, maximize: true }),
  lion: (p) => new Lion(p, { lr: 0.02 }),
  'lion-options': (p) => new Lion(p, { lr: 0.05, betas: [0.8, 0.9], weightDecay: 0.2 }),
  lamb: (p) => new LAMB(p, { lr: 0.05 }),
  'lamb-options': (p) => new LAMB(p, { lr: 0.1, betas: [0.8, 0.9], eps: 1e-4, weightDecay: 0.2 }),
  rprop: (p) => new Rprop(p, { lr: 0.05 }),
  'rprop-options': (p) => new Rprop(p, { lr: 0.3, etas: [0.3, 1.7], stepSizes: [0.05, 0.5] }),
  'rprop-maximize': (p) => new Rprop(p, { lr: 0.01, maximize: true }),
  'rprop-late': (p) => new Rprop(p, { lr: 0.1 }),
  asgd: (p) => new ASGD(p, { lr: 0.1 }),
  'asgd-options': (p) => new ASGD(p, { lr: 0.2, lambd: 0.05, alpha: 0.6, t0: 3, weightDecay: 0.1 }),
  'asgd-maximize': (p) => new ASGD(p, { lr: 0.02, t0: 1, maximize: true }),
  'asgd-late': (p) => new ASGD(p, { lr: 0.1, lambd: 0.1, t0: 2 }),
  adafactor: (p) => new Adafactor(p),
  'adafactor-options': (p) =>
    new Adafactor(p, { lr: 0.4, beta2Decay: -0.5, eps: [0.6, 1.1], d: 1.05, weightDecay: 0.1 }),
  'adafactor-groups': (p) =>
    new Adafactor(p, { lr: 0.1, weightDecay: 0.2, groups: [{ match: isBias, lr: 0.2, weightDecay: 0 }] }),
  'adafactor-maximize': (p) => new Adafactor(p, { lr: 0.05, maximize: true }),
  'adafactor-late': (p) => new Adafactor(p, { lr: 0.2 }),
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
  'sgd-cycled': (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
  'sgd-nesterov-cycled': (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
  'rmsprop-cycled': (p) => new RMSprop(p, { lr: 0.1, momentum: 0.9 }),
  'adam-cycled': (p) => new Adam(p, { lr: 0.1, amsgrad: true }),
  'adamw-cycled': (p) => new AdamW(p, { lr: 0.1 }),
  'adamax-cycled': (p) => new Adamax(p, { lr: 0.1 }),
  'nadam-cycled': (p) => new NAdam(p, { lr: 0.1 }),
  'radam-cycled': (p) => new RAdam(p, { lr: 0.1 }),
  'lion-cycled': (p) => new Lion(p, { lr: 0.1 }),
  'lamb-cycled': (p) => new LAMB(p, { lr: 0.1 }),
};

const cycle = { steps };
const cycledRate = oneCycle(0.2, cycle);
const cycledMomentum = oneCycleMomentum({ ...cycle, base: 0.5, max: 0.9 });

/** Rate and momentum of a step in cases that are named so. */
function pace(name: string, optimizer: Optimizer, step: number): void {
  if (!name.endsWith('-cycled')) return;
  optimizer.lr = cycledRate(step);
  optimizer.momentum = cycledMomentum(step);
}

const searches: Readonly<Record<string, (parameters: Parameters) => LBFGS>> = {
  lbfgs: (p) => new LBFGS(p, { lr: 0.3, maxIter: 2, maxEval: 10, historySize: 3 }),
  'lbfgs-wolfe': (p) => new LBFGS(p, { maxIter: 1, maxEval: 10, lineSearch: 'strongWolfe' }),
};

/** Makes the step of a number; parameters that are late have no gradient in the first four. */
type Descend = (step: number) => void;

describe.each(['float32', 'float64'] as const)('in %s, ten steps are those of PyTorch', (dtype) => {
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read(`optimizers-${dtype}`);
  });
  afterAll(() => golden.dispose());

  const problem = (name: string): Tensor<FloatDType> => golden.as(`problem/${name}`, dtype);

  /** Least squares, and the gradients of its loss. */
  function withProblem(body: (parameters: Parameters, closure: LossClosure) => void): void {
    const before = memory().storages;
    scoped(() => {
      const parameters = { w: new Parameter(problem('w')), b: new Parameter(problem('b')) };
      const [x, y] = [problem('x'), problem('y')];
      body(parameters, () => valueAndGrad(() => mse(add(matmul(x, parameters.w), parameters.b), y), parameters));
      for (const parameter of Object.values(parameters)) parameter.dispose();
    })();
    expectNoLeak(before);
  }

  const gradientsOf = (name: string, step: number, closure: LossClosure): Record<string, Tensor> => {
    const { b, ...rest } = closure()[1];
    return name.endsWith('-late') && step < 4 ? rest : { ...rest, b: b! };
  };

  function expectStep(name: string, parameters: Parameters, step: number, near = tolerance): void {
    for (const [key, parameter] of Object.entries(parameters)) {
      const wanted = clone(select(golden.get(`${name}/${key}`), 0, step));
      expectGolden(`${name}/${key}, step ${step}`, parameter, wanted, near);
    }
  }

  function expectSteps(name: string, parameters: Parameters, descend: Descend, from = 0, near = tolerance): void {
    for (let step = from; step < steps; step++) {
      descend(step);
      expectStep(name, parameters, step, near);
    }
  }

  test('every case of PyTorch is tested', () => {
    expect([...Object.keys(optimizers), ...Object.keys(searches), 'problem'].sort()).toEqual(golden.cases());
  });

  test.each(Object.entries(optimizers))('%s', (name, build) => {
    withProblem((parameters, closure) => {
      using optimizer = build(parameters);
      expectSteps(name, parameters, (step) => {
        pace(name, optimizer, step);
        optimizer.step(gradientsOf(name, step, closure));
      });
    });
  });

  test.each(Object.entries(optimizers))('%s, compiled', (name, build) => {
    withProblem((parameters, closure) => {
      using optimizer = build(parameters);
      const step = (first: number) => compile(() => optimizer.step(gradientsOf(name, first, closure)));
      const [early, late] = [step(0), step(4)];
      expectSteps(name, parameters, (at) => {
        pace(name, optimizer, at);
        (at < 4 ? early : late).sync();
      });
      early.dispose();
      late.dispose();
    });
  });

  test.each(Object.entries(optimizers))('%s goes on from its state dict', (name, build) => {
    withProblem((parameters, closure) => {
      using first = build(parameters);
      const move = (optimizer: Optimizer, step: number): void => {
        pace(name, optimizer, step);
        optimizer.step(gradientsOf(name, step, closure));
      };
      for (let step = 0; step < 5; step++) move(first, step);
      using second = build(parameters);
      second.loadStateDict(first.stateDict());
      expectSteps(name, parameters, (step) => move(second, step), 5);
      expect(second.stepCount).toBe(steps);
    });
  });

  // Curvature is a quotient of small differences, so that rounding shows more.
  const searched = { relative: 4096, absolute: 4096 };

  test.each(Object.entries(searches))('%s', (name, build) => {
    withProblem((parameters, closure) => {
      using optimizer = build(parameters);
      expectSteps(name, parameters, () => void optimizer.step(closure), 0, searched);
    });
  });

  test.each(Object.entries(searches))('%s goes on from its state dict', (name, build) => {
    withProblem((parameters, closure) => {
      using first = build(parameters);
      for (let step = 0; step < 5; step++) first.step(closure);
      using second = build(parameters);
      second.loadStateDict(first.stateDict());
      expectSteps(name, parameters, () => void second.step(closure), 5, searched);
    });
  });
});

describe('schedules are those of PyTorch', () => {
  const fadingByStep = { scale: (step: number) => 0.95 ** step, scaleMode: 'iterations' } as const;
  const schedules: Readonly<Record<string, Schedule>> = {
    constant: sequential([constantRate(0.15), constantRate(0.5)], [7]),
    'step-decay': stepDecay(0.5, { every: 4, factor: 0.3 }),
    exponential: exponentialDecay(0.5, { factor: 0.9 }),
    'multi-step': multiStepDecay(0.5, { milestones: [5, 12, 12, 30], factor: 0.5 }),
    linear: linearDecay(0.5, { steps: 20, start: 0.9, end: 0.1 }),
    polynomial: polynomialDecay(0.5, { steps: 30, power: 2.5 }),
    cosine: cosineDecay(0.5, { steps: 49, min: 0.01 }),
    'cosine-restarts': cosineRestarts(0.5, { period: 6, growth: 2, min: 0.02 }),
    'cosine-restarts-even': cosineRestarts(0.5, { period: 7 }),
    warmup: linearWarmup(constantRate(0.5), { steps: 8, start: 0.2 }),
    'one-cycle': oneCycle(0.5, { steps: 50 }),
    'one-cycle-options': oneCycle(0.5, {
      steps: 50,
      warmup: 0.4,
      strategy: 'linear',
      divisor: 10,
      finalDivisor: 50,
    }),
    'one-cycle-three': oneCycle(0.5, { steps: 50, threePhase: true }),
    cyclic: cyclicRate(0.5, { min: 0.1, up: 6 }),
    'cyclic-halving': cyclicRate(0.5, { min: 0.1, up: 4, down: 7, mode: 'halving' }),
    'cyclic-fading': cyclicRate(0.5, { min: 0.1, up: 5, mode: 'fading', factor: 0.97 }),
    'cyclic-scaled': cyclicRate(0.5, { min: 0.1, up: 4, down: 3, scale: (cycle) => 1 / cycle ** 2 }),
    'one-cycle-momentum': oneCycle(0.5, { steps: 50 }),
    'one-cycle-momentum-three': oneCycle(0.5, { steps: 50, warmup: 0.4, strategy: 'linear', threePhase: true }),
    'cyclic-momentum': cyclicRate(0.5, { min: 0.1, up: 6 }),
    'cyclic-momentum-halving': cyclicRate(0.5, { min: 0.1, up: 4, down: 7, mode: 'halving' }),
    'cyclic-momentum-scaled': cyclicRate(0.5, { min: 0.1, up: 5, ...fadingByStep }),
    multiplicative: multiplicativeRate(0.5, (step) => (step % 3 === 0 ? 1.05 : 0.9)),
    chained: chained(0.5, [linearDecay(1, { steps: 8, start: 0.2, end: 1 }), stepDecay(1, { every: 10, factor: 0.5 })]),
    'inverse-root': inverseSqrtDecay(0.5, { warmup: 10 }),
    lambda: lambdaRate(0.5, (step) => 0.95 ** step),
    sequential: sequential([constantRate(0.05), exponentialDecay(0.5, { factor: 0.9 })], [12]),
  };
  const momenta: Readonly<Record<string, Schedule>> = {
    'one-cycle-momentum': oneCycleMomentum({ steps: 50 }),
    'one-cycle-momentum-three': oneCycleMomentum({
      steps: 50,
      warmup: 0.4,
      strategy: 'linear',
      threePhase: true,
      base: 0.5,
      max: 0.9,
    }),
    'cyclic-momentum': cyclicMomentum({ up: 6 }),
    'cyclic-momentum-halving': cyclicMomentum({ base: 0.6, max: 0.95, up: 4, down: 7, mode: 'halving' }),
    'cyclic-momentum-scaled': cyclicMomentum({ up: 5, ...fadingByStep }),
  };
  const plateaus: Readonly<Record<string, PlateauSchedule>> = {
    plateau: new PlateauSchedule(0.5, { factor: 0.5, patience: 2, cooldown: 1, min: 0.01 }),
    'plateau-max': new PlateauSchedule(0.5, {
      direction: 'max',
      factor: 0.3,
      patience: 1,
      threshold: 0.05,
      thresholdMode: 'abs',
      eps: 1e-3,
    }),
  };
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read('schedules');
  });
  afterAll(() => golden.dispose());

  test('every case of PyTorch is tested', () => {
    expect([...Object.keys(schedules), ...Object.keys(plateaus)].sort()).toEqual(golden.cases());
  });

  test.each(Object.entries(schedules))('%s', (name, schedule) => {
    const rates = golden.as(`${name}/lr`, 'float64').data();
    rates.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 12));
  });

  test.each(Object.entries(momenta))('the momentum of %s', (name, schedule) => {
    const wanted = golden.as(`${name}/momentum`, 'float64').data();
    wanted.forEach((momentum, step) => expect(schedule(step)).toBeCloseTo(momentum, 12));
  });

  test.each(Object.entries(plateaus))('%s', (name, schedule) => {
    const rates = golden.as(`${name}/lr`, 'float64').data();
    const watched = golden.as(`${name}/watched`, 'float64').data();
    rates.forEach((rate, step) => {
      expect(schedule.lr).toBeCloseTo(rate, 12);
      schedule.update(watched[step]!);
    });
  });
});

describe('clipping is that of PyTorch', () => {
  const norms: Readonly<Record<string, (grads: Record<string, Tensor>) => ClippedGradients>> = {
    'clip-norm': (grads) => clipGradNorm(grads, 1.5),
    'clip-norm-idle': (grads) => clipGradNorm(grads, 100),
    'clip-norm-one': (grads) => clipGradNorm(grads, 2, { normType: 1 }),
    'clip-norm-finite': (grads) => clipGradNorm(grads, 1, { errorIfNonfinite: true }),
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
