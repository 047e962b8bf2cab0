import { checkFlag } from '../ops/checks.js';
import { adamStep } from '../ops/optim.js';
import { averages, betaAttrs, betaDefaults, checkAverages, firstBeta, type BetaOptions } from './betas.js';
import { eachElement, Optimizer, type NamedParameters, type OptimizerArguments, type UpdateRule } from './optimizer.js';

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions extends BetaOptions {
  /** Whether the largest average square so far takes the place of the present one; default `false`. */
  readonly amsgrad: boolean;
}

/** What is remembered of each parameter. */
export type AdamSlot = 'exp_avg' | 'exp_avg_sq' | 'max_exp_avg_sq' | 'step';

/** The rule of Adam, under a name and with defaults of weight decay, which AdamW and AMSGrad have others of. */
export function adamRule(name: string, special: Partial<AdamOptions> = {}): UpdateRule<AdamOptions, AdamSlot> {
  return {
    name,
    defaults: { ...betaDefaults, lr: 1e-3, amsgrad: false, ...special },
    check: (options) => {
      checkAverages(name, options);
      checkFlag(name, 'amsgrad', options.amsgrad);
    },
    slots: ({ amsgrad }) => ({ ...averages(), max_exp_avg_sq: amsgrad ? eachElement() : undefined }),
    momentum: firstBeta,
    update: (options) => {
      const attrs = { ...betaAttrs(options), amsgrad: options.amsgrad };
      return ({ params, grads, state, momentum, lr }) => {
        const { exp_avg: means, exp_avg_sq: squares, max_exp_avg_sq: maxima, step: steps } = state;
        adamStep({ params, grads, means, squares, maxima, steps, momentum, lr }, attrs);
      };
    },
  };
}

const rule = adamRule('Adam');

/**
 * Steps of a size that adapts to each parameter: the average gradient divided by the root of the average square.
 *
 * m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²;
 * param −= lr · m̂ / (√v̂ + eps) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) at step t
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.betas β₁ and β₂; default [0.9, 0.999]
 * @param options.eps added to the denominator; default 1e-8
 * @param options.amsgrad whether the largest v̂ so far takes the place of v̂ (AMSGrad); default `false`
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Kingma & Ba 2015, «Adam: A Method for Stochastic Optimization», algorithm 1; Reddi, Kale & Kumar 2018,
 * «On the Convergence of Adam and Beyond», algorithm 2 (AMSGrad).
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
