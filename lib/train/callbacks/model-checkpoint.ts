import { checkInteger, checkObject } from '../../ops/checks.js';
import { saveModel } from '../checkpoint.js';
import { checkFlag, checkText, type Callback } from '../run.js';
import { Monitor, type MonitorOptions } from './monitor.js';

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /** File to write; `{epoch}` in it stands for the epoch's number. */
  readonly path: string;
  /** Only when the monitored value is better than ever; `false` keeps the last one. Default `true`. */
  readonly saveBest?: boolean;
  /** Looks only at every n-th epoch. Default 1. */
  readonly every?: number;
  /** Weights and Buffers only, or all that {@link fit} needs to go on from there. Default `true`. */
  readonly weightsOnly?: boolean;
}

/**
 * Saves the model after epochs that were the best so far, after every one, or after every n-th. A file is replaced in one
 * step: whoever opens it, also after a crash, finds the old one or all of the new one.
 *
 * @param options.path file to write; `{epoch}` in it stands for the epoch's number, without it the last file is kept
 * @param options.saveBest only when the monitored value is better than ever; default `true`
 * @param options.every looks only at every n-th epoch; default 1
 * @param options.weightsOnly weights and Buffers only, for {@link loadModel}, or a checkpoint that {@link fit} can resume;
 *   default `true`
 * @param options.monitor name in the epoch's log; default `valLoss`, or `loss` where there is no validation
 * @param options.direction `'min'` or `'max'`; default by name: accuracies are to rise, everything else to fall
 * @throws MyelinError `VALUE` when training logs no such value; `IO`
 * @example
 * ```ts
 * import { modelCheckpoint } from 'myelin';
 * const callbacks = [
 *   modelCheckpoint({ path: 'best.safetensors', monitor: 'valAccuracy' }),
 *   modelCheckpoint({ path: 'epoch-{epoch}.safetensors', saveBest: false, every: 10 }),
 * ];
 * ```
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  checkObject('modelCheckpoint', 'options', options);
  const { path, saveBest = true, every = 1, weightsOnly = true } = options;
  checkText('modelCheckpoint', 'path', path);
  checkInteger('modelCheckpoint', 'every', every, 1);
  checkFlag('modelCheckpoint', 'saveBest', saveBest);
  checkFlag('modelCheckpoint', 'weightsOnly', weightsOnly);
  let monitor = new Monitor('modelCheckpoint', options);
  return {
    onStart: (run) => {
      monitor = new Monitor('modelCheckpoint', options);
      monitor.recall(run.history.filter(({ epoch }) => epoch % every === 0));
    },
    onEpochEnd: async (run, log) => {
      if (log.epoch % every !== 0) return;
      if (saveBest && !monitor.improves(log)) return;
      const file = path.replaceAll('{epoch}', String(log.epoch));
      await (weightsOnly ? saveModel(file, run.model) : run.save(file));
    },
  };
}
