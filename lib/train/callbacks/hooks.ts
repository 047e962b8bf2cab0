import { checkFunction } from '../../engine/leaves.js';
import type { Schedule } from '../../optim/schedule.js';
import type { Callback, EpochLog, Run } from '../run.js';

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
  checkFunction('lrSchedule', 'schedule', schedule);
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
