import { checkAtLeast, checkIntegers } from '../ops/checks.js';
import { groupNorm, instanceNorm } from '../ops/group-norm.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch } from './batch.js';
import { ChannelNorm, type ChannelNormOptions } from './channel-norm.js';
import { normParameters } from './init.js';
import { Module } from './module.js';

/** Options of {@link GroupNorm}. */
export interface GroupNormLayerOptions<D extends FloatDType = FloatDType> {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether the result is scaled and shifted by learned numbers; default `true`. */
  readonly affine?: boolean;
  /** Whether it is shifted as well; default `true`. */
  readonly bias?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/**
 * Normalizes groups of channels of every sample to mean 0 and variance 1, then scales and shifts each channel.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the biased variance of a sample's group over its channels and
 * all places.
 *
 * Shapes: x [B, numChannels, …] → the same; weight and bias [numChannels]. Dtypes: float dtypes.
 *
 * @param numGroups into how many groups the channels are split, in order
 * @param numChannels number of channels
 * @param options.eps added to the variance; default 1e-5
 * @param options.affine whether there are weight and bias; default `true`
 * @param options.bias whether there is a bias beside the weight; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless both counts are positive integers and the first divides the second
 *
 * Source: Wu & He 2018, «Group Normalization», section 3.
 * @example
 * ```ts
 * import { GroupNorm, tensor } from 'myelin';
 * console.log(new GroupNorm(2, 4, { eps: 0 }).forward(tensor([[1, 3, 10, 30]])).toArray()); // [ [ -1, 1, -1, 1 ] ]
 * ```
 */
export class GroupNorm<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D> | undefined;
  readonly bias: Parameter<D> | undefined;
  private readonly eps: number;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormLayerOptions<D> = {},
  ) {
    super();
    const { eps = 1e-5, affine = true } = options;
    checkIntegers('GroupNorm', { numGroups, numChannels }, 1);
    checkAtLeast('GroupNorm', 'eps', eps, 0);
    if (numChannels % numGroups !== 0) {
      fail('VALUE', 'GroupNorm', `numChannels is ${numChannels}, numGroups is ${numGroups} (need a multiple)`);
    }
    this.eps = eps;
    ({ weight: this.weight, bias: this.bias } = normParameters([numChannels], affine, options));
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const { weight, bias, eps } = this;
    return groupNorm(x, this.numGroups, { weight, bias, eps });
  }
}

/** Options of {@link InstanceNorm1d}, {@link InstanceNorm2d} and {@link InstanceNorm3d}. */
export type InstanceNormLayerOptions<D extends FloatDType = FloatDType> = ChannelNormOptions<D>;

abstract class InstanceNorm<D extends FloatDType> extends ChannelNorm<D> {
  constructor(numFeatures: number, options: InstanceNormLayerOptions<D> = {}) {
    super('InstanceNorm', numFeatures, options);
  }

  override forward<S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    this.checkRank(x);
    const { weight, bias, eps, running_mean: runningMean, running_var: runningVar } = this;
    const useInputStats = this.training || runningMean === undefined;
    const options = { weight, bias, runningMean, runningVar, useInputStats, momentum: this.momentum ?? 0, eps };
    return asBatch<D>(x, this.ranks[1]! - 2, (batch) => instanceNorm(batch, options)) as Tensor<D, S>;
  }
}

/**
 * Normalizes every channel of every sample to mean 0 and variance 1 over its steps.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias
 *
 * With running statistics, training moves them toward the averages over the batch, and inference uses them.
 *
 * Shapes: x [B, C, L], of a single sample without B; parameters and statistics [C]. Dtypes: float dtypes.
 *
 * State: weight, bias, running_mean, running_var, num_batches_tracked, as far as the options ask for them.
 *
 * @param numFeatures number of channels C
 * @param options.eps added to the variance; default 1e-5
 * @param options.momentum weight of a batch in the running statistics; default 0.1
 * @param options.affine whether there are weight and bias; default `false`
 * @param options.bias whether there is a bias beside the weight; default `true`
 * @param options.trackRunningStats whether there are running statistics; default `false`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless `numFeatures` is a positive integer; `SHAPE` for channels of one place
 *
 * Source: Ulyanov, Vedaldi & Lempitsky 2016, «Instance Normalization», equation 2.
 * @example
 * ```ts
 * import { InstanceNorm1d, tensor } from 'myelin';
 * console.log(new InstanceNorm1d(1, { eps: 0 }).forward(tensor([[[1, 3]]])).toArray()); // [ [ [ -1, 1 ] ] ]
 * ```
 */
export class InstanceNorm1d<D extends FloatDType = 'float32'> extends InstanceNorm<D> {
  protected override readonly ranks = [2, 3];
}

/**
 * {@link InstanceNorm1d} for images. Shapes: x [B, C, H, W] or [C, H, W]. Options, state and errors are the same.
 *
 * @example
 * ```ts
 * import { InstanceNorm2d, ones } from 'myelin';
 * console.log(new InstanceNorm2d(3, { affine: true }).forward(ones([2, 3, 4, 4])).shape); // [ 2, 3, 4, 4 ]
 * ```
 */
export class InstanceNorm2d<D extends FloatDType = 'float32'> extends InstanceNorm<D> {
  protected override readonly ranks = [3, 4];
}

/**
 * {@link InstanceNorm1d} for volumes. Shapes: x [B, C, D, H, W] or [C, D, H, W]. Options, state and errors are the same.
 *
 * @example
 * ```ts
 * import { InstanceNorm3d, ones } from 'myelin';
 * console.log(new InstanceNorm3d(2).forward(ones([1, 2, 2, 3, 3])).shape); // [ 1, 2, 2, 3, 3 ]
 * ```
 */
export class InstanceNorm3d<D extends FloatDType = 'float32'> extends InstanceNorm<D> {
  protected override readonly ranks = [4, 5];
}
