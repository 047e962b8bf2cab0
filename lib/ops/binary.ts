import { isFloat, type FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { add, div, mul, sign, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkNumber, checkReal, checkTensor, floats } from './checks.js';
import { eq, gt, lt, where } from './compare.js';
import { isnan, logicalOr } from './logic.js';
import { exp2 } from './math.js';
import { onBehalf } from './on-behalf.js';
import { combine, combineReal, operands, type Arithmetic, type Operand, type RealArithmetic } from './operands.js';
import { binaryOp } from './pointwise.js';

const hypotOp = binaryOp('hypot', floats, {
  save: ['a', 'b', 'out'],
  grad: ({ a, b, out, dout, needs }) => ({
    a: needs.a ? mul(dout, div(a, out)) : undefined,
    b: needs.b ? mul(dout, div(b, out)) : undefined,
  }),
});

/**
 * Length of the hypotenuse: out = √(a² + b²), without overflow on the way.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { hypot, tensor } from 'myelin';
 * console.log(hypot(tensor([3, 5]), tensor([4, 12])).toArray()); // [ 5, 13 ]
 * ```
 */
export function hypot<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function hypot(a: Operand, b: Operand): Tensor {
  return combineReal(hypotOp, a, b);
}

const copysignOp = binaryOp('copysign', floats, {
  save: ['a', 'b'],
  grad: ({ a, b, dout, needs }) => ({ a: needs.a ? mul(dout, mul(sign(a), copysign(1, b))) : undefined }),
});

/**
 * The magnitude of a with the sign of b, also that of −0: out = ±|a|. Its gradient in b is 0, as is that in a at 0.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { copysign, tensor } from 'myelin';
 * console.log(copysign(tensor([1, -2]), tensor([-0, 3])).toArray()); // [ -1, 2 ]
 * ```
 */
export function copysign<A extends Operand, B extends Operand>(a: A, b: B): RealArithmetic<A, B>;
export function copysign(a: Operand, b: Operand): Tensor {
  return combineReal(copysignOp, a, b);
}

const nextafterOp = binaryOp('nextafter', ['float32', 'float64']);

/**
 * The number next to a in the direction of b; a itself where both are equal. No gradient.
 *
 * Shapes: broadcast. Dtypes: float dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for other dtypes
 * @example
 * ```ts
 * import { nextafter, tensor } from 'myelin';
 * console.log(nextafter(tensor([1]), 2).sub(1).toArray()); // [ 1.1920928955078125e-7 ]
 * ```
 */
export function nextafter<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function nextafter(a: Operand, b: Operand): Tensor {
  return combine(nextafterOp, a, b);
}

// The side to take: the other where this one loses or is NaN.
function pick(a: Tensor, b: Tensor, loses: typeof lt | typeof gt): Tensor {
  const lost = loses(a, b);
  return where(isFloat(a.dtype) ? logicalOr(lost, isnan(a)) : lost, b, a);
}

/**
 * The larger of two, element by element, of which one may be NaN: then it is the other.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add`. Where both are equal a gets the gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { fmax, tensor } from 'myelin';
 * console.log(fmax(tensor([NaN, 2]), 1).toArray()); // [ 1, 2 ]
 * ```
 */
export function fmax<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function fmax(a: Operand, b: Operand): Tensor {
  return onBehalf('fmax', () => pick(...operands('fmax', a, b), lt));
}

/**
 * The smaller of two, element by element, of which one may be NaN: then it is the other.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add`. Where both are equal a gets the gradient.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { fmin, tensor } from 'myelin';
 * console.log(fmin(tensor([NaN, 2]), 1).toArray()); // [ 1, 1 ]
 * ```
 */
export function fmin<A extends Operand, B extends Operand>(a: A, b: B): Arithmetic<A, B>;
export function fmin(a: Operand, b: Operand): Tensor {
  return onBehalf('fmin', () => pick(...operands('fmin', a, b), gt));
}

/**
 * Step function: out = 0 for x < 0, values for x = 0, 1 for x > 0; 0 for NaN, as in PyTorch.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add`. A gradient flows to values only.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { heaviside, tensor } from 'myelin';
 * console.log(heaviside(tensor([-2, 0, 3]), 0.5).toArray()); // [ 0, 0.5, 1 ]
 * ```
 */
export function heaviside<A extends Operand, B extends Operand>(x: A, values: B): Arithmetic<A, B>;
export function heaviside(x: Operand, values: Operand): Tensor {
  return scope(() => {
    const [at, middle] = operands('heaviside', x, values);
    return where(eq(at, 0), middle, cast(gt(at, 0) as Tensor, at.dtype));
  });
}

/**
 * Product with a power of two: out = x · 2ⁿ.
 *
 * Shapes: broadcast. Dtypes: all; float ones are promoted as in `add`, integers give float32.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { ldexp, tensor } from 'myelin';
 * console.log(ldexp(tensor([1, 1.5]), tensor([3, -1])).toArray()); // [ 8, 0.75 ]
 * ```
 */
export function ldexp<A extends Operand, B extends Operand>(x: A, exponent: B): RealArithmetic<A, B>;
export function ldexp(x: Operand, exponent: Operand): Tensor {
  return scope(() => {
    const [mantissa, power] = operands('ldexp', x, exponent);
    return mul(isFloat(mantissa.dtype) ? mantissa : cast(mantissa, 'float32'), exp2(power));
  });
}

/**
 * Linear interpolation: out = a + weight · (b − a), exactly a for weight 0 and b for weight 1.
 *
 * Shapes: broadcast. Dtypes: float dtypes, promoted as in `add`.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { lerp, tensor } from 'myelin';
 * console.log(lerp(tensor([0, 10]), tensor([4, 20]), 0.25).toArray()); // [ 1, 12.5 ]
 * ```
 */
export function lerp<A extends Tensor<FloatDType>, B extends Tensor<FloatDType>, W extends Operand>(
  a: A,
  b: B,
  weight: W,
): Arithmetic<A, B>;
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  checkReal('lerp', 'a', a);
  checkReal('lerp', 'b', b);
  if (!(weight instanceof Tensor)) checkNumber('lerp', 'weight', weight);
  return scope(() => {
    const apart = sub(b, a);
    const rest: Operand = typeof weight === 'number' ? 1 - weight : sub(1, weight);
    const fromA = (): Tensor => add(a, mul(apart, weight));
    const fromB = (): Tensor => sub(b, mul(apart, rest));
    if (typeof weight === 'number') return weight < 0.5 ? fromA() : fromB();
    return where(lt(weight, 0.5), fromA(), fromB());
  });
}

