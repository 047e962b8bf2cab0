import { promises } from 'node:fs';

import { breathe } from '../data/event-loop.js';
import type { Pass } from '../data/loader.js';
import { valueAndGrad } from '../engine/grad.js';
import { checkModule, type AnyModule, type Module } from '../nn/module.js';
import { checkInteger, checkObject } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { evaluate, forwardOf, Mean } from './evaluate.js';
import { Interruption } from './interruption.js';
import type { Metric } from './metrics/metric.js';
import { createProgress, type Progress, type ProgressKind } from './progress.js';
import { checkBatches, checkFlag, switchMode, type Batch, type Batches, type Callback, type EpochLog } from './run.js';
import { Step } from './step.js';
import type { History, Loss, Run, Steps, Supervised } from './run.js';

/** Options of {@link fit}. */
export interface FitOptions<B extends Batch> {
  /** Batches to learn from, iterated once per epoch. */
  readonly data: Batches<B>;
  /** Batches to measure on after every epoch; adds `valLoss` and the metrics as `valAccuracy` and so on. */
  readonly validation?: Batches<B>;
  readonly loss: Loss;
  readonly optimizer: Steps;
  /** What else to measure, in training and in validation. */
  readonly metrics?: readonly Metric[];
  /** Passes over the data, in all: a resumed training makes those that are left. Default 1. */
  readonly epochs?: number;
  readonly callbacks?: readonly Callback[];
  /** Output for a batch. Default: `model.forward(batch.x)`. */
  readonly forward?: (batch: B) => Tensor;
  /**
   * Whether a step is compiled, see {@link compile}: it then runs off the event loop. A model or loss that reads values, or
   * batches that hold more than tensors, run as they are in any case. `false` is for those that change with what is no tensor,
   * such as a number that a callback sets. Default `true`.
   */
  readonly compile?: boolean;
  /** Ends the training after the step under way, well: `interrupted` is set in what {@link fit} returns. */
  readonly signal?: AbortSignal;
  /** Default `'auto'`: a bar on a terminal, a line per epoch elsewhere. */
  readonly progress?: ProgressKind;
  /**
   * File to keep a checkpoint in: written after every epoch, and on Ctrl-C, which then ends the training like `signal`
   * instead of ending the process (a second Ctrl-C does that). Without it Ctrl-C is left alone.
   */
  readonly checkpoint?: string;
  /** Goes on from `checkpoint` if that file exists. Default `false`. */
  readonly resume?: boolean;
}

/**
 * Trains a model: for every batch, forward, loss, gradients, one step of the optimizer.
 *
 * Batches are `{ x, y }`, such as a {@link DataLoader} gives; other forms, and models that take more than one tensor,
 * need `forward`. Everything a step makes is freed at its end. Between steps the event loop turns at least every 10 ms,
 * so timers, servers and signals are served. A resumed training continues bit for bit where it was, in the middle of an
 * epoch too, if its data is a shuffled loader with the same seed; the log of that epoch covers its remaining batches.
 *
 * @param model any module; its modules are put into training mode, and back afterwards
 * @returns the log of every epoch, and why it ended if early
 * @throws MyelinError `VALUE`, `TYPE` for wrong options; `MISSING` when a bar is asked for and cli-progress is not installed;
 *   what loss, data and callbacks throw
 * @example
 * ```ts
 * import { Adam, DataLoader, Linear, TensorDataset, fit, mse, ones } from 'myelin';
 * const model = new Linear(3, 1);
 * const data = new DataLoader(new TensorDataset({ x: ones([8, 3]), y: ones([8, 1]) }), { batchSize: 4 });
 * const history = await fit(model, { data, loss: mse, optimizer: new Adam(model.parameters()), epochs: 2 });
 * console.log(history.epochs.length); // 2
 * ```
 */
export function fit<B extends Supervised>(model: Module, options: FitOptions<B>): Promise<History>;
export function fit<B extends Batch>(
  model: AnyModule,
  options: FitOptions<B> & { readonly forward: (batch: B) => Tensor },
): Promise<History>;
export async function fit<B extends Batch>(model: AnyModule, options: FitOptions<B>): Promise<History> {
  checkModule('fit', model);
  checkObject('fit', 'options', options);
  const progress = await createProgress(options.progress ?? 'auto');
  const interruption = new Interruption(options.signal, options.checkpoint !== undefined);
  const restoreMode = switchMode(model, true);
  let training: Training<B> | undefined;
  try {
    training = new Training(model, options, progress, interruption);
    return await training.run();
  } finally {
    training?.dispose();
    restoreMode();
    interruption.release();
    progress.close();
  }
}

/** A training under way. */
class Training<B extends Batch> implements Run {
  readonly optimizer: Steps;
  readonly epochs: number;
  readonly history: EpochLog[] = [];
  step = 0;
  /** Epochs that are finished, and batches of the next one that are done. */
  private finished = 0;
  private batch = 0;
  private stopReason: string | undefined;
  private readonly forward: (batch: B) => Tensor<FloatDType>;
  private readonly compiles: boolean;
  private readonly learning: Step<B, readonly [loss: Tensor, output: Tensor<FloatDType>]>;
  private readonly callbacks: readonly Callback[];
  private readonly metrics: readonly Metric[];

  constructor(
    readonly model: AnyModule,
    private readonly options: FitOptions<B>,
    private readonly progress: Progress,
    private readonly interruption: Interruption,
  ) {
    const { epochs = 1 } = options;
    checkInteger('fit', 'epochs', epochs, 0);
    checkBatches('fit', 'data', options.data);
    if (options.validation !== undefined) checkBatches('fit', 'validation', options.validation);
    if (typeof options.loss !== 'function') fail('TYPE', 'fit', `loss is ${show(options.loss)} (need a function)`);
    this.epochs = epochs;
    this.optimizer = options.optimizer;
    this.forward = forwardOf(model, options.forward);
    this.compiles = checkFlag('fit', 'compile', options.compile ?? true);
    this.learning = new Step('fit', this.update, this.compiles);
    this.callbacks = options.callbacks ?? [];
    this.metrics = options.metrics ?? [];
  }

