import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sign, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkTensor, floats } from './checks.js';
import type { Floating } from './operands.js';
import { likeOf } from './spec.js';

// Modified Bessel functions of the first kind, of integer order: Iₙ′ = (Iₙ₋₁ + Iₙ₊₁) / 2 and I₋₁ = I₁, so that derivatives
// of every order are sums of them, without quotients that cancel at 0.

const besselOp = defineOp({
  name: 'besselI',
  inputs: ['x'],
  attrs: { n: 'int', scaled: 'bool' },
  save: ['x', 'out'],
  infer: ({ x }) => likeOf('besselI', x, floats),
  grad: ({ x, out, dout, attrs: { n, scaled } }) => {
    const slope = mul(add(bessel('besselI', x, Math.abs(n - 1), scaled), bessel('besselI', x, n + 1, scaled)), 0.5);
    return { x: mul(dout, scaled ? sub(slope, mul(sign(x), out)) : slope) };
  },
});

function bessel(op: string, x: Tensor, n: number, scaled: boolean): Tensor {
  checkTensor(op, 'x', x);
  if (isFloat(x.dtype)) return besselOp({ x }, { n, scaled });
  return scope(() => besselOp({ x: cast(x, 'float32') }, { n, scaled }));
}

/**
 * Modified Bessel function of the first kind, of order 0: out = 1/π ∫₀^π e^(x cos t) dt.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32. Float64 errors are below 16 ulp.
 *
 * Source: Abramowitz, Stegun, "Handbook of mathematical functions", 9.6.10 and 9.7.1.
 *
 * @example
 * ```ts
 * import { i0, tensor } from 'myelin';
 * console.log(i0(tensor([0, Infinity])).toArray()); // [ 1, Infinity ]
 * ```
 */
export function i0<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return bessel('i0', x, 0, false) as Tensor<Floating<D>, S>;
}

/**
 * {@link i0} without its growth: out = e^(−|x|) · I₀(x), which never overflows.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { i0e, tensor } from 'myelin';
 * console.log(i0e(tensor([0, Infinity])).toArray()); // [ 1, 0 ]
 * ```
 */
export function i0e<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return bessel('i0e', x, 0, true) as Tensor<Floating<D>, S>;
}

/**
 * Modified Bessel function of the first kind, of order 1, the derivative of {@link i0}: out = 1/π ∫₀^π e^(x cos t) cos t dt.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32. Float64 errors are below 16 ulp.
 *
 * Source: Abramowitz, Stegun, "Handbook of mathematical functions", 9.6.10 and 9.7.1.
 *
 * @example
 * ```ts
 * import { i1, tensor } from 'myelin';
 * console.log(i1(tensor([0, -Infinity])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function i1<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return bessel('i1', x, 1, false) as Tensor<Floating<D>, S>;
}

/**
 * {@link i1} without its growth: out = e^(−|x|) · I₁(x), which never overflows.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { i1e, tensor } from 'myelin';
 * console.log(i1e(tensor([0, Infinity])).toArray()); // [ 0, 0 ]
 * ```
 */
export function i1e<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return bessel('i1e', x, 1, true) as Tensor<Floating<D>, S>;
}
