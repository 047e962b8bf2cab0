import type { Case } from '../../bench/suite/case.js';
import type { Measurement, Results, Row } from '../../bench/suite/results.js';
import { summarize } from '../../bench/suite/statistics.js';

/** A case of one billion multiply-adds, to be judged by what a test gives it. */
export const caseOf = (given: Partial<Case> = {}): Case => ({
  name: 'matmul 512³ A·B',
  family: 'matrix products',
  kind: 'matmul',
  args: {},
  unit: 'GFLOP/s',
  work: 1,
  footprint: 1e6,
  bound: 'fma',
  tolerance: 1e-4,
  ...given,
});

export const measured = (contender: string, seconds: number, given: Partial<Measurement> = {}): Measurement => ({
  contender,
  seconds: summarize([seconds]),
  setting: '',
  error: 1e-6,
  ...given,
});

export const rowOf = (measurements: readonly Measurement[], given: Partial<Row> = {}): Row => ({
  case: caseOf(),
  threads: 1,
  measuredBy: 'float64',
  measurements,
  ...given,
});

export function resultsOf(rows: readonly Row[]): Results {
  const names = [...new Set(rows.flatMap((row) => row.measurements.map(({ contender }) => contender)))];
  return {
    version: 1,
    date: '2026-11-27T12:00:00.000Z',
    command: 'npm run bench -- --peers',
    machine: { cpu: 'A <fast> one', cores: 2, memory: 24 * 2 ** 30, system: 'Linux' },
    limits: {
      peaks: [{ name: 'avx512', threads: 1, speed: 200 }],
      bandwidths: [{ threads: 1, bytes: 1 << 20, read: 100, copy: 80 }],
      regions: [{ threads: 1, microseconds: 0.2 }],
    },
    contenders: names.map((name) => ({ id: name, name: name.split(' ')[0]!, version: '1', configuration: 'as it is' })),
    skipped: [{ name: 'tfjs-cpu', reason: 'not installed' }],
    rows,
  };
}
