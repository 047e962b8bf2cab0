import { defineOp } from '../engine/define.js';
import { checkDType, dtypes, type DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkDTypeOf, checkInteger, checkTensor } from './checks.js';

/** Dtypes of indices. */
export type IndexDType = 'int32' | 'int64';

function checkIndex(op: string, index: unknown): asserts index is Tensor<IndexDType> {
  checkTensor(op, 'index', index);
  checkDTypeOf(op, 'index', index, ['int32', 'int64']);
}

/** `whole` with its axis replaced by the axes of `index`. */
function pickedShape(whole: Shape, index: Shape, axis: number): number[] {
  return [...whole.slice(0, axis), ...index, ...whole.slice(axis + 1)];
}

const indexSelectOp = defineOp({
  name: 'indexSelect',
  inputs: ['x', 'index'],
  attrs: { axis: 'int' },
  save: ['index'],
  infer: ({ x, index }, { axis }) => ({ dtype: x.dtype, shape: pickedShape(x.shape, index.shape, axis) }),
  grad: ({ index, dout, spec, attrs }) => ({ x: addAtIndex(dout, index, spec.x.shape, attrs.axis) }),
});

const indexAddOp = defineOp({
  name: 'indexAdd',
  inputs: ['dout', 'index'],
  attrs: { shape: 'ints', axis: 'int' },
  save: ['index'],
  infer: ({ dout }, { shape }) => ({ dtype: dout.dtype, shape }),
  grad: ({ index, dout, attrs }) => ({ dout: indexSelect(dout, index as Tensor<IndexDType>, { axis: attrs.axis }) }),
});

function addAtIndex(dout: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
  return indexAddOp({ dout, index }, { shape, axis });
}

/**
 * Takes places of an axis by their index, as often and in whatever order they are named: a table lookup.
 *
 * out[…, i, …] = x[…, index[i], …]
 *
 * Shapes: x [..., N, ...], index [I, ...] of any rank → [..., I, ..., ...]. Dtypes: x any; index int32 or int64. The
 * gradient adds up where an index occurs more than once, always in the same order.
 *
 * @param options.axis axis of x; default 0
 * @throws MyelinError `INDEX` for an index below 0 or beyond the axis, or an axis that is not there; `DTYPE` for indices
 * that are no integers
 * @example
 * ```ts
 * import { indexSelect, tensor } from 'myelin';
 * const table = tensor([[1, 2], [3, 4]]);
 * console.log(indexSelect(table, tensor([1, 1, 0], { dtype: 'int32' })).toArray()); // [ [ 3, 4 ], [ 3, 4 ], [ 1, 2 ] ]
 * ```
 */
export function indexSelect<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  { axis = 0 }: { readonly axis?: number } = {},
): Tensor<D> {
  checkTensor('indexSelect', 'x', x);
  checkIndex('indexSelect', index);
  return indexSelectOp({ x, index }, { axis: normalizeAxis('indexSelect', axis, x.rank) }) as Tensor<D>;
}

function inferGather(x: Tensor, index: Tensor, axis: number): TensorSpec {
  const inside = index.rank === x.rank && index.shape.every((extent, a) => a === axis || extent <= x.shape[a]!);
  if (!inside) {
    fail(
      'SHAPE',
      'gather',
      `x is ${describe(x)}, index is ${describe(index)} (need as many axes, and no larger ones except axis ${axis})`,
      { x: x.shape, index: index.shape },
    );
  }
  return { dtype: x.dtype, shape: index.shape };
}

const gatherOp = defineOp({
  name: 'gather',
  inputs: ['x', 'index'],
  attrs: { axis: 'int' },
  save: ['index'],
  infer: ({ x, index }, { axis }) => inferGather(x, index, axis),
  grad: ({ index, dout, spec, attrs }) => ({ x: addAtEach(dout, index, spec.x.shape, attrs.axis) }),
});

const scatterAddOp = defineOp({
  name: 'scatterAdd',
  inputs: ['dout', 'index'],
  attrs: { shape: 'ints', axis: 'int' },
  save: ['index'],
  infer: ({ dout }, { shape }) => ({ dtype: dout.dtype, shape }),
  grad: ({ index, dout, attrs }) => ({ dout: gather(dout, index as Tensor<IndexDType>, { axis: attrs.axis }) }),
});

/** Zeros of a shape, to which each element of `dout` is added at its index along an axis: the gradient of gathering. */
export function addAtEach(dout: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
  return scatterAddOp({ dout, index }, { shape, axis });
}

/**
 * Takes one element per index along an axis: out[i][j] = x[i][index[i][j]] for axis 1.
 *
 * Shapes: x [..., N, ...], index of the same rank and no larger elsewhere → the shape of index. Dtypes: x any; index int32
 * or int64. The gradient adds up where an element is taken more than once.
 *
 * @param options.axis axis of x; default −1
 * @throws MyelinError `SHAPE` when the index does not fit; `INDEX` for an index below 0 or beyond the axis; `DTYPE` for
 * indices that are no integers
 * @example
 * ```ts
 * import { gather, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(gather(x, tensor([[1], [0]], { dtype: 'int64' })).toArray()); // [ [ 2 ], [ 3 ] ]
 * ```
 */
export function gather<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  { axis = -1 }: { readonly axis?: number } = {},
): Tensor<D> {
  checkTensor('gather', 'x', x);
  checkIndex('gather', index);
  return gatherOp({ x, index }, { axis: normalizeAxis('gather', axis, x.rank) }) as Tensor<D>;
}

const oneHotOp = defineOp({
  name: 'oneHot',
  inputs: ['index'],
  attrs: { classes: 'int', dtype: dtypes },
  save: [],
  infer: ({ index }, { classes, dtype }) => ({ dtype, shape: [...index.shape, classes] }),
  grad: 'none',
});

/**
 * Vectors that are 1 at the index and 0 elsewhere.
 *
 * Shapes: any → [..., classes]. Dtypes: int32 or int64 → any. No gradient.
 *
 * @param classes extent of the new axis
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `INDEX` for an index below 0 or not below `classes`; `VALUE` for classes that are no positive integer
 * @example
 * ```ts
 * import { oneHot, tensor } from 'myelin';
 * console.log(oneHot(tensor([2, 0], { dtype: 'int32' }), 3).toArray()); // [ [ 0, 0, 1 ], [ 1, 0, 0 ] ]
 * ```
 */
export function oneHot<D extends DType = 'float32'>(
  index: Tensor<IndexDType>,
  classes: number,
  { dtype = 'float32' as D }: { readonly dtype?: D } = {},
): Tensor<D> {
  checkIndex('oneHot', index);
  checkDType('oneHot', dtype);
  checkInteger('oneHot', 'classes', classes, 1);
  return oneHotOp({ index }, { classes, dtype }) as Tensor<D>;
}
