import type { DType, FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import { relu, sigmoid, tanh } from './activation.js';
import { abs, sign, square } from './arithmetic.js';
import { clamp, nanToNum, type ClampOptions, type NanToNumOptions } from './clamp.js';
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolic.js';
import { logit, type LogitOptions } from './logarithms.js';
import { isfinite, isinf, isnan, isneginf, isposinf, signbit } from './logic.js';
import { cbrt, exp, exp2, expm1, log, log10, log1p, log2, reciprocal, rsqrt, sqrt } from './math.js';
import { install } from './methods.js';
import type { Floating } from './operands.js';
import { ceil, floor, frac, round, trunc, type RoundOptions } from './rounding.js';
import { digamma, erf, erfc, erfinv, lgamma } from './special.js';
import { acos, asin, atan, cos, sin, sinc, tan } from './trigonometry.js';

// Methods that compute every element from itself.

install({
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
  logit,
  abs,
  sign,
  square,
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
});

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
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
  }
}

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
