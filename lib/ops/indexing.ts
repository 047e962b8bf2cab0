import { defineOp } from '../engine/define.js';
import { checkDType, dtypes, type DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkDTypeOf, checkInteger, checkTensor, numeric } from './checks.js';

/** Dtypes of indices. */
export type IndexDType = 'int32' | 'int64';

/** Refuses what is not a tensor of integers that can be indices. */
export function checkIndex(op: string, index: unknown): asserts index is Tensor<IndexDType> {
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

/** What becomes of gradients that are added up in a shape; bools have no sums. */
export function sumsOf(op: string, dout: Tensor, shape: Shape): TensorSpec {
  checkDTypeOf(op, 'dout', dout, numeric);
  return { dtype: dout.dtype, shape };
}

const indexSelectBackwardOp = defineOp({
  name: 'indexSelectBackward',
  inputs: ['dout', 'index'],
  attrs: { shape: 'ints', axis: 'int' },
  save: ['index'],
  infer: ({ dout }, { shape }) => sumsOf('indexSelectBackward', dout, shape),
  grad: ({ index, dout, attrs }) => ({ dout: indexSelect(dout, index as Tensor<IndexDType>, { axis: attrs.axis }) }),
});

/** Zeros of a shape, with the slices of `dout` added where the index says: the gradient of {@link indexSelect}. */
export function addAtIndex(dout: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
  return indexSelectBackwardOp({ dout, index }, { shape, axis });
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

/** Refuses indices that are not of the rank of x, or reach beyond it on another axis than the indexed one. */
export function checkPlaces(op: string, x: TensorSpec, index: TensorSpec, axis: number): void {
  const { length: rank } = x.shape;
  if (index.shape.length === rank && index.shape.every((extent, a) => a === axis || extent <= x.shape[a]!)) return;
  fail(
    'SHAPE',
    op,
    `x is ${describe(x)}, index is ${describe(index)} (need as many axes, and no larger ones except axis ${axis})`,
    { x: x.shape, index: index.shape },
  );
}

const gatherOp = defineOp({
  name: 'gather',
  inputs: ['x', 'index'],
  attrs: { axis: 'int' },
  save: ['index'],
  infer: ({ x, index }, { axis }) => (checkPlaces('gather', x, index, axis), { dtype: x.dtype, shape: index.shape }),
  grad: ({ index, dout, spec, attrs }) => ({
    x: addAtEach(dout, index, spec.x.shape, attrs.axis),
  }),
});

const gatherBackwardOp = defineOp({
  name: 'gatherBackward',
  inputs: ['dout', 'index'],
  attrs: { shape: 'ints', axis: 'int' },
  save: ['index'],
  infer: ({ dout }, { shape }) => sumsOf('gatherBackward', dout, shape),
  grad: ({ index, dout, attrs }) => ({ dout: gatherOp({ x: dout, index }, { axis: attrs.axis }) }),
});

/** Zeros of a shape, to which each element of `dout` is added at its index along an axis: the gradient of gathering. */
export function addAtEach(dout: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
  return gatherBackwardOp({ dout, index }, { shape, axis });
}

/**
 * Takes elements along one axis, each place naming its own: out[i, j, …] = x[index[i, j, …], j, …] for axis 0.
 *
 * Shapes: index as many axes as x, none larger except the axis itself → that of the index. Dtypes: x any; index int32 or
 * int64. The gradient adds up where an index occurs more than once, always in the same order.
 *
 * @param options.axis axis along which to take; default −1
 * @throws MyelinError `SHAPE` when index has other axes; `INDEX` for an index below 0 or beyond the axis; `DTYPE` for
 * indices that are no integers
 * @example
 * ```ts
 * import { gather, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(gather(x, tensor([[1], [0]], { dtype: 'int32' }), { axis: 1 }).toArray()); // [ [ 2 ], [ 3 ] ]
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
): Tensor<NoInfer<D>> {
  checkIndex('oneHot', index);
  checkDType('oneHot', dtype);
  checkInteger('oneHot', 'classes', classes, 1);
  return oneHotOp({ index }, { classes, dtype }) as Tensor<D>;
}
