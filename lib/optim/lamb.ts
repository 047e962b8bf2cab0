import { checkPositive } from '../ops/checks.js';
import { lambStep } from '../ops/optim.js';
import { checkBetas } from './betas.js';
import {
  commonAttrs,
  commonDefaults,
  eachElement,
  singleNumber,
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link LAMB}. */
export interface LAMBOptions extends OptimizerOptions {
  /** How much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]. */
  readonly betas: readonly [mean: number, square: number];
  /** Added to the denominator, above 0; default 1e-6. */
  readonly eps: number;
}

type Slot = 'exp_avg' | 'exp_avg_sq' | 'step';

const rule: UpdateRule<LAMBOptions, Slot> = {
  name: 'LAMB',
  defaults: { ...commonDefaults, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, decoupledWeightDecay: true },
  check: ({ betas, eps }) => {
    checkBetas('LAMB', betas);
    checkPositive('LAMB', 'eps', eps);
  },
  slots: () => ({ exp_avg: eachElement(), exp_avg_sq: eachElement(), step: singleNumber() }),
  update: (options) => {
    const { betas, eps } = options;
    const attrs = { ...commonAttrs(options), beta1: betas[0], beta2: betas[1], eps };
    return ({ params, grads, state, lr }) => {
      lambStep({ params, grads, means: state.exp_avg, squares: state.exp_avg_sq, steps: state.step, lr }, attrs);
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
