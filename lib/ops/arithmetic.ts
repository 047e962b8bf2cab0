import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkOption, floats, numeric, signed } from './checks.js';
import { eq, ge, gt, lt, where } from './compare.js';
import { floorDivide, truncDivide } from './division.js';
import { logicalAnd, logicalOr } from './logic.js';
import { log, reciprocal, sqrt } from './math.js';
import { apply, combine, combineReal, isReal, type Arithmetic, type Operand, type RealArithmetic } from './operands.js';
import { binaryOp, unaryOp } from './pointwise.js';
import { likeOf } from './spec.js';

const areBool = (a: Operand, b: Operand): boolean =>
  a instanceof Tensor && b instanceof Tensor && a.dtype === 'bool' && b.dtype === 'bool';

const scaleShiftOp = defineOp({
  name: 'scaleShift',
  inputs: ['x'],
  attrs: { scale: 'float', shift: 'float' },
  save: [],
  infer: ({ x }) => likeOf('scaleShift', x, floats),
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

const addOp = binaryOp('add', numeric, { save: [], grad: ({ dout }) => ({ a: dout, b: dout }) });

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
  return combine(addOp, a, b);
}

const subOp = binaryOp('sub', numeric, {
  save: [],
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
  return combine(subOp, a, b);
}

const mulOp = binaryOp('mul', numeric, {
  save: ['a', 'b'],
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
  return combine(mulOp, a, b);
}

const divOp = binaryOp('div', floats, {
  save: ['b', 'out'],
  grad: ({ b, out, dout, needs }) => ({
    a: needs.a ? div(dout, b) : undefined,
    b: needs.b ? neg(mul(dout, div(out, b))) : undefined,
  }),
});

const isPowerOfTwo = (x: number): boolean =>
  Number.isFinite(1 / x) && x !== 0 && Number.isInteger(Math.log2(Math.abs(x)));

/** Options of {@link div}. */
export interface DivOptions {
  /** Toward zero (`'trunc'`) or down (`'floor'`); `null`, the default, does not round. */
  readonly roundingMode?: 'trunc' | 'floor' | null;
}

/**
 * Quotient, element by element: out = a / b.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in {@link add}, integers give float32. Division by zero gives
 * ±∞ or NaN. A rounded quotient is `truncDivide` or `floorDivide`, for which integers stay integers.
 *
 * @param options.roundingMode `'trunc'` rounds toward zero, `'floor'` down; default `null`, no rounding
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an unknown rounding mode
 * @example
 * ```ts
 * import { div, tensor } from 'myelin';
 * console.log(div(tensor([1, 2], { dtype: 'int32' }), 4).toArray()); // [ 0.25, 0.5 ]
 * console.log(div(tensor([-7, 7]), 2, { roundingMode: 'floor' }).toArray()); // [ -4, 3 ]
 * ```
 */
export function div<A extends Operand, B extends Operand>(
  a: A,
  b: B,
  options?: { readonly roundingMode?: null },
): RealArithmetic<A, B>;
export function div<A extends Operand, B extends Operand>(
  a: A,
  b: B,
  options: { readonly roundingMode: 'trunc' | 'floor' },
): Arithmetic<A, B>;
export function div(a: Operand, b: Operand, { roundingMode = null }: DivOptions = {}): Tensor {
  if (roundingMode !== null) {
    checkOption('div', 'roundingMode', roundingMode, ['trunc', 'floor']);
    return roundingMode === 'trunc' ? truncDivide(a, b) : floorDivide(a, b);
  }
  // Multiplying by the inverse is exact only for powers of two.
  if (typeof b === 'number' && isReal(a) && isPowerOfTwo(b)) return scaled('div', a, 1 / b);
  if (a === 1 && isReal(b)) return reciprocal(b);
  return combineReal(divOp, a, b);
}

const powOp = binaryOp('pow', numeric, {
  save: ['a', 'b', 'out'],
  grad: ({ a, b, out, dout, needs }) => ({
    // b = 0 makes a constant even where a^(b - 1) is infinite, and so does 0^b for b >= 0 as a function of b.
    a: needs.a ? where(eq(b, 0), 0, mul(dout, mul(b, pow(a, sub(b, 1))))) : undefined,
    b: needs.b ? mul(dout, where(logicalAnd(eq(a, 0), ge(b, 0)), 0, mul(out, log(a)))) : undefined,
  }),
});

/**
 * Power, element by element: out = aᵇ.
 *
 * Shapes: broadcast. Dtypes: all but two bools, promoted as in {@link add}. A negative base with a fractional exponent gives
 * NaN; 0⁰ is 1. Powers of integers are integers and wrap; where a tensor has a negative exponent they are 0 unless the base
 * is 1 or −1. The gradient is 0 in the base where b = 0, and in the exponent where a = 0 and b ≥ 0.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for an integer tensor and a negative integer; `DTYPE` for
 * two bools
 * @example
 * ```ts
 * import { pow, tensor } from 'myelin';
 * console.log(pow(tensor([1, 2, 3]), 3).toArray()); // [ 1, 8, 27 ]
 * ```
 */
export function pow<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function pow(a: Operand, b: Operand): Tensor {
  if (isReal(a)) {
    if (b === 1) return scaled('pow', a, 1);
    if (b === 2) return square(a);
    if (b === 0.5) return sqrt(a);
    if (b === -1) return reciprocal(a);
  } else if (Number.isInteger(b) && (b as number) < 0) {
    fail('VALUE', 'pow', `the exponent of integers is ${String(b)} (need b >= 0, or a float tensor a)`, { b });
  }
  return combine(powOp, a, b);
}

// The gradient of the larger (or smaller) of two numbers, halved where they are equal.
function shareOf(dout: Tensor, loses: Tensor<'bool'>, ties: Tensor<'bool'>): Tensor {
  return where(loses, 0, where(ties, mul(dout, 0.5), dout));
}

function pickOp(name: string, loses: (x: Tensor, other: Tensor) => Tensor<'bool'>) {
  return binaryOp(name, numeric, {
    save: ['a', 'b'],
    grad: ({ a, b, dout, needs }) => ({
      a: needs.a ? shareOf(dout, loses(a, b), eq(a, b)) : undefined,
      b: needs.b ? shareOf(dout, loses(b, a), eq(a, b)) : undefined,
    }),
  });
}

const maximumOp = pickOp('maximum', lt);

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
  return areBool(a, b) ? add(a, b) : combine(maximumOp, a, b);
}

const minimumOp = pickOp('minimum', gt);

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
  return areBool(a, b) ? mul(a, b) : combine(minimumOp, a, b);
}

const negOp = unaryOp('neg', signed, { save: [], grad: ({ dout }) => neg(dout) });

/**
 * The negative of every element: out = −x.
 *
 * Shapes: any → the same. Dtypes: float and signed integer dtypes.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { neg, tensor } from 'myelin';
 * console.log(neg(tensor([1, -2])).toArray()); // [ -1, 2 ]
 * ```
 */
export function neg<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(negOp, x);
}

