import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { sizeOf } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { square, sub } from './arithmetic.js';
import { checkInteger, checkOption, checkReal } from './checks.js';
import { matmul } from './linalg.js';
import { matrixRank } from './matrix.js';
import { alignBatches, checkMatrix, checkSameDType, columnsOf, rowsOf, turned } from './matrices.js';
import { onBehalf } from './on-behalf.js';
import { reducedQr } from './qr.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';
import { inverse, solveMatrices } from './solve.js';
import { pseudoInverse, rankBounds, singularValues } from './svd.js';
import { triangularSolve } from './triangular.js';

const drivers = ['gels', 'gelsd'] as const;

/** Options of {@link lstsq}. */
export interface LstsqOptions {
  /** `'gels'`: QR factors, for full rank; `'gelsd'`: singular values, for any rank. Default `'gels'`. */
  readonly driver?: 'gels' | 'gelsd';
  /** For `'gelsd'`: singular values up to rcond · largest count as 0. Default: the dtype's epsilon · max(M, N). */
  readonly rcond?: number;
}

/** What {@link lstsq} gives. */
export interface LeastSquares<D extends FloatDType = FloatDType> {
  readonly solution: Tensor<D>;
  /** Σ (a · x − b)² of each column. */
  readonly residuals: Tensor<D>;
  /** Rank of `a`; undefined for `'gels'`, which takes it to be full. */
  readonly rank: Tensor<'int64'> | undefined;
  /** Singular values of `a`; undefined for `'gels'`. */
  readonly singularValues: Tensor<D> | undefined;
}

/** By QR factors: x = R⁻¹ Qᵀ b, or for a wide matrix, whose transpose has the factors, x = Q R⁻ᵀ b. */
function solveFullRank(a: Tensor, b: Tensor): Tensor {
  if (rowsOf(a) >= columnsOf(a)) {
    const { q, r } = reducedQr(a);
    return triangularSolve(r, matmul(turned(q), b), { upper: true });
  }
  const { q, r } = reducedQr(turned(a));
  return matmul(q, triangularSolve(turned(r), b));
}

/**
 * Least squares: the x that makes ‖a · x − b‖ least, and where there are many the shortest of them.
 *
 * Shapes: a [..., M, N], b [..., M, K] → solution [..., N, K], residuals [..., K]; batches broadcast. Dtypes: float dtypes,
 * one for both. `'gels'` needs a matrix of full rank and gives infinities or NaN otherwise; `'gelsd'` takes any.
 *
 * @param options.driver `'gels'` or `'gelsd'`; default `'gels'`
 * @param options.rcond bound of what counts as 0 for `'gelsd'`; default: the dtype's epsilon · max(M, N)
 * @throws MyelinError `SHAPE` for matrices that do not fit; `DTYPE`; `VALUE` for another driver
 * @example
 * ```ts
 * import { lstsq, tensor } from 'myelin';
 * const { solution } = lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([[1], [3], [5]]));
 * console.log(solution.toArray().flat().map((value) => Number(value).toFixed(3))); // [ '1.000', '2.000' ]
 * ```
 */
export function lstsq<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, options?: LstsqOptions): LeastSquares<D>;
export function lstsq(a: Tensor, b: Tensor, { driver = 'gels', rcond }: LstsqOptions = {}): LeastSquares {
  checkMatrix('lstsq', 'a', a);
  checkMatrix('lstsq', 'b', b);
  checkSameDType('lstsq', { a, b });
  checkOption('lstsq', 'driver', driver, drivers);
  if (rowsOf(a) !== rowsOf(b)) {
    fail('SHAPE', 'lstsq', `a is ${describe(a)}, b is ${describe(b)} (need b of as many rows as a)`);
  }
  const { rtol } = rankBounds('lstsq', a, rcond === undefined ? {} : { rtol: rcond });
  return scope(() => {
    const [x, y] = alignBatches('lstsq', ['a', 'b'], a, b);
    const byValues = driver === 'gelsd';
    const solution = byValues ? matmul(pseudoInverse(x, rtol), y) : solveFullRank(x, y);
    return {
      solution,
      residuals: sum(square(sub(matmul(x, solution), y)), { axis: -2 }),
      rank: byValues ? matrixRank(x as Tensor<FloatDType>, { rtol }) : undefined,
      singularValues: byValues ? singularValues(x) : undefined,
    } as LeastSquares;
  });
}

/**
 * Inverse of a tensor as a map between tensors: tensordot(tensorinv(x, { ind }), y, { axes: ind }) = tensorsolve(x, y).
 *
 * Shapes: x whose first `ind` extents have the product of the others → those others, then the first. Dtypes: float dtypes.
 *
 * @param options.ind how many axes are the rows; default 2
 * @throws MyelinError `SHAPE` when the products differ; `VALUE` for a singular matrix; `DTYPE`
 * @example
 * ```ts
 * import { eye, reshape, tensorinv } from 'myelin';
 * console.log(tensorinv(reshape(eye(6), [2, 3, 6])).shape); // [ 6, 2, 3 ]
 * ```
 */
export function tensorinv<D extends FloatDType>(x: Tensor<D>, options?: { readonly ind?: number }): Tensor<D>;
export function tensorinv(x: Tensor, { ind = 2 }: { readonly ind?: number } = {}): Tensor {
  checkReal('tensorinv', 'x', x);
  checkInteger('tensorinv', 'ind', ind, 1);
  const [rows, columns] = [x.shape.slice(0, ind), x.shape.slice(ind)];
  if (sizeOf(rows) !== sizeOf(columns)) {
    fail('SHAPE', 'tensorinv', `x is ${describe(x)}, ind is ${ind} (need equal products of both parts of its shape)`);
  }
  return onBehalf('tensorinv', () =>
    reshape(inverse(reshape(x, [sizeOf(rows), sizeOf(columns)])), [...columns, ...rows]),
  );
}

/**
 * Solves tensordot(a, x, { axes: rank of x }) = b for x.
 *
 * Shapes: a of the shape of b, then that of x, both of as many elements → x. Dtypes: float dtypes, one for both.
 *
 * @throws MyelinError `SHAPE` for tensors that do not fit; `VALUE` for a singular matrix; `DTYPE`
 * @example
 * ```ts
 * import { eye, ones, reshape, tensorsolve } from 'myelin';
 * console.log(tensorsolve(reshape(eye(6), [2, 3, 6]), ones([2, 3])).toArray()); // [ 1, 1, 1, 1, 1, 1 ]
 * ```
 */
export function tensorsolve<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D>;
export function tensorsolve(a: Tensor, b: Tensor): Tensor {
  checkReal('tensorsolve', 'a', a);
  checkReal('tensorsolve', 'b', b);
  checkSameDType('tensorsolve', { a, b });
  const found = a.shape.slice(b.rank);
  if (a.shape.slice(0, b.rank).join() !== b.shape.join() || sizeOf(found) !== b.size) {
    const need = 'a of the shape of b followed by one of as many elements';
    fail('SHAPE', 'tensorsolve', `a is ${describe(a)}, b is ${describe(b)} (need ${need})`, { a: a.shape, b: b.shape });
  }
  return scope(() => reshape(solveMatrices(reshape(a, [b.size, b.size]), reshape(b, [b.size, 1])), found));
}
