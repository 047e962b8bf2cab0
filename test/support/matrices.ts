import { build, position, sizeOf, type Nd } from './reference';
import { stored } from './layouts';

/** A matrix as rows of numbers. */
export type Rows = number[][];

/** Every matrix in the last two axes, in row-major order of the batch. */
export function matricesOf(x: Nd): Rows[] {
  const [m, n] = x.shape.slice(-2) as [number, number];
  return Array.from({ length: sizeOf(x.shape.slice(0, -2)) }, (_, b) =>
    Array.from({ length: m }, (__, i) => x.data.slice((b * m + i) * n, (b * m + i + 1) * n)),
  );
}

/** Matrices, all of one shape, as an array. */
export function ofMatrices(like: Nd, matrices: readonly Rows[], [m, n]: readonly [number, number]): Nd {
  return { dtype: like.dtype, shape: [...like.shape.slice(0, -2), m, n], data: matrices.flat(2) };
}

/** A function of single matrices, applied to every matrix of a batch. */
export function eachMatrix(x: Nd, f: (rows: Rows) => Rows, shape = x.shape.slice(-2) as [number, number]): Nd {
  return ofMatrices(x, matricesOf(x).map(f), shape);
}

export const times = (a: Rows, b: Rows): Rows =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
export const turned = (a: Rows, columns = a[0]?.length ?? 0): Rows =>
  Array.from({ length: columns }, (_, j) => a.map((row) => row[j]!));
export const identity = (n: number): Rows =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));

/** x · xᵀ / n + 1: symmetric and far from singular, in numbers that the dtype can hold. */
export function positiveDefinite(x: Nd): Nd {
  const n = x.shape.at(-1)!;
  const made = eachMatrix(x, (a) =>
    times(a, turned(a, n)).map((row, i) => row.map((value, j) => value / n + (i === j ? 1 : 0))),
  );
  return rounded(made);
}

/** The same matrix with its diagonal moved away from 0, so that no solution is large. */
export function dominant(x: Nd): Nd {
  const n = x.shape.at(-1)!;
  return rounded(
    eachMatrix(x, (a) =>
      a.map((row, i) => row.map((value, j) => (i === j ? value + 2 * n * Math.sign(value || 1) : value))),
    ),
  );
}

const rounded = (x: Nd): Nd => ({ ...x, data: x.data.map((value) => stored(x.dtype, value)) });

/** Solution of a · x = b by Gauss's elimination with pivots from the whole column. */
export function solved(a: Rows, b: Rows): Rows {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let k = 0; k < n; k++) {
    const best = rows.reduce(
      (found, row, i) => (i > k && Math.abs(row[k]!) > Math.abs(rows[found]![k]!) ? i : found),
      k,
    );
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i]![k]! / rows[k]![k]!;
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  return rows.map((row, i) => row.slice(n).map((value) => value / row[i]!));
}

/** Largest difference of two arrays of one shape, relative to the largest number in the second. */
export function distance(a: Nd, b: Nd): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  const size = b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return a.data.reduce(
    (most, value, i) =>
      Math.abs(value - b.data[i]!) / size > most
        ? Math.abs(value - b.data[i]!) / size
        : Number.isNaN(value)
          ? Infinity
          : most,
    0,
  );
}

/** The array without rows or columns beyond a number. */
export function cropped(x: Nd, rows: number, columns: number): Nd {
  return build(x.dtype, [...x.shape.slice(0, -2), rows, columns], (index) => x.data[position(index, x.shape)]!);
}