const absOp = unaryOp('abs', signed, { save: ['x'], grad: ({ x, dout }) => mul(dout, sign(x)) });

/**
 * Absolute value: out = |x|. The gradient at 0 is 0.
 *
 * Shapes: any → the same. Dtypes: float and signed integer dtypes.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { abs, tensor } from 'myelin';
 * console.log(abs(tensor([-2, 3])).toArray()); // [ 2, 3 ]
 * ```
 */
export function abs<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(absOp, x);
}

const signOp = unaryOp('sign', signed);

/**
 * Sign: out = −1, 0 or 1; of NaN it is 0, as in PyTorch. No gradient.
 *
 * Shapes: any → the same. Dtypes: float and signed integer dtypes.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { sign, tensor } from 'myelin';
 * console.log(sign(tensor([-2, 0, 3])).toArray()); // [ -1, 0, 1 ]
 * ```
 */
export function sign<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(signOp, x);
}

const squareOp = unaryOp('square', signed, { save: ['x'], grad: ({ x, dout }) => mul(dout, mul(x, 2)) });

/**
 * Square: out = x².
 *
 * Shapes: any → the same. Dtypes: float and signed integer dtypes.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { square, tensor } from 'myelin';
 * console.log(square(tensor([-2, 3])).toArray()); // [ 4, 9 ]
 * ```
 */
export function square<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(squareOp, x);
}
