import type { Case } from './case.js';
import type { Finding } from './findings.js';
import type { Limits } from './limits.js';
import type { Introduction } from './protocol.js';
import type { Summary } from './statistics.js';

/** What one contender did in one case. */
export type Measurement =
  | {
      readonly contender: string;
      readonly seconds: Summary;
      /** The choice that was fastest, such as a memory layout. */
      readonly setting: string;
      /** Largest error, relative to the range of the result. */
      readonly error: number;
      /** Seconds that 99 of 100 calls keep within, where each was timed: the median over the turns. */
      readonly tail?: number;
      /** Most bytes in use at once, where the contender knows. */
      readonly peak?: number;
    }
  | { readonly contender: string; readonly absent: string };

/** A measurement that has a time. */
export type Measured = Extract<Measurement, { seconds: Summary }>;

/** One case on one number of threads. */
export interface Row {
  readonly case: Case;
  readonly threads: number;
  /** What the machine allows, in the unit of the case. */
  readonly limit?: number;
  /** What errors are relative to: float64 loops, or the first contender's own result. */
  readonly measuredBy: 'float64' | 'first contender';
  readonly measurements: readonly Measurement[];
}

/** A contender as it introduced itself; `id` is what measurements name. */
export interface ContenderInfo extends Introduction {
  readonly id: string;
}

/** Everything that a run found: what `--json` writes. */
export interface Results {
  readonly version: 1;
  readonly date: string;
  readonly command: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: number; readonly system: string };
  readonly limits: Limits;
  readonly contenders: readonly ContenderInfo[];
  /** Peers that did not take part, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly rows: readonly Row[];
  /** What was found out about compiled functions apart from their speed. */
  readonly findings?: readonly Finding[];
}

/** Id of the contender that targets are about. */
export const own = 'Myelin';

/** Name of the contender that is Myelin without `compile`. */
export const ownEager = 'Myelin eager';

export function isMeasured(measurement: Measurement | undefined): measurement is Measured {
  return measurement !== undefined && 'seconds' in measurement;
}

/** What a contender measured in a row; undefined when it has no time. */
export function measuredIn(row: Row, contender: string): Measured | undefined {
  return row.measurements.filter(isMeasured).find((measurement) => measurement.contender === contender);
}

/** How many times as fast as a peer Myelin is in a row: above 1 it is faster. */
export function ratioTo(row: Row, peer: Measured): number | undefined {
  const mine = measuredIn(row, own);
  return mine === undefined ? undefined : peer.seconds.median / mine.seconds.median;
}
