import {
  aminmax,
  argsort,
  kthvalue,
  maxWithIndices,
  median,
  minWithIndices,
  mode,
  nanmedian,
  nanquantile,
  ones,
  quantile,
  sort,
  topk,
  type DType,
} from 'myelin';

import { build, groups, reduce, sizeOf, type Nd } from '../support/reference';
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
  type RunComposed,
  type Sample,
  type SampleTable,
} from './sample';

const badAxis = (call: () => unknown): ErrorCase => ({ call, code: 'INDEX', message: /axis 2 .*rank 2/ });
const nothing = (call: () => unknown): ErrorCase => ({ call, code: 'SHAPE', message: /nothing to choose from/ });

/** Positions in order, equal ones as they came, NaN above everything. */
export function order(list: readonly number[], descending = false): number[] {
  const rank = (value: number): number => (Number.isNaN(value) ? Infinity : value);
  const compare = (a: number, b: number): number => {
    const [x, y] = [list[a]!, list[b]!];
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return rank(x) === rank(y) ? 0 : rank(x) - rank(y);
  };
  return [...list.keys()].sort((a, b) => (descending ? compare(b, a) : compare(a, b)) || a - b);
}

const extremes = [1, NaN, -Infinity, 0, -0, 0, Infinity, NaN, -1, 1e-30];

/** Each list along an axis made longer or shorter, and the values at the places that were chosen. */
function chosen(x: Nd, axis: number, places: (list: number[]) => number[], keepDims = true): Nd[] {
  const { lists, shape } = groups(x, [axis], true);
  const found = lists.map(places);
  const extent = found[0]?.length ?? places([...new Array<number>(x.shape[axis]!).keys()]).length;
  const at = (index: readonly number[]): [row: number, place: number] => {
    const row = index.reduce((sum, i, a) => (a === axis ? sum : sum * shape[a]! + i), 0);
    return [row, found[row]![index[axis]!]!];
  };
  const out = shape.map((size, a) => (a === axis ? extent : size));
  const pick = (f: (index: number[]) => number, dtype: DType): Nd => {
    const all = build(dtype, out, f);
    return keepDims ? all : { ...all, shape: out.filter((_, a) => a !== axis) };
  };
  return [
    pick((index) => {
      const [row, place] = at(index);
      return lists[row]![place]!;
    }, x.dtype),
    pick((index) => at(index)[1], 'int64'),
  ];
}

const cases: readonly (readonly [input: InputSpec, axis: number, order: 0 | 2, dtypes: readonly DType[]])[] = [
  [distinct([2, 3, 4]), 0, 2, floats],
  [distinct([2, 3, 4]), 1, 2, floats],
  [distinct([5, 6]), 1, 2, floats],
  [integers([3, 7, 5], 0, 4), 1, 0, everyDType],
  [uniform([400, 3], -1e4, 1e4), 0, 0, floats],
  [values([10], extremes), 0, 0, floats],
];
const empty: (typeof cases)[number] = [uniform([0, 3]), 1, 0, everyDType];

const more: typeof cases = [
  empty,
  [uniform([3, 0]), 1, 0, everyDType],
  [integers([2, 500], -100, 100), 1, 0, everyDType],
];

const sorting: OpSamples = {
  samples: [
    ...[...cases, ...more].flatMap(([x, axis, depth, dtypes]) =>
      [false, true].map((descending): Sample => ({
        inputs: { x },
        attrs: { axis, descending },
        dtypes,
        order: depth,
        reference: (array) => chosen(array, axis, (list) => order(list, descending)),
      })),
    ),
  ],
  large: {
    inputs: { x: uniform([2, 200_003]) },
    attrs: { axis: 1, descending: false },
    reference: (array) => chosen(array, 1, (list) => order(list)),
  },
  errors: [
    badAxis(() => sort(ones([2, 3]), { axis: 2 })),
    { call: () => sort(undefined as never), code: 'TYPE', message: /undefined/ },
  ],
};

const topkOf = (list: readonly number[], k: number, largest: boolean, sorted: boolean): number[] => {
  const places = order(list, largest).slice(0, k);
  return sorted ? places : places.sort((a, b) => a - b);
};

