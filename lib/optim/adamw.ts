import { adamRule, type AdamOptions, type AdamSlot } from './adam.js';
import { Optimizer, type NamedParameters, type OptimizerArguments } from './optimizer.js';

const rule = adamRule('AdamW', { weightDecay: 0.01, decoupledWeightDecay: true });

/**
 * {@link Adam} with weight decay that acts on the parameter itself, not through the gradient's averages.
 *
 * param −= lr · weightDecay · param, then a step of Adam
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.betas β₁ and β₂; default [0.9, 0.999]
 * @param options.eps added to the denominator; default 1e-8
 * @param options.amsgrad whether the largest average square so far takes the place of the present one; default `false`
 * @param options.weightDecay share of a parameter that a step takes away, relative to lr; default 0.01
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `true`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Loshchilov & Hutter 2019, «Decoupled Weight Decay Regularization», algorithm 2.
 * @example
 * ```ts
 * import { AdamW, Linear } from 'myelin';
 * const model = new Linear(2, 1);
 * const noDecay = { match: (name: string) => name.endsWith('bias'), weightDecay: 0 };
 * const optimizer = new AdamW(model.parameters(), { lr: 0.01, weightDecay: 0.1, groups: [noDecay] });
 * console.log(optimizer.lr); // 0.01
 * ```
 */
export class AdamW extends Optimizer<AdamOptions, AdamSlot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdamOptions> = {}) {
    super(rule, parameters, options);
  }
}
