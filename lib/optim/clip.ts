import { clamp } from '../ops/clamp.js';
import { add, div, minimum, mul } from '../ops/arithmetic.js';
import { checkFlag, checkObject, checkPositive } from '../ops/checks.js';
import { stack } from '../ops/move.js';
import { norm } from '../ops/statistics.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/** Gradients by parameter name. */
export type NamedGradients = Readonly<Record<string, Tensor>>;

/** Result of {@link clipGradNorm}. */
export interface ClippedGradients {
  /** The gradients, shortened if they were too long. */
  readonly grads: Record<string, Tensor<FloatDType>>;
  /** Their common norm before that, a single number. */
  readonly norm: Tensor<FloatDType>;
}

function checkLimit(op: string, name: string, value: unknown): void {
  if (value !== Infinity) checkPositive(op, name, value);
}

function mapValues(
  grads: NamedGradients,
  change: (gradient: Tensor<FloatDType>) => Tensor<FloatDType>,
): Record<string, Tensor<FloatDType>> {
  return Object.fromEntries(
    Object.entries(grads).map(([name, gradient]) => [name, change(gradient as Tensor<FloatDType>)]),
  );
}

/**
 * Shortens gradients, all by the same factor, so that their common norm does not exceed a limit.
 *
 * grads · min(1, maxNorm / (norm + 1e-6)), where the norm is that of all gradients as one long vector
 *
 * The given gradients stay as they are.
 *
 * @param grads by parameter name, as {@link valueAndGrad} returns them
 * @param options.normType exponent of the norm, which may be Infinity; default 2
 * @param options.errorIfNonfinite whether a norm that is NaN or infinite is an error, not in compiled functions; default `false`
 * @throws MyelinError `VALUE` when there are no gradients, or unless `maxNorm` and `normType` are positive
 * `ANOMALY` for a norm that is not finite, if asked for
 *
 * Source: Pascanu, Mikolov & Bengio 2013, «On the difficulty of training recurrent neural networks», section 3.2.
 * @example
 * ```ts
 * import { clipGradNorm, tensor } from 'myelin';
 * const { grads, norm } = clipGradNorm({ w: tensor([3]), b: tensor([4]) }, 1);
 * console.log(norm.item(), grads['w']?.item().toFixed(3)); // 5 0.600
 * ```
 */
export function clipGradNorm(
  grads: NamedGradients,
  maxNorm: number,
  options: { normType?: number; errorIfNonfinite?: boolean } = {},
): ClippedGradients {
  checkObject('clipGradNorm', 'options', options);
  const { normType: p = 2, errorIfNonfinite = false } = options;
  checkObject('clipGradNorm', 'grads', grads);
  checkLimit('clipGradNorm', 'maxNorm', maxNorm);
  checkLimit('clipGradNorm', 'normType', p);
  checkFlag('clipGradNorm', 'errorIfNonfinite', errorIfNonfinite);
  const list = Object.values(grads) as Tensor<FloatDType>[];
  if (list.length === 0) fail('VALUE', 'clipGradNorm', 'there are no gradients');
  return scope(() => {
    const total = norm(stack(list.map((gradient) => norm(gradient, { p }))), { p });
    if (errorIfNonfinite && !Number.isFinite(total.item())) {
      fail('ANOMALY', 'clipGradNorm', `the norm of the gradients is ${total.item()} (need a finite one)`);
    }
    // A gradient of exactly the limit must not divide by zero, hence PyTorch's 1e-6.
    const factor = minimum(div(maxNorm, add(total, 1e-6)), 1);
    return { grads: mapValues(grads, (gradient) => mul(gradient, factor)), norm: total };
  });
}

/**
 * Moves every element of every gradient into [−limit, limit]. The given gradients stay as they are.
 *
 * @param grads by parameter name, as {@link valueAndGrad} returns them
 * @throws MyelinError `VALUE` unless `limit` is positive
 * @example
 * ```ts
 * import { clipGradValue, tensor } from 'myelin';
 * console.log(clipGradValue({ w: tensor([-3, 0.5]) }, 1)['w']?.toArray()); // [ -1, 0.5 ]
 * ```
 */
export function clipGradValue(grads: NamedGradients, limit: number): Record<string, Tensor<FloatDType>> {
  checkObject('clipGradValue', 'grads', grads);
  checkLimit('clipGradValue', 'limit', limit);
  return mapValues(grads, (gradient) => clamp(gradient, { min: -limit, max: limit }));
}
