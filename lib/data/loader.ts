import { checkInteger } from '../ops/checks.js';
import { scope, scopeAsync, tensorsIn } from '../tensor/scope.js';
import { fail, show } from '../tensor/errors.js';
import { Variable } from '../tensor/parameter.js';
import { Tensor } from '../tensor/tensor.js';
import { collate, type Collated } from './collate.js';
import type { Dataset } from './dataset.js';
import { abortable, breathe } from './event-loop.js';
import { drawSeed, permutation } from './random.js';

/**
 * Where samples come from: a {@link Dataset}, an array, or anything that can be iterated. The tensors that an iterable
 * yields are freed once they have been copied into their batch.
 */
export type SampleSource<S extends object> = Dataset<S> | readonly S[] | AsyncIterable<S> | Iterable<S>;

/** Options of a {@link DataLoader}. */
export interface LoaderOptions<S extends object, C extends object, B extends object> {
  /** Samples per batch: 1 is stochastic descent, `'full'` is all of them. Default 32. */
  readonly batchSize?: number | 'full';
  /** Another order in every epoch; needs a dataset that can be asked by number. Default `false`. */
  readonly shuffle?: boolean;
  /** Decides the orders: same seed, same batches. Default: drawn from the library's own generator. */
  readonly seed?: number;
  /** Leaves out a last batch that is smaller than the others. Default `false`. */
  readonly dropLast?: boolean;
  /** Makes a batch of samples. Default {@link collate}. */
  readonly collate?: (samples: readonly S[]) => C;
  /** Makes of each batch what the loop gets: casts, scales, augments. Default: the batch as it is. */
  readonly transform?: (batch: C) => B;
  /** Batches that are made ahead while one is in use. Default 2, or 0 for data that is in memory. */
  readonly prefetch?: number;
  /** Frees each batch when the next one is asked for, and the last one at the end. Default `true`. */
  readonly autoDispose?: boolean;
  /** Ends the iteration with an error of code `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** Which part of which epoch to iterate. */
export interface Pass {
  /** Number of the epoch, which decides the order of a shuffled loader. Default: one more than last time. */
  readonly epoch?: number;
  /** Batches to leave out at the beginning. Default 0. */
  readonly skip?: number;
}

/**
 * Batches of a dataset, as an async iterable: shuffled, collated, transformed and made ahead.
 *
 * A batch is a plain object of tensors, such as `{ x, y }`. Its memory is the loader's: it is freed when the next batch
 * is asked for and when the loop ends, also by `break` or an error. What must live longer is copied, or `autoDispose` is
 * switched off. The event loop turns at least every 10 ms, whatever the batches cost.
 *
 * @throws MyelinError `VALUE`, `TYPE` for wrong options; while iterating `ABORTED`, and whatever the dataset throws
 * @example
 * ```ts
 * import { DataLoader, TensorDataset, arange } from 'myelin';
 * const data = new TensorDataset({ x: arange(10) });
 * const loader = new DataLoader(data, { batchSize: 4, shuffle: true, seed: 1 });
 * for await (const { x } of loader) console.log(x.size); // 4, 4, 2
 * ```
 */
export class DataLoader<
  S extends object,
  C extends object = Collated<S>,
  B extends object = C,
> implements AsyncIterable<B> {
  /** Samples per epoch, where that is known. */
  readonly samples: number | undefined;
  /** Batches per epoch, where that is known. */
  readonly length: number | undefined;
  /** Number of the next epoch. */
  epoch = 0;
  private readonly batchSize: number;
  private readonly prefetch: number;
  private readonly seed: number;
  private readonly dataset: Dataset<S> | undefined;

  constructor(
    private readonly source: SampleSource<S>,
    private readonly options: LoaderOptions<S, C, B> = {},
  ) {
    this.dataset = asDataset(source);
    this.samples = this.dataset?.length;
    this.batchSize = checkBatchSize(options.batchSize ?? 32, this.samples);
    this.prefetch = options.prefetch ?? (this.dataset?.batch === undefined ? 2 : 0);
    checkInteger('DataLoader', 'prefetch', this.prefetch, 0);
    if (options.shuffle === true && this.dataset === undefined) {
      fail('VALUE', 'DataLoader', 'only data with length and get(index) can be shuffled');
    }
    this.seed = options.shuffle === true ? (options.seed ?? drawSeed()) : 0;
    checkInteger('DataLoader', 'seed', this.seed, 0);
    this.length = this.samples === undefined ? undefined : this.countBatches(this.samples);
  }

  /** Iterates one epoch, or the rest of it: `for await (const batch of loader)`. */
  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    return this.batches();
  }

  /** Iterates one epoch, or the rest of it. */
  batches({ epoch = this.epoch, skip = 0 }: Pass = {}): AsyncGenerator<B, void, undefined> {
    checkInteger('DataLoader', 'epoch', epoch, 0);
    checkInteger('DataLoader', 'skip', skip, 0);
    this.epoch = epoch + 1;
    return this.makeAhead(this.dataset === undefined ? this.gathered(skip) : this.chosen(this.dataset, epoch, skip));
  }

  private countBatches(samples: number): number {
    const count = samples / this.batchSize;
    return this.options.dropLast === true ? Math.floor(count) : Math.ceil(count);
  }

