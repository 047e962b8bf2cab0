import { stopGradient } from '../engine/tape.js';
import { add } from '../ops/arithmetic.js';
import { checkInteger } from '../ops/checks.js';
import { batchNorm, layerNorm } from '../ops/norm.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { ChannelNorm, type ChannelNormOptions } from './channel-norm.js';
import { normParameters } from './init.js';
import { Module } from './module.js';

/** Options of {@link BatchNorm1d}, {@link BatchNorm2d} and {@link BatchNorm3d}. */
export type BatchNormLayerOptions<D extends FloatDType = FloatDType> = ChannelNormOptions<D>;

abstract class BatchNorm<D extends FloatDType> extends ChannelNorm<D> {
  constructor(numFeatures: number, options: BatchNormLayerOptions<D> = {}) {
    super('BatchNorm', numFeatures, { affine: true, trackRunningStats: true, ...options });
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    this.checkRank(x);
    const { weight, bias, eps, running_mean: runningMean, running_var: runningVar } = this;
    const training = this.training || runningMean === undefined;
    const momentum = this.training ? this.countBatch() : 0;
    return batchNorm(x, { weight, bias, runningMean, runningVar, training, momentum, eps });
  }

  /** Counts a batch of training; returns its weight in the running statistics. */
  private countBatch(): number {
    const count = this.num_batches_tracked;
    if (count !== undefined) stopGradient(() => scope(() => count.assign(add(count, 1))));
    return this.momentum ?? 1 / Number(count?.item() ?? 1);
  }
}

/**
 * Normalizes every channel to mean 0 and variance 1 over the batch, then scales and shifts it.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias
 *
 * Training uses the statistics of the batch and moves the running ones toward them:
 * running = (1 − momentum) · running + momentum · batch, where the variance is the unbiased one. Inference uses the running
 * ones, so that samples do not depend on each other.
 *
 * Shapes: x [B, C] or [B, C, T]; parameters and statistics [C]. Dtypes: float dtypes.
 *
 * State: weight, bias, running_mean, running_var, num_batches_tracked.
 *
 * @param numFeatures number of channels C
 * @param options.eps added to the variance; default 1e-5
 * @param options.momentum weight of a batch in the running statistics; `null` weighs all batches alike; default 0.1
 * @param options.affine whether there are weight and bias; default `true`
 * @param options.bias whether there is a bias beside the weight; default `true`
 * @param options.trackRunningStats whether there are running statistics; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless `numFeatures` is a positive integer; `SHAPE` when training on one value per channel
 *
 * Source: Ioffe & Szegedy 2015, «Batch Normalization», algorithms 1 and 2.
 * @example
 * ```ts
 * import { BatchNorm1d, tensor } from 'myelin';
 * const norm = new BatchNorm1d(1, { eps: 0 });
 * console.log(norm.forward(tensor([[1], [3]])).toArray()); // [ [ -1 ], [ 1 ] ]
 * ```
 */
export class BatchNorm1d<D extends FloatDType = 'float32'> extends BatchNorm<D> {
  protected override readonly ranks = [2, 3];
}

/**
 * {@link BatchNorm1d} for images: statistics of a channel are taken over the batch and all its pixels.
 *
 * Shapes: x [B, C, H, W]; parameters and statistics [C]. Dtypes: float dtypes. Options, state and errors are the same.
 *
 * Source: Ioffe & Szegedy 2015, «Batch Normalization», section 3.2.
 * @example
 * ```ts
 * import { BatchNorm2d, normal } from 'myelin';
 * const norm = new BatchNorm2d(3).eval();
 * console.log(norm.forward(normal([2, 3, 8, 8])).shape); // [ 2, 3, 8, 8 ]
 * ```
 */
export class BatchNorm2d<D extends FloatDType = 'float32'> extends BatchNorm<D> {
  protected override readonly ranks = [4];
}

/**
 * {@link BatchNorm1d} for volumes: statistics of a channel are taken over the batch and all its places.
 *
 * Shapes: x [B, C, D, H, W]; parameters and statistics [C]. Dtypes: float dtypes. Options, state and errors are the same.
 *
 * @example
 * ```ts
 * import { BatchNorm3d, normal } from 'myelin';
 * console.log(new BatchNorm3d(2).forward(normal([2, 2, 3, 4, 4])).shape); // [ 2, 2, 3, 4, 4 ]
 * ```
 */
export class BatchNorm3d<D extends FloatDType = 'float32'> extends BatchNorm<D> {
  protected override readonly ranks = [5];
}

/** Options of {@link LayerNorm}. */
export interface LayerNormLayerOptions<D extends FloatDType = FloatDType> {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether the result is scaled by learned numbers; default `true`. */
  readonly elementwiseAffine?: boolean;
  /** Whether it is shifted as well; default `true`. */
  readonly bias?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/** The extents of the axes that a layer normalizes, checked; a number stands for one axis. */
export function normalizedShapeOf(op: string, given: number | Shape): Shape {
  const shape = typeof given === 'number' ? [given] : given;
  checkShape(op, shape);
  for (const extent of shape) checkInteger(op, 'normalizedShape', extent, 1);
  return shape;
}

/**
 * Normalizes the last axes of every sample to mean 0 and variance 1, then scales and shifts each feature.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the biased variance over the last axes.
 *
 * Shapes: x [..., *normalizedShape]; weight and bias normalizedShape. Dtypes: float dtypes.
 *
 * @param normalizedShape extents of the last axes; a number stands for one axis
 * @param options.eps added to the variance; default 1e-5
 * @param options.elementwiseAffine whether there are weight and bias; default `true`
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `SHAPE` when x does not end in `normalizedShape`
 *
 * Source: Ba, Kiros & Hinton 2016, «Layer Normalization», section 3.
 * @example
 * ```ts
 * import { LayerNorm, tensor } from 'myelin';
 * const norm = new LayerNorm(2, { eps: 0 });
 * console.log(norm.forward(tensor([[1, 3], [10, 30]])).toArray()); // [ [ -1, 1 ], [ -1, 1 ] ]
 * ```
 */
export class LayerNorm<D extends FloatDType = 'float32'> extends Module {
  readonly normalizedShape: Shape;
  readonly weight: Parameter<D> | undefined;
  readonly bias: Parameter<D> | undefined;
  private readonly eps: number;

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions<D> = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true } = options;
    const shape = normalizedShapeOf('LayerNorm', normalizedShape);
    this.normalizedShape = shape;
    this.eps = eps;
    ({ weight: this.weight, bias: this.bias } = normParameters(shape, elementwiseAffine, options));
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }
}
