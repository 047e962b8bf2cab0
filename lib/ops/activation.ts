import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { activation } from './activation-op.js';
import { add, mul, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkNumber, checkOption, checkPositive, checkReal, checkTensor, floats, signed } from './checks.js';
import { gt, where } from './compare.js';
import { exp } from './math.js';
import { apply, applyReal, type Floating } from './operands.js';
import { erf } from './special.js';
import { likeOf } from './spec.js';

const reluOp = activation('relu', signed, {
  backward: 'reluBackward',
  // The output is positive where the input is, and whoever reads it next keeps it alive anyway.
  save: 'out',
  slope: (out) => cast(gt(out, 0), out.dtype),
});

/**
 * Rectified linear unit: out = max(x, 0).
 *
 * Shapes: any → the same. Dtypes: float and signed integer dtypes. NaN stays NaN; the gradient at 0 is 0.
 *
 * @throws MyelinError `DTYPE` for bool and uint8
 * @example
 * ```ts
 * import { relu, tensor } from 'myelin';
 * console.log(relu(tensor([-1, 2])).toArray()); // [ 0, 2 ]
 * ```
 */
export function relu<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  return apply(reluOp, x);
}

const sigmoidOp = activation('sigmoid', floats, {
  backward: 'sigmoidBackward',
  save: 'out',
  slope: (out) => mul(out, sub(1, out)),
});

/**
 * Logistic function: out = 1 / (1 + e⁻ˣ).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { sigmoid, tensor } from 'myelin';
 * console.log(sigmoid(tensor([0, -Infinity])).toArray()); // [ 0.5, 0 ]
 * ```
 */
export function sigmoid<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(sigmoidOp, x);
}

const tanhOp = activation('tanh', floats, {
  backward: 'tanhBackward',
  save: 'out',
  slope: (out) => sub(1, square(out)),
});

/**
 * Hyperbolic tangent: out = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { tanh, tensor } from 'myelin';
 * console.log(tanh(tensor([0, Infinity])).toArray()); // [ 0, 1 ]
 * ```
 */
export function tanh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(tanhOp, x);
}

const geluOp = activation('gelu', floats, {
  backward: 'geluBackward',
  save: 'x',
  slope: (x) => {
    const cdf = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return add(cdf, mul(x, density));
  },
});

// √(2/π) and 0.044715: the constants of the approximation, Hendrycks and Gimpel, section 2.
const geluScale = Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715;

const geluTanhOp = activation('geluTanh', floats, {
  backward: 'geluTanhBackward',
  save: 'x',
  slope: (x) => {
    const x2 = square(x);
    const t = tanh(mul(mul(x, add(mul(x2, geluCubic), 1)), geluScale));
    const slope = mul(add(mul(x2, 3 * geluCubic), 1), geluScale);
    const curve = mul(mul(x, sub(1, square(t))), slope);
    return mul(add(add(t, 1), curve), 0.5);
  },
});

/** Options of {@link gelu}. */
export interface GeluOptions {
  /** `'tanh'` replaces the error function by a hyperbolic tangent, as GPT-2 does; default `'none'`. */
  readonly approximate?: 'none' | 'tanh';
}

/**
 * Gaussian error linear unit: out = x · Φ(x), Φ the cumulative normal distribution.
 *
 * Approximated: out = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * Source: Hendrycks, Gimpel, "Gaussian error linear units", 2016, section 2.
 *
 * @throws MyelinError `VALUE` for an unknown approximation
 * @example
 * ```ts
 * import { gelu, tensor } from 'myelin';
 * console.log(gelu(tensor([0, 10]), { approximate: 'tanh' }).toArray()); // [ 0, 10 ]
 * ```
 */
export function gelu<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { approximate = 'none' }: GeluOptions = {},
): Tensor<Floating<D>, S> {
  checkOption('gelu', 'approximate', approximate, ['none', 'tanh']);
  return applyReal(approximate === 'tanh' ? geluTanhOp : geluOp, x);
}

const siluOp = activation('silu', floats, {
  backward: 'siluBackward',
  save: 'x',
  slope: (x) => {
    const s = sigmoid(x);
    return mul(s, add(mul(x, sub(1, s)), 1));
  },
});

