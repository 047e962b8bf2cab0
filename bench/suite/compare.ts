// Two results side by side: what became faster, what slower, and what is within the spread of the measurements.
import { speedOf, type Case } from './case.js';
import { number } from './report/format.js';
import type { Table } from './report/table.js';
import { measuredIn, own, type Results, type Row } from './results.js';
import { spread, type Summary } from './statistics.js';

/** One case that both results measured. */
export interface Change {
  readonly case: Case;
  readonly threads: number;
  readonly before: Summary;
  readonly after: Summary;
  /** How many times as fast it became. */
  readonly ratio: number;
  readonly verdict: 'faster' | 'slower' | 'same';
}

/** Differences below this are taken for noise even if both measurements are steady. */
const resolution = 0.03;

function changeOf(row: Row, before: Summary, after: Summary): Change {
  const ratio = before.median / after.median;
  const noise = Math.max(resolution, spread(before) + spread(after));
  const verdict = Math.abs(Math.log(ratio)) <= noise ? 'same' : ratio > 1 ? 'faster' : 'slower';
  return { case: row.case, threads: row.threads, before, after, ratio, verdict };
}

/** Myelin's rows that are in both results. */
export function compareResults(before: Results, after: Results): Change[] {
  return after.rows.flatMap((row) => {
    const twin = before.rows.find((other) => other.case.name === row.case.name && other.threads === row.threads);
    const old = twin === undefined ? undefined : measuredIn(twin, own);
    const now = measuredIn(row, own);
    return old === undefined || now === undefined ? [] : [changeOf(row, old.seconds, now.seconds)];
  });
}

export function comparisonTable(changes: readonly Change[]): Table {
  return {
    head: ['case', 'threads', 'unit', 'before', 'after', 'ratio', ''],
    rows: changes.map((change) => [
      change.case.name,
      change.threads.toString(),
      change.case.unit,
      number(speedOf(change.case, change.before.median)),
      number(speedOf(change.case, change.after.median)),
      `${change.ratio.toFixed(2)} ×`,
      change.verdict === 'same' ? '' : change.verdict,
    ]),
  };
}
