import { defineOp } from '../engine/define.js';
import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { abs, mul, neg } from './arithmetic.js';
import { checkReal } from './checks.js';
import { eq, where } from './compare.js';
import { log } from './math.js';
import { matmul } from './linalg.js';
import {
  alignBatches,
  batchOf,
  checkSameDType,
  checkSquare,
  columnsOf,
  rowsOf,
  scaleColumns,
  turned,
} from './matrices.js';
import { eye } from './triangle.js';
import { prod } from './prod.js';
import { any } from './reduce.js';
import { reshape, unsqueeze } from './reshape.js';
import { reducedSvd } from './svd.js';

const solveOp = defineOp({
  name: 'solve',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'out'],
  infer: ({ b: { dtype, shape } }) => ({ dtype, shape }),
  // Giles, An extended collection of matrix derivative results (2008), section 2.3.1.
  grad: ({ a, out, dout, needs }) => {
    const db = solveMatrices(turned(a), dout);
    return { a: needs.a ? neg(matmul(db, turned(out))) : undefined, b: db };
  },
});

/** The solution of a · x = b for matrices of one batch. */
export function solveMatrices(a: Tensor, b: Tensor): Tensor {
  return solveOp({ a, b });
}

/** Whether `b` holds one vector for each matrix, by PyTorch's rule: b.shape is [N], or that of `a` without its last axis. */
const isVectors = (a: Tensor, b: Tensor): boolean => b.rank === 1 || sameShape(b.shape, a.shape.slice(0, -1));

/** Options of {@link solve}. */
export interface SolveOptions {
  /** Whether `a` stands left of the unknown, a · x = b, or right, x · a = b. Default true. */
  readonly left?: boolean;
}

/**
 * Solves a · x = b (or x · a = b) for a square matrix, by LU factors with partial pivoting.
 *
 * Shapes: a [..., N, N], b [..., N, K] ([..., K, N] on the right) → as b; batches broadcast. A `b` of shape [N], or of the
 * shape of `a` without its last axis, holds vectors, and so does the result. Dtypes: float dtypes, one for both.
 *
 * @param options.left whether `a` stands left of x; default true
 * @throws MyelinError `VALUE` for a singular matrix: says which of the batch; `SHAPE` for matrices that do not fit; `DTYPE`
 * @see Giles, An extended collection of matrix derivative results for forward and reverse mode algorithmic differentiation
 * (2008)
 * @example
 * ```ts
 * import { solve, tensor } from 'myelin';
 * console.log(solve(tensor([[2, 0], [1, 4]]), tensor([2, 9])).toArray()); // [ 1, 2 ]
 * ```
 */
export function solve<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, options?: SolveOptions): Tensor<D>;
export function solve(a: Tensor, b: Tensor, { left = true }: SolveOptions = {}): Tensor {
  checkSquare('solve', 'a', a);
  checkReal('solve', 'b', b);
  checkSameDType('solve', { a, b });
  const vectors = isVectors(a, b);
  if ((left || vectors ? b.shape.at(vectors ? -1 : -2) : columnsOf(b)) !== rowsOf(a)) {
    const need = vectors || left ? 'b of as many rows as a' : 'b of as many columns as a';
    fail('SHAPE', 'solve', `a is ${describe(a)}, b is ${describe(b)} (need ${need})`, { a: a.shape, b: b.shape });
  }
  return scope(() => {
    const [x, y] = alignBatches('solve', ['a', 'b'], a, vectors ? unsqueeze(b, left ? -1 : -2) : b);
    const out = left ? solveMatrices(x, y) : turned(solveMatrices(turned(x), turned(y)));
    return vectors ? reshape(out, x.shape.slice(0, -1)) : out;
  });
}

const invOp = defineOp({
  name: 'inv',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x: { dtype, shape } }) => ({ dtype, shape }),
  grad: ({ out, dout }) => ({ x: neg(matmul(matmul(turned(out), dout), turned(out))) }),
});

/**
 * Inverse of a square matrix, by LU factors. To multiply with an inverse, {@link solve} is faster and more exact.
 *
 * Shapes: [..., N, N] → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `VALUE` for a singular matrix: says which of the batch; `SHAPE` for anything but square matrices;
 * `DTYPE`
 * @example
 * ```ts
 * import { inv, tensor } from 'myelin';
 * console.log(inv(tensor([[2, 0], [0, 4]])).toArray()); // [ [ 0.5, 0 ], [ 0, 0.25 ] ]
 * ```
 */
export function inv<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkSquare('inv', 'x', x);
  return invOp({ x }) as Tensor<D>;
}

