import { checkDType, floatDTypes, type DType, type FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { checkInteger, checkPositive, checkTensor } from './checks.js';
import type { CreationOptions } from './creation.js';
import { onBehalf } from './on-behalf.js';
import { arange } from './ranges.js';
import { roll } from './rotate.js';

/** Options of {@link fftfreq} and {@link rfftfreq}. */
export interface FrequencyOptions<D extends FloatDType> extends CreationOptions<D> {
  /** Time between two samples; default 1. */
  readonly d?: number;
}

/** Refuses a dtype that the results of `op` cannot have. */
export function checkFloatDType(op: string, dtype: DType): void {
  checkDType(op, dtype);
  if (!floatDTypes.includes(dtype as FloatDType)) fail('DTYPE', op, `dtype is ${show(dtype)} (need a float dtype)`);
}

// Whole multiples of 1 / (n d), divided in float64.
function multiples(start: number, stop: number, whole: number, dtype: FloatDType): Tensor {
  return div(arange(start, stop, { dtype: 'float64' }), whole).to(dtype);
}

function check(op: string, n: number, d: number, dtype: FloatDType): void {
  checkInteger(op, 'n', n, 1);
  checkPositive(op, 'd', d);
  checkFloatDType(op, dtype);
}

/**
 * Frequencies of the numbers that {@link fft} gives, in cycles per unit of d: 0 and the positive ones, then the negative ones.
 *
 * out = [0, 1, …, ⌈n/2⌉ − 1, −⌊n/2⌋, …, −1] / (n · d)
 *
 * Shapes: → [n]. Dtypes: float dtypes.
 *
 * @param n length of the transform
 * @param options.d time between two samples; default 1
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for an n below 1 or a d that is not positive; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { fftfreq } from 'myelin';
 * console.log(fftfreq(4, { d: 0.5 }).toArray()); // [ 0, 0.5, -1, -0.5 ]
 * ```
 */
export function fftfreq<D extends FloatDType = 'float32'>(
  n: number,
  { d = 1, dtype = 'float32' as D }: FrequencyOptions<D> = {},
): Tensor<NoInfer<D>> {
  check('fftfreq', n, d, dtype);
  const below = Math.floor(n / 2);
  return onBehalf('fftfreq', () => roll(multiples(-below, n - below, n * d, dtype), -below)) as Tensor<D>;
}

/**
 * Frequencies of the numbers that {@link rfft} gives, in cycles per unit of d.
 *
 * out = [0, 1, …, ⌊n/2⌋] / (n · d)
 *
 * Shapes: → [⌊n/2⌋ + 1]. Dtypes: float dtypes.
 *
 * @param n number of reals that are transformed
 * @param options.d time between two samples; default 1
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for an n below 1 or a d that is not positive; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { rfftfreq } from 'myelin';
 * console.log(rfftfreq(4).toArray()); // [ 0, 0.25, 0.5 ]
 * ```
 */
export function rfftfreq<D extends FloatDType = 'float32'>(
  n: number,
  { d = 1, dtype = 'float32' as D }: FrequencyOptions<D> = {},
): Tensor<NoInfer<D>> {
  check('rfftfreq', n, d, dtype);
  return scope(() => multiples(0, Math.floor(n / 2) + 1, n * d, dtype)) as Tensor<D>;
}

/** Options of {@link fftshift} and {@link ifftshift}. */
export interface ShiftOptions {
  /** Axes to shift; default all. */
  readonly axes?: readonly number[];
}

function shifted(op: string, x: Tensor, axes: readonly number[] | undefined, by: (extent: number) => number): Tensor {
  checkTensor(op, 'x', x);
  const list: unknown = axes ?? x.shape.map((_, axis) => axis);
  if (!Array.isArray(list)) fail('VALUE', op, `axes are ${show(list)} (need a list of axes)`, { axes: list });
  const axis = list as number[];
  const shifts = axis.map((a) => by(x.shape.at(a) ?? 0));
  return onBehalf(op, () => roll(x, shifts, { axis }));
}

/**
 * Moves frequency 0 from the beginning of an axis to its middle.
 *
 * out[(i + ⌊N/2⌋) mod N] = x[i]
 *
 * Shapes: any → the same. Dtypes: all. All axes count: for pairs name those to shift, or parts are exchanged.
 *
 * @param options.axes axes to shift; default all
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for axes that are no list
 * @example
 * ```ts
 * import { fftfreq, fftshift } from 'myelin';
 * console.log(fftshift(fftfreq(4)).toArray()); // [ -0.5, -0.25, 0, 0.25 ]
 * ```
 */
export function fftshift<D extends DType>(x: Tensor<D>, { axes }: ShiftOptions = {}): Tensor<D> {
  return shifted('fftshift', x, axes, (extent) => Math.floor(extent / 2)) as Tensor<D>;
}

/**
 * Inverse of {@link fftshift}: moves frequency 0 from the middle of an axis to its beginning.
 *
 * Shapes: any → the same. Dtypes: all. All axes count: for pairs name those to shift, or parts are exchanged.
 *
 * @param options.axes axes to shift; default all
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for axes that are no list
 * @example
 * ```ts
 * import { arange, ifftshift } from 'myelin';
 * console.log(ifftshift(arange(-2, 3)).toArray()); // [ 0, 1, 2, -2, -1 ]
 * ```
 */
export function ifftshift<D extends DType>(x: Tensor<D>, { axes }: ShiftOptions = {}): Tensor<D> {
  return shifted('ifftshift', x, axes, (extent) => -Math.floor(extent / 2)) as Tensor<D>;
}
