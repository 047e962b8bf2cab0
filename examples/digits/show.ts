import { predict, scope, softmax, Subset, type Dataset, type Module } from 'myelin';

import { loadDigits, type Digits } from './data.js';

export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

export const thousands = (count: number): string => Math.round(count).toLocaleString('en-US');

/** A table of true digits (rows) and predicted ones (columns). */
export function confusionTable(rows: readonly (readonly number[])[]): string {
  const cell = (text: string | number) => String(text).padStart(6);
  const head = `true\\as${rows.map((_, digit) => cell(digit)).join('')}`;
  const lines = rows.map(
    (row, digit) => `${cell(digit)} ${row.map((count) => cell(count === 0 ? '·' : count)).join('')}`,
  );
  return [head, ...lines].join('\n');
}

interface Example {
  readonly pixels: Uint8Array;
  readonly digit: number;
  readonly predicted: number;
  readonly probability: number;
}

/** Draws a few digits that the network reads well and a few that it does not, with its opinion on each. */
export async function drawExamples(model: Module, digits: Dataset<Digits>): Promise<string> {
  const examples: Example[] = [];
  const first = new Subset(
    digits,
    Array.from({ length: 2000 }, (_, i) => i),
  );
  for await (const { output, batch } of predict(model, loadDigits(first, { batchSize: 500 }))) {
    scope(() => {
      const chances = softmax(output);
      const classes = chances.argmax({ axis: 1 }).data();
      const probabilities = chances.max({ axis: 1 }).data();
      const pixels = Uint8Array.from(batch.x.mul(255).data());
      batch.y.data().forEach((digit, i) => {
        const image = pixels.subarray(i * 784, (i + 1) * 784);
        examples.push({ pixels: image, digit, predicted: Number(classes[i]), probability: probabilities[i] ?? 0 });
      });
    });
  }
  const perRow = Math.max(1, Math.min(6, Math.floor((process.stdout.columns ?? 80) / 22)));
  const right = examples.filter(({ digit, predicted }) => digit === predicted).slice(0, perRow);
  const wrong = examples.filter(({ digit, predicted }) => digit !== predicted).slice(0, perRow);
  return [right, wrong]
    .filter((row) => row.length > 0)
    .map(drawRow)
    .join('\n');
}

function drawRow(examples: readonly Example[]): string {
  const drawings = examples.map(({ pixels }) => draw(pixels));
  const lines = Array.from({ length: 10 }, (_, line) => drawings.map((drawing) => drawing[line]).join('  '));
  const captions = examples.map(({ digit, predicted, probability }) => {
    return `${digit} read as ${predicted}, ${percent(probability)}`.padEnd(20);
  });
  return [...lines, captions.join('  '), ''].join('\n');
}

/** The middle 20 × 20 pixels of a digit, two in every character: the upper half block and the background below it. */
function draw(pixels: Uint8Array): string[] {
  return Array.from({ length: 10 }, (_, line) => {
    const row = Array.from({ length: 20 }, (_, column) => {
      const at = (4 + 2 * line) * 28 + 4 + column;
      return block(pixels[at] ?? 0, pixels[at + 28] ?? 0);
    });
    return row.join('');
  });
}

function block(upper: number, lower: number): string {
  if (!process.stdout.isTTY) return upper > 127 ? (lower > 127 ? '█' : '▀') : lower > 127 ? '▄' : ' ';
  // Greys of the 256-colour palette: 232 is black, 255 almost white.
  const grey = (value: number) => 232 + Math.round((value / 255) * 23);
  return `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀\x1b[0m`;
}