const choosing: OpSamples = {
  samples: [
    ...[...cases, empty].flatMap(([x, axis, depth, dtypes]) =>
      [
        [0, true, true],
        [1, true, true],
        [2, false, true],
        [2, true, false],
      ].map(([k, largest, sorted]): Sample => {
        const attrs = { k: k as number, axis, largest: largest as boolean, sorted: sorted as boolean };
        return {
          inputs: { x },
          attrs,
          dtypes,
          order: depth,
          reference: (array) => chosen(array, axis, (list) => topkOf(list, attrs.k, attrs.largest, attrs.sorted)),
        };
      }),
    ),
  ],
  large: {
    inputs: { x: integers([2, 200_003], 0, 999) },
    attrs: { k: 7, axis: 1, largest: true, sorted: true },
  },
  errors: [
    badAxis(() => topk(ones([2, 3]), 1, { axis: 2 })),
    { call: () => topk(ones([2, 3]), 4), code: 'VALUE', message: /k is 4.*k <= 3/ },
    { call: () => topk(ones([2, 3]), -1), code: 'VALUE', message: /k is -1/ },
    { call: () => topk(ones([2, 3]), 1.5), code: 'VALUE', message: /k is 1.5/ },
  ],
};

const medianPlace = (list: readonly number[]): number => {
  const numbers = list.filter((x) => !Number.isNaN(x)).length;
  return order(list)[numbers < list.length ? numbers : (numbers - 1) >> 1]!;
};
const nanmedianPlace = (list: readonly number[]): number =>
  order(list)[Math.max(0, list.filter((x) => !Number.isNaN(x)).length - 1) >> 1]!;

function modePlace(list: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const x of list) counts.set(x + 0, (counts.get(x + 0) ?? 0) + 1);
  const most = Math.max(...counts.values());
  const best = order([...counts.keys()]).map((i) => [...counts.keys()][i]!);
  const value = best.find((x) => counts.get(x) === most)!;
  return list.map((x) => Object.is(x + 0, value)).lastIndexOf(true);
}

const statisticPlace = {
  kth: (list: readonly number[]) => order(list)[1]!,
  median: medianPlace,
  nanmedian: nanmedianPlace,
};

const orderStatistic: OpSamples = {
  samples: [
    ...[...cases, [uniform([3, 0]), 0, 0, everyDType] as const].flatMap(([x, axis, depth, dtypes]) =>
      (['kth', 'median', 'nanmedian'] as const).map((statistic): Sample => ({
        inputs: { x },
        attrs: { axis, statistic, k: 1 },
        dtypes,
        order: depth,
        reference: (array) => chosen(array, axis, (list) => [statisticPlace[statistic](list)]),
      })),
    ),
  ],
  large: { inputs: { x: integers([20, 20_003], 0, 9999) }, attrs: { axis: 1, statistic: 'median', k: 0 } },
  errors: [],
  neverFails: 'kthvalue, median and nanmedian check for it',
};

/** A function that chooses one element along an axis, or of all. */
function choice(
  run: RunComposed,
  place: (list: readonly number[]) => number,
  errors: readonly ErrorCase[],
  alongOnly = false,
): OpSamples {
  const sample = (x: InputSpec, axis: number, keepDims: boolean, depth: 0 | 2, dtypes: readonly DType[]): Sample => ({
    inputs: { x },
    attrs: { axis, keepDims },
    dtypes,
    order: depth,
    reference: (array) => chosen(array, axis, (list) => [place(list)], keepDims),
  });
  const whole = (x: InputSpec, keepDims: boolean): Sample => ({
    inputs: { x },
    attrs: { keepDims },
    dtypes: floats,
    reference: (array) =>
      chosen({ ...array, shape: [sizeOf(array.shape)] }, 0, (list) => [place(list)]).map((out) => ({
        ...out,
        shape: keepDims ? array.shape.map(() => 1) : [],
      })),
  });
  return {
    run,
    samples: [
      ...cases.flatMap(([x, axis, depth, dtypes]) => [
        sample(x, axis, false, depth, dtypes),
        sample(x, axis, true, depth, dtypes),
      ]),
      sample(uniform([3, 0]), 0, false, 0, floats),
      ...(alongOnly
        ? [{ ...whole(distinct([]), false), attrs: { axis: 0, keepDims: false } }]
        : [whole(distinct([3, 4]), false), whole(distinct([3, 4]), true), whole(distinct([]), false)]),
    ],
    errors,
  };
}

