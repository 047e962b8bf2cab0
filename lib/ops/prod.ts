import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { permute } from './permute.js';
import {
  accumulated,
  attrsOf,
  inDType,
  reduced,
  restore,
  type Accumulated,
  type DTypeOption,
  type ReduceAttrs,
  type ReduceOptions,
} from './reduce.js';
import { reshape } from './reshape.js';
import { productBefore } from './scan.js';

// Each element's share is the product of all others: of those before it and of those after it. Nothing is divided, so that
// derivatives of every order are right next to zeros.
function productOfOthers(x: Tensor, { axes }: ReduceAttrs): Tensor {
  const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
  const moved = permute(x, order);
  const kept = moved.shape.slice(0, x.rank - axes.length);
  const rows = reshape(moved, [...kept, sizeOf(moved.shape.slice(kept.length))]);
  const others = mul(productBefore(rows, kept.length, false), productBefore(rows, kept.length, true));
  const back = order.map((_, axis) => order.indexOf(axis));
  return permute(reshape(others, moved.shape), back);
}

const prodOp = defineOp({
  name: 'prod',
  inputs: ['x'],
  attrs: { axes: 'ints', keepDims: 'bool' },
  save: ['x'],
  infer: ({ x }, attrs) => reduced(x, attrs, accumulated(x.dtype)),
  grad: ({ x, dout, attrs }) => {
    const share = restore(dout, x.shape, attrs);
    return { x: attrs.axes.length === 0 ? share : mul(share, productOfOthers(x, attrs)) };
  },
});

/**
 * Product over axes: out = Π x.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: floats stay; integers and bools give int64,
 * wrapping. The product of nothing is 1. Derivatives of every order are right next to zeros as well.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @param options also `dtype`: dtype in which to multiply, and of the result; default as above
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { prod, tensor } from 'myelin';
 * console.log(prod(tensor([2, 3, 4])).item()); // 24
 * ```
 */
export function prod<D extends DType>(x: Tensor<D>, options?: ReduceOptions): Tensor<Accumulated<D>>;
export function prod<E extends DType>(x: Tensor, options: ReduceOptions & DTypeOption<E>): Tensor<E>;
export function prod(x: Tensor, { dtype, ...options }: ReduceOptions & Partial<DTypeOption<DType>> = {}): Tensor {
  return inDType('prod', x, dtype, (given) => prodOp({ x: given }, attrsOf('prod', given, options)));
}
