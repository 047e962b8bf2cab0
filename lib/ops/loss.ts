import { defineOp } from '../engine/define.js';
import { isFloat, type FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkOneFloat, checkOption, checkShapeOf } from './checks.js';
import { eq, gt, ne, where } from './compare.js';
import { abs, add, cast, div, mul, neg, sub } from './elementwise.js';
import { gather, indexSelect, oneHot } from './indexing.js';
import { clamp, log, sigmoid, softplus, square } from './math.js';
import { mean, sum } from './reduce.js';
import { logSoftmax, softmax } from './softmax.js';
import { checkDTypeOf, checkTensor, like } from './support.js';
import { permute, reshape, squeeze, unsqueeze } from './view.js';

/** How the losses of single samples become the result: their average, their sum, or left as they are. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options that every loss has. */
export interface LossOptions {
  /** How single losses become the result; default `'mean'`. */
  readonly reduction?: Reduction;
}

// Averages are weighted where weights are given.
function reduce(losses: Tensor, reduction: Reduction, weights?: Tensor): Tensor {
  if (reduction === 'none') return losses;
  const total = sum(losses);
  if (reduction === 'sum') return total;
  return weights === undefined ? mean(losses) : div(total, sum(weights));
}

const checkReduction = (op: string, reduction: Reduction): void =>
  checkOption(op, 'reduction', reduction, ['mean', 'sum', 'none']);

// Stands for "no class is ignored": no int32 target has this value, and no int64 one that means anything.
const nothing = Number.MIN_SAFE_INTEGER;

const classAxis = (scores: Tensor): number => (scores.rank === 1 ? 0 : 1);
const withoutClasses = (scores: Tensor): Shape => scores.shape.filter((_, axis) => axis !== classAxis(scores));

const crossEntropyAttrs = { labelSmoothing: 'float', ignoreIndex: 'int' } as const;

const crossEntropyOp = defineOp({
  name: 'crossEntropy',
  inputs: ['logits', 'target'],
  outputs: ['loss', 'logSumExp'],
  attrs: crossEntropyAttrs,
  save: ['logits', 'target', 'logSumExp'],
  infer: ({ logits, target }) => {
    const row = { dtype: logits.dtype, shape: target.shape };
    return { loss: row, logSumExp: row };
  },
  grad: ({ dout, logits, target, logSumExp, attrs }) => ({
    logits: crossEntropyBackwardOp({ gradient: dout, logits, target, logSumExp }, attrs),
  }),
});

const crossEntropyBackwardOp = defineOp({
  name: 'crossEntropyBackward',
  inputs: ['gradient', 'logits', 'target', 'logSumExp'],
  attrs: crossEntropyAttrs,
  save: [],
  infer: ({ logits }) => like(logits),
  grad: {
    // logSumExp is a function of the logits: the softmax stands for it, so that derivatives see that.
    composed: ({ gradient, logits, target }, { labelSmoothing, ignoreIndex }) => {
      const axis = classAxis(logits);
      const classes = logits.shape[axis]!;
      const hot = oneHotAlong(chosen(target, ignoreIndex), classes, logits);
      const expected = add(mul(hot, 1 - labelSmoothing), labelSmoothing / classes);
      const rows = ignoreIndex === nothing ? gradient : where(eq(target, ignoreIndex), 0, gradient);
      return mul(unsqueeze(rows, axis), sub(softmax(logits, { axis }), expected));
    },
  },
});

// Targets with a class in place of the index that is ignored.
function chosen(target: Tensor, ignoreIndex: number): Tensor {
  return ignoreIndex === nothing ? target : where(eq(target, ignoreIndex), 0, target);
}

function oneHotAlong(target: Tensor, classes: number, scores: Tensor): Tensor {
  const hot = cast(oneHot(target, classes), scores.dtype);
  const order = target.shape.map((_, axis) => axis);
  order.splice(classAxis(scores), 0, target.rank);
  return permute(hot, order);
}

