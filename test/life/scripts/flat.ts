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
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      const [, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
      optimizer.step(gradients);
    });
    if (step % 100 === 0) model.forward(x).argmax({ axis: 1 });
    note(step);
  }
  for (const tensor of [x, y, model, optimizer]) tensor.dispose();
}

/** Four threads that train; memory is looked at whenever the slowest has taken another fifty steps. */
async function workers(note: (step: number) => void): Promise<void> {
  const progress = [0, 0, 0, 0];
  const threads = progress.map((_, i) => {
    const worker = new Worker(__filename, { workerData: ['training', steps, elements] });
    worker.on('message', (step: number) => {
      const slowest = Math.min(...progress);
      progress[i] = step;
      if (Math.min(...progress) > slowest) note(Math.min(...progress));
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
