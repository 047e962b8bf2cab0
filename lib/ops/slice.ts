import { defineOp, defineView, type ViewSpec } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, inNameOf, show } from '../tensor/errors.js';
import { normalizeAxes, normalizeAxis, sizeOf, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkTensor } from './checks.js';
import { reshape } from './reshape.js';

const sliceOp = defineView({
  name: 'slice',
  attrs: { start: 'ints', step: 'ints', shape: 'ints' },
  infer: ({ x }, { start, step, shape }): ViewSpec => ({
    shape,
    strides: x.strides.map((stride, axis) => stride * step[axis]!),
    offset:
      sizeOf(shape) === 0 ? x.offset : start.reduce((offset, at, axis) => offset + at * x.strides[axis]!, x.offset),
  }),
  grad: ({ dout, spec, attrs: { start, step } }) => ({
    x: sliceBackwardOp({ dout }, { shape: spec.x.shape, start, step }),
  }),
});

const sliceBackwardOp = defineOp({
  name: 'sliceBackward',
  inputs: ['dout'],
  attrs: { shape: 'ints', start: 'ints', step: 'ints' },
  save: [],
  infer: ({ dout }, { shape }) => ({ dtype: dout.dtype, shape }),
  grad: ({ dout, spec, attrs }) => ({ dout: sliceAgain(dout, spec.dout.shape, attrs.start, attrs.step) }),
});

// The range that `slice` took; one that runs backwards to the first element has an open end.
function sliceAgain(x: Tensor, shape: Shape, start: readonly number[], step: readonly number[]): Tensor {
  const specs = shape.map((extent, axis): SliceSpec => {
    const stop = start[axis]! + extent * step[axis]!;
    return [start[axis]!, stop < 0 ? null : stop, step[axis]!];
  });
  return slice(x, ...specs);
}

/**
 * Which part of an axis a slice takes: a number takes one place and drops the axis; `[start, stop]` and
 * `[start, stop, step]` take a range without its end; `null` (or nothing) takes all. Negative places count from the end,
 * `null` for a start or stop leaves that side open, and a negative step runs backwards.
 */
export type SliceSpec = number | readonly [start: number | null, stop: number | null, step?: number] | null;

interface AxisSlice {
  readonly start: number;
  readonly step: number;
  readonly extent: number;
}

// Python's rules: a place beyond the end is moved to it.
function resolveRange(
  axis: number,
  extent: number,
  [from, to, step = 1]: Exclude<SliceSpec, number | null>,
): AxisSlice {
  if (!Number.isInteger(step) || step === 0) {
    fail('VALUE', 'slice', `step is ${show(step)} on axis ${axis} (need an integer other than 0)`, { step });
  }
  for (const place of [from, to]) if (place !== null) checkInteger('slice', 'a place', place);
  const least = step > 0 ? 0 : -1;
  const most = step > 0 ? extent : extent - 1;
  const resolve = (place: number): number => Math.min(most, Math.max(least, place < 0 ? place + extent : place));
  const start = from === null ? (step > 0 ? 0 : most) : resolve(from);
  const stop = to === null ? (step > 0 ? extent : -1) : resolve(to);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return count === 0 ? { start: 0, step: 1, extent: 0 } : { start, step, extent: count };
}

function resolveSlice(x: Tensor, axis: number, spec: SliceSpec | undefined): AxisSlice {
  const extent = x.shape[axis]!;
  if (spec === null || spec === undefined) return { start: 0, step: 1, extent };
  if (typeof spec !== 'number' && !Array.isArray(spec)) {
    fail('VALUE', 'slice', `axis ${axis} is given ${show(spec)} (need an integer, [start, stop, step] or null)`, {
      spec,
    });
  }
  if (typeof spec !== 'number') return resolveRange(axis, extent, spec);
  if (!Number.isInteger(spec) || spec < -extent || spec >= extent) {
    fail(
      'INDEX',
      'slice',
      `index ${spec} is outside axis ${axis} of ${describe(x)} (need ${-extent} <= index < ${extent})`,
      {
        index: spec,
        axis,
      },
    );
  }
  return { start: spec < 0 ? spec + extent : spec, step: 1, extent: 1 };
}

/**
 * Part of a tensor, one {@link SliceSpec} per axis; axes without one are taken whole.
 *
 * `slice(x, 0)` is x[0], `slice(x, null, [1, 3])` is x[:, 1:3], `slice(x, [null, null, -1])` is x[::-1].
 *
 * Shapes: any → the ranges' extents, without the axes at which a number was given. Dtypes: all. A view; the gradient puts
 * zeros elsewhere.
 *
 * @throws MyelinError `INDEX` for a place that is not there (ranges are cut instead); `SHAPE` for more specs than axes;
 * `VALUE` for a step of 0
 * @example
 * ```ts
 * import { slice, tensor } from 'myelin';
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(slice(x, null, [1, 3]).toArray(), slice(x, -1).toArray()); // [ [ 2, 3 ], [ 5, 6 ] ] [ 4, 5, 6 ]
 * ```
 */
export function slice<D extends DType>(x: Tensor<D>, ...specs: readonly SliceSpec[]): Tensor<D> {
  checkTensor('slice', 'x', x);
  if (specs.length > x.rank) {
    fail('SHAPE', 'slice', `${specs.length} specs for ${describe(x)} (need at most one per axis)`, { specs });
  }
  const slices = x.shape.map((_, axis) => resolveSlice(x, axis, specs[axis]));
  const shape = slices.map(({ extent }) => extent);
  const attrs = { start: slices.map(({ start }) => start), step: slices.map(({ step }) => step), shape };
  const kept = shape.filter((_, axis) => typeof specs[axis] !== 'number');
  if (kept.length === shape.length) return sliceOp({ x }, attrs) as Tensor<D>;
  return scope(() => reshape(sliceOp({ x }, attrs), kept)) as Tensor<D>;
}

/** {@link slice} of one axis, the others whole. */
export function sliceAxis(x: Tensor, axis: number, spec: SliceSpec): Tensor {
  return slice(x, ...Array.from({ length: axis + 1 }, (_, a) => (a === axis ? spec : null)));
}

/**
 * One place of an axis, which is dropped.
 *
 * Shapes: [..., N, ...] → [..., ...]. Dtypes: all. A view.
 *
 * @param index negative ones count from the end
 * @throws MyelinError `INDEX` for an axis or a place that is not there
 * @example
 * ```ts
 * import { select, tensor } from 'myelin';
 * console.log(select(tensor([[1, 2], [3, 4]]), 1, -1).toArray()); // [ 2, 4 ]
 * ```
 */
export function select<D extends DType>(x: Tensor<D>, axis: number, index: number): Tensor<D> {
  checkTensor('select', 'x', x);
  checkInteger('select', 'index', index);
  const at = normalizeAxis('select', axis, x.rank);
  return inNameOf('select', () => sliceAxis(x, at, index)) as Tensor<D>;
}

/**
 * Reverses the order along axes.
 *
 * Shapes: any → the same. Dtypes: all. A view.
 *
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { flip, tensor } from 'myelin';
 * console.log(flip(tensor([1, 2, 3]), 0).toArray()); // [ 3, 2, 1 ]
 * ```
 */
export function flip<D extends DType>(x: Tensor<D>, axis?: number | readonly number[]): Tensor<D> {
  checkTensor('flip', 'x', x);
  const axes = normalizeAxes('flip', axis, x.rank);
  return slice(x, ...x.shape.map((_, a): SliceSpec => (axes.includes(a) ? [null, null, -1] : null)));
}
