import { defineOp } from '../engine/define.js';
import { isFloat, type FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, neg, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkFraction, checkInteger, checkOneFloat, checkShapeOf, checkTensor } from './checks.js';
import { eq, ge, lt, ne, where } from './compare.js';
import { gather, indexSelect, oneHot, type IndexDType } from './indexing.js';
import { logicalAnd, logicalOr } from './logic.js';
import { permute } from './permute.js';
import { any, argmax, sum } from './reduce.js';
import { average, checkReduction, reduceLosses, type LossOptions } from './reduction.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';
import { logSoftmax, softmax } from './softmax.js';
import { like } from './spec.js';

// As in PyTorch.
const ignoredByDefault = -100;

type Classes = Tensor<IndexDType>;

const classAxis = (scores: Tensor): number => (scores.rank === 1 ? 0 : 1);
const withoutClasses = (scores: Tensor): Shape => scores.shape.filter((_, axis) => axis !== classAxis(scores));

const crossEntropyAttrs = { labelSmoothing: 'float', ignoreIndex: 'int' } as const;

const crossEntropyOp = defineOp({
  name: 'crossEntropy',
  inputs: ['logits', 'target'],
  attrs: crossEntropyAttrs,
  save: ['logits', 'target'],
  infer: ({ logits, target }) => ({ dtype: logits.dtype, shape: target.shape }),
  grad: ({ dout, logits, target, attrs }) => ({
    logits: crossEntropyBackwardOp({ gradient: dout, logits, target }, attrs),
  }),
});

const crossEntropyBackwardOp = defineOp({
  name: 'crossEntropyBackward',
  inputs: ['gradient', 'logits', 'target'],
  attrs: crossEntropyAttrs,
  save: [],
  infer: ({ logits }) => like(logits),
  grad: {
    composed: ({ gradient, logits, target }, { labelSmoothing, ignoreIndex }) => {
      const axis = classAxis(logits);
      const classes = logits.shape[axis]!;
      const hot = oneHotAlong(chosen(target, ignoreIndex), classes, logits);
      const expected = add(mul(hot, 1 - labelSmoothing), labelSmoothing / classes);
      const rows = where(eq(target, ignoreIndex), 0, gradient);
      return mul(unsqueeze(rows, axis), sub(softmax(logits as Tensor<FloatDType>, { axis }), expected));
    },
  },
});

// Targets with a class in place of the index that is ignored.
function chosen(target: Tensor, ignoreIndex: number): Classes {
  return where(eq(target, ignoreIndex), 0, target) as Classes;
}

function oneHotAlong(target: Classes, classes: number, scores: Tensor): Tensor {
  const hot = cast(oneHot(target, classes), scores.dtype);
  const order = target.shape.map((_, axis) => axis);
  order.splice(classAxis(scores), 0, target.rank);
  return permute(hot, order);
}

// Of the scores of every row, the one of its class.
function pick(scores: Tensor, target: Classes): Tensor {
  const axis = classAxis(scores);
  return squeeze(gather(scores, unsqueeze(target, axis), { axis }), axis);
}

// How much every row counts: its class's weight, and nothing if its class is ignored.
function rowWeights(scores: Tensor, target: Tensor, ignoreIndex: number, weight?: Tensor): Tensor {
  if (weight === undefined) return cast(ne(target, ignoreIndex), scores.dtype);
  const weights = reshape(indexSelect(weight, reshape(chosen(target, ignoreIndex), [-1])), target.shape);
  return where(eq(target, ignoreIndex), 0, weights);
}

/** Weights per class, shaped to broadcast over scores. */
function perClass(weight: Tensor, scores: Tensor): Tensor {
  return reshape(weight, [weight.size, ...scores.shape.slice(classAxis(scores) + 1).map(() => 1)]);
}

/** Options of {@link nllLoss}. */
export interface ClassLossOptions extends LossOptions {
  /** Weight of every class, of shape [C]; default 1. Averages are weighted. */
  readonly weight?: Tensor | undefined;
  /** Target of rows that do not count; default −100. Every other target must be a class. */
  readonly ignoreIndex?: number | undefined;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of the target, 0 to 1, that is spread evenly over all classes; default 0. */
  readonly labelSmoothing?: number;
}

