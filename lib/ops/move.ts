import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { channelsLastStrides, isContiguous, normalizeAxis, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { promoteAll } from './cast.js';
import { checkInteger, checkTensor } from './checks.js';
import { unsqueeze } from './reshape.js';
import { sliceAxis } from './slice.js';
import { withExtent } from './spec.js';

/** Order of a tensor's elements in memory; shapes and indices are the same in both. */
export type Layout = 'rowMajor' | 'channelsLast';

const copyOp = defineOp({
  name: 'copy',
  inputs: ['x'],
  attrs: { layout: ['rowMajor', 'channelsLast'] },
  save: [],
  infer: ({ x: { dtype, shape } }, { layout }) =>
    layout === 'rowMajor' ? { dtype, shape } : { dtype, shape, strides: channelsLastStrides(shape) },
  grad: ({ dout }) => ({ x: dout }),
});

function hasLayout(x: Tensor, layout: Layout): boolean {
  if (layout === 'rowMajor') return isContiguous(x.shape, x.strides);
  const strides = channelsLastStrides(x.shape);
  return x.shape.every((extent, axis) => extent === 1 || x.strides[axis] === strides[axis]);
}

/**
 * The same tensor with its elements densely in memory; it is returned as it is when they already are.
 *
 * Shapes: any → the same. Dtypes: all. Channels-last keeps the shape [B, C, H, W] but stores the C numbers of a pixel next
 * to each other, which is what convolutions compute fastest on.
 *
 * @param options.layout `'rowMajor'` or, for at least three axes, `'channelsLast'`; default `'rowMajor'`
 * @throws MyelinError `SHAPE` when channels-last is asked of fewer than three axes
 * @example
 * ```ts
 * import { contiguous, zeros } from 'myelin';
 * console.log(contiguous(zeros([1, 3, 2, 2]), { layout: 'channelsLast' }).strides); // [ 12, 1, 6, 3 ]
 * ```
 */
export function contiguous<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { layout = 'rowMajor' }: { readonly layout?: Layout } = {},
): Tensor<D, S> {
  checkTensor('contiguous', 'x', x);
  if (layout === 'channelsLast' && x.rank < 3) {
    fail('SHAPE', 'contiguous', `x is ${describe(x)} (need at least three axes [B, C, ...] for channelsLast)`);
  }
  return hasLayout(x, layout) ? x : (copyOp({ x }, { layout }) as Tensor<D, S>);
}

/**
 * A copy in memory of its own, row-major.
 *
 * Shapes: any → the same. Dtypes: all.
 *
 * @example
 * ```ts
 * import { clone, tensor } from 'myelin';
 * console.log(clone(tensor([1, 2])).toArray()); // [ 1, 2 ]
 * ```
 */
export function clone<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkTensor('clone', 'x', x);
  return copyOp({ x }, { layout: 'rowMajor' }) as Tensor<D, S>;
}

function refuseParts(op: string, tensors: readonly Tensor[], need: string): never {
  fail('SHAPE', op, `shapes are ${tensors.map(describe).join(', ')} (need ${need})`, {
    shapes: tensors.map((x) => x.shape),
  });
}

function inferConcat(xs: readonly Tensor[], axis: number): TensorSpec {
  const [first] = xs as [Tensor];
  const agrees = (x: Tensor): boolean =>
    x.rank === first.rank && x.shape.every((extent, a) => a === axis || extent === first.shape[a]);
  if (!xs.every(agrees)) refuseParts('concat', xs, `equal extents except on axis ${axis}`);
  return {
    dtype: first.dtype,
    shape: withExtent(
      first.shape,
      axis,
      xs.reduce((sum, x) => sum + x.shape[axis]!, 0),
    ),
  };
}

function parts(x: Tensor, axis: number, extents: readonly number[]): Tensor[] {
  let end = 0;
  return extents.map((extent) => {
    const start = end;
    end += extent;
    return sliceAxis(x, axis, [start, end]);
  });
}

const concatOp = defineOp({
  name: 'concat',
  inputs: ['xs[]'],
  attrs: { axis: 'int' },
  save: [],
  infer: ({ xs }, { axis }) => inferConcat(xs, axis),
  grad: ({ dout, spec, attrs: { axis } }) => ({
    xs: parts(
      dout,
      axis,
      spec.xs.map((x) => x.shape[axis]!),
    ),
  }),
});

/** Refuses what is not a list of at least one tensor. */
export function checkList(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    fail('VALUE', op, `tensors is ${show(tensors)} (need a list of at least one tensor)`);
  }
  tensors.forEach((x, i) => checkTensor(op, `tensors[${i}]`, x));
}

