import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { defaultGenerator, type Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkObject, checkReal, checkShapeOf, extentsOf, type Pair, type Triple } from './checks.js';
import { full } from './creation.js';
import { gather } from './indexing.js';
import { concat } from './move.js';
import { onBehalf } from './on-behalf.js';
import { checkInput, pick } from './pool-axes.js';
import type { Maxima } from './pool-indices.js';
import { uniform } from './random.js';
import { arange } from './ranges.js';
import { argmax, max } from './reduce.js';
import { expand, reshape, unsqueeze } from './reshape.js';
import { floor } from './rounding.js';
import { narrow } from './views.js';

/** Options of fractional pools; `E` is a number, or one for each spatial axis. */
export interface FractionalPoolOptions<E> {
  /** Extents of the result. */
  readonly outputSize?: E;
  /** Extents of the result relative to those of the input, in place of `outputSize`; each between 0 and 1. */
  readonly outputRatio?: E;
  /** Numbers in [0, 1) that decide where windows lie, [B, C, number of axes]; default drawn anew in each call. */
  readonly randomSamples?: Tensor<FloatDType>;
  /** Where those come from that are drawn; by default what {@link seed} sets. */
  readonly generator?: Generator;
}

/** Options of {@link fractionalMaxPool2d}. */
export interface FractionalMaxPool2dOptions extends FractionalPoolOptions<Pair> {}
/** Options of {@link fractionalMaxPool3d}. */
export interface FractionalMaxPool3dOptions extends FractionalPoolOptions<Triple> {}

function ratiosOf(op: string, given: unknown, axes: number): readonly number[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : Array.from({ length: axes }, () => given);
  const isRatio = (ratio: unknown): ratio is number => typeof ratio === 'number' && ratio > 0 && ratio < 1;
  if (list.length === axes && list.every(isRatio)) return list;
  fail('VALUE', op, `outputRatio is ${show(given)} (need a number between 0 and 1, or ${axes})`);
}

/** Refuses options that do not say in one way how large the result is. */
export function checkFractional(op: string, options: FractionalPoolOptions<unknown>, axes: number): void {
  checkObject(op, 'options', options);
  const { outputSize, outputRatio } = options;
  if ((outputSize === undefined) === (outputRatio === undefined)) {
    const given =
      outputSize === undefined ? 'neither outputSize nor outputRatio is' : 'outputSize and outputRatio are both';
    fail('VALUE', op, `${given} given (need one of them)`);
  }
  if (outputSize === undefined) ratiosOf(op, outputRatio, axes);
  else extentsOf(op, 'outputSize', outputSize, axes, 1);
}

/** Numbers of windows along each axis. */
function countsOf(op: string, options: FractionalPoolOptions<unknown>, extents: Shape, kernel: Shape): Shape {
  const { outputSize, outputRatio } = options;
  const axes = extents.length;
  const counts =
    outputSize === undefined
      ? ratiosOf(op, outputRatio, axes).map((ratio, i) => Math.floor(ratio * extents[i]!))
      : extentsOf(op, 'outputSize', outputSize, axes, 1);
  if (counts.every((count, i) => count > 0 && count + kernel[i]! - 1 <= extents[i]!)) return counts;
  const given = `a result of ${show([...counts])} from ${show([...extents])} by windows of ${show([...kernel])}`;
  fail('SHAPE', op, `${given} (need at least one window, and at most as many as there are places for)`);
}

/** Numbers that decide where windows lie: those that are given, or others at each call. */
function samplesOf(op: string, x: Tensor, { randomSamples, generator }: FractionalPoolOptions<unknown>): Tensor {
  const shape = [...x.shape.slice(0, 2), x.rank - 2];
  if (randomSamples === undefined) {
    const dtype = x.dtype === 'float64' ? 'float64' : 'float32';
    return uniform(shape, { dtype, generator: generator ?? defaultGenerator });
  }
  checkReal(op, 'randomSamples', randomSamples);
  checkShapeOf(op, 'randomSamples', randomSamples, shape, 'one for each axis of each channel');
  // Halves cannot count places.
  return randomSamples.dtype === 'float64' ? randomSamples : cast(randomSamples, 'float32');
}

