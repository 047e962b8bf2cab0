// Loops that make tensors for as many steps as asked: `flat <which> <steps> [elements]`. Prints resident memory around step
// 1,000 and at the end, and what is alive once the loop is over and unreachable tensors are collected.
import {
  Adam,
  Linear,
  ReLU,
  Sequential,
  crossEntropy,
  memory,
  ones,
  randint,
  randn,
  scope,
  seed,
  valueAndGrad,
  type Tensor,
} from 'myelin';
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

import { Resident } from './resident';

const [which, steps, elements] = isMainThread
  ? [process.argv[2], Number(process.argv[3]), Number(process.argv[4] ?? 16_384)]
  : (workerData as [string, number, number]);
const count = 4;
/** How many of the workers have made their steps: until all have, each goes on, so that all are there at every look. */
const done: Int32Array = isMainThread
  ? new Int32Array(new SharedArrayBuffer(4))
  : (workerData as readonly unknown[] as [string, number, number, Int32Array])[3];
const resident = new Resident();

/** Never disposes and never yields. */
function careless(note: (step: number) => void): void {
  const x = ones([elements]);
  let y: Tensor = x;
  for (let step = 1; step <= steps; step++) {
    y = x.add(y).mul(0.5);
    note(step);
  }
}

/** Never disposes, and yields to microtasks only: no finalizer runs. */
async function microtasks(note: (step: number) => void): Promise<void> {
  const x = ones([elements]);
  let y: Tensor = x;
  for (let step = 1; step <= steps; step++) {
    y = await Promise.resolve(x.add(y).mul(0.5));
    note(step);
  }
}

/** An MLP with Adam, and an evaluation now and then that frees nothing. */
function training(note: (step: number) => void): void {
  seed(1);
  const model = new Sequential(new Linear(32, 64), new ReLU(), new Linear(64, 10));
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const [x, y] = [randn([64, 32]), randint(0, 10, [64])];
  const isOver = (step: number): boolean => step > steps && (isMainThread || Atomics.load(done, 0) === count);
  for (let step = 1; !isOver(step); step++) {
    scope(() => {
      const [, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
      optimizer.step(gradients);
    });
    if (step === steps && !isMainThread) Atomics.add(done, 0, 1);
    if (step % 100 === 0) model.forward(x).argmax({ axis: 1 });
    note(step);
  }
  for (const tensor of [x, y, model, optimizer]) tensor.dispose();
}

/** Four threads that train; memory is looked at whenever the slowest has taken another fifty steps. */
async function workers(note: (step: number) => void): Promise<void> {
  const progress = new Array<number>(count).fill(0);
  const threads = progress.map((_, i) => {
    const worker = new Worker(__filename, { workerData: ['training', steps, elements, done] });
    worker.on('message', (step: number) => {
      const slowest = Math.min(...progress);
      progress[i] = step;
      const now = Math.min(...progress);
      if (now > slowest && now <= steps) note(now);
    });
    return worker;
  });
  await Promise.all(threads.map(async (worker) => once(worker, 'exit')));
}

async function main(): Promise<void> {
  const loops = { careless, microtasks, training, workers };
  const note = isMainThread
    ? (step: number) => resident.note(step)
    : (step: number) => {
        if (step % 50 === 0) parentPort?.postMessage(step);
      };
  await loops[which as keyof typeof loops](note);
  // Not within the loop's own job, in which references of the collector's making may still be held.
  await new Promise((resolve) => setImmediate(resolve));
  if (isMainThread) console.log(JSON.stringify({ ...resident.report(), storages: memory({ collect: true }).storages }));
}

void main();
