import { isFloat, type DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkTensor, floats } from './checks.js';
import { unaryOp, type UnaryOp } from './pointwise.js';

// Integers and bools are whole already.
function rounded<D extends DType, S extends Shape>(op: UnaryOp, x: Tensor<D, S>): Tensor<D, S> {
  checkTensor(op.op.name, 'x', x);
  return isFloat(x.dtype) ? (op({ x }) as Tensor<D, S>) : x;
}

const floorOp = unaryOp('floor', floats);

/**
 * Largest integer not above: out = ⌊x⌋.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { floor, tensor } from 'myelin';
 * console.log(floor(tensor([1.5, -1.5])).toArray()); // [ 1, -2 ]
 * ```
 */
export function floor<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(floorOp, x);
}

const ceilOp = unaryOp('ceil', floats);

/**
 * Smallest integer not below: out = ⌈x⌉.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { ceil, tensor } from 'myelin';
 * console.log(ceil(tensor([1.5, -1.5])).toArray()); // [ 2, -1 ]
 * ```
 */
export function ceil<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(ceilOp, x);
}

const roundOp = unaryOp('round', floats);

/**
 * Nearest integer, halves to the even one: out = round x.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { round, tensor } from 'myelin';
 * console.log(round(tensor([0.5, 1.5, -1.6])).toArray()); // [ 0, 2, -2 ]
 * ```
 */
export function round<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(roundOp, x);
}

const truncOp = unaryOp('trunc', floats);

/**
 * Integer part, toward zero: out = trunc x.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are. No gradient.
 *
 * @example
 * ```ts
 * import { trunc, tensor } from 'myelin';
 * console.log(trunc(tensor([1.5, -1.5])).toArray()); // [ 1, -1 ]
 * ```
 */
export function trunc<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return rounded(truncOp, x);
}
