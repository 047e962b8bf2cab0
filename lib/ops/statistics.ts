import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, mul, pow, square, sub } from './arithmetic.js';
import { checkNumber, checkReal } from './checks.js';
import { eq, where } from './compare.js';
import { isfinite } from './logic.js';
import { exp, log, sqrt } from './math.js';
import { max, mean, min, sum, type ReduceOptions } from './reduce.js';
import { reshape } from './reshape.js';

/** Options of {@link variance} and {@link std}. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 1 for a sample, 0 for a whole population; default 1. */
  readonly correction?: number;
}

/**
 * Variance over axes: out = Σ (x − mean)² / (n − correction).
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float32, float64. NaN where n = correction = 1.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options.correction 1 for a sample, 0 for a population; default 1
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tensor, variance } from 'myelin';
 * console.log(variance(tensor([1, 2, 3, 6])).item().toFixed(3)); // 4.667
 * ```
 */
export function variance<D extends FloatDType>(x: Tensor<D>, options: VarianceOptions = {}): Tensor<D> {
  const { axis, keepDims = false, correction = 1 } = options;
  checkReal('variance', 'x', x);
  checkNumber('variance', 'correction', correction);
  const axes = normalizeAxes('variance', axis, x.rank);
  const count = sizeOf(axes.map((a) => x.shape[a]!));
  return scope(() => {
    const centred = sub(x, mean(x, { axis: axes, keepDims: true }));
    return mul(sum(square(centred), { axis: axes, keepDims }), 1 / Math.max(0, count - correction));
  }) as Tensor<D>;
}

/**
 * Standard deviation over axes: the square root of {@link variance}.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float32, float64.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options.correction 1 for a sample, 0 for a population; default 1
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { std, tensor } from 'myelin';
 * console.log(std(tensor([1, 3]), { correction: 0 }).item()); // 1
 * ```
 */
export function std<D extends FloatDType>(x: Tensor<D>, options: VarianceOptions = {}): Tensor<D> {
  return scope(() => sqrt(variance(x, options))) as Tensor<D>;
}

/** Options of {@link norm}. */
export interface NormOptions extends ReduceOptions {
  /** Exponent; ±Infinity gives the largest or smallest absolute value; default 2. */
  readonly p?: number;
}

// The square root's infinite slope at 0 must not turn the gradient of an all-zero vector into NaN.
function rootOrZero(x: Tensor): Tensor {
  const isZero = eq(x, 0);
  return where(isZero, 0, sqrt(where(isZero, 1, x)));
}

/**
 * Vector norm over axes: out = (Σ |x|ᵖ)^(1/p).
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float32, float64. The gradient of the 2-norm
 * at the origin is 0.
 *
 * @param options.p exponent; default 2
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { norm, tensor } from 'myelin';
 * console.log(norm(tensor([3, 4])).item(), norm(tensor([3, -4]), { p: 1 }).item()); // 5 7
 * ```
 */
export function norm<D extends FloatDType>(x: Tensor<D>, { p = 2, ...options }: NormOptions = {}): Tensor<D> {
  checkReal('norm', 'x', x);
  checkNumber('norm', 'p', p);
  return scope(() => {
    if (p === 2) return rootOrZero(sum(square(x), options));
    const size = abs(x);
    if (p === 1) return sum(size, options);
    if (p === Infinity) return max(size, options);
    if (p === -Infinity) return min(size, options);
    return pow(sum(pow(size, p), options), 1 / p);
  }) as Tensor<D>;
}

/**
 * Logarithm of a sum of exponentials, safe from overflow: out = ln Σ eˣ.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float32, float64.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool; `SHAPE` when there is nothing
 * to add up
 * @example
 * ```ts
 * import { logSumExp, tensor } from 'myelin';
 * console.log(logSumExp(tensor([1000, -1000])).item()); // 1000
 * ```
 */
export function logSumExp<D extends FloatDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  checkReal('logSumExp', 'x', x);
  const axes = normalizeAxes('logSumExp', options.axis, x.rank);
  return scope(() => {
    // Any shift gives the same result; an infinite one would give ∞ − ∞.
    const shift = stopGradient(() => {
      const largest = max(x, { axis: axes, keepDims: true });
      return where(isfinite(largest), largest, 0);
    });
    const total = sum(exp(sub(x, shift)), { axis: axes, keepDims: true });
    const out = add(log(total), shift);
    return options.keepDims === true
      ? out
      : reshape(
          out,
          out.shape.filter((_, axis) => !axes.includes(axis)),
        );
  }) as Tensor<D>;
}
