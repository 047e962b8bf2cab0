// Workers that are terminated while a compiled function runs for them on another thread, or while what came of a short one,
// or of one that fails, is told to their event loop; then a process that ends likewise.
import { compile, embedding, memory, ones, tensor, type Tensor } from 'myelin';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const long = compile((x: Tensor<'float32'>) => {
  let y: Tensor = x;
  for (let i = 0; i < 300; i++) y = y.matmul(x).mul(0.001);
  return y.sum();
});

const short = compile((x: Tensor<'float32'>) => x.add(1));
const failing = compile((rows: Tensor<'int64'>, table: Tensor<'float32'>) => embedding(rows, table));

async function work(): Promise<never> {
  const x = ones([128, 128]);
  const beyond = tensor([200], { dtype: 'int64' });
  const calls = {
    long: () => long(x),
    short: () => short(x),
    failing: () => failing(beyond, x).catch(() => ones([1])),
  };
  const call = calls[workerData as keyof typeof calls];
  (await call()).dispose();
  parentPort?.postMessage('runs');
  for (;;) (await call()).dispose();
}

async function endInTheMiddle(kind: string): Promise<void> {
  const worker = new Worker(__filename, { workerData: kind });
  await new Promise((resolve) => worker.once('message', resolve));
  await new Promise((resolve) => void setTimeout(resolve, Math.random() * 5));
  await worker.terminate();
}

async function main(): Promise<void> {
  for (let round = 0; round < 5; round++) await Promise.all(['long', 'short', 'failing'].map(endInTheMiddle));
  console.log(JSON.stringify({ storages: memory().storages }));
  void long(ones([128, 128]));
  process.exit();
}

void (isMainThread ? main() : work());