/** Where windows along an axis begin, [B, C, count]: ⌊(i + u) α⌋ − ⌊u α⌋ for a sample u, and the last as far behind as it can. */
function startsOf(sample: Tensor, count: number, room: number): Tensor<'int32'> {
  const [batch, channels] = sample.shape as [number, number, number];
  const last = full([batch, channels, 1], room, { dtype: 'int32' });
  if (count === 1) return last;
  const step = room / (count - 1);
  const ends = mul(add(sample, arange(count - 1, { dtype: 'int32' })), step);
  const others = sub(floor(ends as Tensor<FloatDType>), floor(mul(sample, step) as Tensor<FloatDType>));
  return concat([cast(others, 'int32'), last], { axis: 2 });
}

/** The largest element of each window along an axis, and its place. */
function largestAlong(x: Tensor, axis: number, starts: Tensor<'int32'>, kernel: number) {
  const [batch, channels, count] = starts.shape as [number, number, number];
  const [before, behind] = [x.shape.slice(2, axis), x.shape.slice(axis + 1)];
  const along = (list: Tensor, extent: number): Tensor =>
    reshape(list, [batch, channels, ...before.map(() => 1), extent, ...behind.map(() => 1)]);
  const places = along(add(unsqueeze(starts, 3), arange(kernel, { dtype: 'int32' })), count * kernel);
  const wanted = expand(places, [batch, channels, ...before, count * kernel, ...behind]) as Tensor<'int32'>;
  const all = reshape(gather(x, wanted, { axis }), [batch, channels, ...before, count, kernel, ...behind]);
  const found = add(argmax(all, { axis: axis + 1 }), along(starts, count)) as Tensor<'int64'>;
  return { values: max(all, { axis: axis + 1 }), places: found };
}

interface Windows {
  readonly kernel: Shape;
  readonly counts: Shape;
  readonly samples: Tensor;
}

/** Where the maxima are: axis by axis from the last, so that the first of several wins. */
function placesOfMaxima(x: Tensor, { kernel, counts, samples }: Windows): Tensor<'int32'> {
  const axes = kernel.length;
  let values: Tensor = x;
  let places: Tensor | undefined;
  let step = 1;
  for (let i = axes - 1; i >= 0; i--) {
    const extent = x.shape[2 + i]!;
    // As in PyTorch, images are sampled column first, volumes depth first.
    const which = axes === 2 ? 1 - i : i;
    const sample = narrow(samples, 2, which, 1);
    const starts = startsOf(sample, counts[i]!, extent - kernel[i]!);
    const along = largestAlong(values, 2 + i, starts, kernel[i]!);
    const within = places && gather(places, along.places, { axis: 2 + i });
    places = within === undefined ? along.places : add(mul(along.places, step), within);
    step *= extent;
    ({ values } = along);
  }
  return cast(places!, 'int32');
}

function fractional(
  op: string,
  x: Tensor<FloatDType>,
  kernelSize: unknown,
  options: FractionalPoolOptions<unknown>,
  axes: 2 | 3,
): Maxima<FloatDType> {
  checkInput(op, x, axes);
  checkFractional(op, options, axes);
  const kernel = extentsOf(op, 'kernelSize', kernelSize, axes, 1);
  const counts = countsOf(op, options, x.shape.slice(2), kernel);
  return onBehalf(op, () => {
    const samples = samplesOf(op, x, options);
    const places = stopGradient(() => scope(() => placesOfMaxima(x, { kernel, counts, samples })));
    return [pick(x, places) as Tensor<FloatDType>, places];
  });
}

/**
 * The largest value in each of as many windows as are asked for, channel by channel; windows are all of one size, and how far they
 * lie apart changes at random. So images shrink by any factor between 1 and the kernel.
 *
 * Window i of n over H rows begins at ⌊(i + u) α⌋ − ⌊u α⌋ with α = (H − K) / (n − 1), the last at H − K; u is random for each
 * channel of each sample.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, a number or [height, width]
 * @param options.outputSize height and width of the result, a number or [height, width]
 * @param options.outputRatio height and width relative to those of x, in place of `outputSize`
 * @param options.randomSamples u of columns and of rows, [B, C, 2], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default what `seed` sets
 * @throws MyelinError `SHAPE` when x is no batch of images or too small; `DTYPE` when it is not float; `VALUE` for options out of
 * range; `INDEX` for samples that lead outside
 *
 * Source: Graham 2014, «Fractional Max-Pooling», section 2, overlapping pseudo-random regions.
 * @example
 * ```ts
 * import { fractionalMaxPool2d, ones } from 'myelin';
 * console.log(fractionalMaxPool2d(ones([1, 2, 10, 14]), 2, { outputRatio: [0.7, 0.5] }).shape); // [ 1, 2, 7, 7 ]
 * ```
 */
