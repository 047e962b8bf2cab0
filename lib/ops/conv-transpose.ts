import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { checkShape, sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add } from './arithmetic.js';
import { checkInteger, checkShapeOf, extentsOf, type Pair, type Single, type Triple } from './checks.js';
import { asRow } from './conv-axes.js';
import { checkRanks, type Geometry } from './conv-geometry.js';
import { convDInput } from './conv.js';
import { onBehalf } from './on-behalf.js';
import { pad } from './padding.js';
import { permute } from './permute.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';
import { narrow } from './views.js';
import { addWindows } from './windows.js';

/** Options of transposed convolutions; `E` is a number, or one for each spatial axis. */
export interface ConvTransposeOptions<E> {
  /** One value per output channel, added to every place; default none. */
  readonly bias?: Tensor | undefined;
  /** Places of the output between the kernels of neighbouring places of the input; default 1. */
  readonly stride?: E;
  /** Places that are cut off on each side; default 0. */
  readonly padding?: E;
  /** Places that are added at the end, fewer than the stride or the dilation; default 0. */
  readonly outputPadding?: E;
  /** Places between neighbouring elements of the kernel; default 1. */
  readonly dilation?: E;
  /** Parts into which the channels are split, each with kernels of its own; default 1. */
  readonly groups?: number;
}

interface Transposed {
  readonly geometry: Geometry;
  /** Shape of the result, as far as the input reaches. */
  readonly shape: Shape;
  /** Places behind the last that the input reaches, one number for each spatial axis. */
  readonly beyond: readonly number[];
}

function checkChannels(op: string, x: Tensor, weight: Tensor, groups: number): void {
  const given = `x is ${describe(x)}, weight is ${describe(weight)}, groups is ${groups}`;
  if (x.shape[1] !== weight.shape[0]) {
    fail('SHAPE', op, `channels differ: ${given} (need x.shape[1] = weight.shape[0])`);
  }
  if (x.shape[1]! % groups !== 0) fail('SHAPE', op, `${given} (need x.shape[1] to be a multiple of groups)`);
}

// A padding behind the end that is shorter by the output padding makes room for it; what that cannot give lies beyond
// the reach of the input, where there are zeros.
function transposed(
  op: string,
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions<unknown>,
  n: number,
): Transposed {
  const { groups = 1, bias } = options;
  const list = (name: 'stride' | 'padding' | 'outputPadding' | 'dilation', preset: number, least: number) =>
    extentsOf(op, name, options[name] ?? preset, n, least);
  const [stride, dilation] = [list('stride', 1, 1), list('dilation', 1, 1)];
  const [padding, added] = [list('padding', 0, 0), list('outputPadding', 0, 0)];
  checkInteger(op, 'groups', groups, 1);
  checkChannels(op, x, weight, groups);
  added.forEach((count, i) => {
    if (count < stride[i]! || count < dilation[i]!) return;
    const given = `outputPadding is ${added.join(',')}, stride is ${stride.join(',')}, dilation is ${dilation.join(',')}`;
    fail('VALUE', op, `${given} (need an outputPadding below the stride or the dilation)`, { outputPadding: added });
  });
  const outChannels = weight.shape[1]! * groups;
  if (bias !== undefined) checkShapeOf(op, 'bias', bias, [outChannels], 'one value per output channel');
  const behind = padding.map((count, i) => Math.max(0, count - added[i]!));
  const extents = stride.map((step, i) => {
    const reach = (x.shape[2 + i]! - 1) * step + dilation[i]! * (weight.shape[2 + i]! - 1) + 1;
    return reach - padding[i]! - behind[i]!;
  });
  const beyond = padding.map((count, i) => Math.max(0, added[i]! - count));
  if (extents.some((extent, i) => extent <= 0 || x.shape[2 + i] === 0 || weight.shape[2 + i] === 0)) {
    const given = `x is ${describe(x)}, weight is ${describe(weight)}, padding is ${padding.join(',')}`;
    fail('SHAPE', op, `${given} (need an input and a kernel, of which the padding leaves something)`);
  }
  const shape = [x.shape[0]!, outChannels, ...extents];
  checkShape(op, shape);
  return { geometry: { stride, padding: [...padding, ...behind], dilation, groups }, shape, beyond };
}

