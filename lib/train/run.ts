import type { AnyModule } from '../nn/module.js';
import type { StateDict } from '../nn/state-dict.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import type { Variable } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';

/** A batch to learn from: at least the targets. */
export interface Batch {
  readonly y: Tensor;
}

/** The usual batch: inputs and targets. */
export interface Supervised extends Batch {
  readonly x: Tensor;
}

/** Batches of one pass over the data; a DataLoader, or anything else that can be iterated more than once. */
export type Batches<B> = AsyncIterable<B> | Iterable<B>;

/** Refuses what gives no batches; JavaScript callers have no compiler to tell them. */
export function checkBatches(op: string, name: string, data: unknown): void {
  if (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)) return;
  fail('TYPE', op, `${name} is ${show(data)} (need batches that can be iterated, such as a DataLoader)`);
}

/** Refuses an option that is neither true nor false. */
export function checkFlag(op: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  return fail('TYPE', op, `${name} is ${show(value)} (need true or false)`);
}

/** Refuses what is no text. */
export function checkText(op: string, name: string, value: unknown): void {
  if (typeof value !== 'string') fail('TYPE', op, `${name} is ${show(value)} (need a text)`);
}

/** How well an output fits a target, as one number to make small. */
export type Loss = (output: Tensor<FloatDType>, target: Tensor) => Tensor;

/** What training needs of an optimizer. */
export interface Steps {
  /** Learning rate; schedules assign it. */
  lr: number;
  /** How much of the last direction is kept, if the optimizer has such a thing; schedules assign it. */
  momentum?: number;
  /** Changes the parameters once, given their gradients by state-dict name. */
  step(gradients: Readonly<Record<string, Tensor>>): void;
  /** What must be saved to go on later: moments, counts of steps. */
  stateDict(): Record<string, Variable>;
  /** Puts back what `stateDict` gave. */
  loadStateDict(state: StateDict): void;
}

/** What one epoch gave: `loss`, each metric by name, the same for validation as `valLoss`, `valAccuracy` and so on. */
export interface EpochLog {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Mean loss per sample. */
  readonly loss: number;
  /** Time that training took, without validation. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly [name: string]: number;
}

/** What {@link fit} returns. */
export interface History {
  readonly epochs: readonly EpochLog[];
  /** Whether Ctrl-C or the signal ended it. */
  readonly interrupted: boolean;
  /** Why a callback ended it. */
  readonly stopped?: string;
}

/** A training under way, as callbacks see it. */
export interface Run {
  readonly model: AnyModule;
  readonly optimizer: Steps;
  /** How many epochs there will be. */
  readonly epochs: number;
  /** Number of the current epoch, from 1. */
  readonly epoch: number;
  /** Steps made so far, over all epochs. */
  readonly step: number;
  readonly history: readonly EpochLog[];
  /** Ends the training after this step or epoch. */
  stop(reason: string): void;
  /**
   * Writes a checkpoint that {@link fit} can resume from: weights, optimizer, callbacks, random state, and how far the training
   * is. To be called after a step or an epoch.
   */
  save(file: string): Promise<void>;
}

/** What a callback does at one moment of a training; a promise is awaited. */
export type Hook<T extends unknown[] = []> = (run: Run, ...rest: T) => void | Promise<void>;

/** What can be done at certain moments of a training; each hook is awaited. */
export interface Callback {
  readonly onStart?: Hook;
  readonly onEpochStart?: Hook;
  /** Before a step. */
  readonly onStepStart?: Hook;
  /** After a step, with its loss: the mean over its samples. */
  readonly onStepEnd?: Hook<[loss: number]>;
  /** Around the validation of an epoch, where there is one; `onValidationEnd` comes also when it fails. */
  readonly onValidationStart?: Hook;
  readonly onValidationEnd?: Hook;
  readonly onEpochEnd?: Hook<[log: EpochLog]>;
  /** When training ends well, also when it was stopped or interrupted. */
  readonly onEnd?: Hook<[history: History]>;
  /** What must be saved with a checkpoint to go on later. */
  stateDict?(): StateDict;
  /** Puts back what `stateDict` gave, before `onStart`; a resumed training calls it with nothing where nothing was saved. */
  loadStateDict?(state: StateDict): void;
}

/** Sets a model and all its parts to training or inference behaviour; the result puts every part back as it was. */
export function switchMode(model: AnyModule, training: boolean): () => void {
  const before = [...model.namedModules().values()].map((module) => [module, module.training] as const);
  model.train(training);
  return () => {
    for (const [module, mode] of before) module.training = mode;
  };
}
