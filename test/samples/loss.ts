import {
  bce,
  bceWithLogits,
  crossEntropy,
  l1Loss,
  mse,
  nllLoss,
  ones,
  tensor,
  type DType,
  type FloatDType,
  type LossOptions,
  type Tensor,
} from 'myelin';

import { at, build, groups, maxOf, meanOf, sigmoid, sumOf, zip, type Nd } from '../support/reference';
import { integers, uniform, values, type InputSpec, type OpSamples, type Sample, type SampleTable } from './sample';

const ignored = -100;

const logSumExp = (list: readonly number[]): number =>
  maxOf(list) + Math.log(sumOf(list.map((x) => Math.exp(x - maxOf(list)))));

/** Logits of one row: everything along the axis of the classes. */
function rowsOf(logits: Nd): { axis: number; shape: number[]; lists: number[][] } {
  const axis = logits.shape.length === 1 ? 0 : 1;
  return { axis, ...groups(logits, [axis]) };
}

function crossEntropyNd(logits: Nd, target: Nd, smoothing: number): Nd {
  const { shape, lists } = rowsOf(logits);
  const losses = lists.map((list, row) => {
    const label = target.data[row]!;
    if (label === ignored) return 0;
    return logSumExp(list) - (1 - smoothing) * list[label]! - smoothing * meanOf(list);
  });
  return { dtype: logits.dtype, shape, data: losses };
}

function crossEntropyBackwardNd(dout: Nd, logits: Nd, target: Nd, smoothing: number): Nd {
  const { axis, shape, lists } = rowsOf(logits);
  const totals: Nd = { dtype: logits.dtype, shape, data: lists.map(logSumExp) };
  const classes = logits.shape[axis]!;
  return build(logits.dtype, logits.shape, (index) => {
    const row = index.filter((_, other) => other !== axis);
    const label = at(target, row);
    if (label === ignored) return 0;
    const wanted = (label === index[axis] ? 1 - smoothing : 0) + smoothing / classes;
    return at(dout, row) * (Math.exp(at(logits, index) - at(totals, row)) - wanted);
  });
}

const rowShape = (shape: readonly number[]): number[] =>
  shape.filter((_, axis) => axis !== (shape.length === 1 ? 0 : 1));
const classesOf = (shape: readonly number[]): number => shape[shape.length === 1 ? 0 : 1]!;

function targets(shape: readonly number[], dtype: DType): InputSpec {
  const { fill } = integers(rowShape(shape), 0, classesOf(shape));
  // Every fifth row does not count.
  const some = (row: number, label: number): number => (row % 5 === 3 ? ignored : label);
  return {
    shape: rowShape(shape),
    dtype,
    fill: (random, size) => fill(random, size).map((label, row) => some(row, label)),
  };
}

function forward(shape: readonly number[], smoothing: number, dtype: DType = 'int32'): Sample {
  return {
    inputs: { logits: uniform(shape), target: targets(shape, dtype) },
    attrs: { labelSmoothing: smoothing, ignoreIndex: ignored },
    tolerance: { relative: 8, absolute: 16 },
    reference: (logits, target) => crossEntropyNd(logits, target, smoothing),
  };
}

function backward(shape: readonly number[], smoothing: number): Sample {
  return {
    inputs: { gradient: uniform(rowShape(shape)), logits: uniform(shape), target: targets(shape, 'int64') },
    attrs: { labelSmoothing: smoothing, ignoreIndex: ignored },
    order: shape.includes(67) ? 0 : 2,
    tolerance: { relative: 16, absolute: 32 },
    reference: (gradient, logits, target) => crossEntropyBackwardNd(gradient, logits, target, smoothing),
  };
}

const shapes = [[6, 5], [5], [2, 3, 4], [2, 3, 2, 2], [3, 67], [0, 3]];

function withLogits(shape: readonly number[]): Sample {
  return {
    inputs: { x: uniform(shape), target: uniform(shape, 0, 1) },
    tolerance: { relative: 8, absolute: 8 },
    reference: (x, target) => zip([x, target], (z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z)))),
  };
}

function withLogitsBackward(shape: readonly number[]): Sample {
  return {
    inputs: { gradient: uniform(shape), x: uniform(shape), target: uniform(shape, 0, 1) },
    tolerance: { relative: 16, absolute: 8 },
    reference: (dout, x, target) => zip([dout, x, target], (d, z, t) => d * (sigmoid(z) - t)),
  };
}

type Reduction = NonNullable<LossOptions['reduction']>;
type Target = Tensor<'int32'>;

const reductions: readonly Reduction[] = ['none', 'mean', 'sum'];

/** All losses as they are, or one number of them; `weights` are what a mean is divided by the sum of. */
function reduced(losses: Nd, reduction: Reduction, weights = losses.data.map(() => 1)): Nd {
  if (reduction === 'none') return losses;
  const total = sumOf(losses.data);
  return { ...losses, shape: [], data: [reduction === 'sum' ? total : total / sumOf(weights)] };
}