  /** Batches of a dataset, by numbers of samples. */
  private chosen(dataset: Dataset<S>, epoch: number, skip: number): Supply<B> {
    const { shuffle = false } = this.options;
    const order = shuffle
      ? permutation(dataset.length, this.seed, epoch)
      : Uint32Array.from({ length: dataset.length }, (_, i) => i);
    let next = skip;
    return {
      pull: async () => {
        if (next >= this.length!) return undefined;
        const start = next++ * this.batchSize;
        return this.make(dataset, order.slice(start, start + this.batchSize));
      },
      close: () => undefined,
    };
  }

  private make(dataset: Dataset<S>, indices: Uint32Array): B | Promise<B> {
    if (dataset.batch !== undefined && this.options.collate === undefined) {
      return scope(() => this.transform(dataset.batch!(indices) as C));
    }
    return scopeAsync(async () => {
      // All must settle before the scope ends: what is made after that would never be freed.
      const results = await Promise.allSettled(Array.from(indices, async (index) => dataset.get(index)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      return this.finish(results.map((result) => (result as PromiseFulfilledResult<S>).value));
    });
  }

  /** Batches of an iterable, in its own order. */
  private gathered(skip: number): Supply<B> {
    const groups = groupsOf(this.source as AsyncIterable<S> | Iterable<S>, this.batchSize);
    let left = skip;
    const pull = async (): Promise<B | undefined> => {
      const { done, value: samples } = await groups.next();
      if (done === true) return undefined;
      const wanted = samples.length === this.batchSize || this.options.dropLast !== true;
      let batch: B | undefined;
      try {
        if (wanted && left-- <= 0) batch = scope(() => this.finish(samples));
      } finally {
        disposeExcept(samples, batch);
      }
      return wanted ? (batch ?? pull()) : undefined;
    };
    return { pull, close: () => void groups.return(undefined).catch(() => undefined) };
  }

  private finish(samples: readonly S[]): B {
    return this.transform(this.options.collate?.(samples) ?? (collate(samples) as object as C));
  }

  private transform(batch: C): B {
    return this.options.transform === undefined ? (batch as object as B) : this.options.transform(batch);
  }

  private async *makeAhead(supply: Supply<B>): AsyncGenerator<B, void, undefined> {
    const { signal, autoDispose = true } = this.options;
    const ring: Promise<B | undefined>[] = [];
    const fill = (count: number) => {
      while (ring.length < count) {
        const batch = supply.pull();
        // Its error is for whoever asks for this batch; until then it is not unhandled.
        batch.catch(() => undefined);
        ring.push(batch);
      }
    };
    try {
      for (;;) {
        fill(Math.max(1, this.prefetch));
        const batch = await abortable('DataLoader', ring[0]!, signal);
        void ring.shift();
        if (batch === undefined) return;
        try {
          fill(this.prefetch);
          await breathe();
          yield batch;
        } finally {
          if (autoDispose) disposeBatch(batch);
        }
      }
    } finally {
      supply.close();
      // Nobody will ask for these: they are freed as they arrive.
      for (const batch of ring) batch.then(disposeBatch, () => undefined);
    }
  }
}

/** Batches one after the other; `pull` may be called again before the last batch is there. */
interface Supply<B> {
  readonly pull: () => Promise<B | undefined>;
  readonly close: () => void;
}

const isFreeable = (value: object): value is Tensor => value instanceof Tensor && !(value instanceof Variable);

/** Frees the tensors of a batch; parameters and buffers belong to their modules and stay. */
function disposeBatch(batch: object | undefined): void {
  disposeExcept(batch, undefined);
}

/** Frees the tensors in `value` that are not in `kept` too. */
function disposeExcept(value: object | undefined, kept: object | undefined): void {
  const keep = tensorsIn(kept, isFreeable);
  for (const tensor of tensorsIn(value, isFreeable)) if (!keep.has(tensor)) (tensor as Tensor).dispose();
}

async function* groupsOf<S>(source: AsyncIterable<S> | Iterable<S>, size: number): AsyncGenerator<S[], undefined> {
  let group: S[] = [];
  const take = (): S[] => {
    const full = group;
    group = [];
    return full;
  };
  try {
    for await (const sample of source) {
      group.push(sample);
      if (group.length === size) yield take();
    }
    if (group.length > 0) yield take();
    return undefined;
  } finally {
    disposeBatch(group);
  }
}

function asDataset<S extends object>(source: SampleSource<S>): Dataset<S> | undefined {
  if (Array.isArray(source)) {
    const array = source as readonly S[];
    return { length: array.length, get: (index) => array[index]! };
  }
  if (typeof source === 'object' && source !== null) {
    if ('get' in source && 'length' in source) {
      checkInteger('DataLoader', 'the length of the data', source.length, 0);
      return source;
    }
    if (Symbol.iterator in source || Symbol.asyncIterator in source) return undefined;
  }
  return fail('TYPE', 'DataLoader', `cannot load from ${show(source)} (need length and get(index), or an iterable)`);
}

function checkBatchSize(batchSize: number | 'full', samples: number | undefined): number {
  if (batchSize === 'full') return samples === undefined ? Infinity : Math.max(1, samples);
  checkInteger('DataLoader', 'batchSize', batchSize, 1);
  return batchSize;
}
