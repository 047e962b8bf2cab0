import { checkDecay, checkFinite, checkFlag } from '../ops/checks.js';
import { sgdStep } from '../ops/optim.js';
import { fail } from '../tensor/errors.js';
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

/** Options of {@link SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** How much of the last step's direction is kept, 0 to 1; default 0. */
  readonly momentum: number;
  /** How much less of the gradient enters the direction; default 0. */
  readonly dampening: number;
  /** Whether the gradient is looked at one step ahead; default `false`. */
  readonly nesterov: boolean;
}

const rule: UpdateRule<SGDOptions, 'momentum_buffer' | 'step'> = {
  name: 'SGD',
  defaults: { ...commonDefaults, lr: 1e-3, momentum: 0, dampening: 0, nesterov: false },
  check: ({ momentum, dampening, nesterov }) => {
    checkDecay('SGD', 'momentum', momentum);
    checkFinite('SGD', 'dampening', dampening);
    checkFlag('SGD', 'nesterov', nesterov);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      fail(
        'VALUE',
        'SGD',
        `nesterov with momentum ${momentum} and dampening ${dampening} (need momentum > 0, dampening 0)`,
      );
    }
  },
  slots: ({ momentum }) => ({
    momentum_buffer: momentum === 0 ? undefined : eachElement(),
    step: momentum === 0 ? undefined : singleNumber(),
  }),
  momentum: ({ momentum }) => (momentum === 0 ? undefined : momentum),
  update: (options) => {
    const { dampening, nesterov } = options;
    const attrs = { ...commonAttrs(options), remembers: options.momentum !== 0, dampening, nesterov };
    return ({ params, grads, state, momentum, lr }) => {
      sgdStep({ params, grads, velocities: state.momentum_buffer, steps: state.step, momentum, lr }, attrs);
    };
  },
};

/**
 * Stochastic gradient descent, with momentum if wanted.
 *
 * v = momentum · v + (1 − dampening) · g, which starts as g; param −= lr · v
 * (Nesterov: param −= lr · (g + momentum · v); without momentum: param −= lr · g)
 * (g is the gradient with its penalties)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr learning rate; default 1e-3
 * @param options.momentum how much of the last direction is kept; default 0
 * @param options.dampening how much less of the gradient enters the direction; default 0
 * @param options.nesterov whether the gradient is looked at one step ahead; default `false`
 * @param options.weightDecay L2 penalty: what is added to the gradient, relative to the parameter; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `false`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Sutskever et al. 2013, «On the importance of initialization and momentum in deep learning», section 2, with the
 * learning rate outside of v.
 * @example
 * ```ts
 * import { Linear, mse, ones, SGD, valueAndGrad } from 'myelin';
 * const model = new Linear(2, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * const [loss, grads] = valueAndGrad(() => mse(model.forward(ones([4, 2])), ones([4, 1])), model.parameters());
 * optimizer.step(grads);
 * console.log(mse(model.forward(ones([4, 2])), ones([4, 1])).item() <= loss.item()); // true
 * ```
 */
export class SGD extends Optimizer<SGDOptions, 'momentum_buffer' | 'step'> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<SGDOptions> = {}) {
    super(rule, parameters, options);
  }
}
