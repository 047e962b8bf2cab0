import { checkInteger, pairOf, type Pair } from '../ops/checks.js';
import { conv2d, type Conv2dOptions } from '../ops/conv.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { affineParameters, type AffineOptions } from './init.js';
import { Module } from './module.js';

/** Options of {@link Conv2d}. */
export type Conv2dLayerOptions<D extends FloatDType = FloatDType> = Omit<Conv2dOptions, 'bias'> & AffineOptions<D>;

/**
 * Slides learned kernels over images and sums the products.
 *
 * out[b, o, i, j] = bias[o] + Σ c,k,l  weight[o, c, k, l] · x[b, c, i·stride + k·dilation − padding, …]
 *
 * Shapes: x [B, inChannels, H, W] → [B, outChannels, H′, W′] with
 * H′ = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1; weight [outChannels, inChannels / groups, KH, KW],
 * bias [outChannels]. Dtypes: float dtypes. Weight and bias start as U(−b, b) with
 * b = 1/√(inChannels / groups · KH · KW), as in PyTorch. What lies outside the image counts as zero.
 *
 * @param kernelSize height and width of the kernels, a number or [height, width], in pixels
 * @param options.stride pixels between positions of the kernel; default 1
 * @param options.padding pixels around the image, a number, [height, width], `'same'` or `'valid'`; default 0
 * @param options.dilation pixels between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; `groups = inChannels` is a depthwise convolution; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 *
 * Source: LeCun et al. 1998, «Gradient-Based Learning Applied to Document Recognition», section II.
 * @example
 * ```ts
 * import { Conv2d, ones } from 'myelin';
 * const layer = new Conv2d(3, 16, 5, { stride: 2, padding: 2 });
 * console.log(layer.forward(ones([1, 3, 32, 32])).shape); // [ 1, 16, 16, 16 ]
 * ```
 */
export class Conv2d<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D>;
  readonly bias: Parameter<D> | undefined;
  private readonly geometry: Omit<Conv2dOptions, 'bias'>;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions<D> = {},
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const kernel = pairOf('Conv2d', 'kernelSize', kernelSize, 1);
    for (const [name, count] of Object.entries({ inChannels, outChannels, groups }))
      checkInteger('Conv2d', name, count, 1);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      fail(
        'VALUE',
        'Conv2d',
        `${inChannels} input and ${outChannels} output channels (need multiples of ${groups}, the groups)`,
      );
    }
    this.geometry = { stride, padding, dilation, groups };
    const shape = [outChannels, inChannels / groups, ...kernel];
    ({ weight: this.weight, bias: this.bias } = affineParameters(shape, options));
  }

  override forward(x: Tensor<D>): Tensor<D> {
    return conv2d(x, this.weight, { ...this.geometry, bias: this.bias });
  }
}
