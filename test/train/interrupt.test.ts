import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Adam, Linear, loadCheckpoint, loadModel } from 'myelin';

import { full } from '../support/child';
import { Random } from '../support/reference';

// `npm run test:kill` sets MYELIN_LIFE=full: 50 rounds; MYELIN_SEED takes other moments.
const rounds = full ? 50 : 3;

let folder: string;
let file: string;
let child: ChildProcess;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  file = path.join(folder, 'run.safetensors');
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Starts a training in a process of its own, and waits until some epochs are made. */
async function start(...args: string[]): Promise<void> {
  const script = path.join(__dirname, 'scripts', 'training.cjs');
  child = spawn(process.execPath, [script, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output += text));
  await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
  expect(output).toBe('under way\n');
}

async function loadable(): Promise<{ epoch: number; batch: number; step: number }> {
  const model = new Linear(2, 2);
  const optimizer = new Adam(model.parameters());
  await loadModel(file, model);
  const position = await loadCheckpoint(file, { model, optimizer });
  expect(optimizer.stepCount).toBe(position.step);
  expect(position.step).toBe(3 * position.epoch + position.batch);
  model.dispose();
  optimizer.dispose();
  return position;
}

it('Ctrl-C ends the training after its step and leaves a checkpoint to go on from', async () => {
  await start();
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([0, null]);
  const result = JSON.parse(output.split('\n')[1]!) as Record<string, unknown>;
  expect(result).toMatchObject({ interrupted: true, released: true });
  expect((await loadable()).epoch).toBe(result['epochs']);
  expect(await readdir(folder)).toEqual(['run.safetensors']);
});

it('a second Ctrl-C ends the process when a callback hangs', async () => {
  await start('stuck');
  child.kill('SIGINT');
  await sleep(200);
  expect(child.exitCode).toBeNull();
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
  await loadable();
});

it(
  'killing the process at any moment leaves a whole checkpoint',
  async () => {
    const random = new Random(Number(process.env['MYELIN_SEED'] ?? 1));
    let halfWritten = 0;
    for (let round = 0; round < rounds; round++) {
      await start('often');
      await sleep(60 * random.next());
      child.kill('SIGKILL');
      await once(child, 'close');
      expect((await loadable()).epoch).toBeGreaterThanOrEqual(2);
      for (const left of await readdir(folder)) {
        if (left === 'run.safetensors') continue;
        halfWritten++;
        await rm(path.join(folder, left));
      }
      await rm(file);
    }
    if (full)
      process.stdout.write(`\n  killed ${rounds} times, ${halfWritten} of them while a checkpoint was written\n`);
  },
  full ? 600_000 : 30_000,
);
