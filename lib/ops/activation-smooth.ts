import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { activation } from './activation-op.js';
import { sigmoid, silu, softplus, tanh } from './activation.js';
import { abs, add, div, mul, neg, square, sub } from './arithmetic.js';
import { checkReal, floats } from './checks.js';
import { chunk } from './move.js';
import { applyReal, type Floating } from './operands.js';
import { unaryOp } from './pointwise.js';

const mishOp = activation('mish', floats, {
  backward: 'mishBackward',
  save: 'x',
  slope: (x) => {
    const gate = tanh(softplus(x));
    return add(gate, mul(mul(x, sigmoid(x)), sub(1, square(gate))));
  },
});

/**
 * A smooth rectifier that dips below 0: out = x · tanh(ln(1 + eˣ)).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * Source: Misra, "Mish: a self regularized non-monotonic activation function", 2019, section 3.
 *
 * @example
 * ```ts
 * import { mish, tensor } from 'myelin';
 * console.log(mish(tensor([0, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export function mish<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(mishOp, x);
}

const logSigmoidOp = unaryOp('logSigmoid', floats, {
  save: ['x'],
  grad: ({ x, dout }) => mul(dout, sigmoid(neg(x))),
});

/**
 * Logarithm of `sigmoid`, accurate where that would round to 0 or 1: out = −ln(1 + e⁻ˣ).
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * @example
 * ```ts
 * import { logSigmoid, tensor } from 'myelin';
 * console.log(logSigmoid(tensor([-1000, Infinity])).toArray()); // [ -1000, 0 ]
 * ```
 */
export function logSigmoid<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(logSigmoidOp, x);
}

/**
 * A hyperbolic tangent that nears its bounds slowly: out = x / (1 + |x|).
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { softsign, tensor } from 'myelin';
 * console.log(softsign(tensor([-1, 3])).toArray()); // [ -0.5, 0.75 ]
 * ```
 */
export function softsign<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S>;
export function softsign(x: Tensor<FloatDType>): Tensor {
  checkReal('softsign', 'x', x);
  return scope(() => div(x, add(abs(x), 1)));
}

/**
 * What the hyperbolic tangent takes away: out = x − tanh x.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tanhshrink, tensor } from 'myelin';
 * console.log(tanhshrink(tensor([0, 100])).toArray()); // [ 0, 99 ]
 * ```
 */
export function tanhshrink<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S>;
export function tanhshrink(x: Tensor<FloatDType>): Tensor {
  checkReal('tanhshrink', 'x', x);
  return scope(() => sub(x, tanh(x)));
}

/** Options of {@link glu} and {@link swiglu}. */
export interface GluOptions {
  /** Axis to halve; default −1, the last. */
  readonly axis?: number;
}

// What a function makes of the halves of a tensor.
function gated(
  op: string,
  x: Tensor<FloatDType>,
  { axis = -1 }: GluOptions,
  combine: (a: Tensor<FloatDType>, b: Tensor<FloatDType>) => Tensor,
): Tensor {
  checkReal(op, 'x', x);
  const along = normalizeAxis(op, axis, x.rank);
  if (x.shape[along]! % 2 !== 0) fail('SHAPE', op, `x is ${describe(x)} (need an even extent of axis ${along})`);
  return scope(() => {
    const [a, b] = chunk(x, 2, { axis: along });
    return combine(a!, b!);
  });
}

/**
 * Gated linear unit: out = a · sigmoid(b), a and b being the halves of x along an axis.
 *
 * Shapes: […, 2n, …] → […, n, …]. Dtypes: float dtypes.
 *
 * Source: Dauphin and others, "Language modeling with gated convolutional networks", 2016, section 2.
 *
 * @param options.axis axis to halve; default −1, the last
 * @throws MyelinError `SHAPE` when the extent of the axis is odd; `INDEX` when x has no such axis; `DTYPE` for integers
 * @example
 * ```ts
 * import { glu, tensor } from 'myelin';
 * console.log(glu(tensor([4, 6, 0, 100])).toArray()); // [ 2, 6 ]
 * ```
 */
export function glu<D extends FloatDType>(x: Tensor<D>, options?: GluOptions): Tensor<D>;
export function glu(x: Tensor<FloatDType>, options: GluOptions = {}): Tensor {
  return gated('glu', x, options, (a, b) => mul(a, sigmoid(b)));
}

/**
 * Gated linear unit whose gate is {@link silu}: out = silu(a) · b, a and b being the halves of x along an axis.
 *
 * Shapes: […, 2n, …] → […, n, …]. Dtypes: float dtypes.
 *
 * Source: Shazeer, "GLU variants improve transformer", 2020, equation 5.
 *
 * @param options.axis axis to halve; default −1, the last
 * @throws MyelinError `SHAPE` when the extent of the axis is odd; `INDEX` when x has no such axis; `DTYPE` for integers
 * @example
 * ```ts
 * import { swiglu, tensor } from 'myelin';
 * console.log(swiglu(tensor([100, 0, 2, 3])).toArray()); // [ 200, 0 ]
 * ```
 */
export function swiglu<D extends FloatDType>(x: Tensor<D>, options?: GluOptions): Tensor<D>;
export function swiglu(x: Tensor<FloatDType>, options: GluOptions = {}): Tensor {
  return gated('swiglu', x, options, (a, b) => mul(silu(a), b));
}
