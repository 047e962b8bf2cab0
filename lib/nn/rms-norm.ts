import { checkAtLeast, checkInteger } from '../ops/checks.js';
import { ones } from '../ops/creation.js';
import { localResponseNorm, rmsNorm, type LocalResponseNormOptions } from '../ops/rms-norm.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, parameter } from './init.js';
import { Module } from './module.js';
import { normalizedShapeOf } from './norm.js';

/** Options of {@link RMSNorm}. */
export interface RMSNormLayerOptions<D extends FloatDType = FloatDType> {
  /** Added to the mean square; default the epsilon of the dtype. */
  readonly eps?: number;
  /** Whether the result is scaled by learned numbers; default `true`. */
  readonly elementwiseAffine?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/**
 * Divides the last axes of every sample by their root mean square, then scales each feature.
 *
 * out = x / √(mean(x²) + eps) · weight
 *
 * Shapes: x [..., *normalizedShape]; weight normalizedShape. Dtypes: float dtypes.
 *
 * @param normalizedShape extents of the last axes; a number stands for one axis
 * @param options.eps added to the mean square; default the epsilon of the dtype, as in PyTorch
 * @param options.elementwiseAffine whether there is a weight; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `SHAPE` when x does not end in `normalizedShape`
 *
 * Source: Zhang & Sennrich 2019, «Root Mean Square Layer Normalization», equation 4.
 * @example
 * ```ts
 * import { RMSNorm, tensor } from 'myelin';
 * console.log(new RMSNorm(2, { eps: 0 }).forward(tensor([[2, -2], [3, 3]])).toArray()); // [ [ 1, -1 ], [ 1, 1 ] ]
 * ```
 */
export class RMSNorm<D extends FloatDType = 'float32'> extends Module {
  readonly normalizedShape: Shape;
  readonly weight: Parameter<D> | undefined;
  private readonly eps: number | undefined;

  constructor(normalizedShape: number | Shape, options: RMSNormLayerOptions<D> = {}) {
    super();
    const { eps, elementwiseAffine = true } = options;
    const shape = normalizedShapeOf('RMSNorm', normalizedShape);
    if (eps !== undefined) checkAtLeast('RMSNorm', 'eps', eps, 0);
    this.normalizedShape = shape;
    this.eps = eps;
    if (elementwiseAffine) this.weight = parameter<D>(() => ones(shape, { dtype: dtypeOf(options) }));
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const { weight, eps } = this;
    return rmsNorm(x, this.normalizedShape, { weight, eps });
  }
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
 * @throws MyelinError `VALUE` unless `size` is a positive integer
 *
 * Source: Krizhevsky, Sutskever & Hinton 2012, «ImageNet Classification with Deep Convolutional Neural Networks», section 3.3.
 * @example
 * ```ts
 * import { LocalResponseNorm, ones } from 'myelin';
 * console.log(new LocalResponseNorm(3).forward(ones([1, 4, 2, 2])).shape); // [ 1, 4, 2, 2 ]
 * ```
 */
export class LocalResponseNorm extends Module {
  constructor(
    readonly size: number,
    private readonly options: LocalResponseNormOptions = {},
  ) {
    super();
    checkInteger('LocalResponseNorm', 'size', size, 1);
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return localResponseNorm(x, this.size, this.options);
  }
}
