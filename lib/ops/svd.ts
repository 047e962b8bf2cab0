import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, div, mul, neg, sub } from './arithmetic.js';
import { checkAtLeast } from './checks.js';
import { matmul } from './linalg.js';
import {
  batchOf,
  byColumns,
  checkMatrix,
  columnsOf,
  inverseOffDiagonal,
  rowsOf,
  scaleColumns,
  scaleRows,
  turned,
} from './matrices.js';
import { unsqueeze } from './reshape.js';
import { sliceAxis } from './slice.js';

const least = (x: TensorSpec): number => Math.min(rowsOf(x), columnsOf(x));
const valuesOf = (x: TensorSpec): TensorSpec => ({ dtype: x.dtype, shape: [...batchOf(x), least(x)] });

/** f ∘ (v + vᵀ) of the rotation that the gradient of orthonormal vectors asks for. */
function rotation(gaps: Tensor, vectors: Tensor, gradient: Tensor): Tensor {
  const turn = mul(gaps, matmul(turned(vectors), gradient));
  return add(turn, turned(turn));
}

/** What of a gradient leaves the space that the vectors span. */
function outside(vectors: Tensor, gradient: Tensor): Tensor {
  return sub(gradient, matmul(vectors, matmul(turned(vectors), gradient)));
}

// Townsend, Differentiating the singular value decomposition (2016), equations 29 to 31.
function gradientOfSvd(
  [u, s, v]: readonly [Tensor, Tensor, Tensor],
  [du, ds, dv]: readonly [Tensor | undefined, Tensor | undefined, Tensor | undefined],
): Tensor | undefined {
  const [across, down] = [unsqueeze(s, -2), unsqueeze(s, -1)];
  const gaps = inverseOffDiagonal(mul(sub(across, down), add(across, down)));
  const terms: Tensor[] = [];
  if (ds !== undefined) terms.push(matmul(scaleColumns(u, ds), turned(v)));
  if (du !== undefined) {
    terms.push(matmul(matmul(u, scaleColumns(rotation(gaps, u, du), s)), turned(v)));
    if (rowsOf(u) > columnsOf(u)) terms.push(matmul(div(outside(u, du), across), turned(v)));
  }
  if (dv !== undefined) {
    terms.push(matmul(u, matmul(scaleRows(rotation(gaps, v, dv), s), turned(v))));
    if (rowsOf(v) > columnsOf(v)) terms.push(matmul(u, turned(div(outside(v, dv), across))));
  }
  return terms.length === 0 ? undefined : terms.reduce((total, term) => add(total, term));
}

const svdOp = defineOp({
  name: 'svd',
  inputs: ['x'],
  outputs: ['u', 's', 'vh'],
  attrs: { fullMatrices: 'bool' },
  save: ['u', 's', 'vh'],
  infer: ({ x }, { fullMatrices }) => {
    const [m, n] = [rowsOf(x), columnsOf(x)];
    const size = least(x);
    return {
      u: byColumns(x.dtype, [...batchOf(x), m, fullMatrices ? m : size]),
      s: valuesOf(x),
      vh: { dtype: x.dtype, shape: [...batchOf(x), fullMatrices ? n : size, n] },
    };
  },
  grad: ({ u, s, vh, du, ds, dvh, spec }) => {
    // Vectors beyond the singular values are not determined by x: what arrives at them is left out, as in PyTorch.
    const size = least(spec.x);
    const columns = (x: Tensor | undefined): Tensor | undefined => x && sliceAxis(x, x.rank - 1, [0, size]);
    const v = turned(vh);
    return { x: gradientOfSvd([columns(u)!, s, columns(v)!], [columns(du), ds, columns(dvh && turned(dvh))]) };
  },
});

const svdvalsOp = defineOp({
  name: 'svdvals',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => valuesOf(x),
  grad: { composed: ({ x }) => reducedSvd(x).s },
});

/** {@link svdvals} for the library's own use, where dtypes are not known to the compiler. */
export function singularValues(x: Tensor): Tensor {
  return svdvalsOp({ x });
}

/** {@link svd} for the library's own use, where dtypes are not known to the compiler. */
export function reducedSvd(x: Tensor): { readonly u: Tensor; readonly s: Tensor; readonly vh: Tensor } {
  return svdOp({ x }, { fullMatrices: false });
}

/** What {@link svd} gives: x = u · diag(s) · vh. */
export interface SingularValueDecomposition<D extends FloatDType = FloatDType> {
  readonly u: Tensor<D>;
  /** Singular values in descending order. */
  readonly s: Tensor<D>;
  readonly vh: Tensor<D>;
}

