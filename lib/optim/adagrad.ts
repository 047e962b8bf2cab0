import { checkAtLeast } from '../ops/checks.js';
import { adagradStep } from '../ops/optim.js';
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

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** How fast the learning rate falls: at step t it is lr / (1 + (t − 1) · lrDecay); default 0. */
  readonly lrDecay: number;
  /** What the sums of squares start with; default 0. */
  readonly initialAccumulatorValue: number;
  /** Added to the root of the sum of squares; default 1e-10. */
  readonly eps: number;
}

type Slot = 'sum' | 'step';

const rule: UpdateRule<AdagradOptions, Slot> = {
  name: 'Adagrad',
  defaults: { ...commonDefaults, lr: 1e-2, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 },
  check: ({ lrDecay, initialAccumulatorValue, eps }) => {
    for (const [name, value] of Object.entries({ lrDecay, initialAccumulatorValue, eps })) {
      checkAtLeast('Adagrad', name, value, 0);
    }
  },
  slots: ({ initialAccumulatorValue }) => ({ sum: eachElement(initialAccumulatorValue), step: singleNumber() }),
  update: (options) => {
    const { lrDecay, eps } = options;
    const attrs = { ...commonAttrs(options), lrDecay, eps };
    return ({ params, grads, state, lr }) => {
      adagradStep({ params, grads, squares: state.sum, steps: state.step, lr }, attrs);
    };
  },
};

/**
 * Gradients divided by the root of the sum of all their squares so far: rare features keep taking large steps.
 *
 * s = s + g²; param −= lr / (1 + (t − 1) · lrDecay) · g / (√s + eps) at step t
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-2
 * @param options.lrDecay how fast the learning rate falls: at step t it is lr / (1 + (t − 1) · lrDecay); default 0
 * @param options.initialAccumulatorValue what the sums of squares start with; default 0
 * @param options.eps added to the root of the sum of squares; default 1e-10
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Duchi, Hazan & Singer 2011, «Adaptive Subgradient Methods for Online Learning and Stochastic Optimization»,
 * figure 1, diagonal matrices.
 * @example
 * ```ts
 * import { Linear, Adagrad } from 'myelin';
 * const optimizer = new Adagrad(new Linear(2, 1).parameters());
 * console.log(optimizer.lr); // 0.01
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdagradOptions> = {}) {
    super(rule, parameters, options);
  }
}
