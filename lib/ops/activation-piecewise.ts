import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { activation } from './activation-op.js';
import { abs, add, div, mul, sub } from './arithmetic.js';
import { checkAtLeast, checkNumber, checkOneFloat, checkReal, floats } from './checks.js';
import { clamp } from './clamp.js';
import { ge, gt, le, lt, where } from './compare.js';
import { logicalAnd } from './logic.js';
import { applyReal, type Floating } from './operands.js';
import { reshape } from './reshape.js';
import { likeOf } from './spec.js';

// Activations that are pieces of straight lines, or nearly.

const hardtanhOp = defineOp({
  name: 'hardtanh',
  inputs: ['x'],
  attrs: { minVal: 'float', maxVal: 'float' },
  save: ['x'],
  infer: ({ x }) => likeOf('hardtanh', x, floats),
  grad: ({ x, dout, attrs }) => ({ x: where(logicalAnd(gt(x, attrs.minVal), lt(x, attrs.maxVal)), dout, 0) }),
});

/** Options of {@link hardtanh}. */
export interface HardtanhOptions {
  /** Least value; default −1. */
  readonly minVal?: number;
  /** Greatest value; default 1. */
  readonly maxVal?: number;
}

/**
 * A hyperbolic tangent of straight lines: out = min(max(x, minVal), maxVal). Unlike `clamp` it has no gradient on the
 * bounds.
 *
 * Shapes: any → the same. Dtypes: float dtypes. NaN stays NaN.
 *
 * @param options.minVal least value; default −1
 * @param options.maxVal greatest value; default 1
 * @throws MyelinError `VALUE` unless minVal < maxVal; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { hardtanh, tensor } from 'myelin';
 * console.log(hardtanh(tensor([-2, 0.5, 3])).toArray()); // [ -1, 0.5, 1 ]
 * ```
 */
export function hardtanh<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  { minVal = -1, maxVal = 1 }: HardtanhOptions = {},
): Tensor<D, S> {
  checkReal('hardtanh', 'x', x);
  checkNumber('hardtanh', 'minVal', minVal);
  checkNumber('hardtanh', 'maxVal', maxVal);
  if (!(minVal < maxVal)) fail('VALUE', 'hardtanh', `minVal is ${minVal}, maxVal is ${maxVal} (need minVal < maxVal)`);
  return hardtanhOp({ x }, { minVal, maxVal }) as Tensor<D, S>;
}

/**
 * Rectifier with a ceiling: out = min(max(x, 0), 6). The gradient at 0 and 6 is 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes. NaN stays NaN.
 *
 * Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { relu6, tensor } from 'myelin';
 * console.log(relu6(tensor([-1, 2, 8])).toArray()); // [ 0, 2, 6 ]
 * ```
 */
export function relu6<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
  checkReal('relu6', 'x', x);
  return hardtanhOp({ x }, { minVal: 0, maxVal: 6 }) as Tensor<D, S>;
}

/**
 * A logistic function of straight lines: out = min(max(x + 3, 0), 6) / 6.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Howard and others, "Searching for MobileNetV3", 2019, section 5.2.
 *
 * @throws MyelinError `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { hardsigmoid, tensor } from 'myelin';
 * console.log(hardsigmoid(tensor([-4, 0, 4])).toArray()); // [ 0, 0.5, 1 ]
 * ```
 */
export function hardsigmoid<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S>;
export function hardsigmoid(x: Tensor<FloatDType>): Tensor {
  checkReal('hardsigmoid', 'x', x);
  return scope(() => div(relu6(add(x, 3)), 6));
}

const hardswishOp = activation('hardswish', floats, {
  backward: 'hardswishBackward',
  save: 'x',
  slope: (x) => where(le(x, -3), 0, where(ge(x, 3), 1, add(div(x, 3), 0.5))),
});

/**
 * A `silu` of straight lines and a parabola: out = x · min(max(x + 3, 0), 6) / 6.
 *
 * Shapes: any → the same. Dtypes: float dtypes; others become float32.
 *
 * Source: Howard and others, "Searching for MobileNetV3", 2019, section 5.2.
 *
 * @example
 * ```ts
 * import { hardswish, tensor } from 'myelin';
 * console.log(hardswish(tensor([-4, 0, 4])).toArray()); // [ -0, 0, 4 ]
 * ```
 */
