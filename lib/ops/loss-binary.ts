import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { sigmoid, softplus } from './activation.js';
import { add, mul, neg, pow, sub } from './arithmetic.js';
import { checkAtLeast, checkBroadcasts, checkFinite, checkOneFloat } from './checks.js';
import { clamp } from './clamp.js';
import { gt, where } from './compare.js';
import { elementLoss } from './loss-element.js';
import { log } from './math.js';
import type { LossOptions } from './reduction.js';
import { like } from './spec.js';

/** Options of {@link bce}. */
export interface BceOptions extends LossOptions {
  /** Weight of every element, broadcast to the input's shape; default 1. */
  readonly weight?: Tensor | undefined;
}

const weighted = (losses: Tensor, weight: Tensor | undefined): Tensor =>
  weight === undefined ? losses : mul(losses, weight);

function checkWeights(op: string, input: Tensor, weights: Readonly<Record<string, Tensor | undefined>>): void {
  for (const [name, weight] of Object.entries(weights)) {
    if (weight === undefined) continue;
    checkOneFloat(op, { input, [name]: weight });
    checkBroadcasts(op, name, weight, input);
  }
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
 * @param options.weight weight of every element, broadcast to the input's shape; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float
 * @example
 * ```ts
 * import { bce, tensor } from 'myelin';
 * console.log(bce(tensor([0.5, 0]), tensor([1, 0])).item().toFixed(4)); // 0.3466
 * ```
 */
export function bce<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: BceOptions): Tensor<D>;
export function bce(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  checkWeights('bce', input, { weight: options.weight });
  return elementLoss('bce', input, target, options, (p, t) =>
    weighted(neg(add(mul(t, boundedLog(p)), mul(sub(1, t), boundedLog(sub(1, p))))), options.weight),
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
export interface BceWithLogitsOptions extends BceOptions {
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
 * @param options.weight weight of every element, broadcast to the input's shape; default 1
 * @param options.posWeight weight of positive targets, broadcast too; default 1
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
  const { weight, posWeight } = options;
  checkWeights('bceWithLogits', input, { weight, posWeight });
  return elementLoss('bceWithLogits', input, target, options, (x, t) => {
    if (posWeight === undefined) return weighted(bceWithLogitsOp({ x, target: t }), weight);
    const positive = mul(mul(posWeight, t), softplus(neg(x)));
    return weighted(add(positive, mul(sub(1, t), softplus(x))), weight);
  });
}

/** Options of {@link focalLoss}. */
export interface FocalOptions extends LossOptions {
  /** Weight of positive targets, 1 less it that of negative ones; default 0.25. A negative number: no weights. */
  readonly alpha?: number;
  /** How much less what is right already counts; default 2. */
  readonly gamma?: number;
}

/**
 * Binary cross-entropy of logits in which what is predicted well already hardly counts: for few positives among many.
 *
 * With p = σ(xᵢ) and q = p · tᵢ + (1 − p) · (1 − tᵢ): lossᵢ = −(alpha · tᵢ + (1 − alpha) · (1 − tᵢ)) · (1 − q)^gamma · log q
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input logits
 * @param target what the probabilities should be: 0 or 1
 * @param options.alpha weight of positive targets, 1 less it that of negative ones; below 0 there are no weights; default 0.25
 * @param options.gamma how much less what is right already counts; default 2
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Lin et al. 2017, «Focal Loss for Dense Object Detection», equation 5.
 * @example
 * ```ts
 * import { focalLoss, tensor } from 'myelin';
 * console.log(focalLoss(tensor([0]), tensor([1])).item().toFixed(4)); // 0.0433
 * ```
 */
export function focalLoss<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: FocalOptions): Tensor<D>;
export function focalLoss(input: Tensor, target: Tensor, options: FocalOptions = {}): Tensor {
  const { alpha = 0.25, gamma = 2 } = options;
  checkFinite('focalLoss', 'alpha', alpha);
  checkAtLeast('focalLoss', 'gamma', gamma, 0);
  return elementLoss('focalLoss', input, target, options, (x, t) => {
    const p = sigmoid(x);
    // 1 − q, without the cancellation of computing q first.
    const wrong = add(mul(p, sub(1, t)), mul(sub(1, p), t));
    const losses = mul(bceWithLogitsOp({ x, target: t }), pow(wrong, gamma));
    return alpha < 0 ? losses : mul(losses, add(1 - alpha, mul(t, 2 * alpha - 1)));
  });
}
