import { defineView } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import {
  checkShape,
  isContiguous,
  normalizeAxes,
  normalizeAxis,
  sizeOf,
  stridesOf,
  type Shape,
} from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkTensor } from './checks.js';
import { contiguous } from './move.js';
import { withExtent } from './spec.js';

// Strides under which the same memory has another shape; undefined when no strides can say that. Both shapes fall into
// matching groups of axes with equal products; within each group the old axes must follow one another in memory.
function reshapedStrides(x: Tensor, shape: Shape): readonly number[] | undefined {
  if (x.size === 0 || isContiguous(x.shape, x.strides)) return stridesOf(shape);
  const old = x.shape.flatMap((extent, axis) => (extent === 1 ? [] : [{ extent, stride: x.strides[axis]! }]));
  const strides = new Array<number>(shape.length).fill(1);
  let axis = 0;
  for (let at = 0; at < old.length; at++) {
    const group = [old[at]!];
    let size = old[at]!.extent;
    let filled = 1;
    const first = axis;
    while (filled !== size || (axis < shape.length && shape[axis] === 1)) {
      if (filled < size || shape[axis] === 1) filled *= shape[axis++]!;
      else {
        const next = old[++at]!;
        if (group.at(-1)!.stride !== next.extent * next.stride) return undefined;
        group.push(next);
        size *= next.extent;
      }
    }
    let stride = group.at(-1)!.stride;
    for (let i = axis - 1; i >= first; i--) {
      strides[i] = stride;
      stride *= shape[i]!;
    }
  }
  return strides;
}

/** Whether a tensor can be given a shape of as many elements without a copy. */
export function reshapesInPlace(x: Tensor, shape: Shape): boolean {
  return reshapedStrides(x, shape) !== undefined;
}

const reshapeOp = defineView({
  name: 'reshape',
  attrs: { shape: 'ints' },
  infer: ({ x }, { shape }) => ({ shape, strides: reshapedStrides(x, shape) ?? stridesOf(shape), offset: x.offset }),
  grad: ({ dout, spec }) => ({ x: reshape(dout, spec.x.shape) }),
});

function checkList(op: string, shape: unknown): void {
  if (!Array.isArray(shape)) fail('TYPE', op, `a shape is an array of integers, got ${show(shape)}`, { shape });
}

function resolveShape(op: string, x: Tensor, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  const known = open < 0 ? shape : shape.map((extent, axis) => (axis === open ? 1 : extent));
  checkShape(op, known);
  const rest = sizeOf(known);
  const complete = open < 0 ? shape : withExtent(known, open, rest === 0 ? 0 : x.size / rest);
  if (sizeOf(complete) !== x.size || !complete.every(Number.isInteger)) {
    fail('SHAPE', op, `${describe(x)} has ${x.size} elements (need a shape of as many, got ${show([...shape])})`, {
      shape,
    });
  }
  return complete;
}

/**
 * The same elements, row by row, in another shape.
 *
 * Shapes: any → any of as many elements; one extent may be −1 and is worked out. Dtypes: all. A view where strides allow
 * it, otherwise a copy.
 *
 * @throws MyelinError `SHAPE` when the number of elements differs
 * @example
 * ```ts
 * import { arange, reshape } from 'myelin';
 * console.log(reshape(arange(6), [2, -1]).shape); // [ 2, 3 ]
 * ```
 */
export function reshape<D extends DType, const S extends Shape>(x: Tensor<D>, shape: S): Tensor<D, KnownShape<S>>;
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'x', x);
  checkList('reshape', shape);
  const target = resolveShape('reshape', x, shape);
  if (reshapedStrides(x, target) !== undefined) return reshapeOp({ x }, { shape: target });
  return scope(() => reshapeOp({ x: contiguous(x) }, { shape: target }));
}

/** Whether a tensor can have another shape, of as many elements, without being copied. */
export function isViewable(op: string, x: Tensor, shape: Shape): boolean {
  checkList(op, shape);
  return reshapedStrides(x, resolveShape(op, x, shape)) !== undefined;
}

/** A shape that was asked for, unless −1 leaves it open. */
export type KnownShape<S extends Shape> = -1 extends S[number] ? Shape : S;

/**
 * Makes one axis of several neighbours.
 *
 * Shapes: [..., start … end, ...] → [..., product, ...]. Dtypes: all. A view where strides allow it.
 *
 * @param options.start first axis; default 0
 * @param options.end last axis, included; default −1
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` when end comes before start
 * @example
 * ```ts
 * import { flatten, zeros } from 'myelin';
 * console.log(flatten(zeros([2, 3, 4]), { start: 1 }).shape); // [ 2, 12 ]
 * ```
 */
