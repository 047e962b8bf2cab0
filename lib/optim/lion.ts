import { lionStep } from '../ops/optim.js';
import { checkBetas, firstBeta } from './betas.js';
import {
  commonAttrs,
  commonDefaults,
  eachElement,
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** How much of the average enters a step, and how much of it is kept, each in [0, 1); default [0.9, 0.99]. */
  readonly betas: readonly [step: number, mean: number];
}

type Slot = 'exp_avg';

const rule: UpdateRule<LionOptions, Slot> = {
  name: 'Lion',
  defaults: { ...commonDefaults, lr: 1e-4, betas: [0.9, 0.99], decoupledWeightDecay: true },
  check: ({ betas }) => {
    checkBetas('Lion', betas);
  },
  slots: () => ({ exp_avg: eachElement() }),
  momentum: firstBeta,
  update: (options) => {
    const attrs = { ...commonAttrs(options), beta2: options.betas[1] };
    return ({ params, grads, state, momentum, lr }) => {
      lionStep({ params, grads, means: state.exp_avg, momentum, lr }, attrs);
    };
  },
};

/**
 * Steps of one size for all elements: only the sign of the average gradient counts. It remembers half of what Adam does.
 *
 * param −= lr · (sign(β₁ m + (1 − β₁) g) + weightDecay · param); then m = β₂ m + (1 − β₂) g
 *
 * Its learning rate is to be three to ten times smaller than that of {@link AdamW}, and its decay as many times larger.
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-4
 * @param options.betas how much of the average enters a step, and how much of it is kept, each in [0, 1); default [0.9, 0.99]
 * @param options.weightDecay share of a parameter that a step takes away, relative to lr; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `true`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Chen et al. 2023, «Symbolic Discovery of Optimization Algorithms», algorithm 2.
 * @example
 * ```ts
 * import { Linear, Lion } from 'myelin';
 * const optimizer = new Lion(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.0001
 * ```
 */
export class Lion extends Optimizer<LionOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<LionOptions> = {}) {
    super(rule, parameters, options);
  }
}
