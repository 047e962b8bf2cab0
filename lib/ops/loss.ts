import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { clamp } from './clamp.js';
import { sigmoid, softplus } from './activation.js';
import { abs, add, mul, neg, square, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkOneFloat, checkShapeOf, checkTensor } from './checks.js';
import { gt, where } from './compare.js';
import { log } from './math.js';
import { checkReduction, reduceLosses, type LossOptions } from './reduction.js';
import { like } from './spec.js';

export { crossEntropy, nllLoss, type ClassLossOptions, type CrossEntropyOptions } from './cross-entropy.js';
export type { LossOptions, LossReduction } from './reduction.js';

type Elementwise = (input: Tensor, target: Tensor) => Tensor;

// A loss of every element, from two tensors of one shape.
function elementLoss(
  op: string,
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions,
  loss: Elementwise,
): Tensor {
  checkOneFloat(op, { input });
  checkTensor(op, 'target', target);
  checkReduction(op, reduction);
  checkShapeOf(op, 'target', target, input.shape, `that of input, ${describe(input)}`);
  return scope(() => reduceLosses(loss(input, cast(target, input.dtype)), reduction));
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
