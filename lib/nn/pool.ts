import type { Pair } from '../ops/checks.js';
import {
  avgPool2d,
  maxPool2d,
  maxPool2dWithIndices,
  type AvgPool2dOptions,
  type MaxPool2dOptions,
} from '../ops/pool.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch, placesAsBatch } from './batch.js';
import { WindowPool } from './pool-window.js';

/**
 * The largest value in each window of an image, channel by channel.
 *
 * out[b, c, i, j] = max k,l  x[b, c, i·stride + k·dilation − padding, j·stride + l·dilation − padding]
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 (⌈⌉ in ceil
 * mode). Dtypes: float dtypes.
 *
 * @param kernelSize height and width of a window, a number or [height, width], in pixels
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.padding pixels around the image that lose against everything; default 0
 * @param options.dilation pixels between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool2d, tensor } from 'myelin';
 * console.log(new MaxPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).item()); // 4
 * ```
 */
export class MaxPool2d extends WindowPool<Pair, MaxPool2dOptions> {
  constructor(kernelSize: Pair, options: MaxPool2dOptions = {}) {
    super(2, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => maxPool2d(batch, this.kernelSize, this.options));
  }

  /** {@link MaxPool2d.forward} and where each maximum is in the plane of the input, as {@link MaxUnpool2d} takes it. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 2, (batch) => maxPool2dWithIndices(batch, this.kernelSize, this.options));
  }
}

/**
 * The average of each window of an image, channel by channel.
 *
 * out[b, c, i, j] = avg k,l  x[b, c, i·stride + k − padding, j·stride + l − padding]
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes:
 * float dtypes.
 *
 * @param kernelSize height and width of a window, a number or [height, width], in pixels
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.padding zeros around the image, in pixels; default 0
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @param options.countIncludePad whether zeros of the padding count as pixels; default `true`
 * @param options.divisorOverride what sums of windows are divided by; default the number of pixels in a window
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { AvgPool2d, tensor } from 'myelin';
 * console.log(new AvgPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).item()); // 2.5
 * ```
 */
export class AvgPool2d extends WindowPool<Pair, AvgPool2dOptions> {
  constructor(kernelSize: Pair, options: AvgPool2dOptions = {}) {
    super(2, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => avgPool2d(batch, this.kernelSize, this.options));
  }
}
