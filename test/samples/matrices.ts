import {
  cond,
  lstsq,
  matrixExp,
  matrixNorm,
  matrixPower,
  matrixRank,
  ones,
  tensor,
  tensorinv,
  tensorsolve,
  zeros,
  type FloatDType,
  type Tensor,
} from 'myelin';

import {
  dominant,
  eachMatrix,
  identity,
  matricesOf,
  ofMatrices,
  solved,
  times,
  turned,
  type Rows,
} from '../support/matrices';
import type { Nd } from '../support/reference';
import { refused, uniform, type Sample, type SampleTable } from './sample';

type Real = Tensor<FloatDType>;
type Shape = readonly number[];

const integers = (): Real => ones([2, 2], { dtype: 'int32' }) as never;
const layoutsOf = (shape: Shape): Partial<Sample> => (shape.length > 2 ? {} : { repeats: false });
const tolerance = { relative: 128, absolute: 256 };

const sizes = (rows: Rows): number[] => rows.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0));
const columnsOf = (x: Nd, rows: Rows): Rows => turned(rows, x.shape.at(-1));
const norms: Readonly<Record<string, (x: Nd, rows: Rows) => number>> = {
  fro: (_, rows) => Math.sqrt(rows.flat().reduce((sum, value) => sum + value * value, 0)),
  '1': (x, rows) => Math.max(...sizes(columnsOf(x, rows))),
  '-1': (x, rows) => Math.min(...sizes(columnsOf(x, rows))),
  Infinity: (_, rows) => Math.max(...sizes(rows)),
  '-Infinity': (_, rows) => Math.min(...sizes(rows)),
};
const perMatrix = (x: Nd, f: (rows: Rows) => number): Nd => ({
  dtype: x.dtype,
  shape: x.shape.slice(0, -2),
  data: matricesOf(x).map(f),
});
const order = (name: unknown): never => (name === 'fro' ? name : Number(name)) as never;

const power = (a: Rows, n: number): Rows => (n === 0 ? identity(a.length) : times(power(a, n - 1), a));

/** Σ xᵏ / k!, for matrices of small norm. */
function series(a: Rows): Rows {
  let term = identity(a.length);
  let total = term;
  for (let k = 1; k < 60; k++) {
    term = times(term, a).map((row) => row.map((value) => value / k));
    total = total.map((row, i) => row.map((value, j) => value + term[i]![j]!));
  }
  return total;
}

/** Solution of the normal equations. */
const leastSquares = (a: Rows, b: Rows): Rows => solved(times(turned(a), a), times(turned(a), b));

