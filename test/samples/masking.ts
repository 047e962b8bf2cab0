import {
  argwhere,
  flatnonzero,
  maskedFill,
  maskedScatter,
  maskedSelect,
  nonzero,
  ones,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  tensor,
  type Tensor,
} from 'myelin';

import { at, build, indicesOf, maxOf, meanOf, minOf, sumOf, zip, type Nd } from '../support/reference';
import { noTensor } from './moved';
import {
  distinct,
  everyDType,
  flags,
  floats,
  integers,
  numbers,
  uniform,
  values,
  wrap,
  type InputSpec,
  type RunComposed,
  type Sample,
  type SampleTable,
} from './sample';

const sparse = [0, 1, 0, 0, 1, 1, 0];

function found(x: Nd): number[][] {
  return [...indicesOf(x.shape)].filter((index) => at(x, index) !== 0);
}

const coordinates = (x: Nd): Nd => ({
  dtype: 'int64',
  shape: [found(x).length, x.shape.length],
  data: found(x).flat(),
});

const nonzeros = (shape: readonly number[], count: number): Sample => ({
  inputs: { x: values(shape, sparse) },
  attrs: { count },
  dtypes: everyDType,
  order: 0,
  repeats: false,
  reference: coordinates,
});

const positions = (shape: readonly number[]): Sample => ({
  inputs: { x: integers(shape, 0, 2) },
  dtypes: everyDType,
  order: 0,
  reference: (x) => {
    const data = x.data.flatMap((value, i) => (value === 0 ? [] : [i]));
    return { dtype: 'int64', shape: [data.length], data };
  },
});

const someWhere = (shape: readonly number[]): Sample => ({
  ...positions(shape),
  reference: coordinates,
});

/** An array as it broadcasts to a shape. */
const spread = (x: Nd, mask: Nd): Nd => zip([x, mask], (value) => value);

const selected = (shape: readonly number[], mask: readonly number[]): Sample => ({
  inputs: { x: uniform(shape), mask: flags(mask) },
  dtypes: everyDType,
  reference: (x, held) => {
    const whole = spread(x, held);
    const kept = zip([held, x], (value) => value);
    const data = whole.data.filter((_, i) => kept.data[i] !== 0);
    return { dtype: x.dtype, shape: [data.length], data };
  },
});

const filled = (shape: readonly number[], mask: readonly number[]): Sample => ({
  inputs: { x: uniform(shape), mask: flags(mask) },
  attrs: { value: 1 },
  dtypes: everyDType,
  reference: (x, held) => zip([x, held], (value, hit) => (hit === 0 ? value : 1)),
});

const replaced = (shape: readonly number[], mask: readonly number[], source: InputSpec): Sample => ({
  inputs: { x: uniform(shape), mask: flags(mask), source },
  dtypes: everyDType,
  reference: (x, held, given) => {
    let next = 0;
    return zip([x, held], (value, hit) => (hit === 0 ? value : given.data[next++]!));
  },
});

/** Rows by segment. */
function segments(
  shape: readonly number[],
  count: number,
  reduce: (values: readonly number[], dtype: Nd['dtype']) => number,
  sample: Partial<Sample> = {},
): Sample {
  const rows = shape.slice(1);
  return {
    inputs: { x: sample.order === 1 ? distinct(shape) : uniform(shape), ids: integers([shape[0]!], 0, count, 'int32') },
    attrs: { count },
    dtypes: numbers,
    tolerance: { relative: 8, absolute: 16 },
    reference: (x, ids) =>
      build(x.dtype, [count, ...rows], ([segment, ...rest]) => {
        const members = ids.data.flatMap((id, i) => (id === segment ? [at(x, [i, ...rest])] : []));
        return reduce(members, x.dtype);
      }),
    ...sample,
  };
}

type Segment = (x: Tensor, ids: never, options: { readonly numSegments: number }) => Tensor;

const run =
  (segment: Segment): RunComposed =>
  ({ x, ids }, { count }) =>
    segment(x!, ids as never, { numSegments: count as number });

const wrongIds = (segment: Segment) => [
  {
    code: 'INDEX' as const,
    message: /index 3 at position 1 is outside an axis of extent 3/,
    call: () => segment(ones([2]), tensor([0, 3], { dtype: 'int32' }) as never, { numSegments: 3 }),
  },
  {
    code: 'SHAPE' as const,
    message: /need x \[N, ...\] and ids \[N\]/,
    call: () => segment(ones([2]), tensor([0], { dtype: 'int32' }) as never, { numSegments: 3 }),
  },
];

