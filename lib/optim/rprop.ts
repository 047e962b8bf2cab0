import { checkAtLeast, checkTwoNumbers } from '../ops/checks.js';
import { rpropStep } from '../ops/optim.js';
import { fail, show } from '../tensor/errors.js';
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

/** Options of {@link Rprop}. */
export interface RpropOptions extends OptimizerOptions {
  /** What a step size is multiplied with where the gradient changes its sign, and where it keeps it; default [0.5, 1.2]. */
  readonly etas: readonly [minus: number, plus: number];
  /** The least and the greatest step size; default [1e-6, 50]. */
  readonly stepSizes: readonly [least: number, greatest: number];
}

type Slot = 'prev' | 'step_size';

const rule: UpdateRule<RpropOptions, Slot> = {
  name: 'Rprop',
  defaults: { ...commonDefaults, lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50] },
  check: ({ etas, stepSizes }) => {
    checkTwoNumbers('Rprop', 'etas', etas);
    if (!(0 < etas[0] && etas[0] < 1 && 1 < etas[1])) {
      fail('VALUE', 'Rprop', `etas is ${show(etas)} (need 0 < etas[0] < 1 < etas[1])`);
    }
    checkTwoNumbers('Rprop', 'stepSizes', stepSizes);
    checkAtLeast('Rprop', 'stepSizes[0]', stepSizes[0], 0);
    checkAtLeast('Rprop', 'stepSizes[1]', stepSizes[1], stepSizes[0]);
  },
  slots: ({ lr }) => ({ prev: eachElement(), step_size: eachElement(lr) }),
  update: (options) => {
    const [etaMinus, etaPlus] = options.etas;
    const [minSize, maxSize] = options.stepSizes;
    const attrs = { ...commonAttrs(options), etaMinus, etaPlus, minSize, maxSize };
    return ({ params, grads, state, lr }) => {
      rpropStep({ params, grads, previous: state.prev, sizes: state.step_size, lr }, attrs);
    };
  },
};

/**
 * Steps whose size depends on signs of gradients alone: it grows while the sign stays, and shrinks where it changes. For training
 * with all samples at once, whose gradients are exact.
 *
 * Element by element: where g · prev > 0, size = min(size · etas[1], stepSizes[1]); where g · prev < 0,
 * size = max(size · etas[0], stepSizes[0]) and g = 0; param −= size · sign(g); prev = g
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr what sizes of steps start with; a later change of `lr` changes decoupled weight decay only; default 1e-2
 * @param options.etas what a size is multiplied with where the gradient changes its sign, and where it keeps it; default [0.5, 1.2]
 * @param options.stepSizes the least and the greatest size; default [1e-6, 50]
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Riedmiller & Braun 1993, «A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm», without
 * its way back after a change of sign.
 * @example
 * ```ts
 * import { Linear, Rprop } from 'myelin';
 * const optimizer = new Rprop(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.01
 * ```
 */
export class Rprop extends Optimizer<RpropOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<RpropOptions> = {}) {
    super(rule, parameters, options);
  }
}
