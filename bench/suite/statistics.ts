/** The middle of some measurements, and how far the middle half of them spreads. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The value below which a share of the sorted values lies, between neighbours in proportion. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (place - below);
}

/** Median and quartiles. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => quantile(sorted, share);
  return { median: at(0.5), low: at(0.25), high: at(0.75), count: values.length };
}

/** Half of what lies between the quartiles, as a share of the median: the ± of a report. */
export function spread({ median, low, high }: Summary): number {
  return (high - low) / (2 * median);
}

/** The largest difference between numbers and what they should be, relative to the range of the latter. */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  const range = Math.max(...expected.map(Math.abs));
  const worst = actual.reduce((error, value, i) => {
    const difference = Math.abs(value - expected[i]!);
    return Number.isNaN(difference) ? Infinity : Math.max(error, difference);
  }, 0);
  return worst === 0 ? 0 : worst / range;
}
