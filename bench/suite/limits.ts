import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { speedOf, type Case } from './case.js';

/** Bandwidth over working sets that fit into different caches, and into none. */
export interface Bandwidth {
  readonly threads: number;
  /** Size of the working set, over all threads. */
  readonly bytes: number;
  /** GB/s. */
  readonly read: number;
  /** GB/s, read and written bytes together. */
  readonly copy: number;
}

/** What bench/kernels/limits.cc prints. */
export interface Limits {
  /** GFLOP/s (GOP/s of integers) by instruction set or kind of dot product. */
  readonly peaks: readonly { readonly name: string; readonly threads: number; readonly speed: number }[];
  readonly bandwidths: readonly Bandwidth[];
  /** Microseconds that a parallel loop costs that has nothing to do. */
  readonly regions: readonly { readonly threads: number; readonly microseconds: number }[];
}

/** Measures the machine's limits; takes some seconds. */
export function measureLimits(root: string, threads: readonly number[], seconds: number): Limits {
  const program = path.join(root, 'build', 'Release', 'limits');
  const { status, stdout, stderr, error } = spawnSync(program, [seconds.toString(), ...threads.map(String)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as Limits;
}

// Variants of an instruction set multiply and add float32 as their base does.
const peakName = (bound: Case['bound'], isa: string): string => (bound === 'fma' ? isa.replace(/_dot$/, '') : bound);

/** The working set that is nearest in size. */
function nearest(bandwidths: readonly Bandwidth[], bytes: number): Bandwidth | undefined {
  const distance = (each: Bandwidth): number => Math.abs(Math.log(each.bytes / bytes));
  return [...bandwidths].sort((a, b) => distance(a) - distance(b))[0];
}

/** The speed that the machine allows a case on the given instruction set, in the unit of the case; undefined if none is known. */
export function limitOf(limits: Limits, each: Case, threads: number, isa: string): number | undefined {
  const { bound } = each;
  if (bound === 'none') return undefined;
  if (bound === 'read' || bound === 'copy') {
    const measured = limits.bandwidths.filter((bandwidth) => bandwidth.threads === threads);
    return nearest(measured, each.footprint)?.[bound];
  }
  const name = peakName(bound, isa);
  return limits.peaks.find((peak) => peak.name === name && peak.threads === threads)?.speed;
}

/** The share of a limit that a call of so many seconds reaches. */
export function shareOf(each: Pick<Case, 'unit' | 'work'>, seconds: number, limit: number): number {
  return speedOf(each, seconds) / limit;
}