/**
 * Joins tensors along an axis.
 *
 * Shapes: [..., N₁, ...], [..., N₂, ...], … → [..., N₁ + N₂ + …, ...]. Dtypes: all, promoted.
 *
 * @param options.axis axis to join along; default 0
 * @throws MyelinError `SHAPE` when other extents differ; `VALUE` for an empty list; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { concat, tensor } from 'myelin';
 * console.log(concat([tensor([1, 2]), tensor([3])]).toArray()); // [ 1, 2, 3 ]
 * ```
 */
export function concat<D extends DType>(
  tensors: readonly Tensor<D>[],
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor<D> {
  checkList('concat', tensors);
  return scope(() => {
    const xs = promoteAll('concat', tensors);
    return concatOp({ xs }, { axis: normalizeAxis('concat', axis, xs[0]!.rank) });
  }) as Tensor<D>;
}

/**
 * Joins tensors of one shape along a new axis.
 *
 * Shapes: N tensors [..., ...] → [..., N, ...]. Dtypes: all, promoted.
 *
 * @param options.axis where the new axis will be; default 0
 * @throws MyelinError `SHAPE` when shapes differ; `VALUE` for an empty list; `INDEX` for a place that is not there
 * @example
 * ```ts
 * import { stack, tensor } from 'myelin';
 * console.log(stack([tensor([1, 2]), tensor([3, 4])], { axis: 1 }).toArray()); // [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function stack<D extends DType>(
  tensors: readonly Tensor<D>[],
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor<D> {
  checkList('stack', tensors);
  const at = normalizeAxis('stack', axis, tensors[0]!.rank + 1);
  const { shape } = tensors[0]!;
  if (tensors.some((x) => x.rank !== shape.length || x.shape.some((extent, a) => extent !== shape[a]))) {
    refuseParts('stack', tensors, 'equal shapes');
  }
  return scope(() =>
    concat(
      tensors.map((x) => unsqueeze(x, at)),
      { axis: at },
    ),
  );
}

/**
 * Cuts a tensor along an axis, into pieces of one extent (the last may be smaller) or of listed extents.
 *
 * Shapes: [..., N, ...] → pieces [..., n, ...]. Dtypes: all. Views.
 *
 * @param extents extent of every piece, or the list of extents, which must add up to N
 * @param options.axis axis to cut; default 0
 * @throws MyelinError `VALUE` for extents that are not positive or do not add up; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, split } from 'myelin';
 * console.log(split(arange(5), 2).map((x) => x.toArray())); // [ [ 0, 1 ], [ 2, 3 ], [ 4 ] ]
 * ```
 */
export function split<D extends DType>(
  x: Tensor<D>,
  extents: number | readonly number[],
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor<D>[] {
  checkTensor('split', 'x', x);
  const at = normalizeAxis('split', axis, x.rank);
  const whole = x.shape[at]!;
  const given: unknown = extents;
  if (typeof given !== 'number' && !Array.isArray(given)) {
    fail('VALUE', 'split', `extents are ${show(given)} (need an integer, or an array of them)`, { extents });
  }
  if (typeof extents !== 'number') {
    const fitting =
      extents.every((n) => Number.isInteger(n) && n >= 0) && extents.reduce((sum, n) => sum + n, 0) === whole;
    if (!fitting)
      fail('VALUE', 'split', `extents are ${show([...extents])} (need extents that add up to ${whole})`, { extents });
    return parts(x, at, extents) as Tensor<D>[];
  }
  checkInteger('split', 'extents', extents, 1);
  const count = Math.max(1, Math.ceil(whole / extents));
  return parts(
    x,
    at,
    Array.from({ length: count }, (_, i) => Math.min(extents, whole - i * extents)),
  ) as Tensor<D>[];
}

/**
 * Cuts a tensor along an axis into about equal pieces: at most `count`, all but the last of extent ⌈N / count⌉.
 *
 * Shapes: [..., N, ...] → pieces [..., n, ...]. Dtypes: all. Views.
 *
 * @param options.axis axis to cut; default 0
 * @throws MyelinError `VALUE` for a count below 1; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, chunk } from 'myelin';
 * console.log(chunk(arange(5), 2).map((x) => x.shape[0])); // [ 3, 2 ]
 * ```
 */
export function chunk<D extends DType>(
  x: Tensor<D>,
  count: number,
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor<D>[] {
  checkTensor('chunk', 'x', x);
  const at = normalizeAxis('chunk', axis, x.rank);
  checkInteger('chunk', 'count', count, 1);
  return split(x, Math.max(1, Math.ceil(x.shape[at]! / count)), { axis: at });
}
