import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { accuracy, Adam, crossEntropy, evaluate, fit, memory, saveModel, seed, Subset } from 'myelin';

import { loadDigits, readDigits } from '../../examples/digits/data';
import { createModel } from '../../examples/digits/model';

const range = (length: number) => Array.from({ length }, (_, i) => i);

it('a network learns real digits, is saved, and predicts the same in another process', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  const file = path.join(folder, 'digits.safetensors');
  const before = memory({ collect: true }).storages;
  seed(2);
  const digits = await readDigits('train');
  const testing = await readDigits('t10k');
  const model = createModel();
  const optimizer = new Adam(model.parameters(), { lr: 2e-3 });

  const data = loadDigits(new Subset(digits, range(3000)), { shuffle: true });
  const { epochs } = await fit(model, {
    data,
    loss: crossEntropy,
    optimizer,
    metrics: [accuracy()],
    epochs: 2,
    progress: false,
  });
  const test = loadDigits(testing, { batchSize: 500 });
  const reached = (await evaluate(model, test, { metrics: [accuracy()] }))['accuracy']!;
  expect(epochs[1]!.loss).toBeLessThan(epochs[0]!.loss);
  expect(reached).toBeGreaterThan(0.88);

  await saveModel(file, model);
  const program = path.join(__dirname, 'scripts', 'count-right.cjs');
  const { stdout, stderr } = spawnSync(process.execPath, [program, file], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(Number(stdout)).toBe(Math.round(reached * 10_000));

  for (const owner of [digits, testing, model, optimizer]) owner.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
  await rm(folder, { recursive: true });
}, 120_000);
