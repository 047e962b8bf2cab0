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
<section><h2>Which digit was taken for which</h2>${matrix(confusion)}</section>
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
dt { color: var(--soft); font-size: 13px; }
dd { margin: 0; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
text { fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.steps { fill: none; stroke: var(--hue); stroke-opacity: .25; }
.mean { fill: none; stroke: var(--hue); stroke-width: 2.5; stroke-linejoin: round; }
.mark { fill: var(--mark); }
.cell { fill: var(--hue); }
.right { fill: var(--card); font-weight: 600; }
.wrong { fill: var(--ink); }
`;

const width = 780;
const height = 320;
const margin = { left: 48, right: 16, top: 8, bottom: 40 };
const fixed = (value: number): string => value.toFixed(1);

/** Loss against steps on a logarithmic scale: single steps faint, their running mean bold, validation as dots. */
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
    return `<circle class="mark" ${at} r="5"><title>epoch ${epoch}: validation loss ${valLoss.toFixed(4)}, accuracy ${percent(valAccuracy)}</title></circle>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Training loss by step">
${rulers(low, high, y)}${epochMarks(history.epochs.length, (epoch) => x(epoch * perEpoch))}
<polyline class="steps" points="${path(logs)}"/><polyline class="mean" points="${path(smooth(logs))}"/>${dots.join('')}
<text x="${width - margin.right}" y="${margin.top + 12}" text-anchor="end"><tspan fill="var(--hue)">— training</tspan>  <tspan fill="var(--mark)">● validation</tspan></text>
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

/** Running mean in which a value's weight halves about every 14 steps. */
function smooth(values: readonly number[]): number[] {
  let mean = values[0] ?? 0;
  return values.map((value) => (mean += 0.05 * (value - mean)));
}

/** A square per pair of digits; its colour is the share of the true digit. */
function matrix(rows: readonly (readonly number[])[]): string {
  const size = 48;
  const labels = rows.map((_, digit) => {
    const middle = 40 + digit * size + size / 2;
    return `<text x="${middle}" y="20" text-anchor="middle">${digit}</text><text x="22" y="${middle}" dy="-.05em" text-anchor="middle">${digit}</text>`;
  });
  const cells = rows.flatMap((row, digit) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) =>
      cell(40 + predicted * size, 32 + digit * size, size, count, count / total, digit === predicted),
    );
  });
  const side = 40 + rows.length * size;
  return `<svg viewBox="0 0 ${side} ${side}" style="max-width: 560px; margin: auto" role="img" aria-label="Confusion matrix">${labels.join('')}${cells.join('')}</svg>`;
}

function cell(x: number, y: number, size: number, count: number, share: number, right: boolean): string {
  // Mistakes are some thousandths: on a linear scale they would not show.
  const opacity = right ? 0.9 : Math.min(0.6, 8 * share);
  const text =
    count === 0
      ? ''
      : `<text class="${right ? 'right' : 'wrong'}" x="${x + size / 2}" y="${y + size / 2}" dy=".35em" text-anchor="middle">${count}</text>`;
  const back = `<rect class="cell" x="${x + 1}" y="${y + 1}" width="${size - 2}" height="${size - 2}" rx="6" fill-opacity="${Math.max(0.05, opacity).toFixed(2)}"/>`;
  return back + text;
}
