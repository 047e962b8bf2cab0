import {
  add,
  cholesky as choleskyOf,
  choleskyInverse,
  choleskySolve,
  det as detOf,
  eigh as eighOf,
  eigvalsh as eigvalshOf,
  inv as invOf,
  logdet,
  lu as luMatrices,
  luFactor,
  luSolve,
  mul,
  ones,
  pinv as pinvOf,
  qr as qrOf,
  scope,
  slogdet as slogdetOf,
  solve as solveOf,
  solveTriangular as solveTriangularOf,
  svd as svdOf,
  svdvals as svdvalsOf,
  tensor,
  transpose,
  zeros,
  type DType,
  type ErrorCode,
  type FloatDType,
  type Tensor,
} from 'myelin';

import {
  distance,
  dominant,
  eachMatrix,
  identity,
  matricesOf,
  ofMatrices,
  positiveDefinite,
  solved,
  times,
  turned,
  type Rows,
} from '../support/matrices';
import { isFloat } from '../../lib/tensor/dtype';
import { build, type Nd } from '../support/reference';
import { integers, uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

type Real = Tensor<FloatDType>;
type Shape = readonly number[];

const refused = (call: () => unknown, code: ErrorCode, message: RegExp, op?: string): ErrorCase => ({
  call,
  code,
  message,
  ...(op === undefined ? {} : { op }),
});
const notSquare = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([2, 3])), 'SHAPE', /x is float32\[2,3\] \(need a square matrix\)/),
  refused(() => call(ones([3])), 'SHAPE', /x is float32\[3\] \(need at least two axes\)/),
  ...notReal(call),
];
const notMatrix = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([3])), 'SHAPE', /x is float32\[3\] \(need at least two axes\)/),
  ...notReal(call),
];
const notReal = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([2, 2], { dtype: 'int32' }) as never), 'DTYPE', /x is int32\[2,2\]/),
  refused(() => call(undefined as never), 'TYPE', /x is undefined \(need a tensor\)/),
];
const notFinite = (call: (x: Real) => unknown): ErrorCase[] =>
  [NaN, Infinity].map((value) =>
    refused(
      () =>
        call(
          tensor([
            [
              [1, 0],
              [0, 1],
            ],
            [
              [1, 2],
              [2, value],
            ],
          ]),
        ),
      'VALUE',
      /x\[1\] has no (eigen|singular )values/,
    ),
  );
const singular = tensorOf([
  [
    [1, 0],
    [0, 1],
  ],
  [
    [1, 2],
    [2, 4],
  ],
]);
function tensorOf(values: number[][][]): () => Real {
  return () => tensor(values);
}

// Errors grow with the condition of the matrix and its size.
const tolerance = { relative: 64, absolute: 256 };

/** Batches keep their matrices whole in every layout; a single matrix would become another one when it is expanded. */
const layoutsOf = (shape: Shape): Partial<Sample> => (shape.length > 2 ? {} : { repeats: false });

const unary = (shape: Shape, derive: (x: Nd) => Nd, reference: (x: Nd) => Nd | readonly Nd[]): Sample => ({
  inputs: { x: uniform(shape) },
  derive: (x) => [derive(x)],
  reference: (x) => reference(x),
  tolerance,
  ...layoutsOf(shape),
});
const large = (sample: Sample): Sample => ({ ...sample, order: 0 });

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

/** A symmetric matrix; what has no halves stays, to be refused. */
const halfSum = (x: Real): Real => (isFloat(x.dtype) ? mul(add(x, transpose(x, -2, -1)), 0.5) : x);
const squares: readonly Shape[] = [
  [3, 3],
  [1, 1],
  [2, 3, 3],
  [2, 4, 4],
  [0, 3, 3],
  [2, 0, 0],
];
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
const perMatrix = (x: Nd, f: (a: Rows) => number): Nd => ({
  dtype: x.dtype,
  shape: x.shape.slice(0, -2),
  data: matricesOf(x).map(f),
});

/** Throws unless a condition holds to within some rounding errors of the dtype. */
function holds(what: string, error: number, dtype: DType, units = 512): void {
  const eps = { float64: 2 ** -52, float32: 2 ** -23, bfloat16: 2 ** -7, float16: 2 ** -10 }[dtype as string] ?? 0;
  if (!(error <= units * eps)) throw new Error(`${what} is off by ${error / eps} units of ${dtype}`);
}
const product = (a: Nd, b: Nd): Nd => {
  const right = matricesOf(b);
  const made = matricesOf(a).map((rows, i) => times(rows, right[i]!));
  return ofMatrices(a, made, [a.shape.at(-2)!, b.shape.at(-1)!]);
};
const transposed = (x: Nd): Nd => eachMatrix(x, (a) => turned(a, x.shape.at(-1)), [x.shape.at(-1)!, x.shape.at(-2)!]);
const identityLike = (x: Nd): Nd => eachMatrix(x, (a) => identity(a.length));
const withFactors = (x: Nd, factors: Nd): Nd =>
  build(x.dtype, x.shape, (index) => {
    const [column] = index.slice(-1) as [number];
    const row = index.slice(0, -2).reduce((at, i, axis) => at * x.shape[axis]! + i, 0);
    return x.data[flat(index, x.shape)]! * factors.data[row * factors.shape.at(-1)! + column]!;
  });
