import { stopGradient } from '../engine/tape.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { provideAssign } from '../tensor/parameter.js';
import type { Promote } from '../tensor/promotion.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape, MatMulFits, MatMulShape, TransposedShape } from '../tensor/types.js';
import { relu, sigmoid, tanh } from './activation.js';
import { abs, add, div, maximum, minimum, mul, neg, pow, sign, square, sub } from './arithmetic.js';
import { assign, assignAt } from './assign.js';
import { at, type IndexSpec } from './at.js';
import type { Indexed } from './axis.js';
import { copysign, fmax, fmin, hypot, ldexp, lerp } from './binary.js';
import { bitwiseAnd, bitwiseLeftShift, bitwiseNot, bitwiseOr, bitwiseRightShift, bitwiseXor } from './bitwise.js';
import { cast } from './cast.js';
import { clamp, nanToNum, type ClampOptions, type NanToNumOptions } from './clamp.js';
import { allclose, equal, isclose, type ClosenessOptions } from './closeness.js';
import { eq, ge, gt, le, lt, ne, type Comparison } from './compare.js';
import { diff, type DiffOptions } from './differences.js';
import { floorDivide, fmod, gcd, lcm, remainder, truncDivide } from './division.js';
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolic.js';
import { gather, indexSelect, type IndexDType } from './indexing.js';
import { matmul } from './linalg.js';
import { logAddExp, logAddExp2, logit, xlogy, type LogitOptions } from './logarithms.js';
import {
  isfinite,
  isinf,
  isnan,
  isneginf,
  isposinf,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  signbit,
} from './logic.js';
import { maskedFill, maskedSelect, nonzero } from './masking.js';
import { cbrt, exp, exp2, expm1, log, log10, log1p, log2, reciprocal, rsqrt, sqrt } from './math.js';
import { chunk, clone, contiguous, split, type Layout } from './move.js';
import type { Arithmetic, Floating, Operand, RealArithmetic } from './operands.js';
import { median } from './order-statistics.js';
import { permute, transpose } from './permute.js';
import { unbind, type AlongOptions } from './pieces.js';
import { prod } from './prod.js';
import { quantile, type QuantileOptions } from './quantile.js';
import {
  all,
  any,
  argmax,
  argmin,
  countNonzero,
  max,
  mean,
  min,
  sum,
  type Accumulated,
  type AxisOptions,
  type DTypeOption,
  type ReduceOptions,
} from './reduce.js';
import { repeat, repeatInterleave, tile } from './repeat.js';
import { expand, flatten, reshape, squeeze, unsqueeze, type KnownShape } from './reshape.js';
import { roll } from './rotate.js';
import { ceil, floor, frac, round, trunc, type RoundOptions } from './rounding.js';
import { cumprod, cumsum, type ScanOptions } from './scan.js';
import { flip, select, slice, type SliceSpec } from './slice.js';
import { logSoftmax, softmax, type SoftmaxOptions } from './softmax.js';
import { argsort, sort, topk, type SortOptions, type TopkOptions } from './sort.js';
import { digamma, erf, erfc, erfinv, lgamma } from './special.js';
import { logSumExp, norm, std, variance, type NormOptions, type VarianceOptions } from './statistics.js';
import { tril, triu, type DiagonalLimit } from './triangle.js';
import { acos, asin, atan, atan2, cos, sin, sinc, tan } from './trigonometry.js';
import { broadcastTo, moveAxis, narrow, ravel, swapAxes, unflatten, view } from './views.js';
import { diagonal, unfold, type DiagonalOptions, type UnfoldOptions } from './windows.js';

