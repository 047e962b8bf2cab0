import * as steps from '../../lib/ops/optim';
import { ones, tensor } from 'myelin';

import { sumOf, type Nd } from '../support/reference';
import {
  uniform,
  values,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

const shapes = [[2, 3], [], [37], [0, 2]];
const lr = 0.05;

interface Common {
  readonly weightDecay: number;
  readonly decoupled: boolean;
  readonly l1: number;
  readonly maximize: boolean;
}

const plain: Common = { weightDecay: 0, decoupled: false, l1: 0, maximize: false };
const coupled: Common = { weightDecay: 0.1, decoupled: false, l1: 0.05, maximize: false };
const decoupled: Common = { weightDecay: 0.1, decoupled: true, l1: 0, maximize: true };

type Options = Readonly<Record<string, number | boolean>>;
/** What is remembered of one element, changed in place. */
type State = Record<string, number>;

/** Lists of a step in the order of the op's inputs, which of them are there, and one element's update. */
interface Rule {
  readonly states: readonly string[];
  readonly scalars?: Readonly<Record<string, number>>;
  readonly absent?: readonly string[];
  readonly common: Common;
  readonly options: Options;
  /** How much of the last direction, or of the average of gradients, is kept: an input before the learning rate. */
  readonly momentum?: number;
  /** How far an element goes, times the learning rate, given its gradient with penalties. */
  readonly direction: (state: State, g: number, param: number) => number;
  /** The factor of a whole parameter's directions. */
  readonly trust?: (params: readonly number[], directions: readonly number[]) => number;
  /** Single numbers after the step. */
  readonly after?: (scalars: State) => State;
  /** Whether decoupled decay is part of the direction. */
  readonly decays?: boolean;
}

const scalar = (value: number): InputSpec => values([], [value], 'float64');

/** Averages of squares and sizes are never negative, and a variance is not either. */
function fill(list: string, shape: readonly number[]): InputSpec {
  if (['squares', 'maxima', 'moves', 'largest', 'sizes'].includes(list)) return uniform(shape, 0.5, 2);
  return list === 'means' ? uniform(shape, -0.5, 0.5) : uniform(shape, -2, 2, [0]);
}

function inputsOf({ states, scalars = {}, absent = [], momentum }: Rule, extents: readonly (readonly number[])[]) {
  const tensors = ['params', 'grads', ...states].map(
    (list) => [list, absent.includes(list) ? [] : extents.map((shape) => fill(list, shape))] as const,
  );
  const numbers = Object.entries(scalars).map(
    ([list, value]) => [list, absent.includes(list) ? [] : extents.map(() => scalar(value))] as const,
  );
  const common = momentum === undefined ? {} : { momentum: scalar(momentum) };
  return {
    ...Object.fromEntries<InputSpec | readonly InputSpec[]>([...tensors, ...numbers]),
    ...common,
    lr: scalar(lr),
  };
}

/** All arrays of one parameter after a step, by list. */
function stepOf(rule: Rule, arrays: Readonly<Record<string, number[]>>): void {
  const { common, direction, trust = () => 1, decays = false } = rule;
  const sign = common.maximize ? -1 : 1;
  const directions = arrays['params']!.map((param, element) => {
    const penalty = common.l1 * Math.sign(param) + (common.decoupled ? 0 : common.weightDecay * param);
    const state = Object.fromEntries(rule.states.map((list) => [list, arrays[list]?.[element] ?? 0]));
    const moved = direction(state, sign * arrays['grads']![element]! + penalty, param);
    for (const list of rule.states) if (arrays[list] !== undefined) arrays[list][element] = state[list]!;
    return decays && common.decoupled ? moved + common.weightDecay * param : moved;
  });
  const factor = lr * trust(arrays['params']!, directions);
  const shrink = common.decoupled && !decays ? 1 - lr * common.weightDecay : 1;
  directions.forEach((moved, element) => {
    arrays['params']![element] = arrays['params']![element]! * shrink - factor * moved;
  });
}

function stepSample(rule: Rule, extents: readonly (readonly number[])[]): Sample {
  const { states, scalars = {}, absent = [], after = (numbers: State) => numbers } = rule;
  const present = ['params', 'grads', ...states].filter((list) => !absent.includes(list));
  const numbers = Object.keys(scalars).filter((list) => !absent.includes(list));
  return {
    inputs: inputsOf(rule, extents),
    attrs: { ...rule.common, ...rule.options },
    order: 0,
    // What is written lies as the parameter does; gradients may be any view.
    layouts: ['grads'],
    tolerance: { relative: 16, absolute: 8 },
    reference: (...inputs: Nd[]) => {
      const changed = inputs.map((x) => ({ ...x, data: [...x.data] }));
      const count = extents.length;
      extents.forEach((_, i) => {
        stepOf(rule, Object.fromEntries(present.map((list, k) => [list, changed[k * count + i]!.data])));
        const own = numbers.map((list, k) => [list, changed[(present.length + k) * count + i]!] as const);
        const next = after(Object.fromEntries(own.map(([list, x]) => [list, x.data[0]!])));
        for (const [list, x] of own) x.data[0] = next[list]!;
      });
      return changed;
    },
  };
}

// Each rule is PyTorch's documented algorithm, or that of the paper that the op names.

const counted = (step: number) => ({
  scalars: { steps: step - 1 },
  after: (numbers: State): State => ({ ...numbers, steps: step }),
});

/** Changes the averages of gradients and of their squares; those without their bias. */
function moments(state: State, g: number, beta1: number, beta2: number, step: number) {
  state['means'] = beta1 * state['means']! + (1 - beta1) * g;
  state['squares'] = beta2 * state['squares']! + (1 - beta2) * g * g;
  return { mean: state['means'] / (1 - beta1 ** step), square: state['squares'] / (1 - beta2 ** step) };
}

function sgd(common: Common, options: { momentum: number; dampening: number; nesterov: boolean }, step: number): Rule {
  const { momentum, dampening, nesterov } = options;
  return {
    ...counted(step),
    states: ['velocities'],
    absent: momentum === 0 ? ['velocities', 'steps'] : [],
    common,
    options: { remembers: momentum !== 0, dampening, nesterov },
    momentum,
    direction: (state, g) => {
      if (momentum === 0) return g;
      const velocity = step === 1 ? g : momentum * state['velocities']! + (1 - dampening) * g;
      state['velocities'] = velocity;
      return nesterov ? g + momentum * velocity : velocity;
    },
  };
}

/** Options of an op that is given β₁ as its momentum. */
const withoutFirst = ({ beta1, ...options }: Options & { readonly beta1: number }) => ({ options, momentum: beta1 });

const betas = { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
type Betas = typeof betas;

function adam(common: Common, options: Betas & { amsgrad: boolean }, step: number): Rule {
  const { beta1, beta2, eps, amsgrad } = options;
  return {
    ...counted(step),
    states: ['means', 'squares', 'maxima'],
    absent: amsgrad ? [] : ['maxima'],
    common,
    ...withoutFirst(options),
    direction: (state, g) => {
      const { mean, square } = moments(state, g, beta1, beta2, step);
      if (!amsgrad) return mean / (Math.sqrt(square) + eps);
      state['maxima'] = Math.max(state['maxima']!, state['squares']!);
      return mean / (Math.sqrt(state['maxima'] / (1 - beta2 ** step)) + eps);
    },
  };
}

function rmsprop(common: Common, options: { alpha: number; eps: number; momentum: number; centered: boolean }): Rule {
  const { alpha, eps, momentum, centered } = options;
  return {
    states: ['squares', 'means', 'velocities'],
    absent: [...(centered ? [] : ['means']), ...(momentum === 0 ? ['velocities'] : [])],
    common,
    options: { alpha, eps, remembers: momentum !== 0, centered },
    momentum,
    direction: (state, g) => {
      state['squares'] = alpha * state['squares']! + (1 - alpha) * g * g;
      state['means'] = alpha * state['means']! + (1 - alpha) * g;
      const variance = state['squares'] - (centered ? state['means'] ** 2 : 0);
      state['velocities'] = momentum * state['velocities']! + g / (Math.sqrt(variance) + eps);
      return state['velocities'];
    },
  };
}

function adagrad(common: Common, options: { lrDecay: number; eps: number }, step: number): Rule {
  return {
    ...counted(step),
    states: ['squares'],
    common,
    options,
    direction: (state, g) => {
      state['squares']! += g * g;
      return g / (1 + (step - 1) * options.lrDecay) / (Math.sqrt(state['squares']!) + options.eps);
    },
  };
}

function adadelta(common: Common, options: { rho: number; eps: number }): Rule {
  const { rho, eps } = options;
  return {
    states: ['squares', 'moves'],
    common,
    options,
    direction: (state, g) => {
      state['squares'] = rho * state['squares']! + (1 - rho) * g * g;
      const move = (Math.sqrt(state['moves']! + eps) / Math.sqrt(state['squares'] + eps)) * g;
      state['moves'] = rho * state['moves']! + (1 - rho) * move * move;
      return move;
    },
  };
}

function adamax(common: Common, options: Betas, step: number): Rule {
  const { beta1, beta2, eps } = options;
  return {
    ...counted(step),
    states: ['means', 'largest'],
    common,
    ...withoutFirst(options),
    direction: (state, g) => {
      state['means'] = beta1 * state['means']! + (1 - beta1) * g;
      state['largest'] = Math.max(beta2 * state['largest']!, Math.abs(g) + eps);
      return state['means'] / (1 - beta1 ** step) / state['largest'];
    },
  };
}

function nadam(common: Common, options: Betas & { momentumDecay: number }, step: number): Rule {
  const { beta1, beta2, eps, momentumDecay } = options;
  const mu = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  const before = 0.7;
  const product = before * mu(step);
  return {
    states: ['means', 'squares'],
    scalars: { steps: step - 1, products: before },
    after: () => ({ steps: step, products: product }),
    common,
    ...withoutFirst(options),
    direction: (state, g) => {
      const { square } = moments(state, g, beta1, beta2, step);
      const ahead = (mu(step + 1) / (1 - product * mu(step + 1))) * state['means']!;
      return (((1 - mu(step)) / (1 - product)) * g + ahead) / (Math.sqrt(square) + eps);
    },
  };
}

function radam(common: Common, options: Betas, step: number): Rule {
  const { beta1, beta2, eps } = options;
  const most = 2 / (1 - beta2) - 1;
  const freedom = most - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  const rectified = ((freedom - 4) * (freedom - 2) * most) / ((most - 4) * (most - 2) * freedom);
  return {
    ...counted(step),
    states: ['means', 'squares'],
    common,
    ...withoutFirst(options),
    direction: (state, g) => {
      const { mean } = moments(state, g, beta1, beta2, step);
      if (freedom <= 5) return mean;
      return (mean * Math.sqrt(rectified * (1 - beta2 ** step))) / (Math.sqrt(state['squares']!) + eps);
    },
  };
}

function lion(common: Common, options: { beta1: number; beta2: number }): Rule {
  const { beta1, beta2 } = options;
  return {
    states: ['means'],
    common,
    ...withoutFirst(options),
    direction: (state, g) => {
      const blend = beta1 * state['means']! + (1 - beta1) * g;
      state['means'] = beta2 * state['means']! + (1 - beta2) * g;
      return Math.sign(blend);
    },
  };
}

const lengthOf = (list: readonly number[]): number => Math.sqrt(sumOf(list.map((x) => x * x)));

function lamb(common: Common, options: Betas, step: number): Rule {
  const { beta1, beta2, eps } = options;
  return {
    ...counted(step),
    states: ['means', 'squares'],
    common,
    ...withoutFirst(options),
    decays: true,
    direction: (state, g) => {
      const { mean, square } = moments(state, g, beta1, beta2, step);
      return mean / (Math.sqrt(square) + eps);
    },
    trust: (params, directions) => {
      const [param, direction] = [lengthOf(params), lengthOf(directions)];
      return param > 0 && direction > 0 ? param / direction : 1;
    },
  };
}

function rprop(common: Common, options: { etaMinus: number; etaPlus: number; minSize: number; maxSize: number }): Rule {
  const { etaMinus, etaPlus, minSize, maxSize } = options;
  return {
    states: ['previous', 'sizes'],
    common,
    options,
    direction: (state, g) => {
      const side = Math.sign(g * state['previous']!);
      const size = state['sizes']! * (side < 0 ? etaMinus : side > 0 ? etaPlus : 1);
      state['sizes'] = Math.min(Math.max(size, minSize), maxSize);
      state['previous'] = side < 0 ? 0 : g;
      // A size is a distance already.
      return (state['sizes'] * Math.sign(state['previous'])) / lr;
    },
  };
}

function asgd(common: Common, options: { lambd: number; alpha: number; t0: number }, step: number): Rule {
  const { lambd, alpha, t0 } = options;
  const [rate, weight] = [0.03, step === 1 ? 1 : 0.25];
  const shrinks = (own: number): number => (common.decoupled ? 1 - own * common.weightDecay : 1);
  return {
    states: ['means'],
    scalars: { steps: step - 1, rates: rate, weights: weight },
    after: () => ({
      steps: step,
      rates: lr / (1 + lambd * lr * step) ** alpha,
      weights: 1 / Math.max(1, step - t0),
    }),
    common,
    options,
    direction: (state, g, param) => {
      const moved = param * shrinks(rate) * (1 - lambd * rate) - rate * g;
      state['means']! += weight * (moved - state['means']!);
      return (param * shrinks(lr) - moved) / lr;
    },
  };
}

/** A step whose gradient has another shape than its parameter, and one with a single number too many. */
function refusals(step: (typeof steps)[keyof typeof steps], rule: Rule): readonly ErrorCase[] {
  const lists = { ...rule.scalars, ...Object.fromEntries(rule.states.map((list) => [list, 0])) };
  const present = Object.keys(lists).filter((list) => !rule.absent?.includes(list));
  const call = step as unknown as (inputs: unknown, attrs: unknown) => void;
  const attempt = (inputs: object) => () =>
    call(
      {
        ...Object.fromEntries(Object.keys(lists).map((list) => [list, []])),
        ...Object.fromEntries(
          present.map((list) => [list, [rule.states.includes(list) ? ones([2, 3]) : tensor(1, { dtype: 'float64' })]]),
        ),
        params: [ones([2, 3])],
        grads: [ones([2, 3])],
        ...(rule.momentum === undefined ? {} : { momentum: tensor(rule.momentum, { dtype: 'float64' }) }),
        lr: tensor(1, { dtype: 'float64' }),
        ...inputs,
      },
      { ...rule.common, ...rule.options },
    );
  return [
    {
      call: attempt({ grads: [ones([2, 4])] }),
      code: 'SHAPE',
      message: /params\[0\] is float32\[2,3\], grads\[0\] is float32\[2,4\]/,
    },
    { call: attempt({ grads: [] }), code: 'SHAPE', message: /0 grads for 1 params/ },
    { call: attempt({ lr: ones([1]) }), code: 'SHAPE', message: /lr is float32\[1\]/ },
  ];
}

function optimizer(step: (typeof steps)[keyof typeof steps], rules: readonly Rule[]): OpSamples {
  return {
    samples: [...rules.map((rule) => stepSample(rule, shapes)), stepSample(rules[0]!, [[], [3]])],
    large: stepSample(rules[0]!, [[301, 307], [1001]]),
    errors: refusals(step, rules[0]!),
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  };
}

const momentum = { momentum: 0.9, dampening: 0, nesterov: false };
const rmspropDefaults = { alpha: 0.99, eps: 1e-8, momentum: 0, centered: false };

export const optim: SampleTable = {
  sgdStep: optimizer(steps.sgdStep, [
    sgd(plain, momentum, 2),
    sgd(coupled, { ...momentum, dampening: 0.5 }, 1),
    sgd(decoupled, { ...momentum, dampening: 0.5 }, 3),
    sgd(plain, { ...momentum, nesterov: true }, 2),
    sgd(coupled, { ...momentum, momentum: 0 }, 1),
  ]),
  adamStep: optimizer(steps.adamStep, [
    adam(plain, { ...betas, amsgrad: false }, 3),
    adam(coupled, { ...betas, amsgrad: true }, 1),
    adam(decoupled, { ...betas, beta1: 0.8, amsgrad: false }, 100),
  ]),
  rmspropStep: optimizer(steps.rmspropStep, [
    rmsprop(plain, rmspropDefaults),
    rmsprop(coupled, { ...rmspropDefaults, momentum: 0.9 }),
    rmsprop(decoupled, { ...rmspropDefaults, centered: true }),
    rmsprop(plain, { ...rmspropDefaults, centered: true, momentum: 0.9 }),
  ]),
  adagradStep: optimizer(steps.adagradStep, [
    adagrad(plain, { lrDecay: 0, eps: 1e-10 }, 1),
    adagrad(coupled, { lrDecay: 0.1, eps: 1e-10 }, 4),
    adagrad(decoupled, { lrDecay: 0, eps: 1e-3 }, 2),
  ]),
  adadeltaStep: optimizer(
    steps.adadeltaStep,
    [plain, coupled, decoupled].map((common) => adadelta(common, { rho: 0.9, eps: 1e-6 })),
  ),
  adamaxStep: optimizer(
    steps.adamaxStep,
    [plain, coupled, decoupled].map((common, i) => adamax(common, betas, 1 + 3 * i)),
  ),
  nadamStep: optimizer(
    steps.nadamStep,
    [plain, coupled, decoupled].map((common, i) => nadam(common, { ...betas, momentumDecay: 4e-3 }, 1 + 3 * i)),
  ),
  // Its variance becomes tractable at step 6.
  radamStep: optimizer(
    steps.radamStep,
    [plain, coupled, decoupled].map((common, i) => radam(common, betas, 1 + 5 * i)),
  ),
  lionStep: optimizer(
    steps.lionStep,
    [plain, coupled, decoupled].map((common) => lion(common, { beta1: 0.9, beta2: 0.99 })),
  ),
  lambStep: optimizer(
    steps.lambStep,
    [plain, coupled, decoupled].map((common, i) => lamb(common, { ...betas, eps: 1e-6 }, 1 + 3 * i)),
  ),
  rpropStep: optimizer(
    steps.rpropStep,
    [plain, coupled, decoupled].map((common) =>
      rprop(common, { etaMinus: 0.5, etaPlus: 1.2, minSize: 0.7, maxSize: 1.5 }),
    ),
  ),
  asgdStep: optimizer(
    steps.asgdStep,
    [plain, coupled, decoupled].map((common, i) => asgd(common, { lambd: 0.1, alpha: 0.75, t0: 2 }, 1 + 3 * i)),
  ),
};