const flat = (index: readonly number[], shape: Shape): number =>
  index.reduce((at, i, axis) => at * shape[axis]! + i, 0);
function orthonormal(what: string, columns: Nd): void {
  const gram = product(transposed(columns), columns);
  holds(`${what}ᵀ ${what}`, distance(gram, identityLike(gram)), columns.dtype);
}
function descending(values: Nd, sign: number): void {
  const n = values.shape.at(-1)!;
  values.data.forEach((value, i) => {
    if (i % n > 0 && sign * value > sign * values.data[i - 1]!) throw new Error('values are not in order');
  });
}
const halved = (x: Nd): Nd => {
  const other = transposed(x);
  return { ...x, data: x.data.map((value, i) => (value + other.data[i]!) / 2) };
};

function eighLaw([values, vectors]: readonly Nd[], x: Nd): void {
  descending(values!, -1);
  orthonormal('v', vectors!);
  holds('x v - v w', distance(product(halved(x), vectors!), withFactors(vectors!, values!)), x.dtype);
}

const spectral = (shape: Shape, law: NonNullable<Sample['law']>, rest: Partial<Sample> = {}): Sample => ({
  inputs: { x: uniform(shape) },
  law,
  ...layoutsOf(shape),
  ...rest,
});
const eighSample = (shape: Shape, rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => eighLaw(outputs, x!), rest);

function svdLaw([u, s, vh]: readonly Nd[], x: Nd): void {
  const size = s!.shape.at(-1)!;
  descending(s!, 1);
  orthonormal('u', u!);
  orthonormal('v', transposed(vh!));
  const left = withFactors(crop(u!, u!.shape.at(-2)!, size), s!);
  holds('u s vh - x', distance(product(left, crop(vh!, size, vh!.shape.at(-1)!)), x), x.dtype);
}
const crop = (x: Nd, rows: number, columns: number): Nd =>
  eachMatrix(x, (a) => a.slice(0, rows).map((row) => row.slice(0, columns)), [rows, columns]);
const svdSample = (shape: Shape, fullMatrices: boolean, rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => svdLaw(outputs, x!), { attrs: { fullMatrices }, ...rest });

function qrLaw([q, r]: readonly Nd[], x: Nd): void {
  orthonormal('q', q!);
  holds('q r - x', distance(product(q!, r!), x), x.dtype);
  const n = r!.shape.at(-1)!;
  const below = r!.data.some((value, i) => Math.floor(i / n) % r!.shape.at(-2)! > i % n && value !== 0);
  if (below) throw new Error('r is not upper triangular');
}
const qrSample = (shape: Shape, mode: 'reduced' | 'complete', rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => qrLaw(outputs, x!), { attrs: { mode }, ...rest });

function pinvLaw([p]: readonly Nd[], x: Nd): void {
  const [xp, px] = [product(x, p!), product(p!, x)];
  const scale = 1 + p!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  holds('x p x - x', distance(product(xp, x), x), x.dtype, 512 * scale);
  holds('p x p - p', distance(product(px, p!), p!), x.dtype, 512 * scale * scale);
  holds('x p', distance(xp, transposed(xp)), x.dtype, 512 * scale);
  holds('p x', distance(px, transposed(px)), x.dtype, 512 * scale);
}

