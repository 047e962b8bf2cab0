import { defineOp } from '../engine/define.js';
import { checkDType, type DType, type FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxes, normalizeAxis, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { div, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkTensor, floats } from './checks.js';
import { eq, ne } from './compare.js';
import { expand, reshape } from './reshape.js';

/** Options of reductions. */
export interface ReduceOptions {
  /** Axis or axes to reduce, negative ones counted from the end; all of them by default. */
  readonly axis?: number | readonly number[];
  /** Whether reduced axes stay, with extent 1; default `false`. */
  readonly keepDims?: boolean;
}

/** Options of reductions along one axis. */
export interface AxisOptions {
  /** Axis to reduce; by default the tensor counts as one row. */
  readonly axis?: number;
  /** Whether the reduced axis stays, with extent 1; default `false`. */
  readonly keepDims?: boolean;
}

/** Dtype of sums and products: integers and bools add up in int64. */
export type Accumulated<D extends DType> = D extends FloatDType ? D : 'int64';

/** Run-time twin of {@link Accumulated}. */
export const accumulated = (dtype: DType): DType => (floats.includes(dtype) ? dtype : 'int64');

/** Attributes of an op that reduces axes. */
export interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** A shape without some axes, or with extent 1 in their places. */
export function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): number[] {
  if (keepDims) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The spec of what is left of a tensor. */
export function reduced(x: Tensor, attrs: ReduceAttrs, dtype: DType = x.dtype): TensorSpec {
  return { dtype, shape: reducedShape(x.shape, attrs) };
}

/** Gives a reduced tensor the shape of what it was reduced from, by repetition. */
export function restore(y: Tensor, shape: Shape, { axes }: ReduceAttrs): Tensor {
  return expand(reshape(y, reducedShape(shape, { axes, keepDims: true })), shape);
}

/** The attributes of a reduction of x, with all axes when none are named. */
export function attrsOf(op: string, x: Tensor, { axis, keepDims = false }: ReduceOptions): ReduceAttrs {
  checkTensor(op, 'x', x);
  return { axes: normalizeAxes(op, axis, x.rank), keepDims };
}

/** How many elements become one. */
export const countOf = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));

/** Options of reductions that can work in another dtype. */
export interface DTypeOption<D extends DType> {
  /** dtype to which the elements are converted first, and which the result has. */
  readonly dtype: D;
}

/** Runs a reduction on x in the dtype that was asked for, if one was. */
export function inDType(op: string, x: Tensor, dtype: DType | undefined, run: (x: Tensor) => Tensor): Tensor {
  checkTensor(op, 'x', x);
  if (dtype === undefined) return run(x);
  checkDType(op, dtype);
  return scope(() => cast(run(cast(x, dtype)), dtype));
}

const sumOp = defineOp({
  name: 'sum',
  inputs: ['x'],
  attrs: { axes: 'ints', keepDims: 'bool' },
  save: [],
  infer: ({ x }, attrs) => reduced(x, attrs, accumulated(x.dtype)),
  grad: ({ dout, spec, attrs }) => ({ x: restore(dout, spec.x.shape, attrs) }),
});

/**
 * Sum over axes: out = Σ x.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: floats stay; integers and bools give int64,
 * wrapping. The sum of nothing is 0. Floats are added in a fixed tree, so the result does not depend on threads.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options also `dtype`: dtype in which to add up, and of the result; default as above
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { sum, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(sum(x).item(), sum(x, { axis: 0 }).toArray()); // 10 [ 4, 6 ]
 * ```
 */
export function sum<D extends DType>(x: Tensor<D>, options?: ReduceOptions): Tensor<Accumulated<D>>;
export function sum<E extends DType>(x: Tensor, options: ReduceOptions & DTypeOption<E>): Tensor<E>;
export function sum(x: Tensor, { dtype, ...options }: ReduceOptions & Partial<DTypeOption<DType>> = {}): Tensor {
  return inDType('sum', x, dtype, (given) => sumOp({ x: given }, attrsOf('sum', given, options)));
}

/** Sums a tensor down to a shape that broadcasts to its own: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((extent, axis) =>
    axis < lead || (extent !== 1 && shape[axis - lead] === 1) ? [axis] : [],
  );
  return reshape(axes.length === 0 ? x : sum(x, { axis: axes, keepDims: true }), shape);
}

const meanOp = defineOp({
  name: 'mean',
  inputs: ['x'],
  attrs: { axes: 'ints', keepDims: 'bool' },
  save: [],
  infer: ({ x }, attrs) => (checkDTypeOf('mean', 'x', x, floats), reduced(x, attrs)),
  grad: ({ dout, spec, attrs }) => ({
    x: restore(mul(dout, 1 / countOf(spec.x.shape, attrs.axes)), spec.x.shape, attrs),
  }),
});

/**
 * Mean over axes: out = (Σ x) / n.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes; others with the
 * option `dtype`. The mean of nothing is NaN.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options also `dtype`: float dtype in which to average, and of the result; default that of x
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool without `dtype`
 * @example
 * ```ts
 * import { mean, tensor } from 'myelin';
 * console.log(mean(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray()); // [ 1.5, 3.5 ]
 * ```
 */
export function mean<D extends FloatDType>(x: Tensor<D>, options?: ReduceOptions): Tensor<D>;
export function mean<E extends FloatDType>(x: Tensor, options: ReduceOptions & DTypeOption<E>): Tensor<E>;
export function mean(x: Tensor, { dtype, ...options }: ReduceOptions & Partial<DTypeOption<FloatDType>> = {}): Tensor {
  return inDType('mean', x, dtype, (given) => meanOp({ x: given }, attrsOf('mean', given, options)));
}

