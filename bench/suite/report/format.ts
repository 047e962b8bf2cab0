// How numbers and rows read, in every kind of report.
import { speedOf } from '../case.js';
import { measuredIn, own, ratioTo, isMeasured, type Measurement, type Results, type Row } from '../results.js';
import { isReached, type Finding } from '../findings.js';
import { spread } from '../statistics.js';
import { openParts, verdictsOf, type Verdict } from '../verdict.js';

/** Three digits that matter, with thousands set apart. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 0.01 ? value.toPrecision(3) : value.toFixed(3);
}

export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

export const error = (value: number): string => (value === 0 ? '0' : value.toExponential(0));

export const threads = (count: number): string => `${count} ${count === 1 ? 'thread' : 'threads'}`;

/** A measurement's speed and spread, or why there is none. */
export function speed(row: Row, measurement: Measurement): string {
  if (!isMeasured(measurement)) return measurement.absent;
  const { seconds } = measurement;
  return `${number(speedOf(row.case, seconds.median))} ± ${percent(spread(seconds))}`;
}

/** Share of the machine's limit that Myelin reaches. */
export function share(row: Row): string {
  const mine = measuredIn(row, own);
  return mine === undefined || row.limit === undefined
    ? ''
    : percent(speedOf(row.case, mine.seconds.median) / row.limit);
}

/** How many times as fast as a peer Myelin is; what a peer cannot do is left empty. */
export function ratio(row: Row, contender: string): string {
  const peer = measuredIn(row, contender);
  const value = peer === undefined ? undefined : ratioTo(row, peer);
  return value === undefined ? '' : `${value.toFixed(2)} ×`;
}

/** Bytes, as people say them. */
export function mebibytes(bytes: number): string {
  return `${number(bytes / 2 ** 20)} MiB`;
}

/** `pass`, or `miss` and what is needed. */
export function findingVerdict(finding: Finding): string {
  if (isReached(finding)) return 'pass';
  const { atMost, atLeast, unit } = finding;
  const bounds = [
    ['at most', atMost],
    ['at least', atLeast],
  ] as const;
  const needed = bounds.flatMap(([word, bound]) => (bound === undefined ? [] : [`${word} ${bound}`]));
  return `miss: needs ${needed.join(', ')} ${unit}`.trimEnd();
}

function missed({ what, reached, needed }: Verdict): string {
  if (what === 'of the limit') return `${percent(reached)} ${what} (${percent(needed)})`;
  return what === 'error' ? `error ${error(reached)} (${error(needed)})` : `${reached.toFixed(2)} ${what} (${needed})`;
}

/** What became of the row's target: `pass`, `miss` and by how much, or nothing. Parts that had no measure are named. */
export function verdict(results: Results, row: Row): string {
  const verdicts = verdictsOf(results, row);
  if (verdicts.length === 0) return '';
  const misses = verdicts.filter(({ passed }) => !passed);
  if (misses.length > 0) return `miss: ${misses.map(missed).join(', ')}`;
  const open = openParts(row, verdicts);
  return open.length === 0 ? 'pass' : `pass, but for ${open.join(' and ')}: not measured`;
}

/** Ids of the peers, in the order of the run. */
export const peersOf = ({ contenders }: Results): string[] => contenders.map(({ id }) => id).filter((id) => id !== own);

/** Rows by the family of their cases, in the order of the run. */
export function families({ rows }: Results): [family: string, rows: Row[]][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.case.family, [...(groups.get(row.case.family) ?? []), row]);
  return [...groups];
}

/** Targets that were reached and missed, over all rows. */
export function tally(results: Results): { passed: number; missed: number } {
  const verdicts = [
    ...results.rows.flatMap((row) => verdictsOf(results, row).map(({ passed }) => passed)),
    ...(results.findings ?? []).map(isReached),
  ];
  const passed = verdicts.filter(Boolean).length;
  return { passed, missed: verdicts.length - passed };
}
