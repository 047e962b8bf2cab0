import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { cast } from './cast.js';
import { checkReal, extentsOf, type Single } from './checks.js';
import { where } from './compare.js';
import { tensor } from './creation.js';
import { indexSelect } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import { avgPool3d, maxPool3d } from './pool-axes.js';
import { avgPool2d, maxPool2d } from './pool.js';
import { max, sum } from './reduce.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';

// Window i of n over an axis of N places is [⌊i·N/n⌋, ⌈(i + 1)·N/n⌉): of different lengths, and overlapping, unless n divides N.

/** The windows of one axis. */
export interface AxisWindows {
  /** Places of all windows one behind the other, each with as many; those that are too many repeat the last. */
  readonly places: number[];
  readonly counts: number[];
  readonly longest: number;
}

/** So many windows over an axis. */
export function windowsOf(extent: number, count: number): AxisWindows {
  const starts = Array.from({ length: count }, (_, i) => Math.floor((i * extent) / count));
  const counts = starts.map((start, i) => Math.ceil(((i + 1) * extent) / count) - start);
  const longest = Math.max(0, ...counts);
  const places = starts.flatMap((start, i) =>
    Array.from({ length: longest }, (_, k) => start + Math.min(k, counts[i]! - 1)),
  );
  return { places, counts, longest };
}

/** The windows of one axis as an axis of their own behind it. */
export function gathered(x: Tensor, axis: number, { places, counts, longest }: AxisWindows): Tensor {
  const picked = indexSelect(x, tensor(places, { dtype: 'int32' }), { axis });
  return reshape(picked, [...x.shape.slice(0, axis), counts.length, longest, ...x.shape.slice(axis + 1)]);
}

function averageAlong(x: Tensor, axis: number, windows: AxisWindows): Tensor {
  const { counts, longest } = windows;
  const behind = x.shape.slice(axis + 1).map(() => 1);
  const flags = counts.flatMap((count) => Array.from({ length: longest }, (_, k) => k < count));
  const inside = reshape(tensor(flags), [counts.length, longest, ...behind]);
  const sums = sum(where(inside, gathered(x, axis, windows), 0), { axis: axis + 1 });
  return div(sums, cast(reshape(tensor(counts), [counts.length, ...behind]), x.dtype));
}

const maxAlong = (x: Tensor, axis: number, windows: AxisWindows): Tensor =>
  max(gathered(x, axis, windows), { axis: axis + 1 });

interface Way {
  /** Pools windows that lie side by side and are all of one size: of images, and of volumes. */
  readonly even: readonly [
    (x: Tensor<FloatDType>, kernel: readonly [number, number]) => Tensor,
    (x: Tensor<FloatDType>, kernel: readonly [number, number, number]) => Tensor,
  ];
  readonly along: (x: Tensor, axis: number, windows: AxisWindows) => Tensor;
}

const averages: Way = {
  even: [(x, kernel) => avgPool2d(x, kernel), (x, kernel) => avgPool3d(x, kernel)],
  along: averageAlong,
};
const maxima: Way = {
  even: [(x, kernel) => maxPool2d(x, kernel), (x, kernel) => maxPool3d(x, kernel)],
  along: maxAlong,
};

/** The kernel that parts all axes evenly, if there is one. */
export function evenKernel(extents: Shape, size: Shape): Shape | undefined {
  if (extents.some((extent, i) => extent % size[i]! !== 0)) return undefined;
  return extents.map((extent, i) => extent / size[i]!);
}

function pool({ even, along }: Way, x: Tensor<FloatDType>, size: Shape): Tensor {
  const extents = x.shape.slice(2);
  const kernel = evenKernel(extents, size);
  if (kernel?.length === 2) return even[0](x, [kernel[0]!, kernel[1]!]);
  if (kernel?.length === 3) return even[1](x, [kernel[0]!, kernel[1]!, kernel[2]!]);
  return extents.reduce<Tensor>((pooled, extent, i) => along(pooled, 2 + i, windowsOf(extent, size[i]!)), x);
}

/** Counts of windows over images: one for both axes, or one for each; `null` for as many as there are rows or columns. */
export type AdaptivePair = number | null | readonly [height: number | null, width: number | null];

/** Counts of windows over volumes: one for all axes, or one for each; `null` for as many as there are places. */
export type AdaptiveTriple =
  number | null | readonly [depth: number | null, height: number | null, width: number | null];

/** Counts of windows, checked; what is `null` leaves an axis as it is, and is counted by `extents`. */
export function checkOutputSize(op: string, outputSize: unknown, axes: number, extents: Shape = []): Shape {
  const counted = (count: unknown, i: number): unknown => (count === null ? (extents[i] ?? 1) : count);
  if (outputSize === null) return Array.from({ length: axes }, (_, i) => extents[i] ?? 1);
  return extentsOf(op, 'outputSize', Array.isArray(outputSize) ? outputSize.map(counted) : outputSize, axes, 1);
}

const inputNames = ['[B, C, L]', '[B, C, H, W]', '[B, C, D, H, W]'] as const;

