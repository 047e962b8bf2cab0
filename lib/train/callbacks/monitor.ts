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
