import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { broadcastShapes, isDense, sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkDTypeOf } from './checks.js';

function specWith(dtype: DType, shape: Shape, strides: readonly number[] | undefined): TensorSpec {
  return strides === undefined ? { dtype, shape } : { dtype, shape, strides };
}

/** The spec of an element-wise result of one input: its shape, and its order in memory if that is dense. */
export function like(x: TensorSpec, dtype: DType = x.dtype): TensorSpec {
  const { shape, strides } = x;
  return specWith(dtype, shape, strides !== undefined && isDense(shape, strides) ? strides : undefined);
}

/** {@link like} for an op that has a meaning for some dtypes only. */
export function likeOf(op: string, x: Tensor, allowed: readonly DType[], dtype: DType = x.dtype): TensorSpec {
  checkDTypeOf(op, 'x', x, allowed);
  return like(x, dtype);
}

/** The spec of an element-wise result of several inputs; the first that has its shape decides the order in memory. */
export function broadcast(op: string, inputs: Readonly<Record<string, Tensor>>, dtype: DType): TensorSpec {
  let shape: Shape | undefined;
  let strides: readonly number[] | undefined;
  for (const name in inputs) {
    const x = inputs[name]!;
    const common = shape === undefined ? x.shape : broadcastShapes(shape, x.shape);
    if (common === undefined) refuseShapes(op, inputs);
    if (shape === undefined || !sameShape(shape, common)) strides = undefined;
    if (strides === undefined && sameShape(x.shape, common) && isDense(x.shape, x.strides)) strides = x.strides;
    shape = common;
  }
  return specWith(dtype, shape ?? [], strides);
}

function refuseShapes(op: string, inputs: Readonly<Record<string, Tensor>>): never {
  const list = Object.entries(inputs).map(([name, x]) => `${name} is ${describe(x)}`);
  fail(
    'SHAPE',
    op,
    `shapes do not broadcast: ${list.join(', ')} (need extents that are equal or 1, counted from the last axis)`,
    Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.shape])),
  );
}

/** A shape with one extent replaced. */
export function withExtent(shape: Shape, axis: number, extent: number): Shape {
  return shape.map((old, i) => (i === axis ? extent : old));
}
