import type { DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { integers } from './checks.js';
import { apply, combine, type Arithmetic, type Operand } from './operands.js';
import { binaryOp, unaryOp } from './pointwise.js';

const bits = [...integers, 'bool'] as const;

const bitwiseAndOp = binaryOp('bitwiseAnd', bits);

/**
 * The bits that both have: out = a & b.
 *
 * Shapes: broadcast. Dtypes: integer dtypes and bool, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats
 * @example
 * ```ts
 * import { bitwiseAnd, tensor } from 'myelin';
 * console.log(bitwiseAnd(tensor([12, -1], { dtype: 'int32' }), 10).toArray()); // [ 8, 10 ]
 * ```
 */
export function bitwiseAnd<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return combine(bitwiseAndOp, a, b);
}

const bitwiseOrOp = binaryOp('bitwiseOr', bits);

/**
 * The bits that either has: out = a | b.
 *
 * Shapes: broadcast. Dtypes: integer dtypes and bool, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats
 * @example
 * ```ts
 * import { bitwiseOr, tensor } from 'myelin';
 * console.log(bitwiseOr(tensor([12, -1], { dtype: 'int32' }), 10).toArray()); // [ 14, -1 ]
 * ```
 */
export function bitwiseOr<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return combine(bitwiseOrOp, a, b);
}

const bitwiseXorOp = binaryOp('bitwiseXor', bits);

/**
 * The bits that exactly one has: out = a ^ b.
 *
 * Shapes: broadcast. Dtypes: integer dtypes and bool, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats
 * @example
 * ```ts
 * import { bitwiseXor, tensor } from 'myelin';
 * console.log(bitwiseXor(tensor([12, -1], { dtype: 'int32' }), 10).toArray()); // [ 6, -11 ]
 * ```
 */
export function bitwiseXor<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return combine(bitwiseXorOp, a, b);
}

const bitwiseNotOp = unaryOp('bitwiseNot', bits);

/**
 * Every bit inverted: out = ~x, which is −x − 1 for signed integers, and the opposite for bools.
 *
 * Shapes: any → the same. Dtypes: integer dtypes and bool.
 *
 * @throws MyelinError `DTYPE` for floats
 * @example
 * ```ts
 * import { bitwiseNot, tensor } from 'myelin';
 * console.log(bitwiseNot(tensor([0, 5], { dtype: 'int32' })).toArray()); // [ -1, -6 ]
 * ```
 */
export function bitwiseNot<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(bitwiseNotOp, x);
}

const bitwiseLeftShiftOp = binaryOp('bitwiseLeftShift', integers);

/**
 * The bits moved toward the high end: out = a · 2ᵇ, wrapping. A count below 0 or from the width on gives 0, as in PyTorch.
 *
 * Shapes: broadcast. Dtypes: integer dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats and bools
 * @example
 * ```ts
 * import { bitwiseLeftShift, tensor } from 'myelin';
 * console.log(bitwiseLeftShift(tensor([1, 3], { dtype: 'int32' }), 4).toArray()); // [ 16, 48 ]
 * ```
 */
export function bitwiseLeftShift<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  return combine(bitwiseLeftShiftOp, a, b);
}

const bitwiseRightShiftOp = binaryOp('bitwiseRightShift', integers);

/**
 * The bits moved toward the low end: out = ⌊a / 2ᵇ⌋. A count below 0 or from the width on moves all bits out, which leaves 0
 * or, of a negative number, −1, as in PyTorch.
 *
 * Shapes: broadcast. Dtypes: integer dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats and bools
 * @example
 * ```ts
 * import { bitwiseRightShift, tensor } from 'myelin';
 * console.log(bitwiseRightShift(tensor([16, -16], { dtype: 'int32' }), 2).toArray()); // [ 4, -4 ]
 * ```
 */
export function bitwiseRightShift<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  return combine(bitwiseRightShiftOp, a, b);
}
