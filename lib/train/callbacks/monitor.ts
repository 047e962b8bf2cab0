import { fail } from '../../tensor/errors.js';
import type { EpochLog } from '../run.js';

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
export class Monitor {
  best = NaN;
  bestEpoch = 0;

  constructor(
    private readonly op: string,
    private readonly options: MonitorOptions,
    private readonly minDelta = 0,
  ) {}

  /** Takes note of the epochs that a resumed training made before. */
  recall(history: readonly EpochLog[]): void {
    for (const log of history) if (nameIn(log, this.options) in log) this.improves(log);
  }

  improves(log: EpochLog): boolean {
    const name = nameIn(log, this.options);
    const value = monitored(this.op, log, this.options);
    const direction = this.options.direction ?? (/accuracy|top\d/i.test(name) ? 'max' : 'min');
    const gain = direction === 'max' ? value - this.best : this.best - value;
    if (Number.isNaN(value) || gain <= this.minDelta) return false;
    this.best = value;
    this.bestEpoch = log.epoch;
    return true;
  }
}

const nameIn = (log: EpochLog, { monitor }: MonitorOptions): string =>
  monitor ?? ('valLoss' in log ? 'valLoss' : 'loss');

/** The value that a callback watches; refuses a log without it. */
export function monitored(op: string, log: EpochLog, options: MonitorOptions): number {
  const name = nameIn(log, options);
  const value = log[name];
  if (value !== undefined) return value;
  return fail('VALUE', op, `there is no ${name} in the log (need one of ${Object.keys(log).join(', ')})`);
}