const empty =
  (reduce: (list: readonly number[]) => number) =>
  (list: readonly number[]): number =>
    list.length === 0 ? 0 : reduce(list);

const shapes = [[7, 2], [5], [0, 3]] as const;

export const masking: SampleTable = {
  nonzero: {
    samples: [nonzeros([2, 7], 6), nonzeros([7], 3), nonzeros([0, 2], 0), nonzeros([1, 1], 0)],
    large: nonzeros([700, 101], 30_300),
    errors: [{ call: () => nonzero(1 as never), ...noTensor }],
  },
  argwhere: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x }) => argwhere(x!),
    samples: [someWhere([3, 4]), someWhere([]), someWhere([0, 3])],
    errors: [{ call: () => argwhere(1 as never), ...noTensor }],
  },
  flatnonzero: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x }) => flatnonzero(x!),
    samples: [positions([3, 4]), positions([]), positions([0, 3])],
    errors: [{ call: () => flatnonzero(1 as never), ...noTensor }],
  },
  maskedSelect: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x, mask }) => maskedSelect(x!, mask as never),
    samples: [selected([3, 4], [3, 4]), selected([4], [3, 1]), selected([2, 1], [3]), selected([0, 2], [2])],
    errors: [
      { call: () => maskedSelect(ones([2]), ones([2]) as never), code: 'DTYPE', message: /mask is float32\[2\]/ },
      {
        call: () => maskedSelect(ones([2]), ones([3], { dtype: 'bool' })),
        code: 'SHAPE',
        message: /float32\[2\], mask is bool\[3\]/,
      },
    ],
  },
  maskedFill: {
    run: ({ x, mask }, { value }) => maskedFill(x!, mask as never, value as number),
    samples: [filled([3, 4], [3, 4]), filled([4], [3, 1]), filled([0, 2], [2])],
    errors: [
      {
        call: () => maskedFill(ones([2], { dtype: 'uint8' }), ones([2], { dtype: 'bool' }), 300),
        code: 'VALUE',
        message: /300 does not fit uint8/,
      },
      {
        call: () => maskedFill(ones([2]), ones([2], { dtype: 'bool' }), ones([], { dtype: 'int32' }) as never),
        code: 'DTYPE',
        message: /value is int32\[\]/,
      },
    ],
  },
  maskedScatter: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x, mask, source }) => maskedScatter(x!, mask as never, source!),
    samples: [
      replaced([3, 4], [3, 4], uniform([12])),
      replaced([2], [3, 2], uniform([2, 4])),
      replaced([0, 2], [2], uniform([0])),
    ],
    large: replaced([301, 307], [307], uniform([301 * 307])),
    errors: [
      {
        call: () => maskedScatter(ones([2]), ones([2], { dtype: 'bool' }), ones([1])),
        code: 'SHAPE',
        message: /the mask holds 2 times/,
      },
    ],
  },
  segmentSum: {
    run: run(segmentSum),
    samples: shapes.map((shape) => segments(shape, 4, (list, dtype) => wrap(dtype, sumOf(list)))),
    errors: wrongIds(segmentSum),
    without: { scalar: 'segments are parts of an axis', broadcast: 'ids are a list' },
  },
  segmentMean: {
    run: run(segmentMean as Segment),
    samples: shapes.map((shape) => segments(shape, 4, empty(meanOf), { dtypes: floats })),
    errors: wrongIds(segmentMean as Segment),
    without: { scalar: 'segments are parts of an axis', broadcast: 'ids are a list' },
  },
  segmentProd: {
    run: run(segmentProd),
    samples: shapes.map((shape) =>
      segments(shape, 4, (list, dtype) => list.reduce((product, value) => wrap(dtype, product * value), 1)),
    ),
    errors: wrongIds(segmentProd),
    without: { scalar: 'segments are parts of an axis', broadcast: 'ids are a list' },
  },
  segmentMax: {
    run: run(segmentMax),
    samples: shapes.map((shape) => segments(shape, 4, empty(maxOf), { dtypes: everyDType })),
    errors: wrongIds(segmentMax),
    without: { scalar: 'segments are parts of an axis', broadcast: 'ids are a list' },
  },
  segmentMin: {
    run: run(segmentMin),
    samples: shapes.map((shape) => segments(shape, 4, empty(minOf), { dtypes: everyDType })),
    errors: wrongIds(segmentMin),
    without: { scalar: 'segments are parts of an axis', broadcast: 'ids are a list' },
  },
};