const axisOptions = (attrs: Parameters<RunComposed>[1]) => attrs as { axis?: number; keepDims?: boolean };
const pair = ({ values: found, indices }: ReturnType<typeof sort>) => [found, indices];

const firstBest =
  (descending: boolean) =>
  (list: readonly number[]): number => {
    const nan = list.findIndex(Number.isNaN);
    return nan >= 0 ? nan : order(list, descending)[0]!;
  };

type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

function quantileOf(list: readonly number[], q: number, how: Interpolation, skipNaN: boolean): number {
  const numbers = order(list.filter((x) => !Number.isNaN(x))).map((i) => list.filter((x) => !Number.isNaN(x))[i]!);
  if (numbers.length === 0 || (!skipNaN && numbers.length < list.length)) return NaN;
  const rank = q * (numbers.length - 1);
  const [low, high] = [numbers[Math.floor(rank)]!, numbers[Math.ceil(rank)]!];
  if (how === 'lower') return low;
  if (how === 'higher') return high;
  if (how === 'nearest') return rank - Math.floor(rank) < 0.5 ? low : high;
  if (low === high) return low;
  return low + (high - low) * (how === 'midpoint' ? 0.5 : rank - Math.floor(rank));
}

function quantiles(f: typeof quantile, skipNaN: boolean): OpSamples {
  const sample = (x: InputSpec, q: readonly number[], axis: number, keepDims: boolean, how: Interpolation): Sample => ({
    inputs: { x },
    attrs: { q, axis, keepDims, interpolation: how },
    order: 0,
    reference: (array) => {
      const each = q.map((one) => reduce(array, [axis], keepDims, (list) => quantileOf(list, one, how, skipNaN)));
      return { dtype: array.dtype, shape: [q.length, ...each[0]!.shape], data: each.flatMap((part) => [...part.data]) };
    },
  });
  const nans = values([3, 4], [1, NaN, 3, 2, 5, 4, 0, 9, NaN, NaN, NaN, NaN]);
  return {
    run: ({ x }, { q, ...options }) =>
      f(x as never, q as number | readonly number[], options as Parameters<typeof quantile>[2]),
    samples: [
      ...(['linear', 'lower', 'higher', 'midpoint', 'nearest'] as const).flatMap((how) => [
        { ...sample(distinct([2, 7, 3]), [0.1, 0.5, 1], 1, false, how), order: 2 as const },
        sample(nans, [0.3, 0.75], 1, true, how),
      ]),
      sample(uniform([0, 3]), [0.5], 1, false, 'linear'),
      sample(values([5], [-Infinity, Infinity, 1, Infinity, 2]), [0, 0.25, 1], 0, false, 'linear'),
      {
        inputs: { x: distinct([3, 4]) },
        attrs: { q: 0.4 },
        reference: (x) => ({ ...x, shape: [], data: [quantileOf(x.data, 0.4, 'linear', skipNaN)] }),
      },
    ],
    errors: [
      badAxis(() => f(ones([2, 3]), 0.5, { axis: 2 })),
      nothing(() => f(ones([0]), 0.5)),
      nothing(() => f(ones([2, 0]), 0.5, { axis: 1 })),
      { call: () => f(ones([2]), 1.5), code: 'VALUE', message: /q is 1.5/ },
      { call: () => f(ones([2]), ['a'] as never), code: 'VALUE', message: /q is "a"/ },
      { call: () => f(ones([2]), undefined as never), code: 'TYPE', message: /undefined/ },
      { call: () => f(ones([2]), 0.5, { interpolation: 'cubic' as never }), code: 'VALUE', message: /"cubic"/ },
      { call: () => f(ones([2], { dtype: 'int32' }) as never, 0.5), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  };
}

export const sorts: SampleTable = {
  sort: {
    ...sorting,
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  topk: {
    ...choosing,
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  orderStatistic: {
    ...orderStatistic,
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  mode: {
    samples: [...cases, [uniform([3, 0]), 0, 0, everyDType] as const].map(([x, axis, depth, dtypes]): Sample => ({
      inputs: { x },
      attrs: { axis },
      dtypes,
      order: depth,
      reference: (array) => chosen(array, axis, (list) => [modePlace(list)]),
    })),
    large: { inputs: { x: integers([301, 303], 0, 99) }, attrs: { axis: 1 } },
    errors: [badAxis(() => mode(ones([2, 3]), { axis: 2 })), nothing(() => mode(ones([2, 0])))],
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  argsort: {
    run: ({ x }, { axis, descending }) => argsort(x!, { axis: axis as number, descending: descending as boolean }),
    samples: [
      ...sorting.samples.map((sample) => ({
        ...sample,
        order: 0 as const,
        reference: (x: Nd) => (sample.reference!(x) as Nd[])[1]!,
      })),
      {
        inputs: { x: uniform([]) },
        attrs: { axis: 0, descending: true },
        dtypes: everyDType,
        order: 0,
        reference: (x) => ({ ...x, dtype: 'int64', data: [0] }),
      },
    ],
    errors: [badAxis(() => argsort(ones([2, 3]), { axis: 2 }))],
  },
  kthvalue: choice(
    ({ x }, attrs) => pair(kthvalue(x!, 1, axisOptions(attrs))),
    (list) => order(list)[0]!,
    [
      badAxis(() => kthvalue(ones([2, 3]), 1, { axis: 2 })),
      nothing(() => kthvalue(ones([2, 0]), 1)),
      { call: () => kthvalue(ones([2, 3]), 0), code: 'VALUE', message: /k is 0/ },
      { call: () => kthvalue(ones([2, 3]), 4), code: 'VALUE', message: /k is 4.*k <= 3/ },
    ],
    true,
  ),
  median: choice(({ x }, attrs) => pair(median(x!, axisOptions(attrs))), medianPlace, [
    badAxis(() => median(ones([2, 3]), { axis: 2 })),
    nothing(() => median(ones([0]))),
    nothing(() => ones([2, 0]).median({ axis: 1 })),
  ]),
  nanmedian: choice(({ x }, attrs) => pair(nanmedian(x!, axisOptions(attrs))), nanmedianPlace, [
    badAxis(() => nanmedian(ones([2, 3]), { axis: 2 })),
    nothing(() => nanmedian(ones([0]))),
  ]),
  maxWithIndices: choice(({ x }, attrs) => pair(maxWithIndices(x!, axisOptions(attrs))), firstBest(true), [
    badAxis(() => maxWithIndices(ones([2, 3]), { axis: 2 })),
    nothing(() => maxWithIndices(ones([0]))),
  ]),
  minWithIndices: choice(({ x }, attrs) => pair(minWithIndices(x!, axisOptions(attrs))), firstBest(false), [
    badAxis(() => minWithIndices(ones([2, 3]), { axis: 2 })),
    nothing(() => minWithIndices(ones([0]))),
  ]),
  aminmax: {
    run: ({ x }, { axis }) => {
      const range = aminmax(x!, { axis: axis as number[] });
      return [range.min, range.max];
    },
    samples: [
      [distinct([2, 3, 4]), [0, 2]] as const,
      [distinct([2, 0]), [0]] as const,
      [distinct([]), []] as const,
    ].map(([x, axis]): Sample => ({
      inputs: { x },
      attrs: { axis },
      dtypes: everyDType,
      reference: (array) => [
        reduce(array, axis, false, (list) => Math.min(...list)),
        reduce(array, axis, false, (list) => Math.max(...list)),
      ],
    })),
    errors: [
      badAxis(() => aminmax(ones([2, 3]), { axis: 2 })),
      { call: () => aminmax(3 as never), code: 'TYPE', message: /x is 3/ },
    ],
  },
  quantile: quantiles(quantile, false),
  nanquantile: quantiles(nanquantile, true),
};
