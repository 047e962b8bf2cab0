import {
  cartesianProd,
  combinations,
  eye,
  logspace,
  meshgrid,
  ones,
  tri,
  tril,
  trilIndices,
  triu,
  triuIndices,
  vander,
  type DType,
} from 'myelin';

import { at, build, indicesOf, type Nd } from '../support/reference';
import { elements, moved, noTensor } from './moved';
import { everyDType, floats, uniform, type Sample, type SampleTable } from './sample';

type Keep = (row: number, column: number, diagonal: number) => boolean;
const below: Keep = (row, column, diagonal) => column - row <= diagonal;
const above: Keep = (row, column, diagonal) => column - row >= diagonal;

const cut = (shape: readonly number[], diagonal: number, keep: Keep): Sample =>
  moved(shape, shape, (index) => (keep(index.at(-2)!, index.at(-1)!, diagonal) ? index : undefined), { diagonal });

const made = (attrs: NonNullable<Sample['attrs']>, dtype: DType, reference: () => Nd): Sample => ({
  inputs: {},
  attrs: { ...attrs, dtype },
  dtypes: [dtype],
  order: 0,
  layouts: false,
  reference,
});

const flagged = (rows: number, columns: number, diagonal: number, keep: Keep): Sample[] =>
  everyDType.map((dtype) =>
    made({ rows, columns, diagonal }, dtype, () =>
      build(dtype, [rows, columns], ([i, j]) => Number(keep(i!, j!, diagonal))),
    ),
  );

const listed = (rows: number, columns: number, diagonal: number, keep: Keep): Sample =>
  made({ rows, columns, diagonal }, 'int64', () => {
    const kept = [...indicesOf([rows, columns])].filter(([i, j]) => keep(i!, j!, diagonal));
    return {
      dtype: 'int64',
      shape: [2, kept.length],
      data: [...kept.map(([i]) => i!), ...kept.map(([, j]) => j!)],
    };
  });

const same: Keep = (row, column) => row === column;
const noInputs = 'it has no inputs; an empty result is among its samples';
const impossible = { code: 'SHAPE', message: /non-negative integers/ } as const;

const grids = (extents: readonly number[], indexing: 'ij' | 'xy'): Sample => {
  const shape = indexing === 'ij' || extents.length < 2 ? extents : [extents[1]!, extents[0]!, ...extents.slice(2)];
  const axisOf = (i: number): number => (indexing === 'xy' && i < 2 ? 1 - i : i);
  return {
    inputs: { xs: extents.map((extent) => uniform([extent])) },
    attrs: { indexing },
    dtypes: everyDType,
    reference: (...xs: Nd[]) => xs.map((x, i) => elements(x, shape, (index) => [index[axisOf(i)]!])),
  };
};

const products = (extents: readonly number[]): Sample => ({
  inputs: { xs: extents.map((extent) => uniform([extent])) },
  dtypes: everyDType,
  reference: (...xs: Nd[]) => {
    const all = [...indicesOf(extents)];
    return build(xs[0]!.dtype, [all.length, extents.length], ([row, k]) => at(xs[k!]!, [all[row!]![k!]!]));
  },
});

const chosen = (extent: number, size: number, withReplacement: boolean): Sample => {
  const all = [...indicesOf(new Array<number>(size).fill(extent))].filter((index) =>
    index.every((i, k) => k === 0 || (withReplacement ? index[k - 1]! <= i : index[k - 1]! < i)),
  );
  return moved([extent], [all.length, size], ([row, k]) => [all[row!]![k!]!], { size, withReplacement });
};

const powers = (extent: number, count: number, increasing: boolean): Sample => ({
  inputs: { x: uniform([extent], 0.5, 2) },
  attrs: { count, increasing },
  dtypes: floats,
  tolerance: { relative: 8, absolute: 8 },
  reference: (x) => build(x.dtype, [extent, count], ([i, j]) => x.data[i!]! ** (increasing ? j! : count - 1 - j!)),
});

const spaced = (start: number, stop: number, count: number, base: number, dtype: 'float32' | 'float64'): Sample => ({
  ...made({ start, stop, count, base }, dtype, () =>
    build(dtype, [count], ([i]) => base ** (count === 1 ? start : start + (i! * (stop - start)) / (count - 1))),
  ),
  tolerance: { relative: 32, absolute: 8 },
});

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly diagonal: number;
  readonly dtype: DType;
}

const matrix = (attrs: NonNullable<Sample['attrs']>): Matrix => attrs as unknown as Matrix;

