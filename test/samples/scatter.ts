import {
  indexAdd,
  indexCopy,
  indexFill,
  indexReduce,
  ones,
  putAlongAxis,
  scatter as scatterOf,
  scatterAdd,
  scatterReduce,
  tensor,
  zeros,
  type DType,
  type Reduction,
  type Tensor,
} from 'myelin';

import { at, indicesOf, position, type Nd } from '../support/reference';
import { along } from './moved';
import {
  everyDType,
  floats,
  grid,
  integers,
  numbers,
  uniform,
  values,
  wrap,
  type Sample,
  type SampleTable,
} from './sample';

type Combine = (element: number, value: number) => number;

const combiners: Readonly<Record<string, Combine>> = {
  replace: (_, value) => value,
  sum: (a, b) => a + b,
  mean: (a, b) => a + b,
  prod: (a, b) => a * b,
  amax: Math.max,
  amin: Math.min,
};

/** Plain scatter: every value goes to its place, in order. */
function scattered(
  x: Nd,
  shape: readonly number[],
  place: (index: readonly number[]) => readonly number[],
  value: (index: readonly number[]) => number,
  mode: string,
  includeSelf: boolean,
): Nd {
  const data = [...x.data];
  const counts = data.map(() => Number(includeSelf));
  for (const index of indicesOf(shape)) {
    const to = position(place(index), x.shape);
    data[to] = counts[to] === 0 ? value(index) : combiners[mode]!(data[to]!, value(index));
    if (mode !== 'replace') data[to] = wrap(x.dtype, data[to]);
    counts[to]!++;
  }
  return { ...x, data: mode === 'mean' ? data.map((total, i) => total / Math.max(1, counts[i]!)) : data };
}

interface Case {
  readonly x: readonly number[];
  readonly index: readonly number[];
  readonly axis: number;
  readonly mode: string;
  readonly includeSelf?: boolean;
  readonly indexDType?: DType;
}

function placed({ x, index, axis, mode, includeSelf = true, indexDType = 'int64' }: Case): Sample {
  const extremes = mode === 'amax' || mode === 'amin';
  // Values that meet differ by at least 0.1, where which is larger decides.
  const [own, other] = extremes ? [grid(x, 0), grid(index, 0.1, 0.2, 9)] : [uniform(x), uniform(index)];
  const dtypes = mode === 'mean' ? floats : mode === 'replace' || extremes ? everyDType : numbers;
  return {
    inputs: { x: own, index: integers(index, 0, x[axis]!, indexDType), source: other },
    attrs: { axis, mode, includeSelf },
    dtypes,
    tolerance: { relative: 8, absolute: 16 },
    order: extremes ? 1 : 2,
    reference: (array, places, source) =>
      scattered(
        array,
        index,
        (i) => along(i, axis, at(places, i)),
        (i) => at(source, i),
        mode,
        includeSelf,
      ),
  };
}

const cases = (mode: string): Sample[] => [
  ...(['int32', 'int64'] as const).map((indexDType) =>
    placed({ x: [4, 3, 2], index: [5, 2, 2], axis: 0, mode, indexDType }),
  ),
  placed({ x: [2, 4, 3], index: [2, 6, 2], axis: 1, mode }),
  placed({ x: [2, 5], index: [2, 3], axis: 1, mode }),
  placed({ x: [2, 3], index: [0, 3], axis: 0, mode }),
  placed({ x: [2, 3], index: [2, 4], axis: 1, mode, includeSelf: mode === 'replace' }),
];

/** Places where no, one, two and three factors are zero: each has derivatives of its own. */
const zerosMeet = (includeSelf: boolean): Sample => ({
  ...placed({ x: [4], index: [8], axis: 0, mode: 'prod', includeSelf }),
  inputs: {
    x: values([4], [2, 0, -1.5, 0]),
    index: values([8], [0, 1, 2, 3, 0, 1, 2, 3], 'int64'),
    source: values([8], [3, 2, 0, 0, -1, 0.5, 0, 0]),
  },
});

