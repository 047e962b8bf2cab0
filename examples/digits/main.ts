// Trains a small convolutional network on the 60,000 handwritten digits of MNIST, tests it on 10,000 others, saves it, and has
// a second process load it and predict. `--quick` learns from fewer digits, for continuous integration.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import {
  accuracy,
  Adam,
  confusionMatrix,
  cosineDecay,
  crossEntropy,
  evaluate,
  fit,
  lrSchedule,
  memory,
  saveModel,
  seed,
  splitDataset,
  threads,
  isa,
} from 'myelin';

import { loadDigits, readDigits } from './data.js';
import { createModel } from './model.js';
import { writeReport } from './report.js';
import { confusionTable, drawExamples, percent, thousands } from './show.js';

const quick = process.argv.includes('--quick');
const [epochs, samples, wanted] = quick ? [1, 30_000, 0.96] : [4, 60_000, 0.988];

const folder = path.join('examples', 'digits', 'out');
const modelFile = path.join(folder, 'digits.safetensors');
const reportFile = path.join(folder, 'report.html');

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  seed(1);

  const digits = await readDigits('train');
  const [learning] = splitDataset(digits, [samples, digits.length - samples], { seed: 1 });
  if (learning === undefined) throw new Error('there are too few digits');
  const data = loadDigits(learning, { shuffle: true });
  // The test digits are watched after every epoch; nothing is chosen by them.
  const testing = await readDigits('t10k');
  const validation = loadDigits(testing, { batchSize: 500 });

  const model = createModel();
  model.summary([1, 1, 28, 28]);
  console.log(`\n${thousands(learning.length)} digits to learn from, ${threads()} threads, ${isa()}\n`);

  const losses: number[] = [];
  const history = await fit(model, {
    data,
    validation,
    loss: crossEntropy,
    optimizer: new Adam(model.parameters()),
    metrics: [accuracy()],
    epochs,
    checkpoint: path.join(folder, 'checkpoint.safetensors'),
    callbacks: [
      lrSchedule(cosineDecay(2e-3, { steps: epochs * (data.length ?? 1) })),
      { onStepEnd: (_run, loss) => void losses.push(loss) },
    ],
  });
  if (history.interrupted) {
    console.log(`interrupted: the training so far is in ${folder}`);
    process.exit(130);
  }

  const confusion = confusionMatrix(10);
  const test = await evaluate(model, validation, { metrics: [accuracy(), confusion] });
  const reached = test['accuracy'] ?? 0;
  await saveModel(modelFile, model);

  console.log(`\n${confusionTable(confusion.rows())}\n`);
  console.log(await drawExamples(model, testing));
  const trained = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const speed = (samples * epochs) / trained;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(`test accuracy ${percent(reached)}`);
  console.log(`trained for ${trained.toFixed(1)} s, ${thousands(speed)} samples/s`);
  console.log(`peak memory ${peak.toFixed(0)} MiB, of it ${(memory().peak / 2 ** 20).toFixed(0)} MiB in tensors\n`);

  // Nothing of this process helps the second one: it has only the file.
  const right = Math.round(reached * testing.length);
  const predicted = spawnSync(process.execPath, [path.join(__dirname, 'predict.js'), modelFile, String(right)], {
    stdio: 'inherit',
  });
  if (predicted.status !== 0) throw new Error('the second process did not predict the same');

  writeReport(reportFile, { losses, history, confusion: confusion.rows(), accuracy: reached, speed, seconds: trained });
  console.log(`training curve and confusion matrix: ${reportFile}`);
  console.log(`total ${(performance.now() / 1000).toFixed(1)} s`);
  if (reached < wanted) throw new Error(`test accuracy ${percent(reached)} is below ${percent(wanted)}`);
}

void main();
