import { defineOp } from '../engine/define.js';
import { checkDType, dtypes, type DType } from '../tensor/dtype.js';
import { promote } from '../tensor/promotion.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkTensor } from './checks.js';
import { like } from './spec.js';

const castOp = defineOp({
  name: 'cast',
  inputs: ['x'],
  attrs: { dtype: dtypes },
  save: [],
  infer: ({ x }, { dtype }) => like(x, dtype),
  grad: ({ dout }) => ({ x: dout }),
});

/**
 * Converts every element to another dtype; a tensor that has it already is returned as it is.
 *
 * Floats become integers by truncation toward zero; what does not fit saturates, and NaN becomes 0. Integers become
 * narrower ones by their low bits, so they wrap: 300 becomes 44 as a uint8, −1 becomes 255. Clamp first where they should
 * saturate. Integers become floats, and floats narrower ones, by rounding to the nearest, halves to even. Anything but 0,
 * also NaN, becomes `true`. Gradients flow between float dtypes. Shapes: any → the same.
 *
 * @throws MyelinError `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { cast, tensor } from 'myelin';
 * console.log(cast(tensor([1.9, -1.9, 300]), 'uint8').toArray()); // [ 1, 0, 255 ]
 * console.log(cast(tensor([1, -1, 300], { dtype: 'int32' }), 'uint8').toArray()); // [ 1, 255, 44 ]
 * ```
 */
export function cast<D extends DType, S extends Shape>(x: Tensor<DType, S>, dtype: D): Tensor<D, S> {
  checkTensor('cast', 'x', x);
  checkDType('cast', dtype);
  return (x.dtype === dtype ? x : castOp({ x }, { dtype })) as Tensor<D, S>;
}

/** Casts tensors to the dtype in which all of them meet. */
export function promoteAll(op: string, tensors: readonly Tensor[]): Tensor[] {
  tensors.forEach((x, i) => checkTensor(op, `input ${i}`, x));
  const dtype = tensors.reduce<DType>((common, x) => promote(common, x.dtype), tensors[0]?.dtype ?? 'bool');
  return tensors.map((x) => cast(x, dtype));
}
