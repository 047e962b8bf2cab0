import { quantile, relativeError, spread, summarize } from '../../bench/suite/statistics.js';

test('median and quartiles, in any order of the values', () => {
  expect(summarize([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4, count: 5 });
  expect(summarize([7])).toEqual({ median: 7, low: 7, high: 7, count: 1 });
});

test('quantiles lie between neighbours in proportion', () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(quantile([], 0.5)).toBeNaN();
});

test('the spread is half the distance of the quartiles, relative to the median', () => {
  expect(spread({ median: 10, low: 9, high: 11, count: 4 })).toBeCloseTo(0.1);
});

test('errors are relative to the range of what is expected', () => {
  expect(relativeError([1, -3.9], [1, -4])).toBeCloseTo(0.025);
  expect(relativeError([0, 0], [0, 0])).toBe(0);
  expect(relativeError([1], [0])).toBe(Infinity);
});

test('NaN and another number of values are as wrong as can be', () => {
  expect(relativeError([NaN, 1], [0, 1])).toBe(Infinity);
  expect(relativeError([1], [1, 2])).toBe(Infinity);
});
