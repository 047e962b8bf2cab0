import { radamStep } from '../ops/optim.js';
import { averages, betaAttrs, betaDefaults, checkAverages, firstBeta, type BetaOptions } from './betas.js';
import { Optimizer, type NamedParameters, type OptimizerArguments, type UpdateRule } from './optimizer.js';

/** Options of {@link RAdam}. */
export interface RAdamOptions extends BetaOptions {}

type Slot = 'exp_avg' | 'exp_avg_sq' | 'step';

const rule: UpdateRule<RAdamOptions, Slot> = {
  name: 'RAdam',
  defaults: { ...betaDefaults, lr: 1e-3 },
  check: (options) => checkAverages('RAdam', options),
  slots: averages,
  momentum: firstBeta,
  update: (options) => {
    const attrs = betaAttrs(options);
    return ({ params, grads, state, momentum, lr }) => {
      const { exp_avg: means, exp_avg_sq: squares, step: steps } = state;
      radamStep({ params, grads, means, squares, steps, momentum, lr }, attrs);
    };
  },
};

/**
 * {@link Adam} whose steps adapt only once enough gradients were seen to know their variance: it needs no warm-up.
 *
 * n = 2 / (1 − β₂) − 1, nₜ = n − 2 t β₂ᵗ / (1 − β₂ᵗ), m̂ = m / (1 − β₁ᵗ) at step t. While nₜ ≤ 5: param −= lr · m̂; then
 * param −= lr · m̂ · √((1 − β₂ᵗ) (nₜ − 4) (nₜ − 2) n / ((n − 4) (n − 2) nₜ)) / (√v + eps)
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.betas how much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]
 * @param options.eps added to the denominator; default 1e-8
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Liu et al. 2020, «On the Variance of the Adaptive Learning Rate and Beyond», algorithm 2.
 * @example
 * ```ts
 * import { Linear, RAdam } from 'myelin';
 * const optimizer = new RAdam(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.001
 * ```
 */
export class RAdam extends Optimizer<RAdamOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<RAdamOptions> = {}) {
    super(rule, parameters, options);
  }
}
