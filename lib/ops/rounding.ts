import { isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, mul, sub } from './arithmetic.js';
import { checkReal, checkTensor, checkWithin, floats } from './checks.js';
import { unaryOp, type UnaryOp } from './pointwise.js';

// Integers and bools are whole already.
function rounded<D extends DType, S extends Shape>(op: UnaryOp, x: Tensor<D, S>): Tensor<D, S> {
  checkTensor(op.op.name, 'x', x);
  return isFloat(x.dtype) ? (op({ x }) as Tensor<D, S>) : x;
}

const floorOp = unaryOp('floor', floats);

/**
 * Largest integer not above: out = ⌊x⌋.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { floor, tensor } from 'myelin';
 * console.log(floor(tensor([1.5, -1.5])).toArray()); // [ 1, -2 ]
 * ```
 */
export function floor<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(floorOp, x);
}

const ceilOp = unaryOp('ceil', floats);

/**
 * Smallest integer not below: out = ⌈x⌉.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { ceil, tensor } from 'myelin';
 * console.log(ceil(tensor([1.5, -1.5])).toArray()); // [ 2, -1 ]
 * ```
 */
export function ceil<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(ceilOp, x);
}

const roundOp = unaryOp('round', floats);

/** Options of {@link round}. */
export interface RoundOptions {
  /** Digits to keep behind the decimal point; a negative number rounds to tens, hundreds, …; default 0. */
  readonly decimals?: number;
}

/**
 * Nearest integer, halves to the even one: out = round x. With decimals: out = round(x · 10ᵈ) / 10ᵈ.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are, and take no decimals. No gradient.
 *
 * @param options.decimals digits to keep behind the decimal point, or, negative, to drop before it; default 0
 * @throws MyelinError `VALUE` when decimals is no integer; `DTYPE` for decimals of integers and bools
 * @example
 * ```ts
 * import { round, tensor } from 'myelin';
 * console.log(round(tensor([0.5, 1.5, -1.6])).toArray()); // [ 0, 2, -2 ]
 * console.log(round(tensor([1.26, 14.5]), { decimals: 1 }).mul(10).toArray()); // [ 13, 145 ]
 * ```
 */
export function round<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { decimals = 0 }: RoundOptions = {},
): Tensor<D, S> {
  checkWithin('round', 'decimals', decimals, -300, 300);
  if (decimals === 0) return rounded(roundOp, x);
  checkReal('round', 'x', x);
  const scale = 10 ** Math.abs(decimals);
  return scope(() => {
    const places = roundOp({ x: decimals > 0 ? mul(x, scale) : div(x, scale) });
    return decimals > 0 ? div(places, scale) : mul(places, scale);
  }) as Tensor<D, S>;
}

const truncOp = unaryOp('trunc', floats);

/**
 * Integer part, toward zero: out = trunc x.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { trunc, tensor } from 'myelin';
 * console.log(trunc(tensor([1.5, -1.5])).toArray()); // [ 1, -1 ]
 * ```
 */
export function trunc<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(truncOp, x);
}

/**
 * Fraction, with the sign of x: out = x − trunc x. The gradient is 1.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { frac, tensor } from 'myelin';
 * console.log(frac(tensor([1.5, -2.25])).toArray()); // [ 0.5, -0.25 ]
 * ```
 */
export function frac<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkReal('frac', 'x', x);
  return scope(() => sub(x, trunc(x)));
}
