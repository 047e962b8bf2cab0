import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, checkTensor } from './checks.js';
import { combine, operands, type Arithmetic, type Operand } from './operands.js';
import { broadcast } from './spec.js';

/** Result of comparing two operands. */
export type Comparison<A extends Operand, B extends Operand> =
  Arithmetic<A, B> extends Tensor<DType, infer S> ? Tensor<'bool', S> : never;

function comparison(name: string) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    save: [],
    infer: ({ a, b }) => broadcast(name, { a, b }, 'bool'),
    grad: 'none',
  });
}

const eqOp = comparison('eq');

/**
 * Whether a = b, element by element; NaN equals nothing.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { eq, tensor } from 'myelin';
 * console.log(eq(tensor([1, 2, 3]), 2).toArray()); // [ false, true, false ]
 * ```
 */
export function eq<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function eq(a: Operand, b: Operand): Tensor {
  return combine(eqOp, a, b);
}

const neOp = comparison('ne');

/**
 * Whether a ≠ b, element by element; NaN differs from everything.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { ne, tensor } from 'myelin';
 * console.log(ne(tensor([1, 2, 3]), 2).toArray()); // [ true, false, true ]
 * ```
 */
export function ne<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function ne(a: Operand, b: Operand): Tensor {
  return combine(neOp, a, b);
}

const ltOp = comparison('lt');

/**
 * Whether a < b, element by element; `false` where either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { lt, tensor } from 'myelin';
 * console.log(lt(tensor([1, 2, 3]), 2).toArray()); // [ true, false, false ]
 * ```
 */
export function lt<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function lt(a: Operand, b: Operand): Tensor {
  return combine(ltOp, a, b);
}

const leOp = comparison('le');

/**
 * Whether a ≤ b, element by element; `false` where either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { le, tensor } from 'myelin';
 * console.log(le(tensor([1, 2, 3]), 2).toArray()); // [ true, true, false ]
 * ```
 */
export function le<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function le(a: Operand, b: Operand): Tensor {
  return combine(leOp, a, b);
}

const gtOp = comparison('gt');

/**
 * Whether a > b, element by element; `false` where either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { gt, tensor } from 'myelin';
 * console.log(gt(tensor([1, 2, 3]), 2).toArray()); // [ false, false, true ]
 * ```
 */
export function gt<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function gt(a: Operand, b: Operand): Tensor {
  return combine(gtOp, a, b);
}

const geOp = comparison('ge');

/**
 * Whether a ≥ b, element by element; `false` where either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { ge, tensor } from 'myelin';
 * console.log(ge(tensor([1, 2, 3]), 2).toArray()); // [ false, true, true ]
 * ```
 */
export function ge<A extends Operand, B extends Operand>(a: A, b: B): Comparison<A, B>;
export function ge(a: Operand, b: Operand): Tensor {
  return combine(geOp, a, b);
}

const whereOp = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  attrs: {},
  save: ['condition'],
  infer: ({ condition, a, b }) => {
    checkDTypeOf('where', 'condition', condition, ['bool']);
    return broadcast('where', { condition, a, b }, a.dtype);
  },
  grad: ({ condition, dout, needs }) => {
    const chosen = condition as Tensor<'bool'>;
    return { a: needs.a ? where(chosen, dout, 0) : undefined, b: needs.b ? where(chosen, 0, dout) : undefined };
  },
});

/** Result of choosing between two operands; the condition may widen its shape. */
export type Choice<A extends Operand, B extends Operand> = Arithmetic<A, B> extends Tensor<infer D> ? Tensor<D> : never;

/**
 * Takes a where the condition holds and b elsewhere.
 *
 * Shapes: all three broadcast. Dtypes: condition bool; a and b any, promoted as in `add`. Nothing flows back to the side
 * that was not taken.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` when the condition is not bool
 * @example
 * ```ts
 * import { gt, tensor, where } from 'myelin';
 * const x = tensor([-1, 2]);
 * console.log(where(gt(x, 0), x, 0).toArray()); // [ 0, 2 ]
 * ```
 */
export function where<A extends Operand, B extends Operand>(condition: Tensor<'bool'>, a: A, b: B): Choice<A, B>;
export function where(condition: Tensor<'bool'>, a: Operand, b: Operand): Tensor {
  checkTensor('where', 'condition', condition);
  if (a instanceof Tensor && b instanceof Tensor && a.dtype === b.dtype) return whereOp({ condition, a, b });
  return scope(() => {
    const [x, y] = operands('where', a, b);
    return whereOp({ condition, a: x, b: y });
  });
}
