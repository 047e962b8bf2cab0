import { bincount, histc, histogram, ones, tensor, type Tensor } from 'myelin';

import { accumulate, build, type Nd } from '../support/reference';
import {
  flags,
  floats,
  integers,
  numbers,
  uniform,
  values,
  type InputSpec,
  type Sample,
  type SampleTable,
} from './sample';

const whole = (size: readonly number[], high: number): InputSpec => integers(size, 0, high);
const wholeNumbers = [...numbers.filter((dtype) => !floats.includes(dtype)), 'bool'] as const;

function counted(x: Nd, bins: number, weights?: Nd): Nd {
  return accumulate(weights?.dtype ?? 'int64', [bins], (add) =>
    x.data.forEach((value, i) => {
      if (value < bins) add([value], weights?.data[i] ?? 1);
    }),
  );
}

/** The bin of a value: its lower edge belongs to it, and to the last one its upper edge as well. */
function binOf(value: number, edges: readonly number[]): number | undefined {
  const bins = edges.length - 1;
  if (value === edges[bins]) return bins - 1;
  const bin = edges.findIndex((edge, i) => value >= edge && value < (edges[i + 1] ?? -Infinity));
  return bin < 0 ? undefined : bin;
}

function binned(x: Nd, edges: readonly number[], weights?: Nd, dtype = weights?.dtype ?? 'int64'): Nd {
  return accumulate(dtype, [edges.length - 1], (add) =>
    x.data.forEach((value, i) => {
      const bin = binOf(value, edges);
      if (bin !== undefined) add([bin], weights?.data[i] ?? 1);
    }),
  );
}

const even = [0, 0.5, 1, 1.5, 2];
const uneven = [-2, -1.75, 0.5, 0.5, 2];
const cases: readonly (readonly [x: InputSpec, edges: readonly number[]])[] = [
  [uniform([40], -1, 3), even],
  [uniform([3, 9], -3, 3), uneven],
  [values([9], [0, 0.5, 2, -0, NaN, Infinity, -Infinity, 1.5, 2.0001]), even],
  [uniform([0]), even],
];

const list = (edges: readonly number[]): InputSpec => values([edges.length], edges);
const fixed = (data: readonly number[]): InputSpec => values([data.length], data, 'float64');

function spread(x: Nd, bins: number): number[] {
  const [low, high] = x.data.length === 0 ? [0, 0] : [Math.min(...x.data), Math.max(...x.data)];
  const [from, to] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  return Array.from({ length: bins + 1 }, (_, i) => from + (i * (to - from)) / bins);
}

