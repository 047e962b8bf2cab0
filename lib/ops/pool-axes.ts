import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, mul, pow, sign } from './arithmetic.js';
import { relu } from './activation.js';
import { checkFinite, checkReal, extentsOf, type Pair, type Single, type Triple } from './checks.js';
import { gather } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import { avgPool2d, maxPool2d, type AvgPoolOptions, type DividedPoolOptions, type MaxPoolOptions } from './pool.js';
import { checkDivisor, divided } from './pool-divisor.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';

// Pools of signals and of volumes are pools of images: signals have one row, and volumes are pooled over their planes first
// and then along their depth, since averages and maxima of parts make those of the whole.

const inputNames = ['[B, C, L]', '[B, C, H, W]', '[B, C, D, H, W]'] as const;

/** Refuses what is no batch of channels with so many spatial axes. */
export function checkInput(op: string, x: Tensor, axes: 1 | 2 | 3): void {
  checkReal(op, 'x', x);
  if (x.rank !== axes + 2) fail('SHAPE', op, `x is ${describe(x)} (need ${inputNames[axes - 1]})`, { x: x.shape });
}

/** Windows of a pool, a number for each spatial axis. */
export interface Sizes {
  readonly kernel: Shape;
  readonly stride: Shape;
  readonly padding: Shape;
  readonly dilation: Shape;
}

/** Windows as they were asked for, checked. */
export function sizesOf(op: string, kernelSize: unknown, options: MaxPoolOptions<unknown>, axes: number): Sizes {
  const kernel = extentsOf(op, 'kernelSize', kernelSize, axes, 1);
  return {
    kernel,
    stride: extentsOf(op, 'stride', options.stride ?? kernel, axes, 1),
    padding: extentsOf(op, 'padding', options.padding ?? 0, axes, 0),
    dilation: extentsOf(op, 'dilation', options.dilation ?? 1, axes, 1),
  };
}

type Plane = (x: Tensor<FloatDType>, kernel: Pair, options: MaxPoolOptions<Pair>) => Tensor;

const pair = (first: number | undefined, second: number | undefined): readonly [number, number] => [first!, second!];

/** The sizes of two axes: those of the given places, or what leaves an axis alone. */
export function planeOf(
  { kernel, stride, padding, dilation }: Sizes,
  a: number,
  b: number,
): [Pair, MaxPoolOptions<Pair>] {
  const at = (list: Shape, place: number, idle: number): number => list[place] ?? idle;
  const both = (list: Shape, idle: number): Pair => pair(at(list, a, idle), at(list, b, idle));
  return [both(kernel, 1), { stride: both(stride, 1), padding: both(padding, 0), dilation: both(dilation, 1) }];
}

/** The place of an axis that is left alone. */
export const nowhere = -1;

/** Elements of the last axes of x, seen as one axis, at places of it. */
export function pick(x: Tensor, places: Tensor): Tensor {
  const lead = x.shape.slice(0, 2);
  const flat = reshape(places, [...lead, -1]) as Tensor<'int32'>;
  return reshape(gather(reshape(x, [...lead, -1]), flat, { axis: 2 }), places.shape);
}

function poolSignal(op: string, x: Tensor, sizes: Sizes, plane: Plane): Tensor {
  const [kernel, options] = planeOf(sizes, nowhere, 0);
  return onBehalf(op, () => squeeze(plane(unsqueeze(x as Tensor<FloatDType>, 2), kernel, options), 2));
}

function poolVolume(op: string, x: Tensor, sizes: Sizes, plane: Plane): Tensor {
  const [batch, channels, depth, height, width] = x.shape as [number, number, number, number, number];
  return onBehalf(op, () => {
    const planes = reshape(x as Tensor<FloatDType>, [batch, channels * depth, height, width]);
    const flat = plane(planes, ...planeOf(sizes, 1, 2));
    const [, , rows, columns] = flat.shape as [number, number, number, number];
    const lines = reshape(flat as Tensor<FloatDType>, [batch, channels, depth, rows * columns]);
    const out = plane(lines, ...planeOf(sizes, 0, nowhere));
    return reshape(out, [batch, channels, out.shape[2]!, rows, columns]);
  });
}

const maximum =
  ({ ceilMode = false }: MaxPoolOptions<unknown>): Plane =>
  (x, kernel, options) =>
    maxPool2d(x, kernel, { ...options, ceilMode });

const averages =
  ({ ceilMode = false, countIncludePad = true }: AvgPoolOptions<unknown>): Plane =>
  (x, kernel, { stride, padding }) =>
    avgPool2d(x, kernel, { stride: stride!, padding: padding!, ceilMode, countIncludePad });

