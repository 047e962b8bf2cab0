import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, div, mul, neg, square, sub } from './arithmetic.js';
import { i0e } from './bessel.js';
import { checkAtLeast, checkPositive } from './checks.js';
import { full } from './creation.js';
import { exp, sqrt } from './math.js';
import { windowOf, type WindowOptions } from './signal-window.js';
import { sin } from './trigonometry.js';

// Windows of other shapes: triangles, bells.

/**
 * Bartlett's window, a triangle.
 *
 * out[i] = 1 − |2i / M − 1|, M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Bartlett, "Periodogram analysis and continuous spectra", 1950.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { bartlettWindow } from 'myelin';
 * console.log(bartlettWindow(4).toArray()); // [ 0, 0.5, 1, 0.5 ]
 * ```
 */
export function bartlettWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('bartlettWindow', n, options, (i, m) => sub(1, abs(sub(mul(i, 2 / m), 1))));
}

/**
 * Half a wave of the sine, whose ends are not 0.
 *
 * out[i] = sin(π (i + 1/2) / L), L = n + 1, or n when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { cosineWindow } from 'myelin';
 * console.log(cosineWindow(2).shape); // [ 2 ]
 * ```
 */
export function cosineWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('cosineWindow', n, options, (i, m) => sin(mul(add(i, 0.5), Math.PI / (m + 1))));
}

/**
 * Kaiser's window, which comes close to having the least energy outside of its main lobe.
 *
 * out[i] = I₀(β √(1 − (2i / M − 1)²)) / I₀(β), M = n, or n − 1 when symmetric, {@link i0} for I₀
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Kaiser, "Nonrecursive digital filter design using the I₀-sinh window function", 1974.
 *
 * @param n number of elements
 * @param options.beta how narrow the window is, and how low its side lobes: 0 is a rectangle; default 12
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n or a β that is negative or not finite; `TYPE` for a `periodic` that is no boolean;
 * `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { kaiserWindow } from 'myelin';
 * console.log(kaiserWindow(3, { beta: 0 }).toArray()); // [ 1, 1, 1 ]
 * ```
 */
export function kaiserWindow<D extends FloatDType = 'float32'>(
  n: number,
  { beta = 12, ...options }: WindowOptions<D> & { readonly beta?: number } = {},
): Tensor<NoInfer<D>> {
  checkAtLeast('kaiserWindow', 'beta', beta, 0);
  return windowOf('kaiserWindow', n, options, (i, m) => {
    // 1 − (2i / M − 1)² = 4 i (M − i) / M², which does not cancel.
    const argument = mul(sqrt(mul(i, sub(m, i))), (2 * beta) / m);
    // I₀(x) = e^x i0e(x), so that neither side of the quotient overflows.
    return mul(div(i0e(argument), i0e(full([], beta, { dtype: 'float64' }))), exp(sub(argument, beta)));
  });
}

/**
 * A bell of Gauss.
 *
 * out[i] = exp(−(i − M / 2)² / 2σ²), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * @param n number of elements
 * @param options.std standard deviation σ, in elements; default 1
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n or a σ that is not positive; `TYPE` for a `periodic` that is no boolean; `DTYPE` for
 * a dtype that is not float
 * @example
 * ```ts
 * import { gaussianWindow } from 'myelin';
 * console.log(gaussianWindow(4, { std: 2 }).at(2).item()); // 1
 * ```
 */
export function gaussianWindow<D extends FloatDType = 'float32'>(
  n: number,
  { std = 1, ...options }: WindowOptions<D> & { readonly std?: number } = {},
): Tensor<NoInfer<D>> {
  checkPositive('gaussianWindow', 'std', std);
  return windowOf('gaussianWindow', n, options, (i, m) => exp(mul(square(div(sub(i, m / 2), std)), -0.5)));
}

/**
 * A window that decays by a factor of e every τ elements from its middle.
 *
 * out[i] = exp(−|i − M / 2| / τ), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * @param n number of elements
 * @param options.tau decay constant τ, in elements; default 1
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n or a τ that is not positive; `TYPE` for a `periodic` that is no boolean; `DTYPE` for
 * a dtype that is not float
 * @example
 * ```ts
 * import { exponentialWindow } from 'myelin';
 * console.log(exponentialWindow(4).at(2).item()); // 1
 * ```
 */
export function exponentialWindow<D extends FloatDType = 'float32'>(
  n: number,
  { tau = 1, ...options }: WindowOptions<D> & { readonly tau?: number } = {},
): Tensor<NoInfer<D>> {
  checkPositive('exponentialWindow', 'tau', tau);
  return windowOf('exponentialWindow', n, options, (i, m) => exp(div(neg(abs(sub(i, m / 2))), tau)));
}
