import type { DType } from '../tensor/dtype.js';
import { checkDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkInteger, checkTensor } from './checks.js';
import { eq, ge, le, where } from './compare.js';
import { zerosLike, type CreationOptions } from './creation.js';
import { positionsOf } from './masking.js';
import { transpose } from './permute.js';
import { arange } from './ranges.js';
import { unsqueeze } from './reshape.js';
import { onBehalf } from './on-behalf.js';

/** Where a triangle of a matrix ends. */
export interface DiagonalLimit {
  /** Diagonal at which the triangle ends: 0 the main one, above it positive; default 0. */
  readonly diagonal?: number;
}

// Column index minus row index: constant along diagonals.
function diagonals(rows: number, columns: number): Tensor {
  return sub(unsqueeze(arange(columns), 0), unsqueeze(arange(rows), 1));
}

/**
 * A matrix with ones on the diagonal and zeros elsewhere.
 *
 * Shapes: → [rows, columns]. Dtypes: all.
 *
 * @param columns default `rows`
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { eye } from 'myelin';
 * console.log(eye(2).toArray()); // [ [ 1, 0 ], [ 0, 1 ] ]
 * ```
 */
export function eye<D extends DType = 'float32'>(
  rows: number,
  columns: number = rows,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<NoInfer<D>> {
  checkShape('eye', [rows, columns]);
  return onBehalf('eye', () => cast(eq(diagonals(rows, columns), 0), dtype));
}

function triangle(op: string, x: Tensor, diagonal: number, keep: (diagonals: Tensor) => Tensor<'bool'>): Tensor {
  checkTensor(op, 'x', x);
  checkInteger(op, 'diagonal', diagonal);
  if (x.rank < 2) fail('SHAPE', op, `x has ${x.rank} axes (need at least two)`, { shape: x.shape });
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return scope(() => where(keep(diagonals(rows, columns)), x, zerosLike(x)));
}

/**
 * The lower triangle of a matrix, or of a batch of them; zeros above it.
 *
 * Shapes: [..., M, N] → the same. Dtypes: all.
 *
 * @param options.diagonal highest diagonal that is kept, 0 for the main one; default 0
 * @throws MyelinError `SHAPE` for fewer than two axes
 * @example
 * ```ts
 * import { ones, tril } from 'myelin';
 * console.log(tril(ones([2, 2])).toArray()); // [ [ 1, 0 ], [ 1, 1 ] ]
 * ```
 */
export function tril<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { diagonal = 0 }: DiagonalLimit = {},
): Tensor<D, S> {
  return triangle('tril', x, diagonal, (at) => le(at, diagonal)) as Tensor<D, S>;
}

/**
 * The upper triangle of a matrix, or of a batch of them; zeros below it.
 *
 * Shapes: [..., M, N] → the same. Dtypes: all.
 *
 * @param options.diagonal lowest diagonal that is kept, 0 for the main one; default 0
 * @throws MyelinError `SHAPE` for fewer than two axes
 * @example
 * ```ts
 * import { ones, triu } from 'myelin';
 * console.log(triu(ones([2, 2]), { diagonal: 1 }).toArray()); // [ [ 0, 1 ], [ 0, 0 ] ]
 * ```
 */
export function triu<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { diagonal = 0 }: DiagonalLimit = {},
): Tensor<D, S> {
  return triangle('triu', x, diagonal, (at) => ge(at, diagonal)) as Tensor<D, S>;
}

function checkTriangle(op: string, rows: number, columns: number, diagonal: number): void {
  checkShape(op, [rows, columns]);
  checkInteger(op, 'diagonal', diagonal);
}

/**
 * A matrix with ones on and below a diagonal and zeros above it.
 *
 * Shapes: → [rows, columns]. Dtypes: all.
 *
 * @param columns default `rows`
 * @param options.diagonal highest diagonal of ones, 0 for the main one; default 0
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape; `VALUE` for a diagonal that is no integer
 * @example
 * ```ts
 * import { tri } from 'myelin';
 * console.log(tri(2, 3).toArray()); // [ [ 1, 0, 0 ], [ 1, 1, 0 ] ]
 * ```
 */
export function tri<D extends DType = 'float32'>(
  rows: number,
  columns: number = rows,
  { diagonal = 0, dtype = 'float32' as D }: DiagonalLimit & CreationOptions<D> = {},
): Tensor<NoInfer<D>> {
  checkTriangle('tri', rows, columns, diagonal);
  checkDType('tri', dtype);
  return onBehalf('tri', () => cast(le(diagonals(rows, columns), diagonal), dtype));
}

/**
 * Rows and columns of the places on and below a diagonal of a matrix, in row-major order.
 *
 * Shapes: → [2, count]. Dtypes: int64.
 *
 * @param columns default `rows`
 * @param options.diagonal highest diagonal, 0 for the main one; default 0
 * @throws MyelinError `SHAPE` for an impossible shape; `VALUE` for a diagonal that is no integer
 * @example
 * ```ts
 * import { trilIndices } from 'myelin';
 * console.log(trilIndices(2).toArray()); // [ [ 0, 1, 1 ], [ 0, 0, 1 ] ]
 * ```
 */
export function trilIndices(
  rows: number,
  columns: number = rows,
  { diagonal = 0 }: DiagonalLimit = {},
): Tensor<'int64'> {
  checkTriangle('trilIndices', rows, columns, diagonal);
  return onBehalf('trilIndices', () => transpose(positionsOf(le(diagonals(rows, columns), diagonal))));
}

/**
 * Rows and columns of the places on and above a diagonal of a matrix, in row-major order.
 *
 * Shapes: → [2, count]. Dtypes: int64.
 *
 * @param columns default `rows`
 * @param options.diagonal lowest diagonal, 0 for the main one; default 0
 * @throws MyelinError `SHAPE` for an impossible shape; `VALUE` for a diagonal that is no integer
 * @example
 * ```ts
 * import { triuIndices } from 'myelin';
 * console.log(triuIndices(2).toArray()); // [ [ 0, 0, 1 ], [ 0, 1, 1 ] ]
 * ```
 */
export function triuIndices(
  rows: number,
  columns: number = rows,
  { diagonal = 0 }: DiagonalLimit = {},
): Tensor<'int64'> {
  checkTriangle('triuIndices', rows, columns, diagonal);
  return onBehalf('triuIndices', () => transpose(positionsOf(ge(diagonals(rows, columns), diagonal))));
}