/**
 * The largest value in each window of a signal, channel by channel; NaN wins.
 *
 * out[b, c, i] = max k  x[b, c, i·stride + k·dilation − padding]
 *
 * Shapes: x [B, C, L] → [B, C, L′] with L′ = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes:
 * float dtypes.
 *
 * @param kernelSize length of a window
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding steps on each side that lose against everything, at most half of the kernel; default 0
 * @param options.dilation steps between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the end; default `false`
 * @throws MyelinError `SHAPE` when x is no batch of signals or too short; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { maxPool1d, tensor } from 'myelin';
 * console.log(maxPool1d(tensor([[[1, 3, 2, 0]]]), 2).toArray()); // [ [ [ 3, 2 ] ] ]
 * ```
 */
export function maxPool1d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Single,
  options?: MaxPoolOptions<Single>,
): Tensor<D>;
export function maxPool1d(x: Tensor, kernelSize: Single, options: MaxPoolOptions<Single> = {}): Tensor {
  checkInput('maxPool1d', x, 1);
  return poolSignal('maxPool1d', x, sizesOf('maxPool1d', kernelSize, options, 1), maximum(options));
}

/**
 * The largest value in each window of a volume, channel by channel; NaN wins.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, D′, H′, W′] with D′ = ⌊(D + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 (⌈⌉ in ceil
 * mode). Dtypes: float dtypes.
 *
 * @param kernelSize depth, height and width of a window, a number or all three
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding steps on each side that lose against everything, at most half of the kernel; default 0
 * @param options.dilation steps between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `SHAPE` when x is no batch of volumes or too small; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { maxPool3d, ones } from 'myelin';
 * console.log(maxPool3d(ones([1, 2, 4, 6, 6]), [2, 3, 3]).shape); // [ 1, 2, 2, 2, 2 ]
 * ```
 */
export function maxPool3d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Triple,
  options?: MaxPoolOptions<Triple>,
): Tensor<D>;
export function maxPool3d(x: Tensor, kernelSize: Triple, options: MaxPoolOptions<Triple> = {}): Tensor {
  checkInput('maxPool3d', x, 3);
  return poolVolume('maxPool3d', x, sizesOf('maxPool3d', kernelSize, options, 3), maximum(options));
}

/**
 * The average of each window of a signal, channel by channel.
 *
 * out[b, c, i] = avg k  x[b, c, i·stride + k − padding]
 *
 * Shapes: x [B, C, L] → [B, C, L′] with L′ = ⌊(L + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param kernelSize length of a window
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding zeros on each side, at most half of the kernel; default 0
 * @param options.ceilMode whether a last window may hang over the end; default `false`
 * @param options.countIncludePad whether zeros of the padding count as steps; default `true`
 * @throws MyelinError `SHAPE` when x is no batch of signals or too short; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { avgPool1d, tensor } from 'myelin';
 * console.log(avgPool1d(tensor([[[1, 3, 2, 0]]]), 2).toArray()); // [ [ [ 2, 1 ] ] ]
 * ```
 */
export function avgPool1d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Single,
  options?: AvgPoolOptions<Single>,
): Tensor<D>;
export function avgPool1d(x: Tensor, kernelSize: Single, options: AvgPoolOptions<Single> = {}): Tensor {
  checkInput('avgPool1d', x, 1);
  return poolSignal('avgPool1d', x, sizesOf('avgPool1d', kernelSize, options, 1), averages(options));
}

/**
 * The average of each window of a volume, channel by channel.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, D′, H′, W′] with D′ = ⌊(D + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float
 * dtypes.
 *
 * @param kernelSize depth, height and width of a window, a number or all three
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding zeros on each side, at most half of the kernel; default 0
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @param options.countIncludePad whether zeros of the padding count as places; default `true`
 * @param options.divisorOverride what sums of windows are divided by; default the number of places in a window
 * @throws MyelinError `SHAPE` when x is no batch of volumes or too small; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { avgPool3d, ones } from 'myelin';
 * console.log(avgPool3d(ones([1, 2, 4, 6, 6]), 2).shape); // [ 1, 2, 2, 3, 3 ]
 * ```
 */
export function avgPool3d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Triple,
  options?: DividedPoolOptions<Triple>,
): Tensor<D>;
export function avgPool3d(x: Tensor, kernelSize: Triple, options: DividedPoolOptions<Triple> = {}): Tensor {
  checkInput('avgPool3d', x, 3);
  const { divisorOverride: divisor, ...rest } = options;
  const sizes = sizesOf('avgPool3d', kernelSize, rest, 3);
  checkDivisor('avgPool3d', divisor);
  if (divisor === undefined) return poolVolume('avgPool3d', x, sizes, averages(rest));
  return onBehalf('avgPool3d', () => {
    const counted = poolVolume('avgPool3d', x, sizes, averages({ ...rest, countIncludePad: true }));
    return divided(counted, divisor, { ...sizes, extents: x.shape.slice(2) });
  });
}

