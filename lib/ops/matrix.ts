import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, div, maximum, mul, pow, square, sub } from './arithmetic.js';
import { checkInteger } from './checks.js';
import { gt, lt, where } from './compare.js';
import { full } from './creation.js';
import { matmul } from './linalg.js';
import { onBehalf } from './on-behalf.js';
import { ceil } from './rounding.js';
import { log2, sqrt } from './math.js';
import { checkMatrix, checkSquare, columnsOf, rowsOf } from './matrices.js';
import { permute } from './permute.js';
import { eye } from './triangle.js';
import { max, min, sum } from './reduce.js';
import { expand, reshape, unsqueeze } from './reshape.js';
import { inverse, solveMatrices } from './solve.js';
import { rankBounds, singularValues, type RankOptions } from './svd.js';

// Functions of whole matrices.

/** Which norm of a matrix: `'fro'` Frobenius, `'nuc'` sum of singular values, ±1 columns, ±Infinity rows, ±2 singular values. */
export type MatrixOrder = 'fro' | 'nuc' | number;

const orders: readonly unknown[] = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity];

function checkOrder(op: string, name: string, order: unknown): void {
  if (orders.includes(order)) return;
  fail('VALUE', op, `${name} is ${show(order)} (need "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity)`, { order });
}

/** The norm of the matrices in the last two axes, which are gone. */
function normOf(x: Tensor, order: MatrixOrder): Tensor {
  if (order === 'fro') {
    const squares = sum(square(x), { axis: [-2, -1] });
    // The root's infinite slope at 0 must not turn the gradient of a zero matrix into NaN.
    const positive = gt(squares, 0);
    return where(positive, sqrt(where(positive, squares, 1)), mul(squares, 0));
  }
  if (order === 'nuc') return sum(singularValues(x), { axis: -1 });
  const extreme = order > 0 ? max : min;
  if (Math.abs(order) === 2) return extreme(singularValues(x), { axis: -1 });
  return extreme(sum(abs(x), { axis: Math.abs(order) === 1 ? -2 : -1 }), { axis: -1 });
}

/** Options of {@link matrixNorm}. */
export interface MatrixNormOptions {
  /** Default `'fro'`. */
  readonly ord?: MatrixOrder;
  /** The two axes of the matrix, rows first. Default [−2, −1]. */
  readonly axis?: readonly [number, number];
  /** Keeps the two axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

/**
 * Norm of a matrix.
 *
 * `'fro'`: √Σ x²; `'nuc'`: Σ s over singular values s; 2 and −2: largest and smallest s; 1 and −1: largest and smallest sum of
 * |x| over a column; Infinity and −Infinity: over a row.
 *
 * Shapes: [..., M, N] → [...]. Dtypes: float dtypes.
 *
 * @param options.ord which norm; default `'fro'`
 * @param options.axis the two axes of the matrix, rows first; default [−2, −1]
 * @param options.keepDims keeps the two axes with extent 1; default false
 * @throws MyelinError `VALUE` for another norm, or two equal axes; `SHAPE` for fewer than two axes; `INDEX`; `DTYPE`
 * @example
 * ```ts
 * import { matrixNorm, tensor } from 'myelin';
 * const x = tensor([[3, 0], [0, -4]]);
 * console.log(matrixNorm(x).item(), matrixNorm(x, { ord: 1 }).item()); // 5 4
 * ```
 */
export function matrixNorm<D extends FloatDType>(x: Tensor<D>, options?: MatrixNormOptions): Tensor<D>;
export function matrixNorm(
  x: Tensor,
  { ord = 'fro', axis = [-2, -1], keepDims = false }: MatrixNormOptions = {},
): Tensor {
  checkMatrix('matrixNorm', 'x', x);
  checkOrder('matrixNorm', 'ord', ord);
  if (!Array.isArray(axis) || axis.length !== 2) fail('VALUE', 'matrixNorm', `axis is ${show(axis)} (need two axes)`);
  const [rows, columns] = axis.map((a) => normalizeAxis('matrixNorm', a, x.rank)) as [number, number];
  if (rows === columns) fail('VALUE', 'matrixNorm', `axis is ${show([...axis])} (need two different axes)`, { axis });
  return scope(() => {
    const rest = x.shape.map((_, a) => a).filter((a) => a !== rows && a !== columns);
    const norm = normOf(permute(x, [...rest, rows, columns]), ord);
    if (!keepDims) return norm;
    return reshape(
      norm,
      x.shape.map((extent, a) => (rest.includes(a) ? extent : 1)),
    );
  });
}

/**
 * Condition number: by how much an error of the right side may grow in the solution of a system.
 *
 * cond = ‖x‖ · ‖x⁻¹‖; for p = 2 and −2 the ratio of largest and smallest singular value, or its inverse, of any matrix.
 *
 * Shapes: [..., M, N] → [...]; square for every other norm than ±2. Dtypes: float dtypes.
 *
 * @param options.p norm, as in {@link matrixNorm}; default 2
 * @throws MyelinError `VALUE` for another norm, or a singular matrix where its inverse is needed; `SHAPE`; `DTYPE`
 * @example
 * ```ts
 * import { cond, tensor } from 'myelin';
 * console.log(cond(tensor([[4, 0], [0, 2]])).item()); // 2
 * ```
 */
export function cond<D extends FloatDType>(x: Tensor<D>, options?: { readonly p?: MatrixOrder }): Tensor<D>;
export function cond(x: Tensor, { p = 2 }: { readonly p?: MatrixOrder } = {}): Tensor {
  checkMatrix('cond', 'x', x);
  checkOrder('cond', 'p', p);
  return onBehalf('cond', () => {
    if (p === 2 || p === -2) return div(normOf(x, p), normOf(x, p === 2 ? -2 : 2));
    checkSquare('cond', 'x', x);
    return mul(normOf(x, p), normOf(inverse(x), p));
  });
}

/**
 * Number of linearly independent rows: of singular values beyond max(atol, rtol · largest). It has no gradient.
 *
 * Shapes: [..., M, N] → [...] of int64. Dtypes: float dtypes.
 *
 * @param options.rtol default: the dtype's epsilon · max(M, N), or 0 when atol is above 0
 * @param options.atol default 0
 * @throws MyelinError `VALUE` for a matrix with NaN or infinity, or a negative bound; `SHAPE` for fewer than two axes; `DTYPE`
 * @example
 * ```ts
 * import { matrixRank, tensor } from 'myelin';
 * console.log(matrixRank(tensor([[1, 2], [2, 4]])).item()); // 1
 * ```
 */
export function matrixRank(x: Tensor<FloatDType>, options: RankOptions = {}): Tensor<'int64'> {
  checkMatrix('matrixRank', 'x', x);
  const { rtol, atol } = rankBounds('matrixRank', x, options);
  return scope(() => {
    if (Math.min(rowsOf(x), columnsOf(x)) === 0) return full(x.shape.slice(0, -2), 0, { dtype: 'int64' });
    const s = singularValues(x);
    const bound = maximum(mul(max(s, { axis: -1, keepDims: true }), rtol), atol);
    return sum(gt(s, bound), { axis: -1 });
  });
}

/**
 * A square matrix multiplied by itself n times, by repeated squaring; for negative n the power of its inverse.
 *
 * Shapes: [..., N, N] → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `VALUE` for an exponent that is no integer, or a singular matrix and a negative one; `SHAPE` for
 * anything but square matrices; `DTYPE`
 * @example
 * ```ts
 * import { matrixPower, tensor } from 'myelin';
 * console.log(matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray()); // [ [ 1, 5 ], [ 0, 1 ] ]
 * ```
 */
export function matrixPower<D extends FloatDType>(x: Tensor<D>, exponent: number): Tensor<D>;
export function matrixPower(x: Tensor, exponent: number): Tensor {
  checkSquare('matrixPower', 'x', x);
  checkInteger('matrixPower', 'exponent', exponent);
  return onBehalf('matrixPower', () => {
    const n = rowsOf(x);
    // A view that the caller may dispose without disposing x.
    if (exponent === 1) return reshape(x, x.shape);
    let result: Tensor | undefined;
    let power = exponent < 0 ? inverse(x) : x;
    for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === undefined ? power : matmul(result, power);
      if (rest > 1) power = matmul(power, power);
    }
    return result ?? expand(eye(n, n, { dtype: x.dtype }), x.shape);
  });
}

