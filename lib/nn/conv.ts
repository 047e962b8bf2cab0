import { checkOption, extentsOf, type Pair, type Single, type Triple } from '../ops/checks.js';
import { conv1d, conv3d } from '../ops/conv-axes.js';
import { paddingOf, type ConvOptions } from '../ops/conv-geometry.js';
import { conv2d } from '../ops/conv.js';
import { pad } from '../ops/padding.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch } from './batch.js';
import type { AffineOptions } from './init.js';
import { KernelLayer } from './kernel-layer.js';

/** What a convolution finds outside of its input: zeros, or elements of the input as {@link pad} puts them there. */
export type ConvPaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Options of convolution layers; `E` is a number, or one for each spatial axis. */
export type ConvLayerOptions<E, D extends FloatDType = FloatDType> = Omit<ConvOptions<E>, 'bias'> &
  AffineOptions<D> & {
    /** What lies outside of the input; default `'zeros'`. */
    readonly paddingMode?: ConvPaddingMode;
  };

/** Options of {@link Conv1d}. */
export type Conv1dLayerOptions<D extends FloatDType = FloatDType> = ConvLayerOptions<Single, D>;

/** Options of {@link Conv2d}. */
export type Conv2dLayerOptions<D extends FloatDType = FloatDType> = ConvLayerOptions<Pair, D>;

/** Options of {@link Conv3d}. */
export type Conv3dLayerOptions<D extends FloatDType = FloatDType> = ConvLayerOptions<Triple, D>;

abstract class Convolution<E, D extends FloatDType> extends KernelLayer<D> {
  private readonly options: ConvOptions<E>;
  private readonly paddingMode: ConvPaddingMode;
  /** How far the input is extended before the convolution when the border is not made of zeros. */
  private readonly border: readonly (readonly [number, number])[];

  protected constructor(
    op: string,
    inChannels: number,
    outChannels: number,
    kernelSize: E,
    options: ConvLayerOptions<E, D>,
    axes: number,
  ) {
    const { padding = 0, paddingMode = 'zeros' } = options;
    const kernel = extentsOf(op, 'kernelSize', kernelSize, axes, 1);
    checkOption(op, 'paddingMode', paddingMode, ['zeros', 'reflect', 'replicate', 'circular']);
    const stride = extentsOf(op, 'stride', options.stride ?? 1, axes, 1);
    const dilation = extentsOf(op, 'dilation', options.dilation ?? 1, axes, 1);
    const widths = paddingOf(op, padding, kernel, stride, dilation);
    super(op, inChannels, outChannels, kernel, 0, options);
    this.border = kernel.map((_, i) => [widths[i]!, widths[axes + i]!] as const);
    this.paddingMode = paddingMode;
    this.options = { ...options, bias: undefined, ...(paddingMode === 'zeros' ? {} : { padding: 'valid' }) };
  }

  protected abstract convolve(x: Tensor<D>, options: ConvOptions<E>): Tensor<D>;

  override forward(x: Tensor<D>): Tensor<D> {
    const { border, paddingMode: mode } = this;
    const options = { ...this.options, bias: this.bias };
    return asBatch(x, border.length, (batch) => {
      if (mode === 'zeros') return this.convolve(batch, options);
      return scope(() => this.convolve(pad(batch, border, { mode }), options));
    });
  }
}

/**
 * Slides learned kernels over signals and sums the products.
 *
 * out[b, o, i] = bias[o] + Σ c,k  weight[o, c, k] · x[b, c, i·stride + k·dilation − padding]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, L] → [B, outChannels, L′] with L′ = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1; weight
 * [outChannels, inChannels / groups, K], bias [outChannels]. Dtypes: float dtypes. Weight and bias start as U(−b, b) with
 * b = 1/√(inChannels / groups · K), as in PyTorch.
 *
 * @param kernelSize length of the kernels
 * @param options.stride steps between positions of the kernel; default 1
 * @param options.padding steps around the signal, `'same'` or `'valid'`; default 0
 * @param options.paddingMode what lies outside of the signal: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`; default
 * `'zeros'`
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 * @example
 * ```ts
 * import { Conv1d, ones } from 'myelin';
 * const layer = new Conv1d(4, 8, 3, { padding: 'same', paddingMode: 'circular' });
 * console.log(layer.forward(ones([2, 4, 10])).shape); // [ 2, 8, 10 ]
 * ```
 */
