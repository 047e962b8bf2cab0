import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** One number that a program of bench/probes found out, and what it should be. */
export interface Finding {
  readonly what: string;
  readonly unit: string;
  readonly reached: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Whether a finding is as it should be. */
export function isReached({ reached, atMost = Infinity, atLeast = -Infinity }: Finding): boolean {
  return reached <= atMost && reached >= atLeast;
}

const probes = ['runs', 'allocations', 'event-loop'];

/** Runs every probe in a process of its own; one that fails is a finding that is missed. */
export function probe(root: string, quick: boolean, announce: (finding: Finding) => void): Finding[] {
  return probes.flatMap((name) => {
    const file = path.join(root, 'build-examples', 'bench', 'probes', `${name}.js`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...(quick ? ['--quick'] : [])], {
      encoding: 'utf8',
    });
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    const findings: Finding[] =
      status === 0
        ? (JSON.parse(stdout) as Finding[])
        : [{ what: `${name} failed: ${reason}`, unit: '', reached: NaN, atMost: 0 }];
    findings.forEach(announce);
    return findings;
  });
}
