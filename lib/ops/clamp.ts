import { defineOp } from '../engine/define.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkNumber, checkTensor, floats } from './checks.js';
import { finfo } from './dtypes.js';
import { eq, ge, gt, le, lt, where } from './compare.js';
import { isnan, logicalAnd, logicalOr } from './logic.js';
import type { Operand } from './operands.js';
import { likeOf } from './spec.js';

const clampOp = defineOp({
  name: 'clamp',
  inputs: ['x'],
  attrs: { min: 'float', max: 'float' },
  save: ['x'],
  infer: ({ x }) => likeOf('clamp', x, floats),
  grad: ({ x, dout, attrs }) => ({ x: where(logicalAnd(ge(x, attrs.min), le(x, attrs.max)), dout, 0) }),
});

/** Options of {@link clamp}; a side that is left out is open. Tensors broadcast against x. */
export interface ClampOptions {
  /** Least value; default −∞. */
  readonly min?: Operand;
  /** Greatest value; default ∞. Wins when it is below `min`. */
  readonly max?: Operand;
}

function checkBound(name: string, bound: unknown): asserts bound is Operand {
  if (!(bound instanceof Tensor)) checkNumber('clamp', name, bound);
}

// A NaN of x stays, and so does one of the bound: only then is neither comparison true.
function bounded(x: Tensor, bound: Operand, outside: typeof lt | typeof gt): Tensor {
  const beyond = outside(x, bound);
  const moved = bound instanceof Tensor && isFloat(bound.dtype) ? logicalOr(beyond, isnan(bound)) : beyond;
  return where(moved, bound, x);
}

/**
 * Moves every element into [min, max]: out = min(max(x, options.min), options.max).
 *
 * Shapes: any; tensors as bounds broadcast. Dtypes: all; bounds are promoted with x as in `add`, so that integers stay
 * integers with integer bounds. NaN stays NaN. The gradient in x is 1 inside and on the bounds and 0 outside, where it
 * goes to the bound that was taken.
 *
 * @throws MyelinError `VALUE` for bounds that are neither number nor tensor; `SHAPE` when they do not broadcast
 * @example
 * ```ts
 * import { clamp, tensor } from 'myelin';
 * const x = tensor([-2, 0.5, 7]);
 * console.log(clamp(x, { min: 0, max: 1 }).toArray()); // [ 0, 0.5, 1 ]
 * console.log(clamp(x, { min: tensor([0, 1, 2]) }).toArray()); // [ 0, 1, 7 ]
 * ```
 */
export function clamp<D extends DType, S extends Shape>(x: Tensor<D, S>, options?: ClampOptions): Tensor<D, S>;
export function clamp(x: Tensor, { min = -Infinity, max = Infinity }: ClampOptions = {}): Tensor {
  checkTensor('clamp', 'x', x);
  checkBound('min', min);
  checkBound('max', max);
  if (typeof min === 'number' && typeof max === 'number' && isFloat(x.dtype)) return clampOp({ x }, { min, max });
  return scope(() => {
    const above = min === -Infinity ? x : bounded(x, min, lt);
    return max === Infinity ? above : bounded(above, max, gt);
  });
}

/** Options of {@link nanToNum}. */
export interface NanToNumOptions {
  /** What NaN becomes; default 0. */
  readonly nan?: number;
  /** What ∞ becomes; default the greatest finite number of the dtype. */
  readonly posInf?: number;
  /** What −∞ becomes; default the least finite number of the dtype. */
  readonly negInf?: number;
}

/**
 * Replaces NaN and infinities by numbers. Nothing flows back to what was replaced.
 *
 * Shapes: any → the same. Dtypes: all; integers and bools come back as they are.
 *
 * @param options.nan what NaN becomes; default 0
 * @param options.posInf what ∞ becomes; default the greatest finite number of the dtype
 * @param options.negInf what −∞ becomes; default the least finite number of the dtype
 * @throws MyelinError `VALUE` for replacements that are no number
 * @example
 * ```ts
 * import { nanToNum, tensor } from 'myelin';
 * console.log(nanToNum(tensor([NaN, Infinity, 2]), { posInf: 9 }).toArray()); // [ 0, 9, 2 ]
 * ```
 */
export function nanToNum<D extends DType, S extends Shape>(x: Tensor<D, S>, options?: NanToNumOptions): Tensor<D, S>;
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  checkTensor('nanToNum', 'x', x);
  const { dtype } = x;
  if (!isFloat(dtype)) return x;
  const { nan = 0, posInf = finfo(dtype).max, negInf = finfo(dtype).min } = options;
  for (const [name, value] of Object.entries({ nan, posInf, negInf })) checkNumber('nanToNum', name, value);
  return scope(() => {
    const finite = where(eq(x, Infinity), posInf, where(eq(x, -Infinity), negInf, x));
    return where(isnan(x), nan, finite);
  });
}