function checkScores(
  op: string,
  name: string,
  scores: Tensor,
  { weight, ignoreIndex, reduction }: ClassLossOptions,
): void {
  checkOneFloat(op, weight === undefined ? { [name]: scores } : { [name]: scores, weight });
  if (scores.rank < 1) fail('SHAPE', op, `${name} is ${describe(scores)} (need [N, C], [N, C, ...] or [C])`);
  checkReduction(op, reduction ?? 'mean');
  if (weight !== undefined)
    checkShapeOf(op, 'weight', weight, [scores.shape[classAxis(scores)]!], 'one value per class');
  if (ignoreIndex !== undefined) checkInteger(op, 'ignoreIndex', ignoreIndex);
}

// Class indices as the native side reads them.
function classesOf(op: string, name: string, scores: Tensor, target: Tensor): Tensor {
  checkTensor(op, 'target', target);
  checkDTypeOf(op, 'target', target, ['int32', 'int64', 'uint8']);
  checkShapeOf(
    op,
    'target',
    target,
    withoutClasses(scores),
    `that of ${name}, ${describe(scores)}, without its classes`,
  );
  return target.dtype === 'uint8' ? cast(target, 'int32') : target;
}

/**
 * Refuses what is no class, before it is looked up where only its index would be known; `mayIgnore` tells whether ignoreIndex
 * may stand in its place. A compiled function is refused by that lookup: it knows its targets in its runs only.
 */
export function checkClasses(op: string, target: Tensor, classes: number, ignoreIndex: number, mayIgnore = true): void {
  if (!target.storage.known) return;
  const outside = logicalOr(lt(target, 0), ge(target, classes));
  const wrong = mayIgnore ? logicalAnd(outside, ne(target, ignoreIndex)) : outside;
  if (!any(wrong).item()) return;
  const row = argmax(cast(wrong, 'uint8')).item();
  const value = Number(target.data()[row]);
  const need = `0 <= class < ${classes}${mayIgnore ? ', or ignoreIndex' : ''}`;
  fail('INDEX', op, `target ${row} is ${value} (need ${need})`, { row, target: value });
}

function indexCrossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, labelSmoothing = 0, reduction = 'mean', ignoreIndex = ignoredByDefault } = options;
  const classes = classesOf('crossEntropy', 'logits', logits, target);
  const smoothing = weight === undefined ? labelSmoothing : 0;
  // The op comes first: it refuses what is no class, by name.
  const losses = crossEntropyOp({ logits, target: classes }, { labelSmoothing: smoothing, ignoreIndex });
  const weights = rowWeights(logits, classes, ignoreIndex, weight);
  if (weight === undefined) return reduceLosses(losses, reduction, weights);
  const own = mul(losses, weights);
  if (labelSmoothing === 0) return reduceLosses(own, reduction, weights);
  const axis = classAxis(logits);
  const logProbs = logSoftmax(logits as Tensor<FloatDType>, { axis });
  const all = neg(average(mul(logProbs, perClass(weight, logits)), axis));
  const counted = where(eq(classes, ignoreIndex), 0, all);
  return reduceLosses(add(mul(own, 1 - labelSmoothing), mul(counted, labelSmoothing)), reduction, weights);
}

function softCrossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, labelSmoothing = 0, reduction = 'mean', ignoreIndex } = options;
  if (ignoreIndex !== undefined) {
    fail(
      'VALUE',
      'crossEntropy',
      `ignoreIndex is ${ignoreIndex}, target is ${describe(target)} (need class indices for it)`,
    );
  }
  const axis = classAxis(logits);
  const classes = logits.shape[axis]!;
  const probabilities = cast(target, logits.dtype);
  const expected =
    labelSmoothing === 0 ? probabilities : add(mul(probabilities, 1 - labelSmoothing), labelSmoothing / classes);
  const products = mul(expected, logSoftmax(logits as Tensor<FloatDType>, { axis }));
  const weighted = weight === undefined ? products : mul(products, perClass(weight, logits));
  return reduceLosses(neg(sum(weighted, { axis })), reduction);
}