export const histograms: SampleTable = {
  binCounts: {
    samples: [whole([40], 9), whole([1], 9), whole([0], 9)].map((x): Sample => ({
      inputs: { x },
      attrs: { bins: 7 },
      dtypes: wholeNumbers,
      order: 0,
      reference: (array) => counted(array, 7),
    })),
    large: { inputs: { x: whole([150_001], 99) }, attrs: { bins: 99 }, dtypes: ['int32'] },
    errors: [],
    neverFails: 'bincount checks for it',
  },
  binSums: {
    samples: [whole([40], 7), whole([0], 7)].map((x): Sample => ({
      inputs: { x: { ...x, dtype: 'int32' }, weights: uniform(x.shape) },
      attrs: { bins: 7 },
      reference: (array, weights) => counted(array, 7, weights),
    })),
    large: { inputs: { x: integers([150_001], 0, 99, 'int32'), weights: uniform([150_001]) }, attrs: { bins: 99 } },
    errors: [],
    neverFails: 'bincount checks for it',
    without: { broadcast: 'both need one shape' },
  },
  bincount: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x, weights }, { minLength }) => {
      const options = minLength === undefined ? {} : { minLength: minLength as number };
      return bincount(x!, weights === undefined ? options : { ...options, weights });
    },
    samples: [
      {
        inputs: { x: values([6], [1, 5, 1, 0, 3, 1]) },
        dtypes: wholeNumbers,
        order: 0,
        repeats: false,
        reference: (x) => counted(x, Math.max(...x.data) + 1),
      },
      {
        inputs: { x: flags([9]) },
        attrs: { minLength: 4 },
        order: 0,
        reference: (x) => counted(x, 4),
      },
      {
        inputs: { x: integers([9], 0, 4, 'int64'), weights: uniform([9]) },
        attrs: { minLength: 5 },
        reference: (x, weights) => counted(x, 5, weights),
      },
      { inputs: { x: integers([0], 0, 4, 'int32') }, order: 0, reference: (x) => counted(x, 0) },
    ],
    errors: [
      { call: () => bincount(ones([2])), code: 'DTYPE', message: /float32\[2\]/ },
      { call: () => bincount(ones([2, 2], { dtype: 'int32' })), code: 'SHAPE', message: /int32\[2,2\]/ },
      { call: () => bincount(tensor([1, -2], { dtype: 'int32' })), code: 'VALUE', message: /holds -2/ },
      {
        call: () => bincount(ones([2], { dtype: 'int32' }), { minLength: -1 }),
        code: 'VALUE',
        message: /minLength is -1/,
      },
      {
        call: () => bincount(ones([2], { dtype: 'int32' }), { weights: ones([3]) }),
        code: 'SHAPE',
        message: /weights is float32\[3\]/,
      },
      {
        call: () => bincount(ones([2], { dtype: 'int32' }), { weights: 3 as never }),
        code: 'TYPE',
        message: /weights is 3/,
      },
    ],
    without: { scalar: 'its input is a list', broadcast: 'its index has a shape of its own' },
  },
  histogramCounts: {
    samples: cases.map(([x, edges]): Sample => ({
      inputs: { x, edges: list(edges) },
      order: 0,
      repeats: false,
      reference: (array, bounds) => binned(array, bounds.data),
    })),
    large: { inputs: { x: uniform([150_001]), edges: list(even) } },
    errors: [],
    neverFails: 'histogram checks for it',
    without: { scalar: 'edges are a list', broadcast: 'edges are a list' },
  },
  histogramSums: {
    samples: cases.map(([x, edges]): Sample => ({
      inputs: { x, edges: list(edges), weights: uniform(x.shape) },
      by: ['weights'],
      repeats: false,
      reference: (array, bounds, weights) => binned(array, bounds.data, weights),
    })),
    large: { inputs: { x: uniform([150_001]), edges: list(even), weights: uniform([150_001]) } },
    errors: [],
    neverFails: 'histogram checks for it',
    without: { scalar: 'edges are a list', broadcast: 'edges are a list' },
  },
  histogram: {
    notCompiled: 'it reads the range and the order of the bins',
    run: ({ x, weights }, { bins, range, density }) => {
      const { hist, edges } = histogram(x as Tensor<'float64'>, {
        ...(bins !== undefined && { bins: bins as number }),
        ...(range !== undefined && { range: range as readonly number[] as readonly [number, number] }),
        ...(weights !== undefined && { weights }),
        ...(density !== undefined && { density: density as boolean }),
      });
      return [hist, edges];
    },
    samples: [
      {
        inputs: { x: values([7], [1, 2, 2.25, 4, 5, 3.5, 9]) },
        attrs: { bins: 4 },
        order: 0,
        repeats: false,
        reference: (x) => [binned(x, [1, 3, 5, 7, 9], undefined, x.dtype), { ...x, shape: [5], data: [1, 3, 5, 7, 9] }],
      },
      {
        inputs: { x: values([2], [3, 3]) },
        attrs: {},
        order: 0,
        reference: (x) => {
          const edges = spread(x, 10);
          return [binned(x, edges, undefined, x.dtype), { ...x, shape: [11], data: edges }];
        },
      },
      {
        inputs: { x: values([], [0.75]), weights: uniform([], 1, 2) },
        attrs: { bins: 4, range: [0, 2] },
        by: ['weights'],
        differentiable: 1,
        reference: (x, weights) => [binned(x, even, weights), { ...x, shape: [5], data: even }],
      },
      {
        inputs: { x: uniform([0]) },
        attrs: { bins: [...uneven] },
        order: 0,
        reference: (x) => [binned(x, uneven, undefined, x.dtype), { ...x, shape: [5], data: uneven }],
      },
      {
        inputs: { x: fixed([-0.5, 0.25, 0.75, 1.9, 2, 2.5]), weights: uniform([6], 1, 2) },
        attrs: { bins: 4, range: [0, 2], density: true },
        dtypes: ['float64'],
        by: ['weights'],
        differentiable: 1,
        repeats: false,
        reference: (x, weights) => {
          const sums = binned(x, even, weights);
          const total = sums.data.reduce((sum, value) => sum + value, 0);
          return [build('float64', [4], ([i]) => sums.data[i!]! / total / 0.5), { ...x, shape: [5], data: even }];
        },
      },
    ],
    errors: [
      { call: () => histogram(ones([2]), { bins: 0 }), code: 'VALUE', message: /bins is 0/ },
      { call: () => histogram(ones([2]), { bins: 'auto' as never }), code: 'TYPE', message: /"auto"/ },
      { call: () => histogram(ones([2]), { bins: [1] }), code: 'SHAPE', message: /at least 2 edges/ },
      { call: () => histogram(ones([2]), { bins: [2, 1] }), code: 'VALUE', message: /ascend/ },
      { call: () => histogram(ones([2]), { range: [0, NaN] }), code: 'VALUE', message: /NaN/ },
      { call: () => histogram(tensor([1, Infinity])), code: 'VALUE', message: /Infinity/ },
      { call: () => histogram(ones([2]), { weights: ones([3]) }), code: 'SHAPE', message: /weights is float32\[3\]/ },
      { call: () => histogram(ones([2], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2\]/ },
    ],
    without: { broadcast: 'both need one shape' },
  },
  histc: {
    notCompiled: 'it reads the range of its input',
    run: ({ x }, attrs) => histc(x as Tensor<'float64'>, attrs as { bins?: number; min?: number; max?: number }),
    samples: [
      {
        inputs: { x: uniform([40], -1, 3) },
        attrs: { bins: 4, min: 0, max: 2 },
        order: 0,
        reference: (x) => binned(x, even, undefined, x.dtype),
      },
      {
        inputs: { x: values([4], [1, 2, 1, 3]) },
        attrs: { bins: 4 },
        order: 0,
        repeats: false,
        reference: (x) => binned(x, [1, 1.5, 2, 2.5, 3], undefined, x.dtype),
      },
      {
        inputs: { x: uniform([], -1, 3) },
        attrs: { bins: 4, min: 0, max: 2 },
        order: 0,
        reference: (x) => binned(x, even, undefined, x.dtype),
      },
      { inputs: { x: uniform([0]) }, order: 0, reference: (x) => binned(x, spread(x, 100), undefined, x.dtype) },
    ],
    errors: [
      { call: () => histc(ones([2]), { bins: 1.5 }), code: 'VALUE', message: /bins is 1.5/ },
      { call: () => histc(ones([2]), { min: 3, max: 1 }), code: 'VALUE', message: /ascending/ },
      { call: () => histc(ones([2], { dtype: 'bool' }) as never), code: 'DTYPE', message: /bool\[2\]/ },
    ],
    without: { secondOrder: 'it is flat' },
  },
};
