import { abortable, breathe, checkAborted } from '../data/event-loop.js';
import { checkModule, type AnyModule, type Module } from '../nn/module.js';
import { checkInteger } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { forwardOf } from './evaluate.js';
import { hold, type Held } from './hold.js';
import { checkBatches, checkFlag, switchMode, type Batches } from './run.js';
import { Step, type StepResult } from './step.js';

/** What {@link predict} yields; freed when the next one is asked for. */
export interface Prediction<B> {
  readonly output: Tensor<FloatDType>;
  /** The batch, of views of its tensors: they stay usable until then, even if whoever made the batch has freed it. */
  readonly batch: B;
}

/** Options of {@link predict}. */
export interface PredictOptions<B> {
  /** Output for a batch. Default: `model.forward(batch.x)`. */
  readonly forward?: (batch: B) => Tensor;
  /** Whether the model is compiled, as in {@link fit}. Default `true`. */
  readonly compile?: boolean;
  /** Batches that are read and run while one is looked at. Default 2. */
  readonly ahead?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a model over a stream of batches in inference mode. While one output is looked at, the next batches are read and run,
 * off the event loop; memory is bounded all the same: there are at most `ahead` + 1 batches and outputs at once. An output is
 * freed when the next one is asked for, and all are when the loop is left. What must live longer is copied, with `data()` for
 * instance. Weights are not to be assigned meanwhile, unless `ahead` is 0.
 *
 * Outputs come in the order of the batches. An error of the data, of the model, or of the signal comes in its turn, after the
 * outputs of the batches before it; abortion comes at once.
 *
 * @param options.forward output for a batch; default `model.forward(batch.x)`
 * @param options.ahead batches that are read and run while one is looked at; default 2
 * @param options.signal ends it with an error, at once: runs that are under way are ended, too
 * @throws MyelinError `ABORTED`; `TYPE` for data that gives no batches; `VALUE` for a wrong number of batches; and what data and
 *   model throw
 * @example
 * ```ts
 * import { DataLoader, Linear, TensorDataset, ones, predict } from 'myelin';
 * const data = new DataLoader(new TensorDataset({ x: ones([8, 3]) }), { batchSize: 4 });
 * for await (const { output } of predict(new Linear(3, 1), data)) console.log(output.shape); // [ 4, 1 ], twice
 * ```
 */
export function predict<B extends { readonly x: Tensor }>(
  model: Module,
  data: Batches<B>,
  options?: PredictOptions<B>,
): AsyncGenerator<Prediction<B>, void, undefined>;
export function predict<B extends object>(
  model: AnyModule,
  data: Batches<B>,
  options: PredictOptions<B> & { readonly forward: (batch: B) => Tensor },
): AsyncGenerator<Prediction<B>, void, undefined>;
export async function* predict<B extends object>(
  model: AnyModule,
  data: Batches<B>,
  options: PredictOptions<B> = {},
): AsyncGenerator<Prediction<B>, void, undefined> {
  const { ahead = 2, signal } = options;
  checkModule('predict', model);
  checkBatches('predict', 'data', data);
  checkInteger('predict', 'ahead', ahead, 0);
  const forward = forwardOf(model, options.forward);
  const wanted = checkFlag('predict', 'compile', options.compile ?? true);
  const step = new Step('predict', (batch: B) => inference(model, () => [forward(batch)] as const), wanted);
  const stream = new Stream(data, (batch) => inference(model, () => step.run(batch, signal)));
  try {
    for (;;) {
      checkAborted('predict', signal);
      stream.fill(ahead + 1);
      const flight = await abortable('predict', stream.next(), signal);
      if (flight === undefined) return;
      const { result } = await abortable('predict', flight.run, signal);
      await breathe();
      yield { output: result[0], batch: flight.held.value };
      await stream.land(flight);
    }
  } finally {
    await stream.close();
    step.dispose();
  }
}

// Between two outputs the model is the caller's: its mode is changed while a run is asked for, which looks at it before it
// waits, and while the model's own code runs.
function inference<T>(model: AnyModule, body: () => T): T {
  const restore = switchMode(model, false);
  try {
    return body();
  } finally {
    restore();
  }
}

type Outcome = StepResult<readonly [Tensor<FloatDType>]>;

/** A batch whose run has been asked for. */
interface Flight<B> {
  readonly held: Held<B>;
  readonly run: Promise<Outcome>;
}

const ignore = (): void => undefined;

/** Reads batches one after the other, and starts the run of each as soon as it is there. */
class Stream<B extends object> {
  private readonly source: AsyncIterator<B> | Iterator<B>;
  /** Batches that have been asked for and not been given out, in order. */
  private readonly asked: Promise<Flight<B> | undefined>[] = [];
  private readonly flights = new Set<Flight<B>>();
  private last: Promise<unknown> = Promise.resolve();
  private reading = false;
  private ended = false;

  constructor(
    data: Batches<B>,
    private readonly start: (batch: B) => Promise<Outcome>,
  ) {
    this.source = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
  }

  /** Asks for so many batches in all. */
  fill(count: number): void {
    while (this.asked.length < count) {
      const flight = this.last.then(() => this.read());
      // Its error is for whoever asks for this batch; until then it is not unhandled.
      this.last = flight.catch(ignore);
      this.asked.push(flight);
    }
  }

  /** The batch that was asked for first; undefined after the last one. */
  next(): Promise<Flight<B> | undefined> {
    return this.asked.shift()!;
  }

  /** Frees a batch and what was made of it, once its run has ended. */
  async land(flight: Flight<B>): Promise<void> {
    this.flights.delete(flight);
    await flight.run.then(({ free }) => free(), ignore);
    flight.held.release();
  }

  /** Reads no more, and frees everything; a source that is being waited for ends when it likes. */
  async close(): Promise<void> {
    const wasRead = this.ended;
    this.ended = true;
    const returned = wasRead ? undefined : this.source.return?.();
    const quiet = Promise.resolve(returned).catch(ignore);
    if (!this.reading) await quiet;
    await Promise.all([...this.flights].map((flight) => this.land(flight)));
  }

  private async read(): Promise<Flight<B> | undefined> {
    if (this.ended) return undefined;
    this.reading = true;
    try {
      const next = await this.source.next();
      if (this.ended) return undefined;
      this.ended = next.done === true;
      return next.done === true ? undefined : this.launch(next.value);
    } catch (error) {
      this.ended = true;
      throw error;
    } finally {
      this.reading = false;
    }
  }

  private launch(batch: B): Flight<B> {
    const held = hold(batch);
    const run = this.start(held.value);
    run.catch(ignore);
    const flight = { held, run };
    this.flights.add(flight);
    return flight;
  }
}
