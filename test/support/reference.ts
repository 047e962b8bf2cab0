import type { DType } from 'myelin';

/** Row-major numbers with a shape: what the plain references compute on. Floats are JavaScript's own, float64. */
export interface Nd {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  const index = shape.map(() => 0);
  for (let n = sizeOf(shape); n > 0; n--) {
    yield [...index];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** Position of an index in row-major order. */
export function position(index: readonly number[], shape: readonly number[]): number {
  let at = 0;
  for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis]! + index[axis]!;
  return at;
}

export function at(x: Nd, index: readonly number[]): number {
  return x.data[position(index, x.shape)]!;
}

/** An array from its value at each index. */
export function build(dtype: DType, shape: readonly number[], value: (index: number[]) => number): Nd {
  return { dtype, shape, data: Array.from(indicesOf(shape), value) };
}

/** Zeros that `fill` adds to: the shape of most gradients. */
export function accumulate(
  dtype: DType,
  shape: readonly number[],
  fill: (add: (index: readonly number[], value: number) => void) => void,
): Nd {
  const data = new Array<number>(sizeOf(shape)).fill(0);
  fill((index, value) => (data[position(index, shape)]! += value));
  return { dtype, shape, data };
}

export const map = (x: Nd, f: (value: number) => number, dtype = x.dtype): Nd => ({
  ...x,
  dtype,
  data: x.data.map((value) => f(value)),
});

/** Element-wise function of arrays that broadcast to one shape. */
export function zip(inputs: readonly Nd[], f: (...values: number[]) => number, dtype = inputs[0]!.dtype): Nd {
  const rank = Math.max(...inputs.map((x) => x.shape.length));
  const extents = inputs.map((x) => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const found = extents.map((extent) => extent[axis]!);
    return found.find((extent) => extent !== 1) ?? 1;
  });
  return build(dtype, shape, (index) =>
    f(
      ...inputs.map((x) => {
        const own = index.slice(rank - x.shape.length).map((i, axis) => (x.shape[axis] === 1 ? 0 : i));
        return at(x, own);
      }),
    ),
  );
}

/** Lists of the values along some axes, as an array of lists over the others. */
export function groups(x: Nd, axes: readonly number[], keepDims = false): { shape: number[]; lists: number[][] } {
  const reduced = new Set(axes);
  const kept = x.shape.map((extent, axis) => (reduced.has(axis) ? 1 : extent));
  const lists = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  let next = 0;
  for (const index of indicesOf(x.shape)) {
    lists[
      position(
        index.map((i, axis) => (reduced.has(axis) ? 0 : i)),
        kept,
      )
    ]!.push(x.data[next++]!);
  }
  return { shape: keepDims ? kept : kept.filter((_, axis) => !reduced.has(axis)), lists };
}

export function reduce(
  x: Nd,
  axes: readonly number[],
  keepDims: boolean,
  f: (values: number[]) => number,
  dtype = x.dtype,
): Nd {
  const { shape, lists } = groups(x, axes, keepDims);
  return { dtype, shape, data: lists.map(f) };
}

export const sumOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);
export const meanOf = (values: readonly number[]): number => sumOf(values) / values.length;

/** Largest value; NaN wins. */
export const maxOf = (values: readonly number[]): number => values.reduce((best, x) => Math.max(best, x), -Infinity);
export const minOf = (values: readonly number[]): number => values.reduce((best, x) => Math.min(best, x), Infinity);

/** Applies `f` to every list of values along one axis. */
export function alongAxis(inputs: readonly Nd[], axis: number, f: (...lists: number[][]) => number[]): Nd {
  const { shape, dtype } = inputs[0]!;
  const lists = inputs.map((x) => groups(x, [axis]).lists);
  const results = lists[0]!.map((_, row) => f(...lists.map((list) => list[row]!)));
  const outer = shape.filter((_, other) => other !== axis);
  return build(
    dtype,
    shape,
    (index) =>
      results[
        position(
          index.filter((_, other) => other !== axis),
          outer,
        )
      ]![index[axis]!]!,
  );
}

/**
 * The error function: erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms all have one sign.
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6.)
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Density of the normal distribution. */
export const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
export const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Batched matrix product with broadcasting batches. */
export function matmul(a: Nd, b: Nd): Nd {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const batch = zip(
    [
      { ...a, shape: a.shape.slice(0, -2) },
      { ...b, shape: b.shape.slice(0, -2) },
    ],
    () => 0,
  ).shape;
  const locate = (x: Nd, index: readonly number[], row: number, column: number): number => {
    const own = index.slice(batch.length - (x.shape.length - 2)).map((i, axis) => (x.shape[axis] === 1 ? 0 : i));
    return at(x, [...own, row, column]);
  };
  return build(a.dtype, [...batch, m, n], (index) => {
    const [row, column] = index.slice(-2) as [number, number];
    const outer = index.slice(0, -2);
    return sumOf(Array.from({ length: k }, (_, i) => locate(a, outer, row, i) * locate(b, outer, i, column)));
  });
}

/** Small, fast, seeded: Mulberry32 by Tommy Ettinger (public domain). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Integer in [low, high). */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low) * this.next());
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}

/** A seed that belongs to a text: FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}
