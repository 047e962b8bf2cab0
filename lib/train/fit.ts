import { checkModule, type AnyModule, type Module } from '../nn/module.js';
import { checkObject } from '../ops/checks.js';
import type { Tensor } from '../tensor/tensor.js';
import { Interruption } from './interruption.js';
import type { LearnOptions } from './learner.js';
import type { Metric } from './metrics/metric.js';
import { createProgress, type ProgressKind } from './progress.js';
import { switchMode, type Batch, type Batches, type Callback, type History, type Loss } from './run.js';
import type { Steps, Supervised } from './run.js';
import { Training } from './training.js';

/** Options of {@link fit}. */
export interface FitOptions<B extends Batch> extends LearnOptions<B> {
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
  /** Also writes `checkpoint` every so many steps, so that a process that is killed loses less than an epoch. Default: no. */
  readonly checkpointEvery?: number;
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
