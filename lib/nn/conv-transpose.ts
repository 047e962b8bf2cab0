import { checkTensor, extentsOf, type Pair, type Single, type Triple } from '../ops/checks.js';
import { convTranspose1d, convTranspose2d, convTranspose3d, type ConvTransposeOptions } from '../ops/conv-transpose.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch } from './batch.js';
import type { AffineOptions } from './init.js';
import { KernelLayer } from './kernel-layer.js';

/** Options of transposed convolution layers; `E` is a number, or one for each spatial axis. */
export type ConvTransposeLayerOptions<E, D extends FloatDType = FloatDType> = Omit<ConvTransposeOptions<E>, 'bias'> &
  AffineOptions<D>;

/** Options of {@link ConvTranspose1d}. */
export type ConvTranspose1dLayerOptions<D extends FloatDType = FloatDType> = ConvTransposeLayerOptions<Single, D>;

/** Options of {@link ConvTranspose2d}. */
export type ConvTranspose2dLayerOptions<D extends FloatDType = FloatDType> = ConvTransposeLayerOptions<Pair, D>;

/** Options of {@link ConvTranspose3d}. */
export type ConvTranspose3dLayerOptions<D extends FloatDType = FloatDType> = ConvTransposeLayerOptions<Triple, D>;

/** What transposed convolutions of all kinds have: their outputs are along axis 1 of the weight. */
export abstract class TransposedConvolution<E, D extends FloatDType> extends KernelLayer<D> {
  private readonly options: ConvTransposeOptions<E>;

  protected constructor(
    op: string,
    inChannels: number,
    outChannels: number,
    kernelSize: E,
    options: ConvTransposeLayerOptions<E, D>,
    axes: number,
  ) {
    super(op, inChannels, outChannels, extentsOf(op, 'kernelSize', kernelSize, axes, 1), 1, options);
    this.options = { ...options, bias: undefined };
  }

  protected abstract convolve(x: Tensor<D>, options: ConvTransposeOptions<E>): Tensor<D>;

  /**
   * Spreads the input.
   *
   * @param outputSize extents of the places of the result, from which `outputPadding` follows
   */
  override forward(x: Tensor<D>, outputSize?: E): Tensor<D> {
    const options = { ...this.options, bias: this.bias };
    return asBatch(x, this.kernel.length, (batch) =>
      this.convolve(
        batch,
        outputSize === undefined ? options : { ...options, outputPadding: this.paddingFor(batch, outputSize) },
      ),
    );
  }

  /** What is to be added at the ends so that the result has the extents that are wanted. */
  private paddingFor(x: Tensor, outputSize: E): E {
    const op = this.constructor.name;
    checkTensor(op, 'x', x);
    const wanted = extentsOf(op, 'outputSize', outputSize, this.kernel.length, 1);
    const { stride = 1, padding = 0, dilation = 1 } = this.options;
    const [steps, cut, apart] = [stride, padding, dilation].map((each) =>
      extentsOf(op, 'options', each, this.kernel.length),
    );
    const added = wanted.map((extent, i) => {
      const kernel = apart![i]! * (this.kernel[i]! - 1) + 1;
      const least = (x.shape[2 + i]! - 1) * steps![i]! - 2 * cut![i]! + kernel;
      if (extent >= least && extent < least + steps![i]!) return extent - least;
      const given = `outputSize is ${wanted.join(',')}, x is ${describe(x)}`;
      return fail('VALUE', op, `${given} (need ${least} to ${least + steps![i]! - 1} on axis ${2 + i})`);
    });
    // One number for each axis is what E is, of as many axes as the kernel has.
    return added as E;
  }
}

/**
 * Spreads every step of a signal with learned kernels and sums what overlaps, which makes signals longer.
 *
 * out[b, o, i·stride + k·dilation − padding] = bias[o] + Σ c,i,k  weight[c, o, k] · x[b, c, i]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, L] → [B, outChannels, L′] with
 * L′ = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1; weight [inChannels, outChannels / groups, K], bias
 * [outChannels]. Dtypes: float dtypes. Weight and bias start as U(−b, b) with b = 1/√(outChannels / groups · K), as in
 * PyTorch.
 *
 * @param kernelSize length of the kernels
 * @param options.stride steps of the output between neighbouring steps of the input; default 1
 * @param options.padding steps that are cut off on each side; default 0
 * @param options.outputPadding steps that are added at the end; default 0
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 * @example
 * ```ts
 * import { ConvTranspose1d, ones } from 'myelin';
 * console.log(new ConvTranspose1d(4, 2, 4, { stride: 4 }).forward(ones([1, 4, 5])).shape); // [ 1, 2, 20 ]
 * ```
 */
