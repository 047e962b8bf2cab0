// Workers that are terminated while a compiled function runs for them on another thread; then a process that ends likewise.
import { compile, memory, ones, type Tensor } from 'myelin';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

const long = compile((x: Tensor<'float32'>) => {
  let y: Tensor = x;
  for (let i = 0; i < 300; i++) y = y.matmul(x).mul(0.001);
  return y.sum();
});

async function work(): Promise<never> {
  const x = ones([128, 128]);
  (await long(x)).dispose();
  parentPort?.postMessage('runs');
  for (;;) (await long(x)).dispose();
}

async function endInTheMiddle(): Promise<void> {
  const worker = new Worker(__filename);
  await new Promise((resolve) => worker.once('message', resolve));
  await new Promise((resolve) => void setTimeout(resolve, Math.random() * 5));
  await worker.terminate();
}

async function main(): Promise<void> {
  for (let round = 0; round < 5; round++) await Promise.all([endInTheMiddle(), endInTheMiddle()]);
  console.log(JSON.stringify({ storages: memory().storages }));
  void long(ones([128, 128]));
  process.exit();
}

void (isMainThread ? main() : work());
