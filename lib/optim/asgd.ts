import { checkAtLeast } from '../ops/checks.js';
import { asgdStep } from '../ops/optim.js';
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

/** Options of {@link ASGD}. */
export interface ASGDOptions extends OptimizerOptions {
  /** How strongly parameters are drawn towards 0, and how fast the rate falls; default 1e-4. */
  readonly lambd: number;
  /** Power with which the rate falls; default 0.75. */
  readonly alpha: number;
  /** Number of steps after which averaging begins; default 1e6. */
  readonly t0: number;
}

type Slot = 'ax' | 'step' | 'eta' | 'mu';

const rule: UpdateRule<ASGDOptions, Slot> = {
  name: 'ASGD',
  defaults: { ...commonDefaults, lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6 },
  check: ({ lambd, alpha, t0 }) => {
    for (const [name, value] of Object.entries({ lambd, alpha, t0 })) checkAtLeast('ASGD', name, value, 0);
  },
  slots: ({ lr }) => ({ ax: eachElement(), step: singleNumber(), eta: singleNumber(lr), mu: singleNumber(1) }),
  update: (options) => {
    const { lambd, alpha, t0 } = options;
    const attrs = { ...commonAttrs(options), lambd, alpha, t0 };
    return ({ params, grads, state, lr }) => {
      const { ax: means, step: steps, eta: rates, mu: weights } = state;
      asgdStep({ params, grads, means, steps, rates, weights, lr }, attrs);
    };
  },
};

/**
 * Plain descent with a falling rate that also averages its parameters: the averages, `<name>.ax` of its state dict, come closer to
 * the solution than the last step does.
 *
 * param = (1 − lambd · η) · param − η · g; ax += μ · (param − ax); then η = lr / (1 + lambd · lr · t)^alpha and
 * μ = 1 / max(1, t − t0) at step t; at first η = lr and μ = 1
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate, which acts from the next step on when it is changed; default 1e-2
 * @param options.lambd how strongly parameters are drawn towards 0, and how fast the rate falls; default 1e-4
 * @param options.alpha power with which the rate falls; default 0.75
 * @param options.t0 number of steps after which averaging begins; default 1e6
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Polyak & Juditsky 1992, «Acceleration of Stochastic Approximation by Averaging»; the rate that falls: Xu 2011, «Towards
 * Optimal One Pass Large Scale Learning with Averaged Stochastic Gradient Descent», section 2.
 * @example
 * ```ts
 * import { ASGD, Linear } from 'myelin';
 * const optimizer = new ASGD(new Linear(2, 1).parameters(), { t0: 100 });
 * console.log(optimizer.stateDict()['weight.ax']?.shape); // [ 1, 2 ]
 * ```
 */
export class ASGD extends Optimizer<ASGDOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<ASGDOptions> = {}) {
    super(rule, parameters, options);
  }
}
