import { checkObject } from '../ops/checks.js';
import { promises } from 'node:fs';

import { bytesOf, tensorFromBytes } from '../io/bytes.js';
import type { AnyModule } from '../nn/module.js';
import type { Schedule } from '../optim/schedule.js';
import { fail, rethrow } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { saveModel } from './checkpoint.js';
import type { Callback, EpochLog, Run } from './run.js';

/** Whether a monitored value is better when it is lower or when it is higher. */
export type Direction = 'min' | 'max';

/** What a callback watches. */
export interface MonitorOptions {
  /** Name of a value in the epoch's log. Default `valLoss`, or `loss` where there is no validation. */
  readonly monitor?: string;
  /** Default: `'max'` for names that speak of accuracy or of top k, `'min'` otherwise. */
  readonly direction?: Direction;
}

/** Follows one value over the epochs and tells when it is the best so far. */
class Monitor {
  best = NaN;
  bestEpoch = 0;

  constructor(
    private readonly op: string,
    private readonly options: MonitorOptions,
    private readonly minDelta = 0,
  ) {}

  /** Takes note of the epochs that a resumed training made before. */
  recall(history: readonly EpochLog[]): void {
    for (const log of history) if (this.nameIn(log) in log) this.improves(log);
  }

  improves(log: EpochLog): boolean {
    const name = this.nameIn(log);
    const value = log[name];
    if (value === undefined) {
      fail('VALUE', this.op, `there is no ${name} in the log (need one of ${Object.keys(log).join(', ')})`);
    }
    const direction = this.options.direction ?? (/accuracy|top\d/i.test(name) ? 'max' : 'min');
    const gain = direction === 'max' ? value - this.best : this.best - value;
    if (Number.isNaN(value) || gain <= this.minDelta) return false;
    this.best = value;
    this.bestEpoch = log.epoch;
    return true;
  }

  private nameIn(log: EpochLog): string {
    return this.options.monitor ?? ('valLoss' in log ? 'valLoss' : 'loss');
  }
}

/** Values of a model's Parameters and Buffers at one moment. */
class Snapshot {
  private readonly values: ReadonlyMap<string, Uint8Array>;

  constructor(private readonly model: AnyModule) {
    this.values = new Map(Object.entries(model.stateDict()).map(([name, variable]) => [name, bytesOf(variable)]));
  }

  restore(): void {
    scope(() => {
      for (const [name, variable] of Object.entries(this.model.stateDict())) {
        variable.assign(tensorFromBytes(variable.dtype, variable.shape, this.values.get(name)!));
      }
    });
  }
}

/**
 * Ends training when a value has not become better for some epochs; those before a resumed training count.
 *
 * @param options.patience epochs to wait for something better; default 3
 * @param options.monitor name in the epoch's log; default `valLoss`, or `loss` where there is no validation
 * @param options.direction `'min'` or `'max'`; default by name: accuracies are to rise, everything else to fall
 * @param options.minDelta what counts as better; default 0
 * @param options.restoreBest gives the model the weights of its best epoch back, unless that was before the training was
 *   resumed; default `true`
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
  const { patience = 3, minDelta = 0, restoreBest = true } = options;
  let monitor = new Monitor('earlyStopping', options, minDelta);
  let best: Snapshot | undefined;
  return {
    onStart: (run) => {
      monitor = new Monitor('earlyStopping', options, minDelta);
      monitor.recall(run.history);
      best = undefined;
    },
    onEpochEnd: (run, log) => {
      if (monitor.improves(log)) best = restoreBest ? new Snapshot(run.model) : undefined;
      else if (log.epoch - monitor.bestEpoch >= patience) run.stop(`no improvement since epoch ${monitor.bestEpoch}`);
    },
    onEnd: () => {
      best?.restore();
      best = undefined;
    },
  };
}

/**
 * Saves the model after every epoch, or after those that were the best so far.
 *
 * @param options.path file to write; `{epoch}` in it stands for the epoch's number
 * @param options.saveBest only when the monitored value is better than ever; default `true`
 * @param options.monitor name in the epoch's log; default `valLoss`, or `loss` where there is no validation
 * @param options.direction `'min'` or `'max'`; default by name: accuracies are to rise, everything else to fall
 * @throws MyelinError `VALUE` when training logs no such value; `IO`
 * @example
 * ```ts
 * import { modelCheckpoint } from 'myelin';
 * const callbacks = [modelCheckpoint({ path: 'best.safetensors', monitor: 'valAccuracy' })];
 * ```
 */
