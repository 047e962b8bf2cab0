import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, pow, square } from './arithmetic.js';
import { checkAtLeast, checkFinite, checkInteger, checkReal } from './checks.js';
import { finfo } from './dtypes.js';
import { rsqrt } from './math.js';
import { checkNormalized } from './norm.js';
import { onBehalf } from './on-behalf.js';
import { pad } from './padding.js';
import { avgPool2d } from './pool.js';
import { reshape } from './reshape.js';
import { average } from './standardize.js';

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions {
  /** Scale per feature, of shape `normalizedShape`; default 1. */
  readonly weight?: Tensor | undefined;
  /** Added to the mean square; default the epsilon of the dtype. */
  readonly eps?: number | undefined;
}

/**
 * Divides the last axes of every sample by their root mean square, then scales each feature.
 *
 * out = x / √(mean(x²) + eps) · weight
 *
 * Shapes: x [..., *normalizedShape]; weight normalizedShape; the result is as x. Dtypes: float dtypes, the same for both.
 *
 * @param normalizedShape the extents of the axes to normalize, which must be the last ones of `x`
 * @param options.weight scale per feature; default 1
 * @param options.eps added to the mean square; default the epsilon of the dtype, as in PyTorch
 * @throws MyelinError `SHAPE` when `x` does not end in `normalizedShape`; `DTYPE` when dtypes differ or are not float;
 *   `VALUE` when eps is negative
 *
 * Source: Zhang and Sennrich, "Root mean square layer normalization", 2019, equation 4.
 * @example
 * ```ts
 * import { rmsNorm, tensor } from 'myelin';
 * console.log(rmsNorm(tensor([[2, -2], [3, 3]]), [2], { eps: 0 }).toArray()); // [ [ 1, -1 ], [ 1, 1 ] ]
 * ```
 */
export function rmsNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  normalizedShape: Shape,
  options?: RmsNormOptions,
): Tensor<D, S>;
export function rmsNorm(x: Tensor<FloatDType>, normalizedShape: Shape, options: RmsNormOptions = {}): Tensor {
  const { weight } = options;
  checkNormalized('rmsNorm', x, normalizedShape, { weight });
  const eps = options.eps ?? finfo(x.dtype).eps;
  checkAtLeast('rmsNorm', 'eps', eps, 0);
  const axes = normalizedShape.map((_, i) => x.rank - normalizedShape.length + i);
  return onBehalf('rmsNorm', () => {
    const normal = mul(x, rsqrt(add(average(square(x), axes), eps)));
    return weight === undefined ? normal : mul(normal, weight);
  });
}

/** Options of {@link localResponseNorm}. */
export interface LocalResponseNormOptions {
  /** Factor of the mean square; default 1e-4. */
  readonly alpha?: number;
  /** Power of the divisor; default 0.75. */
  readonly beta?: number;
  /** Added to the mean square; default 1. */
  readonly k?: number;
}

/**
 * Divides every element by a power of the mean square of its neighbours in the channels around it.
 *
 * out = x / (k + alpha · mean(x²))^beta, the mean being taken over `size` channels, those that do not exist counting as 0.
 *
 * Shapes: x [B, C, …] → the same. Dtypes: float dtypes.
 *
 * @param size how many channels are neighbours
 * @param options.alpha factor of the mean square; default 1e-4
 * @param options.beta power of the divisor; default 0.75
 * @param options.k added to the mean square; default 1
 * @throws MyelinError `SHAPE` for fewer than three axes; `DTYPE` for integers and bool; `VALUE` for options out of range
 *
 * Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012,
 * section 3.3.
 * @example
 * ```ts
 * import { localResponseNorm, tensor } from 'myelin';
 * console.log(localResponseNorm(tensor([[[2], [0]]]), 1, { alpha: 0.75, beta: 0.5 }).toArray()); // [ [ [ 1 ], [ 0 ] ] ]
 * ```
 */
export function localResponseNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  size: number,
  options?: LocalResponseNormOptions,
): Tensor<D, S>;
export function localResponseNorm(
  x: Tensor<FloatDType>,
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions = {},
): Tensor {
  checkReal('localResponseNorm', 'x', x);
  checkInteger('localResponseNorm', 'size', size, 1);
  for (const [name, value] of Object.entries({ alpha, beta, k })) checkFinite('localResponseNorm', name, value);
  if (x.rank < 3) fail('SHAPE', 'localResponseNorm', `x is ${describe(x)} (need [B, C, ...])`, { x: x.shape });
  const [batch, channels] = x.shape as [number, number];
  const before = Math.floor(size / 2);
  return onBehalf('localResponseNorm', () => {
    const squares = reshape(square(x), [batch, 1, channels, x.shape.slice(2).reduce((a, b) => a * b, 1)]);
    const widened = pad(squares, [[before, size - 1 - before], [0, 0]]); // prettier-ignore
    const means = reshape(avgPool2d(widened, [size, 1], { stride: 1 }), x.shape);
    return div(x, pow(add(mul(means, alpha), k), beta));
  });
}