/** One index for each slice. */
function sliced(x: readonly number[], count: number, axis: number, mode: string, includeSelf = true): Sample {
  const shape = along(x, axis, count);
  const extremes = mode === 'amax' || mode === 'amin';
  return {
    inputs: {
      x: extremes ? grid(x, 0) : uniform(x),
      index: integers([count], 0, x[axis]!, 'int64'),
      source: extremes ? grid(shape, 0.1, 0.2, 9) : uniform(shape),
    },
    attrs: { axis, mode, includeSelf },
    dtypes: mode === 'mean' ? floats : mode === 'replace' || extremes ? everyDType : numbers,
    tolerance: { relative: 8, absolute: 16 },
    order: extremes ? 1 : 2,
    reference: (array, places, source) =>
      scattered(
        array,
        shape,
        (i) => along(i, axis, places.data[i[axis]!]!),
        (i) => at(source, i),
        mode,
        includeSelf,
      ),
  };
}

const slices = (mode: string): Sample[] => [
  sliced([4, 3], 6, 0, mode),
  sliced([2, 4, 3], 3, 1, mode),
  sliced([4, 3], 0, 0, mode),
  sliced([3], 4, 0, mode),
];

const large = { x: [101, 307], index: [301, 307], axis: 0 };
const int = (list: readonly number[]): Tensor<'int32'> => tensor([...list], { dtype: 'int32' });
const outside = { code: 'INDEX', message: /index 3 at position 1 .*extent 3/ } as const;
const shapes = { code: 'SHAPE', message: /need as many axes/ } as const;
const dtype = { code: 'DTYPE', message: /need the same dtype/ } as const;
const notInternal = 'called by the functions that bear its modes, which refuse in its place';

const axisOf = ({ axis }: NonNullable<Sample['attrs']>) => ({ axis: axis as number });

