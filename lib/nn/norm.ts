import { checkShape } from '../tensor/shape.js';
import { stopGradient } from '../engine/tape.js';
import { add } from '../ops/arithmetic.js';
import { checkInteger } from '../ops/checks.js';
import { ones, zeros } from '../ops/creation.js';
import { batchNorm, layerNorm } from '../ops/norm.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Buffer, Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { buffer, dtypeOf, parameter } from './init.js';
import { Module } from './module.js';

/** Options of {@link BatchNorm1d} and {@link BatchNorm2d}. */
export interface BatchNormLayerOptions<D extends FloatDType = FloatDType> {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Weight of a batch in the running statistics, 0 to 1; `null` weighs all batches alike. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether the result is scaled and shifted by learned numbers; default `true`. */
  readonly affine?: boolean;
  /** Whether running statistics are kept for inference; without them it uses those of its batch too. Default `true`. */
  readonly trackRunningStats?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/** Fields have PyTorch's names, because they are the names in state dicts. */
abstract class BatchNorm<D extends FloatDType> extends Module {
  readonly weight: Parameter<D> | undefined;
  readonly bias: Parameter<D> | undefined;
  readonly running_mean: Buffer | undefined;
  readonly running_var: Buffer | undefined;
  readonly num_batches_tracked: Buffer | undefined;
  private readonly eps: number;
  private readonly momentum: number | null;

  /** Numbers of axes that an input may have. */
  protected abstract readonly ranks: readonly number[];

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions<D> = {},
  ) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    checkInteger('BatchNorm', 'numFeatures', numFeatures, 1);
    const dtype = dtypeOf(options);
    const shape = [numFeatures];
    this.eps = eps;
    this.momentum = momentum;
    if (affine) {
      this.weight = parameter<D>(() => ones(shape, { dtype }));
      this.bias = parameter<D>(() => zeros(shape, { dtype }));
    }
    if (trackRunningStats) {
      this.running_mean = buffer(() => zeros(shape, { dtype }));
      this.running_var = buffer(() => ones(shape, { dtype }));
      this.num_batches_tracked = buffer(() => zeros([], { dtype: 'int64' }));
    }
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    if (!this.ranks.includes(x.rank)) {
      fail('SHAPE', this.constructor.name, `x is ${describe(x)} (need ${this.ranks.join(' or ')} axes)`, {
        x: x.shape,
      });
    }
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
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    checkShape('LayerNorm', shape);
    for (const extent of shape) checkInteger('LayerNorm', 'normalizedShape', extent, 1);
    const dtype = dtypeOf(options);
    this.normalizedShape = shape;
    this.eps = eps;
    if (!elementwiseAffine) return;
    this.weight = parameter<D>(() => ones(shape, { dtype }));
    if (bias) this.bias = parameter<D>(() => zeros(shape, { dtype }));
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }
}
