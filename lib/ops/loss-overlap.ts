import type { FloatDType } from '../tensor/dtype.js';
import { describe } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkAtLeast, checkOneFloat, checkShapeOf, checkTensor } from './checks.js';
import { sum } from './reduce.js';
import { checkReduction, reduceLosses, type LossOptions } from './reduction.js';

/** Options of {@link diceLoss}. */
export interface DiceOptions extends LossOptions {
  /** Added above and below, so that what is empty fits what is empty; default 1. */
  readonly smooth?: number;
}

/** Options of {@link tverskyLoss}. */
export interface TverskyOptions extends DiceOptions {
  /** What a false positive costs; default 0.5. */
  readonly alpha?: number;
  /** What a false negative costs; default 0.5. */
  readonly beta?: number;
}

/**
 * How little two regions overlap, where false positives and false negatives have their price:
 *
 * loss = 1 − (Σ p t + smooth) / (Σ p t + alpha · Σ p (1 − t) + beta · Σ (1 − p) t + smooth)
 *
 * Shapes: both the same. [N, C, d₁, …]: sums are over all places of a sample and class; [N, L] and [L]: over the last axis.
 * The result is a single number, or with reduction `'none'` one per sum. Dtypes: input of a float dtype; the target is cast
 * to it.
 *
 * @param input probabilities, 0 to 1
 * @param target what they should be: 0 or 1
 * @param options.alpha what a false positive costs; default 0.5
 * @param options.beta what a false negative costs; default 0.5
 * @param options.smooth added above and below; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Salehi, Erdogmus & Gholipour 2017, «Tversky loss function for image segmentation using 3D fully convolutional deep
 * networks», equation 4.
 * @example
 * ```ts
 * import { tensor, tverskyLoss } from 'myelin';
 * console.log(tverskyLoss(tensor([1, 1, 0]), tensor([1, 0, 0]), { alpha: 1, smooth: 0 }).item()); // 0.5
 * ```
 */
export function tverskyLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: TverskyOptions,
): Tensor<D>;
export function tverskyLoss(input: Tensor, target: Tensor, options: TverskyOptions = {}): Tensor {
  return overlapLoss('tverskyLoss', input, target, options);
}

/**
 * How little two regions overlap: loss = 1 − (2 Σ p t + smooth) / (Σ p + Σ t + smooth).
 *
 * Shapes: both the same. [N, C, d₁, …]: sums are over all places of a sample and class; [N, L] and [L]: over the last axis.
 * The result is a single number, or with reduction `'none'` one per sum. Dtypes: input of a float dtype; the target is cast
 * to it.
 *
 * @param input probabilities, 0 to 1
 * @param target what they should be: 0 or 1
 * @param options.smooth added above and below; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Milletari, Navab & Ahmadi 2016, «V-Net», section 3, without its squares.
 * @example
 * ```ts
 * import { diceLoss, tensor } from 'myelin';
 * console.log(diceLoss(tensor([1, 1, 0]), tensor([1, 0, 0])).item()); // 0.25
 * ```
 */
export function diceLoss<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: DiceOptions): Tensor<D>;
export function diceLoss(input: Tensor, target: Tensor, options: DiceOptions = {}): Tensor {
  const { smooth = 1, reduction = 'mean' } = options;
  // A half of above and below.
  return overlapLoss('diceLoss', input, target, { smooth, reduction }, 0.5);
}

function overlapLoss(op: string, input: Tensor, target: Tensor, options: TverskyOptions, share = 1): Tensor {
  const { alpha = 0.5, beta = 0.5, smooth = 1, reduction = 'mean' } = options;
  for (const [name, value] of Object.entries({ alpha, beta, smooth })) checkAtLeast(op, name, value, 0);
  checkOneFloat(op, { input });
  checkTensor(op, 'target', target);
  checkReduction(op, reduction);
  checkShapeOf(op, 'target', target, input.shape, `that of input, ${describe(input)}`);
  return scope(() => {
    const t = cast(target, input.dtype);
    const axis = input.shape.map((_, i) => i).slice(Math.min(2, Math.max(input.rank - 1, 0)));
    const total = (x: Tensor): Tensor => sum(x, { axis });
    const both = total(mul(input, t));
    const added = smooth * share;
    const costs = add(mul(sub(total(input), both), alpha), mul(sub(total(t), both), beta));
    const above = add(both, added);
    return reduceLosses(sub(1, div(above, add(above, costs))), reduction);
  });
}