// Each method is the function of the same name with the tensor as its first argument; its doc is the function's.
const methods = {
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  neg,
  abs,
  sign,
  square,
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
  isnan,
  isinf,
  isfinite,
  isposinf,
  isneginf,
  signbit,
  exp,
  exp2,
  expm1,
  log,
  log1p,
  log2,
  log10,
  sqrt,
  rsqrt,
  cbrt,
  reciprocal,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinc,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
  logAddExp,
  logAddExp2,
  xlogy,
  logit,
  hypot,
  copysign,
  fmax,
  fmin,
  ldexp,
  lerp,
  fmod,
  remainder,
  floorDivide,
  truncDivide,
  gcd,
  lcm,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  bitwiseNot,
  bitwiseLeftShift,
  bitwiseRightShift,
  isclose,
  allclose,
  equal,
  floor,
  ceil,
  round,
  trunc,
  frac,
  relu,
  sigmoid,
  tanh,
  clamp,
  nanToNum,
  softmax,
  logSoftmax,
  sum,
  mean,
  max,
  min,
  argmax,
  argmin,
  any,
  all,
  countNonzero,
  prod,
  cumsum,
  cumprod,
  sort,
  argsort,
  topk,
  median,
  quantile,
  diff,
  variance,
  std,
  norm,
  logSumExp,
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  expand,
  permute,
  transpose,
  slice,
  flip,
  select,
  at,
  view,
  ravel,
  unflatten,
  swapAxes,
  moveAxis,
  broadcastTo,
  narrow,
  unfold,
  diagonal,
  nonzero,
  maskedFill,
  maskedSelect,
  gather,
  indexSelect,
  tile,
  repeat,
  repeatInterleave,
  split,
  chunk,
  contiguous,
  clone,
  unbind,
  roll,
  tril,
  triu,
  matmul,
  to: cast,
  detach: (x: Tensor): Tensor => stopGradient(x),
};

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
    /** Whether an element is NaN. See {@link isnan}. */
    isnan(): Tensor<'bool', S>;
    /** Whether an element is +∞ or −∞. See {@link isinf}. */
    isinf(): Tensor<'bool', S>;
    /** Whether an element is neither NaN nor infinite. See {@link isfinite}. */
    isfinite(): Tensor<'bool', S>;
    /** Whether an element is +∞. See {@link isposinf}. */
    isposinf(): Tensor<'bool', S>;
    /** Whether an element is −∞. See {@link isneginf}. */
    isneginf(): Tensor<'bool', S>;
    /** Whether an element has a minus sign, also −0. See {@link signbit}. */
    signbit(): Tensor<'bool', S>;
    /** Exponential eˣ of every element. See {@link exp}. */
    exp(): Tensor<Floating<D>, S>;
    /** Power 2ˣ of every element. See {@link exp2}. */
    exp2(): Tensor<Floating<D>, S>;
    /** eˣ − 1 of every element, exact near 0. See {@link expm1}. */
    expm1(): Tensor<Floating<D>, S>;
    /** Natural logarithm of every element; NaN below 0. See {@link log}. */
    log(): Tensor<Floating<D>, S>;
    /** Natural logarithm of 1 + x, exact near 0. See {@link log1p}. */
    log1p(): Tensor<Floating<D>, S>;
    /** Binary logarithm of every element; NaN below 0. See {@link log2}. */
    log2(): Tensor<Floating<D>, S>;
    /** Decimal logarithm of every element; NaN below 0. See {@link log10}. */
    log10(): Tensor<Floating<D>, S>;
    /** Square root of every element; NaN below 0. See {@link sqrt}. */
    sqrt(): Tensor<Floating<D>, S>;
    /** 1 / √x of every element. See {@link rsqrt}. */
    rsqrt(): Tensor<Floating<D>, S>;
    /** Cube root of every element, negative for negative ones. See {@link cbrt}. */
    cbrt(): Tensor<Floating<D>, S>;
    /** 1 / x of every element. See {@link reciprocal}. */
    reciprocal(): Tensor<Floating<D>, S>;
    /** Sine of every element, in radians. See {@link sin}. */
    sin(): Tensor<Floating<D>, S>;
    /** Cosine of every element, in radians. See {@link cos}. */
    cos(): Tensor<Floating<D>, S>;
    /** Tangent of every element, in radians. See {@link tan}. */
    tan(): Tensor<Floating<D>, S>;
    /** Arc sine of every element, in [−π/2, π/2]; NaN outside [−1, 1]. See {@link asin}. */
    asin(): Tensor<Floating<D>, S>;
    /** Arc cosine of every element, in [0, π]; NaN outside [−1, 1]. See {@link acos}. */
    acos(): Tensor<Floating<D>, S>;
    /** Arc tangent of every element, in [−π/2, π/2]. See {@link atan}. */
    atan(): Tensor<Floating<D>, S>;
    /** sin(πx) / (πx) of every element, and 1 at 0. See {@link sinc}. */
    sinc(): Tensor<Floating<D>, S>;
    /** Hyperbolic sine of every element. See {@link sinh}. */
    sinh(): Tensor<Floating<D>, S>;
    /** Hyperbolic cosine of every element. See {@link cosh}. */
    cosh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic sine of every element. See {@link asinh}. */
    asinh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic cosine of every element; NaN below 1. See {@link acosh}. */
    acosh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic tangent of every element; NaN outside [−1, 1]. See {@link atanh}. */
    atanh(): Tensor<Floating<D>, S>;
    /** Error function of every element. See {@link erf}. */
    erf(): Tensor<Floating<D>, S>;
    /** 1 − erf x of every element, accurate where that is small. See {@link erfc}. */
    erfc(): Tensor<Floating<D>, S>;
    /** Inverse of the error function; ±∞ at ±1, NaN beyond. See {@link erfinv}. */
    erfinv(): Tensor<Floating<D>, S>;
    /** Logarithm of the absolute value of the gamma function. See {@link lgamma}. */
    lgamma(): Tensor<Floating<D>, S>;
    /** Derivative of the logarithm of the gamma function. See {@link digamma}. */
    digamma(): Tensor<Floating<D>, S>;
    /** Logarithm of the odds, ln(x / (1 − x)), of probabilities. See {@link logit}. */
    logit(options?: LogitOptions): Tensor<D & FloatDType, S>;
    /** Absolute value of every element. See {@link abs}. */
    abs(): Tensor<D, S>;
    /** −1, 0 or 1 for every element; 0 for NaN. See {@link sign}. */
    sign(): Tensor<D, S>;
    /** Square of every element. See {@link square}. */
    square(): Tensor<D, S>;
    /** Largest integer not above every element. See {@link floor}. */
    floor(): Tensor<D, S>;
    /** Smallest integer not below every element. See {@link ceil}. */
    ceil(): Tensor<D, S>;
    /** Nearest integer, halves to the even one; `decimals` keeps that many places. See {@link round}. */
    round(options?: RoundOptions): Tensor<D, S>;
    /** Integer part of every element, toward zero. See {@link trunc}. */
    trunc(): Tensor<D, S>;
    /** Fraction of every element, with its sign. See {@link frac}. */
    frac(): Tensor<D & FloatDType, S>;
    /** Rectified linear unit: max(x, 0). See {@link relu}. */
    relu(): Tensor<D, S>;
    /** Logistic function: 1 / (1 + e⁻ˣ). See {@link sigmoid}. */
    sigmoid(): Tensor<Floating<D>, S>;
    /** Hyperbolic tangent of every element. See {@link tanh}. */
    tanh(): Tensor<Floating<D>, S>;
    /** Every element moved into [min, max]. See {@link clamp}. */
    clamp(options?: ClampOptions): Tensor<D, S>;
    /** NaN and infinities replaced by numbers. See {@link nanToNum}. */
    nanToNum(options?: NanToNumOptions): Tensor<D, S>;
    /** Scores turned into probabilities along an axis, the last by default. See {@link softmax}. */
    softmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Logarithm of the softmax along an axis, the last by default. See {@link logSoftmax}. */
    logSoftmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Sum over axes, all by default, added up in the dtype that is given. See {@link sum}. */
    sum<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Sum over axes, all by default; that of integers and bools is int64. See {@link sum}. */
    sum(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Mean over axes, all by default, taken in the dtype that is given. See {@link mean}. */
    mean<E extends FloatDType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Mean over axes, all by default; of float dtypes. See {@link mean}. */
    mean(options?: ReduceOptions): Tensor<D & FloatDType>;
    /** Product over axes, all by default, multiplied in the dtype that is given. See {@link prod}. */
    prod<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Product over axes, all by default; that of integers and bools is int64. See {@link prod}. */
    prod(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Sums of all elements up to each along an axis, added up in the dtype that is given. See {@link cumsum}. */
    cumsum<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /** Sums of all elements up to each along an axis; those of integers and bools are int64. See {@link cumsum}. */
    cumsum(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /**
     * Products of all elements up to each along an axis, multiplied in the dtype that is given. See
     * {@link cumprod}.
     */
    cumprod<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /**
     * Products of all elements up to each along an axis; those of integers and bools are int64. See
     * {@link cumprod}.
     */
    cumprod(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /** Largest element over axes, all by default; NaN if there is one. See {@link max}. */
    max(options?: ReduceOptions): Tensor<D>;
    /** Smallest element over axes, all by default; NaN if there is one. See {@link min}. */
    min(options?: ReduceOptions): Tensor<D>;
    /** Position of the largest element, the first of several. See {@link argmax}. */
    argmax(options?: AxisOptions): Tensor<'int64'>;
    /** Position of the smallest element, the first of several. See {@link argmin}. */
    argmin(options?: AxisOptions): Tensor<'int64'>;
    /** Whether any element over axes differs from 0. See {@link any}. */
    any(options?: ReduceOptions): Tensor<'bool'>;
    /** Whether all elements over axes differ from 0. See {@link all}. */
    all(options?: ReduceOptions): Tensor<'bool'>;
    /** Number of elements over axes that differ from 0. See {@link countNonzero}. */
    countNonzero(options?: ReduceOptions): Tensor<'int64'>;
    /** Elements in order along an axis, and where each stood before. See {@link sort}. */
    sort(options?: SortOptions): Indexed<D, S>;
    /** Positions of the elements in order along an axis. See {@link argsort}. */
    argsort(options?: SortOptions): Tensor<'int64', S>;
    /** The k largest elements along an axis, and where they stand. See {@link topk}. */
    topk(k: number, options?: TopkOptions): Indexed<D>;
    /** The middle element along an axis, the lower one of two, and where it stands. See {@link median}. */
    median(options?: AxisOptions): Indexed<D>;
    /** Quantiles along an axis, interpolated between neighbours. See {@link quantile}. */
    quantile(q: number | readonly number[], options?: QuantileOptions): Tensor<D & FloatDType>;
    /** Differences of neighbours along an axis. See {@link diff}. */
    diff(options?: DiffOptions): Tensor<D>;
    /** Variance over axes, all by default; unbiased unless `correction` says otherwise. See {@link variance}. */
    variance(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Standard deviation over axes, all by default. See {@link std}. */
    std(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Vector norm over axes, all by default; Euclidean unless `p` says otherwise. See {@link norm}. */
    norm(options?: NormOptions): Tensor<D & FloatDType>;
    /** Logarithm of a sum of exponentials over axes, safe from overflow. See {@link logSumExp}. */
    logSumExp(options?: ReduceOptions): Tensor<D & FloatDType>;
    /**
     * The same elements, row by row, in another shape; a view where possible. One extent may be −1. See
     * {@link reshape}.
     */
    reshape<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** One axis made of several neighbours, by default of all. See {@link flatten}. */
    flatten(options?: { readonly start?: number; readonly end?: number }): Tensor<D>;
    /** A view without the axes of extent 1, or without those that are named. See {@link squeeze}. */
    squeeze(axis?: number | readonly number[]): Tensor<D>;
    /** A view with one more axis of extent 1 at `axis`. See {@link unsqueeze}. */
    unsqueeze(axis: number): Tensor<D>;
    /** A view with the axes in another order. See {@link permute}. */
    permute(axes: readonly number[]): Tensor<D>;
    /** A view with the last two axes exchanged. See {@link transpose}. */
    transpose(): Tensor<D, TransposedShape<S>>;
    /** A view with two axes exchanged. See {@link transpose}. */
    transpose(a: number, b: number): Tensor<D>;
    /** A view with axes of extent 1 repeated, and leading ones added. See {@link expand}. */
    expand<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** A view of a part, by one index or range for each axis: `x.slice(0, [1, 3])` is x[0, 1:3]. See {@link slice}. */
    slice(...specs: readonly SliceSpec[]): Tensor<D>;
    /** The order reversed along axes, by default along all. See {@link flip}. */
    flip(axis?: number | readonly number[]): Tensor<D>;
    /** A view of one place of an axis, which is dropped. See {@link select}. */
    select(axis: number, index: number): Tensor<D>;
    /**
     * A part by one index for each axis: numbers, ranges, tensors of positions or masks, by NumPy's rules. See
     * {@link at}.
     */
    at(...specs: readonly IndexSpec[]): Tensor<D>;
    /** A view in another shape; unlike `reshape` it never copies. See {@link view}. */
    view<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** All elements along one axis, row by row; a view where possible. See {@link ravel}. */
    ravel(): Tensor<D>;
    /** Several axes made of one. See {@link unflatten}. */
    unflatten(axis: number, extents: Shape): Tensor<D>;
    /** A view with two axes exchanged; `transpose` under NumPy's name. See {@link swapAxes}. */
    swapAxes(a: number, b: number): Tensor<D>;
    /** A view with axes moved to other places; the rest keep their order. See {@link moveAxis}. */
    moveAxis(from: number | readonly number[], to: number | readonly number[]): Tensor<D>;
    /** A view with axes of extent 1 repeated; `expand` under NumPy's name. See {@link broadcastTo}. */
    broadcastTo<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** A view of a range of one axis: `length` places from `start` on. See {@link narrow}. */
    narrow(axis: number, start: number, length: number): Tensor<D>;
    /** A view of all windows of an axis, with a last axis for the places inside a window. See {@link unfold}. */
    unfold(options: UnfoldOptions): Tensor<D>;
    /** A view of a diagonal of a matrix, or of a batch of them, as the last axis. See {@link diagonal}. */
    diagonal(options?: DiagonalOptions): Tensor<D>;
    /** The coordinates of all elements that are not zero, one row for each. See {@link nonzero}. */
    nonzero(): Tensor<'int64'>;
    /** A copy with one value where a mask holds. See {@link maskedFill}. */
    maskedFill(mask: Tensor<'bool'>, value: Tensor<D> | number): Tensor<D>;
    /** The elements at which a mask holds, in row-major order. See {@link maskedSelect}. */
    maskedSelect(mask: Tensor<'bool'>): Tensor<D>;
    /** Elements along one axis, each place naming its own. See {@link gather}. */
    gather(index: Tensor<IndexDType>, options?: AlongOptions): Tensor<D>;
    /** Places of an axis by their index, as often and in whatever order they are named. See {@link indexSelect}. */
    indexSelect(index: Tensor<IndexDType>, options?: AlongOptions): Tensor<D>;
    /** The whole tensor repeated along its axes, as NumPy's `tile`. See {@link tile}. */
    tile(repeats: readonly number[]): Tensor<D>;
    /** The whole tensor repeated along its axes, as PyTorch's `repeat`: a count for every axis. See {@link repeat}. */
    repeat(repeats: readonly number[]): Tensor<D>;
    /** Every place of an axis repeated, one after the other, as NumPy's `repeat`. See {@link repeatInterleave}. */
    repeatInterleave(repeats: number | Tensor<IndexDType>, options?: { readonly axis?: number }): Tensor<D>;
    /** Pieces along an axis, of one extent or of listed extents. See {@link split}. */
    split(extents: number | readonly number[], options?: AlongOptions): Tensor<D>[];
    /** About equal pieces along an axis, at most `count` of them. See {@link chunk}. */
    chunk(count: number, options?: AlongOptions): Tensor<D>[];
    /** All places of an axis as tensors of their own. See {@link unbind}. */
    unbind(options?: AlongOptions): Tensor<D>[];
    /** Elements shifted along axes; what leaves at one end enters at the other. See {@link roll}. */
    roll(shifts: number | readonly number[], options?: { readonly axis?: number | readonly number[] }): Tensor<D>;
    /** The lower triangle of a matrix, or of a batch of them; zeros above it. See {@link tril}. */
    tril(options?: DiagonalLimit): Tensor<D, S>;
    /** The upper triangle of a matrix, or of a batch of them; zeros below it. See {@link triu}. */
    triu(options?: DiagonalLimit): Tensor<D, S>;
    /** The same tensor with its elements densely in memory; itself when they already are. See {@link contiguous}. */
    contiguous(options?: { readonly layout?: Layout }): Tensor<D, S>;
    /** A copy in memory of its own, row-major. See {@link clone}. */
    clone(): Tensor<D, S>;
    /** Matrix product over the last two axes; the others broadcast. See {@link matmul}. */
    matmul<B extends DType, T extends Shape>(
      other: Tensor<B, T> & MatMulFits<S, T>,
    ): Tensor<Promote<D, B>, MatMulShape<S, T>>;
    /** This tensor in another dtype; see {@link cast}. */
    to<E extends DType>(dtype: E): Tensor<E, S>;
    /** This tensor as a constant; see {@link stopGradient}. */
    detach(): Tensor<D, S>;
  }
}

type Method = (self: Tensor, ...rest: never[]) => unknown;

// Loading is measured in milliseconds here: a function made under a computed key has its name at once, and a prototype that is
// asked whether it has a name takes longer to extend from then on.
const taken = new Set(Object.getOwnPropertyNames(Tensor.prototype));

/** Property of a method that is called as the function and has its name. */
function property(name: string, method: Method): PropertyDescriptor {
  if (taken.has(name)) fail('STATE', 'load', `a tensor has a method ${name} already`);
  const named = {
    [name](this: Tensor, ...rest: never[]): unknown {
      return method(this, ...rest);
    },
  };
  return { value: named[name], writable: true, configurable: true };
}

const properties = Object.entries(methods).map(([name, method]) => [name, property(name, method as Method)] as const);
Object.defineProperties(Tensor.prototype, Object.fromEntries(properties));
provideAssign(assign, assignAt);

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
