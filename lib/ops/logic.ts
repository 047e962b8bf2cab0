import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape } from '../tensor/types.js';
import { checkTensor, floats } from './checks.js';
import { eq, lt } from './compare.js';
import { onesLike, zerosLike } from './creation.js';
import { apply } from './operands.js';
import { binaryOp, unaryOp, type BinaryOp } from './pointwise.js';
import { likeOf } from './spec.js';

function both<SA extends Shape, SB extends Shape>(
  op: BinaryOp,
  a: Tensor<'bool', SA>,
  b: Tensor<'bool', SB>,
): Tensor<'bool', BroadcastShape<SA, SB>> {
  checkTensor(op.op.name, 'a', a);
  checkTensor(op.op.name, 'b', b);
  return op({ a, b }) as Tensor<'bool', BroadcastShape<SA, SB>>;
}

const logicalAndOp = binaryOp('logicalAnd', ['bool']);

/**
 * Whether both are true, element by element.
 *
 * Shapes: broadcast. Dtypes: bool → bool.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { gt, logicalAnd, lt, tensor } from 'myelin';
 * const x = tensor([1, 2, 3]);
 * console.log(logicalAnd(gt(x, 1), lt(x, 3)).toArray()); // [ false, true, false ]
 * ```
 */
export function logicalAnd<SA extends Shape, SB extends Shape>(
  a: Tensor<'bool', SA>,
  b: Tensor<'bool', SB>,
): Tensor<'bool', BroadcastShape<SA, SB>> {
  return both(logicalAndOp, a, b);
}

const logicalOrOp = binaryOp('logicalOr', ['bool']);

/**
 * Whether at least one is true, element by element.
 *
 * Shapes: broadcast. Dtypes: bool → bool.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { gt, logicalOr, lt, tensor } from 'myelin';
 * const x = tensor([1, 2, 3]);
 * console.log(logicalOr(lt(x, 2), gt(x, 2)).toArray()); // [ true, false, true ]
 * ```
 */
export function logicalOr<SA extends Shape, SB extends Shape>(
  a: Tensor<'bool', SA>,
  b: Tensor<'bool', SB>,
): Tensor<'bool', BroadcastShape<SA, SB>> {
  return both(logicalOrOp, a, b);
}

const logicalXorOp = binaryOp('logicalXor', ['bool']);

/**
 * Whether exactly one is true, element by element.
 *
 * Shapes: broadcast. Dtypes: bool → bool.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { logicalXor, tensor } from 'myelin';
 * console.log(logicalXor(tensor([true, true]), tensor([true, false])).toArray()); // [ false, true ]
 * ```
 */
export function logicalXor<SA extends Shape, SB extends Shape>(
  a: Tensor<'bool', SA>,
  b: Tensor<'bool', SB>,
): Tensor<'bool', BroadcastShape<SA, SB>> {
  return both(logicalXorOp, a, b);
}

const logicalNotOp = unaryOp('logicalNot', ['bool']);

/**
 * The opposite of every element.
 *
 * Shapes: any → the same. Dtypes: bool → bool.
 *
 * @throws MyelinError `DTYPE` for anything but bool
 * @example
 * ```ts
 * import { logicalNot, tensor } from 'myelin';
 * console.log(logicalNot(tensor([true, false])).toArray()); // [ false, true ]
 * ```
 */
export function logicalNot<S extends Shape>(x: Tensor<'bool', S>): Tensor<'bool', S> {
  return apply(logicalNotOp, x);
}

function floatTest(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: {},
    save: [],
    infer: ({ x }) => likeOf(name, x, floats, 'bool'),
    grad: 'none',
  });
}

const isnanOp = floatTest('isnan');

/**
 * Whether an element is NaN; always `false` for dtypes that have none.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { isnan, tensor } from 'myelin';
 * console.log(isnan(tensor([0, NaN, Infinity])).toArray()); // [ false, true, false ]
 * ```
 */
export function isnan<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('isnan', 'x', x);
  return (isFloat(x.dtype) ? isnanOp({ x }) : zerosLike(x, { dtype: 'bool' })) as Tensor<'bool', S>;
}

const isinfOp = floatTest('isinf');

/**
 * Whether an element is +∞ or −∞; always `false` for dtypes that have none.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { isinf, tensor } from 'myelin';
 * console.log(isinf(tensor([0, NaN, -Infinity])).toArray()); // [ false, false, true ]
 * ```
 */
export function isinf<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('isinf', 'x', x);
  return (isFloat(x.dtype) ? isinfOp({ x }) : zerosLike(x, { dtype: 'bool' })) as Tensor<'bool', S>;
}

const isfiniteOp = floatTest('isfinite');

/**
 * Whether an element is neither NaN nor infinite; always `true` for integers and bools.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { isfinite, tensor } from 'myelin';
 * console.log(isfinite(tensor([0, NaN, Infinity])).toArray()); // [ true, false, false ]
 * ```
 */
export function isfinite<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('isfinite', 'x', x);
  return (isFloat(x.dtype) ? isfiniteOp({ x }) : onesLike(x, { dtype: 'bool' })) as Tensor<'bool', S>;
}

const signbitOp = floatTest('signbit');

/**
 * Whether an element has a minus sign, also −0 and a negative NaN.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { signbit, tensor } from 'myelin';
 * console.log(signbit(tensor([-0, 0, -2])).toArray()); // [ true, false, true ]
 * ```
 */
export function signbit<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('signbit', 'x', x);
  return (isFloat(x.dtype) ? signbitOp({ x }) : lt(x, 0)) as Tensor<'bool', S>;
}

/**
 * Whether an element is +∞; always `false` for dtypes that have none.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { isposinf, tensor } from 'myelin';
 * console.log(isposinf(tensor([0, Infinity, -Infinity])).toArray()); // [ false, true, false ]
 * ```
 */
export function isposinf<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('isposinf', 'x', x);
  return isFloat(x.dtype) ? eq(x, Infinity) : zerosLike(x, { dtype: 'bool' });
}

/**
 * Whether an element is −∞; always `false` for dtypes that have none.
 *
 * Shapes: any → the same. Dtypes: all → bool.
 *
 * @example
 * ```ts
 * import { isneginf, tensor } from 'myelin';
 * console.log(isneginf(tensor([0, Infinity, -Infinity])).toArray()); // [ false, false, true ]
 * ```
 */
export function isneginf<S extends Shape>(x: Tensor<DType, S>): Tensor<'bool', S> {
  checkTensor('isneginf', 'x', x);
  return isFloat(x.dtype) ? eq(x, -Infinity) : zerosLike(x, { dtype: 'bool' });
}
