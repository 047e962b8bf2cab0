import type { DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, neg, square, sub } from './arithmetic.js';
import { checkTensor, floats } from './checks.js';
import { eq, where } from './compare.js';
import { rsqrt } from './math.js';
import { applyReal, combineReal, type Floating, type Operand, type RealArithmetic } from './operands.js';
import { binaryOp, unaryOp } from './pointwise.js';

// 1 − x², which as a product loses nothing to cancellation near ±1.
const oneMinusSquare = (x: Tensor): Tensor => mul(sub(1, x), add(x, 1));

const sinOp = unaryOp('sin', floats, { save: ['x'], grad: ({ x, dout }) => mul(dout, cos(x)) });

/**
 * Sine: out = sin x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { sin, tensor } from 'myelin';
 * console.log(sin(tensor([0])).toArray()); // [ 0 ]
 * ```
 */
export function sin<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(sinOp, x);
}

const cosOp = unaryOp('cos', floats, { save: ['x'], grad: ({ x, dout }) => neg(mul(dout, sin(x))) });

/**
 * Cosine: out = cos x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { cos, tensor } from 'myelin';
 * console.log(cos(tensor([0])).toArray()); // [ 1 ]
 * ```
 */
export function cos<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(cosOp, x);
}

const tanOp = unaryOp('tan', floats, { save: ['out'], grad: ({ out, dout }) => mul(dout, add(square(out), 1)) });

/**
 * Tangent: out = tan x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { tan, tensor } from 'myelin';
 * console.log(tan(tensor([0])).toArray()); // [ 0 ]
 * ```
 */
export function tan<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(tanOp, x);
}

const asinOp = unaryOp('asin', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, rsqrt(oneMinusSquare(x))),
});

/**
 * Arc sine: the angle in [−π/2, π/2] whose sine is x. NaN outside [−1, 1].
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { asin, tensor } from 'myelin';
 * console.log(asin(tensor([0, 2])).toArray()); // [ 0, NaN ]
 * ```
 */
export function asin<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(asinOp, x);
}

const acosOp = unaryOp('acos', floats, {
  save: ['x'],
  grad: ({ x, dout }) => neg(mul(dout, rsqrt(oneMinusSquare(x)))),
});

/**
 * Arc cosine: the angle in [0, π] whose cosine is x. NaN outside [−1, 1].
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { acos, tensor } from 'myelin';
 * console.log(acos(tensor([1, 2])).toArray()); // [ 0, NaN ]
 * ```
 */
export function acos<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(acosOp, x);
}

const atanOp = unaryOp('atan', floats, {
  save: ['x'],
  grad: ({ x, dout }) => div(dout, add(square(x), 1)),
});

/**
 * Arc tangent: the angle in [−π/2, π/2] whose tangent is x.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { atan, tensor } from 'myelin';
 * console.log(atan(tensor([0])).toArray()); // [ 0 ]
 * ```
 */
export function atan<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(atanOp, x);
}

const atan2Op = binaryOp('atan2', floats, {
  save: ['a', 'b'],
  grad: ({ a, b, dout, needs }) => {
    const share = div(dout, add(square(a), square(b)));
    return { a: needs.a ? mul(share, b) : undefined, b: needs.b ? neg(mul(share, a)) : undefined };
  },
});

/**
 * The angle of the point (x, y) seen from the origin, in [−π, π]: arc tangent of y / x in the right quadrant.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { atan2, tensor } from 'myelin';
 * console.log(atan2(tensor([0, 1]), tensor([1, 0])).toArray()); // [ 0, 1.5707963705062866 ]
 * ```
 */
export function atan2<A extends Operand, B extends Operand>(y: A, x: B): RealArithmetic<A, B>;
export function atan2(y: Operand, x: Operand): Tensor {
  return combineReal(atan2Op, y, x);
}

/**
 * Sinus cardinalis: out = sin(πx) / (πx), and 1 at 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { sinc, tensor } from 'myelin';
 * console.log(sinc(tensor([0, 0.5])).mul(Math.PI).toArray()); // [ 3.1415927410125732, 2 ]
 * ```
 */
export function sinc<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  checkTensor('sinc', 'x', x);
  return scope(() => {
    const angle: Tensor = mul(x, Math.PI);
    const zero = eq(angle, 0);
    return where(zero, 1, div(sin(angle), where(zero, 1, angle)));
  }) as Tensor<Floating<D>, S>;
}

/**
 * Degrees as radians: out = x · π/180.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { deg2rad, tensor } from 'myelin';
 * console.log(deg2rad(tensor([0, 180], { dtype: 'float64' })).toArray()); // [ 0, 3.141592653589793 ]
 * ```
 */
export function deg2rad<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S>;
export function deg2rad(x: Tensor): Tensor {
  checkTensor('deg2rad', 'x', x);
  return mul(x, Math.PI / 180);
}

/**
 * Radians as degrees: out = x · 180/π.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { rad2deg, tensor } from 'myelin';
 * console.log(rad2deg(tensor([0, Math.PI])).toArray()); // [ 0, 180 ]
 * ```
 */
export function rad2deg<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S>;
export function rad2deg(x: Tensor): Tensor {
  checkTensor('rad2deg', 'x', x);
  return mul(x, 180 / Math.PI);
}
