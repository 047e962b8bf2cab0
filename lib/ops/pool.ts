import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, inNameOf } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { channelsLastStrides, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkOneFloat, pairOf, type Pair } from './checks.js';
import { gather } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import { checkDivisor, divided } from './pool-divisor.js';
import { reshape } from './reshape.js';

/** Where the windows are, as the native side takes it; pairs are height, width. */
interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

// In ceil mode a last window may hang over the edge, but must not start beyond the image and its padding.
function extentOf(extent: number, { kernel, stride, padding, dilation, ceilMode }: Windows, i: number): number {
  const room = extent + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1;
  if (room < 0) return 0;
  const count = (ceilMode ? Math.ceil(room / stride[i]!) : Math.floor(room / stride[i]!)) + 1;
  return ceilMode && (count - 1) * stride[i]! >= extent + padding[i]! ? count - 1 : count;
}

function pooledShape(op: string, x: TensorSpec, windows: Windows): Shape {
  const [batch, channels, height, width] = x.shape;
  if (x.shape.length !== 4) fail('SHAPE', op, `x is ${describe(x)} (need [B, C, H, W])`, { x: x.shape });
  const pooled = [extentOf(height!, windows, 0), extentOf(width!, windows, 1)];
  if (pooled.includes(0)) {
    const { kernel, padding, dilation } = windows;
    const given = `kernel is ${kernel.join(',')}, padding is ${padding.join(',')}, dilation is ${dilation.join(',')}`;
    fail('SHAPE', op, `x is ${describe(x)}, ${given} (need a padded image at least as large as the kernel)`, {
      x: x.shape,
    });
  }
  return [batch!, channels!, ...pooled];
}

const imageSpec = (dtype: TensorSpec['dtype'], shape: Shape): TensorSpec => ({
  dtype,
  shape,
  strides: channelsLastStrides(shape),
});

const windowAttrs = { kernel: 'ints', stride: 'ints', padding: 'ints', dilation: 'ints', ceilMode: 'bool' } as const;

const maxPool2dOp = defineOp({
  name: 'maxPool2d',
  inputs: ['x'],
  outputs: ['out', 'indices'],
  attrs: windowAttrs,
  save: ['indices'],
  infer: ({ x }, attrs) => {
    const shape = pooledShape('maxPool2d', x, attrs);
    return { out: imageSpec(x.dtype, shape), indices: imageSpec('int32', shape) };
  },
  grad: ({ indices, dout, attrs, spec }) => ({ x: maxPool2dBackward(dout, indices, spec.x.shape, attrs) }),
});

const maxPool2dBackwardOp = defineOp({
  name: 'maxPool2dBackward',
  inputs: ['gradient', 'indices'],
  attrs: { inputShape: 'ints', ...windowAttrs },
  save: ['indices'],
  infer: ({ gradient }, { inputShape }) => imageSpec(gradient.dtype, inputShape),
  // The gradient picks, from where each maximum was found.
  grad: ({ indices, dout }) => {
    const [batch, channels] = indices.shape as [number, number];
    const planes = [batch, channels, -1];
    const places = reshape(indices, planes) as Tensor<'int32'>;
    return { gradient: reshape(gather(reshape(dout, planes), places, { axis: 2 }), indices.shape) };
  },
});

function maxPool2dBackward(gradient: Tensor, indices: Tensor, inputShape: Shape, windows: Windows): Tensor {
  const { kernel, stride, padding, dilation, ceilMode } = windows;
  return maxPool2dBackwardOp({ gradient, indices }, { inputShape, kernel, stride, padding, dilation, ceilMode });
}

const averageAttrs = {
  kernel: 'ints',
  stride: 'ints',
  padding: 'ints',
  ceilMode: 'bool',
  countIncludePad: 'bool',
} as const;

interface Averages extends Omit<Windows, 'dilation'> {
  readonly countIncludePad: boolean;
}

const avgPool2dOp = defineOp({
  name: 'avgPool2d',
  inputs: ['x'],
  attrs: averageAttrs,
  save: [],
  infer: ({ x }, attrs) => imageSpec(x.dtype, pooledShape('avgPool2d', x, { ...attrs, dilation: [1, 1] })),
  grad: ({ dout, attrs, spec }) => ({ x: avgPool2dBackward(dout, spec.x.shape, attrs) }),
});