/** A loss of every element of two tensors. */
function elementLoss(
  f: typeof mse,
  [low, high]: readonly [number, number],
  loss: (x: number, t: number) => number,
): OpSamples {
  const sample = (shape: readonly number[], reduction: Reduction): Sample => ({
    inputs: { input: uniform(shape, low, high), target: uniform(shape, high, high + 1) },
    attrs: { reduction },
    tolerance: { relative: 16, absolute: 16 },
    reference: (input, target) => reduced(zip([input, target], loss), reduction),
  });
  return {
    run: ({ input, target }, { reduction }) =>
      f(input as Tensor<FloatDType>, target!, { reduction: reduction as Reduction }),
    samples: [
      ...[[2, 3, 4], []].flatMap((shape) => reductions.map((reduction) => sample(shape, reduction))),
      sample([0, 3], 'none'),
      sample([0, 3], 'sum'),
    ],
    errors: [
      { call: () => f(ones([2, 3]), ones([2, 4])), code: 'SHAPE', message: /target is float32\[2,4\]/ },
      { call: () => f(ones([2], { dtype: 'int32' }) as never, ones([2])), code: 'DTYPE', message: /int32\[2\]/ },
      {
        call: () => f(ones([2]), ones([2]), { reduction: 'all' as never }),
        code: 'VALUE',
        message: /reduction is "all"/,
      },
    ],
  };
}

/** The loss of the class that each row should have; with ignored rows and weights of the classes. */
function likelihood(shape: readonly number[], reduction: Reduction, weighted: boolean): Sample {
  const weight = uniform([classesOf(shape)], 0.5, 1.5);
  return {
    inputs: { x: uniform(shape), target: targets(shape, 'int32'), ...(weighted ? { weight } : {}) },
    attrs: { reduction },
    tolerance: { relative: 16, absolute: 16 },
    reference: (x, target, weight) => {
      const { shape: rows, lists } = rowsOf(x);
      const counts = target.data.map((label) => (label === ignored ? 0 : (weight?.data[label] ?? 1)));
      const data = lists.map((list, row) => (counts[row] === 0 ? 0 : -counts[row]! * list[target.data[row]!]!));
      return reduced({ dtype: x.dtype, shape: rows, data }, reduction, counts);
    },
  };
}

const plain = [[2, 3, 4], [], [0, 3], [37]];
const internal = 'called by gradient rules only, with what their ops have checked';

export const loss: SampleTable = {
  crossEntropy: {
    samples: [
      ...shapes.flatMap((shape) => [forward(shape, 0), forward(shape, 0.1)]),
      forward([6, 5], 0, 'int64'),
      {
        ...forward([2, 3], 0),
        inputs: { logits: values([2, 3], [1000, -1000, 0, 88, 89, 90]), target: values([2], [0, 1], 'int32') },
        order: 0,
      },
    ],
    large: forward([1001, 67], 0.1),
    errors: [
      {
        call: () => crossEntropy(ones([2, 3]), tensor([0, 3], { dtype: 'int32' })),
        code: 'INDEX',
        message: /target 1 is 3 \(need 0 <= class < 3/,
      },
      {
        call: () => crossEntropy(ones([2, 3]), tensor([0, 1, 2], { dtype: 'int32' })),
        code: 'SHAPE',
        message: /target is int32\[3\] \(need shape \[2\].*float32\[2,3\]/,
      },
    ],
    without: { scalar: 'classes are an axis' },
  },
  crossEntropyBackward: {
    samples: shapes.flatMap((shape) => [backward(shape, 0), backward(shape, 0.1)]),
    large: backward([1001, 67], 0.1),
    errors: [],
    neverFails: internal,
  },
  mse: { ...elementLoss(mse, [-1, 1], (x, t) => (x - t) ** 2), without: { broadcast: 'both need one shape' } },
  l1Loss: { ...elementLoss(l1Loss, [-1, 1], (x, t) => Math.abs(x - t)), without: { broadcast: 'both need one shape' } },
  bce: {
    ...elementLoss(bce, [0.1, 0.9], (p, t) => -(t * Math.log(p) + (1 - t) * Math.log(1 - p))),
    without: { broadcast: 'both need one shape' },
  },
  nllLoss: {
    run: ({ x, target, weight }, { reduction }) =>
      nllLoss(x as Tensor<FloatDType>, target as Target, { weight, reduction: reduction as Reduction }),
    samples: [
      ...reductions.flatMap((reduction) => [likelihood([6, 5], reduction, false), likelihood([6, 5], reduction, true)]),
      likelihood([2, 3, 4], 'none', true),
      likelihood([5], 'none', false),
      likelihood([0, 3], 'none', false),
    ],
    errors: [
      { call: () => nllLoss(ones([2, 3]), tensor([0, 3], { dtype: 'int32' })), code: 'INDEX', message: /target/ },
      { call: () => nllLoss(ones([2, 3]), ones([2]) as never), code: 'DTYPE', message: /target is float32\[2\]/ },
    ],
    without: { scalar: 'classes are an axis' },
  },
  bceWithLogits: {
    samples: plain.map(withLogits),
    large: withLogits([301, 307]),
    errors: [
      {
        call: () => bceWithLogits(ones([2, 3]), ones([2, 4])),
        code: 'SHAPE',
        message: /float32\[2,4\].*float32\[2,3\]/,
      },
    ],
    without: { broadcast: 'both need one shape' },
  },
  bceWithLogitsBackward: {
    samples: plain.map(withLogitsBackward),
    large: withLogitsBackward([301, 307]),
    errors: [],
    neverFails: internal,
    without: { broadcast: 'a gradient has the shape of its input' },
  },
};
