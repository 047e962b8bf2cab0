import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { relu, softplus } from './activation.js';
import { add, mul, neg, square, sub } from './arithmetic.js';
import { checkFinite, checkFlag } from './checks.js';
import { ne, where } from './compare.js';
import { elementLoss } from './loss-element.js';
import type { LossOptions } from './reduction.js';

// Losses of scores whose targets are signs, 1 or −1.

/** Options of {@link hingeLoss}. */
export interface HingeOptions extends LossOptions {
  /** Score from which on a right sign costs nothing; default 1. */
  readonly margin?: number;
  /** Whether the loss is squared; default `false`. */
  readonly squared?: boolean;
}

/**
 * How far a score is from being right by a margin, as support vector machines have it: lossᵢ = max(0, margin − tᵢ · xᵢ).
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input scores
 * @param target their signs: 1 or −1
 * @param options.margin score from which on a right sign costs nothing; default 1
 * @param options.squared whether the loss is squared; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Cortes & Vapnik 1995, «Support-Vector Networks», section 3.
 * @example
 * ```ts
 * import { hingeLoss, tensor } from 'myelin';
 * console.log(hingeLoss(tensor([0.5, 2]), tensor([1, 1]), { reduction: 'none' }).toArray()); // [ 0.5, 0 ]
 * ```
 */
export function hingeLoss<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: HingeOptions): Tensor<D>;
export function hingeLoss(input: Tensor, target: Tensor, options: HingeOptions = {}): Tensor {
  const { margin = 1, squared = false } = options;
  checkFinite('hingeLoss', 'margin', margin);
  checkFlag('hingeLoss', 'squared', squared);
  return elementLoss('hingeLoss', input, target, options, (x, t) => {
    const short = relu(sub(margin, mul(t, x)));
    return squared ? square(short) : short;
  });
}

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** What is far enough. */
  readonly margin?: number;
}

/**
 * Draws distances of alike pairs to 0 and those of others beyond a margin: lossᵢ = xᵢ where tᵢ = 1, and
 * max(0, margin − xᵢ) where tᵢ = −1.
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input distances
 * @param target 1 for pairs that are alike, −1 for others
 * @param options.margin what is far enough; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { hingeEmbeddingLoss, tensor } from 'myelin';
 * console.log(hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1]), { reduction: 'none' }).toArray()); // [ 0.5, 0.75 ]
 * ```
 */
export function hingeEmbeddingLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: MarginOptions,
): Tensor<D>;
export function hingeEmbeddingLoss(input: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 1 } = options;
  checkFinite('hingeEmbeddingLoss', 'margin', margin);
  return elementLoss('hingeEmbeddingLoss', input, target, options, (x, t) =>
    add(where(ne(t, 1), relu(sub(margin, x)), 0), where(ne(t, -1), x, 0)),
  );
}

/**
 * The logistic loss of scores: lossᵢ = log(1 + exp(−tᵢ · xᵢ)).
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input scores
 * @param target their signs: 1 or −1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { softMarginLoss, tensor } from 'myelin';
 * console.log(softMarginLoss(tensor([0]), tensor([1])).item().toFixed(4)); // 0.6931
 * ```
 */
export function softMarginLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: LossOptions,
): Tensor<D>;
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementLoss('softMarginLoss', input, target, options, (x, t) => softplus(neg(mul(t, x))));
}
