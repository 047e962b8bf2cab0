import { argmax, max, mean, ones, prod, sum, type DType } from 'myelin';

import { maxOf, meanOf, minOf, reduce as reduceNd, sumOf } from '../support/reference';
import {
  distinct,
  everyDType,
  floats,
  integers,
  uniform,
  values,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

type Fold = (list: number[]) => number;

interface ReductionOptions {
  readonly fill?: (shape: readonly number[]) => InputSpec;
  readonly dtypes: readonly DType[];
  /** dtype of the result where it is not that of the input. */
  readonly out?: (dtype: DType) => DType;
  readonly order?: 0 | 1 | 2;
  /** Whether nothing can be reduced to something. */
  readonly identity?: boolean;
  readonly errors?: readonly ErrorCase[];
}

const cases: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [
    [2, 3, 4],
    [0, 1, 2],
  ],
  [[2, 3, 4], [2]],
  [[2, 3, 4], [1]],
  [[2, 3, 4], [0]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[], []],
  [[37], [0]],
  [[3, 67], [1]],
  [[67, 3], [0]],
  [[3, 0], [0]],
];

function reduction(fold: Fold, options: ReductionOptions): OpSamples {
  const { fill = (shape) => uniform(shape), dtypes, out = (dtype) => dtype, order = 2, identity = false } = options;
  const sample = (shape: readonly number[], axes: readonly number[], keepDims: boolean): Sample => ({
    inputs: { x: fill(shape) },
    attrs: { axes, keepDims },
    dtypes,
    order,
    tolerance: { relative: 8, absolute: 16 },
    reference: (x) => reduceNd(x, axes, keepDims, fold, out(x.dtype)),
  });
  const all = identity ? [...cases, [[0, 3], [0]] as const] : cases;
  return {
    samples: [
      ...all.flatMap(([shape, axes]) => [sample(shape, axes, false), sample(shape, axes, true)]),
      {
        ...sample([2, 2], [1], false),
        inputs: { x: values([2, 2], [1, NaN, 3, 4]) },
        dtypes: dtypes.filter((d) => floats.includes(d)),
        order: 0,
      },
    ],
    large: sample([131, 1009], [1], false),
    errors: options.errors ?? [],
  };
}

const badAxis = (call: () => unknown): ErrorCase => ({ call, code: 'INDEX', message: /axis 2 .*rank 2/ });
const nothing = (call: () => unknown): ErrorCase => ({ call, code: 'SHAPE', message: /\[0\]/ });

/** Position of the first best value; NaN is better than any number. */
function bestIndex(list: readonly number[], better: (a: number, b: number) => boolean): number {
  const nan = list.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return list.reduce((best, value, i) => (better(value, list[best]!) ? i : best), 0);
}

function extreme(better: (a: number, b: number) => boolean, errors: readonly ErrorCase[]): OpSamples {
  const sample = (input: InputSpec, axis: number, keepDims: boolean, dtypes = everyDType): Sample => ({
    inputs: { x: input },
    attrs: { axis, keepDims },
    dtypes,
    order: 0,
    reference: (x) => reduceNd(x, [axis], keepDims, (list) => bestIndex(list, better), 'int64'),
  });
  return {
    samples: [
      sample(integers([2, 3, 4], 0, 4), 0, false),
      sample(integers([2, 3, 4], 0, 4), 1, true),
      sample(integers([2, 3, 67], 0, 9), 2, false),
      sample(integers([37], 0, 9), 0, false),
      sample(integers([3, 0], 0, 9), 0, false),
      sample(values([2, 4], [1, NaN, 3, NaN, 4, 5, Infinity, -Infinity]), 1, false, floats),
    ],
    large: sample(uniform([301, 307]), 1, false),
    errors,
  };
}

const truth = (fold: (list: number[]) => boolean): OpSamples =>
  reduction((list) => Number(fold(list)), {
    fill: (shape) => integers(shape, 0, 3),
    dtypes: everyDType,
    out: () => 'bool',
    order: 0,
    identity: true,
  });

const whole = (dtype: DType): DType => (floats.includes(dtype) ? dtype : 'int64');

const productOf = (list: readonly number[]): number => list.reduce((product, x) => product * x, 1);

const products = reduction(productOf, {
  fill: (shape) => (shape.length === 1 || shape.includes(67) ? uniform(shape, 0.8, 1.2) : uniform(shape, -2, 2, [0])),
  dtypes: everyDType,
  out: whole,
  identity: true,
  errors: [badAxis(() => prod(ones([2, 3]), { axis: 2 }))],
});

export const reduce: SampleTable = {
  sum: reduction(sumOf, {
    dtypes: everyDType,
    out: whole,
    identity: true,
    errors: [badAxis(() => sum(ones([2, 3]), { axis: 2 }))],
  }),
  prod: {
    ...products,
    samples: [
      ...products.samples,
      // Rows with two, one and no zeros: each has derivatives of its own.
      ...[[0], [1], [0, 1]].map((axes): Sample => ({
        inputs: { x: values([3, 4], [2, 0, -1, 0, 0, 3, 1, -2, 1.5, 2, -1, 0.5], 'float64') },
        attrs: { axes, keepDims: false },
        dtypes: ['float64'],
        reference: (x) => reduceNd(x, axes, false, productOf),
      })),
    ],
  },
  mean: reduction(meanOf, {
    dtypes: floats,
    errors: [
      badAxis(() => mean(ones([2, 3]), { axis: 2 })),
      { call: () => mean(ones([2], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  }),
  max: reduction(maxOf, {
    fill: distinct,
    dtypes: everyDType,
    errors: [badAxis(() => max(ones([2, 3]), { axis: 2 })), nothing(() => max(ones([0])))],
  }),
  min: reduction(minOf, {
    fill: distinct,
    dtypes: everyDType,
    errors: [badAxis(() => ones([2, 3]).min({ axis: 2 })), nothing(() => ones([0]).min())],
  }),
  any: {
    ...truth((list) => list.some((x) => x !== 0)),
    errors: [badAxis(() => ones([2, 3], { dtype: 'bool' }).any({ axis: 2 }))],
  },
  all: {
    ...truth((list) => list.every((x) => x !== 0)),
    errors: [badAxis(() => ones([2, 3], { dtype: 'bool' }).all({ axis: 2 }))],
  },
  argmax: {
    ...extreme((a, b) => a > b, [badAxis(() => argmax(ones([2, 3]), { axis: 2 }))]),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  argmin: {
    ...extreme((a, b) => a < b, [badAxis(() => ones([2, 3]).argmin({ axis: 2 }))]),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
};
