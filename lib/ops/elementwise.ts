import { defineOp } from '../engine/define.js';
import { checkDType, isFloat, promote, type DType, type FloatDType, type Promote } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape } from '../tensor/types.js';
import { eq, ge, gt, lt, where } from './compare.js';
import { full } from './creation.js';
import { logicalAnd, logicalOr } from './logic.js';
import { log, reciprocal, sqrt } from './math.js';
import { square } from './rounding.js';
import { broadcast, checkDTypeOf, checkTensor, floats, like, numeric, signed } from './support.js';

/** A tensor, or a number that takes the dtype of the tensor it meets. */
export type Operand = Tensor | number;

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
  Arithmetic<A, B> extends Tensor<infer D, infer S> ? Tensor<D extends FloatDType ? D : 'float32', S> : never;

const castOp = defineOp({
  name: 'cast',
  inputs: ['x'],
  attrs: { dtype: ['bool', 'uint8', 'int32', 'int64', 'float32', 'float64'] },
  save: [],
  infer: ({ x }, { dtype }) => like(x, dtype),
  grad: ({ dout }) => ({ x: dout }),
});

/**
 * Converts every element to another dtype; a tensor that has it already is returned as it is.
 *
 * Floats become integers by truncation toward zero; what does not fit saturates, and NaN becomes 0. Anything but 0 becomes
 * `true`. Gradients flow between float dtypes. Shapes: any → the same.
 *
 * @throws MyelinError `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { cast, tensor } from 'myelin';
 * console.log(cast(tensor([1.9, -1.9, 300]), 'uint8').toArray()); // [ 1, 0, 255 ]
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

function weakDType(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return 'float32';
  return dtype === 'bool' ? 'int64' : dtype;
}

/** Two operands as tensors of one dtype. */
export function operands(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof b === 'number') {
    checkTensor(op, 'a', a);
    const dtype = weakDType(a.dtype, b);
    return [cast(a, dtype), full([], b, { dtype })];
  }
  checkTensor(op, 'b', b);
  if (typeof a === 'number') {
    const dtype = weakDType(b.dtype, a);
    return [full([], a, { dtype }), cast(b, dtype)];
  }
  return promoteAll(op, [a, b]) as [Tensor, Tensor];
}

type Binary = (inputs: { a: Tensor; b: Tensor }) => Tensor;

/** Runs an op of two inputs on whatever operands it is given. */
export function combine(name: string, op: Binary, a: Operand, b: Operand): Tensor {
  if (a instanceof Tensor && b instanceof Tensor && a.dtype === b.dtype) return op({ a, b });
  return scope(() => {
    const [x, y] = operands(name, a, b);
    return op({ a: x, b: y });
  });
}

const isReal = (x: Operand): x is Tensor<FloatDType> => x instanceof Tensor && isFloat(x.dtype);
const areBool = (a: Operand, b: Operand): boolean =>
  a instanceof Tensor && b instanceof Tensor && a.dtype === 'bool' && b.dtype === 'bool';

const scaleShiftOp = defineOp({
  name: 'scaleShift',
  inputs: ['x'],
  attrs: { scale: 'float', shift: 'float' },
  save: [],
  infer: ({ x }) => (checkDTypeOf('scaleShift', 'x', x, floats), like(x)),
  grad: ({ dout, attrs }) => ({ x: mul(dout, attrs.scale) }),
});

// What x * scale gives for every x is unchanged by adding -0, whereas adding 0 would turn -0 into 0.
function scaled(op: string, x: Tensor, scale: number): Tensor {
  x.check(op);
  return scaleShiftOp({ x }, { scale, shift: -0 });
}

function shifted(op: string, x: Tensor, shift: number): Tensor {
  x.check(op);
  return scaleShiftOp({ x }, { scale: 1, shift });
}

const addOp = defineOp({
  name: 'add',
  inputs: ['a', 'b'],
  attrs: {},
  save: [],
  infer: ({ a, b }) => (checkDTypeOf('add', 'a', a, numeric), broadcast('add', { a, b }, a.dtype)),
  grad: ({ dout }) => ({ a: dout, b: dout }),
});

