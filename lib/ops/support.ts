import { dtypeInfo, isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { broadcastShapes, isDense, sameShape, type Shape } from '../tensor/shape.js';
import { Tensor, type TensorSpec } from '../tensor/tensor.js';

/** Dtype of functions that have no meaning on integers: those become float32. */
export type Floating<D extends DType> = D extends FloatDType ? D : 'float32';

/** Dtypes of arithmetic, of signed arithmetic, and of functions of real numbers. */
export const numeric: readonly DType[] = ['float32', 'float64', 'int32', 'int64', 'uint8'];
export const signed: readonly DType[] = ['float32', 'float64', 'int32', 'int64'];
export const floats: readonly DType[] = ['float32', 'float64'];
export const integers: readonly DType[] = ['int32', 'int64', 'uint8'];

/** Refuses what is not a tensor; JavaScript callers have no compiler to tell them. */
export function checkTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) fail('TYPE', op, `${name} is ${show(value)} (need a tensor)`, { [name]: value });
}

/** Refuses a tensor whose dtype the op has no meaning for. */
export function checkDTypeOf(op: string, name: string, x: TensorSpec, allowed: readonly DType[]): void {
  if (allowed.includes(x.dtype)) return;
  fail('DTYPE', op, `${name} is ${describe(x)} (need ${allowed.join(' or ')})`, { dtype: x.dtype });
}

/** Refuses numbers that are no finite number, or no integer where one is needed. */
export function checkNumber(op: string, name: string, value: unknown, options: { integer?: boolean } = {}): void {
  const integer = options.integer ?? false;
  if (integer ? Number.isSafeInteger(value) : typeof value === 'number') return;
  fail('VALUE', op, `${name} is ${show(value)} (need ${integer ? 'an integer' : 'a number'})`, { [name]: value });
}

function specWith(dtype: DType, shape: Shape, strides: readonly number[] | undefined): TensorSpec {
  return strides === undefined ? { dtype, shape } : { dtype, shape, strides };
}

/** The spec of an element-wise result of one input: its shape, and its order in memory if that is dense. */
export function like(x: TensorSpec, dtype: DType = x.dtype): TensorSpec {
  const { shape, strides } = x;
  return specWith(dtype, shape, strides !== undefined && isDense(shape, strides) ? strides : undefined);
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

/** Whether a number can be an element of a dtype. */
export function fits(dtype: DType, value: number): boolean {
  if (isFloat(dtype)) return true;
  if (dtype === 'bool') return value === 0 || value === 1;
  const bits = dtypeInfo(dtype).size * 8;
  if (!Number.isInteger(value)) return false;
  return dtype === 'uint8' ? value >= 0 && value < 256 : Math.abs(value + 0.5) < 2 ** (bits - 1);
}
