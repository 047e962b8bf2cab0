import { checkFunction } from '../../engine/leaves.js';
import type { Schedule } from '../../optim/schedule.js';
import { checkObject } from '../../ops/checks.js';
import type { Callback, EpochLog, Run } from '../run.js';
import { monitored } from './monitor.js';

/** Options of {@link lrSchedule}. */
export interface LrScheduleOptions {
  /** Momentum as a function of the step; default as it is. */
  readonly momentum?: Schedule;
}

/**
 * Sets the learning rate before every step, and the momentum if wanted.
 *
 * @param schedule rate as a function of the step, which counts from 0 over all epochs
 * @param options.momentum momentum as a function of the step; default as it is
 * @throws MyelinError `TYPE` unless both are functions
 * @example
 * ```ts
 * import { lrSchedule, oneCycle, oneCycleMomentum } from 'myelin';
 * const cycle = { steps: 1000 };
 * const callbacks = [lrSchedule(oneCycle(0.1, cycle), { momentum: oneCycleMomentum(cycle) })];
 * ```
 */
export function lrSchedule(schedule: Schedule, options: LrScheduleOptions = {}): Callback {
  checkFunction('lrSchedule', 'schedule', schedule);
  checkObject('lrSchedule', 'options', options);
  const { momentum } = options;
  if (momentum !== undefined) checkFunction('lrSchedule', 'momentum', momentum);
  return {
    onStepStart: ({ optimizer, step }) => {
      optimizer.lr = schedule(step);
      if (momentum !== undefined) optimizer.momentum = momentum(step);
    },
  };
}

/** A rate that depends on how a value develops. */
export interface ValueSchedule {
  /** Takes note of a value and gives the rate from now on. */
  update(value: number): number;
}

/**
 * Sets the learning rate after every epoch by a schedule that looks at a value of its log, such as one that lowers the rate
 * when the value has stopped to improve.
 *
 * A resumed training tells the schedule of the epochs before; each training needs a new schedule.
 *
 * @param schedule what gives the rate from now on when it is told a value
 * @param options.monitor name in the epoch's log; default `valLoss`, or `loss` where there is no validation
 * @throws MyelinError `VALUE` when training logs no such value
 * @example
 * ```ts
 * import { lrOnValue } from 'myelin';
 * let rate = 0.1;
 * const callbacks = [lrOnValue({ update: (loss) => (loss > 1 ? rate : (rate /= 2)) })];
 * ```
 */
export function lrOnValue(schedule: ValueSchedule, options: { readonly monitor?: string } = {}): Callback {
  checkObject('lrOnValue', 'schedule', schedule);
  checkObject('lrOnValue', 'options', options);
  return {
    onStart: ({ history }) => {
      for (const log of history) schedule.update(monitored('lrOnValue', log, options));
    },
    onEpochEnd: ({ optimizer }, log) => {
      optimizer.lr = schedule.update(monitored('lrOnValue', log, options));
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