/**
 * Sum, element by element: out = a + b.
 *
 * Shapes: broadcast. Dtypes: all; mixed ones are promoted, numbers take the tensor's dtype (a fraction makes integers
 * float32), integers wrap, and for two bools it is `logicalOr`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { add, tensor } from 'myelin';
 * console.log(add(tensor([1, 2]), tensor([[10], [20]])).toArray()); // [ [ 11, 12 ], [ 21, 22 ] ]
 * ```
 */
export function add<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function add(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number' && isReal(a)) return shifted('add', a, b);
  if (typeof a === 'number' && isReal(b)) return shifted('add', b, a);
  if (areBool(a, b)) return logicalOr(a as Tensor<'bool'>, b as Tensor<'bool'>);
  return combine('add', addOp, a, b);
}

const subOp = defineOp({
  name: 'sub',
  inputs: ['a', 'b'],
  attrs: {},
  save: [],
  infer: ({ a, b }) => (checkDTypeOf('sub', 'a', a, numeric), broadcast('sub', { a, b }, a.dtype)),
  grad: ({ dout, needs }) => ({ a: dout, b: needs.b ? neg(dout) : undefined }),
});

/**
 * Difference, element by element: out = a − b.
 *
 * Shapes: broadcast. Dtypes: all but two bools; promoted as in {@link add}; integers wrap.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for two bools
 * @example
 * ```ts
 * import { sub, tensor } from 'myelin';
 * console.log(sub(1, tensor([0.25, 0.5])).toArray()); // [ 0.75, 0.5 ]
 * ```
 */
export function sub<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function sub(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number' && isReal(a)) return shifted('sub', a, -b);
  if (typeof a === 'number' && isReal(b)) {
    b.check('sub');
    return scaleShiftOp({ x: b }, { scale: -1, shift: a });
  }
  return combine('sub', subOp, a, b);
}

const mulOp = defineOp({
  name: 'mul',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'b'],
  infer: ({ a, b }) => (checkDTypeOf('mul', 'a', a, numeric), broadcast('mul', { a, b }, a.dtype)),
  grad: ({ a, b, dout, needs }) => ({ a: needs.a ? mul(dout, b) : undefined, b: needs.b ? mul(dout, a) : undefined }),
});

/**
 * Product, element by element: out = a · b.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in {@link add}; integers wrap, and for two bools it is `logicalAnd`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { mul, tensor } from 'myelin';
 * console.log(mul(tensor([1, 2, 3]), 10).toArray()); // [ 10, 20, 30 ]
 * ```
 */
export function mul<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function mul(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number' && isReal(a)) return scaled('mul', a, b);
  if (typeof a === 'number' && isReal(b)) return scaled('mul', b, a);
  if (areBool(a, b)) return logicalAnd(a as Tensor<'bool'>, b as Tensor<'bool'>);
  return combine('mul', mulOp, a, b);
}

const divOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['b', 'out'],
  infer: ({ a, b }) => (checkDTypeOf('div', 'a', a, floats), broadcast('div', { a, b }, a.dtype)),
  grad: ({ b, out, dout, needs }) => ({
    a: needs.a ? div(dout, b) : undefined,
    b: needs.b ? neg(mul(dout, div(out, b))) : undefined,
  }),
});

// The op for real numbers on operands that may all be integers.
function combineReal(name: string, op: Binary, a: Operand, b: Operand): Tensor {
  if (isReal(a) || isReal(b)) return combine(name, op, a, b);
  return scope(() => {
    const [x, y] = operands(name, a, b);
    return op({ a: isFloat(x.dtype) ? x : cast(x, 'float32'), b: isFloat(y.dtype) ? y : cast(y, 'float32') });
  });
}

const isPowerOfTwo = (x: number): boolean =>
  Number.isFinite(1 / x) && x !== 0 && Number.isInteger(Math.log2(Math.abs(x)));

/**
 * Quotient, element by element: out = a / b.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in {@link add}, integers give float32. Division by zero gives
 * ±∞ or NaN.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { div, tensor } from 'myelin';
 * console.log(div(tensor([1, 2], { dtype: 'int32' }), 4).toArray()); // [ 0.25, 0.5 ]
 * ```
 */
export function div<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function div(a: Operand, b: Operand): Tensor {
  // Multiplying by the inverse is exact only for powers of two.
  if (typeof b === 'number' && isReal(a) && isPowerOfTwo(b)) return scaled('div', a, 1 / b);
  if (a === 1 && isReal(b)) return reciprocal(b);
  return combineReal('div', divOp, a, b);
}

