import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import type { BroadcastShape } from '../tensor/types.js';
import { onesLike, zerosLike } from './creation.js';
import { broadcast, checkDTypeOf, checkTensor, floats, like } from './support.js';

function inferLogical(op: string, a: Tensor, b: Tensor): TensorSpec {
  checkDTypeOf(op, 'a', a, ['bool']);
  checkDTypeOf(op, 'b', b, ['bool']);
  return broadcast(op, { a, b }, 'bool');
}

const logicalAndOp = defineOp({
  name: 'logicalAnd',
  inputs: ['a', 'b'],
  attrs: {},
  save: [],
  infer: ({ a, b }) => inferLogical('logicalAnd', a, b),
  grad: 'none',
});

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
  checkTensor('logicalAnd', 'a', a);
  checkTensor('logicalAnd', 'b', b);
  return logicalAndOp({ a, b }) as Tensor<'bool', BroadcastShape<SA, SB>>;
}

const logicalOrOp = defineOp({
  name: 'logicalOr',
  inputs: ['a', 'b'],
  attrs: {},
  save: [],
  infer: ({ a, b }) => inferLogical('logicalOr', a, b),
  grad: 'none',
});

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
  checkTensor('logicalOr', 'a', a);
  checkTensor('logicalOr', 'b', b);
  return logicalOrOp({ a, b }) as Tensor<'bool', BroadcastShape<SA, SB>>;
}

const logicalXorOp = defineOp({
  name: 'logicalXor',
  inputs: ['a', 'b'],
  attrs: {},
  save: [],
  infer: ({ a, b }) => inferLogical('logicalXor', a, b),
  grad: 'none',
});

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
  checkTensor('logicalXor', 'a', a);
  checkTensor('logicalXor', 'b', b);
  return logicalXorOp({ a, b }) as Tensor<'bool', BroadcastShape<SA, SB>>;
}

const logicalNotOp = defineOp({
  name: 'logicalNot',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('logicalNot', 'x', x, ['bool']), like(x)),
  grad: 'none',
});

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
  checkTensor('logicalNot', 'x', x);
  return logicalNotOp({ x }) as Tensor<'bool', S>;
}

const isnanOp = defineOp({
  name: 'isnan',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('isnan', 'x', x, floats), like(x, 'bool')),
  grad: 'none',
});

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

const isinfOp = defineOp({
  name: 'isinf',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('isinf', 'x', x, floats), like(x, 'bool')),
  grad: 'none',
});

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

const isfiniteOp = defineOp({
  name: 'isfinite',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('isfinite', 'x', x, floats), like(x, 'bool')),
  grad: 'none',
});

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
