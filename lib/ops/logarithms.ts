import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { sigmoid } from './activation.js';
import { div, mul, neg, sub } from './arithmetic.js';
import { checkFraction, checkReal, floats } from './checks.js';
import { clamp } from './clamp.js';
import { eq, le, where } from './compare.js';
import { logicalAnd } from './logic.js';
import { log } from './math.js';
import { combineReal, type Operand, type RealArithmetic } from './operands.js';
import { binaryOp } from './pointwise.js';

// Functions that stay accurate or finite where their formulas, spelled out, would not.

/** The op log_base(baseᵃ + baseᵇ), given the natural logarithm of the base. */
function logOfSum(name: string, logBase: number) {
  return binaryOp(name, floats, {
    save: ['a', 'b'],
    grad: ({ a, b, dout, needs }) => {
      const share = mul(sub(a, b), logBase);
      return {
        a: needs.a ? mul(dout, sigmoid(share)) : undefined,
        b: needs.b ? mul(dout, sigmoid(neg(share))) : undefined,
      };
    },
  });
}

const logAddExpOp = logOfSum('logAddExp', 1);

/**
 * Logarithm of the sum of exponentials: out = ln(eᵃ + eᵇ), without overflow.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { logAddExp, tensor } from 'myelin';
 * console.log(logAddExp(tensor([1000]), tensor([-1000])).toArray()); // [ 1000 ]
 * ```
 */
export function logAddExp<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function logAddExp(a: Operand, b: Operand): Tensor {
  return combineReal(logAddExpOp, a, b);
}

const logAddExp2Op = logOfSum('logAddExp2', Math.LN2);

/**
 * Binary logarithm of the sum of powers of two: out = log₂(2ᵃ + 2ᵇ), without overflow.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { logAddExp2, tensor } from 'myelin';
 * console.log(logAddExp2(tensor([1000]), tensor([1000])).toArray()); // [ 1001 ]
 * ```
 */
export function logAddExp2<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function logAddExp2(a: Operand, b: Operand): Tensor {
  return combineReal(logAddExp2Op, a, b);
}

const xlogyOp = binaryOp('xlogy', floats, {
  save: ['a', 'b'],
  grad: ({ a, b, dout, needs }) => ({
    // 0 log b is 0 up to b = 0, and there the product stays 0 whatever its first factor tends to.
    a: needs.a ? where(logicalAnd(eq(a, 0), le(b, 0)), 0, xlogy(dout, b)) : undefined,
    b: needs.b ? mul(dout, div(a, b)) : undefined,
  }),
});

/**
 * Product with a logarithm: out = a · ln b, and 0 where a is 0, unless b is NaN.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { tensor, xlogy } from 'myelin';
 * console.log(xlogy(tensor([0, 2]), tensor([0, 1])).toArray()); // [ 0, 0 ]
 * ```
 */
export function xlogy<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function xlogy(a: Operand, b: Operand): Tensor {
  return combineReal(xlogyOp, a, b);
}

/** Options of {@link logit}. */
export interface LogitOptions {
  /** Distance from 0 and 1 that x is kept at; by default it is taken as it is. */
  readonly eps?: number;
}

/**
 * Logarithm of the odds, the inverse of `sigmoid`: out = ln(x / (1 − x)). ±∞ at 0 and 1, NaN beyond.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.eps x is first clamped to [eps, 1 − eps]; by default it is not
 * @throws MyelinError `VALUE` when eps is outside [0, 1]; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { logit, tensor } from 'myelin';
 * console.log(logit(tensor([0, 0.5, 1])).toArray()); // [ -Infinity, 0, Infinity ]
 * ```
 */
export function logit<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, options?: LogitOptions): Tensor<D, S>;
export function logit(x: Tensor, { eps }: LogitOptions = {}): Tensor {
  checkReal('logit', 'x', x);
  if (eps !== undefined) checkFraction('logit', 'eps', eps);
  return scope(() => {
    const p: Tensor = eps === undefined ? x : clamp(x, { min: eps, max: 1 - eps });
    return log(div(p, sub(1, p)));
  });
}
