import { isFloat } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, add, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkAtLeast, checkTensor } from './checks.js';
import { eq, le, type Comparison } from './compare.js';
import { isfinite, isnan, logicalAnd, logicalOr } from './logic.js';
import { operands, type Operand } from './operands.js';
import { all } from './reduce.js';

/** Options of {@link isclose} and {@link allclose}. */
export interface ClosenessOptions {
  /** Share of |b| that a may be away; default 10⁻⁵. */
  readonly rtol?: number;
  /** Distance that a may be away on top of that; default 10⁻⁸. */
  readonly atol?: number;
  /** Whether NaN is close to NaN; default `false`. */
  readonly equalNan?: boolean;
}

function close(op: string, a: Operand, b: Operand, options: ClosenessOptions): Tensor<'bool'> {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  checkAtLeast(op, 'rtol', rtol, 0);
  checkAtLeast(op, 'atol', atol, 0);
  return scope(() => {
    const [x, y] = operands(op, a, b).map((side) => (isFloat(side.dtype) ? side : cast(side, 'float64'))) as [
      Tensor,
      Tensor,
    ];
    const apart = abs(sub(x, y));
    const near = logicalAnd(isfinite(apart), le(apart, add(mul(abs(y), rtol), atol)));
    // Infinities of one sign are equal, and their difference is NaN.
    const same = logicalOr(eq(x, y), near);
    return equalNan ? logicalOr(same, logicalAnd(isnan(x), isnan(y))) : same;
  });
}

/**
 * Whether elements are about equal: |a − b| ≤ atol + rtol · |b|, or both are the same infinity.
 *
 * Shapes: broadcast. Dtypes: all, promoted as in `add` → bool; integers are compared as float64. No gradient.
 *
 * @param options.rtol share of |b| that a may be away; default 1e-5
 * @param options.atol distance that a may be away on top of that; default 1e-8
 * @param options.equalNan whether NaN is close to NaN; default `false`
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for negative tolerances
 * @example
 * ```ts
 * import { isclose, tensor } from 'myelin';
 * console.log(isclose(tensor([1, 2]), tensor([1.000001, 2.1])).toArray()); // [ true, false ]
 * ```
 */
export function isclose<A extends Operand, B extends Operand>(a: A, b: B, options?: ClosenessOptions): Comparison<A, B>;
export function isclose(a: Operand, b: Operand, options: ClosenessOptions = {}): Tensor {
  return close('isclose', a, b, options);
}

/**
 * Whether all elements are about equal; see {@link isclose}. Waits for the result.
 *
 * Shapes: broadcast → a JavaScript boolean. Dtypes: all.
 *
 * @param options.rtol share of |b| that a may be away; default 1e-5
 * @param options.atol distance that a may be away on top of that; default 1e-8
 * @param options.equalNan whether NaN is close to NaN; default `false`
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `VALUE` for negative tolerances
 * @example
 * ```ts
 * import { allclose, tensor } from 'myelin';
 * console.log(allclose(tensor([1, 2]), tensor([1.000001, 2]))); // true
 * ```
 */
export function allclose(a: Operand, b: Operand, options: ClosenessOptions = {}): boolean {
  return scope(() => all(close('allclose', a, b, options)).item());
}

/**
 * Whether two tensors have the same shape and equal elements; NaN equals nothing. Waits for the result.
 *
 * Shapes: any → a JavaScript boolean. Dtypes: all; different ones are promoted as in `add`.
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { equal, tensor } from 'myelin';
 * console.log(equal(tensor([1, 2]), tensor([1, 2])), equal(tensor([1]), tensor([[1]]))); // true false
 * ```
 */
export function equal(a: Tensor, b: Tensor): boolean {
  checkTensor('equal', 'a', a);
  checkTensor('equal', 'b', b);
  return sameShape(a.shape, b.shape) && scope(() => all(eq(a, b)).item());
}