export const scatter: SampleTable = {
  scatter: {
    samples: [
      ...cases('replace'),
      ...cases('sum'),
      // The last of equal indices wins, and has the gradient.
      placed({ x: [2], index: [9], axis: 0, mode: 'replace' }),
    ],
    large: placed({ ...large, mode: 'sum' }),
    errors: [
      { ...outside, call: () => scatterOf(ones([3]), int([0, 3]), 1) },
      { code: 'INDEX', message: /index -1 at position 0/, call: () => scatterOf(ones([3]), int([-1]), 1) },
      { ...shapes, call: () => scatterOf(ones([3, 2]), int([0, 1]), 1) },
      { ...dtype, call: () => scatterOf(ones([3]), int([0, 1]), ones([2], { dtype: 'float64' }) as never) },
      {
        code: 'SHAPE',
        message: /no axis of the source smaller/,
        call: () => scatterOf(ones([3]), int([0]), ones([0])),
      },
      { code: 'TYPE', message: /source is undefined/, call: () => scatterOf(ones([3]), int([0]), undefined as never) },
      { code: 'DTYPE', message: /index is float32/, call: () => scatterOf(ones([3]), ones([1]) as never, 1) },
    ],
    without: { scalar: 'it needs an axis', broadcast: 'its index has a shape of its own' },
  },
  scatterCombine: {
    samples: [...['prod', 'amax', 'amin'].flatMap(cases), zerosMeet(true), zerosMeet(false)],
    large: placed({ ...large, mode: 'amax' }),
    errors: [],
    neverFails: notInternal,
    without: { scalar: 'it needs an axis', broadcast: 'its index has a shape of its own' },
  },
  scatterAdd: {
    run: ({ x, index, source }, attrs) => scatterAdd(x!, index as never, source!, axisOf(attrs)),
    samples: cases('sum').slice(0, -1),
    errors: [
      { ...outside, call: () => scatterAdd(ones([3]), int([0, 3]), 1) },
      {
        code: 'DTYPE',
        message: /x is bool/,
        call: () => scatterAdd(ones([3], { dtype: 'bool' }), int([0]), 1),
      },
    ],
    without: { scalar: 'it needs an axis', broadcast: 'its index has a shape of its own' },
  },
  scatterReduce: {
    run: ({ x, index, source }, { axis, mode, includeSelf }) =>
      scatterReduce(x!, index as never, source!, mode as Reduction, {
        axis: axis as number,
        includeSelf: includeSelf as boolean,
      }),
    samples: ['mean', 'sum', 'amin'].flatMap(cases),
    errors: [
      {
        code: 'VALUE',
        message: /reduce is "median"/,
        call: () => scatterReduce(ones([3]), int([0]), 1, 'median' as never),
      },
      {
        code: 'TYPE',
        message: /includeSelf is 1/,
        call: () => scatterReduce(ones([3]), int([0]), 1, 'sum', { includeSelf: 1 as never }),
      },
      {
        code: 'DTYPE',
        message: /x is int32/,
        call: () => scatterReduce(ones([3], { dtype: 'int32' }), int([0]), 1, 'mean'),
      },
    ],
    without: { scalar: 'it needs an axis', broadcast: 'its index has a shape of its own' },
  },
  putAlongAxis: {
    run: ({ x, index, source }, attrs) => putAlongAxis(x!, index as never, source!, axisOf(attrs)),
    samples: [
      placed({ x: [2, 5], index: [2, 3], axis: 1, mode: 'replace' }),
      placed({ x: [4, 3], index: [0, 3], axis: 0, mode: 'replace' }),
      {
        inputs: { x: uniform([3, 4]), index: integers([1, 2], -4, 4, 'int32'), source: uniform([3, 1]) },
        attrs: { axis: 1 },
        dtypes: everyDType,
        reference: (x, index, source) =>
          scattered(
            x,
            [3, 2],
            ([row, i]) => [row!, (index.data[i!]! + 4) % 4],
            ([row]) => source.data[row!]!,
            'replace',
            true,
          ),
      },
    ],
    errors: [
      { code: 'INDEX', message: /index -4 at position 0/, call: () => putAlongAxis(ones([3]), int([-4]), 1) },
      {
        code: 'SHAPE',
        message: /which broadcast except axis 0/,
        call: () => putAlongAxis(ones([3]), ones([1, 1], { dtype: 'int32' }), 1),
      },
    ],
    without: { scalar: 'it needs an axis' },
  },
  indexAdd: {
    run: ({ x, index, source }, attrs) => indexAdd(x!, index as never, source!, axisOf(attrs)),
    samples: slices('sum'),
    errors: [
      { ...outside, call: () => indexAdd(ones([3]), int([0, 3]), ones([2])) },
      { ...dtype, call: () => indexAdd(ones([3]), int([0]), ones([1], { dtype: 'float64' }) as never) },
      { code: 'SHAPE', message: /need shape \[2\]/, call: () => indexAdd(ones([3]), int([0, 1]), ones([3])) },
      {
        code: 'SHAPE',
        message: /need one axis/,
        call: () => indexAdd(ones([3]), int([0, 1]).reshape([2, 1]), ones([2])),
      },
    ],
    without: { scalar: 'it needs an axis' },
  },
  indexCopy: {
    run: ({ x, index, source }, attrs) => indexCopy(x!, index as never, source!, axisOf(attrs)),
    samples: slices('replace'),
    errors: [{ ...outside, call: () => indexCopy(ones([3]), int([0, 3]), ones([2])) }],
    without: { scalar: 'it needs an axis' },
  },
  indexFill: {
    run: ({ x, index }, { axis, value }) => indexFill(x!, index as never, value as number, { axis: axis as number }),
    samples: [
      {
        inputs: { x: uniform([2, 4, 3]), index: integers([2], 0, 4, 'int64') },
        attrs: { axis: 1, value: 1 },
        dtypes: everyDType,
        reference: (x, index) =>
          scattered(
            x,
            [2, 2, 3],
            (i) => along(i, 1, index.data[i[1]!]!),
            () => 1,
            'replace',
            true,
          ),
      },
      {
        inputs: { x: uniform([3]), index: integers([0], 0, 3, 'int64') },
        attrs: { axis: 0, value: 1 },
        reference: (x) => x,
      },
    ],
    large: {
      inputs: { x: uniform([150, 40, 12]), index: integers([30], 0, 40, 'int64') },
      attrs: { axis: 1, value: 1 },
    },
    errors: [
      {
        code: 'VALUE',

        message: /300 does not fit uint8/,
        call: () => indexFill(zeros([3], { dtype: 'uint8' }), int([0]), 300),
      },
    ],
    without: { scalar: 'it needs an axis', broadcast: 'its index has a shape of its own' },
  },
  indexReduce: {
    run: ({ x, index, source }, { axis, mode, includeSelf }) =>
      indexReduce(x!, index as never, source!, mode as Reduction, {
        axis: axis as number,
        includeSelf: includeSelf as boolean,
      }),
    samples: [
      ...['prod', 'mean', 'amax'].flatMap(slices),
      sliced([4, 3], 3, 0, 'mean', false),
      sliced([4, 3], 3, 0, 'prod', false),
      sliced([4, 3], 3, 0, 'amin', false),
    ],
    errors: [{ ...outside, call: () => indexReduce(ones([3]), int([0, 3]), ones([2]), 'prod') }],
    without: { scalar: 'it needs an axis' },
  },
};
