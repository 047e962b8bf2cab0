import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxes, normalizeAxis, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { div, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkTensor, floats, numeric } from './checks.js';
import { eq, where } from './compare.js';
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

const accumulated = (dtype: DType): DType => (floats.includes(dtype) ? dtype : 'int64');

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttrs): number[] {
  if (keepDims) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reduced(x: Tensor, attrs: ReduceAttrs, dtype: DType = x.dtype): TensorSpec {
  return { dtype, shape: reducedShape(x.shape, attrs) };
}

/** Gives a reduced tensor the shape of what it was reduced from, by repetition. */
function restore(y: Tensor, shape: Shape, { axes }: ReduceAttrs): Tensor {
  return expand(reshape(y, reducedShape(shape, { axes, keepDims: true })), shape);
}

function attrsOf(op: string, x: Tensor, { axis, keepDims = false }: ReduceOptions): ReduceAttrs {
  checkTensor(op, 'x', x);
  return { axes: normalizeAxes(op, axis, x.rank), keepDims };
}

const countOf = (shape: Shape, axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]!));

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
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { sum, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(sum(x).item(), sum(x, { axis: 0 }).toArray()); // 10 [ 4, 6 ]
 * ```
 */
export function sum<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<Accumulated<D>> {
  return sumOp({ x }, attrsOf('sum', x, options)) as Tensor<Accumulated<D>>;
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
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float32, float64. The mean of nothing is NaN.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { mean, tensor } from 'myelin';
 * console.log(mean(tensor([[1, 2], [3, 4]]), { axis: 1 }).toArray()); // [ 1.5, 3.5 ]
 * ```
 */
export function mean<D extends FloatDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  return meanOp({ x }, attrsOf('mean', x, options)) as Tensor<D>;
}

// Each element's share is the product of all others: p / x, except next to zeros. With one zero only that element has a
// share, the product of the rest; with several nobody has.
function prodShares(x: Tensor, attrs: ReduceAttrs): Tensor {
  const isZero = eq(x, 0);
  const options = { axis: attrs.axes, keepDims: true };
  const zeros = sum(isZero, options);
  const rest = where(isZero, 1, x);
  const product = prod(rest, options);
  return where(isZero, where(eq(zeros, 1), product, 0), where(eq(zeros, 0), div(product, rest), 0));
}

const prodOp = defineOp({
  name: 'prod',
  inputs: ['x'],
  attrs: { axes: 'ints', keepDims: 'bool' },
  save: ['x'],
  infer: ({ x }, attrs) => reduced(x, attrs, accumulated(x.dtype)),
  grad: ({ x, dout, attrs }) => ({ x: mul(restore(dout, x.shape, attrs), prodShares(x, attrs)) }),
});

/**
 * Product over axes: out = Π x.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: floats stay; integers and bools give int64,
 * wrapping. The product of nothing is 1. The gradient is right next to zeros as well.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { prod, tensor } from 'myelin';
 * console.log(prod(tensor([2, 3, 4])).item()); // 24
 * ```
 */
export function prod<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<Accumulated<D>> {
  return prodOp({ x }, attrsOf('prod', x, options)) as Tensor<Accumulated<D>>;
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
    infer: ({ x }, { axis, keepDims }): TensorSpec => {
      checkDTypeOf(name, 'x', x, numeric);
      return { ...extreme(name, x, { axes: [axis], keepDims }), dtype: 'int64' };
    },
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
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all but bool → int64. No gradient.
 *
 * @param options.axis axis to search; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from; `DTYPE` for bool
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
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all but bool → int64. No gradient.
 *
 * @param options.axis axis to search; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from; `DTYPE` for bool
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
    infer: ({ x }, attrs) => {
      checkDTypeOf(name, 'x', x, ['bool']);
      return reduced(x, attrs);
    },
    grad: 'none',
  });
}

const anyOp = quantifierOp('any');

/**
 * Whether any element over axes is true; of nothing it is `false`.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: bool → bool. No gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { any, gt, tensor } from 'myelin';
 * console.log(any(gt(tensor([1, 2]), 1)).item()); // true
 * ```
 */
export function any(x: Tensor<'bool'>, options: ReduceOptions = {}): Tensor<'bool'> {
  return anyOp({ x }, attrsOf('any', x, options)) as Tensor<'bool'>;
}

const allOp = quantifierOp('all');

/**
 * Whether all elements over axes are true; of nothing it is `true`.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: bool → bool. No gradient.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { all, gt, tensor } from 'myelin';
 * console.log(all(gt(tensor([1, 2]), 1)).item()); // false
 * ```
 */
export function all(x: Tensor<'bool'>, options: ReduceOptions = {}): Tensor<'bool'> {
  return allOp({ x }, attrsOf('all', x, options)) as Tensor<'bool'>;
}
