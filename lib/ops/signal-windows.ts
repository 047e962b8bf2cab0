import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, mul, sub } from './arithmetic.js';
import { checkInteger } from './checks.js';
import { fullLike, ones, type CreationOptions } from './creation.js';
import { checkFloatDType } from './frequencies.js';
import { arange } from './ranges.js';
import { cos } from './trigonometry.js';

/** Options of the windows of signals. */
export interface WindowOptions<D extends FloatDType> extends CreationOptions<D> {
  /** Whether the window is one period of a longer one, as transforms want it, or symmetric; default true. */
  readonly periodic?: boolean;
}

// `shape` gets the places i in float64 and the length of the period.
function windowOf<D extends FloatDType>(
  op: string,
  n: number,
  { periodic = true, dtype = 'float32' as D }: WindowOptions<D>,
  shape: (places: Tensor, period: number) => Tensor,
): Tensor<D> {
  checkInteger(op, 'n', n, 0);
  if (typeof periodic !== 'boolean') fail('TYPE', op, `periodic is ${show(periodic)} (need true or false)`);
  checkFloatDType(op, dtype);
  if (n === 1) return ones([1], { dtype });
  return scope(() => shape(arange(n, { dtype: 'float64' }), periodic ? n : n - 1).to(dtype));
}

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
