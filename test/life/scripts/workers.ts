// Four workers at once: some run to their end, the others are terminated in the middle of an op. The main thread works
// along, and goes on working afterwards.
import { memory, ones, scope } from 'myelin';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

const file = path.join(__dirname, 'worker.js');
const count = 4;

async function run(rounds: number): Promise<unknown[]> {
  const workers = Array.from({ length: count }, () => new Worker(file, { workerData: { rounds } }));
  const results = await Promise.all(
    workers.map(async (worker) => {
      await once(worker, 'message');
      const exited = once(worker, 'exit');
      if (rounds === Infinity) {
        await new Promise((resolve) => setTimeout(resolve, 20 + 30 * Math.random()));
        await worker.terminate();
        return 'terminated';
      }
      const [message] = (await once(worker, 'message')) as unknown[];
      await exited;
      return message;
    }),
  );
  return results;
}

async function main(): Promise<void> {
  const finished = await run(50);
  const terminated = await run(Infinity);
  const again = await run(5);
  const sum = scope(() => ones([500, 500]).add(1).sum().item());
  console.log(JSON.stringify({ finished, terminated, again, sum, storages: memory({ collect: true }).storages }));
}

void main();
