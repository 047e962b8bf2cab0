import type { DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, square, sub } from './arithmetic.js';
import { floats } from './checks.js';
import { rsqrt } from './math.js';
import { applyReal, type Floating } from './operands.js';
import { unaryOp } from './pointwise.js';

// x² − 1 is written as a product below: it loses nothing to cancellation near ±1.

const sinhOp = unaryOp('sinh', floats, { save: ['x'], grad: ({ x, dout }) => mul(dout, cosh(x)) });

/**
 * Hyperbolic sine: out = (eˣ − e⁻ˣ) / 2.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { sinh, tensor } from 'myelin';
 * console.log(sinh(tensor([0, -Infinity])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function sinh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(sinhOp, x);
}

const coshOp = unaryOp('cosh', floats, { save: ['x'], grad: ({ x, dout }) => mul(dout, sinh(x)) });

/**
 * Hyperbolic cosine: out = (eˣ + e⁻ˣ) / 2.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { cosh, tensor } from 'myelin';
 * console.log(cosh(tensor([0, -Infinity])).toArray()); // [ 1, Infinity ]
 * ```
 */
export function cosh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(coshOp, x);
}

const asinhOp = unaryOp('asinh', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, rsqrt(add(square(x), 1))),
});

/**
 * Inverse of the hyperbolic sine: out = ln(x + √(x² + 1)).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { asinh, tensor } from 'myelin';
 * console.log(asinh(tensor([0, Infinity])).toArray()); // [ 0, Infinity ]
 * ```
 */
export function asinh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(asinhOp, x);
}

const acoshOp = unaryOp('acosh', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, rsqrt(mul(sub(x, 1), add(x, 1)))),
});

/**
 * Inverse of the hyperbolic cosine: out = ln(x + √(x² − 1)). NaN below 1.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { acosh, tensor } from 'myelin';
 * console.log(acosh(tensor([1, 0])).toArray()); // [ 0, NaN ]
 * ```
 */
export function acosh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(acoshOp, x);
}

const atanhOp = unaryOp('atanh', floats, {
  save: ['x'],
  grad: ({ x, dout }) => div(dout, mul(sub(1, x), add(x, 1))),
});

/**
 * Inverse of the hyperbolic tangent: out = ln((1 + x) / (1 − x)) / 2. NaN outside [−1, 1].
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { atanh, tensor } from 'myelin';
 * console.log(atanh(tensor([0, 1])).toArray()); // [ 0, Infinity ]
 * ```
 */
export function atanh<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(atanhOp, x);
}
