import { checkAtLeast, checkDecay, checkFlag } from '../ops/checks.js';
import { rmspropStep } from '../ops/optim.js';
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

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** How much of the average square is kept, 0 to 1; default 0.99. */
  readonly alpha: number;
  /** Added to the root of the average square; default 1e-8. */
  readonly eps: number;
  /** How much of the last step's direction is kept, 0 to 1; default 0. */
  readonly momentum: number;
  /** Whether the variance is used in place of the average square; default `false`. */
  readonly centered: boolean;
}

type RMSpropSlot = 'square_avg' | 'grad_avg' | 'momentum_buffer';

const rule: UpdateRule<RMSpropOptions, RMSpropSlot> = {
  name: 'RMSprop',
  defaults: { ...commonDefaults, lr: 1e-2, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false },
  check: ({ alpha, eps, momentum, centered }) => {
    checkDecay('RMSprop', 'alpha', alpha);
    checkDecay('RMSprop', 'momentum', momentum);
    checkAtLeast('RMSprop', 'eps', eps, 0);
    checkFlag('RMSprop', 'centered', centered);
  },
  slots: ({ momentum, centered }) => ({
    square_avg: eachElement(),
    grad_avg: centered ? eachElement() : undefined,
    momentum_buffer: momentum === 0 ? undefined : eachElement(),
  }),
  momentum: ({ momentum }) => (momentum === 0 ? undefined : momentum),
  update: (options) => {
    const { alpha, eps, centered } = options;
    const attrs = { ...commonAttrs(options), alpha, eps, remembers: options.momentum !== 0, centered };
    return ({ params, grads, state, momentum, lr }) => {
      const { square_avg: squares, grad_avg: means, momentum_buffer: velocities } = state;
      rmspropStep({ params, grads, squares, means, velocities, momentum, lr }, attrs);
    };
  },
};

/**
 * Gradients divided by the root of their running average square.
 *
 * s = alpha · s + (1 − alpha) · g²; u = g / (√s + eps); param −= lr · u
 * (centered: s minus the square of the running average of g; momentum: b = momentum · b + u; param −= lr · b)
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-2
 * @param options.alpha how much of the average square is kept; default 0.99
 * @param options.eps added to the denominator; default 1e-8
 * @param options.momentum how much of the last direction is kept; default 0
 * @param options.centered whether the variance takes the place of the average square; default `false`
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Hinton 2012, «Neural Networks for Machine Learning», lecture 6e; centered: Graves 2013, «Generating Sequences With
 * Recurrent Neural Networks», equations 38 to 45.
 * @example
 * ```ts
 * import { Linear, RMSprop } from 'myelin';
 * const optimizer = new RMSprop(new Linear(2, 1).parameters(), { momentum: 0.9, centered: true });
 * console.log(optimizer.lr); // 0.01
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions, RMSpropSlot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<RMSpropOptions> = {}) {
    super(rule, parameters, options);
  }
}