// Results of images, which those of signals are made of.
function spread(x: Tensor, weight: Tensor, { geometry, shape, beyond }: Transposed, bias: Tensor | undefined): Tensor {
  return finished(convDInput(x, weight, shape, geometry), beyond, bias);
}

/** What the input reaches, with the zeros beyond it and the bias. */
function finished(reached: Tensor, beyond: readonly number[], bias: Tensor | undefined): Tensor {
  const out = beyond.some((count) => count > 0)
    ? pad(
        reached,
        beyond.map((count) => [0, count] as const),
      )
    : reached;
  return bias === undefined ? out : add(out, reshape(bias, [bias.size, ...beyond.map(() => 1)]));
}

/** Options of {@link convTranspose2d}. */
export interface ConvTranspose2dOptions extends ConvTransposeOptions<Pair> {}

/**
 * Spreads every pixel with learned kernels and sums what overlaps: the gradient of {@link conv2d} by its input, used to
 * make images larger.
 *
 * out[b, o, i·stride + k·dilation − padding, …] = bias[o] + Σ c,i,k  weight[c, o, k, …] · x[b, c, i, …]
 *
 * Shapes: x [B, C, H, W], weight [C, O / groups, KH, KW], bias [O] → [B, O, H′, W′] with
 * H′ = (H − 1)·stride − 2·padding + dilation·(KH − 1) + outputPadding + 1. Results are stored channels-last. Dtypes: float
 * dtypes, the same for all.
 *
 * Many channels and pixels of float32 go by Winograd's algorithm where an output pixel takes at most three elements of the kernel
 * along an axis, with what {@link conv2d} says of rounding and of numbers that are not finite.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride pixels of the output between neighbouring pixels of the input; default 1
 * @param options.padding pixels that are cut off on each side; default 0
 * @param options.outputPadding pixels that are added at the bottom and on the right, fewer than the stride or the dilation;
 * default 0
 * @param options.dilation pixels between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or nothing is left; `DTYPE` when dtypes differ or are not float; `VALUE`
 * for options out of range
 *
 * Source: Zeiler and others, "Deconvolutional networks", 2010, section 2.
 * @example
 * ```ts
 * import { convTranspose2d, ones } from 'myelin';
 * const y = convTranspose2d(ones([1, 3, 8, 8]), ones([3, 2, 4, 4]), { stride: 2, padding: 1 });
 * console.log(y.shape); // [ 1, 2, 16, 16 ]
 * ```
 */
export function convTranspose2d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: ConvTranspose2dOptions,
): Tensor<D>;
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  checkRanks('convTranspose2d', { x, weight, bias: options.bias }, 2, 'C, O / groups');
  const plan = transposed('convTranspose2d', x, weight, options, 2);
  return onBehalf('convTranspose2d', () => spread(x, weight, plan, options.bias));
}

/** Options of {@link convTranspose1d}. */
export interface ConvTranspose1dOptions extends ConvTransposeOptions<Single> {}

/**
 * Spreads every step of a signal with learned kernels and sums what overlaps: the gradient of {@link conv1d} by its input.
 *
 * out[b, o, i·stride + k·dilation − padding] = bias[o] + Σ c,i,k  weight[c, o, k] · x[b, c, i]
 *
 * Shapes: x [B, C, L], weight [C, O / groups, K], bias [O] → [B, O, L′] with
 * L′ = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1. Dtypes: float dtypes, the same for all.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride steps of the output between neighbouring steps of the input; default 1
 * @param options.padding steps that are cut off on each side; default 0
 * @param options.outputPadding steps that are added at the end, fewer than the stride or the dilation; default 0
 * @param options.dilation steps between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or nothing is left; `DTYPE` when dtypes differ or are not float; `VALUE`
 * for options out of range
 * @example
 * ```ts
 * import { convTranspose1d, ones, tensor } from 'myelin';
 * console.log(convTranspose1d(tensor([[[1, 2]]]), ones([1, 1, 2]), { stride: 2 }).toArray()); // [ [ [ 1, 1, 2, 2 ] ] ]
 * ```
 */
