// What a report says, apart from how it looks.
import { speedOf } from '../case.js';
import { isMeasured, measuredIn, own, ownEager, type Measurement, type Results, type Row } from '../results.js';
import {
  error,
  findingVerdict,
  mebibytes,
  number,
  peersOf,
  percent,
  ratio,
  share,
  speed,
  threads,
  verdict,
} from './format.js';
import type { Table } from './table.js';

const size = (bytes: number): string =>
  bytes < 1 << 20 ? `${Math.round(bytes / 1024)} KiB` : `${Math.round(bytes / (1 << 20))} MiB`;

/** The machine's limits, a row for each. */
export function limitsTable({ limits }: Results): Table {
  const counts = [...new Set(limits.peaks.map((peak) => peak.threads))];
  const across = (cell: (count: number) => string): string[] => counts.map(cell);
  const peakNames = [...new Set(limits.peaks.map((peak) => peak.name))];
  const peaks = peakNames.map((name) => [
    name === 'bfloat16' || name === 'int8' ? `${name} dot products` : `float32 multiply-adds, ${name}`,
    ...across((count) => {
      const found = limits.peaks.find((peak) => peak.name === name && peak.threads === count);
      return `${number(found?.speed ?? NaN)} ${name === 'int8' ? 'GOP/s' : 'GFLOP/s'}`;
    }),
  ]);
  const places = Math.max(...counts.map((count) => limits.bandwidths.filter((each) => each.threads === count).length));
  const bandwidths = Array.from({ length: Math.max(0, places) }, (_, place) => {
    const at = (count: number) => limits.bandwidths.filter((each) => each.threads === count)[place];
    const sizes = [...new Set(counts.map((count) => size(at(count)?.bytes ?? NaN)))].join(', ');
    return (['read', 'copy'] as const).map((kind) => [
      `${kind} ${sizes}`,
      ...across((count) => `${number(at(count)?.[kind] ?? NaN)} GB/s`),
    ]);
  }).flat();
  const regions = [
    'empty parallel loop',
    ...across((count) => `${number(limits.regions.find((each) => each.threads === count)?.microseconds ?? NaN)} µs`),
  ];
  return { head: ['limit', ...counts.map(threads)], rows: [...peaks, ...bandwidths, regions] };
}

const tail = (row: Row, measurement: Measurement | undefined): string =>
  measurement !== undefined && isMeasured(measurement) && measurement.tail !== undefined
    ? number(speedOf(row.case, measurement.tail))
    : '';

/** Most bytes at once, of Myelin and without `compile`. */
function memory(row: Row): string {
  const [mine, eager] = [own, ownEager].map((contender) => measuredIn(row, contender)?.peak);
  if (mine === undefined || eager === undefined) return '';
  return `${mebibytes(mine)} of ${mebibytes(eager)}`;
}

/** One family's rows: speed of Myelin and what it is worth, then the ratio to every peer. */
export function familyTable(results: Results, rows: readonly Row[]): Table {
  const peers = peersOf(results);
  return {
    head: ['case', 'threads', 'unit', own, 'p99', 'of limit', 'error', ...peers, 'memory of eager', 'target'],
    rows: rows.map((row) => {
      const mine = measuredIn(row, own);
      const measurement = row.measurements.find(({ contender }) => contender === own);
      return [
        row.case.name,
        row.threads.toString(),
        row.case.unit,
        measurement === undefined ? '' : speed(row, measurement),
        tail(row, mine),
        share(row),
        mine === undefined || row.measuredBy !== 'float64' ? '' : error(mine.error),
        ...peers.map((peer) => ratio(row, peer)),
        memory(row),
        verdict(results, row),
      ];
    }),
  };
}

/** Every contender's own speed, error and setting in one row. */
export function detailsTable(row: Row): Table {
  return {
    head: ['contender', row.case.unit, 'p99', 'of limit', 'error', 'ratio', 'memory', 'setting'],
    rows: row.measurements.map((measurement) => {
      if ('absent' in measurement) return [measurement.contender, '–', '', '', '', '', '', measurement.absent];
      const { contender, seconds, setting, error: wrong, peak } = measurement;
      const reached = row.case.unit === 'µs' ? seconds.median : row.case.work / seconds.median;
      return [
        contender,
        speed(row, measurement),
        tail(row, measurement),
        row.limit === undefined ? '' : percent(reached / row.limit),
        error(wrong),
        contender === own ? '' : ratio(row, contender),
        peak === undefined ? '' : mebibytes(peak),
        setting,
      ];
    }),
  };
}

/** What the probes of compiled functions found. */
export function findingsTable({ findings = [] }: Results): Table {
  return {
    head: ['compiled functions', 'unit', 'reached', 'target'],
    rows: findings.map((finding) => [finding.what, finding.unit, number(finding.reached), findingVerdict(finding)]),
  };
}

/** How each contender was set up. */
export function contendersTable({ contenders, skipped }: Results): Table {
  return {
    head: ['contender', 'version', 'configuration'],
    rows: [
      ...contenders.map(({ id, version, configuration }) => [id, version, configuration]),
      ...skipped.map(({ name, reason }) => [name, '', `skipped: ${reason}`]),
    ],
  };
}

/** What was measured on, in one line. */
export function machineLine({ machine, date }: Results): string {
  const { cpu, cores, memory, system } = machine;
  return `${cpu}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB, ${system}, ${date.slice(0, 10)}`;
}

/** How to read the tables. */
export const legend = [
  `Speeds are medians ± half of what lies between the quartiles. "of limit" is the share of what this machine can do at most, measured at the start.`,
  `The columns named after peers say how many times as fast as the peer ${own} is, in the same run: above 1 it is faster.`,
  `"error" is the largest difference from sums in float64, relative to the range of the result.`,
].join(' ');
