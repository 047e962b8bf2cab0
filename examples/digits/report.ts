import { writeFileSync } from 'node:fs';

import type { History } from 'myelin';

import { percent, thousands } from './show.js';

/** What the report shows. */
export interface Results {
  /** Loss of every step. */
  readonly losses: readonly number[];
  readonly history: History;
  readonly confusion: readonly (readonly number[])[];
  readonly accuracy: number;
  readonly seconds: number;
  /** Samples per second. */
  readonly speed: number;
}

/** Writes a page that needs nothing but itself: figures, training curve, confusion matrix. */
export function writeReport(file: string, results: Results): void {
  writeFileSync(file, page(results));
}

function page({ losses, history, confusion, accuracy, seconds, speed }: Results): string {
  const figures = [
    ['test accuracy', percent(accuracy)],
    ['training time', `${seconds.toFixed(1)} s`],
    ['samples per second', thousands(speed)],
    ['epochs', String(history.epochs.length)],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Handwritten digits</title>
<style>${style}</style>
<main>
<h1>Handwritten digits</h1>
<dl>${figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>
<section><h2>Loss while training</h2>${curve(losses, history)}</section>
<section><h2>Which digit was taken for which</h2><p>Rows: what was written. Columns: what was read.</p>${matrix(confusion)}</section>
</main>
</html>
`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #67707e; --line: #d9dee6; --page: #f6f7f9; --card: #fff; --hue: #2563c9; --mark: #d9622b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf0; --soft: #98a2b1; --line: #343c49; --page: #12161c; --card: #1b212a; --hue: #6ba1ff; --mark: #ff9a62; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 820px; margin: 0 auto; padding: 32px 20px; }
h1 { font-size: 28px; margin: 0 0 20px; }
h2 { font-size: 17px; margin: 0 0 12px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0 0 20px; }
dl div, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; }
section { margin-bottom: 20px; }
p { color: var(--soft); font-size: 13px; margin: 0 0 8px; }
dt { color: var(--soft); font-size: 13px; }
dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
text { fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.steps { fill: none; stroke: var(--hue); stroke-opacity: .25; }
.mean { fill: none; stroke: var(--hue); stroke-width: 2.5; stroke-linejoin: round; }
.mark { fill: var(--mark); }
.hit { fill: var(--hue); }
.miss { fill: var(--mark); }
.none { fill: var(--page); }
.in-hit { fill: var(--card); font-weight: 600; }
.in-miss { fill: var(--ink); }
`;

const width = 780;
const height = 320;
const margin = { left: 48, right: 16, top: 8, bottom: 40 };
const fixed = (value: number): string => value.toFixed(1);

/** Loss against steps on a logarithmic scale: single steps faint, their running mean bold, test as dots. */
function curve(losses: readonly number[], history: History): string {
  const logs = losses.map((loss) => Math.log10(Math.max(loss, 1e-4)));
  const low = Math.floor(Math.min(...smooth(logs)) * 2) / 2 - 0.5;
  const high = Math.ceil(Math.max(...logs) * 2) / 2;
  const x = (step: number) => margin.left + (step / losses.length) * (width - margin.left - margin.right);
  const y = (log: number) =>
    margin.top + ((high - Math.max(log, low)) / (high - low)) * (height - margin.top - margin.bottom);
  const path = (values: readonly number[]) => values.map((log, i) => `${fixed(x(i + 1))},${fixed(y(log))}`).join(' ');
  const perEpoch = losses.length / history.epochs.length;
  const dots = history.epochs.map(({ epoch, valLoss = NaN, valAccuracy = NaN }) => {
    const at = `cx="${fixed(x(epoch * perEpoch))}" cy="${fixed(y(Math.log10(valLoss)))}"`;
    return `<circle class="mark" ${at} r="5"><title>epoch ${epoch}: test loss ${valLoss.toFixed(4)}, accuracy ${percent(valAccuracy)}</title></circle>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Training loss by step">
${rulers(low, high, y)}${epochMarks(history.epochs.length, (epoch) => x(epoch * perEpoch))}
<polyline class="steps" points="${path(logs)}"/><polyline class="mean" points="${path(smooth(logs))}"/>${dots.join('')}
<text x="${width - margin.right}" y="${margin.top + 12}" text-anchor="end"><tspan fill="var(--hue)">— training</tspan>  <tspan fill="var(--mark)">● test digits</tspan></text>
</svg>`;
}

function rulers(low: number, high: number, y: (log: number) => number): string {
  const values = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3].filter(
    (value) => Math.log10(value) >= low && Math.log10(value) <= high,
  );
  const line = (value: number) => {
    const at = fixed(y(Math.log10(value)));
    return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/><text x="${margin.left - 8}" y="${at}" dy=".35em" text-anchor="end">${value}</text>`;
  };
  return values.map(line).join('');
}

function epochMarks(epochs: number, x: (epoch: number) => number): string {
  const bottom = height - margin.bottom;
  const mark = (epoch: number) =>
    `<text x="${fixed(x(epoch))}" y="${bottom + 24}" text-anchor="end">epoch ${epoch}</text>`;
  return Array.from({ length: epochs }, (_, i) => mark(i + 1)).join('');
}

/** Running mean in which the weight of a value halves every 14 steps. */
function smooth(values: readonly number[]): number[] {
  let mean = values[0] ?? 0;
  return values.map((value) => (mean += 0.05 * (value - mean)));
}

const side = 48;
const offset = 36;

/** A square per pair of digits: hits in one colour, mistakes in another that deepens with their number. */
function matrix(rows: readonly (readonly number[])[]): string {
  const labels = rows.map((_, digit) => label(digit, -1, digit) + label(-1, digit, digit));
  const cells = rows.flatMap((row, digit) => row.map((count, predicted) => cell(predicted, digit, count)));
  const size = offset + rows.length * side;
  return `<svg viewBox="0 0 ${size} ${size}" style="max-width: 560px; margin: auto" role="img" aria-label="Confusion matrix">
${labels.join('')}${cells.join('')}
</svg>`;
}

/** Text in the middle of a square; column or row -1 is the margin. */
function label(column: number, row: number, text: number, kind = ''): string {
  const middle = (place: number) => (place < 0 ? offset / 2 : offset + (place + 0.5) * side);
  const at = `x="${middle(column)}" y="${middle(row)}" dy=".35em" text-anchor="middle"`;
  return `<text class="${kind}" ${at}>${text}</text>`;
}

function cell(column: number, row: number, count: number): string {
  const kind = column === row ? 'hit' : count > 0 ? 'miss' : 'none';
  const opacity = kind === 'miss' ? Math.min(0.8, 0.12 + 0.03 * count) : 1;
  const at = `x="${offset + column * side + 1}" y="${offset + row * side + 1}" width="${side - 2}" height="${side - 2}"`;
  const square = `<rect class="${kind}" ${at} rx="6" fill-opacity="${opacity.toFixed(2)}"/>`;
  return kind === 'none' ? square : square + label(column, row, count, `in-${kind}`);
}
