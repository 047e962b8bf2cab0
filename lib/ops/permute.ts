import { defineView } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { normalizeAxes, normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { TransposedShape } from '../tensor/types.js';
import { checkTensor, checkArray } from './checks.js';

const permuteOp = defineView({
  name: 'permute',
  attrs: { axes: 'ints' },
  infer: ({ x }, { axes }) => ({
    shape: axes.map((axis) => x.shape[axis]!),
    strides: axes.map((axis) => x.strides[axis]!),
    offset: x.offset,
  }),
  grad: ({ dout, attrs }) => ({
    x: permute(
      dout,
      attrs.axes.map((_, axis) => attrs.axes.indexOf(axis)),
    ),
  }),
});

/**
 * Puts the axes in another order: out.shape[i] = x.shape[axes[i]].
 *
 * Shapes: any → permuted. Dtypes: all. A view.
 *
 * @throws MyelinError `VALUE` unless every axis is named once; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { permute, zeros } from 'myelin';
 * console.log(permute(zeros([2, 3, 4]), [2, 0, 1]).shape); // [ 4, 2, 3 ]
 * ```
 */
export function permute<D extends DType>(x: Tensor<D>, axes: readonly number[]): Tensor<D> {
  checkTensor('permute', 'x', x);
  checkArray('permute', 'axes', axes);
  if (normalizeAxes('permute', axes, x.rank).length !== x.rank) {
    fail('VALUE', 'permute', `axes ${show([...axes])} do not name each of the ${x.rank} axes of ${describe(x)} once`, {
      axes,
    });
  }
  return permuteOp({ x }, { axes: axes.map((axis) => normalizeAxis('permute', axis, x.rank)) }) as Tensor<D>;
}

/**
 * Exchanges two axes, by default the last two.
 *
 * Shapes: [..., M, …, N, ...] → [..., N, …, M, ...]. Dtypes: all. A view.
 *
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { tensor, transpose } from 'myelin';
 * console.log(transpose(tensor([[1, 2, 3]])).toArray()); // [ [ 1 ], [ 2 ], [ 3 ] ]
 * ```
 */
export function transpose<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, TransposedShape<S>>;
export function transpose<D extends DType>(x: Tensor<D>, a: number, b: number): Tensor<D>;
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  checkTensor('transpose', 'x', x);
  const from = normalizeAxis('transpose', a, x.rank);
  const to = normalizeAxis('transpose', b, x.rank);
  const axes = x.shape.map((_, axis) => (axis === from ? to : axis === to ? from : axis));
  return permuteOp({ x }, { axes });
}
