// What training steps take from the system after their first run, and whether resident memory stays as it is.
import { compile, memory, type Tensor } from 'myelin';

import { models } from '../models/index.js';
import { isQuick, say } from './say.js';

const batches: Readonly<Record<string, number>> = { mlp: 64, lenet: 16, resnet18: 4, charLstm: 8, gpt: 4 };

const mebibyte = 2 ** 20;

/** All that the library has asked the system for. */
const taken = (): number => memory().used + memory().cached;

function compiledStep(model: string, batch: number): () => void {
  const { train, input, target } = models[model]!(batch, true);
  const step = compile((x: Tensor, y: Tensor) => train(x, y), { name: model });
  return () => step.sync(input, target).dispose();
}

/** Bytes and storages that later runs have taken from the system, over all models. */
function later(): { readonly bytes: number; readonly storages: number } {
  const totals = { bytes: 0, storages: 0 };
  for (const [model, batch] of Object.entries(batches)) {
    const step = compiledStep(model, batch);
    step();
    const [bytes, { storages }] = [taken(), memory()];
    for (let i = 0; i < 5; i++) step();
    totals.bytes += taken() - bytes;
    totals.storages += memory().storages - storages;
  }
  return totals;
}

/** Mebibytes by which resident memory grows over many steps, after some that warm up. */
function growth(steps: number): number {
  const step = compiledStep('mlp', 8);
  for (let i = 0; i < 1_000; i++) step();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < steps; i++) step();
  return (process.memoryUsage.rss() - before) / mebibyte;
}

const { bytes, storages } = later();
const steps = isQuick ? 1_000 : 10_000;
say([
  { what: 'native memory taken by runs 2 to 6 of the five training steps', unit: 'bytes', reached: bytes, atMost: 0 },
  { what: 'storages left by them', unit: 'storages', reached: storages, atMost: 0 },
  // V8 takes and gives back pages of its own meanwhile.
  { what: `resident memory after ${steps} steps more`, unit: 'MiB', reached: growth(steps), atMost: 4 },
]);
