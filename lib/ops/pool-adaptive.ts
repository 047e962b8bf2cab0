import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { cast } from './cast.js';
import { checkReal, extentsOf, type Pair, type Single } from './checks.js';
import { where } from './compare.js';
import { tensor } from './creation.js';
import { indexSelect } from './indexing.js';
import { onBehalf } from './on-behalf.js';
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
  /** Pools windows that lie side by side and are all of one size. */
  readonly even: (x: Tensor<FloatDType>, kernel: readonly [number, number]) => Tensor;
  readonly along: (x: Tensor, axis: number, windows: AxisWindows) => Tensor;
}

const averages: Way = { even: (x, kernel) => avgPool2d(x, kernel), along: averageAlong };
const maxima: Way = { even: (x, kernel) => maxPool2d(x, kernel), along: maxAlong };

function pool({ even, along }: Way, x: Tensor<FloatDType>, size: Shape): Tensor {
  const extents = x.shape.slice(2);
  const isEven = extents.every((extent, i) => extent % size[i]! === 0);
  if (isEven) return even(x, [extents[0]! / size[0]!, extents[1]! / size[1]!]);
  return extents.reduce<Tensor>((pooled, extent, i) => along(pooled, 2 + i, windowsOf(extent, size[i]!)), x);
}

/** Refuses what there is nothing in to pool, and sizes that are not positive. */
export function checkAdaptive(op: string, x: Tensor, outputSize: unknown, axes: number): Shape {
  checkReal(op, 'x', x);
  if (x.rank !== axes + 2 || x.shape.slice(2).includes(0)) {
    const need = axes === 1 ? '[B, C, L]' : '[B, C, H, W]';
    fail('SHAPE', op, `x is ${describe(x)} (need ${need}, with something in it to pool)`, { x: x.shape });
  }
  return extentsOf(op, 'outputSize', outputSize, axes, 1);
}

function adaptive1d(op: string, way: Way, x: Tensor<FloatDType>, outputSize: Single): Tensor {
  const [length] = checkAdaptive(op, x, outputSize, 1);
  return onBehalf(op, () => squeeze(pool(way, unsqueeze(x, 2), [1, length!]), 2));
}

function adaptive2d(op: string, way: Way, x: Tensor<FloatDType>, outputSize: Pair): Tensor {
  const size = checkAdaptive(op, x, outputSize, 2);
  return onBehalf(op, () => pool(way, x, size));
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
  return adaptive1d('adaptiveAvgPool1d', averages, x, outputSize);
}

/**
 * Averages of as many windows as are asked for along both axes of an image: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize height and width of the result, a number or [height, width]
 * @throws MyelinError `SHAPE` when x is no batch of images; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveAvgPool2d, ones } from 'myelin';
 * console.log(adaptiveAvgPool2d(ones([2, 8, 9, 13]), [3, 5]).shape); // [ 2, 8, 3, 5 ]
 * ```
 */
export function adaptiveAvgPool2d<D extends FloatDType>(x: Tensor<D>, outputSize: Pair): Tensor<D>;
export function adaptiveAvgPool2d(x: Tensor<FloatDType>, outputSize: Pair): Tensor {
  return adaptive2d('adaptiveAvgPool2d', averages, x, outputSize);
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
  return adaptive1d('adaptiveMaxPool1d', maxima, x, outputSize);
}

/**
 * Largest values of as many windows as are asked for along both axes of an image, the windows of {@link adaptiveAvgPool2d}.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize height and width of the result, a number or [height, width]
 * @throws MyelinError `SHAPE` when x is no batch of images; `VALUE` unless sizes are positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { adaptiveMaxPool2d, tensor } from 'myelin';
 * console.log(adaptiveMaxPool2d(tensor([[[[1, 2], [3, 4]]]]), 1).item()); // 4
 * ```
 */
export function adaptiveMaxPool2d<D extends FloatDType>(x: Tensor<D>, outputSize: Pair): Tensor<D>;
export function adaptiveMaxPool2d(x: Tensor<FloatDType>, outputSize: Pair): Tensor {
  return adaptive2d('adaptiveMaxPool2d', maxima, x, outputSize);
}
