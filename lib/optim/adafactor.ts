import { checkAtLeast, checkFinite } from '../ops/checks.js';
import { finfo } from '../ops/dtypes.js';
import { adafactorStep, columnAverages, rowAverages } from '../ops/optim.js';
import { isFloat, type DType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import {
  commonAttrs,
  commonDefaults,
  singleNumber,
  zerosOf,
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type UpdateRule,
} from './optimizer.js';

/** Options of {@link Adafactor}. */
export interface AdafactorOptions extends OptimizerOptions {
  /** At step t, averages of squares keep 1 − t^beta2Decay of themselves; at most 0, default −0.8. */
  readonly beta2Decay: number;
  /** The least root of an average square, `null` for `finfo(dtype).eps`, and the least size of a parameter; default [null, 1e-3]. */
  readonly eps: readonly [root: number | null, size: number];
  /** Steps whose elements are larger than this on average are shortened; at least 1, default 1. */
  readonly d: number;
}

type Slot = 'row_var' | 'col_var' | 'variance' | 'step';

const isMatrix = ({ length }: Shape): boolean => length > 1;
const epsOf = (dtype: DType): number => (isFloat(dtype) ? finfo(dtype).eps : 0);

function checkEps(eps: unknown): void {
  if (!Array.isArray(eps) || eps.length !== 2) fail('VALUE', 'Adafactor', `eps is ${show(eps)} (need two numbers)`);
  if (eps[0] !== null) checkAtLeast('Adafactor', 'eps[0]', eps[0], 0);
  checkAtLeast('Adafactor', 'eps[1]', eps[1], 0);
}

const rule: UpdateRule<AdafactorOptions, Slot> = {
  name: 'Adafactor',
  defaults: { ...commonDefaults, lr: 1e-2, beta2Decay: -0.8, eps: [null, 1e-3], d: 1, decoupledWeightDecay: true },
  check: ({ beta2Decay, eps, d }) => {
    checkFinite('Adafactor', 'beta2Decay', beta2Decay);
    if (beta2Decay > 0) fail('VALUE', 'Adafactor', `beta2Decay is ${beta2Decay} (need a number <= 0)`);
    checkEps(eps);
    checkAtLeast('Adafactor', 'd', d, 1);
  },
  slots: () => ({
    row_var: zerosOf((shape) => (isMatrix(shape) ? rowAverages(shape) : undefined)),
    col_var: zerosOf((shape) => (isMatrix(shape) ? columnAverages(shape) : undefined)),
    variance: zerosOf((shape) => (isMatrix(shape) ? undefined : shape)),
    step: singleNumber(),
  }),
  update: (options) => {
    const [root, least] = options.eps;
    const attrs = { ...commonAttrs(options), decay: options.beta2Decay, least, clip: options.d };
    return ({ params, grads, state, lr }) => {
      const eps = root ?? epsOf(params[0]!.dtype);
      for (const factored of [true, false]) {
        const own = <X>(list: readonly X[]): X[] => list.filter((_, i) => isMatrix(params[i]!.shape) === factored);
        const rows = factored ? state.row_var : [];
        const columns = factored ? state.col_var : state.variance;
        if (columns.length === 0) continue;
        const lists = { params: own(params), grads: own(grads), rows, columns, steps: own(state.step) };
        adafactorStep({ ...lists, lr }, { ...attrs, eps, factored });
      }
    };
  },
};

/**
 * {@link Adam} without averages of gradients, which remembers of a matrix only average squares of its rows and of its columns, next
 * to nothing; steps are as long as the parameter they change is large.
 *
 * w = t^beta2Decay at step t; r = (1 − w) r + w · mean of g² along the last axis, c the same along the one before it;
 * v = r c / max(mean r, eps[0]), for vectors v = (1 − w) v + w g²; u = g / max(√v, eps[0]);
 * param −= min(lr, 1 / √t) · max(eps[1], RMS(param)) / max(1, RMS(u) / d) · u
 * (g is the gradient with its penalties, RMS the root of the mean square)
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @param options.lr the greatest size of a step, relative to the parameter; default 1e-2
 * @param options.beta2Decay at step t, averages of squares keep 1 − t^beta2Decay of themselves; at most 0, default −0.8
 * @param options.eps the least √v, `null` for `finfo(dtype).eps`, and the least RMS(param); default [null, 1e-3]
 * @param options.d steps with a larger RMS are shortened to it; at least 1, default 1
 * @param options.weightDecay share of a parameter that a step takes away, relative to lr; default 0
 * @param options.decoupledWeightDecay whether that acts on the parameter itself, not through its gradient; default `true`
 * @param options.l1 L1 penalty: what is added to the gradient, in the direction of the parameter; default 0
 * @param options.maximize whether to climb instead of descend; default `false`
 * @param options.groups parameters for which some options differ, chosen by name; default none
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Shazeer & Stern 2018, «Adafactor: Adaptive Learning Rates with Sublinear Memory Cost», algorithms 4 and 5, with eps[0]
 * where PyTorch has it.
 * @example
 * ```ts
 * import { Adafactor, Linear } from 'myelin';
 * const optimizer = new Adafactor(new Linear(200, 100).parameters());
 * console.log(optimizer.stateDict()['weight.col_var']?.shape); // [ 1, 200 ]
 * ```
 */
export class Adafactor extends Optimizer<AdafactorOptions, Slot> {
  constructor(parameters: NamedParameters, options: OptimizerArguments<AdafactorOptions> = {}) {
    super(rule, parameters, options);
  }
}
