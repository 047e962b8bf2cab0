import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, minimum, mul, square, sub } from './arithmetic.js';
import { checkAtLeast, checkPositive } from './checks.js';
import { elementLoss } from './loss-element.js';
import type { LossOptions } from './reduction.js';

export { crossEntropy, nllLoss, type ClassLossOptions, type CrossEntropyOptions } from './cross-entropy.js';
export * from './loss-binary.js';
export * from './loss-class.js';
export * from './loss-distribution.js';
export * from './loss-margin.js';
export * from './loss-overlap.js';
export * from './loss-pair.js';
export * from './loss-triplet.js';
export { ctcLoss, type CtcOptions, type Lengths } from './ctc.js';
export * from './ctc-decode.js';
export type { LossOptions, LossReduction } from './reduction.js';

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

/** Options of {@link smoothL1Loss}. */
export interface SmoothL1Options extends LossOptions {
  /** Error up to which the loss is a square; default 1. */
  readonly beta?: number;
}

/** Options of {@link huberLoss}. */
export interface HuberOptions extends LossOptions {
  /** Error up to which the loss is a square; default 1. */
  readonly delta?: number;
}

// limit · Huber's loss as one product: c (|e| − c / 2) with c = min(|e|, limit).
function squareThenLine(x: Tensor, y: Tensor, limit: number): Tensor {
  const error = abs(sub(x, y));
  const small = minimum(error, limit);
  return mul(small, sub(error, mul(small, 0.5)));
}

/**
 * Squared error near 0 and absolute error beyond: with e = |inputᵢ − targetᵢ|, lossᵢ = e² / (2 beta) for e < beta, else
 * e − beta / 2.
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param options.beta error up to which the loss is a square; 0 makes it {@link l1Loss}; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Girshick 2015, «Fast R-CNN», equation 3.
 * @example
 * ```ts
 * import { smoothL1Loss, tensor } from 'myelin';
 * console.log(smoothL1Loss(tensor([1, 2]), tensor([1.5, 4]), { reduction: 'none' }).toArray()); // [ 0.125, 1.5 ]
 * ```
 */
export function smoothL1Loss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: SmoothL1Options,
): Tensor<D>;
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1 } = options;
  checkAtLeast('smoothL1Loss', 'beta', beta, 0);
  return elementLoss('smoothL1Loss', input, target, options, (x, y) =>
    beta === 0 ? abs(sub(x, y)) : mul(squareThenLine(x, y, beta), 1 / beta),
  );
}

/**
 * Squared error near 0 and absolute error beyond: with e = |inputᵢ − targetᵢ|, lossᵢ = e² / 2 for e < delta, else
 * delta · (e − delta / 2).
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param options.delta error up to which the loss is a square; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Huber 1964, «Robust Estimation of a Location Parameter».
 * @example
 * ```ts
 * import { huberLoss, tensor } from 'myelin';
 * console.log(huberLoss(tensor([1, 2]), tensor([1.5, 4]), { reduction: 'none' }).toArray()); // [ 0.125, 1.5 ]
 * ```
 */
export function huberLoss<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: HuberOptions): Tensor<D>;
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  const { delta = 1 } = options;
  checkPositive('huberLoss', 'delta', delta);
  return elementLoss('huberLoss', input, target, options, (x, y) => squareThenLine(x, y, delta));
}
