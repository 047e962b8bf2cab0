import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { resultOf, runNode } from '../support/child';

// A training with dropout, batch norm, mixup, shuffled batches, a schedule, clipped gradients of two batches a step, and AdamW.
// Each part of it runs in a process of its own.

const script = path.join(__dirname, 'scripts', 'resume.cjs');
const epochs = 10;
// Nine batches make five steps, the last of one batch.
const stepsPerEpoch = 5;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function train(file: string, until: number, stopAt = 0): Promise<Record<string, unknown>> {
  return resultOf(await runNode(script, path.join(folder, file), String(until), String(stopAt)));
}

let whole: Record<string, unknown>;
beforeAll(async () => {
  whole = await train('whole', epochs);
});

it('ten epochs are five, and five more in another process, bit for bit', async () => {
  expect(whole).toMatchObject({ interrupted: false, step: epochs * stepsPerEpoch });
  await train('half', epochs / 2);
  expect(await train('half', epochs)).toEqual(whole);
});

it.each([3, 27])('a training that ends within an epoch, after step %i, goes on bit for bit', async (step) => {
  expect(await train(`step ${step}`, epochs, step)).toMatchObject({ interrupted: true, step });
  const { digest, step: steps } = await train(`step ${step}`, epochs);
  expect({ digest, steps }).toEqual({ digest: whole['digest'], steps: epochs * stepsPerEpoch });
});