export function hardswish<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
  return applyReal(hardswishOp, x);
}

/** Options of {@link softshrink} and {@link hardshrink}. */
export interface ShrinkOptions {
  /** Half of the width of the part that becomes 0; default 0.5. */
  readonly lambd?: number;
}

/**
 * Moves every element toward 0 by lambd, small ones to 0: out = x − lambd above lambd, x + lambd below −lambd, otherwise 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes. NaN stays NaN.
 *
 * @param options.lambd default 0.5
 * @throws MyelinError `VALUE` when lambd is negative; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { softshrink, tensor } from 'myelin';
 * console.log(softshrink(tensor([-2, 0.25, 2])).toArray()); // [ -1.5, 0, 1.5 ]
 * ```
 */
export function softshrink<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  { lambd = 0.5 }: ShrinkOptions = {},
): Tensor<D, S> {
  checkReal('softshrink', 'x', x);
  checkAtLeast('softshrink', 'lambd', lambd, 0);
  return scope(() => sub(x, clamp(x, { min: -lambd, max: lambd })));
}

/**
 * Turns small elements into 0: out = x where |x| > lambd, otherwise 0.
 *
 * Shapes: any → the same. Dtypes: float dtypes. NaN stays NaN.
 *
 * @param options.lambd default 0.5
 * @throws MyelinError `VALUE` when lambd is negative; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { hardshrink, tensor } from 'myelin';
 * console.log(hardshrink(tensor([-2, 0.25, 2])).toArray()); // [ -2, 0, 2 ]
 * ```
 */
export function hardshrink<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: ShrinkOptions,
): Tensor<D, S>;
export function hardshrink(x: Tensor<FloatDType>, { lambd = 0.5 }: ShrinkOptions = {}): Tensor {
  checkReal('hardshrink', 'x', x);
  checkAtLeast('hardshrink', 'lambd', lambd, 0);
  return scope(() => where(le(abs(x), lambd), 0, x));
}

/**
 * Replaces what does not exceed a threshold: out = x where x > limit, otherwise value.
 *
 * Shapes: any → the same. Dtypes: float dtypes. NaN stays NaN.
 *
 * @param limit what elements must exceed to stay
 * @param value what the others become
 * @throws MyelinError `VALUE` when limit or value is no number; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tensor, threshold } from 'myelin';
 * console.log(threshold(tensor([-1, 0.5, 2]), 0.5, 20).toArray()); // [ 20, 20, 2 ]
 * ```
 */
export function threshold<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  limit: number,
  value: number,
): Tensor<D, S>;
export function threshold(x: Tensor<FloatDType>, limit: number, value: number): Tensor {
  checkReal('threshold', 'x', x);
  checkNumber('threshold', 'limit', limit);
  checkNumber('threshold', 'value', value);
  return scope(() => where(le(x, limit), value, x));
}

/**
 * Rectifier with a learned slope: out = x for x > 0, weight · x otherwise.
 *
 * Shapes: x any, weight [] or [1] for one slope, or [channels], one for each index of axis 1. Dtypes: float dtypes.
 *
 * Source: He and others, "Delving deep into rectifiers", 2015, section 2.1.
 *
 * @throws MyelinError `SHAPE` when weight has another shape; `DTYPE` for integers, bool and mixed dtypes
 * @example
 * ```ts
 * import { prelu, tensor } from 'myelin';
 * console.log(prelu(tensor([[-2, -2], [4, 4]]), tensor([0.5, 0.25])).toArray()); // [ [ -1, -0.5 ], [ 4, 4 ] ]
 * ```
 */
export function prelu<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, weight: Tensor<D>): Tensor<D, S>;
export function prelu(x: Tensor<FloatDType>, weight: Tensor<FloatDType>): Tensor {
  checkOneFloat('prelu', { x, weight });
  const channels = x.shape[1] ?? 1;
  if (weight.rank > 1 || (weight.size !== 1 && weight.size !== channels)) {
    fail('SHAPE', 'prelu', `x is ${describe(x)}, weight is ${describe(weight)} (need weight [1] or [${channels}])`);
  }
  return scope(() => {
    const after = new Array<number>(Math.max(x.rank - 2, 0)).fill(1);
    const slope = weight.size === 1 ? reshape(weight, []) : reshape(weight, [weight.size, ...after]);
    return where(gt(x, 0), x, mul(x, slope));
  });
}
