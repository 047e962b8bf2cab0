import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, mul, pow, square, sub } from './arithmetic.js';
import { checkNumber, checkReal } from './checks.js';
import { eq, ne, where } from './compare.js';
import { full } from './creation.js';
import { isfinite } from './logic.js';
import { exp, log, sqrt } from './math.js';
import { attrsOf, countOf, max, mean, min, reducedShape, sum, type ReduceOptions } from './reduce.js';
import { reshape } from './reshape.js';

/** Options of {@link variance} and {@link std}. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 1 for a sample, 0 for a whole population; default 1. */
  readonly correction?: number;
}

/**
 * Variance over axes: out = Σ (x − mean)² / (n − correction).
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes. NaN where n = correction = 1.
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
  return scope(() => moments('variance', x, options).variance) as Tensor<D>;
}

/** Variance and mean, of which the one needs the other anyway. */
function moments(op: string, x: Tensor, { axis, keepDims = false, correction = 1 }: VarianceOptions) {
  checkReal(op, 'x', x);
  checkNumber(op, 'correction', correction);
  const axes = normalizeAxes(op, axis, x.rank);
  const count = sizeOf(axes.map((a) => x.shape[a]!));
  const centre = mean(x as Tensor<FloatDType>, { axis: axes, keepDims: true });
  const squares = sum(square(sub(x, centre)), { axis: axes, keepDims });
  return {
    variance: mul(squares, 1 / Math.max(0, count - correction)),
    mean: keepDims ? centre : reshape(centre, squares.shape),
  };
}

/**
 * Standard deviation over axes: the square root of {@link variance}.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes.
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
  return scope(() => rootOrZero(moments('std', x, options).variance)) as Tensor<D>;
}

/**
 * {@link variance} and mean over axes in one go.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options.correction 1 for a sample, 0 for a population; default 1
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tensor, varMean } from 'myelin';
 * const { variance, mean } = varMean(tensor([1, 2, 3]));
 * console.log(variance.item(), mean.item()); // 1 2
 * ```
 */
export function varMean<D extends FloatDType>(
  x: Tensor<D>,
  options: VarianceOptions = {},
): { readonly variance: Tensor<D>; readonly mean: Tensor<D> } {
  return scope(() => moments('varMean', x, options)) as { variance: Tensor<D>; mean: Tensor<D> };
}

/**
 * Standard deviation ({@link std}) and mean over axes in one go.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options.correction 1 for a sample, 0 for a population; default 1
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { stdMean, tensor } from 'myelin';
 * const { std, mean } = stdMean(tensor([1, 2, 3]));
 * console.log(std.item(), mean.item()); // 1 2
 * ```
 */
export function stdMean<D extends FloatDType>(
  x: Tensor<D>,
  options: VarianceOptions = {},
): { readonly std: Tensor<D>; readonly mean: Tensor<D> } {
  const found = scope(() => {
    const { variance, mean } = moments('stdMean', x, options);
    return { std: rootOrZero(variance), mean };
  });
  return found as { std: Tensor<D>; mean: Tensor<D> };
}

/** Options of {@link norm}. */
export interface NormOptions extends ReduceOptions {
  /** Exponent; 0 counts what differs from 0, ±Infinity gives the largest or smallest absolute value; default 2. */
  readonly p?: number;
}

// Infinite slopes at 0 must not turn the gradient of what is all zeros into NaN.
function powerOrZero(x: Tensor, power: (x: Tensor) => Tensor, atZero = 0): Tensor {
  const isZero = eq(x, 0);
  return where(isZero, atZero, power(where(isZero, 1, x)));
}
const rootOrZero = (x: Tensor): Tensor => powerOrZero(x, sqrt);

function normOf(x: Tensor, p: number, options: ReduceOptions): Tensor {
  if (p === 2) return rootOrZero(sum(square(x), options));
  if (p === 0) return sum(ne(x, 0), { ...options, dtype: x.dtype });
  const size = abs(x);
  if (p === 1) return sum(size, options);
  if (p === Infinity) return max(size, options);
  if (p === -Infinity) return min(size, options);
  const powers = powerOrZero(size, (given) => pow(given, p), p > 0 ? 0 : Infinity);
  return powerOrZero(sum(powers, options), (given) => pow(given, 1 / p));
}

/**
 * Vector norm over axes: out = (Σ |x|ᵖ)^(1/p), with the number of elements other than 0 for p = 0 and the largest or
 * smallest absolute value for p = ±Infinity.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes. The gradient at the origin is 0,
 * and so is that of an element that is 0.
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
  return scope(() => normOf(x, p, options)) as Tensor<D>;
}

/**
 * Vector norm over axes, as `torch.linalg.vector_norm`: {@link norm} whose exponent is named `ord`.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes.
 *
 * @param options.ord exponent; default 2
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tensor, vectorNorm } from 'myelin';
 * console.log(vectorNorm(tensor([[3, 0], [4, 0]]), { axis: 0, ord: 2 }).toArray()); // [ 5, 0 ]
 * ```
 */
export function vectorNorm<D extends FloatDType>(
  x: Tensor<D>,
  { ord = 2, ...options }: ReduceOptions & { readonly ord?: number } = {},
): Tensor<D> {
  checkReal('vectorNorm', 'x', x);
  checkNumber('vectorNorm', 'ord', ord);
  return scope(() => normOf(x, ord, options)) as Tensor<D>;
}

/**
 * Logarithm of a sum of exponentials, safe from overflow: out = ln Σ eˣ. That of nothing is −∞.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { logSumExp, tensor } from 'myelin';
 * console.log(logSumExp(tensor([1000, -1000])).item()); // 1000
 * ```
 */
export function logSumExp<D extends FloatDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  checkReal('logSumExp', 'x', x);
  const { axes, keepDims } = attrsOf('logSumExp', x, options);
  const shape = reducedShape(x.shape, { axes, keepDims });
  if (countOf(x.shape, axes) === 0) return full(shape, -Infinity, { dtype: x.dtype });
  return scope(() => {
    // Any shift gives the same result; an infinite one would give ∞ − ∞.
    const shift = stopGradient(() => {
      const largest = max(x, { axis: axes, keepDims: true });
      return where(isfinite(largest), largest, 0);
    });
    const total = sum(exp(sub(x, shift)), { axis: axes, keepDims: true });
    return reshape(add(log(total), shift), shape);
  }) as Tensor<D>;
}