  dispose(): void {
    this.learning.dispose();
  }

  get epoch(): number {
    return Math.min(this.finished + 1, this.epochs);
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  private get ending(): boolean {
    return this.stopReason !== undefined || this.interruption.requested;
  }

  async run(): Promise<History> {
    await this.resume();
    await this.notify((callback) => callback.onStart?.(this));
    while (this.finished < this.epochs && !this.ending) await this.runEpoch();
    const interrupted = this.interruption.requested && this.finished < this.epochs;
    if (interrupted) await this.save();
    const stopped = this.stopReason === undefined ? {} : { stopped: this.stopReason };
    const history: History = { epochs: this.history, interrupted, ...stopped };
    await this.notify((callback) => callback.onEnd?.(this, history));
    return history;
  }

  private async runEpoch(): Promise<void> {
    await this.notify((callback) => callback.onEpochStart?.(this));
    const trained = await this.train();
    if (this.ending && !trained.complete) return;
    const log: EpochLog = { ...trained.log, ...(await this.validate()) };
    this.history.push(log);
    this.progress.endEpoch(log, this.epochs);
    // Callbacks see the epoch as the current one; the checkpoint sees it finished.
    await this.notify((callback) => callback.onEpochEnd?.(this, log));
    this.finished++;
    this.batch = 0;
    await this.save();
  }

  /** One pass over the data, or the rest of one; not complete when it was ended before. */
  private async train(): Promise<{ log: EpochLog; complete: boolean }> {
    const { data } = this.options;
    const loss = new Mean();
    const started = performance.now();
    for (const metric of this.metrics) metric.reset();
    this.progress.startEpoch(this.epoch, this.epochs, lengthOf(data));
    let ended = false;
    for await (const batch of this.remaining()) {
      await this.notify((callback) => callback.onStepStart?.(this));
      const value = await this.learn(batch);
      this.batch++;
      this.step++;
      loss.add(value, batch.y.shape[0] ?? 1);
      this.progress.step(() => ({ loss: loss.value, ...this.measured() }));
      await this.notify((callback) => callback.onStepEnd?.(this, value));
      await breathe();
      ended = this.ending;
      if (ended) break;
    }
    const complete = !ended || this.batch === lengthOf(data);
    if (this.batch === 0)
      fail('VALUE', 'fit', 'the data gave no batch (need data that can be iterated once per epoch)');
    const seconds = (performance.now() - started) / 1000;
    const speed = { seconds, samplesPerSecond: loss.samples / seconds };
    return { log: { epoch: this.epoch, loss: loss.value, ...this.measured(), ...speed }, complete };
  }

  /** Batches of this epoch that are not done yet. */
  private remaining(): Batches<B> {
    const { data } = this.options;
    if (hasPasses(data)) return data.batches({ epoch: this.finished, skip: this.batch });
    return this.batch === 0 ? data : skipping(data, this.batch);
  }

  /** Loss and output for a batch, after one step of the optimizer. */
  private readonly update = (batch: B): readonly [loss: Tensor, output: Tensor<FloatDType>] => {
    const [result, gradients] = valueAndGrad(() => {
      const output = this.forward(batch);
      return [this.options.loss(output, batch.y), output] as const;
    }, this.model.parameters());
    this.optimizer.step(gradients);
    return result;
  };

  /** One step; returns its loss. */
  private async learn(batch: B): Promise<number> {
    const { result, free } = await this.learning.run(batch);
    try {
      const [loss, output] = result;
      scope(() => this.metrics.forEach((metric) => metric.update(output, batch.y)));
      return Number(loss.item());
    } finally {
      free();
    }
  }

  private async validate(): Promise<Record<string, number>> {
    const { validation, loss } = this.options;
    if (validation === undefined) return {};
    const { metrics, forward } = this;
    const values = await evaluate(this.model, validation, { loss, metrics, forward, compile: this.compiles });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [`val${capitalize(name)}`, value]));
  }

  private measured(): Record<string, number> {
    return Object.fromEntries(this.metrics.map((metric) => [metric.name, metric.value()]));
  }

  private async notify(call: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.callbacks) await call(callback);
  }

  private async resume(): Promise<void> {
    const { checkpoint, resume = false } = this.options;
    if (!resume) return;
    if (checkpoint === undefined) fail('VALUE', 'fit', 'resume needs the checkpoint file to go on from');
    if (
      !(await promises.access(checkpoint).then(
        () => true,
        () => false,
      ))
    )
      return;
    const { epoch, batch, step, history } = await loadCheckpoint(checkpoint, this);
    this.finished = epoch;
    this.batch = batch;
    this.step = step;
    this.history.push(...history);
  }

  private async save(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    const { finished: epoch, batch, step, history } = this;
    await saveCheckpoint(checkpoint, this, { epoch, batch, step, history });
  }
}

/** Whether batches can be asked for by epoch, as those of a DataLoader can. */
function hasPasses<B>(data: Batches<B>): data is Batches<B> & { batches(pass: Pass): AsyncIterable<B> } {
  return 'batches' in data && typeof data.batches === 'function';
}

function lengthOf(data: object): number | undefined {
  return 'length' in data && typeof data.length === 'number' ? data.length : undefined;
}

async function* skipping<B>(data: Batches<B>, count: number): AsyncGenerator<B, void, undefined> {
  let left = count;
  for await (const batch of data) if (left-- <= 0) yield batch;
}

const capitalize = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