// Averaging is linear, so the derivative of its derivative is averaging again.
const avgPool2dBackwardOp = defineOp({
  name: 'avgPool2dBackward',
  inputs: ['gradient'],
  attrs: { inputShape: 'ints', ...averageAttrs },
  save: [],
  infer: ({ gradient }, { inputShape }) => imageSpec(gradient.dtype, inputShape),
  grad: ({ dout, attrs }) => ({ gradient: average(dout, attrs) }),
});

function average(x: Tensor, { kernel, stride, padding, ceilMode, countIncludePad }: Averages): Tensor {
  return avgPool2dOp({ x }, { kernel, stride, padding, ceilMode, countIncludePad });
}

function avgPool2dBackward(gradient: Tensor, inputShape: Shape, averages: Averages): Tensor {
  const { kernel, stride, padding, ceilMode, countIncludePad } = averages;
  return avgPool2dBackwardOp({ gradient }, { inputShape, kernel, stride, padding, ceilMode, countIncludePad });
}

function paddingOf(op: string, padding: Pair, kernel: Shape, dilation: Shape): readonly [number, number] {
  const pair = pairOf(op, 'padding', padding, 0);
  pair.forEach((pixels, i) => {
    const most = Math.floor((dilation[i]! * (kernel[i]! - 1) + 1) / 2);
    if (pixels <= most) return;
    fail('VALUE', op, `padding is ${pair.join(',')}, kernel is ${kernel.join(',')} (need at most half of the kernel)`, {
      padding,
    });
  });
  return pair;
}

/** Options of pools of maxima; `E` is a number, or one for each spatial axis. */
export interface MaxPoolOptions<E> {
  /** Places between neighbouring windows; default the kernel size, so that windows do not overlap. */
  readonly stride?: E;
  /** Places around the input that lose against everything, at most half of the kernel; default 0. */
  readonly padding?: E;
  /** Places between neighbouring elements of a window; default 1. */
  readonly dilation?: E;
  /** Whether a last window may hang over the edge; default `false`. */
  readonly ceilMode?: boolean;
}

/** Options of {@link maxPool2d}. */
export interface MaxPool2dOptions extends MaxPoolOptions<Pair> {}

function poolMaxima(op: string, x: Tensor, kernelSize: Pair, options: MaxPool2dOptions) {
  checkOneFloat(op, { x });
  const kernel = pairOf(op, 'kernelSize', kernelSize, 1);
  const stride = pairOf(op, 'stride', options.stride ?? kernel, 1);
  const dilation = pairOf(op, 'dilation', options.dilation ?? 1, 1);
  const padding = paddingOf(op, options.padding ?? 0, kernel, dilation);
  return inNameOf(op, () =>
    maxPool2dOp({ x }, { kernel, stride, padding, dilation, ceilMode: options.ceilMode ?? false }),
  );
}

/**
 * The largest value in each window of an image, channel by channel; NaN wins.
 *
 * out[b, c, i, j] = max k,l  x[b, c, i·stride + k·dilation − padding, j·stride + l·dilation − padding]
 *
 * The gradient goes to the first largest pixel of a window.
 *
 * Shapes: x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 (⌈⌉ in ceil
 * mode). Results are stored channels-last. Dtypes: float dtypes.
 *
 * @param kernelSize height and width of a window in pixels, a number or [height, width]
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.padding pixels on each side; default 0
 * @param options.dilation pixels between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `SHAPE` when `x` is no batch of images or too small; `DTYPE` when it is not float; `VALUE` for
 *   options out of range
 * @example
 * ```ts
 * import { maxPool2d, tensor } from 'myelin';
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * console.log(maxPool2d(x, 2).item()); // 4
 * ```
 */
export function maxPool2d<D extends FloatDType>(x: Tensor<D>, kernelSize: Pair, options?: MaxPool2dOptions): Tensor<D>;
export function maxPool2d(x: Tensor, kernelSize: Pair, options: MaxPool2dOptions = {}): Tensor {
  return scope(() => poolMaxima('maxPool2d', x, kernelSize, options).out);
}

