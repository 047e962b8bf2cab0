import { promises } from 'node:fs';
import path from 'node:path';

import { checkInteger, checkObject } from '../../ops/checks.js';
import { rethrow } from '../../tensor/errors.js';
import { checkText, type Callback, type EpochLog } from '../run.js';
import { recordOf, scalarsEvent, versionEvent } from './tfevents.js';

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** Also writes the loss and the learning rate every so many steps. Default: only epochs. */
  readonly every?: number;
}

/** Values of training and of validation have charts of their own side by side, as Keras names them. */
function tagged(log: EpochLog): Record<string, number> {
  const entries = Object.entries(log).filter(([name]) => name !== 'epoch');
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const validation = /^val([A-Z])(.*)$/.exec(name);
      return validation === null
        ? [`epoch/${name}`, value]
        : [`epoch/${validation[1]!.toLowerCase()}${validation[2]!}/validation`, value];
    }),
  );
}

/**
 * Writes event files that TensorBoard shows: the log of every epoch, and if wanted loss and learning rate of steps.
 *
 * Each training writes a file of its own into the folder, which is made when it is not there; a resumed one too, and
 * TensorBoard joins them. Look with `tensorboard --logdir <folder>`.
 *
 * @param folder where the event files go: one folder per run
 * @param options.every also writes the loss and the learning rate every so many steps; default: only epochs
 * @throws MyelinError `VALUE` for wrong options; `IO`
 * @example
 * ```ts
 * import { tensorBoard } from 'myelin';
 * const callbacks = [tensorBoard('runs/first', { every: 100 })];
 * ```
 */
export function tensorBoard(folder: string, options: TensorBoardOptions = {}): Callback {
  checkText('tensorBoard', 'folder', folder);
  checkObject('tensorBoard', 'options', options);
  const { every } = options;
  if (every !== undefined) checkInteger('tensorBoard', 'every', every, 1);
  let file = '';
  const write = async (message: Uint8Array): Promise<void> => {
    await promises.appendFile(file, recordOf(message)).catch((error: unknown) => rethrow(error, 'tensorBoard', 'IO'));
  };
  const now = (): number => Date.now() / 1000;
  return {
    onStart: async () => {
      const started = process.hrtime.bigint();
      file = path.join(
        folder,
        `events.out.tfevents.${Math.floor(now())}.${process.getBuiltinModule('node:os').hostname()}.${process.pid}.${started}`,
      );
      await promises.mkdir(folder, { recursive: true }).catch((error: unknown) => rethrow(error, 'tensorBoard', 'IO'));
      await write(versionEvent(now()));
    },
    onStepEnd: async ({ step, optimizer }, loss) => {
      if (every === undefined || step % every !== 0) return;
      await write(scalarsEvent(now(), step, { 'step/loss': loss, 'step/learningRate': optimizer.lr }));
    },
    onEpochEnd: (_run, log) => write(scalarsEvent(now(), log.epoch, tagged(log))),
  };
}
