import { stopGradient } from '../engine/tape.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { provideAssign } from '../tensor/parameter.js';
import type { Promote } from '../tensor/promotion.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape, MatMulFits, MatMulShape, TransposedShape } from '../tensor/types.js';
import * as activation from './activation.js';
import * as arithmetic from './arithmetic.js';
import * as binary from './binary.js';
import * as bitwise from './bitwise.js';
import type { Indexed } from './axis.js';
import { assign, assignAt } from './assign.js';
import * as indexing from './at.js';
import type { IndexSpec } from './at.js';
import { cast } from './cast.js';
import * as clamping from './clamp.js';
import * as closeness from './closeness.js';
import type { ClosenessOptions } from './closeness.js';
import * as compare from './compare.js';
import * as division from './division.js';
import * as hyperbolic from './hyperbolic.js';
import * as differences from './differences.js';
import type { DiffOptions } from './differences.js';
import * as lookup from './indexing.js';
import * as linalg from './linalg.js';
import * as logarithms from './logarithms.js';
import * as logic from './logic.js';
import * as masking from './masking.js';
import * as math from './math.js';
import * as move from './move.js';
import type { Layout } from './move.js';
import type { Arithmetic, Floating, Operand, RealArithmetic } from './operands.js';
import * as permuting from './permute.js';
import * as orders from './order-statistics.js';
import * as products from './prod.js';
import * as quantiles from './quantile.js';
import type { QuantileOptions } from './quantile.js';
import * as pieces from './pieces.js';
import * as repeating from './repeat.js';
import * as rotating from './rotate.js';
import * as triangles from './triangle.js';
import * as views from './views.js';
import * as windows from './windows.js';
import * as reduce from './reduce.js';
import type { Accumulated, AxisOptions, DTypeOption, ReduceOptions } from './reduce.js';
import * as reshaping from './reshape.js';
import type { KnownShape } from './reshape.js';
import * as rounding from './rounding.js';
import * as scan from './scan.js';
import type { ScanOptions } from './scan.js';
import * as slicing from './slice.js';
import type { SliceSpec } from './slice.js';
import * as softmaxes from './softmax.js';
import type { SoftmaxOptions } from './softmax.js';
import * as special from './special.js';
import * as sorting from './sort.js';
import type { SortOptions, TopkOptions } from './sort.js';
import * as statistics from './statistics.js';
import type { NormOptions, VarianceOptions } from './statistics.js';
import * as trigonometry from './trigonometry.js';

