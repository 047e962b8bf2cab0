import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import type { TriangleOptions } from './cholesky.js';
import { matmul } from './linalg.js';
import { byColumns, checkSquare, inverseOffDiagonal, scaleColumns, turned } from './matrices.js';
import { unsqueeze } from './reshape.js';

const valuesOf = (x: TensorSpec): TensorSpec => ({ dtype: x.dtype, shape: x.shape.slice(0, -1) });

const eighOp = defineOp({
  name: 'eigh',
  inputs: ['x'],
  outputs: ['out', 'vectors'],
  attrs: {},
  save: ['out', 'vectors'],
  infer: ({ x }) => ({ out: valuesOf(x), vectors: byColumns(x.dtype, x.shape) }),
  // Giles, An extended collection of matrix derivative results (2008), section 3.1, for a symmetric x.
  grad: ({ out, vectors, dout, dvectors }) => {
    const ofValues = matmul(scaleColumns(vectors, dout), turned(vectors));
    if (dvectors === undefined) return { x: ofValues };
    const gaps = inverseOffDiagonal(sub(unsqueeze(out, -2), unsqueeze(out, -1)));
    const turn = matmul(matmul(vectors, mul(gaps, matmul(turned(vectors), dvectors))), turned(vectors));
    return { x: add(ofValues, mul(add(turn, turned(turn)), 0.5)) };
  },
});

const eigvalshOp = defineOp({
  name: 'eigvalsh',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => valuesOf(x),
  grad: { composed: ({ x }) => eighOp({ x }).out },
});

/** What {@link eigh} gives: x = vectors · diag(values) · vectorsᵀ. */
export interface SymmetricEigen<D extends FloatDType = FloatDType> {
  /** Eigenvalues in ascending order. */
  readonly eigenvalues: Tensor<D>;
  /** Orthonormal eigenvectors as columns; each is determined up to its sign. */
  readonly eigenvectors: Tensor<D>;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix.
 *
 * Only one triangle of x is read; gradients are those of a symmetric x. Gradients through eigenvectors need distinct
 * eigenvalues, and are large where two are close. Eigenvalues of matrices that are not symmetric may be complex, which no
 * dtype here holds: there is no `eig`.
 *
 * Shapes: [..., N, N] → eigenvalues [..., N], eigenvectors [..., N, N]. Dtypes: float dtypes.
 *
 * @param options.upper reads the upper triangle; default false
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity: says which of the batch; `SHAPE` for anything but square
 * matrices; `DTYPE`
 * @see Golub and Van Loan, Matrix Computations, 8.3
 * @example
 * ```ts
 * import { eigh, tensor } from 'myelin';
 * const { eigenvalues } = eigh(tensor([[2, 0], [0, 1]]));
 * console.log(eigenvalues.toArray()); // [ 1, 2 ]
 * ```
 */
export function eigh<D extends FloatDType>(x: Tensor<D>, options?: TriangleOptions): SymmetricEigen<D>;
export function eigh(x: Tensor, { upper = false }: TriangleOptions = {}): SymmetricEigen {
  checkSquare('eigh', 'x', x);
  return scope(() => {
    const { out, vectors } = eighOp({ x: upper ? turned(x) : x });
    return { eigenvalues: out, eigenvectors: vectors } as SymmetricEigen;
  });
}

/**
 * Eigenvalues of a symmetric matrix, in ascending order.
 *
 * Shapes: [..., N, N] → [..., N]. Dtypes: float dtypes. Only one triangle of x is read.
 *
 * @param options.upper reads the upper triangle; default false
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity: says which of the batch; `SHAPE` for anything but square
 * matrices; `DTYPE`
 * @example
 * ```ts
 * import { eigvalsh, tensor } from 'myelin';
 * console.log(eigvalsh(tensor([[3, 0], [0, -1]])).toArray()); // [ -1, 3 ]
 * ```
 */
export function eigvalsh<D extends FloatDType>(x: Tensor<D>, options?: TriangleOptions): Tensor<D>;
export function eigvalsh(x: Tensor, { upper = false }: TriangleOptions = {}): Tensor {
  checkSquare('eigvalsh', 'x', x);
  return scope(() => eigvalshOp({ x: upper ? turned(x) : x }));
}
