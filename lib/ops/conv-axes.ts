import type { FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkShapeOf, type Single, type Triple } from './checks.js';
import { checkConvolution, convolvedShape, type ConvOptions, type Geometry } from './conv-geometry.js';
import { convolve } from './conv.js';
import { onBehalf } from './on-behalf.js';
import { pad } from './padding.js';
import { permute } from './permute.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';
import { sliceAxis } from './slice.js';
import { unfold } from './windows.js';

// Convolutions of signals and of volumes are convolutions of images.

/** Geometry of a signal as that of an image of one row. */
export function asRow({ stride, padding, dilation, groups }: Geometry): Geometry {
  return {
    stride: [1, ...stride],
    padding: [0, padding[0]!, 0, padding[1]!],
    dilation: [1, ...dilation],
    groups,
  };
}

function checkArguments(op: string, x: Tensor, weight: Tensor, options: ConvOptions<unknown>, n: number): Geometry {
  const geometry = checkConvolution(op, x, weight, options, n);
  convolvedShape(op, x, weight, geometry);
  const { bias } = options;
  if (bias !== undefined) checkShapeOf(op, 'bias', bias, [weight.shape[0]!], 'one value per output channel');
  return geometry;
}

/** Options of {@link conv1d}. */
export interface Conv1dOptions extends ConvOptions<Single> {}

/**
 * Slides kernels over signals and sums the products.
 *
 * out[b, o, i] = bias[o] + Σ c,k  weight[o, c, k] · x[b, c, i·stride + k·dilation − padding]
 *
 * Shapes: x [B, C, L], weight [O, C / groups, K], bias [O] → [B, O, L′] with
 * L′ = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1. Dtypes: float dtypes, the same for all.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride steps between positions of the kernel; default 1
 * @param options.padding zeros on each side, `'same'` or `'valid'`; default 0
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or the kernel does not fit; `DTYPE` when dtypes differ or are not
 *   float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { conv1d, ones } from 'myelin';
 * console.log(conv1d(ones([1, 1, 4]), ones([1, 1, 3]), { padding: 1 }).toArray()); // [ [ [ 2, 3, 3, 2 ] ] ]
 * ```
 */
export function conv1d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: Conv1dOptions,
): Tensor<D>;
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = {}): Tensor {
  const geometry = checkArguments('conv1d', x, weight, options, 1);
  return onBehalf('conv1d', () =>
    squeeze(convolve(unsqueeze(x, 2), unsqueeze(weight, 2), asRow(geometry), options.bias), 2),
  );
}

/** Options of {@link conv3d}. */
export interface Conv3dOptions extends ConvOptions<Triple> {}

// The slices of a volume that a kernel sees together, as channels of images: [B, C, D, H, W] → [B · D′, C · KD, H, W],
// stored channels-last.
function slicesTogether(x: Tensor, depth: number, { stride, padding, dilation }: Geometry): Tensor {
  const [front, back] = [padding[0]!, padding[3]!];
  const padded =
    front + back === 0
      ? x
      : pad(x, [
          [front, back],
          [0, 0],
          [0, 0],
        ]);
  const windows = unfold(padded, { axis: 2, size: dilation[0]! * (depth - 1) + 1, step: stride[0]! });
  const seen = sliceAxis(windows, 5, [0, null, dilation[0]!]);
  const [batch, channels, places, height, width] = seen.shape as [number, number, number, number, number];
  const rows = reshape(permute(seen, [0, 2, 3, 4, 1, 5]), [batch * places, height, width, channels * depth]);
  return permute(rows, [0, 3, 1, 2]);
}

function convolveVolume(x: Tensor, weight: Tensor, geometry: Geometry, bias: Tensor | undefined): Tensor {
  const [outChannels, channels, depth, ...kernel] = weight.shape as [number, number, number, ...Shape];
  const images = slicesTogether(x, depth, geometry);
  const { stride, padding, dilation, groups } = geometry;
  const flat = {
    stride: stride.slice(1),
    padding: [1, 2, 4, 5].map((i) => padding[i]!),
    dilation: dilation.slice(1),
    groups,
  };
  const out = convolve(images, reshape(weight, [outChannels, channels * depth, ...kernel]), flat, bias);
  const [, , height, width] = out.shape as [number, number, number, number];
  const places =
    Math.floor((x.shape[2]! + padding[0]! + padding[3]! - dilation[0]! * (depth - 1) - 1) / stride[0]!) + 1;
  return permute(reshape(out, [x.shape[0]!, places, outChannels, height, width]), [0, 2, 1, 3, 4]);
}

/**
 * Slides kernels over volumes and sums the products.
 *
 * out[b, o, z, i, j] = bias[o] + Σ c,m,k,l  weight[o, c, m, k, l] · x[b, c, z·stride + m·dilation − padding, …]
 *
 * Shapes: x [B, C, D, H, W], weight [O, C / groups, KD, KH, KW], bias [O] → [B, O, D′, H′, W′] with
 * D′ = ⌊(D + 2·padding − dilation·(KD − 1) − 1) / stride⌋ + 1. Dtypes: float dtypes, the same for all.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride steps between positions of the kernel, a number or [depth, height, width]; default 1
 * @param options.padding zeros on each side, a number or [depth, height, width], `'same'` or `'valid'`; default 0
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or the kernel does not fit; `DTYPE` when dtypes differ or are not
 *   float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { conv3d, ones } from 'myelin';
 * console.log(conv3d(ones([1, 2, 4, 4, 4]), ones([3, 2, 3, 3, 3])).shape); // [ 1, 3, 2, 2, 2 ]
 * ```
 */
export function conv3d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: Conv3dOptions,
): Tensor<D>;
export function conv3d(x: Tensor, weight: Tensor, options: Conv3dOptions = {}): Tensor {
  const geometry = checkArguments('conv3d', x, weight, options, 3);
  return onBehalf('conv3d', () => convolveVolume(x, weight, geometry, options.bias));
}