/** {@link inv} for the library's own use, where dtypes are not known to the compiler. */
export function inverse(x: Tensor): Tensor {
  return invOp({ x });
}

/** One number for each matrix. */
const perMatrix = (x: TensorSpec): TensorSpec => ({ dtype: x.dtype, shape: batchOf(x) });

/**
 * The derivative of the determinant, det(x) · x⁻ᵀ. Where that does not exist the cofactors come from singular values:
 * det(u) · det(vh) · u · diag(Π of the other values) · vh.
 */
function cofactors(x: Tensor, determinant: Tensor): Tensor {
  const singular = stopGradient(() => scope(() => any(eq(determinant, 0)).item()));
  if (!singular) return mul(unsqueeze(unsqueeze(determinant, -1), -1), turned(invOp({ x })));
  const { u, s, vh } = reducedSvd(x);
  const n = rowsOf(x);
  const others = prod(where(eye(n, n, { dtype: 'bool' }), 1, unsqueeze(s, -2)), { axis: -1 });
  const sign = stopGradient(() => mul(detOp({ x: u }), detOp({ x: vh })));
  return mul(unsqueeze(unsqueeze(sign, -1), -1), matmul(scaleColumns(u, others), vh));
}

const detOp = defineOp({
  name: 'det',
  inputs: ['x'],
  attrs: {},
  save: ['x', 'out'],
  infer: ({ x }) => perMatrix(x),
  grad: ({ x, out, dout }) => ({ x: mul(unsqueeze(unsqueeze(dout, -1), -1), cofactors(x, out)) }),
});

/**
 * Determinant of a square matrix. That of an empty matrix is 1.
 *
 * Shapes: [..., N, N] → [...]. Dtypes: float dtypes. The gradient exists for singular matrices too.
 *
 * @throws MyelinError `SHAPE` for anything but square matrices; `DTYPE`
 * @see Giles, An extended collection of matrix derivative results (2008), section 2.2.4
 * @example
 * ```ts
 * import { det, tensor } from 'myelin';
 * console.log(det(tensor([[1, 2], [3, 4]])).item().toFixed(4)); // -2.0000
 * ```
 */
export function det<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkSquare('det', 'x', x);
  return detOp({ x }) as Tensor<D>;
}

const slogdetOp = defineOp({
  name: 'slogdet',
  inputs: ['x'],
  outputs: ['out', 'sign'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => ({ out: perMatrix(x), sign: perMatrix(x) }),
  grad: ({ x, dout }) => ({ x: mul(unsqueeze(unsqueeze(dout, -1), -1), turned(invOp({ x }))) }),
});

/** What {@link slogdet} gives. */
export interface SignAndLog<D extends FloatDType = FloatDType> {
  /** 1, −1 or 0. */
  readonly sign: Tensor<D>;
  /** ln |det|, −∞ for a singular matrix. */
  readonly logabsdet: Tensor<D>;
}

/**
 * Sign and logarithm of the determinant, for determinants that would overflow: det = sign · exp(logabsdet).
 *
 * Shapes: [..., N, N] → [...] each. Dtypes: float dtypes. The gradient of the sign is 0.
 *
 * @throws MyelinError `SHAPE` for anything but square matrices; `DTYPE`; `VALUE` for the gradient of a singular matrix
 * @example
 * ```ts
 * import { slogdet, tensor } from 'myelin';
 * const { sign, logabsdet } = slogdet(tensor([[0, 1], [2, 0]]));
 * console.log(sign.item(), logabsdet.item().toFixed(4)); // -1 0.6931
 * ```
 */
export function slogdet<D extends FloatDType>(x: Tensor<D>): SignAndLog<D> {
  checkSquare('slogdet', 'x', x);
  const { out, sign } = slogdetOp({ x });
  return { sign: sign as Tensor<D>, logabsdet: out as Tensor<D> };
}

/**
 * Logarithm of the determinant; NaN for a negative one and −∞ for 0.
 *
 * Shapes: [..., N, N] → [...]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for anything but square matrices; `DTYPE`
 * @example
 * ```ts
 * import { logdet, tensor } from 'myelin';
 * console.log(logdet(tensor([[2, 0], [0, 3]])).item().toFixed(4)); // 1.7918
 * ```
 */
export function logdet<D extends FloatDType>(x: Tensor<D>): Tensor<D>;
export function logdet(x: Tensor): Tensor {
  checkSquare('logdet', 'x', x);
  return scope(() => {
    const { out, sign } = slogdetOp({ x });
    return where(eq(abs(sign), sign), out, log(sign));
  });
}
