// What each worker does until it is told to stop or terminated: ops of several kinds, some large enough for all threads.
import { matmul, memory, ones, randn, scope, valueAndGrad } from 'myelin';
import { parentPort, workerData } from 'node:worker_threads';

const { rounds } = workerData as { rounds: number };
const w = randn([96, 96]);

parentPort?.postMessage('started');
for (let i = 0; i < rounds; i++) {
  scope(() => {
    const [loss] = valueAndGrad(() => matmul(w, w).relu().mean(), [w]);
    if (Number.isNaN(loss.item())) throw new Error('a worker computed NaN');
  });
  ones([1000]).add(i);
}
const sum = ones([300, 300]).sum().item();
w.dispose();
parentPort?.postMessage({ sum, storages: memory({ collect: true }).storages });
