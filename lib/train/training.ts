import { promises } from 'node:fs';

import { breathe } from '../data/event-loop.js';
import type { Pass } from '../data/loader.js';
import type { AnyModule } from '../nn/module.js';
import type { GradScaler } from '../optim/grad-scaler.js';
import { checkInteger } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { evaluate, forwardOf, Mean } from './evaluate.js';
import type { FitOptions } from './fit.js';
import type { Interruption } from './interruption.js';
import { Learner } from './learner.js';
import type { Metric } from './metrics/metric.js';
import type { Progress } from './progress.js';
import { checkBatches, checkFlag, type Batch, type Batches, type Callback, type EpochLog } from './run.js';
import type { History, Run, Steps } from './run.js';

/** What {@link fit} does, with the state that it has meanwhile. */
export class Training<B extends Batch> implements Run {
  readonly optimizer: Steps;
  readonly epochs: number;
  readonly history: EpochLog[] = [];
  readonly callbacks: readonly Callback[];
  readonly scaler: GradScaler | undefined;
  epoch = 1;
  step = 0;
  /** Epochs that are finished, and batches of the next one that are done. */
  private finished = 0;
  private batch = 0;
  private stopReason: string | undefined;
  private readonly forward: (batch: B) => Tensor<FloatDType>;
  private readonly compiles: boolean;
  private readonly learner: Learner<B>;
  private readonly metrics: readonly Metric[];

  constructor(
    readonly model: AnyModule,
    private readonly options: FitOptions<B>,
    private readonly progress: Progress,
    private readonly interruption: Interruption,
  ) {
    const { epochs = 1, loss, optimizer } = options;
    checkInteger('fit', 'epochs', epochs, 0);
    checkBatches('fit', 'data', options.data);
    if (options.validation !== undefined) checkBatches('fit', 'validation', options.validation);
    if (typeof loss !== 'function') fail('TYPE', 'fit', `loss is ${show(loss)} (need a function)`);
    if (options.checkpointEvery !== undefined) {
      checkInteger('fit', 'checkpointEvery', options.checkpointEvery, 1);
      if (options.checkpoint === undefined) fail('VALUE', 'fit', 'checkpointEvery needs the checkpoint file to write');
    }
    this.epochs = epochs;
    this.optimizer = optimizer;
    this.scaler = options.scaler;
    this.forward = forwardOf(model, options.forward);
    this.compiles = checkFlag('fit', 'compile', options.compile ?? true);
    this.callbacks = options.callbacks ?? [];
    this.metrics = options.metrics ?? [];
    const { forward, compiles } = this;
    this.learner = new Learner({ model, optimizer, loss, forward, compiles }, options);
  }

  dispose(): void {
    this.learner.dispose();
  }

  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  async save(file: string): Promise<void> {
    const { finished: epoch, batch, step, history } = this;
    await saveCheckpoint(file, this, { epoch, batch, step, history });
  }

  private get ending(): boolean {
    return this.stopReason !== undefined || this.interruption.requested;
  }

  async run(): Promise<History> {
    await this.resume();
    this.epoch = Math.min(this.finished + 1, this.epochs);
    await this.notify((callback) => callback.onStart?.(this));
    while (this.finished < this.epochs && !this.ending) await this.runEpoch();
    const interrupted = this.interruption.requested && this.finished < this.epochs;
    if (interrupted) await this.keep();
    const stopped = this.stopReason === undefined ? {} : { stopped: this.stopReason };
    const history: History = { epochs: this.history, interrupted, ...stopped };
    await this.notify((callback) => callback.onEnd?.(this, history));
    return history;
  }

  private async runEpoch(): Promise<void> {
    this.epoch = this.finished + 1;
    await this.notify((callback) => callback.onEpochStart?.(this));
    const trained = await this.train();
    if (this.ending && !trained.complete) return;
    const log: EpochLog = { ...trained.log, ...(await this.validate()) };
    this.history.push(log);
    this.finished++;
    this.batch = 0;
    this.progress.endEpoch(log, this.epochs);
    await this.notify((callback) => callback.onEpochEnd?.(this, log));
    await this.keep();
  }

  /** One pass over the data, or the rest of one; not complete when it was ended before. */
  private async train(): Promise<{ log: EpochLog; complete: boolean }> {
    const { data } = this.options;
    const { accumulate } = this.learner;
    const [loss, started] = [new Mean(), performance.now()];
    for (const metric of this.metrics) metric.reset();
    this.progress.startEpoch(this.epoch, this.epochs, lengthOf(data));
    let ended = false;
    // What the current step has taken in.
    let [taken, part] = [0, new Mean()];
    for await (const batch of this.remaining()) {
      if (taken === 0) await this.notify((callback) => callback.onStepStart?.(this));
      const [value, samples] = [await this.learn(batch), batch.y.shape[0] ?? 1];
      part.add(value, samples);
      loss.add(value, samples);
      this.batch++;
      this.progress.step(() => ({ loss: loss.value, ...this.measured() }));
      await breathe();
      if (++taken < accumulate) continue;
      await this.finishStep(part.value);
      [taken, part] = [0, new Mean()];
      ended = this.ending;
      if (ended) break;
    }
    if (taken > 0) await this.finishStep(part.value);
    const complete = !ended || this.batch === lengthOf(data);
    if (this.batch === 0)
      fail('VALUE', 'fit', 'the data gave no batch (need data that can be iterated once per epoch)');
    const seconds = (performance.now() - started) / 1000;
    const speed = { seconds, samplesPerSecond: loss.samples / seconds };
    return { log: { epoch: this.epoch, loss: loss.value, ...this.measured(), ...speed }, complete };
  }

  private async finishStep(loss: number): Promise<void> {
    const { checkpointEvery = Infinity } = this.options;
    await this.learner.finish();
    this.step++;
    await this.notify((callback) => callback.onStepEnd?.(this, loss));
    if (this.step % checkpointEvery === 0) await this.keep();
  }

  /** Batches of this epoch that are not done yet. */
  private remaining(): Batches<B> {
    const { data } = this.options;
    if (hasPasses(data)) return data.batches({ epoch: this.finished, skip: this.batch });
    return this.batch === 0 ? data : skipping(data, this.batch);
  }

  /** Learns from one batch; returns its loss. */
  private async learn(batch: B): Promise<number> {
    const { result, free } = await this.learner.learn(batch);
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
    await this.notify((callback) => callback.onValidationStart?.(this));
    const values = await evaluate(this.model, validation, { loss, metrics, forward, compile: this.compiles }).finally(
      () => this.notify((callback) => callback.onValidationEnd?.(this)),
    );
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
    if (!(await isThere(checkpoint))) return;
    const { epoch, batch, step, history } = await loadCheckpoint(checkpoint, this);
    this.finished = epoch;
    this.batch = batch;
    this.step = step;
    this.history.push(...history);
  }

  private async keep(): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint !== undefined) await this.save(checkpoint);
  }
}

const isThere = (file: string): Promise<boolean> =>
  promises.access(file).then(
    () => true,
    () => false,
  );

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