const powOp = defineOp({
  name: 'pow',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'b', 'out'],
  infer: ({ a, b }) => (checkDTypeOf('pow', 'a', a, floats), broadcast('pow', { a, b }, a.dtype)),
  grad: ({ a, b, out, dout, needs }) => ({
    // b = 0 makes a constant even where a^(b - 1) is infinite, and so does 0^b for b >= 0 as a function of b.
    a: needs.a ? where(eq(b, 0), 0, mul(dout, mul(b, pow(a, sub(b, 1))))) : undefined,
    b: needs.b ? mul(dout, where(logicalAnd(eq(a, 0), ge(b, 0)), 0, mul(out, log(a)))) : undefined,
  }),
});

/**
 * Power, element by element: out = aᵇ.
 *
 * Shapes: broadcast. Dtypes: all; promoted as in {@link add}, integers give float32. A negative base with a fractional
 * exponent gives NaN; 0⁰ is 1. The gradient is 0 in the base where b = 0, and in the exponent where a = 0 and b ≥ 0.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { pow, tensor } from 'myelin';
 * console.log(pow(tensor([1, 2, 3]), 3).toArray()); // [ 1, 8, 27 ]
 * ```
 */
export function pow<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function pow(a: Operand, b: Operand): Tensor {
  if (isReal(a)) {
    if (b === 1) return scaled('pow', a, 1);
    if (b === 2) return square(a);
    if (b === 0.5) return sqrt(a);
    if (b === -1) return reciprocal(a);
  }
  return combineReal('pow', powOp, a, b);
}

// The gradient of the larger (or smaller) of two numbers, halved where they are equal.
function shareOf(dout: Tensor, loses: Tensor<'bool'>, ties: Tensor<'bool'>): Tensor {
  return where(loses, 0, where(ties, mul(dout, 0.5), dout));
}

const maximumOp = defineOp({
  name: 'maximum',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'b'],
  infer: ({ a, b }) => (checkDTypeOf('maximum', 'a', a, numeric), broadcast('maximum', { a, b }, a.dtype)),
  grad: ({ a, b, dout, needs }) => ({
    a: needs.a ? shareOf(dout, lt(a, b), eq(a, b)) : undefined,
    b: needs.b ? shareOf(dout, lt(b, a), eq(a, b)) : undefined,
  }),
});

/**
 * The larger of two, element by element; NaN if either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in {@link add}. Where both are equal each gets half of the gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { maximum, tensor } from 'myelin';
 * console.log(maximum(tensor([-1, 2]), 0).toArray()); // [ 0, 2 ]
 * ```
 */
export function maximum<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function maximum(a: Operand, b: Operand): Tensor {
  return areBool(a, b) ? add(a, b) : combine('maximum', maximumOp, a, b);
}

const minimumOp = defineOp({
  name: 'minimum',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'b'],
  infer: ({ a, b }) => (checkDTypeOf('minimum', 'a', a, numeric), broadcast('minimum', { a, b }, a.dtype)),
  grad: ({ a, b, dout, needs }) => ({
    a: needs.a ? shareOf(dout, gt(a, b), eq(a, b)) : undefined,
    b: needs.b ? shareOf(dout, gt(b, a), eq(a, b)) : undefined,
  }),
});

/**
 * The smaller of two, element by element; NaN if either is NaN.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in {@link add}. Where both are equal each gets half of the gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { minimum, tensor } from 'myelin';
 * console.log(minimum(tensor([-1, 2]), 0).toArray()); // [ -1, 0 ]
 * ```
 */
export function minimum<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function minimum(a: Operand, b: Operand): Tensor {
  return areBool(a, b) ? mul(a, b) : combine('minimum', minimumOp, a, b);
}

const negOp = defineOp({
  name: 'neg',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => (checkDTypeOf('neg', 'x', x, signed), like(x)),
  grad: ({ dout }) => ({ x: neg(dout) }),
});

/**
 * The negative of every element: out = −x.
 *
 * Shapes: any → the same. Dtypes: float32, float64, int32, int64.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { neg, tensor } from 'myelin';
 * console.log(neg(tensor([1, -2])).toArray()); // [ -1, 2 ]
 * ```
 */
export function neg<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkTensor('neg', 'x', x);
  return negOp({ x }) as Tensor<D, S>;
}
