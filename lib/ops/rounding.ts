import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './elementwise.js';
import { checkDTypeOf, checkTensor, floats, like, signed } from './support.js';

const absOp = defineOp({
  name: 'abs',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => (checkDTypeOf('abs', 'x', x, signed), like(x)),
  grad: ({ x, dout }) => ({ x: mul(dout, sign(x)) }),
});

/**
 * Absolute value: out = |x|. The gradient at 0 is 0.
 *
 * Shapes: any → the same. Dtypes: float32, float64, int32, int64.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { abs, tensor } from 'myelin';
 * console.log(abs(tensor([-2, 3])).toArray()); // [ 2, 3 ]
 * ```
 */
export function abs<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkTensor('abs', 'x', x);
  return absOp({ x }) as Tensor<D, S>;
}

const signOp = defineOp({
  name: 'sign',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('sign', 'x', x, signed), like(x)),
  grad: 'none',
});

/**
 * Sign: out = −1, 0 or 1. No gradient.
 *
 * Shapes: any → the same. Dtypes: float32, float64, int32, int64.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { sign, tensor } from 'myelin';
 * console.log(sign(tensor([-2, 0, 3])).toArray()); // [ -1, 0, 1 ]
 * ```
 */
export function sign<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkTensor('sign', 'x', x);
  return signOp({ x }) as Tensor<D, S>;
}

const squareOp = defineOp({
  name: 'square',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => (checkDTypeOf('square', 'x', x, signed), like(x)),
  grad: ({ x, dout }) => ({ x: mul(dout, mul(x, 2)) }),
});

/**
 * Square: out = x².
 *
 * Shapes: any → the same. Dtypes: float32, float64, int32, int64.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { square, tensor } from 'myelin';
 * console.log(square(tensor([-2, 3])).toArray()); // [ 4, 9 ]
 * ```
 */
export function square<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkTensor('square', 'x', x);
  return squareOp({ x }) as Tensor<D, S>;
}

const floorOp = defineOp({
  name: 'floor',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('floor', 'x', x, floats), like(x)),
  grad: 'none',
});

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
  checkTensor('floor', 'x', x);
  return isFloat(x.dtype) ? (floorOp({ x }) as Tensor<D, S>) : x;
}

const ceilOp = defineOp({
  name: 'ceil',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('ceil', 'x', x, floats), like(x)),
  grad: 'none',
});

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
  checkTensor('ceil', 'x', x);
  return isFloat(x.dtype) ? (ceilOp({ x }) as Tensor<D, S>) : x;
}

const roundOp = defineOp({
  name: 'round',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('round', 'x', x, floats), like(x)),
  grad: 'none',
});

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
  checkTensor('round', 'x', x);
  return isFloat(x.dtype) ? (roundOp({ x }) as Tensor<D, S>) : x;
}

const truncOp = defineOp({
  name: 'trunc',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('trunc', 'x', x, floats), like(x)),
  grad: 'none',
});

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
  checkTensor('trunc', 'x', x);
  return isFloat(x.dtype) ? (truncOp({ x }) as Tensor<D, S>) : x;
}
