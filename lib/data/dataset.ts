import { checkTensor, checkArray, checkObject } from '../ops/checks.js';
import { tensor } from '../ops/creation.js';
import { indexSelect } from '../ops/indexing.js';
import { select, slice } from '../ops/slice.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Collated } from './collate.js';
import { permutation } from './random.js';

/**
 * Samples that can be asked for by number.
 *
 * @typeParam S one sample: an object of tensors, typed arrays, numbers, bigints or booleans
 */
export interface Dataset<S extends object> {
  readonly length: number;
  /** One sample, now or later. Tensors made in here are freed once they have been copied into their batch. */
  get(index: number): S | Promise<S>;
  /** Many samples at once, each field stacked along a new first axis; optional, for data that can do it faster. */
  batch?(indices: Uint32Array): Collated<S>;
}

/** Samples of a {@link TensorDataset}: one row of every tensor. */
export type RowsOf<F extends Readonly<Record<string, Tensor>>> = {
  [K in keyof F]: F[K] extends Tensor<infer D> ? Tensor<D> : never;
};

/**
 * Whole tensors as a dataset: sample i is row i of each of them. Batches are taken by native code, and a batch of
 * neighbouring rows is a view.
 *
 * Shapes: every tensor [N, ...], the same N. The tensors stay the caller's: `dispose()` frees them all.
 *
 * @throws MyelinError `SHAPE` when the tensors differ in their number of rows
 * @example
 * ```ts
 * import { DataLoader, TensorDataset, arange, zeros } from 'myelin';
 * const data = new TensorDataset({ x: zeros([100, 3]), y: arange(100) });
 * for await (const { x } of new DataLoader(data, { batchSize: 50 })) console.log(x.shape); // [ 50, 3 ], twice
 * ```
 */
export class TensorDataset<const F extends Readonly<Record<string, Tensor>>> implements Dataset<RowsOf<F>> {
  readonly length: number;

  constructor(readonly tensors: F) {
    this.length = rowsOf(tensors);
  }

  get(index: number): RowsOf<F> {
    checkIndex('TensorDataset.get', index, this.length);
    return this.map((tensor) => select(tensor, 0, index)) as RowsOf<F>;
  }

  batch(indices: Uint32Array): Collated<RowsOf<F>> {
    for (const index of indices) checkIndex('TensorDataset.batch', index, this.length);
    return this.map(rowTaker(indices)) as Collated<RowsOf<F>>;
  }

  /** Frees the tensors of every field. */
  dispose(): void {
    for (const tensor of Object.values(this.tensors)) tensor.dispose();
  }

  private map(take: (tensor: Tensor) => Tensor): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.tensors).map(([name, tensor]) => [name, take(tensor)]));
  }
}

function rowsOf(tensors: Readonly<Record<string, Tensor>>): number {
  checkObject('TensorDataset', 'tensors', tensors);
  const entries = Object.entries(tensors);
  if (entries.length === 0) fail('VALUE', 'TensorDataset', 'needs at least one tensor');
  const listed = () => entries.map(([name, tensor]) => `${name} is ${describe(tensor)}`).join(', ');
  const lengths = entries.map(([name, tensor]) => {
    checkTensor('TensorDataset', name, tensor);
    return tensor.shape[0];
  });
  const [length] = lengths;
  if (length === undefined || lengths.some((other) => other !== length)) {
    fail(
      'SHAPE',
      'TensorDataset',
      `the tensors differ in their number of rows: ${listed()} (need one shape[0] for all)`,
    );
  }
  return length;
}

function rowTaker(indices: Uint32Array): (tensor: Tensor) => Tensor {
  const start = indices[0] ?? 0;
  if (indices.every((index, i) => index === start + i)) {
    return (tensor) => slice(tensor, [start, start + indices.length]);
  }
  const index = tensor(Int32Array.from(indices));
  return (tensor) => indexSelect(tensor, index, { axis: 0 });
}

function checkIndex(op: string, index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    fail('INDEX', op, `there is no sample ${show(index)} (need 0 <= index < ${length})`);
  }
}

/**
 * Some of the samples of a dataset, in the order given.
 *
 * @throws MyelinError `INDEX` for an index outside the dataset
 * @example
 * ```ts
 * import { Subset, TensorDataset, arange } from 'myelin';
 * const few = new Subset(new TensorDataset({ x: arange(10) }), [3, 1, 4]);
 * const { x } = await few.get(2);
 * console.log(few.length, x.item()); // 3 4
 * ```
 */
export class Subset<S extends object> implements Dataset<S> {
  readonly length: number;
  readonly batch?: (indices: Uint32Array) => Collated<S>;
  private readonly indices: Uint32Array;

  constructor(
    private readonly dataset: Dataset<S>,
    indices: Iterable<number>,
  ) {
    checkObject('Subset', 'the dataset', dataset);
    checkObject('Subset', 'indices', indices);
    if (!(Symbol.iterator in indices)) fail('TYPE', 'Subset', `indices are ${show(indices)} (need a list of integers)`);
    const list = [...indices];
    for (const index of list) checkIndex('Subset', index, dataset.length);
    this.indices = Uint32Array.from(list);
    this.length = list.length;
    if (dataset.batch !== undefined) this.batch = (positions) => dataset.batch!(positions.map((i) => this.at(i)));
  }

  get(index: number): S | Promise<S> {
    return this.dataset.get(this.at(index));
  }

  private at(position: number): number {
    checkIndex('Subset', position, this.length);
    return this.indices[position]!;
  }
}

/**
 * Cuts a dataset into parts at random: every sample is in at most one of them.
 *
 * @param sizes sizes of the parts: numbers of samples, or fractions that add up to at most 1
 * @param options.seed decides who goes where; the same seed gives the same parts; default 0
 * @param options.shuffle `false` cuts in order instead; default `true`
 * @throws MyelinError `VALUE` when the parts need more samples than there are
 * @example
 * ```ts
 * import { TensorDataset, arange, splitDataset } from 'myelin';
 * const [train, validation] = splitDataset(new TensorDataset({ x: arange(100) }), [0.8, 0.2], { seed: 7 });
 * console.log(train?.length, validation?.length); // 80 20
 * ```
 */
export function splitDataset<S extends object>(
  dataset: Dataset<S>,
  sizes: readonly number[],
  { seed = 0, shuffle = true }: { readonly seed?: number; readonly shuffle?: boolean } = {},
): Subset<S>[] {
  checkObject('splitDataset', 'dataset', dataset);
  checkArray('splitDataset', 'sizes', sizes);
  const { length } = dataset;
  const counts = countsOf(sizes, length);
  const order = shuffle ? permutation(length, seed, 0) : Uint32Array.from({ length }, (_, i) => i);
  let start = 0;
  return counts.map((count) => new Subset(dataset, order.subarray(start, (start += count))));
}

function countsOf(sizes: readonly number[], length: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const valid = sizes.length > 0 && sizes.every((size) => size >= 0);
  const fractions = valid && sizes.every((size) => size <= 1) && total <= 1 + 1e-9;
  if (!fractions && !(valid && sizes.every(Number.isInteger) && total <= length)) {
    fail(
      'VALUE',
      'splitDataset',
      `cannot take parts of ${show(sizes)} from ${length} samples (need counts, or fractions of 1)`,
    );
  }
  if (!fractions) return [...sizes];
  // Rounding the borders, not the sizes: then fractions that add up to 1 use every sample.
  let sum = 0;
  const borders = sizes.map((size) => Math.min(length, Math.round((sum += size) * length)));
  return borders.map((border, i) => border - (borders[i - 1] ?? 0));
}
