import { bceWithLogits, crossEntropy, ones, tensor, type DType } from 'myelin';

import { at, build, groups, maxOf, meanOf, sigmoid, sumOf, zip, type Nd } from '../support/reference';
import { integers, uniform, values, type InputSpec, type Sample, type SampleTable } from './sample';

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

function bce(shape: readonly number[]): Sample {
  return {
    inputs: { x: uniform(shape), target: uniform(shape, 0, 1) },
    tolerance: { relative: 8, absolute: 8 },
    reference: (x, target) => zip([x, target], (z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z)))),
  };
}

function bceBackward(shape: readonly number[]): Sample {
  return {
    inputs: { gradient: uniform(shape), x: uniform(shape), target: uniform(shape, 0, 1) },
    tolerance: { relative: 16, absolute: 8 },
    reference: (dout, x, target) => zip([dout, x, target], (d, z, t) => d * (sigmoid(z) - t)),
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
  },
  crossEntropyBackward: {
    samples: shapes.flatMap((shape) => [backward(shape, 0), backward(shape, 0.1)]),
    large: backward([1001, 67], 0.1),
    errors: [],
    neverFails: internal,
  },
  bceWithLogits: {
    samples: plain.map(bce),
    large: bce([301, 307]),
    errors: [
      {
        call: () => bceWithLogits(ones([2, 3]), ones([2, 4])),
        code: 'SHAPE',
        message: /float32\[2,4\].*float32\[2,3\]/,
      },
    ],
  },
  bceWithLogitsBackward: {
    samples: plain.map(bceBackward),
    large: bceBackward([301, 307]),
    errors: [],
    neverFails: internal,
  },
};
