// What one eager op costs beyond its arithmetic: `npm run bench:overhead`.
// With BENCH_PYTHON=<a python that has torch>, PyTorch runs the same cases in turns with ours, on one thread too.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { add, grad, randn, scope, setThreads, sum, valueAndGrad } from 'myelin';

const rounds = 9;
const calls = 20_000;

setThreads(1);
const a = randn([100]);
const b = randn([100]);

/** One case: a loop of `n` calls of the op under test. */
const cases: Record<string, (n: number) => void> = {
  // Results are dropped, not disposed: the cost of finding them again is part of the figure.
  'add of 100 elements': (n) => {
    for (let i = 0; i < n; i++) add(a, b);
  },
  'add of 100 elements, disposed': (n) => {
    for (let i = 0; i < n; i++) add(a, b).dispose();
  },
  'add of 100 elements, recorded': (n) => {
    for (let done = 0; done < n; done += 1000) {
      grad(() => {
        let out = a;
        for (let i = 0; i < 1000; i++) out = add(a, b);
        return sum(out);
      }, [a]);
    }
  },
  'add of 100 elements, sum, backward': (n) => {
    for (let i = 0; i < n; i++) scope(() => void valueAndGrad(() => sum(add(a, b)), [a]));
  },
};

function microseconds(body: (n: number) => void): number {
  const start = process.hrtime.bigint();
  body(calls);
  return Number(process.hrtime.bigint() - start) / 1000 / calls;
}

function torchMicroseconds(python: string): number[] {
  const script = path.join(__dirname, '..', '..', 'bench', 'peers', 'overhead.py');
  const { status, stdout, stderr } = spawnSync(python, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return stdout.trim().split(/\s+/).map(Number);
}

const median = (values: number[]): number => values.sort((x, y) => x - y)[values.length >> 1] ?? NaN;

const python = process.env['BENCH_PYTHON'];
const names = Object.keys(cases);
const ours = names.map((): number[] => []);
const theirs = names.map((): number[] => []);
for (const body of Object.values(cases)) body(calls);
for (let round = 0; round < rounds; round++) {
  Object.values(cases).forEach((body, i) => ours[i]?.push(microseconds(body)));
  if (python !== undefined) torchMicroseconds(python).forEach((value, i) => theirs[i]?.push(value));
}

console.log(`microseconds a call, median of ${rounds} rounds of ${calls}, one thread`);
names.forEach((name, i) => {
  const mine = median(ours[i] ?? []);
  const torch = median(theirs[i] ?? []);
  const peer = Number.isNaN(torch) ? '' : `   PyTorch ${torch.toFixed(3)}   ratio ${(torch / mine).toFixed(2)}`;
  console.log(`  ${name.padEnd(36)} ${mine.toFixed(3)}${peer}`);
});
