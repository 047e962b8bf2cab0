// `stress <rounds> <seed>`: in each round eight workers train at once, and each is terminated at a random moment: while it
// starts, while it loads the addon, in the middle of an op. Prints what is in use in the whole process before and after.
import { Generator, memory, ones, scope, trimMemory, uniform } from 'myelin';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

const [rounds, start] = [Number(process.argv[2]), Number(process.argv[3])];
const count = 8;
const longest = 120; // milliseconds that a worker may train
const file = path.join(__dirname, 'stress-worker.js');
const generator = new Generator(start);
const random = (): number => scope(() => uniform([], { generator }).item());

let trained = 0;
let errors = 0;

/** Three in four are let come to their first step before their time begins. */
async function live(): Promise<void> {
  const [moment, early] = [random() * longest, random() < 0.25];
  const worker = new Worker(file);
  worker.on('error', () => errors++);
  if (!early) {
    await once(worker, 'message');
    trained++;
  }
  await new Promise((resolve) => setTimeout(resolve, moment));
  await worker.terminate();
}

async function round(): Promise<number> {
  await Promise.all(Array.from({ length: count }, live));
  const sum = scope(() => ones([400, 400]).add(1).sum().item());
  if (sum !== 320_000) throw new Error(`the main thread computed ${sum}`);
  memory({ collect: true });
  trimMemory();
  return memory().used;
}

async function main(): Promise<void> {
  const used: number[] = [];
  const resident: number[] = [];
  for (let i = 0; i < rounds; i++) {
    used.push(await round());
    resident.push(process.memoryUsage.rss());
  }
  const { storages, live } = memory({ collect: true });
  const [first, last] = [resident[Math.floor(rounds / 10)]!, resident.at(-1)!];
  console.log(JSON.stringify({ workers: rounds * count, trained, errors, used, storages, live, first, last }));
}

void main();
