import { checkAtLeast, checkDecay } from '../ops/checks.js';
import { adamStep } from '../ops/optim.js';
import { fail, show } from '../tensor/errors.js';
import {
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends OptimizerOptions {
  /** How much of the averages of gradients and of their squares is kept, 0 to 1; default [0.9, 0.999]. */
  readonly betas: readonly [mean: number, square: number];
  /** Added to the root of the average square; default 1e-8. */
  readonly eps: number;
  /** Adam: L2 penalty, default 0. AdamW: what a step takes from a parameter, relative to lr; default 0.01. */
  readonly weightDecay: number;
}

type AdamSlot = 'exp_avg' | 'exp_avg_sq';

/** The rule of Adam; decoupled, weight decay shrinks the parameter and stays out of the averages, as in AdamW. */
export function adamRule(name: string, weightDecay: number, decoupled: boolean): UpdateRule<AdamOptions, AdamSlot> {
  return {
    name,
    defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay },
    check: (options) => {
      const betas: unknown = options.betas;
      if (!Array.isArray(betas) || betas.length !== 2)
        fail('VALUE', name, `betas is ${show(betas)} (need two numbers)`);
      checkDecay(name, 'betas[0]', betas[0]);
      checkDecay(name, 'betas[1]', betas[1]);
      checkAtLeast(name, 'eps', options.eps, 0);
      checkAtLeast(name, 'weightDecay', options.weightDecay, 0);
    },
    slots: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
    update: (
      { parameters: params, gradients: grads, state, lr, step },
      { betas: [beta1, beta2], eps, weightDecay: decay },
    ) =>
      adamStep(
        { params, grads, means: state.exp_avg, squares: state.exp_avg_sq, lr, step },
        { beta1, beta2, eps, weightDecay: decay, decoupled },
      ),
  };
}

const rule = adamRule('Adam', 0, false);

/**
 * Steps of a size that adapts to each parameter: the average gradient divided by the root of the average square.
 *
 * g = grad + weightDecay · param; m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²;
 * param −= lr · m̂ / (√v̂ + eps) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) at step t
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.betas β₁ and β₂; default [0.9, 0.999]
 * @param options.eps added to the denominator; default 1e-8
 * @param options.weightDecay L2 penalty; default 0
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Kingma & Ba 2015, «Adam: A Method for Stochastic Optimization», algorithm 1.
 * @example
 * ```ts
 * import { Adam, Linear, mse, ones, valueAndGrad } from 'myelin';
 * const model = new Linear(2, 1);
 * const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 * const [, grads] = valueAndGrad(() => mse(model.forward(ones([4, 2])), ones([4, 1])), model.parameters());
 * optimizer.step(grads);
 * console.log(optimizer.stepCount); // 1
 * ```
 */
export class Adam extends Optimizer<AdamOptions, AdamSlot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdamOptions> = {}) {
    super(rule, parameters, options);
  }
}
