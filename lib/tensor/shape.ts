import { fail, show } from './errors.js';

/** Extents of the axes, outermost first; `[]` is a single number. */
export type Shape = readonly number[];

/** Most axes that a tensor can have; equals kMaxRank of native/core/view.h. */
export const maxRank = 8;

const maxSize = 2 ** 40;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** The lowest and highest element that a view reaches from its first; of an empty view, none. */
export function reachOf(shape: Shape, strides: readonly number[]): [low: number, high: number] {
  if (shape.includes(0)) return [0, -1];
  let [low, high] = [0, 0];
  for (let i = 0; i < shape.length; i++) {
    const span = (shape[i]! - 1) * strides[i]!;
    if (span < 0) low += span;
    else high += span;
  }
  return [low, high];
}

/** Whether the elements lie row-major without gaps. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i]!;
    if (extent === 0) return true;
    if (extent !== 1 && strides[i] !== expected) return false;
    expected *= extent;
  }
  return true;
}

/** Whether the elements fill one block of memory without gaps or repeats, in whatever order of axes. */
export function isDense(shape: Shape, strides: readonly number[]): boolean {
  if (isContiguous(shape, strides)) return true;
  const axes = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  axes.sort((a, b) => strides[a]! - strides[b]!);
  let expected = 1;
  for (const axis of axes) {
    if (strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Strides of a channels-last image batch: logically [B, C, H, W] (or [B, C, …]), in memory B, H, W, C. */
export function channelsLastStrides(shape: Shape): number[] {
  const [batch = 1, channels = 1, ...spatial] = shape;
  const inner = stridesOf(spatial).map((stride) => stride * channels);
  return [sizeOf(spatial) * channels * Math.sign(batch), 1, ...inner];
}

/** Refuses anything that is not a list of at most 8 non-negative integers. */
export function checkShape(op: string, shape: unknown): asserts shape is Shape {
  if (!Array.isArray(shape)) fail('TYPE', op, `a shape is an array of integers, got ${show(shape)}`, { shape });
  if (shape.length > maxRank) {
    fail('SHAPE', op, `a tensor has at most ${maxRank} axes, got ${shape.length}`, { shape });
  }
  for (const extent of shape) {
    if (!Number.isInteger(extent) || extent < 0) {
      fail('SHAPE', op, `extents are non-negative integers, got ${show(shape)}`, { shape });
    }
  }
  if (sizeOf(shape) > maxSize) fail('OUT_OF_MEMORY', op, `${show(shape)} has more than 2^40 elements`, { shape });
}

/** Axis in [0, rank); negative ones count from the end. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    fail('INDEX', op, `axis ${show(axis)} is outside a tensor of rank ${rank} (need ${-rank} <= axis < ${rank})`, {
      axis,
      rank,
    });
  }
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes in ascending order; `undefined` stands for all of them. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const given: unknown = axes;
  if (typeof given !== 'number' && !Array.isArray(given)) {
    fail('INDEX', op, `axis is ${show(given)} (need an integer, or an array of them)`, { axis: axes });
  }
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length) fail('VALUE', op, `axes ${show(axes)} name one axis twice`, { axes });
  return distinct;
}

/** Shape to which two shapes broadcast (NumPy's rules); `undefined` when they do not. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a.length >= i ? a[a.length - i]! : 1;
    const y = b.length >= i ? b[b.length - i]! : 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape[rank - i] = x === 1 ? y : x;
  }
  return shape;
}
