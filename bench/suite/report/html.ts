// One page that needs nothing else: no network, no script, bars as boxes of CSS.
import { speedOf } from '../case.js';
import { isMeasured, own, type Measured, type Results, type Row } from '../results.js';
import { contendersTable, familyTable, findingsTable, legend, limitsTable, machineLine } from './content.js';
import { families, number, percent, tally, threads } from './format.js';
import { withoutEmptyColumns, type Table } from './table.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);

const styles = `
:root { color-scheme: light dark; --mine: #2d7dd2; --peer: #8a94a0; --limit: #d1495b; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.pass { color: #2a9d57; } td.miss { color: var(--limit); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1.5rem 2.5rem; margin: 1.5rem 0; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: currentColor; } .mine { fill: var(--mine); } .peer { fill: var(--peer); }
.limit { stroke: var(--limit); stroke-dasharray: 4 3; }`;

function tableOf({ head, rows }: Table): string {
  const verdictClass = (text: string): string => {
    if (text.startsWith('pass')) return ' class="pass"';
    return text.startsWith('miss') ? ' class="miss"' : '';
  };
  const header = head.map((title) => `<th>${escape(title)}</th>`).join('');
  const body = rows.map(
    (cells) => `<tr>${cells.map((text) => `<td${verdictClass(text)}>${escape(text)}</td>`).join('')}</tr>`,
  );
  return `<div class="scroll"><table><thead><tr>${header}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

const [chartWidth, labelWidth, valueWidth, barHeight] = [400, 100, 70, 20];
const barsWidth = chartWidth - labelWidth - valueWidth;

/** Bars of what every contender reached in a row: the longer the faster, and a line where the machine's limit is. */
function chart(row: Row): string {
  const measured = row.measurements.filter(isMeasured);
  // Of microseconds fewer are better: the bar shows calls a second.
  const height = (each: Measured): number => 1 / each.seconds.median;
  const limit = row.limit === undefined ? 0 : row.limit / row.case.work;
  const longest = Math.max(limit, ...measured.map(height));
  const scale = (value: number): number => (barsWidth * value) / longest;
  const bars = measured.map((each, i) => {
    const y = i * barHeight;
    const kind = each.contender === own ? 'mine' : 'peer';
    const length = scale(height(each)).toFixed(1);
    return [
      `<text x="0" y="${y + 14}">${escape(each.contender)}</text>`,
      `<rect class="${kind}" x="${labelWidth}" y="${y + 3}" width="${length}" height="${barHeight - 6}" rx="2"/>`,
      `<text x="${labelWidth + barsWidth + 5}" y="${y + 14}">${number(speedOf(row.case, each.seconds.median))}</text>`,
    ].join('');
  });
  const total = measured.length * barHeight;
  const at = (labelWidth + scale(limit)).toFixed(1);
  const line = limit === 0 ? '' : `<line class="limit" x1="${at}" x2="${at}" y1="0" y2="${total}"/>`;
  const caption = `${row.case.name}, ${threads(row.threads)}: ${row.case.unit}`;
  return [
    `<figure><figcaption>${escape(caption)}</figcaption>`,
    `<svg viewBox="0 0 ${chartWidth} ${total}" role="img" aria-label="${escape(caption)}">${bars.join('')}${line}</svg></figure>`,
  ].join('');
}

/** The report as an HTML page. */
export function htmlReport(results: Results): string {
  const { passed, missed } = tally(results);
  const share =
    passed + missed === 0
      ? ''
      : `<p>Targets: ${passed} reached, ${missed} missed (${percent(passed / (passed + missed))}).</p>`;
  const sections = families(results).map(([family, rows]) => {
    const charts = rows.filter((row) => row.measurements.some(isMeasured)).map(chart);
    const table = tableOf(withoutEmptyColumns(familyTable(results, rows)));
    return `<h2>${escape(family)}</h2>\n${table}\n<div class="charts">${charts.join('\n')}</div>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Benchmark of Myelin</title><style>${styles}</style></head>
<body>
<h1>Benchmark of Myelin</h1>
<p>${escape(machineLine(results))}. Made by <code>${escape(results.command)}</code>.</p>
<p>${escape(legend)} In the charts a dashed line is the machine's limit.</p>
${share}
<h2>Limits of the machine</h2>
${tableOf(limitsTable(results))}
${sections.join('\n')}
${(results.findings ?? []).length === 0 ? '' : `<h2>compiled functions</h2>\n${tableOf(findingsTable(results))}`}
<h2>Contenders</h2>
${tableOf(contendersTable(results))}
</body>
</html>
`;
}