export function flatten<D extends DType>(
  x: Tensor<D>,
  options: { readonly start?: number; readonly end?: number } = {},
): Tensor<D> {
  checkTensor('flatten', 'x', x);
  if (x.rank === 0) return reshape(x, [1]);
  const start = normalizeAxis('flatten', options.start ?? 0, x.rank);
  const end = normalizeAxis('flatten', options.end ?? -1, x.rank);
  if (end < start) fail('VALUE', 'flatten', `end ${end} comes before start ${start}`, { start, end });
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
}

/**
 * Removes axes of extent 1.
 *
 * Shapes: [..., 1, ...] → [..., ...]. Dtypes: all. A view.
 *
 * @param axis axis or axes to remove; by default all of extent 1
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when its extent is not 1
 * @example
 * ```ts
 * import { squeeze, zeros } from 'myelin';
 * console.log(squeeze(zeros([1, 3, 1])).shape, squeeze(zeros([1, 3, 1]), 0).shape); // [ 3 ] [ 3, 1 ]
 * ```
 */
export function squeeze<D extends DType>(x: Tensor<D>, axis?: number | readonly number[]): Tensor<D> {
  checkTensor('squeeze', 'x', x);
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((extent) => extent !== 1),
    );
  const axes = normalizeAxes('squeeze', axis, x.rank);
  if (axes.some((a) => x.shape[a] !== 1)) {
    fail('SHAPE', 'squeeze', `x is ${describe(x)}, axis is ${show(axis)} (need an extent of 1)`, { axis });
  }
  return reshape(
    x,
    x.shape.filter((_, a) => !axes.includes(a)),
  );
}

/**
 * Inserts an axis of extent 1.
 *
 * Shapes: [..., ...] → [..., 1, ...]. Dtypes: all. A view.
 *
 * @param axis where the new axis will be; −1 puts it last
 * @throws MyelinError `INDEX` for a place that is not there
 * @example
 * ```ts
 * import { unsqueeze, zeros } from 'myelin';
 * console.log(unsqueeze(zeros([2, 3]), 1).shape); // [ 2, 1, 3 ]
 * ```
 */
export function unsqueeze<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  checkTensor('unsqueeze', 'x', x);
  const at = normalizeAxis('unsqueeze', axis, x.rank + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

const expandOp = defineView({
  name: 'expand',
  attrs: { shape: 'ints' },
  infer: ({ x }, { shape }) => {
    const lead = shape.length - x.rank;
    const repeats = (axis: number): boolean => axis < lead || (x.shape[axis - lead] === 1 && shape[axis] !== 1);
    return { shape, strides: shape.map((_, axis) => (repeats(axis) ? 0 : x.strides[axis - lead]!)), offset: x.offset };
  },
  // The tape sums it down to the shape of x, as for every broadcast.
  grad: ({ dout }) => ({ x: dout }),
});

/**
 * Repeats axes of extent 1, and adds leading ones, without copying.
 *
 * Shapes: any → a shape that it broadcasts to; −1 keeps an extent. Dtypes: all. A view.
 *
 * @throws MyelinError `SHAPE` when the tensor does not broadcast to the shape
 * @example
 * ```ts
 * import { expand, tensor } from 'myelin';
 * console.log(expand(tensor([[1], [2]]), [2, 3]).toArray()); // [ [ 1, 1, 1 ], [ 2, 2, 2 ] ]
 * ```
 */
export function expand<D extends DType, const S extends Shape>(x: Tensor<D>, shape: S): Tensor<D, KnownShape<S>>;
export function expand(x: Tensor, shape: Shape): Tensor {
  checkTensor('expand', 'x', x);
  checkList('expand', shape);
  const lead = shape.length - x.rank;
  const target = shape.map((extent, axis) => (extent === -1 && axis >= lead ? x.shape[axis - lead]! : extent));
  checkShape('expand', target);
  if (lead < 0 || x.shape.some((extent, axis) => extent !== 1 && extent !== target[lead + axis])) {
    fail('SHAPE', 'expand', `${describe(x)} does not broadcast to ${show([...shape])} (need equal extents, or 1)`, {
      shape,
    });
  }
  return expandOp({ x }, { shape: target });
}