/**
 * How surprised a classifier is by the right classes: the usual loss of classification, on scores before the softmax.
 *
 * lossₙ = −w[yₙ] · log softmax(logitsₙ)[yₙ]; the mean is Σ lossₙ / Σ w[yₙ]. With label smoothing s the target of a row is
 * (1 − s) · onehot(y) + s / C. Targets may also be probabilities p: lossₙ = −Σ_c w_c · p_c · log softmax(logitsₙ)_c.
 *
 * Shapes: logits [N, C], [N, C, d₁, …] or [C]; target without the axis of classes for indices, or as the logits for
 * probabilities. The result is a single number, or with reduction `'none'` one per row. Dtypes: logits of a float dtype;
 * target int32, int64 or uint8 for indices, float for probabilities.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex target of rows that do not count; default −100
 * @param options.labelSmoothing share of the target spread over all classes, 0 to 1; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when the target does not fit the logits; `DTYPE`; `INDEX` when a target is no class; `VALUE`
 *   for options out of range
 * @see Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 7 (label smoothing)
 * @example
 * ```ts
 * import { crossEntropy, tensor } from 'myelin';
 * const logits = tensor([[0, 0], [0, 0]]);
 * console.log(crossEntropy(logits, tensor([0, 1], { dtype: 'int32' })).item().toFixed(4)); // 0.6931
 * ```
 */
export function crossEntropy<D extends FloatDType>(
  logits: Tensor<D>,
  target: Tensor,
  options?: CrossEntropyOptions,
): Tensor<D>;
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkScores('crossEntropy', 'logits', logits, options);
  checkTensor('crossEntropy', 'target', target);
  const { labelSmoothing = 0 } = options;
  checkFraction('crossEntropy', 'labelSmoothing', labelSmoothing);
  if (!isFloat(target.dtype)) return scope(() => indexCrossEntropy(logits, target, options));
  if (!sameShape(target.shape, logits.shape)) {
    const need = `class indices [${withoutClasses(logits).join(',')}], or probabilities [${logits.shape.join(',')}]`;
    fail('SHAPE', 'crossEntropy', `target is ${describe(target)}, logits is ${describe(logits)} (need ${need})`);
  }
  return scope(() => softCrossEntropy(logits, target, options));
}

/**
 * Negative log-likelihood: {@link crossEntropy} on log-probabilities, as {@link logSoftmax} gives them.
 *
 * lossₙ = −w[yₙ] · logProbsₙ[yₙ]; the mean is Σ lossₙ / Σ w[yₙ].
 *
 * Shapes: logProbs [N, C], [N, C, d₁, …] or [C]; target without the axis of classes. The result is a single number, or with
 * reduction `'none'` one per row. Dtypes: logProbs of a float dtype; target int32, int64 or uint8.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex target of rows that do not count; default −100
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when the target does not fit; `DTYPE`; `INDEX` when a target is no class
 * @example
 * ```ts
 * import { logSoftmax, nllLoss, tensor } from 'myelin';
 * const logProbs = logSoftmax(tensor([[0, 0]]));
 * console.log(nllLoss(logProbs, tensor([1], { dtype: 'int32' })).item().toFixed(4)); // 0.6931
 * ```
 */
export function nllLoss<D extends FloatDType>(
  logProbs: Tensor<D>,
  target: Tensor,
  options?: ClassLossOptions,
): Tensor<D>;
export function nllLoss(logProbs: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  checkScores('nllLoss', 'logProbs', logProbs, options);
  const { weight, reduction = 'mean', ignoreIndex = ignoredByDefault } = options;
  return scope(() => {
    const classes = classesOf('nllLoss', 'logProbs', logProbs, target);
    checkClasses('nllLoss', classes, logProbs.shape[classAxis(logProbs)]!, ignoreIndex);
    const weights = rowWeights(logProbs, classes, ignoreIndex, weight);
    const losses = where(eq(classes, ignoreIndex), 0, neg(pick(logProbs, chosen(classes, ignoreIndex))));
    return reduceLosses(weight === undefined ? losses : mul(losses, weights), reduction, weights);
  });
}
