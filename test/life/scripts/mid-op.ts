// `mid-op <how>`: what comes from outside comes while an op runs that takes a third of a second or more, on every thread of
// the pool. Says on standard output when one begins and when one ends.
import { matmul, memory, ones, scope, trimMemory } from 'myelin';
import { writeSync } from 'node:fs';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const how = process.argv[2];
/** What a worker is at. */
const [starts, computes, between] = [0, 1, 2] as const;

interface Work {
  readonly state: Int32Array;
  readonly extent: number;
}

/** Extent of a square that takes long to multiply with itself on this machine, as it is built and as busy as it is. */
function slowExtent(): number {
  for (let extent = 256; ; extent *= 2) {
    const started = performance.now();
    square(extent);
    if (performance.now() - started > 330) return extent;
  }
}

function square(extent: number): void {
  scope(() => {
    const x = ones([extent, extent]);
    matmul(x, x);
  });
}

function onMainThread(extent: number): void {
  if (how === 'handled') {
    process.on('SIGINT', () => {
      writeSync(1, 'handled ');
      process.exit(4);
    });
  }
  setInterval(() => {
    writeSync(1, 'begins ');
    square(extent);
    writeSync(1, 'ends ');
  }, 0);
}

function inWorker({ state, extent }: Work): void {
  for (;;) {
    Atomics.store(state, 0, computes);
    square(extent);
    Atomics.store(state, 0, between);
  }
}

/** Starts a worker and comes back in the middle of its op. */
async function busyWorker(extent: number): Promise<{ worker: Worker; state: Int32Array }> {
  const state = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { workerData: { state, extent } satisfies Work });
  while (Atomics.load(state, 0) === starts) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { worker, state };
}

async function terminate(extent: number): Promise<void> {
  trimMemory();
  const before = memory().used;
  let inOp = 0;
  for (let round = 0; round < 4; round++) {
    const busy = await Promise.all([busyWorker(extent), busyWorker(extent)]);
    inOp += busy.filter(({ state }) => Atomics.load(state, 0) === computes).length;
    await Promise.all(busy.map(async ({ worker }) => worker.terminate()));
  }
  trimMemory();
  const left = memory().used - before;
  const sum = scope(() =>
    matmul(ones([300, 300]), ones([300, 300]))
      .sum()
      .item(),
  );
  console.log(JSON.stringify({ inOp, left, sum, storages: memory({ collect: true }).storages }));
}

async function main(): Promise<void> {
  const extent = slowExtent();
  if (how === 'terminate') return terminate(extent);
  if (how !== 'exit' && how !== 'throw') return onMainThread(extent);
  const { state } = await busyWorker(extent);
  writeSync(1, Atomics.load(state, 0) === computes ? 'begins ' : 'is between ops');
  if (how === 'exit') process.exit(3);
  throw new Error('on purpose');
}

if (isMainThread) void main();
else inWorker(workerData as Work);