/**
 * Singular value decomposition: x = u · diag(s) · vh with orthonormal columns in u and rows in vh.
 *
 * Each pair of vectors is determined up to its sign. Gradients through vectors need distinct singular values, none of them
 * 0 unless x is square, and are large where two are close; vectors beyond min(M, N) have none.
 *
 * Shapes: [..., M, N] → u [..., M, M], s [..., K], vh [..., N, N] with K = min(M, N); without `fullMatrices` u [..., M, K] and
 * vh [..., K, N]. Dtypes: float dtypes.
 *
 * @param options.fullMatrices completes u and vh to square matrices; default true
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity: says which of the batch; `SHAPE` for fewer than two axes;
 * `DTYPE`
 * @see Demmel and Kahan, Accurate singular values of bidiagonal matrices (1990); Townsend, Differentiating the singular
 * value decomposition (2016)
 * @example
 * ```ts
 * import { svd, tensor } from 'myelin';
 * const { u, s, vh } = svd(tensor([[3, 0], [0, 4], [0, 0]]), { fullMatrices: false });
 * console.log(s.toArray(), u.shape, vh.shape); // [ 4, 3 ] [ 3, 2 ] [ 2, 2 ]
 * ```
 */
export function svd<D extends FloatDType>(
  x: Tensor<D>,
  { fullMatrices = true }: { readonly fullMatrices?: boolean } = {},
): SingularValueDecomposition<D> {
  checkMatrix('svd', 'x', x);
  const { u, s, vh } = svdOp({ x }, { fullMatrices });
  return { u: u as Tensor<D>, s: s as Tensor<D>, vh: vh as Tensor<D> };
}

/**
 * Singular values, in descending order.
 *
 * Shapes: [..., M, N] → [..., min(M, N)]. Dtypes: float dtypes.
 *
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity: says which of the batch; `SHAPE` for fewer than two axes;
 * `DTYPE`
 * @example
 * ```ts
 * import { svdvals, tensor } from 'myelin';
 * console.log(svdvals(tensor([[0, 2], [0, 0]])).toArray()); // [ 2, 0 ]
 * ```
 */
export function svdvals<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkMatrix('svdvals', 'x', x);
  return svdvalsOp({ x }) as Tensor<D>;
}

const pinvOp = defineOp({
  name: 'pinv',
  inputs: ['x'],
  attrs: { rtol: 'float', atol: 'float' },
  save: ['x', 'out'],
  infer: ({ x }) => ({ dtype: x.dtype, shape: [...batchOf(x), columnsOf(x), rowsOf(x)] }),
  // Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
  // separate (1973), equation 4.12.
  grad: ({ x, out, dout }) => {
    const turnedInverse = turned(out);
    const g = turned(dout);
    const direct = neg(matmul(matmul(turnedInverse, dout), turnedInverse));
    const left = matmul(matmul(g, out), turnedInverse);
    const right = matmul(turnedInverse, matmul(out, g));
    const rows = sub(left, matmul(x, matmul(out, left)));
    const columns = sub(right, matmul(matmul(right, out), x));
    return { x: add(direct, add(rows, columns)) };
  },
});

/** Which singular values count as zero: those up to max(atol, rtol · largest). */
export interface RankOptions {
  /** Relative to the largest. Default: the dtype's epsilon times the larger extent, or 0 when `atol` is above 0. */
  readonly rtol?: number;
  /** Absolute. Default 0. */
  readonly atol?: number;
}

/** The bounds that {@link RankOptions} leave open. */
export function rankBounds(op: string, x: Tensor, { rtol, atol = 0 }: RankOptions) {
  checkAtLeast(op, 'atol', atol, 0);
  if (rtol !== undefined) checkAtLeast(op, 'rtol', rtol, 0);
  const usual = epsilonOf(x) * Math.max(rowsOf(x), columnsOf(x));
  return { rtol: rtol ?? (atol > 0 ? 0 : usual), atol };
}

/** The distance from 1 to the next number, in the precision in which a decomposition is computed. */
export const epsilonOf = (x: Tensor): number => (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);

/**
 * Pseudo-inverse of Moore and Penrose: the inverse where there is one, otherwise what gives the least-squares solution of
 * least norm.
 *
 * Shapes: [..., M, N] → [..., N, M]. Dtypes: float dtypes. The gradient holds where the rank does not change.
 *
 * @param options.rtol singular values up to rtol · largest count as 0; default: the dtype's epsilon · max(M, N), or 0 when
 * atol is above 0
 * @param options.atol singular values up to atol count as 0; default 0
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity, or a negative bound; `SHAPE` for fewer than two axes; `DTYPE`
 * @see Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
 * separate (1973)
 * @example
 * ```ts
 * import { pinv, tensor } from 'myelin';
 * console.log(pinv(tensor([[2, 0], [0, 0]])).toArray()); // [ [ 0.5, 0 ], [ 0, 0 ] ]
 * ```
 */
export function pinv<D extends FloatDType>(x: Tensor<D>, options: RankOptions = {}): Tensor<D> {
  checkMatrix('pinv', 'x', x);
  return scope(() => pinvOp({ x }, rankBounds('pinv', x, options))) as Tensor<D>;
}

/** {@link pinv} for the library's own use, where dtypes are not known to the compiler. */
export function pseudoInverse(x: Tensor, rtol: number): Tensor {
  return pinvOp({ x }, { rtol, atol: 0 });
}
