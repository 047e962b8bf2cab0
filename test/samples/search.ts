import { argsort, bucketize, isin, ones, scope, searchsorted, tensor, zeros, type DType } from 'myelin';

import { build, map, type Nd } from '../support/reference';
import { everyDType, floats, integers, uniform, values, type InputSpec, type Sample, type SampleTable } from './sample';

/** How many elements of a sorted list stand before a value; NaN stands behind all numbers. */
function placeIn(list: readonly number[], value: number, right: boolean): number {
  const before = (a: number, b: number): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a));
  return list.filter((x) => (right ? !before(value, x) : before(x, value))).length;
}

const ascending = (shape: readonly number[]): InputSpec => ({
  shape,
  fill: (random, size) => {
    const row = shape.at(-1)!;
    const numbers = Array.from({ length: size }, () => random.integer(0, 20));
    return Array.from({ length: size / Math.max(1, row) }, (_, i) =>
      numbers.slice(i * row, (i + 1) * row).sort((a, b) => a - b),
    ).flat();
  },
});

const rowOf = (sorted: Nd, index: readonly number[]): readonly number[] => {
  if (sorted.shape.length === 1) return sorted.data;
  const n = sorted.shape.at(-1)!;
  const row = index.slice(0, -1).reduce((at, i, axis) => at * sorted.shape[axis]! + i, 0);
  return sorted.data.slice(row * n, (row + 1) * n);
};

function search(sorted: InputSpec, wanted: InputSpec, right: boolean, dtypes: readonly DType[] = everyDType): Sample {
  return {
    inputs: { sorted, values: wanted },
    attrs: { right },
    dtypes,
    order: 0,
    // Expanded rows are no longer sorted.
    repeats: false,
    reference: (rows, x) => {
      let at = 0;
      return build('int64', x.shape, (index) => placeIn(rowOf(rows, index), x.data[at++]!, right));
    },
  };
}

const searches = [false, true].flatMap((right) => [
  search(ascending([17]), integers([3, 5], -1, 22), right, floats),
  search(ascending([17]), integers([40], 0, 22), right),
  search(ascending([2, 3, 9]), integers([2, 3, 4], 0, 22), right),
  search(ascending([5]), integers([], 0, 22), right),
  search(values([4], [-Infinity, 0, Infinity, NaN]), values([5], [NaN, -0, Infinity, -Infinity, 1]), right, floats),
  search(ascending([0]), integers([3], 0, 22), right),
  search(ascending([3]), integers([0], 0, 22), right),
]);

const misfit = () => searchsorted(ones([2, 3]), ones([3, 3]));

export const searching: SampleTable = {
  searchRows: {
    samples: searches,
    large: { ...search(ascending([1001]), uniform([100_003], 0, 20), false), dtypes: ['float32'] },
    errors: [{ call: misfit, code: 'SHAPE', message: /float32\[2,3\].*float32\[3,3\]/, op: 'searchsorted' }],
    without: { scalar: 'what is searched is a row' },
  },
  searchsorted: {
    run: ({ sorted, values: wanted }, { right }) =>
      scope(() => {
        const shuffled = sorted!.flip(-1);
        return searchsorted(shuffled, wanted!, { right: right as boolean, sorter: argsort(shuffled) });
      }),
    samples: searches,
    errors: [
      { call: misfit, code: 'SHAPE', message: /float32\[2,3\].*float32\[3,3\]/ },
      { call: () => searchsorted(ones([]), ones([3])), code: 'SHAPE', message: /float32\[\]/ },
      { call: () => searchsorted(1 as never, ones([3])), code: 'TYPE', message: /sorted is 1/ },
      { call: () => searchsorted(ones([3]), undefined as never), code: 'TYPE', message: /undefined/ },
      {
        call: () => searchsorted(ones([2]), ones([3]), { sorter: tensor([0, 5], { dtype: 'int64' }) }),
        code: 'INDEX',
        op: 'gather',
        message: /5/,
      },
    ],
    without: { scalar: 'what is searched is a row' },
  },
  bucketize: {
    run: ({ x, boundaries }, { right }) => bucketize(x!, boundaries!, { right: right as boolean }),
    samples: [[3, 4], [6, 1], []].flatMap((shape) =>
      [false, true].map((right): Sample => ({
        inputs: { x: integers(shape, 0, 22), boundaries: ascending([6]) },
        attrs: { right },
        dtypes: everyDType,
        order: 0,
        repeats: false,
        reference: (x, boundaries) => map(x, (value) => placeIn(boundaries.data, value, right), 'int64'),
      })),
    ),
    neverEmpty: 'it is searchsorted',
    errors: [
      { call: () => bucketize(ones([2]), ones([2, 2])), code: 'SHAPE', message: /boundaries is float32\[2,2\]/ },
      { call: () => bucketize(2 as never, ones([2])), code: 'TYPE', message: /x is 2/ },
    ],
  },
  isin: {
    run: ({ x, others }, { invert }) => isin(x!, others!, { invert: invert as boolean }),
    samples: [
      [integers([3, 5], 0, 9), integers([4], 0, 9), false, everyDType] as const,
      [integers([3, 5], 0, 9), integers([2, 3], 0, 9), true, everyDType] as const,
      [values([4], [NaN, 0, -0, Infinity]), values([3], [NaN, -0, Infinity]), false, floats] as const,
      [uniform([3]), uniform([0]), false, floats] as const,
      [uniform([0]), uniform([3]), true, floats] as const,
    ].map(([x, others, invert, dtypes]): Sample => ({
      inputs: { x, others },
      attrs: { invert },
      dtypes,
      order: 0,
      reference: (array, list) =>
        map(array, (value) => Number(list.data.some((other) => other === value) !== invert), 'bool'),
    })),
    errors: [
      { call: () => isin([1] as never, ones([2])), code: 'TYPE', message: /x is \[1\]/ },
      { call: () => isin(zeros([1]), 'a' as never), code: 'TYPE', message: /"a"/ },
    ],
    without: { broadcast: 'its index has a shape of its own' },
  },
};