export const matrices: SampleTable = {
  matrixNorm: {
    run: ({ x }, { ord }) => matrixNorm(x as Real, { ord: order(ord) }),
    samples: Object.entries(norms).flatMap(([name, norm]) =>
      [
        [3, 4],
        [2, 3, 2],
        [0, 2, 2],
      ].map((shape): Sample => ({
        inputs: { x: uniform(shape, -3, 3, [0]) },
        attrs: { ord: name },
        order: name === 'fro' ? 2 : 1,
        tolerance,
        reference: (x) => perMatrix(x, (rows) => norm(x, rows)),
        ...layoutsOf(shape),
      })),
    ),
    errors: [
      refused(() => matrixNorm(ones([2])), 'SHAPE', /at least two axes/),
      refused(() => matrixNorm(ones([2, 2]), { ord: 3 as never }), 'VALUE', /ord is 3 \(need "fro"/),
      refused(() => matrixNorm(ones([2, 2]), { axis: [0, 0] }), 'VALUE', /two different axes/),
      refused(() => matrixNorm(ones([2, 2]), { axis: [0, 2] }), 'INDEX', /axis 2/),
      refused(() => matrixNorm(ones([2, 2]), { axis: 1 as never }), 'VALUE', /axis is 1 \(need two axes\)/),
      refused(() => matrixNorm(integers()), 'DTYPE', /int32/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  cond: {
    run: ({ x }, { p }) => cond(x as Real, { p: order(p) }),
    samples: ['fro', '1', 'Infinity'].flatMap((name) =>
      [
        [3, 3],
        [2, 3, 3],
        [0, 2, 2],
      ].map((shape): Sample => ({
        inputs: { x: uniform(shape, -3, 3, [0]) },
        attrs: { p: name },
        derive: (x) => [dominant(x)],
        order: name === 'fro' ? 2 : 1,
        tolerance,
        reference: (x) =>
          perMatrix(x, (rows) => norms[name]!(x, rows) * norms[name]!(x, solved(rows, identity(rows.length)))),
        ...layoutsOf(shape),
      })),
    ),
    errors: [
      refused(() => cond(ones([2, 3]), { p: 1 }), 'SHAPE', /need a square matrix/),
      refused(() => cond(ones([2, 2]), { p: 'x' as never }), 'VALUE', /p is "x"/),
      refused(() => cond(ones([2, 2]), { p: 1 }), 'VALUE', /x is singular/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  matrixRank: {
    run: ({ x }) => matrixRank(x as Real, { rtol: 1e-2 }),
    samples: [
      [3, 3],
      [2, 4, 3],
      [2, 0, 3],
    ].map((shape): Sample => ({
      inputs: { x: uniform(shape, 0.5, 3) },
      order: 0,
      repeats: false,
      // Every row a multiple of the first.
      derive: (x) => [eachMatrix(x, (a) => a.map((row) => a[0]!.map((value) => value * row[0]!)))],
      reference: (x) => ({ ...perMatrix(x, (rows) => Math.min(1, rows.length)), dtype: 'int64' }),
    })),
    errors: [
      refused(() => matrixRank(ones([2])), 'SHAPE', /at least two axes/),
      refused(() => matrixRank(ones([2, 2]), { rtol: -1 }), 'VALUE', /rtol is -1/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  matrixPower: {
    run: ({ x }, { exponent }) => matrixPower(x as Real, exponent as number),
    samples: [0, 1, 2, 5, -2].flatMap((exponent) =>
      [
        [3, 3],
        [2, 2, 2],
        [2, 0, 0],
      ].map((shape): Sample => ({
        inputs: { x: uniform(shape, -1, 1) },
        attrs: { exponent },
        derive: (x) => [exponent < 0 ? dominant(x) : x],
        order: exponent === 0 ? 0 : 2,
        tolerance: { relative: 128, absolute: 1024 },
        reference: (x) =>
          eachMatrix(x, (a) => power(exponent < 0 ? solved(a, identity(a.length)) : a, Math.abs(exponent))),
        ...layoutsOf(shape),
      })),
    ),
    errors: [
      refused(() => matrixPower(ones([2, 3]), 2), 'SHAPE', /need a square matrix/),
      refused(() => matrixPower(ones([2, 2]), 0.5), 'VALUE', /exponent is 0\.5 \(need an integer\)/),
      refused(() => matrixPower(ones([2, 2]), -1), 'VALUE', /x is singular/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  matrixExp: {
    notCompiled: 'it reads how large the matrices are',
    run: ({ x }) => matrixExp(x as Real),
    samples: [
      [3, 3],
      [1, 1],
      [2, 3, 3],
      [2, 0, 0],
      [0, 2, 2],
    ].map((shape): Sample => ({
      inputs: { x: uniform(shape, -3, 3) },
      tolerance: { relative: 512, absolute: 32768 },
      // Squares of squares.
      halves: { steps: 8 },
      order: shape.length > 2 ? 1 : 2,
      reference: (x) => eachMatrix(x, series),
      ...layoutsOf(shape),
    })),
    errors: [
      refused(() => matrixExp(ones([2, 3])), 'SHAPE', /need a square matrix/),
      refused(() => matrixExp(integers()), 'DTYPE', /int32/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  lstsq: {
    run: ({ a, b }, { driver }) => {
      const { solution, residuals, rank, singularValues } = lstsq(a as Real, b as Real, { driver: driver as 'gels' });
      rank?.dispose();
      singularValues?.dispose();
      return [solution, residuals];
    },
    samples: ['gels', 'gelsd'].flatMap((driver) =>
      [
        [[3, 3]],
        [[2, 3, 3]],
        [[0, 2, 2]],
        [[4, 2]],
        // One matrix for two right-hand sides.
        [[4, 2], [2]],
      ].map(([shape, batch = shape!.slice(0, -2)]): Sample => ({
        inputs: { a: uniform(shape!), b: uniform([...batch, shape!.at(-2)!, 2]) },
        attrs: { driver: driver },
        derive: (a, b) => [a.shape.at(-1) === a.shape.at(-2) ? dominant(a) : a, b],
        tolerance: { relative: 1024, absolute: 4096 },
        // Residuals are what is left of numbers of about this size.
        halves: { steps: 2, scale: 1 },
        repeats: false,
        reference: (a, b) => {
          const rights = matricesOf(b);
          const lefts = rights.map((_, i) => matricesOf(a)[batch.length > a.shape.length - 2 ? 0 : i]!);
          const solutions = lefts.map((rows, i) => leastSquares(rows, rights[i]!));
          const residuals = lefts.map((rows, i) => {
            const off = times(rows, solutions[i]!).map((row, r) => row.map((value, c) => value - rights[i]![r]![c]!));
            return [0, 1].map((c) => off.reduce((sum, row) => sum + row[c]! * row[c]!, 0));
          });
          const n = a.shape.at(-1)!;
          return [ofMatrices(b, solutions, [n, 2]), { dtype: b.dtype, shape: [...batch, 2], data: residuals.flat() }];
        },
      })),
    ),
    errors: [
      refused(() => lstsq(ones([2]), ones([2, 1])), 'SHAPE', /a is float32\[2\]/),
      refused(() => lstsq(ones([2, 2]), ones([3, 1])), 'SHAPE', /need b of as many rows as a/),
      refused(() => lstsq(ones([2, 2]), ones([2, 1]), { driver: 'x' as never }), 'VALUE', /driver is "x"/),
      refused(() => lstsq(ones([2, 2]), ones([2, 1]), { driver: 'gelsd', rcond: -1 }), 'VALUE', /rtol is -1/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  tensorinv: {
    run: ({ x }) => tensorinv(x as Real),
    samples: [
      {
        inputs: { x: uniform([2, 2, 4]) },
        derive: (x) => [{ ...dominant({ ...x, shape: [4, 4] }), shape: [2, 2, 4] }],
        tolerance,
        repeats: false,
        reference: (x) => ({
          ...eachMatrix({ ...x, shape: [4, 4] }, (a) => solved(a, identity(4))),
          shape: [4, 2, 2],
        }),
      },
      { inputs: { x: uniform([2, 0, 0]) }, reference: (x) => ({ ...x, shape: [0, 2, 0] }) },
    ],
    errors: [
      refused(() => tensorinv(ones([2, 3, 4])), 'SHAPE', /equal products of both parts/),
      refused(() => tensorinv(ones([2, 2]), { ind: 0 }), 'VALUE', /ind is 0/),
      refused(() => tensorinv(zeros([2, 2, 4])), 'VALUE', /x is singular/),
    ],
    without: { scalar: 'it needs a tensor that is a square matrix when flattened' },
  },
  tensorsolve: {
    run: ({ a, b }) => tensorsolve(a as Real, b as Real),
    samples: [
      {
        inputs: { a: uniform([2, 2, 4]), b: uniform([2, 2]) },
        derive: (a, b) => [{ ...dominant({ ...a, shape: [4, 4] }), shape: [2, 2, 4] }, b],
        tolerance,
        repeats: false,
        reference: (a, b) => ({
          ...b,
          shape: [4],
          data: solved(
            matricesOf({ ...a, shape: [4, 4] })[0]!,
            b.data.map((value) => [value]),
          ).flat(),
        }),
      },
    ],
    neverEmpty: 'an empty system is one of an empty matrix, which solve covers',
    errors: [
      refused(() => tensorsolve(ones([2, 3, 6]), ones([3, 2])), 'SHAPE', /need a of the shape of b/),
      refused(() => tensorsolve(ones([2, 3]), ones([2])), 'SHAPE', /need a of the shape of b/),
      refused(
        () =>
          tensorsolve(
            tensor([
              [1, 1],
              [1, 1],
            ]),
            ones([2]),
          ),
        'VALUE',
        /x is singular/,
        'solve',
      ),
    ],
    without: {
      scalar: 'it needs a tensor that is a square matrix when flattened',
      threads: 'it is solve of one reshaped matrix',
    },
  },
};
