import type { DType, FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { BroadcastShape } from '../tensor/types.js';
import { add, div, maximum, minimum, mul, neg, pow, sub } from './arithmetic.js';
import { copysign, fmax, fmin, hypot, ldexp, lerp } from './binary.js';
import { bitwiseAnd, bitwiseLeftShift, bitwiseNot, bitwiseOr, bitwiseRightShift, bitwiseXor } from './bitwise.js';
import { allclose, equal, isclose, type ClosenessOptions } from './closeness.js';
import { eq, ge, gt, le, lt, ne, type Comparison } from './compare.js';
import { floorDivide, fmod, gcd, lcm, remainder, truncDivide } from './division.js';
import { logAddExp, logAddExp2, xlogy } from './logarithms.js';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from './logic.js';
import { install } from './methods.js';
import type { Arithmetic, Operand, RealArithmetic } from './operands.js';
import { atan2 } from './trigonometry.js';

// Methods of two operands: arithmetic, bits, comparisons, logic.

install({
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  fmod,
  remainder,
  floorDivide,
  truncDivide,
  gcd,
  lcm,
  fmax,
  fmin,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  bitwiseLeftShift,
  bitwiseRightShift,
  bitwiseNot,
  hypot,
  copysign,
  logAddExp,
  logAddExp2,
  xlogy,
  atan2,
  ldexp,
  lerp,
  isclose,
  allclose,
  equal,
  neg,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logicalAnd,
  logicalOr,
  logicalXor,
  logicalNot,
});

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
    /** Sum, element by element: this + other. See {@link add}. */
    add<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Difference, element by element: this − other. See {@link sub}. */
    sub<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Product, element by element; for two bools, whether both hold. See {@link mul}. */
    mul<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient, element by element: this / other; integers give float32. See {@link div}. */
    div<B extends Operand>(other: B, options?: { readonly roundingMode?: null }): RealArithmetic<Tensor<D, S>, B>;
    /** Quotient that is rounded toward zero or down; integers stay integers. See {@link div}. */
    div<B extends Operand>(
      other: B,
      options: { readonly roundingMode: 'trunc' | 'floor' },
    ): Arithmetic<Tensor<D, S>, B>;
    /** Power, element by element: this to the exponent; powers of integers are integers and wrap. See {@link pow}. */
    pow<B extends Operand>(exponent: B): Arithmetic<Tensor<D, S>, B>;
    /** The larger of two, element by element; NaN if either is NaN. See {@link maximum}. */
    maximum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The smaller of two, element by element; NaN if either is NaN. See {@link minimum}. */
    minimum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** What division toward zero leaves, with the sign of this tensor. See {@link fmod}. */
    fmod<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** What division downward leaves, with the sign of `other`, as Python's `%`. See {@link remainder}. */
    remainder<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient rounded down; integers stay integers. See {@link floorDivide}. */
    floorDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient rounded toward zero; integers stay integers. See {@link truncDivide}. */
    truncDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Greatest common divisor of integers, never negative. See {@link gcd}. */
    gcd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Least common multiple of integers. See {@link lcm}. */
    lcm<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The larger of two, element by element; where one is NaN it is the other. See {@link fmax}. */
    fmax<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The smaller of two, element by element; where one is NaN it is the other. See {@link fmin}. */
    fmin<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that both have, of integers or bools. See {@link bitwiseAnd}. */
    bitwiseAnd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that either has, of integers or bools. See {@link bitwiseOr}. */
    bitwiseOr<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that exactly one has, of integers or bools. See {@link bitwiseXor}. */
    bitwiseXor<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /**
     * The bits of integers moved toward the high end: this · 2 to the power of `bits`, wrapping. See
     * {@link bitwiseLeftShift}.
     */
    bitwiseLeftShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits of integers moved toward the low end; the sign stays. See {@link bitwiseRightShift}. */
    bitwiseRightShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    /** Every bit inverted, of integers or bools. See {@link bitwiseNot}. */
    bitwiseNot(): Tensor<D, S>;
    /** Length of the hypotenuse: √(this² + other²), without overflow on the way. See {@link hypot}. */
    hypot<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** The magnitudes of this tensor with the signs of `other`. See {@link copysign}. */
    copysign<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** Logarithm of the sum of exponentials, ln(eᵃ + eᵇ), without overflow. See {@link logAddExp}. */
    logAddExp<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** Binary logarithm of the sum of powers of two, log₂(2ᵃ + 2ᵇ), without overflow. See {@link logAddExp2}. */
    logAddExp2<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** This · ln other, and 0 where this is 0. See {@link xlogy}. */
    xlogy<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /**
     * The angle in [−π, π] of the points whose ordinates are this tensor and whose abscissas are `x`. See
     * {@link atan2}.
     */
    atan2<B extends Operand>(x: B): RealArithmetic<Tensor<D, S>, B>;
    /** Product with powers of two: this · 2 to the exponent. See {@link ldexp}. */
    ldexp<B extends Operand>(exponent: B): RealArithmetic<Tensor<D, S>, B>;
    /** Linear interpolation from this (weight 0) to `end` (weight 1). See {@link lerp}. */
    lerp<B extends Tensor<FloatDType>, W extends Operand>(
      this: Tensor<D & FloatDType, S>,
      end: B,
      weight: W,
    ): Arithmetic<Tensor<D, S>, B>;
    /** Whether elements are about equal: |this − other| ≤ atol + rtol · |other|. See {@link isclose}. */
    isclose<B extends Operand>(other: B, options?: ClosenessOptions): Comparison<Tensor<D, S>, B>;
    /** Whether all elements are about equal, as a JavaScript boolean; waits for the result. See {@link allclose}. */
    allclose(other: Operand, options?: ClosenessOptions): boolean;
    /**
     * Whether both have the same shape and equal elements, as a JavaScript boolean; waits for the result. See
     * {@link equal}.
     */
    equal(other: Tensor): boolean;
    /** The negative of every element. See {@link neg}. */
    neg(): Tensor<D, S>;
    /** Whether elements are equal; NaN equals nothing. See {@link eq}. */
    eq<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether elements differ; NaN differs from everything. See {@link ne}. */
    ne<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether this < other, element by element. See {@link lt}. */
    lt<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether this ≤ other, element by element. See {@link le}. */
    le<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether this > other, element by element. See {@link gt}. */
    gt<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether this ≥ other, element by element. See {@link ge}. */
    ge<B extends Operand>(other: B): Comparison<Tensor<D, S>, B>;
    /** Whether both hold, element by element. See {@link logicalAnd}. */
    logicalAnd<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    /** Whether at least one holds, element by element. See {@link logicalOr}. */
    logicalOr<T extends Shape>(this: Tensor<'bool', S>, other: Tensor<'bool', T>): Tensor<'bool', BroadcastShape<S, T>>;
    /** Whether exactly one holds, element by element. See {@link logicalXor}. */
    logicalXor<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    /** The opposite of every element. See {@link logicalNot}. */
    logicalNot(this: Tensor<'bool', S>): Tensor<'bool', S>;
  }
}

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
