import { ones, unique, uniqueConsecutive, type Tensor } from 'myelin';

import { build, groups, type Nd } from '../support/reference';
import { order as sortedOrder } from './sort';
import {
  everyDType,
  floats,
  integers,
  uniform,
  values,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

interface Distinct {
  /** First row of each group. */
  readonly firsts: number[];
  readonly counts: number[];
  readonly members: number[];
}

const equal = (a: readonly number[], b: readonly number[]): boolean => a.every((value, i) => value === b[i]);

/** Groups of equal rows that are neighbours in an order. */
function runsOf(rows: readonly (readonly number[])[], order: readonly number[]): Distinct {
  const firsts: number[] = [];
  const counts: number[] = [];
  const members = rows.map(() => 0);
  order.forEach((row, i) => {
    if (i === 0 || !equal(rows[row]!, rows[order[i - 1]!]!)) {
      firsts.push(row);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    members[row] = counts.length - 1;
  });
  return { firsts, counts, members };
}

const before = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));

function rowOrder(rows: readonly (readonly number[])[]): number[] {
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((value, i) => before(value, b[i]!) || before(b[i]!, value));
    return at < 0 ? 0 : before(a[at]!, b[at]!) ? -1 : 1;
  };
  return [...rows.keys()].sort((a, b) => compare(rows[a]!, rows[b]!) || a - b);
}

function byOccurrence({ firsts, counts, members }: Distinct): Distinct {
  const order = sortedOrder(firsts);
  return {
    firsts: order.map((i) => firsts[i]!),
    counts: order.map((i) => counts[i]!),
    members: members.map((member) => order.indexOf(member)),
  };
}

/** The slices of an array along an axis. */
function slicesOf(x: Nd, axis: number): number[][] {
  const others = x.shape.map((_, other) => other).filter((other) => other !== axis);
  return groups(x, others).lists;
}

const matrix = (x: Nd): number[][] => slicesOf(x, 0);
const list = (data: readonly number[], length = data.length): Nd => ({
  dtype: 'int64',
  shape: [length],
  data: Array.from({ length }, (_, i) => data[i] ?? 0),
});

type Find = typeof unique | typeof uniqueConsecutive;

function samplesOf(
  find: Find,
  orderOf: (rows: number[][]) => number[],
  settle: (found: Distinct) => Distinct,
): OpSamples {
  const sample = (x: InputSpec, axis: number | undefined, sorted: boolean, dtypes = everyDType): Sample => ({
    inputs: { x },
    attrs: { ...(axis !== undefined && { axis }), sorted },
    dtypes,
    order: 0,
    reference: (array) => {
      const rows = axis === undefined ? array.data.map((value) => [value]) : slicesOf(array, axis);
      const found = runsOf(rows, orderOf(rows));
      const { firsts, counts, members } = sorted ? found : settle(found);
      const inverse = list(members);
      if (axis === undefined) {
        const picked = { ...array, shape: [firsts.length], data: firsts.map((i) => array.data[i]!) };
        return [picked, { ...inverse, shape: array.shape }, list(counts)];
      }
      const shape = array.shape.map((extent, a) => (a === axis ? firsts.length : extent));
      const strides = array.shape.map((_, a) => array.shape.slice(a + 1).reduce((n, extent) => n * extent, 1));
      const at = (index: number[]): number =>
        array.data[index.reduce((sum, i, a) => sum + (a === axis ? firsts[i]! : i) * strides[a]!, 0)]!;
      return [build(array.dtype, shape, at), inverse, list(counts)];
    },
  });
  return {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x }, options): Tensor[] => {
      const { values: found, inverse, counts } = find(x!, { ...options, returnInverse: true, returnCounts: true });
      return [found, inverse!, counts!];
    },
    samples: [
      sample(integers([4, 5], 0, 4), undefined, true),
      sample(integers([4, 5], 0, 4), undefined, false),
      sample(integers([6, 2], 0, 2), 0, true),
      sample(integers([6, 2], 0, 2), 0, false),
      sample(integers([2, 7, 2], 0, 2), 1, true),
      sample(values([7], [0, NaN, -0, 1, NaN, Infinity, 1]), undefined, true, floats),
      sample(integers([], 0, 4), undefined, true),
      sample(integers([0], 0, 4), undefined, false),
      sample(integers([3, 0], 0, 4), 1, true),
    ],
    errors: [
      { call: () => find(ones([2, 3]), { axis: 2 }), code: 'INDEX', message: /axis 2 .*rank 2/ },
      { call: () => find([1] as never), code: 'TYPE', message: /x is \[1\]/ },
    ],
  };
}

export const uniques: SampleTable = {
  sortRows: {
    samples: [integers([7, 3], 0, 3), integers([7, 0], 0, 3), values([3, 2], [NaN, 1, 2, 1, NaN, 0])].map(
      (x, i): Sample => ({
        inputs: { x },
        dtypes: i < 2 ? everyDType : floats,
        order: 0,
        reference: (array) => list(rowOrder(matrix(array))),
      }),
    ),
    large: { inputs: { x: integers([3001, 2], 0, 9) } },
    errors: [],
    neverFails: 'unique calls it with rows',
    without: { scalar: 'its function gives it at least one axis' },
  },
  runs: {
    samples: [
      [integers([7, 2], 0, 2), [6, 0, 1, 2, 5, 4, 3]] as const,
      [integers([7, 1], 0, 2), [0, 1, 2, 3, 4, 5, 6]] as const,
      [uniform([0, 2]), []] as const,
    ].map(([x, order]): Sample => ({
      inputs: { x, order: values([order.length], order, 'int64') },
      dtypes: everyDType,
      order: 0,
      repeats: false,
      reference: (array) => {
        const { firsts, counts, members } = runsOf(matrix(array), order);
        const found = { dtype: 'int64' as const, shape: [], data: [firsts.length] };
        return [list(firsts, order.length), list(members), list(counts, order.length), found];
      },
    })),
    large: {
      inputs: { x: integers([3001, 1], 0, 2), order: values([3001], [...Array(3001).keys()], 'int64') },
    },
    errors: [],
    neverFails: 'unique calls it with rows and their order',
    without: { scalar: 'its input is a list' },
  },
  unique: {
    ...samplesOf(unique, (rows) => rowOrder(rows), byOccurrence),
    without: { secondOrder: 'it passes no gradient on' },
  },
  uniqueConsecutive: {
    ...samplesOf(
      uniqueConsecutive,
      (rows) => [...rows.keys()],
      (found) => found,
    ),
    without: { secondOrder: 'it passes no gradient on' },
  },
};
