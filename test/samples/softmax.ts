import { logSoftmax, ones, softmax as softmaxOf } from 'myelin';

import { alongAxis, maxOf, sumOf } from '../support/reference';
import { uniform, values, type ErrorCase, type OpSamples, type Sample, type SampleTable } from './sample';

function exponentials(list: readonly number[]): number[] {
  const top = maxOf(list);
  return list.map((x) => Math.exp(x - top));
}

function softmaxList(list: readonly number[]): number[] {
  const powers = exponentials(list);
  const total = sumOf(powers);
  return powers.map((x) => x / total);
}

const logSoftmaxList = (list: readonly number[]): number[] => {
  const top = maxOf(list);
  const logTotal = Math.log(sumOf(exponentials(list)));
  return list.map((x) => x - top - logTotal);
};

const cases: readonly (readonly [shape: readonly number[], axis: number])[] = [
  [[2, 3, 4], 2],
  [[2, 3, 4], 1],
  [[2, 3, 4], 0],
  [[37], 0],
  [[3, 67], 1],
  [[0, 3], 1],
  [[3, 0], 1],
  [[2, 3, 2, 2], 1],
];

function rows(f: (list: number[]) => number[], errors: readonly ErrorCase[]): OpSamples {
  const sample = (shape: readonly number[], axis: number): Sample => ({
    inputs: { x: uniform(shape) },
    attrs: { axis },
    tolerance: { relative: 8, absolute: 8 },
    reference: (x) => alongAxis([x], axis, f),
  });
  return {
    samples: [
      ...cases.map(([shape, axis]) => sample(shape, axis)),
      { ...sample([2, 3], 1), inputs: { x: values([2, 3], [1000, 1001, 999, -1000, -Infinity, -1001]) }, order: 0 },
    ],
    large: sample([301, 307], 1),
    errors,
  };
}

function backward(f: (dout: number[], out: number[]) => number[]): OpSamples {
  const sample = (shape: readonly number[], axis: number): Sample => ({
    inputs: { dout: uniform(shape), result: uniform(shape, -2, 0.5) },
    attrs: { axis },
    tolerance: { relative: 16, absolute: 64 },
    reference: (dout, out) => alongAxis([dout, out], axis, f),
  });
  return {
    samples: cases.map(([shape, axis]) => sample(shape, axis)),
    large: sample([301, 307], 1),
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
  };
}

const refuses = (call: () => unknown): ErrorCase => ({ call, code: 'INDEX', message: /axis 2 .*rank 2/ });
const ofIntegers = (call: () => unknown): ErrorCase => ({ call, code: 'DTYPE', message: /int32\[2\]/ });
const integersOnly = () => ones([2], { dtype: 'int32' }) as never;

export const softmax: SampleTable = {
  softmax: {
    ...rows(softmaxList, [
      refuses(() => softmaxOf(ones([2, 3]), { axis: 2 })),
      ofIntegers(() => softmaxOf(integersOnly(), { axis: 0 })),
    ]),
    without: { scalar: 'it needs an axis' },
  },
  logSoftmax: {
    ...rows(logSoftmaxList, [
      refuses(() => logSoftmax(ones([2, 3]), { axis: 2 })),
      ofIntegers(() => logSoftmax(integersOnly(), { axis: 0 })),
    ]),
    without: { scalar: 'it needs an axis' },
  },
  softmaxBackward: {
    ...backward((dout, out) => {
      const inner = sumOf(dout.map((d, i) => d * out[i]!));
      return out.map((p, i) => p * (dout[i]! - inner));
    }),
    without: { scalar: 'it needs an axis', broadcast: 'a gradient has the shape of its input' },
  },
  logSoftmaxBackward: {
    ...backward((dout, out) => {
      const total = sumOf(dout);
      return out.map((logP, i) => dout[i]! - Math.exp(logP) * total);
    }),
    without: { scalar: 'it needs an axis', broadcast: 'a gradient has the shape of its input' },
  },
};
