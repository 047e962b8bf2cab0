import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { cast } from './cast.js';
import type { Single, Triple } from './checks.js';
import { tensor } from './creation.js';
import { floorDivide } from './division.js';
import { gather } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import {
  checkAdaptive,
  evenKernel,
  gathered,
  windowsOf,
  type AdaptivePair,
  type AdaptiveTriple,
  type AxisWindows,
} from './pool-adaptive.js';
import { checkInput, nowhere, pick, planeOf, sizesOf } from './pool-axes.js';
import { maxPool2dWithIndices, type MaxPoolOptions } from './pool.js';
import { arange } from './ranges.js';
import { argmax, max } from './reduce.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';
import { take } from './take.js';

type Found = [max: Tensor<FloatDType>, indices: Tensor<'int32'>];
/** Maxima of type D, and their places. */
export type Maxima<D extends FloatDType> = [max: Tensor<D>, indices: Tensor<'int32'>];

/**
 * {@link maxPool1d}, and where each maximum is in the signal: the first of several.
 *
 * Shapes: x [B, C, L] → two of [B, C, L′]. Dtypes: float dtypes; indices int32.
 *
 * @param kernelSize length of a window
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding steps on each side that lose against everything, at most half of the kernel; default 0
 * @param options.dilation steps between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the end; default `false`
 * @returns the maxima and their places
 * @throws MyelinError as {@link maxPool1d}
 * @example
 * ```ts
 * import { maxPool1dWithIndices, tensor } from 'myelin';
 * const [max, indices] = maxPool1dWithIndices(tensor([[[1, 3, 2, 0]]]), 2);
 * console.log(max.flatten().toArray(), indices.flatten().toArray()); // [ 3, 2 ] [ 1, 2 ]
 * ```
 */
export function maxPool1dWithIndices<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Single,
  options?: MaxPoolOptions<Single>,
): Maxima<D>;
export function maxPool1dWithIndices(
  x: Tensor<FloatDType>,
  kernelSize: Single,
  options: MaxPoolOptions<Single> = {},
): Found {
  const op = 'maxPool1dWithIndices';
  checkInput(op, x, 1);
  const [kernel, windows] = planeOf(sizesOf(op, kernelSize, options, 1), nowhere, 0);
  return onBehalf(op, () => {
    const [found, places] = maxPool2dWithIndices(unsqueeze(x, 2), kernel, {
      ...windows,
      ceilMode: options.ceilMode ?? false,
    });
    return [squeeze(found, 2), squeeze(places, 2)];
  });
}

/**
 * {@link maxPool3d}, and where each maximum is in the volume, counted plane by plane and row by row: the first of several.
 *
 * Shapes: x [B, C, D, H, W] → two of [B, C, D′, H′, W′]. Dtypes: float dtypes; indices int32.
 *
 * @param kernelSize depth, height and width of a window, a number or all three
 * @param options.stride steps between windows; default `kernelSize`
 * @param options.padding steps on each side that lose against everything, at most half of the kernel; default 0
 * @param options.dilation steps between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @returns the maxima and their places
 * @throws MyelinError as {@link maxPool3d}
 * @example
 * ```ts
 * import { maxPool3dWithIndices, tensor } from 'myelin';
 * const [max, indices] = maxPool3dWithIndices(tensor([[[[[1, 2]], [[4, 3]]]]]), [2, 1, 2]);
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function maxPool3dWithIndices<D extends FloatDType>(
  x: Tensor<D>,
  kernelSize: Triple,
  options?: MaxPoolOptions<Triple>,
): Maxima<D>;
export function maxPool3dWithIndices(
  x: Tensor<FloatDType>,
  kernelSize: Triple,
  options: MaxPoolOptions<Triple> = {},
): Found {
  const op = 'maxPool3dWithIndices';
  checkInput(op, x, 3);
  const sizes = sizesOf(op, kernelSize, options, 3);
  const [batch, channels, depth, height, width] = x.shape as [number, number, number, number, number];
  const pool = (planes: Tensor<FloatDType>, a: number, b: number): Found => {
    const [kernel, windows] = planeOf(sizes, a, b);
    return maxPool2dWithIndices(planes, kernel, { ...windows, ceilMode: options.ceilMode ?? false });
  };
  return onBehalf(op, () => {
    // Maxima of planes first, then those of these along the depth; of equal ones the first of the first plane.
    const [flat, inPlane] = pool(reshape(x, [batch, channels * depth, height, width]), 1, 2);
    const [, , rows, columns] = flat.shape as [number, number, number, number];
    const [found, along] = pool(reshape(flat, [batch, channels, depth, rows * columns]), 0, nowhere);
    const plane = floorDivide(along, rows * columns);
    const places = add(mul(plane, height * width), pick(reshape(inPlane, [batch, channels, -1]), along));
    const shape = [batch, channels, found.shape[2]!, rows, columns];
    return [reshape(found, shape), reshape(cast(places, 'int32'), shape)];
  });
}

/** Which place of an axis has the largest element of each window, and that element. */
function largestAlong(
  x: Tensor,
  axis: number,
  windows: AxisWindows,
): { readonly values: Tensor; readonly places: Tensor } {
  const all = gathered(x, axis, windows);
  const behind = x.shape.slice(axis + 1).map(() => 1);
  const first = reshape(mul(arange(windows.counts.length, { dtype: 'int64' }), windows.longest), [-1, ...behind]);
  const chosen = add(argmax(all, { axis: axis + 1 }), first) as Tensor<'int64'>;
  return { values: max(all, { axis: axis + 1 }), places: take(tensor(windows.places, { dtype: 'int32' }), chosen) };
}

