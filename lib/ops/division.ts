import type { Tensor } from '../tensor/tensor.js';
import { mul, neg } from './arithmetic.js';
import { integers, numeric } from './checks.js';
import { combine, type Arithmetic, type Operand } from './operands.js';
import { binaryOp } from './pointwise.js';

// Quotients without fraction and what they leave. Integer division by zero is found while dividing, by native code.

const fmodOp = binaryOp('fmod', numeric, {
  save: ['a', 'b'],
  grad: ({ a, b, dout, needs }) => ({ a: dout, b: needs.b ? neg(mul(dout, truncDivide(a, b))) : undefined }),
});

/**
 * What division toward zero leaves, with the sign of a: out = a − trunc(a / b) · b, exact.
 *
 * Shapes: broadcast. Dtypes: all but two bools, promoted as in `add`. A float modulo 0 is NaN.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an integer modulo 0; `DTYPE` for two bools
 * @example
 * ```ts
 * import { fmod, tensor } from 'myelin';
 * console.log(fmod(tensor([-7, 7]), 3).toArray()); // [ -1, 1 ]
 * ```
 */
export function fmod<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function fmod(a: Operand, b: Operand): Tensor {
  return combine(fmodOp, a, b);
}

const remainderOp = binaryOp('remainder', numeric, {
  save: ['a', 'b'],
  grad: ({ a, b, dout, needs }) => ({ a: dout, b: needs.b ? neg(mul(dout, floorDivide(a, b))) : undefined }),
});

/**
 * What division downward leaves, with the sign of b, as Python's `%`: out = a − ⌊a / b⌋ · b.
 *
 * Shapes: broadcast. Dtypes: all but two bools, promoted as in `add`. A float modulo 0 is NaN.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an integer modulo 0; `DTYPE` for two bools
 * @example
 * ```ts
 * import { remainder, tensor } from 'myelin';
 * console.log(remainder(tensor([-7, 7]), 3).toArray()); // [ 2, 1 ]
 * ```
 */
export function remainder<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function remainder(a: Operand, b: Operand): Tensor {
  return combine(remainderOp, a, b);
}

const floorDivideOp = binaryOp('floorDivide', numeric);

/**
 * Quotient rounded down: out = ⌊a / b⌋.
 *
 * Shapes: broadcast. Dtypes: all but two bools, promoted as in `add`; integers stay integers, and the least one divided by
 * −1 wraps. A float divided by 0 is ±∞ or NaN. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an integer divided by 0; `DTYPE` for two bools
 * @example
 * ```ts
 * import { floorDivide, tensor } from 'myelin';
 * console.log(floorDivide(tensor([-7, 7]), 2).toArray()); // [ -4, 3 ]
 * ```
 */
export function floorDivide<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function floorDivide(a: Operand, b: Operand): Tensor {
  return combine(floorDivideOp, a, b);
}

const truncDivideOp = binaryOp('truncDivide', numeric);

/**
 * Quotient rounded toward zero: out = trunc(a / b).
 *
 * Shapes: broadcast. Dtypes: all but two bools, promoted as in `add`; integers stay integers, and the least one divided by
 * −1 wraps. A float divided by 0 is ±∞ or NaN. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an integer divided by 0; `DTYPE` for two bools
 * @example
 * ```ts
 * import { tensor, truncDivide } from 'myelin';
 * console.log(truncDivide(tensor([-7, 7]), 2).toArray()); // [ -3, 3 ]
 * ```
 */
export function truncDivide<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function truncDivide(a: Operand, b: Operand): Tensor {
  return combine(truncDivideOp, a, b);
}

const gcdOp = binaryOp('gcd', integers);

/**
 * Greatest common divisor, never negative: the greatest number that divides both; gcd(0, b) = |b|.
 *
 * Shapes: broadcast. Dtypes: integer dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats and bools
 * @example
 * ```ts
 * import { gcd, tensor } from 'myelin';
 * console.log(gcd(tensor([12, 0], { dtype: 'int32' }), 18).toArray()); // [ 6, 18 ]
 * ```
 */
export function gcd<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function gcd(a: Operand, b: Operand): Tensor {
  return combine(gcdOp, a, b);
}

const lcmOp = binaryOp('lcm', integers);

/**
 * Least common multiple, never negative unless it wraps: the least positive number that both divide; lcm(0, b) = 0.
 *
 * Shapes: broadcast. Dtypes: integer dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for floats and bools
 * @example
 * ```ts
 * import { lcm, tensor } from 'myelin';
 * console.log(lcm(tensor([4, 0], { dtype: 'int32' }), 6).toArray()); // [ 12, 0 ]
 * ```
 */
export function lcm<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function lcm(a: Operand, b: Operand): Tensor {
  return combine(lcmOp, a, b);
}
