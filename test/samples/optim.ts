import { adagradStep, adamStep, rmspropStep, sgdStep } from '../../lib/ops/optim';
import { ones, tensor } from 'myelin';

import type { Nd } from '../support/reference';
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

interface State {
  /** The parameter, then what is remembered of it, changed in place. */
  readonly values: Record<string, number>;
  readonly gradient: number;
}

/** Lists of a step in the order of the op's inputs, which of them are there, and one element's update. */
interface Rule {
  readonly lists: readonly string[];
  readonly absent?: readonly string[];
  readonly attrs: NonNullable<Sample['attrs']>;
  readonly step: number;
  readonly update: (state: State) => void;
}

const scalar = (value: number): InputSpec => values([], [value], 'float64');

/** Remembered averages of squares are never negative. */
const fill = (list: string, shape: readonly number[]): InputSpec =>
  list === 'squares'
    ? uniform(shape, 0.5, 2)
    : uniform(shape, list === 'means' ? -0.5 : -2, list === 'means' ? 0.5 : 2);

function stepSample(
  { lists, absent = [], attrs, step, update }: Rule,
  extents: readonly (readonly number[])[],
): Sample {
  const members = lists.map((list) => (absent.includes(list) ? [] : extents.map((shape) => fill(list, shape))));
  const present = lists.filter((list) => !absent.includes(list));
  return {
    inputs: { ...Object.fromEntries(lists.map((list, i) => [list, members[i]!])), lr: scalar(lr), step: scalar(step) },
    attrs,
    order: 0,
    // What is written lies as the parameter does; gradients may be any view.
    layouts: ['grads'],
    tolerance: { relative: 16, absolute: 8 },
    reference: (...inputs: Nd[]) => {
      const changed = inputs.map((x) => ({ ...x, data: [...x.data] }));
      extents.forEach((_, i) => {
        const arrays = Object.fromEntries(
          present.map((list, position) => [list, changed[position * extents.length + i]!.data]),
        );
        arrays['params']!.forEach((_value, element) => {
          const state = Object.fromEntries(present.map((list) => [list, arrays[list]![element]!]));
          update({ values: state, gradient: arrays['grads']![element]! });
          for (const list of present) arrays[list]![element] = state[list]!;
        });
      });
      return changed;
    },
  };
}

