import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, neg, square } from './arithmetic.js';
import { cast } from './cast.js';
import { checkTensor, checkWithin, floats } from './checks.js';
import { exp } from './math.js';
import { applyReal, type Floating } from './operands.js';
import { unaryOp } from './pointwise.js';
import { likeOf } from './spec.js';

const erfOp = unaryOp('erf', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
});

/**
 * Error function: out = 2/√π ∫₀ˣ e^(−t²) dt.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { erf, tensor } from 'myelin';
 * console.log(erf(tensor([0, Infinity])).toArray()); // [ 0, 1 ]
 * ```
 */
export function erf<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(erfOp, x);
}

const erfcOp = unaryOp('erfc', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, mul(exp(neg(square(x))), -2 / Math.sqrt(Math.PI))),
});

/**
 * Complement of the error function: out = 1 − erf x, accurate where that is small.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { erfc, tensor } from 'myelin';
 * console.log(erfc(tensor([0, Infinity])).toArray()); // [ 1, 0 ]
 * ```
 */
export function erfc<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(erfcOp, x);
}

const erfinvOp = unaryOp('erfinv', floats, {
  save: ['out'],
  grad: ({ out, dout }) => mul(dout, mul(exp(square(out)), Math.sqrt(Math.PI) / 2)),
});

/**
 * Inverse of the error function: the number whose `erf` is x. ±∞ at ±1, NaN beyond.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { erfinv, tensor } from 'myelin';
 * console.log(erfinv(tensor([0, 1, 2])).toArray()); // [ 0, Infinity, NaN ]
 * ```
 */
export function erfinv<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(erfinvOp, x);
}

const lgammaOp = unaryOp('lgamma', floats, { save: ['x'], grad: ({ x, dout }) => mul(dout, digamma(x)) });

/**
 * Logarithm of the absolute value of the gamma function: out = ln |Γ(x)|. ∞ at 0 and the negative integers.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { lgamma, tensor } from 'myelin';
 * console.log(lgamma(tensor([1, 2, 0])).toArray()); // [ 0, 0, Infinity ]
 * ```
 */
export function lgamma<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(lgammaOp, x);
}

const digammaOp = unaryOp('digamma', floats, { save: ['x'], grad: ({ x, dout }) => mul(dout, polygamma(1, x)) });

/**
 * Derivative of `lgamma`: out = Γ′(x) / Γ(x). NaN at the negative integers; −∞ at 0, and ∞ at −0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * Close to its zeros, of which 1.4616… is the only positive one, the absolute error is 10⁻¹⁵.
 *
 * Source: Abramowitz, Stegun, "Handbook of mathematical functions", 6.3.5, 6.3.7 and 6.3.18.
 *
 * @example
 * ```ts
 * import { digamma, tensor } from 'myelin';
 * console.log(digamma(tensor([0, Infinity])).toArray()); // [ -Infinity, Infinity ]
 * ```
 */
export function digamma<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(digammaOp, x);
}

const polygammaOp = defineOp({
  name: 'polygamma',
  inputs: ['x'],
  attrs: { n: 'int' },
  save: ['x'],
  infer: ({ x }) => likeOf('polygamma', x, floats),
  grad: ({ x, dout, attrs }) => ({ x: mul(dout, polygamma(attrs.n + 1, x)) }),
});

// Beyond, every value overflows or underflows unless x is about as large as n.
const greatestOrder = 1000;

/**
 * The n-th derivative of {@link digamma}: out = ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! Σₖ (x + k)⁻⁽ⁿ⁺¹⁾ over k ≥ 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32. At 0 and the negative integers ∞ for odd n, −∞ for
 * even n.
 *
 * Float64 errors are a few ulp for small n and below 100 for all, except that terms below zero may cancel.
 *
 * Source: Abramowitz, Stegun, "Handbook of mathematical functions", 6.4.10 and 23.1.30.
 *
 * @param n which derivative: an integer from 0, {@link digamma} itself, to 1000
 * @throws MyelinError `VALUE` for any other n
 * @example
 * ```ts
 * import { polygamma, tensor } from 'myelin';
 * console.log(polygamma(1, tensor(1, { dtype: 'float64' })).sub(Math.PI ** 2 / 6).item() < 1e-15); // true
 * ```
 */
export function polygamma<D extends DType, S extends Shape>(n: number, x: Tensor<D, S>): Tensor<Floating<D>, S>;
export function polygamma(n: number, x: Tensor): Tensor {
  checkTensor('polygamma', 'x', x);
  checkWithin('polygamma', 'n', n, 0, greatestOrder);
  return isFloat(x.dtype) ? polygammaOp({ x }, { n }) : scope(() => polygammaOp({ x: cast(x, 'float32') }, { n }));
}
