import type { DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, neg, square } from './arithmetic.js';
import { floats } from './checks.js';
import { applyReal, type Floating } from './operands.js';
import { unaryOp } from './pointwise.js';

const sqrtOp = unaryOp('sqrt', floats, { save: ['out'], grad: ({ out, dout }) => div(dout, mul(out, 2)) });

/**
 * Square root: out = √x. NaN below 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { sqrt, tensor } from 'myelin';
 * console.log(sqrt(tensor([4, 9])).toArray()); // [ 2, 3 ]
 * ```
 */
export function sqrt<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(sqrtOp, x);
}

const rsqrtOp = unaryOp('rsqrt', floats, {
  save: ['out'],
  grad: ({ out, dout }) => mul(dout, mul(mul(square(out), out), -0.5)),
});

/**
 * Inverse of the square root: out = 1/√x.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { rsqrt, tensor } from 'myelin';
 * console.log(rsqrt(tensor([4, 16])).toArray()); // [ 0.5, 0.25 ]
 * ```
 */
export function rsqrt<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(rsqrtOp, x);
}

const reciprocalOp = unaryOp('reciprocal', floats, {
  save: ['out'],
  grad: ({ out, dout }) => neg(mul(dout, square(out))),
});

/**
 * Inverse: out = 1/x.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { reciprocal, tensor } from 'myelin';
 * console.log(reciprocal(tensor([2, 4])).toArray()); // [ 0.5, 0.25 ]
 * ```
 */
export function reciprocal<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(reciprocalOp, x);
}

const expOp = unaryOp('exp', floats, { save: ['out'], grad: ({ out, dout }) => mul(dout, out) });

/**
 * Exponential: out = eˣ.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { exp, tensor } from 'myelin';
 * console.log(exp(tensor([0, -Infinity])).toArray()); // [ 1, 0 ]
 * ```
 */
export function exp<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(expOp, x);
}

const exp2Op = unaryOp('exp2', floats, {
  save: ['out'],
  grad: ({ out, dout }) => mul(dout, mul(out, Math.LN2)),
});

/**
 * Power of two: out = 2ˣ.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { exp2, tensor } from 'myelin';
 * console.log(exp2(tensor([3, -1])).toArray()); // [ 8, 0.5 ]
 * ```
 */
export function exp2<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(exp2Op, x);
}

const expm1Op = unaryOp('expm1', floats, { save: ['out'], grad: ({ out, dout }) => mul(dout, add(out, 1)) });

/**
 * Exponential minus one, exact near 0: out = eˣ − 1.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { expm1, tensor } from 'myelin';
 * console.log(expm1(tensor([0, -Infinity])).toArray()); // [ 0, -1 ]
 * ```
 */
export function expm1<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(expm1Op, x);
}

const logOp = unaryOp('log', floats, { save: ['x'], grad: ({ x, dout }) => div(dout, x) });

/**
 * Natural logarithm: out = ln x. NaN below 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { log, tensor } from 'myelin';
 * console.log(log(tensor([1, 0])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function log<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(logOp, x);
}

const log1pOp = unaryOp('log1p', floats, { save: ['x'], grad: ({ x, dout }) => div(dout, add(x, 1)) });

/**
 * Natural logarithm of one plus x, exact near 0: out = ln(1 + x).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { log1p, tensor } from 'myelin';
 * console.log(log1p(tensor([0, -1])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function log1p<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(log1pOp, x);
}

const log2Op = unaryOp('log2', floats, { save: ['x'], grad: ({ x, dout }) => div(dout, mul(x, Math.LN2)) });

/**
 * Binary logarithm: out = log₂ x.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { log2, tensor } from 'myelin';
 * console.log(log2(tensor([1, 8])).toArray()); // [ 0, 3 ]
 * ```
 */
export function log2<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(log2Op, x);
}

const log10Op = unaryOp('log10', floats, { save: ['x'], grad: ({ x, dout }) => div(dout, mul(x, Math.LN10)) });

/**
 * Decimal logarithm: out = log₁₀ x. NaN below 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { log10, tensor } from 'myelin';
 * console.log(log10(tensor([1, 1000])).toArray()); // [ 0, 3 ]
 * ```
 */
export function log10<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(log10Op, x);
}

const cbrtOp = unaryOp('cbrt', floats, {
  save: ['out'],
  grad: ({ out, dout }) => div(dout, mul(square(out), 3)),
});

/**
 * Cube root: out = ∛x, negative for negative x. Its gradient at 0 is infinite.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { cbrt, tensor } from 'myelin';
 * console.log(cbrt(tensor([8, -27])).toArray()); // [ 2, -3 ]
 * ```
 */
export function cbrt<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(cbrtOp, x);
}