export class Conv1d<D extends FloatDType = 'float32'> extends Convolution<Single, D> {
  constructor(inChannels: number, outChannels: number, kernelSize: Single, options: Conv1dLayerOptions<D> = {}) {
    super('Conv1d', inChannels, outChannels, kernelSize, options, 1);
  }

  protected override convolve(x: Tensor<D>, options: ConvOptions<Single>): Tensor<D> {
    return conv1d(x, this.weight, options);
  }
}

/**
 * Slides learned kernels over images and sums the products.
 *
 * out[b, o, i, j] = bias[o] + Σ c,k,l  weight[o, c, k, l] · x[b, c, i·stride + k·dilation − padding, …]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, H, W] → [B, outChannels, H′, W′] with
 * H′ = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1; weight [outChannels, inChannels / groups, KH, KW],
 * bias [outChannels]. Dtypes: float dtypes. Weight and bias start as U(−b, b) with
 * b = 1/√(inChannels / groups · KH · KW), as in PyTorch.
 *
 * @param kernelSize height and width of the kernels, a number or [height, width], in pixels
 * @param options.stride pixels between positions of the kernel; default 1
 * @param options.padding pixels around the image, a number, [height, width], `'same'` or `'valid'`; default 0
 * @param options.paddingMode what lies outside of the image: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`; default
 * `'zeros'`
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
export class Conv2d<D extends FloatDType = 'float32'> extends Convolution<Pair, D> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dLayerOptions<D> = {}) {
    super('Conv2d', inChannels, outChannels, kernelSize, options, 2);
  }

  protected override convolve(x: Tensor<D>, options: ConvOptions<Pair>): Tensor<D> {
    return conv2d(x, this.weight, options);
  }
}

/**
 * Slides learned kernels over volumes and sums the products: {@link Conv2d} with one axis more.
 *
 * out[b, o, z, i, j] = bias[o] + Σ c,m,k,l  weight[o, c, m, k, l] · x[b, c, z·stride + m·dilation − padding, …]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, D, H, W] → [B, outChannels, D′, H′, W′]; weight [outChannels, inChannels / groups, KD, KH, KW],
 * bias [outChannels]. Dtypes: float dtypes. Extents, options and errors are as for {@link Conv2d}, with a number or
 * [depth, height, width].
 *
 * @param kernelSize depth, height and width of the kernels
 * @param options.stride steps between positions of the kernel; default 1
 * @param options.padding steps around the volume, numbers, `'same'` or `'valid'`; default 0
 * @param options.paddingMode what lies outside of the volume: `'zeros'`, `'reflect'`, `'replicate'` or `'circular'`; default
 * `'zeros'`
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 * @example
 * ```ts
 * import { Conv3d, ones } from 'myelin';
 * console.log(new Conv3d(1, 4, 3, { padding: 1 }).forward(ones([1, 1, 4, 6, 6])).shape); // [ 1, 4, 4, 6, 6 ]
 * ```
 */
export class Conv3d<D extends FloatDType = 'float32'> extends Convolution<Triple, D> {
  constructor(inChannels: number, outChannels: number, kernelSize: Triple, options: Conv3dLayerOptions<D> = {}) {
    super('Conv3d', inChannels, outChannels, kernelSize, options, 3);
  }

  protected override convolve(x: Tensor<D>, options: ConvOptions<Triple>): Tensor<D> {
    return conv3d(x, this.weight, options);
  }
}