// Coefficients of the Padé approximant of order 13, and the norm up to which it is exact to double precision (Higham, The
// scaling and squaring method for the matrix exponential revisited, 2005).
const pade = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const padeBound = 5.371920351148152;

/** exp of matrices whose 1-norm is at most {@link padeBound}: (v − u)⁻¹ · (v + u). */
function padeExponential(x: Tensor): Tensor {
  const n = rowsOf(x);
  const one = eye(n, n, { dtype: x.dtype });
  const x2 = matmul(x, x);
  const x4 = matmul(x2, x2);
  const x6 = matmul(x4, x2);
  // Scaled by the first coefficient, so that all fit float32.
  const c = pade.map((value) => value / pade[0]!);
  const low = (k: number): Tensor =>
    add(add(mul(x6, c[k + 6]!), mul(x4, c[k + 4]!)), add(mul(x2, c[k + 2]!), mul(one, c[k]!)));
  const high = (k: number): Tensor => add(add(mul(x6, c[k + 12]!), mul(x4, c[k + 10]!)), mul(x2, c[k + 8]!));
  const u = matmul(x, add(matmul(x6, high(1)), low(1)));
  const v = add(matmul(x6, high(0)), low(0));
  return solveMatrices(sub(v, u), add(v, u));
}

/** How often each matrix must be halved, and the largest of these numbers. */
function halvings(x: Tensor): { readonly each: Tensor; readonly most: number } {
  const each = maximum(ceil(log2(mul(maximum(normOf(x, 1), 1e-30), 1 / padeBound))), 0);
  const most = each.size === 0 ? 0 : max(each).item();
  return { each: unsqueeze(unsqueeze(each, -1), -1), most: Number.isFinite(most) ? most : 0 };
}

/**
 * Exponential of a square matrix: Σ xᵏ / k!, by scaling and squaring of a Padé approximant.
 *
 * Shapes: [..., N, N] → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for anything but square matrices; `DTYPE`
 * @see Higham, The scaling and squaring method for the matrix exponential revisited (2005)
 * @example
 * ```ts
 * import { matrixExp, tensor } from 'myelin';
 * console.log(matrixExp(tensor([[0, 1], [0, 0]])).toArray()); // [ [ 1, 1 ], [ 0, 1 ] ]
 * ```
 */
export function matrixExp<D extends FloatDType>(x: Tensor<D>): Tensor<D>;
export function matrixExp(x: Tensor): Tensor {
  checkSquare('matrixExp', 'x', x);
  return scope(() => {
    if (x.size === 0) return reshape(x, x.shape);
    const { each, most } = stopGradient(() => halvings(x));
    let result = padeExponential(mul(x, pow(0.5, each)));
    for (let k = 0; k < most; k++) result = where(lt(each, k + 1), result, matmul(result, result));
    return result;
  });
}