interface SgdOptions {
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

// Each rule is PyTorch's documented algorithm.
function sgd(options: SgdOptions, step: number): Rule {
  const { momentum, dampening, weightDecay, nesterov } = options;
  return {
    lists: ['params', 'grads', 'velocities'],
    absent: momentum === 0 ? ['velocities'] : [],
    attrs: { ...options },
    step,
    update: ({ values: state, gradient }) => {
      let direction = gradient + weightDecay * state['params']!;
      if (momentum !== 0) {
        const velocity = step === 1 ? direction : momentum * state['velocities']! + (1 - dampening) * direction;
        state['velocities'] = velocity;
        direction = nesterov ? direction + momentum * velocity : velocity;
      }
      state['params']! -= lr * direction;
    },
  };
}

interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

function adam(options: AdamOptions, step: number): Rule {
  const { beta1, beta2, eps, weightDecay, decoupled } = options;
  return {
    lists: ['params', 'grads', 'means', 'squares'],
    attrs: { ...options },
    step,
    update: ({ values: state, gradient }) => {
      const g = decoupled ? gradient : gradient + weightDecay * state['params']!;
      if (decoupled) state['params']! *= 1 - lr * weightDecay;
      state['means'] = beta1 * state['means']! + (1 - beta1) * g;
      state['squares'] = beta2 * state['squares']! + (1 - beta2) * g * g;
      const mean = state['means'] / (1 - beta1 ** step);
      const square = state['squares'] / (1 - beta2 ** step);
      state['params']! -= (lr * mean) / (Math.sqrt(square) + eps);
    },
  };
}

interface RmspropOptions {
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
}

function rmsprop(options: RmspropOptions, step: number): Rule {
  const { alpha, eps, weightDecay, momentum, centered } = options;
  return {
    lists: ['params', 'grads', 'squares', 'means', 'velocities'],
    absent: [...(centered ? [] : ['means']), ...(momentum === 0 ? ['velocities'] : [])],
    attrs: { ...options },
    step,
    update: ({ values: state, gradient }) => {
      const g = gradient + weightDecay * state['params']!;
      state['squares'] = alpha * state['squares']! + (1 - alpha) * g * g;
      let variance = state['squares'];
      if (centered) {
        state['means'] = alpha * state['means']! + (1 - alpha) * g;
        variance -= state['means'] ** 2;
      }
      const direction = g / (Math.sqrt(variance) + eps);
      if (momentum !== 0) state['velocities'] = momentum * state['velocities']! + direction;
      state['params']! -= lr * (momentum === 0 ? direction : state['velocities']!);
    },
  };
}

interface AdagradOptions {
  readonly lrDecay: number;
  readonly eps: number;
  readonly weightDecay: number;
}

function adagrad(options: AdagradOptions, step: number): Rule {
  const { lrDecay, eps, weightDecay } = options;
  return {
    lists: ['params', 'grads', 'squares'],
    attrs: { ...options },
    step,
    update: ({ values: state, gradient }) => {
      const g = gradient + weightDecay * state['params']!;
      state['squares']! += g * g;
      state['params']! -= ((lr / (1 + (step - 1) * lrDecay)) * g) / (Math.sqrt(state['squares']!) + eps);
    },
  };
}

const one = () => tensor(1, { dtype: 'float64' });

/** A step whose gradient has another shape than its parameter. */
const mismatch = (
  call: (lists: { params: ReturnType<typeof ones>[]; grads: ReturnType<typeof ones>[] }) => unknown,
): ErrorCase => ({
  call: () => call({ params: [ones([2, 3])], grads: [ones([2, 4])] }),
  code: 'SHAPE',
  message: /params\[0\] is float32\[2,3\], grads\[0\] is float32\[2,4\]/,
});

function optimizer(rules: readonly Rule[], error: ErrorCase): OpSamples {
  return {
    samples: [...rules.map((rule) => stepSample(rule, shapes)), stepSample(rules[0]!, [[], [3]])],
    large: stepSample(rules[0]!, [[301, 307], [1001]]),
    errors: [error],
  };
}

const adamDefaults = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false };
const sgdDefaults = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false };
const rmspropDefaults = { alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };
const adagradDefaults = { lrDecay: 0, eps: 1e-10, weightDecay: 0 };

export const optim: SampleTable = {
  sgdStep: {
    ...optimizer(
      [
        sgd({ ...sgdDefaults, momentum: 0.9 }, 2),
        sgd({ ...sgdDefaults, momentum: 0.9, weightDecay: 0.1, dampening: 0.5 }, 1),
        sgd({ ...sgdDefaults, momentum: 0.9, weightDecay: 0.1, dampening: 0.5 }, 3),
        sgd({ ...sgdDefaults, momentum: 0.9, nesterov: true }, 2),
        sgd({ ...sgdDefaults, weightDecay: 0.1 }, 1),
      ],
      mismatch((lists) => sgdStep({ ...lists, velocities: [], lr: one(), step: one() }, sgdDefaults)),
    ),
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  },
  adamStep: {
    ...optimizer(
      [
        adam(adamDefaults, 3),
        adam({ ...adamDefaults, weightDecay: 0.1 }, 1),
        adam({ ...adamDefaults, weightDecay: 0.1, decoupled: true, beta1: 0.8 }, 100),
      ],
      mismatch((lists) =>
        adamStep({ ...lists, means: [ones([2, 3])], squares: [ones([2, 3])], lr: one(), step: one() }, adamDefaults),
      ),
    ),
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  },
  rmspropStep: {
    ...optimizer(
      [
        rmsprop(rmspropDefaults, 1),
        rmsprop({ ...rmspropDefaults, momentum: 0.9, weightDecay: 0.1 }, 2),
        rmsprop({ ...rmspropDefaults, centered: true }, 2),
        rmsprop({ ...rmspropDefaults, centered: true, momentum: 0.9 }, 2),
      ],
      mismatch((lists) =>
        rmspropStep(
          { ...lists, squares: [ones([2, 3])], means: [], velocities: [], lr: one(), step: one() },
          rmspropDefaults,
        ),
      ),
    ),
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  },
  adagradStep: {
    ...optimizer(
      [adagrad(adagradDefaults, 1), adagrad({ ...adagradDefaults, lrDecay: 0.1, weightDecay: 0.1 }, 4)],
      mismatch((lists) => adagradStep({ ...lists, squares: [ones([2, 3])], lr: one(), step: one() }, adagradDefaults)),
    ),
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  },
};