// Of the scores of every row, the one of its class.
function pick(scores: Tensor, target: Tensor): Tensor {
  const axis = classAxis(scores);
  return squeeze(gather(scores, unsqueeze(target, axis), { axis }), axis);
}

// How much every row counts: its class's weight, and nothing if its class is ignored.
function rowWeights(scores: Tensor, target: Tensor, ignoreIndex: number, weight?: Tensor): Tensor | undefined {
  if (weight === undefined) return ignoreIndex === nothing ? undefined : cast(ne(target, ignoreIndex), scores.dtype);
  const weights = reshape(indexSelect(weight, reshape(chosen(target, ignoreIndex), [-1])), target.shape);
  return ignoreIndex === nothing ? weights : where(eq(target, ignoreIndex), 0, weights);
}

/** Weights per class, shaped to broadcast over scores. */
function perClass(weight: Tensor, scores: Tensor): Tensor {
  return reshape(weight, [weight.size, ...scores.shape.slice(classAxis(scores) + 1).map(() => 1)]);
}

/** Options of {@link nllLoss}. */
export interface ClassLossOptions extends LossOptions {
  /** Weight of every class, of shape [C]; default 1. Averages are weighted. */
  readonly weight?: Tensor | undefined;
  /** Class index of rows that do not count; default none, so that every index must be a class. */
  readonly ignoreIndex?: number | undefined;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of the target, 0 to 1, that is spread evenly over all classes; default 0. */
  readonly labelSmoothing?: number;
}

function checkScores(op: string, name: string, scores: Tensor, { weight, ignoreIndex, reduction }: ClassLossOptions): void {
  checkOneFloat(op, weight === undefined ? { [name]: scores } : { [name]: scores, weight });
  if (scores.rank < 1) fail('SHAPE', op, `${name} is ${describe(scores)} (need [N, C], [N, C, ...] or [C])`);
  checkReduction(op, reduction ?? 'mean');
  if (weight !== undefined) checkShapeOf(op, 'weight', weight, [scores.shape[classAxis(scores)]!], 'one value per class');
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex)) {
    fail('VALUE', op, `ignoreIndex is ${show(ignoreIndex)} (need an integer)`, { ignoreIndex });
  }
}

// Class indices as the native side reads them.
function classesOf(op: string, name: string, scores: Tensor, target: Tensor): Tensor {
  checkTensor(op, 'target', target);
  checkDTypeOf(op, 'target', target, ['int32', 'int64', 'uint8']);
  checkShapeOf(op, 'target', target, withoutClasses(scores), `that of ${name}, ${describe(scores)}, without its classes`);
  return target.dtype === 'uint8' ? cast(target, 'int32') : target;
}

function indexCrossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, labelSmoothing = 0, reduction = 'mean', ignoreIndex = nothing } = options;
  const classes = classesOf('crossEntropy', 'logits', logits, target);
  const weights = rowWeights(logits, classes, ignoreIndex, weight);
  if (weight === undefined || weights === undefined) {
    return reduce(crossEntropyOp({ logits, target: classes }, { labelSmoothing, ignoreIndex }).loss, reduction, weights);
  }
  const axis = classAxis(logits);
  const logProbs = logSoftmax(logits, { axis });
  const own = mul(weights, pick(logProbs, chosen(classes, ignoreIndex)));
  if (labelSmoothing === 0) return reduce(neg(own), reduction, weights);
  const all = mean(mul(logProbs, perClass(weight, logits)), { axis });
  const counted = ignoreIndex === nothing ? all : where(eq(classes, ignoreIndex), 0, all);
  const losses = neg(add(mul(own, 1 - labelSmoothing), mul(counted, labelSmoothing)));
  return reduce(losses, reduction, weights);
}

function softCrossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, labelSmoothing = 0, reduction = 'mean', ignoreIndex } = options;
  if (ignoreIndex !== undefined) {
    fail('VALUE', 'crossEntropy', `ignoreIndex is ${ignoreIndex}, target is ${describe(target)} (need class indices for it)`);
  }
  const axis = classAxis(logits);
  const classes = logits.shape[axis]!;
  const probabilities = cast(target, logits.dtype);
  const expected =
    labelSmoothing === 0 ? probabilities : add(mul(probabilities, 1 - labelSmoothing), labelSmoothing / classes);
  const products = mul(expected, logSoftmax(logits, { axis }));
  const weighted = weight === undefined ? products : mul(products, perClass(weight, logits));
  return reduce(neg(sum(weighted, { axis })), reduction);
}

/**
 * How surprised a classifier is by the right classes: the usual loss of classification, on scores before the softmax.
 *
 * lossₙ = −w[yₙ] · log softmax(logitsₙ)[yₙ]; the mean is Σ lossₙ / Σ w[yₙ]. With label smoothing s the target of a row is
 * (1 − s) · onehot(y) + s / C. Targets may also be probabilities p: lossₙ = −Σ_c w_c · p_c · log softmax(logitsₙ)_c.
 *
 * Shapes: logits [N, C], [N, C, d₁, …] or [C]; target without the axis of classes for indices, or as the logits for
 * probabilities. The result is a single number, or with reduction `'none'` one per row. Dtypes: logits float32 or float64;
 * target int32, int64 or uint8 for indices, float for probabilities.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex class index of rows that do not count; default none
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
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    fail('VALUE', 'crossEntropy', `labelSmoothing is ${show(labelSmoothing)} (need 0 to 1)`, { labelSmoothing });
  }
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
 * reduction `'none'` one per row. Dtypes: logProbs float32 or float64; target int32, int64 or uint8.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex class index of rows that do not count; default none
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when the target does not fit; `DTYPE`; `INDEX` when a target is no class
 * @example
 * ```ts
 * import { logSoftmax, nllLoss, tensor } from 'myelin';
 * const logProbs = logSoftmax(tensor([[0, 0]]));
 * console.log(nllLoss(logProbs, tensor([1], { dtype: 'int32' })).item().toFixed(4)); // 0.6931
 * ```
 */
export function nllLoss<D extends FloatDType>(logProbs: Tensor<D>, target: Tensor, options?: ClassLossOptions): Tensor<D>;
export function nllLoss(logProbs: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  checkScores('nllLoss', 'logProbs', logProbs, options);
  const { weight, reduction = 'mean', ignoreIndex = nothing } = options;
  return scope(() => {
    const classes = classesOf('nllLoss', 'logProbs', logProbs, target);
    const weights = rowWeights(logProbs, classes, ignoreIndex, weight);
    const losses = neg(pick(logProbs, chosen(classes, ignoreIndex)));
    return reduce(weights === undefined ? losses : mul(losses, weights), reduction, weights);
  });
}

type Elementwise = (input: Tensor, target: Tensor) => Tensor;

// A loss of every element, from two tensors of one shape.
function elementLoss(op: string, input: Tensor, target: Tensor, { reduction = 'mean' }: LossOptions, loss: Elementwise): Tensor {
  checkOneFloat(op, { input });
  checkTensor(op, 'target', target);
  checkReduction(op, reduction);
  checkShapeOf(op, 'target', target, input.shape, `that of input, ${describe(input)}`);
  return scope(() => reduce(loss(input, cast(target, input.dtype)), reduction));
}

/**
 * Squared error: lossᵢ = (inputᵢ − targetᵢ)².
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input float32
 * or float64; the target is cast to it.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float
 * @example
 * ```ts
 * import { mse, tensor } from 'myelin';
 * console.log(mse(tensor([1, 2]), tensor([1, 4])).item()); // 2
 * ```
 */
export function mse<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: LossOptions): Tensor<D>;
export function mse(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementLoss('mse', input, target, options, (x, y) => square(sub(x, y)));
}

/**
 * Absolute error: lossᵢ = |inputᵢ − targetᵢ|.
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input float32
 * or float64; the target is cast to it.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float
 * @example
 * ```ts
 * import { l1Loss, tensor } from 'myelin';
 * console.log(l1Loss(tensor([1, 2]), tensor([1, 4])).item()); // 1
 * ```
 */