export function fractionalMaxPool2d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Pair,
  options: FractionalMaxPool2dOptions,
): Tensor<D>;
export function fractionalMaxPool2d(
  x: Tensor<FloatDType>,
  kernelSize: Pair,
  options: FractionalMaxPool2dOptions,
): Tensor {
  return scope(() => fractional('fractionalMaxPool2d', x, kernelSize, options, 2)[0]);
}

/**
 * {@link fractionalMaxPool2d}, and where each maximum is in the plane, counted row by row: the first of several.
 *
 * Shapes: x [B, C, H, W] → two of [B, C, *outputSize]. Dtypes: float dtypes; indices int32.
 *
 * @param kernelSize extents of a window, a number or [height, width]
 * @param options.outputSize height and width of the result, a number or [height, width]
 * @param options.outputRatio height and width relative to those of x, in place of `outputSize`
 * @param options.randomSamples u of columns and of rows, [B, C, 2], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default what `seed` sets
 * @returns the maxima and their places
 * @throws MyelinError as {@link fractionalMaxPool2d}
 * @example
 * ```ts
 * import { fractionalMaxPool2dWithIndices, tensor } from 'myelin';
 * const [max, indices] = fractionalMaxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2, { outputSize: 1 });
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function fractionalMaxPool2dWithIndices<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Pair,
  options: FractionalMaxPool2dOptions,
): Maxima<D>;
export function fractionalMaxPool2dWithIndices(
  x: Tensor<FloatDType>,
  kernelSize: Pair,
  options: FractionalMaxPool2dOptions,
): Maxima<FloatDType> {
  return fractional('fractionalMaxPool2dWithIndices', x, kernelSize, options, 2);
}

/**
 * {@link fractionalMaxPool2d} of volumes: windows lie apart at random along all three axes.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, a number or [depth, height, width]
 * @param options.outputSize depth, height and width of the result, a number or all three
 * @param options.outputRatio these relative to those of x, in place of `outputSize`
 * @param options.randomSamples u of depth, rows and columns, [B, C, 3], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default what `seed` sets
 * @throws MyelinError `SHAPE` when x is no batch of volumes or too small; `DTYPE` when it is not float; `VALUE` for options out of
 * range; `INDEX` for samples that lead outside
 *
 * Source: Graham 2014, «Fractional Max-Pooling», section 2, overlapping pseudo-random regions.
 * @example
 * ```ts
 * import { fractionalMaxPool3d, ones } from 'myelin';
 * console.log(fractionalMaxPool3d(ones([1, 2, 4, 10, 14]), 2, { outputSize: [3, 5, 7] }).shape); // [ 1, 2, 3, 5, 7 ]
 * ```
 */
export function fractionalMaxPool3d<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Triple,
  options: FractionalMaxPool3dOptions,
): Tensor<D>;
export function fractionalMaxPool3d(
  x: Tensor<FloatDType>,
  kernelSize: Triple,
  options: FractionalMaxPool3dOptions,
): Tensor {
  return scope(() => fractional('fractionalMaxPool3d', x, kernelSize, options, 3)[0]);
}

/**
 * {@link fractionalMaxPool3d}, and where each maximum is in the volume, counted plane by plane and row by row: the first of several.
 *
 * Shapes: x [B, C, D, H, W] → two of [B, C, *outputSize]. Dtypes: float dtypes; indices int32.
 *
 * @param kernelSize extents of a window, a number or [depth, height, width]
 * @param options.outputSize depth, height and width of the result, a number or all three
 * @param options.outputRatio these relative to those of x, in place of `outputSize`
 * @param options.randomSamples u of depth, rows and columns, [B, C, 3], in [0, 1); default drawn in each call
 * @param options.generator where those come from that are drawn; default what `seed` sets
 * @returns the maxima and their places
 * @throws MyelinError as {@link fractionalMaxPool3d}
 * @example
 * ```ts
 * import { fractionalMaxPool3dWithIndices, tensor } from 'myelin';
 * const [max, indices] = fractionalMaxPool3dWithIndices(tensor([[[[[1, 2]], [[4, 3]]]]]), [2, 1, 2], { outputSize: 1 });
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function fractionalMaxPool3dWithIndices<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Triple,
  options: FractionalMaxPool3dOptions,
): Maxima<D>;
export function fractionalMaxPool3dWithIndices(
  x: Tensor<FloatDType>,
  kernelSize: Triple,
  options: FractionalMaxPool3dOptions,
): Maxima<FloatDType> {
  return fractional('fractionalMaxPool3dWithIndices', x, kernelSize, options, 3);
}