function extreme(op: string, x: Tensor, attrs: ReduceAttrs): TensorSpec {
  const out = reduced(x, attrs);
  if (countOf(x.shape, attrs.axes) === 0 && sizeOf(out.shape) > 0) {
    fail('SHAPE', op, `x is ${describe(x)}: nothing to choose from (need at least one element)`, { shape: x.shape });
  }
  return out;
}

// The gradient goes to the elements that equal the extreme, in equal shares.
function extremeGradient(x: Tensor, out: Tensor, dout: Tensor, attrs: ReduceAttrs): Tensor {
  const winners = cast(eq(x, restore(out, x.shape, attrs)), x.dtype);
  const count = sum(winners, { axis: attrs.axes, keepDims: attrs.keepDims });
  return mul(winners, restore(div(dout, count), x.shape, attrs));
}

function extremeOp(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axes: 'ints', keepDims: 'bool' },
    save: ['x', 'out'],
    infer: ({ x }, attrs) => extreme(name, x, attrs),
    grad: ({ x, out, dout, attrs }) => ({ x: extremeGradient(x, out, dout, attrs) }),
  });
}

const maxOp = extremeOp('max');

/**
 * Largest element over axes; NaN if there is one.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all. Elements that share the maximum share
 * its gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { max, tensor } from 'myelin';
 * console.log(max(tensor([[1, 5], [3, 4]]), { axis: 1 }).toArray()); // [ 5, 4 ]
 * ```
 */
export function max<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return maxOp({ x }, attrsOf('max', x, options)) as Tensor<D>;
}

const minOp = extremeOp('min');

/**
 * Smallest element over axes; NaN if there is one.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all. Elements that share the minimum share
 * its gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { min, tensor } from 'myelin';
 * console.log(min(tensor([[1, 5], [3, 4]]), { axis: 1 }).toArray()); // [ 1, 3 ]
 * ```
 */
export function min<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return minOp({ x }, attrsOf('min', x, options)) as Tensor<D>;
}

function indexOp(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axis: 'int', keepDims: 'bool' },
    save: [],
    infer: ({ x }, { axis, keepDims }): TensorSpec => ({
      ...extreme(name, x, { axes: [axis], keepDims }),
      dtype: 'int64',
    }),
    grad: 'none',
  });
}

function extremeIndex(op: ReturnType<typeof indexOp>, x: Tensor, { axis, keepDims = false }: AxisOptions): Tensor {
  const { name } = op.op;
  checkTensor(name, 'x', x);
  if (axis !== undefined) return op({ x }, { axis: normalizeAxis(name, axis, x.rank), keepDims });
  const index = op({ x: reshape(x, [-1]) }, { axis: 0, keepDims: false });
  if (!keepDims) return index;
  return reshape(index, new Array<number>(x.rank).fill(1));
}

const argmaxOp = indexOp('argmax');

/**
 * Position of the largest element; of the first one if there are several, of the first NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all → int64. No gradient.
 *
 * @param options.axis axis to search; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { argmax, tensor } from 'myelin';
 * console.log(argmax(tensor([[1, 5], [4, 3]]), { axis: 1 }).toArray()); // [ 1, 0 ]
 * ```
 */
export function argmax(x: Tensor, options: AxisOptions = {}): Tensor<'int64'> {
  return extremeIndex(argmaxOp, x, options) as Tensor<'int64'>;
}

const argminOp = indexOp('argmin');

/**
 * Position of the smallest element; of the first one if there are several, of the first NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all → int64. No gradient.
 *
 * @param options.axis axis to search; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { argmin, tensor } from 'myelin';
 * console.log(argmin(tensor([[1, 5], [4, 3]]), { axis: 1 }).toArray()); // [ 0, 1 ]
 * ```
 */
export function argmin(x: Tensor, options: AxisOptions = {}): Tensor<'int64'> {
  return extremeIndex(argminOp, x, options) as Tensor<'int64'>;
}

function quantifierOp(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axes: 'ints', keepDims: 'bool' },
    save: [],
    infer: ({ x }, attrs) => reduced(x, attrs, 'bool'),
    grad: 'none',
  });
}

const anyOp = quantifierOp('any');

/**
 * Whether any element over axes is true, which is what differs from 0; of nothing it is `false`.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all → bool; NaN is true. No
 * gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { any, gt, tensor } from 'myelin';
 * console.log(any(gt(tensor([1, 2]), 1)).item()); // true
 * ```
 */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor<'bool'> {
  return anyOp({ x }, attrsOf('any', x, options)) as Tensor<'bool'>;
}

const allOp = quantifierOp('all');

/**
 * Whether all elements over axes are true, which is what differs from 0; of nothing it is `true`.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all → bool; NaN is true. No
 * gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { all, gt, tensor } from 'myelin';
 * console.log(all(gt(tensor([1, 2]), 1)).item()); // false
 * ```
 */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor<'bool'> {
  return allOp({ x }, attrsOf('all', x, options)) as Tensor<'bool'>;
}

/**
 * Number of elements over axes that differ from 0; NaN does.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all → int64. No gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { countNonzero, tensor } from 'myelin';
 * console.log(countNonzero(tensor([[1, 0], [3, 4]]), { axis: 1 }).toArray()); // [ 1, 2 ]
 * ```
 */
export function countNonzero(x: Tensor, options: ReduceOptions = {}): Tensor<'int64'> {
  const { axes, keepDims } = attrsOf('countNonzero', x, options);
  return scope(() => sum(x.dtype === 'bool' ? x : ne(x, 0), { axis: axes, keepDims, dtype: 'int64' }));
}
