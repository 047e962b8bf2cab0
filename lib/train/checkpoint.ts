import { checkObject } from '../ops/checks.js';
import { readSafetensors, writeSafetensors } from '../io/safetensors.js';
import { checkModule, type AnyModule } from '../nn/module.js';
import type { StateDict, StateDictDifference } from '../nn/state-dict.js';
import type { GradScaler } from '../optim/grad-scaler.js';
import { fail } from '../tensor/errors.js';
import { defaultGenerator } from '../tensor/rng.js';
import { scopeAsync } from '../tensor/scope.js';
import type { Callback, EpochLog, Steps } from './run.js';

/** Where a training is. */
export interface Position {
  /** Epochs that are finished. */
  readonly epoch: number;
  /** Batches of the next epoch that are done. */
  readonly batch: number;
  /** Steps made over all epochs. */
  readonly step: number;
  /** Logs of the finished epochs. */
  readonly history: readonly EpochLog[];
}

/** What a checkpoint is made of and restored to. */
export interface Trainee {
  readonly model: AnyModule;
  readonly optimizer: Steps;
  /** Those that have state keep it under their place in this list. Default: none. */
  readonly callbacks?: readonly Callback[];
  /** Scales losses; a checkpoint without its state leaves it as it is. Default: none. */
  readonly scaler?: GradScaler | undefined;
}

const kind = 'myelin checkpoint';
const modelPrefix = 'model.';
const optimizerPrefix = 'optimizer.';
const scalerPrefix = 'scaler.';
const callbackPrefix = (i: number): string => `callbacks.${i}.`;

/**
 * Saves a model's Parameters and Buffers to a safetensors file, under their state-dict names; atomically.
 *
 * @throws MyelinError `IO`
 * @example
 * ```ts
 * import { Linear, loadModel, saveModel } from 'myelin';
 * await saveModel('linear.safetensors', new Linear(3, 2));
 * const model = new Linear(3, 2);
 * await loadModel('linear.safetensors', model);
 * ```
 */
export async function saveModel(file: string, model: AnyModule): Promise<void> {
  checkModule('saveModel', model);
  await writeSafetensors(file, model.stateDict());
}

/**
 * Loads a model's Parameters and Buffers from a safetensors file: one of {@link saveModel}, a checkpoint of
 * {@link fit}, or one from PyTorch with the same names. The model is changed only if everything fits.
 *
 * @param options.strict refuse missing and unexpected names; default `true`
 * @returns the names that did not match, both lists empty when strict
 * @throws MyelinError `FORMAT`, `IO`; `VALUE` naming missing and unexpected tensors; `SHAPE`
 * @example
 * ```ts
 * import { Linear, loadModel, saveModel } from 'myelin';
 * const model = new Linear(3, 2);
 * await saveModel('linear.safetensors', model);
 * await loadModel('linear.safetensors', model);
 * ```
 */
export async function loadModel(
  file: string,
  model: AnyModule,
  options: { readonly strict?: boolean } = {},
): Promise<StateDictDifference> {
  checkModule('loadModel', model);
  const { tensors, metadata } = await readSafetensors(file);
  try {
    return model.loadStateDict(metadata['kind'] === kind ? withPrefix(tensors, modelPrefix) : tensors, options);
  } finally {
    disposeAll(tensors);
  }
}

/**
 * Saves all that a training needs to go on later as if it had never stopped: model, optimizer, position, the state of
 * callbacks and of a scaler, and that of the library's random generator. Atomic: an interrupted write leaves the previous checkpoint.
 *
 * @throws MyelinError `IO`
 * @example
 * ```ts
 * import { Adam, Linear, loadCheckpoint, saveCheckpoint } from 'myelin';
 * const model = new Linear(3, 2);
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 * await saveCheckpoint('run.safetensors', { model, optimizer }, { epoch: 1, batch: 0, step: 10, history: [] });
 * console.log((await loadCheckpoint('run.safetensors', { model, optimizer })).step); // 10
 * ```
 */