/** Where the maxima of windows of different lengths are: axis by axis from the last, so that the first of several wins. */
function placesOfMaxima(x: Tensor<FloatDType>, size: Shape): Tensor<'int32'> {
  let values: Tensor = x;
  let places: Tensor | undefined;
  let step = 1;
  for (let axis = x.rank - 1; axis >= 2; axis--) {
    const extent = x.shape[axis]!;
    const along = largestAlong(values, axis, windowsOf(extent, size[axis - 2]!));
    const within = places && gather(places, along.places as Tensor<'int32'>, { axis });
    places = within === undefined ? along.places : add(mul(along.places, step), within);
    step *= extent;
    ({ values } = along);
  }
  return cast(places!, 'int32');
}

function adaptive(x: Tensor<FloatDType>, size: Shape): Found {
  const kernel = evenKernel(x.shape.slice(2), size);
  if (kernel?.length === 2) return maxPool2dWithIndices(x, [kernel[0]!, kernel[1]!]);
  if (kernel?.length === 3) return maxPool3dWithIndices(x, [kernel[0]!, kernel[1]!, kernel[2]!]);
  const places = stopGradient(() => scope(() => placesOfMaxima(x, size)));
  return [pick(x, places) as Tensor<FloatDType>, places];
}

/**
 * {@link adaptiveMaxPool1d}, and where each maximum is in the signal: the first of several.
 *
 * Shapes: x [B, C, L] → two of [B, C, outputSize]. Dtypes: float dtypes; indices int32.
 *
 * @param outputSize number of windows
 * @returns the maxima and their places
 * @throws MyelinError as {@link adaptiveMaxPool1d}
 * @example
 * ```ts
 * import { adaptiveMaxPool1dWithIndices, tensor } from 'myelin';
 * const [max, indices] = adaptiveMaxPool1dWithIndices(tensor([[[1, 3, 2]]]), 2);
 * console.log(max.flatten().toArray(), indices.flatten().toArray()); // [ 3, 3 ] [ 1, 1 ]
 * ```
 */
export function adaptiveMaxPool1dWithIndices<D extends FloatDType>(x: Tensor<D>, outputSize: Single): Maxima<D>;
export function adaptiveMaxPool1dWithIndices(x: Tensor<FloatDType>, outputSize: Single): Found {
  const op = 'adaptiveMaxPool1dWithIndices';
  const size = checkAdaptive(op, x, outputSize, 1);
  return onBehalf(op, () => {
    const [found, places] = adaptive(unsqueeze(x, 2), [1, ...size]);
    return [squeeze(found, 2), squeeze(places, 2)];
  });
}

/**
 * {@link adaptiveMaxPool2d}, and where each maximum is in the plane, counted row by row: the first of several.
 *
 * Shapes: x [B, C, H, W] → two of [B, C, *outputSize]. Dtypes: float dtypes; indices int32.
 *
 * @param outputSize height and width of the result, a number or [height, width]; `null` leaves an axis as it is
 * @returns the maxima and their places
 * @throws MyelinError as {@link adaptiveMaxPool2d}
 * @example
 * ```ts
 * import { adaptiveMaxPool2dWithIndices, tensor } from 'myelin';
 * const [max, indices] = adaptiveMaxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 1);
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function adaptiveMaxPool2dWithIndices<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptivePair): Maxima<D>;
export function adaptiveMaxPool2dWithIndices(x: Tensor<FloatDType>, outputSize: AdaptivePair): Found {
  const op = 'adaptiveMaxPool2dWithIndices';
  const size = checkAdaptive(op, x, outputSize, 2);
  return onBehalf(op, () => adaptive(x, size));
}

/**
 * {@link adaptiveMaxPool3d}, and where each maximum is in the volume, counted plane by plane and row by row: the first of several.
 *
 * Shapes: x [B, C, D, H, W] → two of [B, C, *outputSize]. Dtypes: float dtypes; indices int32.
 *
 * @param outputSize depth, height and width of the result, a number or all three; `null` leaves an axis as it is
 * @returns the maxima and their places
 * @throws MyelinError as {@link adaptiveMaxPool3d}
 * @example
 * ```ts
 * import { adaptiveMaxPool3dWithIndices, tensor } from 'myelin';
 * const [max, indices] = adaptiveMaxPool3dWithIndices(tensor([[[[[1, 2]], [[4, 3]]]]]), 1);
 * console.log(max.item(), indices.item()); // 4 2
 * ```
 */
export function adaptiveMaxPool3dWithIndices<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptiveTriple): Maxima<D>;
export function adaptiveMaxPool3dWithIndices(x: Tensor<FloatDType>, outputSize: AdaptiveTriple): Found {
  const op = 'adaptiveMaxPool3dWithIndices';
  const size = checkAdaptive(op, x, outputSize, 3);
  return onBehalf(op, () => adaptive(x, size));
}
