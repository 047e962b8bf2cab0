import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, maximum, mul, square, sub } from './arithmetic.js';
import { checkAtLeast, checkBroadcasts, checkFlag, checkOneFloat, checkOption, checkPositive } from './checks.js';
import { gt, where } from './compare.js';
import { elementLoss } from './loss-element.js';
import { exp, log } from './math.js';
import { xlogy } from './logarithms.js';
import type { LossOptions, LossReduction } from './reduction.js';

/** Options of {@link klDiv}. */
export interface KlDivOptions {
  /** As for other losses, or `'batchmean'`: the sum over the number of samples, the divergence itself; default `'mean'`. */
  readonly reduction?: LossReduction | 'batchmean';
  /** Whether the target is given as logarithms, too; default `false`. */
  readonly logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence of a distribution from the one that should be: lossᵢ = tᵢ · (log tᵢ − inputᵢ).
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input logarithms of probabilities
 * @param target probabilities, or their logarithms with `logTarget`
 * @param options.logTarget whether the target is given as logarithms, too; default `false`
 * @param options.reduction `'mean'` over all elements, `'batchmean'` over the first axis, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Kullback & Leibler 1951, «On Information and Sufficiency».
 * @example
 * ```ts
 * import { klDiv, logSoftmax, tensor } from 'myelin';
 * const loss = klDiv(logSoftmax(tensor([[0, 0]])), tensor([[0.75, 0.25]]), { reduction: 'batchmean' });
 * console.log(loss.item().toFixed(4)); // 0.1308
 * ```
 */
export function klDiv<D extends FloatDType>(input: Tensor<D>, target: Tensor, options?: KlDivOptions): Tensor<D>;
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const { reduction = 'mean', logTarget = false } = options;
  checkFlag('klDiv', 'logTarget', logTarget);
  checkOption('klDiv', 'reduction', reduction, ['mean', 'batchmean', 'sum', 'none']);
  const batch = reduction === 'batchmean';
  return scope(() => {
    const own = { reduction: batch ? 'sum' : reduction } as const;
    const loss = elementLoss('klDiv', input, target, own, (x, t) =>
      logTarget ? mul(exp(t), sub(t, x)) : sub(xlogy(t, t), mul(t, x)),
    );
    return batch ? div(loss, input.shape[0] ?? 1) : loss;
  });
}

/** Options of {@link poissonNllLoss}. */
export interface PoissonNllOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate; default `true`. */
  readonly logInput?: boolean;
  /** Whether log t! is added, by Stirling's formula; default `false`. */
  readonly full?: boolean;
  /** Added to a rate under the logarithm; default 1e-8. */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of counts that are Poisson distributed: lossᵢ = exp(xᵢ) − tᵢ · xᵢ, or without `logInput`
 * xᵢ − tᵢ · log(xᵢ + eps); with `full`, t log t − t + log(2 π t) / 2 is added where t > 1.
 *
 * Shapes: both the same; the result is a single number, or with reduction `'none'` one per element. Dtypes: input of a float
 * dtype; the target is cast to it.
 *
 * @param input logarithms of rates, or rates
 * @param target counts
 * @param options.logInput whether the input is the logarithm of the rate; default `true`
 * @param options.full whether log t! is added, by Stirling's formula; default `false`
 * @param options.eps added to a rate under the logarithm; default 1e-8
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { poissonNllLoss, tensor } from 'myelin';
 * console.log(poissonNllLoss(tensor([0]), tensor([3])).item()); // 1
 * ```
 */
export function poissonNllLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  options?: PoissonNllOptions,
): Tensor<D>;
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor {
  const { logInput = true, full = false, eps = 1e-8 } = options;
  checkFlag('poissonNllLoss', 'logInput', logInput);
  checkFlag('poissonNllLoss', 'full', full);
  checkAtLeast('poissonNllLoss', 'eps', eps, 0);
  return elementLoss('poissonNllLoss', input, target, options, (x, t) => {
    const loss = logInput ? sub(exp(x), mul(t, x)) : sub(x, mul(t, log(add(x, eps))));
    return full ? add(loss, where(gt(t, 1), stirling(t), 0)) : loss;
  });
}

// log t! for t above 1; below, where it does not count, that of 1.
function stirling(t: Tensor): Tensor {
  const count = maximum(t, 1);
  const logarithm = log(count);
  return add(sub(mul(count, logarithm), count), mul(add(logarithm, Math.log(2 * Math.PI)), 0.5));
}

/** Options of {@link gaussianNllLoss}. */
export interface GaussianNllOptions extends LossOptions {
  /** Whether log(2 π) / 2 is added; default `false`. */
  readonly full?: boolean;
  /** Least variance; default 1e-6. */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of numbers that are normally distributed: with v = max(varianceᵢ, eps),
 * lossᵢ = (log v + (inputᵢ − targetᵢ)² / v) / 2, and log(2 π) / 2 more with `full`.
 *
 * Shapes: input and target the same; the variance broadcasts to it; the result is a single number, or with reduction
 * `'none'` one per element. Dtypes: input and variance of one float dtype; the target is cast to it.
 *
 * @param input means
 * @param target numbers that are to be likely
 * @param variance variances
 * @param options.full whether log(2 π) / 2 is added; default `false`
 * @param options.eps least variance; default 1e-6
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Nix & Weigend 1994, «Estimating the mean and variance of the target probability distribution», equation 4.
 * @example
 * ```ts
 * import { gaussianNllLoss, tensor } from 'myelin';
 * console.log(gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export function gaussianNllLoss<D extends FloatDType>(
  input: Tensor<D>,
  target: Tensor,
  variance: Tensor<D>,
  options?: GaussianNllOptions,
): Tensor<D>;
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNllOptions = {},
): Tensor {
  const { full = false, eps = 1e-6 } = options;
  checkOneFloat('gaussianNllLoss', { input, variance });
  checkFlag('gaussianNllLoss', 'full', full);
  checkPositive('gaussianNllLoss', 'eps', eps);
  checkBroadcasts('gaussianNllLoss', 'variance', variance, input);
  return elementLoss('gaussianNllLoss', input, target, options, (x, t) => {
    const v = maximum(variance, eps);
    const loss = mul(add(log(v), div(square(sub(x, t)), v)), 0.5);
    return full ? add(loss, 0.5 * Math.log(2 * Math.PI)) : loss;
  });
}