export async function saveCheckpoint(file: string, trainee: Trainee, position: Position): Promise<void> {
  const { model, optimizer, callbacks = [], scaler } = checkTrainee('saveCheckpoint', trainee);
  await scopeAsync(async () => {
    const states = callbacks.map((callback, i) => addPrefix(callback.stateDict?.() ?? {}, callbackPrefix(i)));
    const tensors = [
      addPrefix(model.stateDict(), modelPrefix),
      addPrefix(optimizer.stateDict(), optimizerPrefix),
      addPrefix(scaler?.stateDict() ?? {}, scalerPrefix),
      ...states,
    ].reduce((all, some) => ({ ...all, ...some }));
    const random = JSON.stringify(defaultGenerator.state);
    await writeSafetensors(file, tensors, { metadata: { kind, position: JSON.stringify(position), random } });
  });
}

/**
 * Puts model, optimizer and random generator back to where {@link saveCheckpoint} found them.
 *
 * @returns where the training was
 * @throws MyelinError `FORMAT` when the file is no checkpoint; `VALUE`, `SHAPE` when it is one of another model
 */
export async function loadCheckpoint(file: string, trainee: Trainee): Promise<Position> {
  const { model, optimizer, callbacks = [], scaler } = checkTrainee('loadCheckpoint', trainee);
  const { tensors, metadata } = await readSafetensors(file);
  try {
    if (metadata['kind'] !== kind)
      fail('FORMAT', 'loadCheckpoint', `${file}: is no checkpoint (need a file of fit)`, { file });
    const position = parsePosition(file, metadata['position']);
    const random = parseRandom(file, metadata['random']);
    model.loadStateDict(withPrefix(tensors, modelPrefix));
    optimizer.loadStateDict(withPrefix(tensors, optimizerPrefix));
    const scaling = withPrefix(tensors, scalerPrefix);
    if (Object.keys(scaling).length > 0) scaler?.loadStateDict(scaling);
    callbacks.forEach((callback, i) => callback.loadStateDict?.(withPrefix(tensors, callbackPrefix(i))));
    defaultGenerator.state = random;
    return position;
  } finally {
    disposeAll(tensors);
  }
}

function addPrefix(state: StateDict, prefix: string): StateDict {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [prefix + name, tensor]));
}

function withPrefix(state: StateDict, prefix: string): StateDict {
  const members = Object.entries(state).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(members.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function disposeAll(state: StateDict): void {
  for (const tensor of Object.values(state)) tensor.dispose();
}

function parse(file: string, what: string, text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '');
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Not JSON: refused below, like JSON of another kind.
  }
  return fail('FORMAT', 'loadCheckpoint', `${file}: the ${what} in its metadata is unreadable`, { file });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parsePosition(file: string, text: string | undefined): Position {
  const { epoch, batch, step, history } = parse(file, 'position', text);
  if (!isCount(epoch) || !isCount(batch) || !isCount(step) || !Array.isArray(history)) {
    return fail('FORMAT', 'loadCheckpoint', `${file}: the position in its metadata is incomplete`, { file });
  }
  return { epoch, batch, step, history: history.map(parseLog) };
}

function parseRandom(file: string, text: string | undefined): readonly [key: number, counter: number] {
  const { 0: key, 1: counter } = parse(file, 'random', text);
  if (isCount(key) && isCount(counter)) return [key, counter];
  return fail('FORMAT', 'loadCheckpoint', `${file}: the random state in its metadata is incomplete`, { file });
}

// JSON has no NaN: it writes null.
function parseLog(log: Readonly<Record<string, number | null>>): EpochLog {
  return Object.fromEntries(Object.entries(log).map(([name, value]) => [name, value ?? NaN])) as EpochLog;
}

function checkTrainee(op: string, trainee: Trainee): Trainee {
  checkObject(op, 'what to keep', trainee);
  checkModule(op, trainee.model);
  checkObject(op, 'optimizer', trainee.optimizer);
  if (trainee.scaler !== undefined) checkObject(op, 'scaler', trainee.scaler);
  return trainee;
}
