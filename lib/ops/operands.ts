import { isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { promoteNumber, type Promote } from '../tensor/promotion.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape } from '../tensor/types.js';
import { cast, promoteAll } from './cast.js';
import { checkTensor } from './checks.js';
import { full } from './creation.js';
import type { BinaryOp, UnaryOp } from './pointwise.js';

// What element-wise functions take, and how their ops are run on it.

/** A tensor, or a number that takes the dtype of the tensor it meets. */
export type Operand = Tensor | number;

/** Dtype of functions that have no meaning on integers: those become float32. */
export type Floating<D extends DType> = D extends FloatDType ? D : 'float32';

/** Dtype in which a tensor and a number meet: the tensor's, except that fractions make integers float32. */
export type Weak<D extends DType, N extends number> = D extends FloatDType
  ? D
  : number extends N
    ? D | 'float32' | 'int64'
    : `${N}` extends `${bigint}`
      ? D extends 'bool'
        ? 'int64'
        : D
      : 'float32';

// What a tensor's type says, read from its properties: a Buffer is a Tensor by inheritance, which `infer` sees through badly.
interface Typed<D extends DType, S extends Shape> {
  readonly dtype: D;
  readonly shape: S;
}

// A where both types are the same, also where they are still type parameters.
type Same<A, B, Otherwise> = { of: A } extends { of: B } ? ({ of: B } extends { of: A } ? A : Otherwise) : Otherwise;

/** Result of arithmetic on two operands. */
export type Arithmetic<A extends Operand, B extends Operand> =
  A extends Typed<infer DA, infer SA>
    ? B extends Typed<infer DB, infer SB>
      ? Tensor<Same<DA, DB, Promote<DA, DB>>, Same<SA, SB, BroadcastShape<SA, SB>>>
      : Tensor<Weak<DA, B & number>, SA>
    : B extends Typed<infer DB, infer SB>
      ? Tensor<Weak<DB, A & number>, SB>
      : never;

/** {@link Arithmetic} that has no meaning on integers. */
export type RealArithmetic<A extends Operand, B extends Operand> =
  Arithmetic<A, B> extends Tensor<infer D, infer S> ? Tensor<Floating<D>, S> : never;

/** Runs an op on a tensor. */
export function apply<D extends DType, S extends Shape>(op: UnaryOp, x: Tensor<D, S>): Tensor<D, S> {
  checkTensor(op.op.name, 'x', x);
  return op({ x }) as Tensor<D, S>;
}

/** Runs an op of real numbers on a tensor; integers and bools become float32 first. */
export function applyReal<D extends DType, S extends Shape>(op: UnaryOp, x: Tensor<D, S>): Tensor<Floating<D>, S> {
  checkTensor(op.op.name, 'x', x);
  return (isFloat(x.dtype) ? op({ x }) : scope(() => op({ x: cast(x, 'float32') }))) as Tensor<Floating<D>, S>;
}

/** Two operands as tensors of one dtype. */
export function operands(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof b === 'number') {
    checkTensor(op, 'a', a);
    const dtype = promoteNumber(a.dtype, b);
    return [cast(a, dtype), full([], b, { dtype })];
  }
  checkTensor(op, 'b', b);
  if (typeof a === 'number') {
    const dtype = promoteNumber(b.dtype, a);
    return [full([], a, { dtype }), cast(b, dtype)];
  }
  return promoteAll(op, [a, b]) as [Tensor, Tensor];
}

/** Runs an op on whatever operands it is given. */
export function combine(op: BinaryOp, a: Operand, b: Operand): Tensor {
  if (a instanceof Tensor && b instanceof Tensor && a.dtype === b.dtype) return op({ a, b });
  return scope(() => {
    const [x, y] = operands(op.op.name, a, b);
    return op({ a: x, b: y });
  });
}

/** Whether an operand is a tensor of real numbers. */
export const isReal = (x: Operand): x is Tensor<FloatDType> => x instanceof Tensor && isFloat(x.dtype);

/** Runs an op of real numbers on operands that may all be integers. */
export function combineReal(op: BinaryOp, a: Operand, b: Operand): Tensor {
  if (isReal(a) || isReal(b)) return combine(op, a, b);
  return scope(() => {
    const [x, y] = operands(op.op.name, a, b);
    return op({ a: isFloat(x.dtype) ? x : cast(x, 'float32'), b: isFloat(y.dtype) ? y : cast(y, 'float32') });
  });
}
