import {
  cholesky as choleskyOf,
  choleskyInverse,
  choleskySolve,
  det as detOf,
  inv as invOf,
  logdet,
  lu as luMatrices,
  luFactor,
  luSolve,
  ones,
  scope,
  slogdet as slogdetOf,
  solve as solveOf,
  solveTriangular as solveTriangularOf,
  tensor,
  type FloatDType,
} from 'myelin';

import {
  dominant,
  eachMatrix,
  identity,
  matricesOf,
  ofMatrices,
  positiveDefinite,
  solved,
  turned,
  type Rows,
} from '../support/matrices';
import type { Nd } from '../support/reference';
import {
  halfSum,
  large,
  layoutsOf,
  notMatrix,
  notSquare,
  perMatrix,
  squares,
  tolerance,
  type Real,
  type Shape,
} from './matrix-cases';
import { refused, uniform, type Sample, type SampleTable } from './sample';

const singular = (): Real =>
  tensor([
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [2, 4],
    ],
  ]);

const unary = (shape: Shape, derive: (x: Nd) => Nd, reference: (x: Nd) => Nd | readonly Nd[]): Sample => ({
  inputs: { x: uniform(shape) },
  derive: (x) => [derive(x)],
  reference: (x) => reference(x),
  tolerance,
  ...layoutsOf(shape),
});

function choleskyRows(a: Rows): Rows {
  const l = a.map((row) => row.map(() => 0));
  a.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const rest = row[j]! - l[i]!.slice(0, j).reduce((sum, value, k) => sum + value * l[j]![k]!, 0);
      l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
    }
  });
  return l;
}

const bigger: readonly Shape[] = [
  [2, 37, 37],
  [2, 70, 70],
];

/** Larger matrices are only computed: their gradients would take thousands of evaluations. */
const withBigger = (sample: (shape: Shape) => Sample): Sample[] => [
  ...squares.map(sample),
  ...bigger.map((shape) => ({ ...sample(shape), order: 0 as const, tolerance: { relative: 1024, absolute: 4096 } })),
];

function triangular(shape: Shape, rightShape: Shape, upper: boolean, unitriangular: boolean): Sample {
  return {
    inputs: { a: uniform(shape), b: uniform(rightShape) },
    attrs: { upper, unitriangular },
    derive: (a, b) => [scaledDown(dominant(a)), b],
    tolerance: { relative: 256, absolute: 1024 },
    reference: (a, b) => {
      const rights = matricesOf(b);
      const solutions = matricesOf(a).map((rows, i) => {
        const triangle = rows.map((row, r) =>
          row.map((value, c) => (r === c && unitriangular ? 1 : (upper ? c >= r : c <= r) ? value : 0)),
        );
        return solved(triangle, rights[i]!);
      });
      return ofMatrices(b, solutions, b.shape.slice(-2) as [number, number]);
    },
    ...layoutsOf(shape),
  };
}
const scaledDown = (x: Nd): Nd => ({ ...x, data: x.data.map((value) => value / 8) });

function luReference(x: Nd): Nd[] {
  const orders: number[] = [];
  const [m, n] = x.shape.slice(-2) as [number, number];
  const lu = eachMatrix(x, (a) => {
    const rows = a.map((row, i) => ({ row: [...row], i }));
    for (let k = 0; k < Math.min(m, n); k++) {
      let best = k;
      for (let i = k + 1; i < m; i++) if (Math.abs(rows[i]!.row[k]!) > Math.abs(rows[best]!.row[k]!)) best = i;
      [rows[k], rows[best]] = [rows[best]!, rows[k]!];
      for (let i = k + 1; i < m; i++) {
        const factor = (rows[i]!.row[k]! /= rows[k]!.row[k]!);
        for (let j = k + 1; j < n; j++) rows[i]!.row[j]! -= factor * rows[k]!.row[j]!;
      }
    }
    orders.push(...rows.map(({ i }) => i));
    return rows.map(({ row }) => row);
  });
  return [lu, { dtype: 'int64', shape: x.shape.slice(0, -1), data: orders }];
}

const luSample = (shape: Shape): Sample => ({
  inputs: { x: uniform(shape) },
  reference: (x) => luReference(x),
  tolerance: { relative: 256, absolute: 1024 },
  ...layoutsOf(shape),
});

const determinant = (a: Rows): number => {
  const { lu, sign } = ((): { lu: Rows; sign: number } => {
    const [found, order] = luReference({ dtype: 'float64', shape: [a.length, a.length], data: a.flat() });
    const places = [...order!.data];
    let parity = 1;
    places.forEach((_, i) => {
      while (places[i] !== i) {
        const j = places[i]!;
        [places[i], places[j]] = [places[j]!, j];
        parity = -parity;
      }
    });
    return { lu: matricesOf(found!)[0]!, sign: parity };
  })();
  return lu.reduce((product, row, i) => product * row[i]!, sign);
};