export function l1Loss<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: LossOptions): Tensor<D>;
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementLoss('l1Loss', input, target, options, (x, y) => abs(sub(x, y)));
}

// log p, but at least -100, where it is constant. The inner choice keeps 1 / 0 out of the gradient.
function boundedLog(p: Tensor): Tensor {
  const positive = gt(p, 0);
  return where(positive, clamp(log(where(positive, p, 1)), { min: -100 }), -100);
}

/**
 * Binary cross-entropy of probabilities: lossᵢ = −(tᵢ · log pᵢ + (1 − tᵢ) · log(1 − pᵢ)), each logarithm at least −100.
 *
 * Where a logarithm is cut off its gradient is 0; {@link bceWithLogits} has no such place, and is more accurate.
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input float32
 * or float64; the target is cast to it.
 *
 * @param input probabilities, 0 to 1
 * @param target what they should be, 0 to 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float
 * @example
 * ```ts
 * import { bce, tensor } from 'myelin';
 * console.log(bce(tensor([0.5, 0]), tensor([1, 0])).item().toFixed(4)); // 0.3466
 * ```
 */
export function bce<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: LossOptions): Tensor<D>;
export function bce(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  return elementLoss('bce', input, target, options, (p, t) =>
    neg(add(mul(t, boundedLog(p)), mul(sub(1, t), boundedLog(sub(1, p))))),
  );
}

const bceWithLogitsOp = defineOp({
  name: 'bceWithLogits',
  inputs: ['x', 'target'],
  attrs: {},
  save: ['x', 'target'],
  infer: ({ x }) => like(x),
  grad: ({ dout, x, target, needs }) => ({
    x: needs.x ? bceWithLogitsBackwardOp({ gradient: dout, x, target }) : undefined,
    target: needs.target ? neg(mul(dout, x)) : undefined,
  }),
});

const bceWithLogitsBackwardOp = defineOp({
  name: 'bceWithLogitsBackward',
  inputs: ['gradient', 'x', 'target'],
  attrs: {},
  save: [],
  infer: ({ x }) => like(x),
  grad: { composed: ({ gradient, x, target }) => mul(gradient, sub(sigmoid(x), target)) },
});

/** Options of {@link bceWithLogits}. */
export interface BceWithLogitsOptions extends LossOptions {
  /** Weight of positive targets, broadcast to the input's shape; default 1. */
  readonly posWeight?: Tensor | undefined;
}

/**
 * Binary cross-entropy of logits, that is, of probabilities σ(x) that are never computed.
 *
 * lossᵢ = max(xᵢ, 0) − xᵢ · tᵢ + log(1 + exp(−|xᵢ|)), which neither overflows nor cancels. With a positive weight w it is
 * −(w · t · log σ(x) + (1 − t) · log(1 − σ(x))).
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input float32
 * or float64; the target is cast to it.
 *
 * @param input logits
 * @param target what the probabilities should be, 0 to 1
 * @param options.posWeight weight of positive targets; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float, or the weight of another dtype
 * @example
 * ```ts
 * import { bceWithLogits, tensor } from 'myelin';
 * console.log(bceWithLogits(tensor([0]), tensor([1])).item().toFixed(4)); // 0.6931
 * ```
 */
export function bceWithLogits<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: BceWithLogitsOptions,
): Tensor<D>;
export function bceWithLogits(input: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  const { posWeight } = options;
  if (posWeight === undefined) {
    return elementLoss('bceWithLogits', input, target, options, (x, t) => bceWithLogitsOp({ x, target: t }));
  }
  checkOneFloat('bceWithLogits', { input, posWeight });
  return elementLoss('bceWithLogits', input, target, options, (x, t) => {
    const positive = mul(mul(posWeight, t), softplus(neg(x)));
    return add(positive, mul(sub(1, t), softplus(x)));
  });
}
