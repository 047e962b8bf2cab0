import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { checkArray, checkFinite } from './checks.js';
import { fullLike } from './creation.js';
import { windowOf, type WindowOptions } from './signal-window.js';
import { cos } from './trigonometry.js';

// Windows that are sums of cosines.

/** Σ factors[k] · cos(2πk · i / period). */
function cosines(places: Tensor, period: number, [first, ...rest]: readonly [number, ...number[]]): Tensor {
  const waves = rest.map((factor, k) => mul(cos(mul(places, (2 * Math.PI * (k + 1)) / period)), factor));
  return waves.reduce<Tensor>((sum, wave) => add(sum, wave), fullLike(places, first));
}

/**
 * Hann's window, a raised cosine that ends at 0.
 *
 * out[i] = 0.5 − 0.5 cos(2πi / M), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Blackman, Tukey, The Measurement of Power Spectra, 1958.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { hannWindow } from 'myelin';
 * console.log(hannWindow(4).toArray()); // [ 0, 0.5, 1, 0.5 ]
 * ```
 */
export function hannWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('hannWindow', n, options, (i, m) => cosines(i, m, [0.5, -0.5]));
}

/**
 * Hamming's window, a raised cosine whose first side lobe is cancelled.
 *
 * out[i] = 0.54 − 0.46 cos(2πi / M), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Blackman, Tukey, The Measurement of Power Spectra, 1958.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { hammingWindow } from 'myelin';
 * console.log(hammingWindow(4).shape); // [ 4 ]
 * ```
 */
export function hammingWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('hammingWindow', n, options, (i, m) => cosines(i, m, [0.54, -0.46]));
}

/**
 * Blackman's window, of two cosines.
 *
 * out[i] = 0.42 − 0.5 cos(2πi / M) + 0.08 cos(4πi / M), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Blackman, Tukey, The Measurement of Power Spectra, 1958.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { blackmanWindow } from 'myelin';
 * console.log(blackmanWindow(4).shape); // [ 4 ]
 * ```
 */
export function blackmanWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('blackmanWindow', n, options, (i, m) => cosines(i, m, [0.42, -0.5, 0.08]));
}

/**
 * Nuttall's window, of three cosines, with side lobes below −98 dB.
 *
 * out[i] = Σₖ (−1)ᵏ aₖ cos(2πki / M), a = 0.3635819, 0.4891775, 0.1365995, 0.0106411, M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * Source: Nuttall, "Some windows with very good sidelobe behavior", 1981.
 *
 * @param n number of elements
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n; `TYPE` for a `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { nuttallWindow } from 'myelin';
 * console.log(nuttallWindow(4).shape); // [ 4 ]
 * ```
 */
export function nuttallWindow<D extends FloatDType = 'float32'>(
  n: number,
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  return windowOf('nuttallWindow', n, options, (i, m) => cosines(i, m, [0.3635819, -0.4891775, 0.1365995, -0.0106411]));
}

/**
 * A sum of cosines, of which the other windows of this kind are cases.
 *
 * out[i] = Σₖ (−1)ᵏ factors[k] · cos(2πki / M), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * @param n number of elements
 * @param factors weights of the cosines, beginning with that of the constant; at least one
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n or factors that are no finite numbers; `TYPE` for factors that are no array or a
 * `periodic` that is no boolean; `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { generalCosineWindow } from 'myelin';
 * console.log(generalCosineWindow(4, [1, 1]).toArray()); // [ 0, 1, 2, 1 ]
 * ```
 */
export function generalCosineWindow<D extends FloatDType = 'float32'>(
  n: number,
  factors: readonly number[],
  options: WindowOptions<D> = {},
): Tensor<NoInfer<D>> {
  checkArray('generalCosineWindow', 'factors', factors);
  const signs = factors.map((factor, k) => (k % 2 === 0 ? factor : -factor));
  const [first, ...rest] = signs;
  checkFinite('generalCosineWindow', 'factors[0]', first);
  rest.forEach((factor, k) => checkFinite('generalCosineWindow', `factors[${k + 1}]`, factor));
  return windowOf('generalCosineWindow', n, options, (i, m) => cosines(i, m, [first, ...rest]));
}

/**
 * A raised cosine: {@link hannWindow} with α = 0.5, {@link hammingWindow} with α = 0.54.
 *
 * out[i] = α − (1 − α) cos(2πi / M), M = n, or n − 1 when symmetric
 *
 * Shapes: → [n]. Dtypes: float dtypes. A window of one is 1.
 *
 * @param n number of elements
 * @param options.alpha weight of the constant; default 0.54
 * @param options.periodic one period of a longer window, as transforms want it, or symmetric; default true
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `VALUE` for a negative n or an α that is no finite number; `TYPE` for a `periodic` that is no boolean;
 * `DTYPE` for a dtype that is not float
 * @example
 * ```ts
 * import { generalHammingWindow } from 'myelin';
 * console.log(generalHammingWindow(4, { alpha: 0.75 }).toArray()); // [ 0.5, 0.75, 1, 0.75 ]
 * ```
 */
export function generalHammingWindow<D extends FloatDType = 'float32'>(
  n: number,
  { alpha = 0.54, ...options }: WindowOptions<D> & { readonly alpha?: number } = {},
): Tensor<NoInfer<D>> {
  checkFinite('generalHammingWindow', 'alpha', alpha);
  return windowOf('generalHammingWindow', n, options, (i, m) => cosines(i, m, [alpha, alpha - 1]));
}
