import {
  add,
  cholesky,
  choleskyInverse,
  choleskySolve,
  det,
  eigh,
  eigvalsh,
  eye,
  inv,
  logdet,
  lu,
  luFactor,
  luSolve,
  matmul,
  mul,
  pinv,
  qr,
  slice,
  slogdet,
  solve,
  solveTriangular,
  svd,
  svdvals,
  transpose,
  tril,
  type FloatDType,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;

const turned = (x: Real): Real => transpose(x, -2, -1);
const threes = (x: Real): Real => mul(eye(x.shape.at(-1)!, x.shape.at(-1), { dtype: x.dtype }), 3);
const positive = (x: Real): Real => add(matmul(x, turned(x)), threes(x));
const triangle = (x: Real): Real => add(tril(x), threes(x));
const symmetric = (x: Real): Real => add(x, turned(x));
const firstColumns = (x: Real, count: number): Real =>
  slice(x, ...x.shape.map((_, axis) => (axis === x.rank - 1 ? ([0, count] as const) : null)));
const lowRank = (x: Real): Real => matmul(firstColumns(x, 2), turned(firstColumns(x, 2)));

function productsOfSvd(x: Real, fullMatrices: boolean): Tensor[] {
  const { u, s, vh } = svd(x, { fullMatrices });
  const size = s.shape.at(-1)!;
  const left = firstColumns(u, size);
  const right = turned(firstColumns(turned(vh), size));
  return [s, matmul(left, right), matmul(mul(left, s.exp().unsqueeze(-2)), right)];
}

/** Inputs of decompositions are floats; the table's type cannot say so. */
const real =
  (call: (...inputs: Real[]) => ReturnType<GoldenCall['call']>): GoldenCall['call'] =>
  (...inputs) =>
    call(...(inputs as Real[]));

// Solutions carry the condition of the matrix.
const loose = (call: (...inputs: Real[]) => ReturnType<GoldenCall['call']>): GoldenCall => ({
  call: real(call),
  tolerance: { float32: { relative: 512, absolute: 2048 }, float64: { relative: 512, absolute: 2048 } },
});

export const decompositions: GoldenCalls = {
  cholesky: loose((x) => cholesky(positive(x))),
  'cholesky-upper': loose((x) => cholesky(positive(x), { upper: true })),
  choleskySolve: loose((b, l) => choleskySolve(b, triangle(l))),
  choleskyInverse: loose((l) => choleskyInverse(triangle(l))),
  solveTriangular: loose((a, b) => solveTriangular(a, b)),
  'solveTriangular-right': loose((a, b) => solveTriangular(a, b, { upper: true, left: false, unitriangular: true })),
  lu: loose((x) => Object.values(lu(x))),
  'lu-tall': loose((x) => Object.values(lu(x))),
  'lu-wide': loose((x) => Object.values(lu(x))),
  luSolve: loose((a, b) => luSolve(luFactor(a), b)),
  'luSolve-right-transposed': loose((a, b) => luSolve(luFactor(a), b, { left: false, transposed: true })),
  solve: loose((a, b) => solve(a, b)),
  'solve-vector': loose((a, b) => solve(a, b)),
  'solve-right': loose((a, b) => solve(a, b, { left: false })),
  inv: loose((x) => inv(x)),
  det: loose((x) => det(x)),
  'det-singular': loose((x) => det(matmul(x, turned(x)))),
  slogdet: loose((x) => Object.values(slogdet(x))),
  logdet: loose((x) => logdet(positive(x))),
  qr: loose((x) => Object.values(qr(x))),
  'qr-wide': loose((x) => Object.values(qr(x))),
  'qr-complete': loose((x) => Object.values(qr(x, { mode: 'complete' }))),
  eigh: loose((x) => {
    const { eigenvalues, eigenvectors } = eigh(symmetric(x));
    return [eigenvalues, eigenvectors.square()];
  }),
  eigvalsh: loose((x) => eigvalsh(symmetric(x))),
  svd: loose((x) => productsOfSvd(x, false)),
  'svd-tall': loose((x) => productsOfSvd(x, false)),
  'svd-wide': loose((x) => productsOfSvd(x, true)),
  svdvals: loose((x) => svdvals(x)),
  pinv: loose((x) => pinv(x)),
  'pinv-low-rank': loose((x) => pinv(lowRank(x), { rtol: 1e-4 })),
};