export const decompositions: SampleTable = {
  cholesky: {
    run: ({ x }) => scope(() => choleskyOf(halfSum(x as Real))),
    samples: withBigger((shape) => unary(shape, positiveDefinite, (x) => eachMatrix(x, choleskyRows))),
    large: large(unary([300, 300], positiveDefinite, (x) => x)),
    errors: [
      ...notSquare(choleskyOf),
      refused(
        () =>
          choleskyOf(
            tensor([
              [1, 2],
              [2, 1],
            ]),
          ),
        'VALUE',
        /x is not positive definite: its leading minor of order 2/,
      ),
      refused(
        () =>
          choleskyOf(
            tensor([
              [[[1]], [[1]]],
              [[[1]], [[0]]],
            ]),
          ),
        'VALUE',
        /x\[1,1\] is not positive definite/,
      ),
      refused(() => choleskyOf(tensor([[NaN]])), 'VALUE', /order 1/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  choleskySolve: {
    run: ({ b, x }) =>
      scope(() => choleskySolve(b as Real, choleskyOf(halfSum(x as Real), { upper: true }), { upper: true })),
    samples: [
      [3, 3],
      [2, 3, 3],
      [2, 0, 0],
    ].map((shape): Sample => ({
      inputs: { b: uniform([shape.at(-1)!, 2]), x: uniform(shape) },
      derive: (b, x) => [b, positiveDefinite(x)],
      tolerance,
      repeats: false,
      reference: (b, x) => eachMatrix(x, (a) => solved(a, matricesOf(b)[0]!), [shape.at(-1)!, 2]),
    })),
    errors: [
      refused(() => choleskySolve(ones([3, 1]), ones([2, 2])), 'SHAPE', /a is float32\[2,2\], b is float32\[3,1\]/),
      refused(() => choleskySolve(ones([3, 1]), ones([2, 3])), 'SHAPE', /factor is float32\[2,3\]/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  choleskyInverse: {
    run: ({ x }) => scope(() => choleskyInverse(choleskyOf(halfSum(x as Real)))),
    samples: [
      [3, 3],
      [2, 3, 3],
      [2, 0, 0],
    ].map((shape) => unary(shape, positiveDefinite, (x) => eachMatrix(x, (a) => solved(a, identity(a.length))))),
    errors: [refused(() => choleskyInverse(ones([2, 3])), 'SHAPE', /factor is float32\[2,3\]/)],
    without: { scalar: 'it needs a matrix' },
  },
  solveTriangular: {
    samples: [
      triangular([3, 3], [3, 2], false, false),
      triangular([2, 3, 3], [2, 3, 2], true, false),
      triangular([2, 4, 4], [2, 4, 1], false, true),
      triangular([2, 4, 4], [2, 4, 3], true, true),
      triangular([2, 0, 0], [2, 0, 3], false, false),
      triangular([2, 3, 3], [2, 3, 0], false, false),
      { ...triangular([2, 70, 70], [2, 70, 33], false, false), order: 0 },
      { ...triangular([1, 67, 67], [1, 67, 5], true, false), order: 0 },
    ],
    large: large(triangular([150, 150], [150, 1100], true, false)),
    errors: [
      refused(
        () => solveTriangularOf(ones([2, 3]), ones([2, 1])),
        'SHAPE',
        /a is float32\[2,3\] \(need a square matrix\)/,
      ),
      refused(() => solveTriangularOf(ones([2, 2]), ones([2])), 'SHAPE', /b is float32\[2\]/),
      refused(() => solveTriangularOf(ones([2, 2]), ones([3, 1])), 'SHAPE', /need b\.shape\[-2\] = a\.shape\[-1\]/),
      refused(() => solveTriangularOf(ones([2, 2]), ones([3, 1]), { left: false }), 'SHAPE', /need b\.shape\[-1\]/),
      refused(() => solveTriangularOf(ones([2, 1, 1]), ones([3, 1, 1])), 'SHAPE', /batches do not broadcast/),
      refused(
        () => solveTriangularOf<FloatDType>(ones([1, 1]), ones([1, 1], { dtype: 'float64' })),
        'DTYPE',
        /one dtype for both/,
      ),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  lu: {
    samples: [
      ...[
        [3, 3],
        [4, 2],
        [2, 4],
        [2, 3, 3],
        [2, 4, 3],
        [2, 2, 3],
        [0, 2, 2],
        [2, 0, 3],
        [2, 3, 0],
      ].map(luSample),
      ...[
        [1, 40, 40],
        [1, 70, 35],
        [1, 35, 70],
      ].map((shape) => ({ ...luSample(shape), order: 0 as const, dtypes: ['float64'] as const })),
    ],
    large: large(luSample([300, 290])),
    errors: [...notMatrix(luMatrices), refused(() => luFactor(ones([2])), 'SHAPE', /x is float32\[2\]/, 'luFactor')],
    without: { scalar: 'it needs a matrix' },
  },
  luFactor: {
    run: ({ x }) => {
      const { lu, permutation } = luFactor(x as Real);
      return [lu, permutation];
    },
    samples: [
      [3, 3],
      [4, 2],
      [2, 2, 3],
      [0, 2, 2],
    ].map(luSample),
    errors: notMatrix(luFactor),
    without: { scalar: 'it needs a matrix' },
  },
  luSolve: {
    run: ({ x, b }, { transposed: turn }) =>
      scope(() => luSolve(luFactor(x as Real), b as Real, { transposed: turn as boolean })),
    samples: [false, true].flatMap((turn) =>
      [
        [3, 3],
        [2, 3, 3],
        [2, 0, 0],
      ].map((shape): Sample => ({
        inputs: { x: uniform(shape), b: uniform([shape.at(-1)!, 2]) },
        attrs: { transposed: turn },
        derive: (x, b) => [dominant(x), b],
        tolerance,
        repeats: false,
        reference: (x, b) => eachMatrix(x, (a) => solved(turn ? turned(a) : a, matricesOf(b)[0]!), [shape.at(-1)!, 2]),
      })),
    ),
    errors: [
      refused(
        () => luSolve(undefined as never, ones([2, 2])),
        'TYPE',
        /factors is undefined \(need what luFactor gives\)/,
      ),
      refused(() => luSolve(luFactor(ones([2, 3])), ones([2, 2])), 'SHAPE', /lu is float32\[2,3\]/),
      refused(() => luSolve(luFactor(ones([2, 2])), ones([3, 2])), 'SHAPE', /b of as many rows as lu/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  solve: {
    samples: [
      ...[
        [3, 3],
        [2, 3, 3],
        [2, 0, 0],
        [0, 2, 2],
      ].map((shape): Sample => solveSample(shape, 2)),
      solveSample([2, 3, 3], 1),
      { ...solveSample([2, 70, 70], 5), order: 0, tolerance: { relative: 1024, absolute: 4096 } },
    ],
    large: large(solveSample([220, 220], 40)),
    errors: [
      refused(() => solveOf(singular(), ones([2, 1])), 'VALUE', /x\[1\] is singular: pivot 2 of its LU factors is 0/),
      refused(() => solveOf(ones([2, 3]), ones([2, 1])), 'SHAPE', /a is float32\[2,3\] \(need a square matrix\)/),
      refused(() => solveOf(ones([2, 2]), ones([3, 1])), 'SHAPE', /need b of as many rows as a/),
      refused(() => solveOf(ones([2, 2]), ones([3])), 'SHAPE', /need b of as many rows as a/),
      refused(() => solveOf(ones([2, 2]), ones([1, 3]), { left: false }), 'SHAPE', /need b of as many columns as a/),
      refused(() => solveOf(ones([2, 2]), [1] as never), 'TYPE', /b is \[1\]/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  inv: {
    samples: withBigger((shape) => unary(shape, dominant, (x) => eachMatrix(x, (a) => solved(a, identity(a.length))))),
    large: large(unary([220, 220], dominant, (x) => x)),
    errors: [...notSquare(invOf), refused(() => invOf(singular()), 'VALUE', /x\[1\] is singular/)],
    without: { scalar: 'it needs a matrix' },
  },
  det: {
    notCompiled: 'its gradient reads whether a matrix is singular',
    samples: squares.map((shape) =>
      unary(
        shape,
        (x) => x,
        (x) => perMatrix(x, determinant),
      ),
    ),
    large: large(
      unary(
        [10, 60, 60],
        (x) => x,
        (x) => x,
      ),
    ),
    errors: notSquare(detOf),
    without: { scalar: 'it needs a matrix' },
  },
  slogdet: {
    samples: squares.map((shape): Sample => ({
      ...unary(shape, dominant, (x) => [
        perMatrix(x, (a) => Math.log(Math.abs(determinant(a)))),
        perMatrix(x, (a) => Math.sign(determinant(a))),
      ]),
      differentiable: 1,
    })),
    large: large(
      unary(
        [10, 60, 60],
        (x) => x,
        (x) => x,
      ),
    ),
    errors: notSquare(slogdetOf),
    without: { scalar: 'it needs a matrix' },
  },
  logdet: {
    run: ({ x }) => logdet(x as Real),
    samples: squares.map((shape) =>
      unary(shape, positiveDefinite, (x) => perMatrix(x, (a) => Math.log(determinant(a)))),
    ),
    errors: notSquare(logdet),
    without: { scalar: 'it needs a matrix' },
  },
};

function solveSample(shape: Shape, columns: number): Sample {
  const [n] = shape.slice(-1) as [number];
  return {
    inputs: { a: uniform(shape), b: uniform([...shape.slice(0, -1), columns]) },
    derive: (a, b) => [dominant(a), b],
    tolerance,
    ...layoutsOf(shape),
    reference: (a, b) => {
      const rights = matricesOf(b);
      const solutions = matricesOf(a).map((rows, i) => solved(rows, rights[i]!));
      return ofMatrices(b, solutions, [n, columns]);
    },
  };
}
