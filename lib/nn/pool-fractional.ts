import type { Pair, Triple } from '../ops/checks.js';
import {
  checkFractional,
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
  type FractionalMaxPool2dOptions,
  type FractionalMaxPool3dOptions,
  type FractionalPoolOptions,
} from '../ops/pool-fractional.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch, placesAsBatch } from './batch.js';
import { WindowPool } from './pool-window.js';

/** What pools have whose windows lie apart at random. */
abstract class FractionalPool<E, Options extends FractionalPoolOptions<E>> extends WindowPool<E, Options> {
  protected constructor(axes: number, kernelSize: E, options: Options) {
    super(axes, kernelSize, options);
    checkFractional(new.target.name, options, axes);
  }
}

/**
 * The largest value in each of as many windows as are asked for; windows are all of one size, and how far they lie apart changes at
 * random, for each channel of each sample: {@link fractionalMaxPool2d}.
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.outputSize height and width of the result, a number or [height, width]
 * @param options.outputRatio height and width relative to those of x, in place of `outputSize`
 * @param options.randomSamples what decides where windows lie, [B, C, 2], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default the global one
 * @throws MyelinError `VALUE` for a kernel that is not positive, or unless one of `outputSize` and `outputRatio` is given
 *
 * Source: Graham 2014, «Fractional Max-Pooling», section 2, overlapping pseudo-random regions.
 * @example
 * ```ts
 * import { FractionalMaxPool2d, ones } from 'myelin';
 * console.log(new FractionalMaxPool2d(2, { outputRatio: 0.6 }).forward(ones([1, 3, 10, 20])).shape); // [ 1, 3, 6, 12 ]
 * ```
 */
export class FractionalMaxPool2d extends FractionalPool<Pair, FractionalMaxPool2dOptions> {
  constructor(kernelSize: Pair, options: FractionalMaxPool2dOptions) {
    super(2, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => fractionalMaxPool2d(batch, this.kernelSize, this.options));
  }

  /** {@link FractionalMaxPool2d.forward} and where each maximum is in the plane of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 2, (batch) => fractionalMaxPool2dWithIndices(batch, this.kernelSize, this.options));
  }
}

/**
 * {@link FractionalMaxPool2d} of volumes: windows lie apart at random along all three axes.
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.outputSize depth, height and width of the result, a number or all three
 * @param options.outputRatio these relative to those of x, in place of `outputSize`
 * @param options.randomSamples what decides where windows lie, [B, C, 3], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default the global one
 * @throws MyelinError `VALUE` for a kernel that is not positive, or unless one of `outputSize` and `outputRatio` is given
 * @example
 * ```ts
 * import { FractionalMaxPool3d, ones } from 'myelin';
 * console.log(new FractionalMaxPool3d(2, { outputSize: 3 }).forward(ones([1, 2, 4, 5, 6])).shape); // [ 1, 2, 3, 3, 3 ]
 * ```
 */
export class FractionalMaxPool3d extends FractionalPool<Triple, FractionalMaxPool3dOptions> {
  constructor(kernelSize: Triple, options: FractionalMaxPool3dOptions) {
    super(3, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => fractionalMaxPool3d(batch, this.kernelSize, this.options));
  }

  /** {@link FractionalMaxPool3d.forward} and where each maximum is in the volume of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 3, (batch) => fractionalMaxPool3dWithIndices(batch, this.kernelSize, this.options));
  }
}