export const triangle: SampleTable = {
  tril: {
    run: ({ x }, { diagonal }) => tril(x!, { diagonal: diagonal as number }),
    samples: [cut([3, 4], 0, below), cut([2, 3, 3], 1, below), cut([4, 3], -2, below), cut([2, 0, 3], 0, below)],
    errors: [
      { call: () => tril(ones([3])), code: 'SHAPE', message: /1 axes/ },
      { call: () => tril(ones([3, 3]), { diagonal: 0.5 }), code: 'VALUE', message: /diagonal is 0\.5/ },
    ],
    without: { scalar: 'it needs a matrix' },
  },
  triu: {
    run: ({ x }, { diagonal }) => triu(x!, { diagonal: diagonal as number }),
    samples: [cut([3, 4], 0, above), cut([2, 3, 3], 1, above), cut([4, 3], -2, above), cut([2, 0, 3], 0, above)],
    errors: [{ call: () => triu(1 as never), ...noTensor }],
    without: { scalar: 'it needs a matrix' },
  },
  eye: {
    run: (_, attrs) => eye(matrix(attrs).rows, matrix(attrs).columns, { dtype: matrix(attrs).dtype }),
    samples: [...flagged(3, 4, 0, same), ...flagged(2, 0, 0, same)],
    errors: [{ call: () => eye(-1), ...impossible }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a matrix' },
  },
  tri: {
    run: (_, attrs) => {
      const { rows, columns, diagonal, dtype } = matrix(attrs);
      return tri(rows, columns, { diagonal, dtype });
    },
    samples: [...flagged(3, 4, 1, below), ...flagged(3, 2, -1, below), ...flagged(0, 2, 0, below)],
    errors: [
      { call: () => tri(-1), ...impossible },
      { call: () => tri(2, 2, { diagonal: NaN }), code: 'VALUE', message: /diagonal is NaN/ },
    ],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a matrix' },
  },
  trilIndices: {
    run: (_, attrs) => {
      const { rows, columns, diagonal } = matrix(attrs);
      return trilIndices(rows, columns, { diagonal });
    },
    samples: [listed(3, 4, 0, below), listed(4, 3, -1, below), listed(0, 3, 0, below)],
    errors: [{ call: () => trilIndices(0.5), ...impossible }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a matrix' },
  },
  triuIndices: {
    run: (_, attrs) => {
      const { rows, columns, diagonal } = matrix(attrs);
      return triuIndices(rows, columns, { diagonal });
    },
    large: listed(301, 307, 0, above),
    samples: [listed(3, 4, 0, above), listed(4, 3, 1, above), listed(3, 0, 0, above)],
    errors: [{ call: () => triuIndices(0.5), ...impossible }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a matrix' },
  },
  meshgrid: {
    run: ({ xs }, { indexing }) => meshgrid(xs!, { indexing: indexing as 'ij' | 'xy' }),
    samples: [
      grids([2, 3], 'ij'),
      grids([2, 3], 'xy'),
      grids([2, 3, 2], 'xy'),
      grids([3], 'ij'),
      grids([0, 2], 'ij'),
      // A tensor without axes counts as one of one element.
      {
        inputs: { xs: [uniform([]), uniform([])] },
        attrs: { indexing: 'ij' },
        reference: (...xs) => xs.map((x) => ({ ...x, shape: [1, 1] })),
      },
    ],
    errors: [
      { call: () => meshgrid([]), code: 'VALUE', message: /at least one tensor/ },
      { call: () => meshgrid([ones([2, 2])]), code: 'SHAPE', message: /tensor 0 is float32\[2,2\]/ },
      { call: () => meshgrid([ones([2])], { indexing: 'ji' as never }), code: 'VALUE', message: /indexing is "ji"/ },
    ],
    without: { broadcast: 'each vector has an axis of its own in the result' },
  },
  cartesianProd: {
    run: ({ xs }) => cartesianProd(xs!),
    samples: [
      products([2, 3]),
      products([2, 1, 3]),
      products([0, 2]),
      {
        inputs: { xs: [uniform([]), uniform([])] },
        reference: (a, b) => ({ ...a, shape: [1, 2], data: [...a.data, ...b.data] }),
      },
    ],
    errors: [{ call: () => cartesianProd([1 as never]), code: 'TYPE', message: /tensors\[0\] is 1/ }],
  },
  combinations: {
    run: ({ x }, { size, withReplacement }) =>
      combinations(x!, { size: size as number, withReplacement: withReplacement as boolean }),
    samples: [chosen(4, 2, false), chosen(3, 2, true), chosen(4, 3, false), chosen(3, 1, false), chosen(0, 2, false)],
    large: { ...chosen(3, 2, false), inputs: { x: uniform([400]) } },
    errors: [
      { call: () => combinations(ones([2, 2])), code: 'SHAPE', message: /need a vector/ },
      { call: () => combinations(ones([2]), { size: 9 }), code: 'VALUE', message: /at most 8/ },
    ],
    without: { scalar: 'it needs vectors' },
  },
  vander: {
    run: ({ x }, { count, increasing }) =>
      vander(x as never, { count: count as number, increasing: increasing as boolean }),
    samples: [powers(3, 4, false), powers(3, 2, true), powers(0, 2, true)],
    errors: [{ call: () => vander(ones([2], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2\]/ }],
    without: { scalar: 'it needs vectors' },
  },
  logspace: {
    run: (_, { start, stop, count, base, dtype }) =>
      logspace(start as number, stop as number, count as number, {
        base: base as number,
        dtype: dtype as 'float32' | 'float64',
      }),
    samples: [
      spaced(0, 3, 4, 2, 'float32'),
      spaced(-1, 1, 5, 10, 'float64'),
      spaced(1, 5, 1, 3, 'float64'),
      spaced(1, 5, 0, 3, 'float64'),
    ],
    errors: [
      { call: () => logspace(0, 1, -1), code: 'VALUE', message: /count is -1/ },
      { call: () => logspace(0, 1, 2, { base: '2' as never }), code: 'VALUE', message: /base is "2"/ },
    ],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a vector' },
  },
};