/**
 * {@link maxPool2d}, and where each maximum is: its place in the plane of the input, counted row by row.
 *
 * Shapes: x [B, C, H, W] → two of [B, C, H′, W′]. Dtypes: float dtypes; indices int32.
 *
 * @param kernelSize height and width of a window in pixels, a number or [height, width]
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.padding pixels on each side; default 0
 * @param options.dilation pixels between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @returns the maxima and their places
 * @throws MyelinError as {@link maxPool2d}
 * @example
 * ```ts
 * import { maxPool2dWithIndices, tensor } from 'myelin';
 * const [max, indices] = maxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2);
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function maxPool2dWithIndices<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Pair,
  options: MaxPool2dOptions = {},
): [max: Tensor<D>, indices: Tensor<'int32'>] {
  return scope(() => {
    const { out, indices } = poolMaxima('maxPool2dWithIndices', x, kernelSize, options);
    return [out as Tensor<D>, indices as Tensor<'int32'>];
  });
}

/** Options of pools of averages; `E` is a number, or one for each spatial axis. */
export interface AvgPoolOptions<E> {
  /** Places between neighbouring windows; default the kernel size, so that windows do not overlap. */
  readonly stride?: E;
  /** Zeros around the input, at most half of the kernel; default 0. */
  readonly padding?: E;
  /** Whether a last window may hang over the edge; default `false`. */
  readonly ceilMode?: boolean;
  /** Whether zeros of the padding count as pixels; default `true`. */
  readonly countIncludePad?: boolean;
}

/** Options of {@link avgPool3d}, and of {@link avgPool2d}; `E` is a number, or one for each spatial axis. */
export interface DividedPoolOptions<E> extends AvgPoolOptions<E> {
  /** What sums of windows are divided by; default the number of places in a window. */
  readonly divisorOverride?: number | undefined;
}

/** Options of {@link avgPool2d}. */
export interface AvgPool2dOptions extends DividedPoolOptions<Pair> {}

/**
 * The average of each window of an image, channel by channel.
 *
 * out[b, c, i, j] = avg k,l  x[b, c, i·stride + k − padding, j·stride + l − padding]
 *
 * Shapes: x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Results are
 * stored channels-last. Dtypes: float dtypes.
 *
 * @param kernelSize height and width of a window in pixels, a number or [height, width]
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.padding zeros on each side in pixels; default 0
 * @param options.ceilMode whether a last window may hang over the edge; what lies beyond never counts; default `false`
 * @param options.countIncludePad whether zeros of the padding count as pixels; default `true`
 * @param options.divisorOverride what sums of windows are divided by; default the number of pixels in a window
 * @throws MyelinError `SHAPE` when `x` is no batch of images or too small; `DTYPE` when it is not float; `VALUE` for
 *   options out of range
 * @example
 * ```ts
 * import { avgPool2d, tensor } from 'myelin';
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * console.log(avgPool2d(x, 2).item()); // 2.5
 * ```
 */
export function avgPool2d<D extends FloatDType>(x: Tensor<D>, kernelSize: Pair, options?: AvgPool2dOptions): Tensor<D>;
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPool2dOptions = {}): Tensor {
  checkOneFloat('avgPool2d', { x });
  const kernel = pairOf('avgPool2d', 'kernelSize', kernelSize, 1);
  const stride = pairOf('avgPool2d', 'stride', options.stride ?? kernel, 1);
  const padding = paddingOf('avgPool2d', options.padding ?? 0, kernel, [1, 1]);
  const { ceilMode = false, countIncludePad = true, divisorOverride: divisor } = options;
  checkDivisor('avgPool2d', divisor);
  const averages = { kernel, stride, padding, ceilMode, countIncludePad };
  if (divisor === undefined) return average(x, averages);
  const sums = { kernel, stride, padding, extents: x.shape.slice(2) };
  return onBehalf('avgPool2d', () => divided(average(x, { ...averages, countIncludePad: true }), divisor, sums));
}
