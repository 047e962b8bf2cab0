import { defineOp } from '../engine/define.js';
import { checkDType, floatDTypes, integerDTypes, isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { checkShape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { pow } from './arithmetic.js';
import { checkInteger, checkNumber, fits } from './checks.js';
import type { CreationOptions } from './creation.js';

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

function linspaced<D extends FloatDType>(op: string, start: number, stop: number, count: number, dtype: D): Tensor<D> {
  checkNumber(op, 'start', start);
  checkNumber(op, 'stop', stop);
  checkInteger(op, 'count', count, 0);
  checkShape(op, [count]);
  return arangeOp({}, { start, step: count > 1 ? (stop - start) / (count - 1) : 0, length: count, dtype }) as Tensor<D>;
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
): Tensor<NoInfer<D>> {
  return linspaced('linspace', start, stop, count, dtype);
}

/** Options of {@link logspace}. */
export interface LogspaceOptions<D extends FloatDType> extends CreationOptions<D> {
  /** What is raised to the exponents; default 10. */
  readonly base?: number;
}

/**
 * A number of values evenly spaced on a logarithmic scale: out[i] = base ^ (start + i · (stop − start) / (count − 1)).
 *
 * Shapes: → [count]. Dtypes: float32, float64.
 *
 * @param start exponent of the first value
 * @param stop exponent of the last value
 * @param options.base default 10
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a count that is no non-negative integer or a base that is no number
 * @example
 * ```ts
 * import { logspace } from 'myelin';
 * console.log(logspace(0, 3, 4, { base: 2 }).toArray()); // [ 1, 2, 4, 8 ]
 * ```
 */
export function logspace<D extends FloatDType = 'float32'>(
  start: number,
  stop: number,
  count: number,
  { base = 10, dtype = 'float32' as D }: LogspaceOptions<D> = {},
): Tensor<NoInfer<D>> {
  checkNumber('logspace', 'base', base);
  return scope(() => pow(base, linspaced('logspace', start, stop, count, dtype))) as Tensor<D>;
}
