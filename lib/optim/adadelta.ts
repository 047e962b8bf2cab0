import { checkAtLeast, checkDecay } from '../ops/checks.js';
import { adadeltaStep } from '../ops/optim.js';
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

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of the averages is kept, 0 to 1; default 0.9. */
  readonly rho: number;
  /** Added under both roots; default 1e-6. */
  readonly eps: number;
}

type Slot = 'square_avg' | 'acc_delta';

const rule: UpdateRule<AdadeltaOptions, Slot> = {
  name: 'Adadelta',
  defaults: { ...commonDefaults, lr: 1, rho: 0.9, eps: 1e-6 },
  check: ({ rho, eps }) => {
    checkDecay('Adadelta', 'rho', rho);
    checkAtLeast('Adadelta', 'eps', eps, 0);
  },
  slots: () => ({ square_avg: eachElement(), acc_delta: eachElement() }),
  update: (options) => {
    const { rho, eps } = options;
    const attrs = { ...commonAttrs(options), rho, eps };
    return ({ params, grads, state, lr }) => {
      adadeltaStep({ params, grads, squares: state.square_avg, moves: state.acc_delta, lr }, attrs);
    };
  },
};

/**
 * Steps of the size of earlier steps: the gradient times the root of the average square of steps over that of gradients.
 *
 * s = ρ s + (1 − ρ) g²; u = √(d + eps) / √(s + eps) · g; d = ρ d + (1 − ρ) u²; param −= lr · u
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1
 * @param options.rho how much of the averages is kept, 0 to 1; default 0.9
 * @param options.eps added under both roots; default 1e-6
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Zeiler 2012, «ADADELTA: An Adaptive Learning Rate Method», algorithm 1.
 * @example
 * ```ts
 * import { Linear, Adadelta } from 'myelin';
 * const optimizer = new Adadelta(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 1
 * ```
 */
export class Adadelta extends Optimizer<AdadeltaOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdadeltaOptions> = {}) {
    super(rule, parameters, options);
  }
}
