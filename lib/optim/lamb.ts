import { checkPositive } from '../ops/checks.js';
import { lambStep } from '../ops/optim.js';
import { averages, betaAttrs, betaDefaults, checkAverages, firstBeta, type BetaOptions } from './betas.js';
import { Optimizer, type NamedParameters, type OptimizerArguments, type UpdateRule } from './optimizer.js';

/** Options of {@link LAMB}. */
export interface LAMBOptions extends BetaOptions {}

type Slot = 'exp_avg' | 'exp_avg_sq' | 'step';

const rule: UpdateRule<LAMBOptions, Slot> = {
  name: 'LAMB',
  defaults: { ...betaDefaults, lr: 1e-3, eps: 1e-6, decoupledWeightDecay: true },
  check: (options) => {
    checkAverages('LAMB', options);
    checkPositive('LAMB', 'eps', options.eps);
  },
  slots: averages,
  momentum: firstBeta,
  update: (options) => {
    const attrs = betaAttrs(options);
    return ({ params, grads, state, momentum, lr }) => {
      const { exp_avg: means, exp_avg_sq: squares, step: steps } = state;
      lambStep({ params, grads, means, squares, steps, momentum, lr }, attrs);
    };
  },
};

/**
 * {@link AdamW} whose steps are as long as the parameter they change is large: for training with very large batches.
 *
 * r = m̂ / (√v̂ + eps) + weightDecay · param, with m̂ and v̂ as Adam's; param −= lr · ‖param‖ / ‖r‖ · r, where the quotient
 * is 1 if either length is 0
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.betas how much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]
 * @param options.eps added to the denominator, above 0; default 1e-6
 * @param options.weightDecay how strongly parameters are drawn towards 0; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `true`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: You et al. 2020, «Large Batch Optimization for Deep Learning: Training BERT in 76 minutes», algorithm 2.
 * @example
 * ```ts
 * import { Linear, LAMB } from 'myelin';
 * const optimizer = new LAMB(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.001
 * ```
 */
export class LAMB extends Optimizer<LAMBOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<LAMBOptions> = {}) {
    super(rule, parameters, options);
  }
}
