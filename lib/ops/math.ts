import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, cast, div, mul, neg } from './elementwise.js';
import { square } from './rounding.js';
import { checkDTypeOf, checkTensor, floats, like, type Floating } from './support.js';

function realLike(op: string, x: Tensor): TensorSpec {
  checkDTypeOf(op, 'x', x, floats);
  return like(x);
}

/** Runs an op on real numbers; integers and bools become float32 first. */
export function applyReal(name: string, op: (inputs: { x: Tensor }) => Tensor, x: Tensor): Tensor {
  checkTensor(name, 'x', x);
  return isFloat(x.dtype) ? op({ x }) : scope(() => op({ x: cast(x, 'float32') }));
}

const sqrtOp = defineOp({
  name: 'sqrt',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('sqrt', x),
  grad: ({ out, dout }) => ({ x: div(dout, mul(out, 2)) }),
});

/**
 * Square root: out = √x. NaN below 0.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { sqrt, tensor } from 'myelin';
 * console.log(sqrt(tensor([4, 9])).toArray()); // [ 2, 3 ]
 * ```
 */
export function sqrt<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('sqrt', sqrtOp, x) as Tensor<Floating<D>, S>;
}

const rsqrtOp = defineOp({
  name: 'rsqrt',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('rsqrt', x),
  grad: ({ out, dout }) => ({ x: mul(dout, mul(mul(square(out), out), -0.5)) }),
});

/**
 * Inverse of the square root: out = 1/√x.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { rsqrt, tensor } from 'myelin';
 * console.log(rsqrt(tensor([4, 16])).toArray()); // [ 0.5, 0.25 ]
 * ```
 */
export function rsqrt<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('rsqrt', rsqrtOp, x) as Tensor<Floating<D>, S>;
}

const reciprocalOp = defineOp({
  name: 'reciprocal',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('reciprocal', x),
  grad: ({ out, dout }) => ({ x: neg(mul(dout, square(out))) }),
});

/**
 * Inverse: out = 1/x.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { reciprocal, tensor } from 'myelin';
 * console.log(reciprocal(tensor([2, 4])).toArray()); // [ 0.5, 0.25 ]
 * ```
 */
export function reciprocal<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('reciprocal', reciprocalOp, x) as Tensor<Floating<D>, S>;
}

const expOp = defineOp({
  name: 'exp',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('exp', x),
  grad: ({ out, dout }) => ({ x: mul(dout, out) }),
});

/**
 * Exponential: out = eˣ.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { exp, tensor } from 'myelin';
 * console.log(exp(tensor([0, -Infinity])).toArray()); // [ 1, 0 ]
 * ```
 */
export function exp<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('exp', expOp, x) as Tensor<Floating<D>, S>;
}

const expm1Op = defineOp({
  name: 'expm1',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('expm1', x),
  grad: ({ out, dout }) => ({ x: mul(dout, add(out, 1)) }),
});

/**
 * Exponential minus one, exact near 0: out = eˣ − 1.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { expm1, tensor } from 'myelin';
 * console.log(expm1(tensor([0, -Infinity])).toArray()); // [ 0, -1 ]
 * ```
 */
export function expm1<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('expm1', expm1Op, x) as Tensor<Floating<D>, S>;
}

const logOp = defineOp({
  name: 'log',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('log', x),
  grad: ({ x, dout }) => ({ x: div(dout, x) }),
});

/**
 * Natural logarithm: out = ln x. NaN below 0.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { log, tensor } from 'myelin';
 * console.log(log(tensor([1, 0])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function log<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('log', logOp, x) as Tensor<Floating<D>, S>;
}

const log1pOp = defineOp({
  name: 'log1p',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('log1p', x),
  grad: ({ x, dout }) => ({ x: div(dout, add(x, 1)) }),
});

/**
 * Natural logarithm of one plus x, exact near 0: out = ln(1 + x).
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { log1p, tensor } from 'myelin';
 * console.log(log1p(tensor([0, -1])).toArray()); // [ 0, -Infinity ]
 * ```
 */
export function log1p<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('log1p', log1pOp, x) as Tensor<Floating<D>, S>;
}

const log2Op = defineOp({
  name: 'log2',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('log2', x),
  grad: ({ x, dout }) => ({ x: div(dout, mul(x, Math.LN2)) }),
});

/**
 * Binary logarithm: out = log₂ x.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { log2, tensor } from 'myelin';
 * console.log(log2(tensor([1, 8])).toArray()); // [ 0, 3 ]
 * ```
 */
export function log2<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('log2', log2Op, x) as Tensor<Floating<D>, S>;
}

const sinOp = defineOp({
  name: 'sin',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('sin', x),
  grad: ({ x, dout }) => ({ x: mul(dout, cos(x)) }),
});

/**
 * Sine: out = sin x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { sin, tensor } from 'myelin';
 * console.log(sin(tensor([0])).toArray()); // [ 0 ]
 * ```
 */
export function sin<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('sin', sinOp, x) as Tensor<Floating<D>, S>;
}

const cosOp = defineOp({
  name: 'cos',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('cos', x),
  grad: ({ x, dout }) => ({ x: neg(mul(dout, sin(x))) }),
});

/**
 * Cosine: out = cos x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { cos, tensor } from 'myelin';
 * console.log(cos(tensor([0])).toArray()); // [ 1 ]
 * ```
 */
export function cos<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('cos', cosOp, x) as Tensor<Floating<D>, S>;
}

const tanOp = defineOp({
  name: 'tan',
  inputs: ['x'],
  attrs: {},
  save: ['out'],
  infer: ({ x }) => realLike('tan', x),
  grad: ({ out, dout }) => ({ x: mul(dout, add(square(out), 1)) }),
});

/**
 * Tangent: out = tan x, x in radians.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { tan, tensor } from 'myelin';
 * console.log(tan(tensor([0])).toArray()); // [ 0 ]
 * ```
 */
export function tan<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('tan', tanOp, x) as Tensor<Floating<D>, S>;
}

const erfOp = defineOp({
  name: 'erf',
  inputs: ['x'],
  attrs: {},
  save: ['x'],
  infer: ({ x }) => realLike('erf', x),
  grad: ({ x, dout }) => ({ x: mul(dout, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))) }),
});

/**
 * Error function: out = 2/√π ∫₀ˣ e^(−t²) dt.
 *
 * Shapes: any → the same. Dtypes: float32, float64; others become float32.
 *
 * @example
 * ```ts
 * import { erf, tensor } from 'myelin';
 * console.log(erf(tensor([0, Infinity])).toArray()); // [ 0, 1 ]
 * ```
 */
export function erf<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal('erf', erfOp, x) as Tensor<Floating<D>, S>;
}
