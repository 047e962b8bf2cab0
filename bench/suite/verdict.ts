import type { Target } from './case.js';
import { shareOf } from './limits.js';
import { isMeasured, measuredIn, own, ownEager, type Measured, type Results, type Row } from './results.js';

/** One thing that a target asks for: what was reached, what is needed. */
export interface Verdict {
  readonly part: keyof Target;
  /** What the numbers are, for a reader: `× oneDNN`. */
  readonly what: string;
  readonly reached: number;
  readonly needed: number;
  readonly passed: boolean;
}

const atLeast = (part: keyof Target, what: string, reached: number, needed: number): Verdict => ({
  part,
  what,
  reached,
  needed,
  passed: reached >= needed,
});

const atMost = (part: keyof Target, what: string, reached: number, needed: number): Verdict => ({
  part,
  what,
  reached,
  needed,
  passed: reached <= needed,
});

/** The target of a ratio on the row's number of threads. */
export function neededRatio({ atLeast: needed }: NonNullable<Target['ratio']>, threads: number): number {
  return typeof needed === 'number' ? needed : needed[threads === 1 ? 0 : 1];
}

/** Peers are called by their names, of which several contenders may have the same: two versions, say. */
function bestOf(results: Results, row: Row, names: readonly string[]): Measured | undefined {
  const ids = results.contenders.filter(({ name }) => names.includes(name)).map(({ id }) => id);
  return row.measurements
    .filter(isMeasured)
    .filter(({ contender }) => ids.includes(contender))
    .sort((a, b) => a.seconds.median - b.seconds.median)[0];
}

/** The row of the same case on one thread. */
function onOneThread(results: Results, row: Row): Row | undefined {
  return results.rows.find((other) => other.threads === 1 && other.case.name === row.case.name);
}

function judge(results: Results, row: Row, mine: Measured, target: Target): Verdict[] {
  const { ratio, eager, memory, tail, share, error, scaling } = target;
  const verdicts: Verdict[] = [];
  if (ratio !== undefined) {
    const best = bestOf(results, row, ratio.of);
    if (best !== undefined) {
      verdicts.push(
        atLeast(
          'ratio',
          `× ${best.contender}`,
          best.seconds.median / mine.seconds.median,
          neededRatio(ratio, row.threads),
        ),
      );
    }
  }
  const plain = measuredIn(row, ownEager);
  if (eager !== undefined && plain !== undefined) {
    verdicts.push(atLeast('eager', `× ${ownEager}`, plain.seconds.median / mine.seconds.median, eager));
  }
  if (memory !== undefined && plain?.peak !== undefined && mine.peak !== undefined) {
    verdicts.push(atMost('memory', `× the memory of ${ownEager}`, mine.peak / plain.peak, memory));
  }
  if (tail !== undefined && mine.tail !== undefined) {
    verdicts.push(atMost('tail', '× the median at p99', mine.tail / mine.seconds.median, tail));
  }
  if (share !== undefined && row.limit !== undefined) {
    verdicts.push(atLeast('share', 'of the limit', shareOf(row.case, mine.seconds.median, row.limit), share));
  }
  if (error !== undefined) {
    verdicts.push(atMost('error', 'error', mine.error, error));
  }
  if (scaling !== undefined && row.threads === 2) {
    const single = onOneThread(results, row);
    const alone = single === undefined ? undefined : measuredIn(single, own);
    if (alone !== undefined) {
      verdicts.push(atLeast('scaling', '× 1 thread', alone.seconds.median / mine.seconds.median, scaling));
    }
  }
  return verdicts;
}

/** How a row stands to its target; empty when it has none, or nothing to compare with was measured. */
export function verdictsOf(results: Results, row: Row): Verdict[] {
  const mine = measuredIn(row, own);
  return mine === undefined || row.case.target === undefined ? [] : judge(results, row, mine, row.case.target);
}

/** Parts of a row's target that nothing was measured for: the peers are absent, or one thread was not asked for. */
export function openParts(row: Row, verdicts: readonly Verdict[]): string[] {
  const parts = Object.keys(row.case.target ?? {}).filter((part) => part !== 'scaling' || row.threads === 2);
  return parts.filter((part) => verdicts.every((verdict) => verdict.part !== part));
}