export function convTranspose1d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: ConvTranspose1dOptions,
): Tensor<D>;
export function convTranspose1d(x: Tensor, weight: Tensor, options: ConvTranspose1dOptions = {}): Tensor {
  checkRanks('convTranspose1d', { x, weight, bias: options.bias }, 1, 'C, O / groups');
  const { geometry, shape, beyond } = transposed('convTranspose1d', x, weight, options, 1);
  const row = { geometry: asRow(geometry), shape: [shape[0]!, shape[1]!, 1, shape[2]!], beyond: [0, ...beyond] };
  return onBehalf('convTranspose1d', () =>
    squeeze(spread(unsqueeze(x, 2), unsqueeze(weight, 2), row, options.bias), 2),
  );
}

/** Options of {@link convTranspose3d}. */
export interface ConvTranspose3dOptions extends ConvTransposeOptions<Triple> {}

// Every slice is spread as an image, once for each slice of the kernel, and these are added up along the depth.
function spreadVolume(
  x: Tensor,
  weight: Tensor,
  { geometry, shape, beyond }: Transposed,
  bias: Tensor | undefined,
): Tensor {
  const [batch, channels, slices, ...extents] = x.shape as [number, number, number, ...Shape];
  const [, perGroup, depth, ...kernel] = weight.shape as [number, number, number, ...Shape];
  const [, outChannels, reached, height, width] = shape as [number, number, number, number, number];
  const { stride, padding, dilation, groups } = geometry;
  const [front, back] = [padding[0]!, padding[3]!];
  const flat = {
    stride: stride.slice(1),
    padding: [1, 2, 4, 5].map((i) => padding[i]!),
    dilation: dilation.slice(1),
    groups,
  };
  const images = reshape(permute(x, [0, 2, 1, 3, 4]), [batch * slices, channels, ...extents]);
  const kernels = reshape(weight, [channels, perGroup * depth, ...kernel]);
  const parts = convDInput(images, kernels, [batch * slices, outChannels * depth, height, width], flat);
  const apart = permute(reshape(parts, [batch, slices, outChannels, depth, height, width]), [0, 2, 1, 3, 4, 5]);
  const whole = [batch, outChannels, reached + front + back, height, width];
  const [sample, channel, slice, row, column] = stridesOf(whole) as [number, number, number, number, number];
  const strides = [sample, channel, slice * stride[0]!, slice * dilation[0]!, row, column];
  const sum = sizeOf(whole) === 0 ? reshape(apart, whole) : addWindows(apart, whole, strides, 0);
  return finished(narrow(sum, 2, front, reached), beyond, bias);
}

/**
 * Transposed convolution of volumes: every place is spread with the kernels and what overlaps is summed.
 *
 * out[b, o, z·stride + m·dilation − padding, …] = bias[o] + Σ c,z,m  weight[c, o, m, …] · x[b, c, z, …]
 *
 * Shapes: x [B, C, D, H, W], weight [C, O / groups, KD, KH, KW], bias [O] → [B, O, D′, H′, W′] with
 * D′ = (D − 1)·stride − 2·padding + dilation·(KD − 1) + outputPadding + 1, and alike for rows and columns. Dtypes: float dtypes.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride places of the output between neighbouring places of the input, a number or all three; default 1
 * @param options.padding places that are cut off on each side; default 0
 * @param options.outputPadding places that are added at the ends, fewer than the stride or the dilation; default 0
 * @param options.dilation places between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` for volumes and kernels that do not fit, or when the padding leaves nothing; `VALUE` for options out
 * of range; `DTYPE` unless all are of one float dtype
 * @example
 * ```ts
 * import { convTranspose3d, ones } from 'myelin';
 * console.log(convTranspose3d(ones([1, 4, 2, 3, 3]), ones([4, 2, 2, 2, 2]), { stride: 2 }).shape); // [ 1, 2, 4, 6, 6 ]
 * ```
 */
export function convTranspose3d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: ConvTranspose3dOptions,
): Tensor<D>;
export function convTranspose3d(x: Tensor, weight: Tensor, options: ConvTranspose3dOptions = {}): Tensor {
  checkRanks('convTranspose3d', { x, weight, bias: options.bias }, 3, 'C, O / groups');
  const plan = transposed('convTranspose3d', x, weight, options, 3);
  return onBehalf('convTranspose3d', () => spreadVolume(x, weight, plan, options.bias));
}
