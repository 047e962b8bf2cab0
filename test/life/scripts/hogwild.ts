// Two workers train one Parameter, which lies in memory that all of them see, toward 3; the main thread looks at the end.
import { Parameter, SGD, attachShared, memory, scope, share, valueAndGrad, zeros, type SharedTensor } from 'myelin';
import { once } from 'node:events';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const weight = new Parameter(zeros([1000]));

function train(): void {
  attachShared(weight, workerData as SharedTensor);
  const optimizer = new SGD({ weight }, { lr: 10 });
  for (let step = 0; step < 500; step++) {
    scope(() => {
      const [, gradients] = valueAndGrad(() => weight.sub(3).square().mean(), { weight });
      optimizer.step(gradients);
    });
  }
  optimizer.dispose();
}

async function main(): Promise<void> {
  const description = share(weight);
  const workers = [0, 1].map(() => new Worker(__filename, { workerData: description }));
  await Promise.all(workers.map(async (worker) => once(worker, 'exit')));
  const farthest = scope(() => weight.sub(3).abs().max().item());
  weight.dispose();
  console.log(JSON.stringify({ near: farthest < 1e-3, storages: memory({ collect: true }).storages }));
}

if (isMainThread) void main();
else train();