export class ConvTranspose1d<D extends FloatDType = 'float32'> extends TransposedConvolution<Single, D> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Single,
    options: ConvTranspose1dLayerOptions<D> = {},
  ) {
    super('ConvTranspose1d', inChannels, outChannels, kernelSize, options, 1);
  }

  protected override convolve(x: Tensor<D>, options: ConvTransposeOptions<Single>): Tensor<D> {
    return convTranspose1d(x, this.weight, options);
  }
}

/**
 * Spreads every pixel with learned kernels and sums what overlaps, which makes images larger.
 *
 * out[b, o, i·stride + k·dilation − padding, …] = bias[o] + Σ c,i,k  weight[c, o, k, …] · x[b, c, i, …]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, H, W] → [B, outChannels, H′, W′] with
 * H′ = (H − 1)·stride − 2·padding + dilation·(KH − 1) + outputPadding + 1; weight [inChannels, outChannels / groups, KH, KW],
 * bias [outChannels]. Dtypes: float dtypes. Weight and bias start as U(−b, b) with b = 1/√(outChannels / groups · KH · KW),
 * as in PyTorch.
 *
 * @param kernelSize height and width of the kernels, a number or [height, width], in pixels
 * @param options.stride pixels of the output between neighbouring pixels of the input; default 1
 * @param options.padding pixels that are cut off on each side; default 0
 * @param options.outputPadding pixels that are added at the bottom and on the right; default 0
 * @param options.dilation pixels between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 *
 * Source: Zeiler et al. 2010, «Deconvolutional Networks», section 2.
 * @example
 * ```ts
 * import { ConvTranspose2d, ones } from 'myelin';
 * const layer = new ConvTranspose2d(8, 3, 4, { stride: 2, padding: 1 });
 * console.log(layer.forward(ones([1, 8, 16, 16])).shape); // [ 1, 3, 32, 32 ]
 * ```
 */
export class ConvTranspose2d<D extends FloatDType = 'float32'> extends TransposedConvolution<Pair, D> {
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: ConvTranspose2dLayerOptions<D> = {}) {
    super('ConvTranspose2d', inChannels, outChannels, kernelSize, options, 2);
  }

  protected override convolve(x: Tensor<D>, options: ConvTransposeOptions<Pair>): Tensor<D> {
    return convTranspose2d(x, this.weight, options);
  }
}

/**
 * Spreads every place of a volume with learned kernels and sums what overlaps: {@link ConvTranspose2d} with one axis more.
 *
 * out[b, o, z·stride + m·dilation − padding, …] = bias[o] + Σ c,z,m  weight[c, o, m, …] · x[b, c, z, …]
 *
 * Shapes, of a single sample without B:
 * x [B, inChannels, D, H, W] → [B, outChannels, D′, H′, W′]; weight [inChannels, outChannels / groups, KD, KH, KW],
 * bias [outChannels]. Dtypes: float dtypes. Extents, options and errors are as for {@link ConvTranspose2d}, with a number or
 * [depth, height, width].
 *
 * @param kernelSize depth, height and width of the kernels
 * @param options.stride places of the output between neighbouring places of the input; default 1
 * @param options.padding places that are cut off on each side; default 0
 * @param options.outputPadding places that are added at the ends; default 0
 * @param options.dilation places between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts that are no positive integers, or channels that do not divide into the groups
 * @example
 * ```ts
 * import { ConvTranspose3d, ones } from 'myelin';
 * const layer = new ConvTranspose3d(4, 2, 2, { stride: 2 });
 * console.log(layer.forward(ones([1, 4, 2, 3, 3])).shape); // [ 1, 2, 4, 6, 6 ]
 * ```
 */
export class ConvTranspose3d<D extends FloatDType = 'float32'> extends TransposedConvolution<Triple, D> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Triple,
    options: ConvTranspose3dLayerOptions<D> = {},
  ) {
    super('ConvTranspose3d', inChannels, outChannels, kernelSize, options, 3);
  }

  protected override convolve(x: Tensor<D>, options: ConvTransposeOptions<Triple>): Tensor<D> {
    return convTranspose3d(x, this.weight, options);
  }
}
