import { adamaxStep } from '../ops/optim.js';
import { betaAttrs, betaDefaults, checkAverages, firstBeta, type BetaOptions } from './betas.js';
import {
  eachElement,
  singleNumber,
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link Adamax}. */
export interface AdamaxOptions extends BetaOptions {}

type Slot = 'exp_avg' | 'exp_inf' | 'step';

const rule: UpdateRule<AdamaxOptions, Slot> = {
  name: 'Adamax',
  defaults: { ...betaDefaults, lr: 2e-3 },
  check: (options) => checkAverages('Adamax', options),
  slots: () => ({ exp_avg: eachElement(), exp_inf: eachElement(), step: singleNumber() }),
  momentum: firstBeta,
  update: (options) => {
    const attrs = betaAttrs(options);
    return ({ params, grads, state, momentum, lr }) => {
      const { exp_avg: means, exp_inf: largest, step: steps } = state;
      adamaxStep({ params, grads, means, largest, steps, momentum, lr }, attrs);
    };
  },
};

/**
 * {@link Adam} with the largest gradient, slowly forgotten, in place of the root of the average square.
 *
 * m = β₁ m + (1 − β₁) g; u = max(β₂ u, |g| + eps); param −= lr / (1 − β₁ᵗ) · m / u at step t
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 2e-3
 * @param options.betas how much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]
 * @param options.eps added to the size of gradients; default 1e-8
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Kingma & Ba 2015, «Adam: A Method for Stochastic Optimization», algorithm 2.
 * @example
 * ```ts
 * import { Linear, Adamax } from 'myelin';
 * const optimizer = new Adamax(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.002
 * ```
 */
export class Adamax extends Optimizer<AdamaxOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdamaxOptions> = {}) {
    super(rule, parameters, options);
  }
}
