import { checkAtLeast } from '../ops/checks.js';
import { nadamStep } from '../ops/optim.js';
import { averages, betaAttrs, betaDefaults, checkAverages, firstBeta, type BetaOptions } from './betas.js';
import {
  singleNumber,
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link NAdam}. */
export interface NAdamOptions extends BetaOptions {
  /** How fast momentum grows towards β₁; default 4e-3. */
  readonly momentumDecay: number;
}

type Slot = 'exp_avg' | 'exp_avg_sq' | 'step' | 'mu_product';

const rule: UpdateRule<NAdamOptions, Slot> = {
  name: 'NAdam',
  defaults: { ...betaDefaults, lr: 2e-3, momentumDecay: 4e-3 },
  check: (options) => {
    checkAverages('NAdam', options);
    checkAtLeast('NAdam', 'momentumDecay', options.momentumDecay, 0);
  },
  slots: () => ({ ...averages(), mu_product: singleNumber(1) }),
  momentum: firstBeta,
  update: (options) => {
    const attrs = { ...betaAttrs(options), momentumDecay: options.momentumDecay };
    return ({ params, grads, state, momentum, lr }) => {
      const { exp_avg: means, exp_avg_sq: squares, step: steps, mu_product: products } = state;
      nadamStep({ params, grads, means, squares, steps, products, momentum, lr }, attrs);
    };
  },
};

/**
 * {@link Adam} that looks one step ahead, as Nesterov's momentum does.
 *
 * m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2), pₜ = μ₁ · … · μₜ;
 * param −= lr · ((1 − μₜ) / (1 − pₜ) · g + μₜ₊₁ / (1 − pₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + eps) at step t
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 2e-3
 * @param options.betas how much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]
 * @param options.eps added to the denominator; default 1e-8
 * @param options.momentumDecay how fast momentum grows towards β₁; default 4e-3
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Dozat 2016, «Incorporating Nesterov Momentum into Adam», algorithm 2, with the schedule of momentum of its section 3.
 * @example
 * ```ts
 * import { Linear, NAdam } from 'myelin';
 * const optimizer = new NAdam(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.002
 * ```
 */
export class NAdam extends Optimizer<NAdamOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<NAdamOptions> = {}) {
    super(rule, parameters, options);
  }
}
