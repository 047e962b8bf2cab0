import { promises } from 'node:fs';

import { rethrow } from '../../tensor/errors.js';
import { checkText, type Callback, type EpochLog } from '../run.js';

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
  checkText('csvLogger', 'file', file);
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
  checkText('jsonlLogger', 'file', file);
  return logger('jsonlLogger', file, () => '', JSON.stringify);
}