/** Options of {@link lpPool1d}, {@link lpPool2d} and {@link lpPool3d}. */
export interface LpPoolOptions<E> {
  /** Places between neighbouring windows; default the kernel size. */
  readonly stride?: E;
  /** Whether a last window may hang over the edge; default `false`. */
  readonly ceilMode?: boolean;
}

// PyTorch's way, in which a negative sum (of odd powers) has no root: the largest of it and 0 is taken.
const root = (means: Tensor, count: number, normType: number): Tensor =>
  pow(mul(mul(sign(means), relu(abs(means))), count), 1 / normType);

const powers =
  (normType: number, { ceilMode = false }: LpPoolOptions<unknown>): Plane =>
  (x, kernel, { stride }) => {
    const [height, width] = kernel as readonly [number, number];
    const means = avgPool2d(pow<Tensor<FloatDType>, number>(x, normType), kernel, { stride: stride!, ceilMode });
    return root(means, height * width, normType);
  };

/**
 * The p-norm of each window of a signal, channel by channel: out = (Σ xᵖ)^(1/p), p = 1 being the sum.
 *
 * Shapes: x [B, C, L] → [B, C, L′] with L′ = ⌊(L − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize length of a window
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the end; default `false`
 * @throws MyelinError `SHAPE` when x is no batch of signals or too short; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { lpPool1d, tensor } from 'myelin';
 * console.log(lpPool1d(tensor([[[3, 4]]]), 2, 2).toArray()); // [ [ [ 5 ] ] ]
 * ```
 */
export function lpPool1d<D extends FloatDType>(
  x: Tensor<D>,
  normType: number,
  kernelSize: Single,
  options?: LpPoolOptions<Single>,
): Tensor<D>;
export function lpPool1d(x: Tensor, normType: number, kernelSize: Single, options: LpPoolOptions<Single> = {}): Tensor {
  checkInput('lpPool1d', x, 1);
  checkFinite('lpPool1d', 'normType', normType);
  return poolSignal('lpPool1d', x, sizesOf('lpPool1d', kernelSize, options, 1), powers(normType, options));
}

/**
 * The p-norm of each window of an image, channel by channel: out = (Σ xᵖ)^(1/p), p = 1 being the sum.
 *
 * Shapes: x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize height and width of a window, a number or [height, width]
 * @param options.stride pixels between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `SHAPE` when x is no batch of images or too small; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { lpPool2d, ones } from 'myelin';
 * console.log(lpPool2d(ones([1, 1, 2, 2]), 2, 2).item()); // 2
 * ```
 */
export function lpPool2d<D extends FloatDType>(
  x: Tensor<D>,
  normType: number,
  kernelSize: Pair,
  options?: LpPoolOptions<Pair>,
): Tensor<D>;
export function lpPool2d(
  x: Tensor<FloatDType>,
  normType: number,
  kernelSize: Pair,
  options: LpPoolOptions<Pair> = {},
): Tensor {
  checkInput('lpPool2d', x, 2);
  checkFinite('lpPool2d', 'normType', normType);
  const sizes = sizesOf('lpPool2d', kernelSize, options, 2);
  return onBehalf('lpPool2d', () => powers(normType, options)(x, ...planeOf(sizes, 0, 1)));
}

/**
 * The p-norm of each window of a volume, channel by channel: out = (Σ xᵖ)^(1/p), p = 1 being the sum.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, D′, H′, W′] with D′ = ⌊(D − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize depth, height and width of a window, a number or all three
 * @param options.stride places between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `SHAPE` when x is no batch of volumes or too small; `DTYPE` when it is not float; `VALUE` for options out
 * of range
 * @example
 * ```ts
 * import { lpPool3d, ones } from 'myelin';
 * console.log(lpPool3d(ones([1, 1, 4, 2, 2]), 2, [4, 2, 2]).item()); // 4
 * ```
 */
export function lpPool3d<D extends FloatDType>(
  x: Tensor<D>,
  normType: number,
  kernelSize: Triple,
  options?: LpPoolOptions<Triple>,
): Tensor<D>;
export function lpPool3d(
  x: Tensor<FloatDType>,
  normType: number,
  kernelSize: Triple,
  options: LpPoolOptions<Triple> = {},
): Tensor {
  checkInput('lpPool3d', x, 3);
  checkFinite('lpPool3d', 'normType', normType);
  const { kernel, stride } = sizesOf('lpPool3d', kernelSize, options, 3);
  const [depth, height, width] = kernel as [number, number, number];
  const [down, rows, columns] = stride as [number, number, number];
  const { ceilMode = false } = options;
  return onBehalf('lpPool3d', () => {
    const powered = pow<Tensor<FloatDType>, number>(x, normType);
    const means = avgPool3d(powered, [depth, height, width], { stride: [down, rows, columns], ceilMode });
    return root(means, depth * height * width, normType);
  });
}
