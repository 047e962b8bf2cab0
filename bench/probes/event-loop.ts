// Whether the event loop stays free while ResNet-18 trains on all cores, and what that costs the training.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';

import { compile, setThreads, type Tensor } from 'myelin';

import { models } from '../models/index.js';
import { quantile } from '../suite/statistics.js';
import { isQuick, say } from './say.js';

const resolution = 5;

// Asks again and again, from a thread of its own: a client on this loop would wait where the server does. Over one bare
// connection: mostly clients are on other machines, and this one should take as little of this one's cores.
const client = `
const { parentPort, workerData } = require('node:worker_threads');
const socket = require('node:net').connect(workerData, 'localhost');
const times = [];
let open = true;
let started;
const ask = () => {
  started = performance.now();
  socket.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n');
};
parentPort.once('message', () => (open = false));
socket.once('connect', ask).once('data', () => parentPort.postMessage('ready'));
socket.on('data', (data) => {
  if (!data.toString().endsWith('here')) return;
  times.push(performance.now() - started);
  if (open) return void setTimeout(ask, 20);
  socket.end();
  parentPort.postMessage(times);
});`;

/** Steps a second of some training, as it is awaited or on this thread. */
async function speed(step: () => void | Promise<void>, seconds: number): Promise<number> {
  const started = performance.now();
  let steps = 0;
  while (performance.now() - started < seconds * 1000 || steps < 2) {
    await step();
    steps++;
  }
  return (steps * 1000) / (performance.now() - started);
}

async function main(): Promise<void> {
  setThreads(availableParallelism());
  const { train, input, target } = models['resnet18']!(32, true);
  const compiled = compile((x: Tensor, y: Tensor) => train(x, y), { name: 'train' });
  const sync = (): void => compiled.sync(input, target).dispose();
  const awaited = async (): Promise<void> => (await compiled(input, target)).dispose();
  sync();
  await awaited();

  const server = createServer((_, response) => response.end('here'));
  server.listen(0);
  await once(server, 'listening');
  const delays: IntervalHistogram[] = [];
  const ratios: number[] = [];
  const waits: number[] = [];
  const { port } = server.address() as AddressInfo;
  for (let turn = 0; turn < (isQuick ? 3 : 9); turn++) {
    const blocking = await speed(sync, isQuick ? 1 : 3);
    const worker = new Worker(client, { eval: true, workerData: port });
    await once(worker, 'message');
    // Another one each turn: one that goes on would count the blocking turn before as a delay.
    const delay = monitorEventLoopDelay({ resolution });
    delay.enable();
    const free = await speed(awaited, isQuick ? 1 : 3);
    delay.disable();
    delays.push(delay);
    worker.postMessage('enough');
    const [times] = (await once(worker, 'message')) as [number[]];
    waits.push(...times);
    ratios.push(free / blocking);
  }
  server.close();

  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  /** Of all turns. */
  const worst = (of: (delay: IntervalHistogram) => number): number =>
    Math.max(...delays.map((delay) => late(of(delay))));
  const middle = (values: number[], share: number): number =>
    quantile(
      [...values].sort((a, b) => a - b),
      share,
    );
  say([
    {
      what: 'event loop while ResNet-18 trains: delay, p99',
      unit: 'ms',
      reached: worst((delay) => delay.percentile(99)),
      atMost: 10,
    },
    { what: 'the same: longest delay', unit: 'ms', reached: worst((delay) => delay.max), atMost: 50 },
    {
      what: `answers of an http server meanwhile, p99 of ${waits.length}`,
      unit: 'ms',
      reached: middle(waits, 0.99),
      atMost: 50,
    },
    { what: 'training awaited, of that with .sync', unit: '×', reached: middle(ratios, 0.5), atLeast: 0.95 },
  ]);
}

void main();
