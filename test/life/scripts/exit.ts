// Ends the process in several rude ways while tensors are alive and ops are running.
import { Parameter, matmul, ones, randn } from 'myelin';
import { Worker } from 'node:worker_threads';
import path from 'node:path';

const how = process.argv[2];
const w = randn([128, 128]);
export const held = new Parameter(ones([1000]));
let x = w;

function work(rounds: number): void {
  for (let i = 0; i < rounds; i++) x = matmul(x, w).mul(0.05);
}

if (how === 'exit') {
  work(20);
  process.exit(3);
} else if (how === 'throw') {
  work(20);
  throw new Error('on purpose');
} else if (how === 'exit-with-workers') {
  const worker = new Worker(path.join(__dirname, 'worker.js'), { workerData: { rounds: Infinity } });
  worker.once('message', () => {
    work(20);
    process.exit(3);
  });
} else if (how === 'kill') {
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20);
  setInterval(() => work(5), 0);
} else if (how === 'interrupt' || how === 'interrupt-handled') {
  if (how === 'interrupt-handled') {
    process.on('SIGINT', () => {
      // The op that was running has run to its end.
      process.exit(Number.isNaN(x.sum().item()) ? 1 : 4);
    });
  }
  setTimeout(() => process.kill(process.pid, 'SIGINT'), 20);
  setInterval(() => work(5), 0);
} else if (how === 'reject') {
  work(20);
  void Promise.reject(new Error('on purpose'));
  work(20);
} else if (how === 'exit-handler') {
  process.on('exit', () => work(5));
  work(5);
  process.exitCode = 3;
}
