import { buffer } from '../nn/init.js';
import { checkModule, type AnyModule } from '../nn/module.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { add, div } from '../ops/arithmetic.js';
import { checkDecay, checkFlag, checkObject } from '../ops/checks.js';
import { eq, where } from '../ops/compare.js';
import { full } from '../ops/creation.js';
import { clone } from '../ops/move.js';
import { ascent, sgdStep } from '../ops/optim.js';
import { isFloat } from '../tensor/dtype.js';
import type { Buffer, Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/** Options of {@link WeightAverage}. */
export interface WeightAverageOptions {
  /**
   * How much of the average is kept at every update, 0 to 1 (an exponential moving average); left out, all updates
   * weigh the same (stochastic weight averaging).
   */
  readonly decay?: number;
  /** Whether Buffers are averaged too, such as the statistics of batch norm; default `false`: only Parameters are. */
  readonly buffers?: boolean;
}

// avg − w · avg + w · value is a step of gradient ascent with decoupled decay: one command for all parameters.
const towards = { ...ascent, weightDecay: 1, decoupled: true };

/**
 * Averages of a model's weights over its training, which often do better than the last ones.
 *
 * First update: avg = value. Later, with decay: avg = decay · avg + (1 − decay) · value; without: the mean of all so far.
 *
 * `update` can be part of a compiled step.
 *
 * @param model whose Parameters to average; frozen ones too
 * @param options.decay how much of the average is kept at every update; default: all updates weigh the same
 * @param options.buffers whether Buffers of float dtypes are averaged too; default `false`
 * @throws MyelinError `VALUE` unless 0 <= decay < 1
 *
 * Source: Polyak & Juditsky 1992, «Acceleration of Stochastic Approximation by Averaging»; Izmailov et al. 2018,
 * «Averaging Weights Leads to Wider Optima and Better Generalization», algorithm 1.
 * @example
 * ```ts
 * import { Linear, WeightAverage } from 'myelin';
 * const model = new Linear(2, 1);
 * const average = new WeightAverage(model, { decay: 0.99 });
 * average.update(); // after every step of the optimizer
 * average.swap(); // the model has the averages, and the average keeps the weights
 * average.swap(); // and back
 * console.log(average.count); // 1
 * ```
 */
export class WeightAverage {
  private readonly decay: number | undefined;
  private readonly averages: ReadonlyMap<string, Buffer>;
  private readonly values: ReadonlyMap<string, Variable>;
  private readonly updates: Buffer = buffer(() => full([], 0, { dtype: 'float64' }));

  constructor(model: AnyModule, options: WeightAverageOptions = {}) {
    checkModule('WeightAverage', model);
    checkObject('WeightAverage', 'options', options);
    const { decay, buffers = false } = options;
    if (decay !== undefined) checkDecay('WeightAverage', 'decay', decay);
    checkFlag('WeightAverage', 'buffers', buffers);
    this.decay = decay;
    const variables = { ...model.parameters({ frozen: true }), ...(buffers ? model.buffers() : {}) };
    this.values = new Map(Object.entries(variables).filter(([, { dtype }]) => isFloat(dtype)));
    this.averages = new Map([...this.values].map(([name, value]) => [name, buffer(() => clone(value))]));
  }

  /** How many updates there have been. */
  get count(): number {
    return Number(this.updates.item());
  }

  /** Takes the model's weights, as they are now, into the averages. */
  update(): void {
    const { updates, decay } = this;
    scope(() => {
      const later = decay === undefined ? div(1, add(updates, 1)) : 1 - decay;
      const float64 = (value: number): Tensor => full([], value, { dtype: 'float64' });
      const lr = where(eq(updates, 0), float64(1), later);
      const lists = {
        params: [...this.averages.values()],
        grads: [...this.values.values()],
        velocities: [],
        steps: [],
      };
      sgdStep({ ...lists, momentum: float64(0), lr }, towards);
      updates.assign(add(updates, 1));
    });
  }

  /** Exchanges the model's weights and the averages: once before evaluation, and once after it. */
  swap(): void {
    scope(() => {
      for (const [name, average] of this.averages) {
        const value = this.values.get(name)!;
        const before = clone(value);
        value.assign(average);
        average.assign(before);
      }
    });
  }

  /** The averages by state-dict name, and the number of updates `n_averaged`: the live tensors. */
  stateDict(): Record<string, Variable> {
    return { n_averaged: this.updates, ...Object.fromEntries(this.averages) };
  }

  /**
   * Goes on from what `stateDict` gave.
   *
   * @throws MyelinError `VALUE` naming missing and unexpected tensors; `SHAPE` naming those of another shape
   */
  loadStateDict(state: StateDict): void {
    checkObject('loadStateDict', 'state', state);
    assignState(this.stateDict(), state, true);
  }

  /** Frees the averages; the model stays. */
  dispose(): void {
    for (const variable of Object.values(this.stateDict())) variable.dispose();
  }

  /** Frees the averages at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