const rectangles: readonly Shape[] = [
  [4, 3],
  [3, 4],
  [2, 3, 3],
  [2, 4, 2],
  [0, 3, 2],
  [2, 3, 0],
  [2, 0, 3],
];
const bigRectangles: readonly Shape[] = [
  [1, 40, 40],
  [1, 70, 35],
  [1, 35, 70],
];

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
  qr: {
    samples: [
      ...rectangles.map((shape) => qrSample(shape, 'reduced')),
      ...[
        [3, 4],
        [2, 3, 3],
      ].map((shape) => qrSample(shape, 'complete')),
      ...[
        [4, 3],
        [2, 5, 2],
      ].map((shape) => qrSample(shape, 'complete', { order: 0 })),
      ...bigRectangles.map((shape) => qrSample(shape, 'reduced', { order: 0 })),
      qrSample([1, 70, 35], 'complete', { order: 0 }),
    ],
    large: qrSample([300, 200], 'reduced'),
    errors: [
      ...notMatrix(qrOf),
      refused(
        () => qrOf(ones([2, 2]), { mode: 'r' as never }),
        'VALUE',
        /mode is "r" \(need "reduced" or "complete"\)/,
      ),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  eigh: {
    run: ({ x }) => scope(() => Object.values(eighOf(halfSum(x as Real))) as Tensor[]),
    samples: [
      ...squares.map((shape) => eighSample(shape)),
      eighSample([1, 40, 40], { order: 0 }),
      eighSample([1, 3, 3], { order: 0, inputs: { x: integers([1, 3, 3], 0, 1) } }),
    ],
    large: eighSample([200, 200]),
    errors: [...notSquare(eighOf), ...notFinite(eighOf)],
    without: { scalar: 'it needs a matrix' },
  },
  eigvalsh: {
    run: ({ x }) => scope(() => eigvalshOf(halfSum(x as Real))),
    samples: squares.map((shape) =>
      spectral(shape, ([values], [x]) => {
        descending(values!, -1);
        // Σ w = trace, Σ w² = Σ x².
        const size = 1 + x!.data.length;
        const symmetric = halved(x!);
        const traces = perMatrix(symmetric, (a) => a.reduce((sum, row, i) => sum + row[i]!, 0));
        const squaresOf = perMatrix(symmetric, (a) => a.flat().reduce((sum, value) => sum + value * value, 0));
        holds(
          'the sum',
          distance(
            sums(values!, (w) => w),
            traces,
          ),
          x!.dtype,
          64 * size,
        );
        holds(
          'the sum of squares',
          distance(
            sums(values!, (w) => w * w),
            squaresOf,
          ),
          x!.dtype,
          64 * size,
        );
      }),
    ),
    large: eighSample([200, 200]),
    errors: [...notSquare(eigvalshOf), ...notFinite(eigvalshOf)],
    without: { scalar: 'it needs a matrix' },
  },
  svd: {
    run: ({ x }, { fullMatrices }) =>
      Object.values(svdOf(x as Real, { fullMatrices: fullMatrices as boolean })) as Tensor[],
    samples: [
      ...rectangles.map((shape) => svdSample(shape, false)),
      ...rectangles.map((shape) => svdSample(shape, true, { order: 0 })),
      ...bigRectangles.map((shape) => svdSample(shape, shape[1] === 35, { order: 0 })),
      svdSample([1, 3, 3], true, { order: 0, inputs: { x: integers([1, 3, 3], 0, 1) } }),
    ],
    large: svdSample([150, 130], false),
    errors: [...notMatrix(svdOf), ...notFinite(svdOf)],
    without: { scalar: 'it needs a matrix' },
  },
  svdvals: {
    samples: rectangles.map((shape) =>
      spectral(shape, ([values], [x]) => {
        descending(values!, 1);
        const squaresOf = perMatrix(x!, (a) => a.flat().reduce((sum, value) => sum + value * value, 0));
        holds(
          'the sum of squares',
          distance(
            sums(values!, (w) => w * w),
            squaresOf,
          ),
          x!.dtype,
          64 * (1 + x!.data.length),
        );
      }),
    ),
    large: large(spectral([150, 130], () => undefined)),
    errors: [...notMatrix(svdvalsOf), ...notFinite(svdvalsOf)],
    without: { scalar: 'it needs a matrix' },
  },
  pinv: {
    samples: [
      ...rectangles.map((shape) =>
        spectral(shape, (outputs, [x]) => pinvLaw(outputs, x!), { attrs: { rtol: 1e-5, atol: 0 } }),
      ),
      spectral([1, 5, 4], (outputs, [x]) => pinvLaw(outputs, x!), {
        attrs: { rtol: 1e-3, atol: 0 },
        order: 0,
        dtypes: ['float64'],
        derive: (x) => [
          eachMatrix(x, (a) =>
            times(
              a.map((row) => row.slice(0, 2)),
              a.slice(0, 2),
            ),
          ),
        ],
      }),
    ],
    large: large(spectral([150, 130], () => undefined, { attrs: { rtol: 1e-5, atol: 0 } })),
    errors: [
      ...notMatrix(pinvOf),
      ...notFinite(pinvOf),
      refused(() => pinvOf(zeros([2, 2]), { rtol: -1 }), 'VALUE', /rtol is -1/),
      refused(() => pinvOf(zeros([2, 2]), { atol: NaN }), 'VALUE', /atol is NaN/),
    ],
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

function sums(values: Nd, f: (value: number) => number): Nd {
  const n = values.shape.at(-1)!;
  return build(values.dtype, values.shape.slice(0, -1), (index) => {
    const start = flat(index, values.shape.slice(0, -1)) * n;
    return values.data.slice(start, start + n).reduce((sum, value) => sum + f(value), 0);
  });
}
