import { htmlReport } from '../../bench/suite/report/html.js';
import { markdownReport } from '../../bench/suite/report/markdown.js';
import { error, number, percent } from '../../bench/suite/report/format.js';
import { toMarkdown, toText, withoutEmptyColumns } from '../../bench/suite/report/table.js';
import { caseOf, measured, resultsOf, rowOf } from './results.js';

const results = resultsOf([
  rowOf([measured('Myelin', 0.01), measured('oneDNN', 0.02), { contender: 'tfjs-wasm', absent: 'not implemented' }], {
    case: caseOf({ target: { share: 0.4 } }),
    limit: 200,
  }),
  rowOf([measured('Myelin', 1e-6), measured('oneDNN', 5e-7)], {
    case: caseOf({ name: 'eager add', family: 'cost of a call', unit: 'µs', bound: 'none' }),
  }),
]);

test('numbers keep three digits', () => {
  expect([12345.6, 100, 99.94, 0.5, 0.0022, NaN].map(number)).toEqual(['12,346', '100', '99.9', '0.500', '0.002', '–']);
  expect([percent(0.953), percent(0.0123)]).toEqual(['95 %', '1.2 %']);
  expect([error(0), error(3.2e-7)]).toEqual(['0', '3e-7']);
});

const table = {
  head: ['case', 'speed', 'empty'],
  rows: [
    ['a', '10'],
    ['long name', '9', ''],
  ],
};

test('tables align numbers right, texts left, and drop columns that say nothing', () => {
  expect(toText(withoutEmptyColumns(table))).toBe('case       speed\na             10\nlong name      9');
  expect(toMarkdown(withoutEmptyColumns(table)).split('\n').slice(0, 2)).toEqual([
    '| case      | speed |',
    '| --------- | ----: |',
  ]);
});

test('the page of Markdown', () => {
  const page = markdownReport(results);
  expect(page).toContain('Targets: 1 reached, 0 missed.');
  expect(page).toMatch(
    /\| matmul 512³ A·B \| +1 \| GFLOP\/s \| +100 ± 0\.0 % \| +50 % \| +1e-6 \| 2\.00 × \| pass +\|/u,
  );
  expect(page).toMatch(/eager add.*1\.00 ± 0\.0 %.*0\.50 ×/u);
  expect(page).toContain('skipped: not installed');
  expect(page).toContain('not implemented');
  const brief = markdownReport(results, true);
  expect(brief).toContain('eager add');
  expect(brief).not.toContain('not implemented');
});

test('the HTML page escapes, draws a bar for each contender that has a time, and asks for nothing else', () => {
  const page = htmlReport(results);
  expect(page).toContain('A &lt;fast&gt; one');
  expect(page.match(/<rect /g)).toHaveLength(4);
  expect(page.match(/<line class="limit"/g)).toHaveLength(1);
  expect(page).not.toMatch(/<script|src=|href=|url\(/);
});
