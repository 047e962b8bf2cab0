import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, maximum, minimum, mul, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkNumber, checkOption, checkTensor, floats, signed } from './checks.js';
import { ge, gt, le, where } from './compare.js';
import { logicalAnd } from './logic.js';
import { erf, exp } from './math.js';
import { apply, applyReal, type Floating } from './operands.js';
import { unaryOp, type UnaryOp } from './pointwise.js';
import { broadcast, likeOf } from './spec.js';

/** The gradient of an activation: `dout` times the slope, in one fused op. */
interface FusedGradient {
  /** Name of the fused op. */
  readonly backward: string;
  /** Whether the slope is told from the input or from the output. */
  readonly save: 'x' | 'out';
  readonly slope: (saved: Tensor) => Tensor;
}

function activation(name: string, dtypes: readonly DType[], { backward, save, slope }: FusedGradient): UnaryOp {
  const backwardOp = defineOp({
    name: backward,
    inputs: ['dout', 'saved'],
    attrs: {},
    save: [],
    infer: ({ dout, saved }) => {
      checkDTypeOf(backward, 'saved', saved, floats);
      return broadcast(backward, { saved, dout }, saved.dtype);
    },
    grad: { composed: ({ dout, saved }) => mul(dout, slope(saved)) },
  });
  return unaryOp(name, dtypes, {
    save: [save],
    grad: (context) => backwardOp({ dout: context.dout, saved: context[save] }),
  });
}

const reluOp = activation('relu', signed, {
  backward: 'reluBackward',
  // The output is positive where the input is, and whoever reads it next keeps it alive anyway.
  save: 'out',
  slope: (out) => cast(gt(out, 0), out.dtype),
});

/**
 * Rectified linear unit: out = max(x, 0).
 *
 * Shapes: any → the same. Dtypes: float32, float64, int32, int64. NaN stays NaN; the gradient at 0 is 0.
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
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
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
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
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
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
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
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
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
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
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
 * Shapes: any → the same. Dtypes: float32, float64.
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
  attrs: { alpha: 'float' },
  save: ['x', 'out'],
  infer: ({ x }) => likeOf('elu', x, floats),
  grad: ({ x, out, dout, attrs }) => ({ x: where(gt(x, 0), dout, mul(dout, add(out, attrs.alpha))) }),
});

/**
 * Exponential linear unit: out = x for x > 0, alpha · (eˣ − 1) otherwise.
 *
 * Shapes: any → the same. Dtypes: float32, float64.
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
  return eluOp({ x }, { alpha }) as Tensor<D, S>;
}

const clampOp = defineOp({
  name: 'clamp',
  inputs: ['x'],
  attrs: { min: 'float', max: 'float' },
  save: ['x'],
  infer: ({ x }) => likeOf('clamp', x, floats),
  grad: ({ x, dout, attrs }) => ({ x: where(logicalAnd(ge(x, attrs.min), le(x, attrs.max)), dout, 0) }),
});

/** Options of {@link clamp}; a side that is left out is open. */
export interface ClampOptions {
  /** Least value; default −∞. */
  readonly min?: number;
  /** Greatest value; default ∞. Wins when it is below `min`. */
  readonly max?: number;
}

/**
 * Moves every element into [min, max]: out = min(max(x, options.min), options.max).
 *
 * Shapes: any → the same. Dtypes: all but bool; integer tensors need integer bounds. NaN stays NaN; the gradient is 1 on
 * the bounds and 0 outside.
 *
 * @throws MyelinError `VALUE` for bounds that are no number
 * @example
 * ```ts
 * import { clamp, tensor } from 'myelin';
 * console.log(clamp(tensor([-2, 0.5, 7]), { min: 0, max: 1 }).toArray()); // [ 0, 0.5, 1 ]
 * ```
 */
export function clamp<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { min = -Infinity, max = Infinity }: ClampOptions = {},
): Tensor<D, S> {
  checkTensor('clamp', 'x', x);
  checkNumber('clamp', 'min', min);
  checkNumber('clamp', 'max', max);
  if (floats.includes(x.dtype)) return clampOp({ x }, { min, max }) as Tensor<D, S>;
  return scope(() => {
    const above: Tensor = min === -Infinity ? x : maximum(x, min);
    return max === Infinity ? above : minimum(above, max);
  }) as Tensor<D, S>;
}
