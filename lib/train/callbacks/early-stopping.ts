import { bytesOf, tensorFromBytes } from '../../io/bytes.js';
import type { AnyModule } from '../../nn/module.js';
import type { StateDict } from '../../nn/state-dict.js';
import { checkObject } from '../../ops/checks.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Callback } from '../run.js';
import { Monitor, type MonitorOptions } from './monitor.js';

interface Value {
  readonly dtype: Tensor['dtype'];
  readonly shape: Tensor['shape'];
  readonly bytes: Uint8Array;
}

/** Copies of named tensors as they were at one moment. */
class Snapshot {
  private readonly values: readonly (readonly [name: string, value: Value])[];

  constructor(state: StateDict) {
    this.values = Object.entries(state).map(([name, x]) => [
      name,
      { dtype: x.dtype, shape: x.shape, bytes: bytesOf(x) },
    ]);
  }

  tensors(): StateDict {
    return Object.fromEntries(
      this.values.map(([name, { dtype, shape, bytes }]) => [name, tensorFromBytes(dtype, shape, bytes)]),
    );
  }

  restore(model: AnyModule): void {
    scope(() => void model.loadStateDict(this.tensors()));
  }
}

/**
 * Ends training when a value has not become better for some epochs; those before a resumed training count.
 *
 * @param options.patience epochs to wait for something better; default 3
 * @param options.monitor name in the epoch's log; default `valLoss`, or `loss` where there is no validation
 * @param options.direction `'min'` or `'max'`; default by name: accuracies are to rise, everything else to fall
 * @param options.minDelta what counts as better; default 0
 * @param options.restoreBest gives the model the weights of its best epoch back at the end; they are kept in checkpoints too;
 *   default `true`
 * @throws MyelinError `VALUE` when training logs no such value
 * @example
 * ```ts
 * import { earlyStopping } from 'myelin';
 * const callbacks = [earlyStopping({ patience: 2, monitor: 'valAccuracy' })];
 * ```
 */
export function earlyStopping(
  options: MonitorOptions & {
    readonly patience?: number;
    readonly minDelta?: number;
    readonly restoreBest?: boolean;
  } = {},
): Callback {
  checkObject('earlyStopping', 'options', options);
  const { patience = 3, minDelta = 0, restoreBest = true } = options;
  let monitor = new Monitor('earlyStopping', options, minDelta);
  let best: Snapshot | undefined;
  return {
    onStart: (run) => {
      monitor = new Monitor('earlyStopping', options, minDelta);
      monitor.recall(run.history);
      // A resumed training has been given its best weights already.
      if (run.history.length === 0) best = undefined;
    },
    onEpochEnd: (run, log) => {
      if (monitor.improves(log)) best = restoreBest ? new Snapshot(run.model.stateDict()) : undefined;
      else if (log.epoch - monitor.bestEpoch >= patience) run.stop(`no improvement since epoch ${monitor.bestEpoch}`);
    },
    onEnd: (run, { interrupted }) => {
      // An interrupted training goes on from its last weights, if at all.
      if (!interrupted) best?.restore(run.model);
      best = undefined;
    },
    stateDict: () => best?.tensors() ?? {},
    loadStateDict: (state) => {
      best = Object.keys(state).length === 0 ? undefined : new Snapshot(state);
    },
  };
}