/**
 * Sigmoid-weighted linear unit, also called swish: out = x / (1 + e⁻ˣ).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { silu, tensor } from 'myelin';
 * console.log(silu(tensor([0, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export function silu<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(siluOp, x);
}

const softplusOp = activation('softplus', floats, { backward: 'softplusBackward', save: 'x', slope: sigmoid });

/**
 * A smooth max(x, 0): out = ln(1 + eˣ).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { softplus, tensor } from 'myelin';
 * console.log(softplus(tensor([-Infinity, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export function softplus<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(softplusOp, x);
}

const leakyReluOp = defineOp({
  name: 'leakyRelu',
  inputs: ['x'],
  attrs: { negativeSlope: 'float' },
  save: ['x'],
  infer: ({ x }) => likeOf('leakyRelu', x, floats),
  grad: ({ x, dout, attrs }) => ({ x: where(gt(x, 0), dout, mul(dout, attrs.negativeSlope)) }),
});

/**
 * Rectifier that leaks: out = x for x > 0, negativeSlope · x otherwise.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.negativeSlope slope below 0; default 0.01
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { leakyRelu, tensor } from 'myelin';
 * console.log(leakyRelu(tensor([-8, 2]), { negativeSlope: 0.25 }).toArray()); // [ -2, 2 ]
 * ```
 */
export function leakyRelu<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  { negativeSlope = 0.01 }: { readonly negativeSlope?: number } = {},
): Tensor<D, S> {
  checkTensor('leakyRelu', 'x', x);
  checkNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return leakyReluOp({ x }, { negativeSlope }) as Tensor<D, S>;
}

const eluOp = defineOp({
  name: 'elu',
  inputs: ['x'],
  attrs: { alpha: 'float', inputScale: 'float' },
  save: ['x', 'out'],
  infer: ({ x }) => likeOf('elu', x, floats),
  grad: ({ x, out, dout, attrs: { alpha, inputScale } }) => ({
    x: where(gt(x, 0), dout, mul(dout, mul(add(out, alpha), inputScale))),
  }),
});

/**
 * Exponential linear unit: out = x for x > 0, alpha · (eˣ − 1) otherwise.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2015.
 *
 * @param options.alpha distance of the lower bound from 0; default 1
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { elu, tensor } from 'myelin';
 * console.log(elu(tensor([-Infinity, 2])).toArray()); // [ -1, 2 ]
 * ```
 */
export function elu<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  { alpha = 1 }: { readonly alpha?: number } = {},
): Tensor<D, S> {
  checkTensor('elu', 'x', x);
  checkNumber('elu', 'alpha', alpha);
  return eluOp({ x }, { alpha, inputScale: 1 }) as Tensor<D, S>;
}

/**
 * Exponential linear unit without a kink at 0: out = x for x > 0, alpha · (exp(x / alpha) − 1) otherwise.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Barron, "Continuously differentiable exponential linear units", 2017.
 *
 * @param options.alpha distance of the lower bound from 0; default 1
 * @throws MyelinError `VALUE` unless alpha is positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { celu, tensor } from 'myelin';
 * console.log(celu(tensor([-Infinity, 2]), { alpha: 0.5 }).toArray()); // [ -0.5, 2 ]
 * ```
 */
export function celu<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  { alpha = 1 }: { readonly alpha?: number } = {},
): Tensor<D, S> {
  checkReal('celu', 'x', x);
  checkPositive('celu', 'alpha', alpha);
  return eluOp({ x }, { alpha, inputScale: 1 / alpha }) as Tensor<D, S>;
}

// The fixed point of mean 0 and variance 1: Klambauer and others, equation 14.
const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/**
 * Self-normalizing linear unit: out = s · x for x > 0, s · α · (eˣ − 1) otherwise, s = 1.0507… and α = 1.6733….
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Klambauer and others, "Self-normalizing neural networks", 2017, equations 2 and 14.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { selu, tensor } from 'myelin';
 * console.log(selu(tensor([0, Infinity])).toArray()); // [ 0, Infinity ]
 * ```
 */
export function selu<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S>;
export function selu(x: Tensor<FloatDType>): Tensor {
  checkReal('selu', 'x', x);
  return scope(() => mul(elu(x, { alpha: seluAlpha }), seluScale));
}
