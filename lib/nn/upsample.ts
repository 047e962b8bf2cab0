import { checkInteger, checkObject } from '../ops/checks.js';
import { interpolate, type InterpolateOptions } from '../ops/interpolate.js';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../ops/pixel-shuffle.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * Resizes signals, images or volumes, see {@link interpolate}.
 *
 * Shapes: x [B, C, L], [B, C, H, W] or [B, C, D, H, W], with as many axes as the mode is for → the same with other extents.
 * Dtypes: float dtypes.
 *
 * @param options.size extents of the result, one number for all spatial axes or one for each
 * @param options.scaleFactor by how much extents are multiplied, instead of `size`
 * @param options.mode `'nearest'`, `'nearestExact'`, `'linear'`, `'bilinear'`, `'bicubic'`, `'trilinear'` or `'area'`; default
 * `'nearest'`
 * @param options.alignCorners whether the outermost places of input and result are the same; default `false`
 * @param options.recomputeScaleFactor whether places are found by the extents of the result, not by `scaleFactor`; default `false`
 * @param options.antialias whether images that shrink are filtered by as much, `bilinear` and `bicubic` only; default `false`
 * @throws MyelinError `VALUE` unless either size or scale is given
 * @example
 * ```ts
 * import { ones, Upsample } from 'myelin';
 * const layer = new Upsample({ scaleFactor: 2, mode: 'bilinear' });
 * console.log(layer.forward(ones([1, 3, 4, 5])).shape); // [ 1, 3, 8, 10 ]
 * ```
 */
export class Upsample extends Module {
  constructor(private readonly options: InterpolateOptions) {
    super();
    checkObject('Upsample', 'options', options);
    const { size, scaleFactor } = options;
    if ((size === undefined) === (scaleFactor === undefined)) {
      fail('VALUE', 'Upsample', 'need either size or scaleFactor');
    }
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return interpolate(x, this.options);
  }
}

/**
 * Turns channels into pixels: images of r times the height and width, see {@link pixelShuffle}.
 *
 * Shapes: x [..., C·r², H, W] → [..., C, H·r, W·r]. Dtypes: float dtypes.
 *
 * @param upscaleFactor the factor r
 * @throws MyelinError `VALUE` unless it is a positive integer
 *
 * Source: Shi et al. 2016, «Real-Time Single Image and Video Super-Resolution …», section 3.2.
 * @example
 * ```ts
 * import { ones, PixelShuffle } from 'myelin';
 * console.log(new PixelShuffle(2).forward(ones([1, 8, 3, 3])).shape); // [ 1, 2, 6, 6 ]
 * ```
 */
export class PixelShuffle extends Module {
  constructor(readonly upscaleFactor: number) {
    super();
    checkInteger('PixelShuffle', 'upscaleFactor', upscaleFactor, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return pixelShuffle(x, this.upscaleFactor);
  }
}

/**
 * Turns pixels into channels: the opposite of {@link PixelShuffle}.
 *
 * Shapes: x [..., C, H·r, W·r] → [..., C·r², H, W]. Dtypes: float dtypes.
 *
 * @param downscaleFactor the factor r
 * @throws MyelinError `VALUE` unless it is a positive integer
 * @example
 * ```ts
 * import { ones, PixelUnshuffle } from 'myelin';
 * console.log(new PixelUnshuffle(2).forward(ones([1, 2, 6, 6])).shape); // [ 1, 8, 3, 3 ]
 * ```
 */
export class PixelUnshuffle extends Module {
  constructor(readonly downscaleFactor: number) {
    super();
    checkInteger('PixelUnshuffle', 'downscaleFactor', downscaleFactor, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}

/**
 * Mixes the channels of groups, see {@link channelShuffle}.
 *
 * Shapes: x [B, C, …] → the same. Dtypes: float dtypes.
 *
 * @param groups how many groups there are
 * @throws MyelinError `VALUE` unless it is a positive integer
 *
 * Source: Zhang et al. 2018, «ShuffleNet», section 3.1.
 * @example
 * ```ts
 * import { ChannelShuffle, tensor } from 'myelin';
 * console.log(new ChannelShuffle(2).forward(tensor([[1, 2, 3, 4]])).toArray()); // [ [ 1, 3, 2, 4 ] ]
 * ```
 */
export class ChannelShuffle extends Module {
  constructor(readonly groups: number) {
    super();
    checkInteger('ChannelShuffle', 'groups', groups, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return channelShuffle(x, this.groups);
  }
}
