import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { relu } from './activation.js';
import { add, div, mul, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkAlike, checkFinite, checkFlag, checkPositive, checkShapeOf, checkTensor } from './checks.js';
import { eq, where } from './compare.js';
import { crossEntropy } from './cross-entropy.js';
import { matmul } from './linalg.js';
import type { MarginOptions } from './loss-margin.js';
import { sqrt } from './math.js';
import { arange } from './ranges.js';
import { sum } from './reduce.js';
import { checkReduction, reduceLosses, type LossOptions } from './reduction.js';
import { normalize } from './similarity.js';
import { swapAxes } from './views.js';

// Losses of vectors or scores that are compared with each other.

/**
 * How far the first of two scores is from being larger by a margin, or smaller: lossᵢ = max(0, margin − tᵢ · (aᵢ − bᵢ)).
 *
 * Shapes: all the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: scores of one
 * float dtype; the target is cast to it.
 *
 * @param a first scores
 * @param b second scores
 * @param target 1 where the first should be larger, −1 where the second
 * @param options.margin by how much; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { marginRankingLoss, tensor } from 'myelin';
 * console.log(marginRankingLoss(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export function marginRankingLoss<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  target: Tensor,
  options?: MarginOptions,
): Tensor<D>;
export function marginRankingLoss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 0, reduction = 'mean' } = options;
  checkAlike('marginRankingLoss', { a, b });
  checkTensor('marginRankingLoss', 'target', target);
  checkShapeOf('marginRankingLoss', 'target', target, a.shape, `that of a, ${describe(a)}`);
  checkFinite('marginRankingLoss', 'margin', margin);
  checkReduction('marginRankingLoss', reduction);
  return scope(() => reduceLosses(relu(sub(margin, mul(cast(target, a.dtype), sub(a, b)))), reduction));
}

// Added to squared lengths, as in PyTorch.
const addedLength = 1e-12;

/**
 * Turns vectors that are alike into one direction, and others away from each other: lossₙ = 1 − cos(aₙ, bₙ) where tₙ = 1, and
 * max(0, cos(aₙ, bₙ) − margin) where tₙ = −1.
 *
 * Shapes: a and b [N, D] with target [N], or [D] with target []; the result is a single number, or with reduction `'none'`
 * one per row. Dtypes: a and b of one float dtype.
 *
 * @param target 1 for pairs that are alike, −1 for others
 * @param options.margin cosine that others may have, −1 to 1; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { cosineEmbeddingLoss, tensor } from 'myelin';
 * console.log(cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).item()); // 1
 * ```
 */
export function cosineEmbeddingLoss<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  target: Tensor,
  options?: MarginOptions,
): Tensor<D>;
export function cosineEmbeddingLoss(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const { margin = 0, reduction = 'mean' } = options;
  checkAlike('cosineEmbeddingLoss', { a, b });
  if (a.rank < 1) fail('SHAPE', 'cosineEmbeddingLoss', `a is ${describe(a)} (need [N, D] or [D])`);
  checkTensor('cosineEmbeddingLoss', 'target', target);
  checkShapeOf('cosineEmbeddingLoss', 'target', target, a.shape.slice(0, -1), 'one value per row');
  checkFinite('cosineEmbeddingLoss', 'margin', margin);
  checkReduction('cosineEmbeddingLoss', reduction);
  const total = (x: Tensor): Tensor => sum(x, { axis: -1 });
  return scope(() => {
    const lengths = mul(add(total(square(a)), addedLength), add(total(square(b)), addedLength));
    const cosine = div(total(mul(a, b)), sqrt(lengths));
    const alike = where(eq(target, 1), sub(1, cosine), 0);
    return reduceLosses(add(alike, where(eq(target, -1), relu(sub(cosine, margin)), 0)), reduction);
  });
}

/** Options of {@link infoNce}. */
export interface InfoNceOptions extends LossOptions {
  /** What cosines are divided by; default 0.1. */
  readonly temperature?: number;
  /** Whether keys have to find their queries, too; default `false`. */
  readonly symmetric?: boolean;
}

/**
 * How well each query finds its own key among those of the whole batch, by the cosine of their angle:
 *
 * lossₙ = −log softmax(cos(qₙ, k) / temperature)ₙ; symmetric: the mean of that and the same with queries and keys exchanged
 *
 * Shapes: both [N, D]; the result is a single number, or with reduction `'none'` one per row. Dtypes: one float dtype.
 *
 * @param options.temperature what cosines are divided by; default 0.1
 * @param options.symmetric whether keys have to find their queries, too, as in CLIP; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: van den Oord, Li & Vinyals 2018, «Representation Learning with Contrastive Predictive Coding», equation 4;
 * symmetric: Radford et al. 2021, «Learning Transferable Visual Models From Natural Language Supervision», figure 3.
 * @example
 * ```ts
 * import { infoNce, eye } from 'myelin';
 * console.log(infoNce(eye(2), eye(2), { temperature: 1 }).item().toFixed(4)); // 0.3133
 * ```
 */
export function infoNce<D extends FloatDType>(queries: Tensor<D>, keys: Tensor<D>, options?: InfoNceOptions): Tensor<D>;
export function infoNce(queries: Tensor<FloatDType>, keys: Tensor<FloatDType>, options: InfoNceOptions = {}): Tensor {
  const { temperature = 0.1, symmetric = false, reduction = 'mean' } = options;
  checkAlike('infoNce', { queries, keys });
  if (queries.rank !== 2) fail('SHAPE', 'infoNce', `queries is ${describe(queries)} (need [N, D])`);
  checkPositive('infoNce', 'temperature', temperature);
  checkFlag('infoNce', 'symmetric', symmetric);
  checkReduction('infoNce', reduction);
  return scope(() => {
    const scores: Tensor = div(matmul(normalize(queries), swapAxes(normalize(keys), 0, 1)), temperature);
    const own = arange(queries.shape[0]!, { dtype: 'int64' });
    const found = crossEntropy(scores as Tensor<FloatDType>, own, { reduction });
    if (!symmetric) return found;
    return mul(add(found, crossEntropy(swapAxes(scores as Tensor<FloatDType>, 0, 1), own, { reduction })), 0.5);
  });
}
