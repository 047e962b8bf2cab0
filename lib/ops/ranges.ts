import { defineOp } from '../engine/define.js';
import { checkDType, floatDTypes, integerDTypes, isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkInteger, checkNumber, checkTensor, fits } from './checks.js';
import { eq, ge, le, where } from './compare.js';
import { zerosLike, type CreationOptions } from './creation.js';
import { unsqueeze } from './reshape.js';

const arangeOp = defineOp({
  name: 'arange',
  inputs: [],
  attrs: {
    start: 'float',
    step: 'float',
    length: 'int',
    dtype: [...integerDTypes, ...floatDTypes],
  },
  save: [],
  infer: (_, { length, dtype }) => ({ dtype, shape: [length] }),
  grad: 'none',
});

/** Options of {@link arange}. */
export interface ArangeOptions<D extends Exclude<DType, 'bool'>> {
  /** Distance of neighbours; default 1. */
  readonly step?: number;
  /** Element type; default `int64` if all numbers are integers, otherwise `float32`. */
  readonly dtype?: D;
}

/**
 * Evenly spaced numbers: start, start + step, … while below stop (above, for a negative step).
 *
 * Shapes: → [⌈(stop − start) / step⌉]. Dtypes: all but bool.
 *
 * @param options.step distance of neighbours; default 1
 * @param options.dtype default `int64` if all numbers are integers, otherwise `float32`
 * @throws MyelinError `VALUE` for a step of 0, numbers that are not finite, or that the dtype cannot hold
 * @example
 * ```ts
 * import { arange } from 'myelin';
 * console.log(arange(3).toArray(), arange(1, 2, { step: 0.5 }).toArray()); // [ 0, 1, 2 ] [ 1, 1.5 ]
 * ```
 */
export function arange<D extends Exclude<DType, 'bool'> = 'int64' | 'float32'>(
  stop: number,
  options?: ArangeOptions<D>,
): Tensor<D>;
export function arange<D extends Exclude<DType, 'bool'> = 'int64' | 'float32'>(
  start: number,
  stop: number,
  options?: ArangeOptions<D>,
): Tensor<D>;
export function arange(
  first: number,
  second?: number | ArangeOptions<Exclude<DType, 'bool'>>,
  third: ArangeOptions<Exclude<DType, 'bool'>> = {},
): Tensor {
  const [start, stop, options] = typeof second === 'number' ? [first, second, third] : [0, first, second ?? {}];
  const { step = 1 } = options;
  if (![start, stop, step].every(Number.isFinite) || step === 0) {
    fail(
      'VALUE',
      'arange',
      `from ${show(start)} to ${show(stop)} by ${show(step)} (need finite numbers and a step other than 0)`,
    );
  }
  const integers = [start, stop, step].every(Number.isInteger);
  const dtype = options.dtype ?? (integers ? 'int64' : 'float32');
  checkDType('arange', dtype);
  const length = Math.max(0, Math.ceil((stop - start) / step));
  checkShape('arange', [length]);
  const last = start + Math.max(0, length - 1) * step;
  if (![start, last].every((value) => fits(dtype, Math.trunc(value))) || (!integers && !isFloat(dtype))) {
    fail('VALUE', 'arange', `${start} to ${last} by ${step} does not fit ${dtype}`, { start, last, step, dtype });
  }
  return arangeOp({}, { start, step, length, dtype });
}

/**
 * A number of evenly spaced values, both ends included: out[i] = start + i · (stop − start) / (count − 1).
 *
 * Shapes: → [count]. Dtypes: float dtypes.
 *
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a count that is no non-negative integer
 * @example
 * ```ts
 * import { linspace } from 'myelin';
 * console.log(linspace(0, 1, 5).toArray()); // [ 0, 0.25, 0.5, 0.75, 1 ]
 * ```
 */
export function linspace<D extends FloatDType = 'float32'>(
  start: number,
  stop: number,
  count: number,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<D> {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'stop', stop);
  checkInteger('linspace', 'count', count, 0);
  checkShape('linspace', [count]);
  return arangeOp({}, { start, step: count > 1 ? (stop - start) / (count - 1) : 0, length: count, dtype }) as Tensor<D>;
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
): Tensor<D> {
  checkShape('eye', [rows, columns]);
  return scope(() => cast(eq(diagonals(rows, columns), 0), dtype));
}

function triangle(op: string, x: Tensor, keep: (diagonals: Tensor) => Tensor<'bool'>): Tensor {
  checkTensor(op, 'x', x);
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
  { diagonal = 0 }: { readonly diagonal?: number } = {},
): Tensor<D, S> {
  return triangle('tril', x, (at) => le(at, diagonal)) as Tensor<D, S>;
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
  { diagonal = 0 }: { readonly diagonal?: number } = {},
): Tensor<D, S> {
  return triangle('triu', x, (at) => ge(at, diagonal)) as Tensor<D, S>;
}