// Each method is the function of the same name with the tensor as its first argument; its doc is the function's.
const methods = {
  ...pick(arithmetic, ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'neg', 'abs', 'sign', 'square']),
  ...pick(compare, ['eq', 'ne', 'lt', 'le', 'gt', 'ge']),
  ...pick(logic, [
    'logicalAnd',
    'logicalOr',
    'logicalXor',
    'logicalNot',
    'isnan',
    'isinf',
    'isfinite',
    'isposinf',
    'isneginf',
    'signbit',
  ]),
  ...pick(math, ['exp', 'exp2', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt', 'rsqrt', 'cbrt', 'reciprocal']),
  ...pick(trigonometry, ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinc']),
  ...pick(hyperbolic, ['sinh', 'cosh', 'asinh', 'acosh', 'atanh']),
  ...pick(special, ['erf', 'erfc', 'erfinv', 'lgamma', 'digamma']),
  ...pick(logarithms, ['logAddExp', 'logAddExp2', 'xlogy', 'logit']),
  ...pick(binary, ['hypot', 'copysign', 'fmax', 'fmin', 'ldexp', 'lerp']),
  ...pick(division, ['fmod', 'remainder', 'floorDivide', 'truncDivide', 'gcd', 'lcm']),
  ...pick(bitwise, ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'bitwiseNot', 'bitwiseLeftShift', 'bitwiseRightShift']),
  ...pick(closeness, ['isclose', 'allclose', 'equal']),
  ...pick(rounding, ['floor', 'ceil', 'round', 'trunc', 'frac']),
  ...pick(activation, ['relu', 'sigmoid', 'tanh']),
  ...pick(clamping, ['clamp', 'nanToNum']),
  ...pick(softmaxes, ['softmax', 'logSoftmax']),
  ...pick(reduce, ['sum', 'mean', 'max', 'min', 'argmax', 'argmin', 'any', 'all', 'countNonzero']),
  ...pick(products, ['prod']),
  ...pick(scan, ['cumsum', 'cumprod']),
  ...pick(sorting, ['sort', 'argsort', 'topk']),
  ...pick(orders, ['median']),
  ...pick(quantiles, ['quantile']),
  ...pick(differences, ['diff']),
  ...pick(statistics, ['variance', 'std', 'norm', 'logSumExp']),
  ...pick(reshaping, ['reshape', 'flatten', 'squeeze', 'unsqueeze', 'expand']),
  ...pick(permuting, ['permute', 'transpose']),
  ...pick(slicing, ['slice', 'flip', 'select']),
  ...pick(indexing, ['at']),
  ...pick(views, ['view', 'ravel', 'unflatten', 'swapAxes', 'moveAxis', 'broadcastTo', 'narrow']),
  ...pick(windows, ['unfold', 'diagonal']),
  ...pick(masking, ['nonzero', 'maskedFill', 'maskedSelect']),
  ...pick(lookup, ['gather', 'indexSelect']),
  ...pick(repeating, ['tile', 'repeat', 'repeatInterleave']),
  ...pick(move, ['split', 'chunk']),
  ...pick(pieces, ['unbind']),
  ...pick(rotating, ['roll']),
  ...pick(triangles, ['tril', 'triu']),
  ...pick(move, ['contiguous', 'clone']),
  ...pick(linalg, ['matmul']),
  to: cast,
  detach: (x: Tensor): Tensor => stopGradient(x),
};

function pick<T extends object, K extends keyof T>(module: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, module[name]])) as Pick<T, K>;
}

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
    /** Sum, element by element: this + other. See {@link arithmetic.add}. */
    add<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Difference, element by element: this − other. See {@link arithmetic.sub}. */
    sub<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Product, element by element; for two bools, whether both hold. See {@link arithmetic.mul}. */
    mul<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient, element by element: this / other; integers give float32. See {@link arithmetic.div}. */
    div<B extends Operand>(other: B, options?: { readonly roundingMode?: null }): RealArithmetic<Tensor<D, S>, B>;
    /** Quotient that is rounded toward zero or down; integers stay integers. See {@link arithmetic.div}. */
    div<B extends Operand>(
      other: B,
      options: { readonly roundingMode: 'trunc' | 'floor' },
    ): Arithmetic<Tensor<D, S>, B>;
    /**
     * Power, element by element: this to the exponent; powers of integers are integers and wrap. See
     * {@link arithmetic.pow}.
     */
    pow<B extends Operand>(exponent: B): Arithmetic<Tensor<D, S>, B>;
    /** The larger of two, element by element; NaN if either is NaN. See {@link arithmetic.maximum}. */
    maximum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The smaller of two, element by element; NaN if either is NaN. See {@link arithmetic.minimum}. */
    minimum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** What division toward zero leaves, with the sign of this tensor. See {@link division.fmod}. */
    fmod<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** What division downward leaves, with the sign of `other`, as Python's `%`. See {@link division.remainder}. */
    remainder<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient rounded down; integers stay integers. See {@link division.floorDivide}. */
    floorDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Quotient rounded toward zero; integers stay integers. See {@link division.truncDivide}. */
    truncDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Greatest common divisor of integers, never negative. See {@link division.gcd}. */
    gcd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** Least common multiple of integers. See {@link division.lcm}. */
    lcm<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The larger of two, element by element; where one is NaN it is the other. See {@link binary.fmax}. */
    fmax<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The smaller of two, element by element; where one is NaN it is the other. See {@link binary.fmin}. */
    fmin<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that both have, of integers or bools. See {@link bitwise.bitwiseAnd}. */
    bitwiseAnd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that either has, of integers or bools. See {@link bitwise.bitwiseOr}. */
    bitwiseOr<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits that exactly one has, of integers or bools. See {@link bitwise.bitwiseXor}. */
    bitwiseXor<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    /**
     * The bits of integers moved toward the high end: this · 2 to the power of `bits`, wrapping. See
     * {@link bitwise.bitwiseLeftShift}.
     */
    bitwiseLeftShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    /** The bits of integers moved toward the low end; the sign stays. See {@link bitwise.bitwiseRightShift}. */
    bitwiseRightShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    /** Every bit inverted, of integers or bools. See {@link bitwise.bitwiseNot}. */
    bitwiseNot(): Tensor<D, S>;
    /** Length of the hypotenuse: √(this² + other²), without overflow on the way. See {@link binary.hypot}. */
    hypot<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** The magnitudes of this tensor with the signs of `other`. See {@link binary.copysign}. */
    copysign<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** Logarithm of the sum of exponentials, ln(eᵃ + eᵇ), without overflow. See {@link logarithms.logAddExp}. */
    logAddExp<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /**
     * Binary logarithm of the sum of powers of two, log₂(2ᵃ + 2ᵇ), without overflow. See {@link logarithms.logAddExp2}.
     */
    logAddExp2<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /** This · ln other, and 0 where this is 0. See {@link logarithms.xlogy}. */
    xlogy<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    /**
     * The angle in [−π, π] of the points whose ordinates are this tensor and whose abscissas are `x`. See
     * {@link trigonometry.atan2}.
     */
    atan2<B extends Operand>(x: B): RealArithmetic<Tensor<D, S>, B>;
    /** Product with powers of two: this · 2 to the exponent. See {@link binary.ldexp}. */
    ldexp<B extends Operand>(exponent: B): RealArithmetic<Tensor<D, S>, B>;
    /** Linear interpolation from this (weight 0) to `end` (weight 1). See {@link binary.lerp}. */
    lerp<B extends Tensor<FloatDType>, W extends Operand>(
      this: Tensor<D & FloatDType, S>,
      end: B,
      weight: W,
    ): Arithmetic<Tensor<D, S>, B>;
    /** Whether elements are about equal: |this − other| ≤ atol + rtol · |other|. See {@link closeness.isclose}. */
    isclose<B extends Operand>(other: B, options?: ClosenessOptions): compare.Comparison<Tensor<D, S>, B>;
    /**
     * Whether all elements are about equal, as a JavaScript boolean; waits for the result. See
     * {@link closeness.allclose}.
     */
    allclose(other: Operand, options?: ClosenessOptions): boolean;
    /**
     * Whether both have the same shape and equal elements, as a JavaScript boolean; waits for the result. See
     * {@link closeness.equal}.
     */
    equal(other: Tensor): boolean;
    /** The negative of every element. See {@link arithmetic.neg}. */
    neg(): Tensor<D, S>;
    /** Whether elements are equal; NaN equals nothing. See {@link compare.eq}. */
    eq<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether elements differ; NaN differs from everything. See {@link compare.ne}. */
    ne<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether this < other, element by element. See {@link compare.lt}. */
    lt<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether this ≤ other, element by element. See {@link compare.le}. */
    le<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether this > other, element by element. See {@link compare.gt}. */
    gt<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether this ≥ other, element by element. See {@link compare.ge}. */
    ge<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    /** Whether both hold, element by element. See {@link logic.logicalAnd}. */
    logicalAnd<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    /** Whether at least one holds, element by element. See {@link logic.logicalOr}. */
    logicalOr<T extends Shape>(this: Tensor<'bool', S>, other: Tensor<'bool', T>): Tensor<'bool', BroadcastShape<S, T>>;
    /** Whether exactly one holds, element by element. See {@link logic.logicalXor}. */
    logicalXor<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    /** The opposite of every element. See {@link logic.logicalNot}. */
    logicalNot(this: Tensor<'bool', S>): Tensor<'bool', S>;
    /** Whether an element is NaN. See {@link logic.isnan}. */
    isnan(): Tensor<'bool', S>;
    /** Whether an element is +∞ or −∞. See {@link logic.isinf}. */
    isinf(): Tensor<'bool', S>;
    /** Whether an element is neither NaN nor infinite. See {@link logic.isfinite}. */
    isfinite(): Tensor<'bool', S>;
    /** Whether an element is +∞. See {@link logic.isposinf}. */
    isposinf(): Tensor<'bool', S>;
    /** Whether an element is −∞. See {@link logic.isneginf}. */
    isneginf(): Tensor<'bool', S>;
    /** Whether an element has a minus sign, also −0. See {@link logic.signbit}. */
    signbit(): Tensor<'bool', S>;
    /** Exponential eˣ of every element. See {@link math.exp}. */
    exp(): Tensor<Floating<D>, S>;
    /** Power 2ˣ of every element. See {@link math.exp2}. */
    exp2(): Tensor<Floating<D>, S>;
    /** eˣ − 1 of every element, exact near 0. See {@link math.expm1}. */
    expm1(): Tensor<Floating<D>, S>;
    /** Natural logarithm of every element; NaN below 0. See {@link math.log}. */
    log(): Tensor<Floating<D>, S>;
    /** Natural logarithm of 1 + x, exact near 0. See {@link math.log1p}. */
    log1p(): Tensor<Floating<D>, S>;
    /** Binary logarithm of every element; NaN below 0. See {@link math.log2}. */
    log2(): Tensor<Floating<D>, S>;
    /** Decimal logarithm of every element; NaN below 0. See {@link math.log10}. */
    log10(): Tensor<Floating<D>, S>;
    /** Square root of every element; NaN below 0. See {@link math.sqrt}. */
    sqrt(): Tensor<Floating<D>, S>;
    /** 1 / √x of every element. See {@link math.rsqrt}. */
    rsqrt(): Tensor<Floating<D>, S>;
    /** Cube root of every element, negative for negative ones. See {@link math.cbrt}. */
    cbrt(): Tensor<Floating<D>, S>;
    /** 1 / x of every element. See {@link math.reciprocal}. */
    reciprocal(): Tensor<Floating<D>, S>;
    /** Sine of every element, in radians. See {@link trigonometry.sin}. */
    sin(): Tensor<Floating<D>, S>;
    /** Cosine of every element, in radians. See {@link trigonometry.cos}. */
    cos(): Tensor<Floating<D>, S>;
    /** Tangent of every element, in radians. See {@link trigonometry.tan}. */
    tan(): Tensor<Floating<D>, S>;
    /** Arc sine of every element, in [−π/2, π/2]; NaN outside [−1, 1]. See {@link trigonometry.asin}. */
    asin(): Tensor<Floating<D>, S>;
    /** Arc cosine of every element, in [0, π]; NaN outside [−1, 1]. See {@link trigonometry.acos}. */
    acos(): Tensor<Floating<D>, S>;
    /** Arc tangent of every element, in [−π/2, π/2]. See {@link trigonometry.atan}. */
    atan(): Tensor<Floating<D>, S>;
    /** sin(πx) / (πx) of every element, and 1 at 0. See {@link trigonometry.sinc}. */
    sinc(): Tensor<Floating<D>, S>;
    /** Hyperbolic sine of every element. See {@link hyperbolic.sinh}. */
    sinh(): Tensor<Floating<D>, S>;
    /** Hyperbolic cosine of every element. See {@link hyperbolic.cosh}. */
    cosh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic sine of every element. See {@link hyperbolic.asinh}. */
    asinh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic cosine of every element; NaN below 1. See {@link hyperbolic.acosh}. */
    acosh(): Tensor<Floating<D>, S>;
    /** Inverse hyperbolic tangent of every element; NaN outside [−1, 1]. See {@link hyperbolic.atanh}. */
    atanh(): Tensor<Floating<D>, S>;
    /** Error function of every element. See {@link special.erf}. */
    erf(): Tensor<Floating<D>, S>;
    /** 1 − erf x of every element, accurate where that is small. See {@link special.erfc}. */
    erfc(): Tensor<Floating<D>, S>;
    /** Inverse of the error function; ±∞ at ±1, NaN beyond. See {@link special.erfinv}. */
    erfinv(): Tensor<Floating<D>, S>;
    /** Logarithm of the absolute value of the gamma function. See {@link special.lgamma}. */
    lgamma(): Tensor<Floating<D>, S>;
    /** Derivative of the logarithm of the gamma function. See {@link special.digamma}. */
    digamma(): Tensor<Floating<D>, S>;
    /** Logarithm of the odds, ln(x / (1 − x)), of probabilities. See {@link logarithms.logit}. */
    logit(options?: logarithms.LogitOptions): Tensor<D & FloatDType, S>;
    /** Absolute value of every element. See {@link arithmetic.abs}. */
    abs(): Tensor<D, S>;
    /** −1, 0 or 1 for every element; 0 for NaN. See {@link arithmetic.sign}. */
    sign(): Tensor<D, S>;
    /** Square of every element. See {@link arithmetic.square}. */
    square(): Tensor<D, S>;
    /** Largest integer not above every element. See {@link rounding.floor}. */
    floor(): Tensor<D, S>;
    /** Smallest integer not below every element. See {@link rounding.ceil}. */
    ceil(): Tensor<D, S>;
    /** Nearest integer, halves to the even one; `decimals` keeps that many places. See {@link rounding.round}. */
    round(options?: rounding.RoundOptions): Tensor<D, S>;
    /** Integer part of every element, toward zero. See {@link rounding.trunc}. */
    trunc(): Tensor<D, S>;
    /** Fraction of every element, with its sign. See {@link rounding.frac}. */
    frac(): Tensor<D & FloatDType, S>;
    /** Rectified linear unit: max(x, 0). See {@link activation.relu}. */
    relu(): Tensor<D, S>;
    /** Logistic function: 1 / (1 + e⁻ˣ). See {@link activation.sigmoid}. */
    sigmoid(): Tensor<Floating<D>, S>;
    /** Hyperbolic tangent of every element. See {@link activation.tanh}. */
    tanh(): Tensor<Floating<D>, S>;
    /** Every element moved into [min, max]. See {@link clamping.clamp}. */
    clamp(options?: clamping.ClampOptions): Tensor<D, S>;
    /** NaN and infinities replaced by numbers. See {@link clamping.nanToNum}. */
    nanToNum(options?: clamping.NanToNumOptions): Tensor<D, S>;
    /** Scores turned into probabilities along an axis, the last by default. See {@link softmaxes.softmax}. */
    softmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Logarithm of the softmax along an axis, the last by default. See {@link softmaxes.logSoftmax}. */
    logSoftmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Sum over axes, all by default, added up in the dtype that is given. See {@link reduce.sum}. */
    sum<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Sum over axes, all by default; that of integers and bools is int64. See {@link reduce.sum}. */
    sum(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Mean over axes, all by default, taken in the dtype that is given. See {@link reduce.mean}. */
    mean<E extends FloatDType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Mean over axes, all by default; of float dtypes. See {@link reduce.mean}. */
    mean(options?: ReduceOptions): Tensor<D & FloatDType>;
    /** Product over axes, all by default, multiplied in the dtype that is given. See {@link products.prod}. */
    prod<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Product over axes, all by default; that of integers and bools is int64. See {@link products.prod}. */
    prod(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Sums of all elements up to each along an axis, added up in the dtype that is given. See {@link scan.cumsum}. */
    cumsum<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /**
     * Sums of all elements up to each along an axis; those of integers and bools are int64. See {@link scan.cumsum}.
     */
    cumsum(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /**
     * Products of all elements up to each along an axis, multiplied in the dtype that is given. See
     * {@link scan.cumprod}.
     */
    cumprod<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /**
     * Products of all elements up to each along an axis; those of integers and bools are int64. See
     * {@link scan.cumprod}.
     */
    cumprod(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /** Largest element over axes, all by default; NaN if there is one. See {@link reduce.max}. */
    max(options?: ReduceOptions): Tensor<D>;
    /** Smallest element over axes, all by default; NaN if there is one. See {@link reduce.min}. */
    min(options?: ReduceOptions): Tensor<D>;
    /** Position of the largest element, the first of several. See {@link reduce.argmax}. */
    argmax(options?: AxisOptions): Tensor<'int64'>;
    /** Position of the smallest element, the first of several. See {@link reduce.argmin}. */
    argmin(options?: AxisOptions): Tensor<'int64'>;
    /** Whether any element over axes differs from 0. See {@link reduce.any}. */
    any(options?: ReduceOptions): Tensor<'bool'>;
    /** Whether all elements over axes differ from 0. See {@link reduce.all}. */
    all(options?: ReduceOptions): Tensor<'bool'>;
    /** Number of elements over axes that differ from 0. See {@link reduce.countNonzero}. */
    countNonzero(options?: ReduceOptions): Tensor<'int64'>;
    /** Elements in order along an axis, and where each stood before. See {@link sorting.sort}. */
    sort(options?: SortOptions): Indexed<D, S>;
    /** Positions of the elements in order along an axis. See {@link sorting.argsort}. */
    argsort(options?: SortOptions): Tensor<'int64', S>;
    /** The k largest elements along an axis, and where they stand. See {@link sorting.topk}. */
    topk(k: number, options?: TopkOptions): Indexed<D>;
    /** The middle element along an axis, the lower one of two, and where it stands. See {@link orders.median}. */
    median(options?: AxisOptions): Indexed<D>;
    /** Quantiles along an axis, interpolated between neighbours. See {@link quantiles.quantile}. */
    quantile(q: number | readonly number[], options?: QuantileOptions): Tensor<D & FloatDType>;
    /** Differences of neighbours along an axis. See {@link differences.diff}. */
    diff(options?: DiffOptions): Tensor<D>;
    /**
     * Variance over axes, all by default; unbiased unless `correction` says otherwise. See {@link statistics.variance}.
     */
    variance(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Standard deviation over axes, all by default. See {@link statistics.std}. */
    std(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Vector norm over axes, all by default; Euclidean unless `p` says otherwise. See {@link statistics.norm}. */
    norm(options?: NormOptions): Tensor<D & FloatDType>;
    /** Logarithm of a sum of exponentials over axes, safe from overflow. See {@link statistics.logSumExp}. */
    logSumExp(options?: ReduceOptions): Tensor<D & FloatDType>;
    /**
     * The same elements, row by row, in another shape; a view where possible. One extent may be −1. See
     * {@link reshaping.reshape}.
     */
    reshape<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** One axis made of several neighbours, by default of all. See {@link reshaping.flatten}. */
    flatten(options?: { readonly start?: number; readonly end?: number }): Tensor<D>;
    /** A view without the axes of extent 1, or without those that are named. See {@link reshaping.squeeze}. */
    squeeze(axis?: number | readonly number[]): Tensor<D>;
    /** A view with one more axis of extent 1 at `axis`. See {@link reshaping.unsqueeze}. */
    unsqueeze(axis: number): Tensor<D>;
    /** A view with the axes in another order. See {@link permuting.permute}. */
    permute(axes: readonly number[]): Tensor<D>;
    /** A view with the last two axes exchanged. See {@link permuting.transpose}. */
    transpose(): Tensor<D, TransposedShape<S>>;
    /** A view with two axes exchanged. See {@link permuting.transpose}. */
    transpose(a: number, b: number): Tensor<D>;
    /** A view with axes of extent 1 repeated, and leading ones added. See {@link reshaping.expand}. */
    expand<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /**
     * A view of a part, by one index or range for each axis: `x.slice(0, [1, 3])` is x[0, 1:3]. See
     * {@link slicing.slice}.
     */
    slice(...specs: readonly SliceSpec[]): Tensor<D>;
    /** The order reversed along axes, by default along all. See {@link slicing.flip}. */
    flip(axis?: number | readonly number[]): Tensor<D>;
    /** A view of one place of an axis, which is dropped. See {@link slicing.select}. */
    select(axis: number, index: number): Tensor<D>;
    /**
     * A part by one index for each axis: numbers, ranges, tensors of positions or masks, by NumPy's rules. See
     * {@link indexing.at}.
     */
    at(...specs: readonly IndexSpec[]): Tensor<D>;
    /** A view in another shape; unlike `reshape` it never copies. See {@link views.view}. */
    view<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** All elements along one axis, row by row; a view where possible. See {@link views.ravel}. */
    ravel(): Tensor<D>;
    /** Several axes made of one. See {@link views.unflatten}. */
    unflatten(axis: number, extents: Shape): Tensor<D>;
    /** A view with two axes exchanged; `transpose` under NumPy's name. See {@link views.swapAxes}. */
    swapAxes(a: number, b: number): Tensor<D>;
    /** A view with axes moved to other places; the rest keep their order. See {@link views.moveAxis}. */
    moveAxis(from: number | readonly number[], to: number | readonly number[]): Tensor<D>;
    /** A view with axes of extent 1 repeated; `expand` under NumPy's name. See {@link views.broadcastTo}. */
    broadcastTo<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** A view of a range of one axis: `length` places from `start` on. See {@link views.narrow}. */
    narrow(axis: number, start: number, length: number): Tensor<D>;
    /**
     * A view of all windows of an axis, with a last axis for the places inside a window. See {@link windows.unfold}.
     */
    unfold(options: windows.UnfoldOptions): Tensor<D>;
    /** A view of a diagonal of a matrix, or of a batch of them, as the last axis. See {@link windows.diagonal}. */
    diagonal(options?: windows.DiagonalOptions): Tensor<D>;
    /** The coordinates of all elements that are not zero, one row for each. See {@link masking.nonzero}. */
    nonzero(): Tensor<'int64'>;
    /** A copy with one value where a mask holds. See {@link masking.maskedFill}. */
    maskedFill(mask: Tensor<'bool'>, value: Tensor<D> | number): Tensor<D>;
    /** The elements at which a mask holds, in row-major order. See {@link masking.maskedSelect}. */
    maskedSelect(mask: Tensor<'bool'>): Tensor<D>;
    /** Elements along one axis, each place naming its own. See {@link lookup.gather}. */
    gather(index: Tensor<lookup.IndexDType>, options?: pieces.AlongOptions): Tensor<D>;
    /**
     * Places of an axis by their index, as often and in whatever order they are named. See {@link lookup.indexSelect}.
     */
    indexSelect(index: Tensor<lookup.IndexDType>, options?: pieces.AlongOptions): Tensor<D>;
    /** The whole tensor repeated along its axes, as NumPy's `tile`. See {@link repeating.tile}. */
    tile(repeats: readonly number[]): Tensor<D>;
    /**
     * The whole tensor repeated along its axes, as PyTorch's `repeat`: a count for every axis. See
     * {@link repeating.repeat}.
     */
    repeat(repeats: readonly number[]): Tensor<D>;
    /**
     * Every place of an axis repeated, one after the other, as NumPy's `repeat`. See
     * {@link repeating.repeatInterleave}.
     */
    repeatInterleave(repeats: number | Tensor<lookup.IndexDType>, options?: { readonly axis?: number }): Tensor<D>;
    /** Pieces along an axis, of one extent or of listed extents. See {@link move.split}. */
    split(extents: number | readonly number[], options?: pieces.AlongOptions): Tensor<D>[];
    /** About equal pieces along an axis, at most `count` of them. See {@link move.chunk}. */
    chunk(count: number, options?: pieces.AlongOptions): Tensor<D>[];
    /** All places of an axis as tensors of their own. See {@link pieces.unbind}. */
    unbind(options?: pieces.AlongOptions): Tensor<D>[];
    /** Elements shifted along axes; what leaves at one end enters at the other. See {@link rotating.roll}. */
    roll(shifts: number | readonly number[], options?: { readonly axis?: number | readonly number[] }): Tensor<D>;
    /** The lower triangle of a matrix, or of a batch of them; zeros above it. See {@link triangles.tril}. */
    tril(options?: triangles.DiagonalLimit): Tensor<D, S>;
    /** The upper triangle of a matrix, or of a batch of them; zeros below it. See {@link triangles.triu}. */
    triu(options?: triangles.DiagonalLimit): Tensor<D, S>;
    /**
     * The same tensor with its elements densely in memory; itself when they already are. See {@link move.contiguous}.
     */
    contiguous(options?: { readonly layout?: Layout }): Tensor<D, S>;
    /** A copy in memory of its own, row-major. See {@link move.clone}. */
    clone(): Tensor<D, S>;
    /** Matrix product over the last two axes; the others broadcast. See {@link linalg.matmul}. */
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

function install(name: string, method: Method): void {
  if (name in Tensor.prototype) fail('STATE', 'load', `a tensor has a method ${name} already`);
  const value = function (this: Tensor, ...rest: never[]): unknown {
    return method(this, ...rest);
  };
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

for (const [name, method] of Object.entries(methods)) install(name, method as Method);
provideAssign(assign, assignAt);

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
