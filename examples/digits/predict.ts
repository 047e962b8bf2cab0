// `node predict.js <model> [right]`: loads a saved network and predicts the 10,000 test digits in batches. Given how many are to
// be right, it fails when they are not.
import { createWriteStream } from 'node:fs';
import path from 'node:path';

import { loadModel, predict, scope, softmax } from 'myelin';

import { loadDigits, readDigits } from './data.js';
import { createModel } from './model.js';
import { percent, thousands } from './show.js';

async function main(): Promise<void> {
  const [modelFile = 'digits.safetensors', expected] = process.argv.slice(2);
  const model = createModel();
  await loadModel(modelFile, model);
  const digits = await readDigits('t10k');
  const file = path.join(path.dirname(modelFile), 'predictions.csv');
  const table = createWriteStream(file);
  table.write('digit,predicted,probability\n');

  let right = 0;
  const started = performance.now();
  for await (const { output, batch } of predict(model, loadDigits(digits, { batchSize: 256 }))) {
    const { classes, probabilities } = scope(() => {
      const chances = softmax(output);
      return { classes: chances.argmax({ axis: 1 }).data(), probabilities: chances.max({ axis: 1 }).data() };
    });
    batch.y.data().forEach((digit, i) => {
      right += Number(digit === Number(classes[i]));
      table.write(`${digit},${classes[i]},${probabilities[i]?.toFixed(6)}\n`);
    });
  }
  const seconds = (performance.now() - started) / 1000;
  table.end();

  const speed = thousands(digits.length / seconds);
  console.log(
    `process ${process.pid} loaded ${modelFile} and predicted ${thousands(digits.length)} digits, ${speed} a second:`,
  );
  const same =
    expected === undefined
      ? ''
      : Number(expected) === right
        ? ', the same as before'
        : `, not the ${expected} of before`;
  console.log(`${thousands(right)} right, accuracy ${percent(right / digits.length)}${same}; each one is in ${file}`);
  if (expected !== undefined && Number(expected) !== right) process.exitCode = 1;
}

void main();
