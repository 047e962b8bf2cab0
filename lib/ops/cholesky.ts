import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { matmul } from './linalg.js';
import { byColumns, checkSquare, columnsOf, turned } from './matrices.js';
import { onBehalf } from './on-behalf.js';
import { eye, tril } from './triangle.js';
import { triangularSolve } from './triangular.js';

/** The lower triangle with half of the diagonal. */
const halfTriangle = (x: Tensor): Tensor => mul(add(tril(x), tril(x, { diagonal: -1 })), 0.5);

/** L⁻ᵀ · x · L⁻¹. */
function between(l: Tensor, x: Tensor): Tensor {
  const left = triangularSolve(turned(l), x, { upper: true });
  return triangularSolve(l, left, { left: false });
}

const choleskyOp = defineOp({
  name: 'cholesky',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x: { dtype, shape } }) => byColumns(dtype, shape),
  // Murray, Differentiation of the Cholesky decomposition (2016), equation 10.
  grad: ({ out, dout }) => {
    const inner = halfTriangle(matmul(turned(out), dout));
    const one = between(out, inner);
    return { x: mul(add(one, turned(one)), 0.5) };
  },
});

/** Which triangle holds a factor. */
export interface TriangleOptions {
  /** The upper triangle, instead of the lower one. Default false. */
  readonly upper?: boolean;
}

/**
 * Cholesky factor of a symmetric positive definite matrix: x = L · Lᵀ with L lower triangular, or x = Uᵀ · U.
 *
 * Only the lower triangle of x is read; gradients are those of a symmetric x, as in PyTorch.
 *
 * Shapes: [..., N, N] → the same. Dtypes: float dtypes.
 *
 * @param options.upper gives U = Lᵀ instead of L; default false
 * @throws MyelinError `VALUE` for a matrix that is not positive definite: says which of the batch, and its first leading
 * minor that is not positive; `SHAPE` for anything but square matrices; `DTYPE`
 * @see Murray, Differentiation of the Cholesky decomposition (2016)
 * @example
 * ```ts
 * import { cholesky, tensor } from 'myelin';
 * console.log(cholesky(tensor([[4, 2], [2, 10]])).toArray()); // [ [ 2, 0 ], [ 1, 3 ] ]
 * ```
 */
export function cholesky<D extends FloatDType>(x: Tensor<D>, options?: TriangleOptions): Tensor<D>;
export function cholesky(x: Tensor, { upper = false }: TriangleOptions = {}): Tensor {
  checkSquare('cholesky', 'x', x);
  return scope(() => (upper ? turned(choleskyOp({ x })) : choleskyOp({ x })));
}

/**
 * Solves a · x = b given the Cholesky factor of `a`.
 *
 * Shapes: b [..., N, K], factor [..., N, N] → [..., N, K]; batches broadcast. Dtypes: float dtypes, one for both.
 *
 * @param options.upper whether the factor is U of a = Uᵀ · U; default false: L of a = L · Lᵀ
 * @throws MyelinError `SHAPE`, `DTYPE`
 * @example
 * ```ts
 * import { cholesky, choleskySolve, tensor } from 'myelin';
 * const factor = cholesky(tensor([[4, 2], [2, 10]]));
 * console.log(choleskySolve(tensor([[8], [22]]), factor).toArray()); // [ [ 1 ], [ 2 ] ]
 * ```
 */
export function choleskySolve<D extends FloatDType>(
  b: Tensor<D>,
  factor: Tensor<D>,
  options?: TriangleOptions,
): Tensor<D>;
export function choleskySolve(b: Tensor, factor: Tensor, { upper = false }: TriangleOptions = {}): Tensor {
  checkSquare('choleskySolve', 'factor', factor);
  return onBehalf('choleskySolve', () => solveFactored(upper ? turned(factor) : factor, b));
}

/** The solution of l · lᵀ · x = b. */
function solveFactored(l: Tensor, b: Tensor): Tensor {
  return triangularSolve(turned(l), triangularSolve(l, b), { upper: true });
}

/**
 * Inverse of a matrix given its Cholesky factor.
 *
 * Shapes: [..., N, N] → the same. Dtypes: float dtypes.
 *
 * @param options.upper whether the factor is U of a = Uᵀ · U; default false: L of a = L · Lᵀ
 * @throws MyelinError `SHAPE`, `DTYPE`
 * @example
 * ```ts
 * import { choleskyInverse, tensor } from 'myelin';
 * console.log(choleskyInverse(tensor([[2, 0], [0, 4]])).toArray()); // [ [ 0.25, 0 ], [ 0, 0.0625 ] ]
 * ```
 */
export function choleskyInverse<D extends FloatDType>(factor: Tensor<D>, options?: TriangleOptions): Tensor<D>;
export function choleskyInverse(factor: Tensor, { upper = false }: TriangleOptions = {}): Tensor {
  checkSquare('choleskyInverse', 'factor', factor);
  return scope(() => {
    const identity = eye(columnsOf(factor), columnsOf(factor), { dtype: factor.dtype });
    return solveFactored(upper ? turned(factor) : factor, identity);
  });
}
