import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { relu, softplus } from './activation.js';
import { add, mul, neg, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkFinite, checkOneFloat, checkOption, checkShapeOf, checkTensor } from './checks.js';
import { ge, where } from './compare.js';
import { checkClasses } from './cross-entropy.js';
import { gather, indexSelect, oneHot, type IndexDType } from './indexing.js';
import { max, sum } from './reduce.js';
import { average, checkReduction, reduceLosses, type LossOptions } from './reduction.js';
import { reshape, unsqueeze } from './reshape.js';
import { cumprod } from './scan.js';

// Losses of scores of classes, [N, C] or [C].

type Classes = Tensor<IndexDType>;

function checkRows(op: string, input: Tensor, { weight, reduction = 'mean' }: WeightedOptions): void {
  checkOneFloat(op, weight === undefined ? { input } : { input, weight });
  if (input.rank < 1 || input.rank > 2) fail('SHAPE', op, `input is ${describe(input)} (need [N, C] or [C])`);
  if (weight !== undefined) checkShapeOf(op, 'weight', weight, input.shape.slice(-1), 'one value per class');
  checkReduction(op, reduction);
}

function classesOf(op: string, target: Tensor): Classes {
  checkTensor(op, 'target', target);
  checkOption(op, 'dtype of target', target.dtype, ['int32', 'int64', 'uint8']);
  return (target.dtype === 'uint8' ? cast(target, 'int32') : target) as Classes;
}

/** Options of losses whose classes have weights. */
export interface WeightedOptions extends LossOptions {
  /** Weight of every class, [C]; default 1. */
  readonly weight?: Tensor | undefined;
}

/** Options of {@link multiMarginLoss}. */
export interface MultiMarginOptions extends WeightedOptions {
  /** By how much the right class should win; default 1. */
  readonly margin?: number;
  /** Exponent, 1 or 2; default 1. */
  readonly p?: 1 | 2;
}

/**
 * How far the score of the right class is from winning over all others by a margin:
 *
 * lossₙ = w[yₙ] · Σ_{c ≠ yₙ} max(0, margin − xₙ[yₙ] + xₙ[c])^p / C
 *
 * Shapes: input [N, C] with target [N], or [C] with target []; the result is a single number, or with reduction `'none'` one
 * per row. Dtypes: input of a float dtype; target int32, int64 or uint8.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.margin by how much the right class should win; default 1
 * @param options.p exponent, 1 or 2; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` when a target is no class; `VALUE`
 *
 * Source: Crammer & Singer 2001, «On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines», with a sum
 * in place of the maximum (Weston & Watkins 1999).
 * @example
 * ```ts
 * import { multiMarginLoss, tensor } from 'myelin';
 * console.log(multiMarginLoss(tensor([[1, 0.5]]), tensor([0], { dtype: 'int32' })).item()); // 0.25
 * ```
 */
export function multiMarginLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: MultiMarginOptions,
): Tensor<D>;
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  const { weight, margin = 1, p = 1, reduction = 'mean' } = options;
  checkRows('multiMarginLoss', input, options);
  checkFinite('multiMarginLoss', 'margin', margin);
  if (p !== 1 && p !== 2) fail('VALUE', 'multiMarginLoss', `p is ${String(p)} (need 1 or 2)`);
  return scope(() => {
    const classes = classesOf('multiMarginLoss', target);
    checkShapeOf('multiMarginLoss', 'target', target, input.shape.slice(0, -1), 'one class per row');
    const count = input.shape.at(-1)!;
    checkClasses('multiMarginLoss', classes, count, -1, false);
    const own = gather(input, unsqueeze(classes, -1), { axis: -1 });
    const short = relu(add(sub(margin, own), input));
    const others = sub(1, cast(oneHot(classes, count), input.dtype));
    const losses = mul(sum(mul(p === 1 ? short : square(short), others), { axis: -1 }), 1 / count);
    if (weight === undefined) return reduceLosses(losses, reduction);
    const weights = reshape(indexSelect(weight, reshape(classes, [-1])), classes.shape);
    return reduceLosses(mul(losses, weights), reduction);
  });
}

/**
 * How far the scores of all right classes are from winning over all others by 1:
 *
 * lossₙ = Σ_{y right} Σ_{c not right} max(0, 1 − xₙ[y] + xₙ[c]) / C
 *
 * It compares all pairs of classes of a row, in memory for N · C² numbers.
 *
 * Shapes: both [N, C] or [C]; the result is a single number, or with reduction `'none'` one per row. Dtypes: input of a float
 * dtype; target int32, int64 or uint8.
 *
 * @param target the right classes of each row, and −1 after the last of them
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE`; `INDEX` when a target is no class
 * @example
 * ```ts
 * import { multilabelMarginLoss, tensor } from 'myelin';
 * const target = tensor([[2, 0, -1]], { dtype: 'int32' });
 * console.log(multilabelMarginLoss(tensor([[1, 0.5, 2]]), target).item().toFixed(4)); // 0.1667
 * ```
 */
export function multilabelMarginLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: LossOptions,
): Tensor<D>;
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction = 'mean' } = options;
  checkRows('multilabelMarginLoss', input, options);
  return scope(() => {
    const given = classesOf('multilabelMarginLoss', target);
    checkShapeOf('multilabelMarginLoss', 'target', target, input.shape, `that of input, ${describe(input)}`);
    const count = input.shape.at(-1)!;
    checkClasses('multilabelMarginLoss', given, count, -1);
    // 1 for what stands before the first −1.
    const counted = cumprod(cast(ge(given, 0), input.dtype), { axis: -1 });
    const classes: Tensor = where(ge(given, 0), given, 0);
    const right = mul(cast(oneHot(classes as Classes, count), input.dtype), unsqueeze(counted, -1));
    const wrong = sub(1, max(right, { axis: -2 }));
    const own = unsqueeze(gather(input, classes as Classes, { axis: -1 }), -1);
    const short = relu(add(sub(1, own), unsqueeze(input, -2)));
    const pairs = mul(mul(short, unsqueeze(counted, -1)), unsqueeze(wrong, -2));
    return reduceLosses(mul(sum(pairs, { axis: [-2, -1] }), 1 / count), reduction);
  });
}

/**
 * The mean over classes of binary cross-entropies of logits:
 *
 * lossₙ = −Σ_c w[c] · (t · log σ(x) + (1 − t) · log(1 − σ(x))) / C
 *
 * Shapes: both [N, C] or [C]; the result is a single number, or with reduction `'none'` one per row. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param target what the probabilities should be, 0 to 1
 * @param options.weight weight of every class, [C]; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float
 * @example
 * ```ts
 * import { multilabelSoftMarginLoss, tensor } from 'myelin';
 * console.log(multilabelSoftMarginLoss(tensor([[0, 0]]), tensor([[1, 0]])).item().toFixed(4)); // 0.6931
 * ```
 */
export function multilabelSoftMarginLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: WeightedOptions,
): Tensor<D>;
export function multilabelSoftMarginLoss(input: Tensor, target: Tensor, options: WeightedOptions = {}): Tensor {
  const { weight, reduction = 'mean' } = options;
  checkRows('multilabelSoftMarginLoss', input, options);
  checkTensor('multilabelSoftMarginLoss', 'target', target);
  checkShapeOf('multilabelSoftMarginLoss', 'target', target, input.shape, `that of input, ${describe(input)}`);
  return scope(() => {
    const t = cast(target, input.dtype);
    const losses = add(mul(t, softplus(neg(input))), mul(sub(1, t), softplus(input)));
    return reduceLosses(average(weight === undefined ? losses : mul(losses, weight), -1), reduction);
  });
}