/** Refuses what there is nothing in to pool, and sizes that are not positive. */
export function checkAdaptive(op: string, x: Tensor, outputSize: unknown, axes: 1 | 2 | 3): Shape {
  checkReal(op, 'x', x);
  const extents = x.shape.slice(2);
  if (extents.length !== axes || extents.includes(0)) {
    const need = inputNames[axes - 1];
    fail('SHAPE', op, `x is ${describe(x)} (need ${need}, with something in it to pool)`, { x: x.shape });
  }
  return checkOutputSize(op, outputSize, axes, extents);
}

function adaptive(op: string, way: Way, x: Tensor<FloatDType>, outputSize: unknown, axes: 1 | 2 | 3): Tensor {
  const size = checkAdaptive(op, x, outputSize, axes);
  if (axes > 1) return onBehalf(op, () => pool(way, x, size));
  return onBehalf(op, () => squeeze(pool(way, unsqueeze(x, 2), [1, ...size]), 2));
}

/**
 * Averages of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes: x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `SHAPE` when x is no batch of signals; `VALUE` unless the size is positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveAvgPool1d, tensor } from 'myelin';
 * console.log(adaptiveAvgPool1d(tensor([[[1, 2, 3]]]), 2).toArray()); // [ [ [ 1.5, 2.5 ] ] ]
 * ```
 */
export function adaptiveAvgPool1d<D extends FloatDType>(x: Tensor<D>, outputSize: Single): Tensor<D>;
export function adaptiveAvgPool1d(x: Tensor<FloatDType>, outputSize: Single): Tensor {
  return adaptive('adaptiveAvgPool1d', averages, x, outputSize, 1);
}

/**
 * Averages of as many windows as are asked for along both axes of an image: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize height and width of the result, a number or [height, width]; `null` leaves an axis as it is
 * @throws MyelinError `SHAPE` when x is no batch of images; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveAvgPool2d, ones } from 'myelin';
 * console.log(adaptiveAvgPool2d(ones([2, 8, 9, 13]), [3, 5]).shape); // [ 2, 8, 3, 5 ]
 * ```
 */
export function adaptiveAvgPool2d<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptivePair): Tensor<D>;
export function adaptiveAvgPool2d(x: Tensor<FloatDType>, outputSize: AdaptivePair): Tensor {
  return adaptive('adaptiveAvgPool2d', averages, x, outputSize, 2);
}

/**
 * Averages of as many windows as are asked for along all axes of a volume, the windows of {@link adaptiveAvgPool2d}.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize depth, height and width of the result, a number or all three; `null` leaves an axis as it is
 * @throws MyelinError `SHAPE` when x is no batch of volumes; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveAvgPool3d, ones } from 'myelin';
 * console.log(adaptiveAvgPool3d(ones([2, 8, 5, 9, 13]), [2, 3, 5]).shape); // [ 2, 8, 2, 3, 5 ]
 * ```
 */
export function adaptiveAvgPool3d<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptiveTriple): Tensor<D>;
export function adaptiveAvgPool3d(x: Tensor<FloatDType>, outputSize: AdaptiveTriple): Tensor {
  return adaptive('adaptiveAvgPool3d', averages, x, outputSize, 3);
}

/**
 * Largest values of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes: x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `SHAPE` when x is no batch of signals; `VALUE` unless the size is positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveMaxPool1d, tensor } from 'myelin';
 * console.log(adaptiveMaxPool1d(tensor([[[1, 2, 3]]]), 2).toArray()); // [ [ [ 2, 3 ] ] ]
 * ```
 */
export function adaptiveMaxPool1d<D extends FloatDType>(x: Tensor<D>, outputSize: Single): Tensor<D>;
export function adaptiveMaxPool1d(x: Tensor<FloatDType>, outputSize: Single): Tensor {
  return adaptive('adaptiveMaxPool1d', maxima, x, outputSize, 1);
}

/**
 * Largest values of as many windows as are asked for along both axes of an image, the windows of {@link adaptiveAvgPool2d}.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize height and width of the result, a number or [height, width]; `null` leaves an axis as it is
 * @throws MyelinError `SHAPE` when x is no batch of images; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveMaxPool2d, tensor } from 'myelin';
 * console.log(adaptiveMaxPool2d(tensor([[[[1, 2], [3, 4]]]]), 1).item()); // 4
 * ```
 */
export function adaptiveMaxPool2d<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptivePair): Tensor<D>;
export function adaptiveMaxPool2d(x: Tensor<FloatDType>, outputSize: AdaptivePair): Tensor {
  return adaptive('adaptiveMaxPool2d', maxima, x, outputSize, 2);
}

/**
 * Largest values of as many windows as are asked for along all axes of a volume, the windows of {@link adaptiveAvgPool2d}.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize depth, height and width of the result, a number or all three; `null` leaves an axis as it is
 * @throws MyelinError `SHAPE` when x is no batch of volumes; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveMaxPool3d, ones } from 'myelin';
 * console.log(adaptiveMaxPool3d(ones([2, 8, 5, 9, 13]), [2, 3, null]).shape); // [ 2, 8, 2, 3, 13 ]
 * ```
 */
export function adaptiveMaxPool3d<D extends FloatDType>(x: Tensor<D>, outputSize: AdaptiveTriple): Tensor<D>;
export function adaptiveMaxPool3d(x: Tensor<FloatDType>, outputSize: AdaptiveTriple): Tensor {
  return adaptive('adaptiveMaxPool3d', maxima, x, outputSize, 3);
}