/** Options of {@link addcmul} and {@link addcdiv}. */
export interface FactorOptions {
  /** Factor of the product or quotient; default 1. */
  readonly value?: number;
}

function addScaled(op: string, x: Tensor, term: () => Tensor, value: number): Tensor {
  checkTensor(op, 'x', x);
  checkNumber(op, 'value', value);
  return scope(() => add(x, value === 1 ? term() : mul(term(), value)));
}

/** Result of adding to X what arithmetic makes of A and B. */
export type Sum<X extends Tensor, R> = R extends Tensor ? Arithmetic<X, R> : never;

/**
 * Adds a scaled product: out = x + value · a · b.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add`.
 *
 * @param options.value default 1
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` when value is no number
 * @example
 * ```ts
 * import { addcmul, tensor } from 'myelin';
 * console.log(addcmul(tensor([1, 1]), tensor([2, 3]), tensor([4, 5]), { value: 10 }).toArray()); // [ 81, 151 ]
 * ```
 */
export function addcmul<X extends Tensor, A extends Tensor, B extends Tensor>(
  x: X,
  a: A,
  b: B,
  options?: FactorOptions,
): Sum<X, Arithmetic<A, B>>;
export function addcmul(x: Tensor, a: Tensor, b: Tensor, { value = 1 }: FactorOptions = {}): Tensor {
  return addScaled('addcmul', x, () => mul(a, b), value);
}

/**
 * Adds a scaled quotient: out = x + value · a / b.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add`; the quotient of integers is float32.
 *
 * @param options.value default 1
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` when value is no number
 * @example
 * ```ts
 * import { addcdiv, tensor } from 'myelin';
 * console.log(addcdiv(tensor([1, 1]), tensor([6, 8]), tensor([3, 4]), { value: 10 }).toArray()); // [ 21, 21 ]
 * ```
 */
export function addcdiv<X extends Tensor, A extends Tensor, B extends Tensor>(
  x: X,
  a: A,
  b: B,
  options?: FactorOptions,
): Sum<X, RealArithmetic<A, B>>;
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, { value = 1 }: FactorOptions = {}): Tensor {
  return addScaled('addcdiv', x, () => div(a, b), value);
}