export function modelCheckpoint(
  options: MonitorOptions & { readonly path: string; readonly saveBest?: boolean },
): Callback {
  checkObject('modelCheckpoint', 'options', options);
  const { path, saveBest = true } = options;
  const monitor = new Monitor('modelCheckpoint', options);
  return {
    onStart: (run) => monitor.recall(run.history),
    onEpochEnd: async (run, log) => {
      if (saveBest && !monitor.improves(log)) return;
      await saveModel(path.replaceAll('{epoch}', String(log.epoch)), run.model);
    },
  };
}

/** Writes a text at the start of a training and adds to it after each epoch; a resumed training adds to what is there. */
function logger(op: string, file: string, head: (log: EpochLog) => string, line: (log: EpochLog) => string): Callback {
  let fresh = true;
  return {
    onStart: (run) => {
      fresh = run.history.length === 0;
    },
    onEpochEnd: async (_run, log) => {
      const write = fresh
        ? promises.writeFile(file, `${head(log)}${line(log)}\n`)
        : promises.appendFile(file, `${line(log)}\n`);
      fresh = false;
      await write.catch((error: unknown) => rethrow(error, op, 'IO'));
    },
  };
}

/**
 * Writes the log of every epoch as a line of comma-separated values, under a line of names.
 *
 * @throws MyelinError `IO`
 * @example
 * ```ts
 * import { csvLogger } from 'myelin';
 * const callbacks = [csvLogger('history.csv')];
 * ```
 */
export function csvLogger(file: string): Callback {
  const head = (log: EpochLog) => `${Object.keys(log).join(',')}\n`;
  return logger('csvLogger', file, head, (log) => Object.values(log).join(','));
}

/**
 * Writes the log of every epoch as a line of JSON.
 *
 * @throws MyelinError `IO`
 * @example
 * ```ts
 * import { jsonlLogger } from 'myelin';
 * const callbacks = [jsonlLogger('history.jsonl')];
 * ```
 */
export function jsonlLogger(file: string): Callback {
  return logger('jsonlLogger', file, () => '', JSON.stringify);
}

/**
 * Sets the learning rate before every step.
 *
 * @param schedule rate as a function of the step, which counts from 0 over all epochs
 * @example
 * ```ts
 * import { cosineDecay, lrSchedule } from 'myelin';
 * const callbacks = [lrSchedule(cosineDecay(1e-3, { steps: 1000 }))];
 * ```
 */
export function lrSchedule(schedule: Schedule): Callback {
  return {
    onStepStart: ({ optimizer, step }) => {
      optimizer.lr = schedule(step);
    },
  };
}

/**
 * Calls a function with the log of every epoch.
 *
 * @example
 * ```ts
 * import { onEpochEnd } from 'myelin';
 * const callbacks = [onEpochEnd((log) => console.log(log.epoch, log.loss))];
 * ```
 */
export function onEpochEnd(call: (log: EpochLog, run: Run) => void | Promise<void>): Callback {
  return { onEpochEnd: (run, log) => call(log, run) };
}

/**
 * Ends training when a loss is NaN or infinite.
 *
 * @example
 * ```ts
 * import { terminateOnNaN } from 'myelin';
 * const callbacks = [terminateOnNaN()];
 * ```
 */
export function terminateOnNaN(): Callback {
  return {
    onStepEnd: (run, loss) => {
      if (!Number.isFinite(loss)) run.stop(`the loss of step ${run.step} is ${loss}`);
    },
  };
}
