import { compareResults, comparisonTable } from '../../bench/suite/compare.js';
import { summarize } from '../../bench/suite/statistics.js';
import { caseOf, measured, resultsOf, rowOf } from './results.js';

const named = (name: string, seconds: readonly number[]) =>
  rowOf([measured('Myelin', 1, { seconds: summarize(seconds) })], { case: caseOf({ name }) });

const before = resultsOf([
  named('steady', [1, 1, 1]),
  named('noisy', [0.8, 1, 1.2]),
  named('slower', [1, 1, 1]),
  named('gone', [1]),
]);
const after = resultsOf([
  named('steady', [0.5, 0.5, 0.5]),
  named('noisy', [0.75, 0.9, 1.2]),
  named('slower', [1.1, 1.1, 1.1]),
  named('new', [1]),
]);

test('what is in both results is compared; differences within the spread are none', () => {
  expect(compareResults(before, after).map(({ case: { name }, verdict }) => [name, verdict])).toEqual([
    ['steady', 'faster'],
    ['noisy', 'same'],
    ['slower', 'slower'],
  ]);
});

test('a table shows both speeds and their ratio', () => {
  const [first] = comparisonTable(compareResults(before, after)).rows;
  expect(first).toEqual(['steady', '1', 'GFLOP/s', '1.00', '2.00', '2.00 ×', 'faster']);
});
