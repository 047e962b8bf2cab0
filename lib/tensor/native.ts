import { availableParallelism } from 'node:os';

import type { TypedArray } from './dtype.js';
import { fail } from './errors.js';
import { loadAddon, packageRoot } from './loader.js';
import { initialLimit } from './limit.js';

/** What the addon exports; the native half is native/binding. Handles are integers that stay exact as doubles. */
export interface Native {
  allocate(bytes: number, owner: object): number;
  borrow(array: ArrayBufferView, owner: object): number;
  release(handle: number): void;
  read(handle: number, byteOffset: number, target: TypedArray): void;
  write(handle: number, byteOffset: number, source: ArrayBufferView): void;
  contains(handle: number): boolean;
  sweep(): number;
  report(): void;
  memory(): [
    liveStorages: number,
    liveBytes: number,
    processLive: number,
    processCached: number,
    processPeak: number,
    processLimit: number,
  ];
  setLimit(bytes: number): void;
  trim(): void;
  resetPeak(): void;
  pin(row: Float64Array): void;
  run(length: number, ...owners: object[]): void;
  ops(): [name: string, inputs: number, outputs: number, elementwise: boolean][];
  createPlan(
    numbers: Float64Array,
    patches: Float64Array,
    slots: number,
    arenaBytes: number,
    commit: number,
    lasting: number,
  ): number;
  packedConvElements(elementBytes: number, attributes: Float64Array): number;
  runPlan(plan: number, arguments_: Float64Array, times?: Float64Array): void;
  startPlan(
    plan: number,
    arguments_: Float64Array,
    done: (ranToEnd: boolean, command: number, error: unknown) => void,
  ): void;
  stopPlan(plan: number): void;
  releasePlan(plan: number): void;
  isa(): string;
  isas(): string[];
  cpuFeatures(): string[];
  compiler(): string;
  setIsa(name: string): boolean;
  threads(): number;
  setThreads(count: number): void;
}

function initialize(addon: Native): Native {
  // A worker must not undo what the main thread has set.
  if (addon.threads() > 0) return addon;
  const isa = process.env['MYELIN_ISA'];
  if (isa !== undefined && !addon.setIsa(isa)) {
    fail('UNSUPPORTED', 'load', `MYELIN_ISA=${isa} is not one of ${addon.isas().join(', ')} (what this CPU can run)`);
  }
  const wanted = Number(process.env['MYELIN_THREADS'] ?? availableParallelism());
  if (!Number.isInteger(wanted) || wanted < 1) {
    fail('VALUE', 'load', `MYELIN_THREADS=${process.env['MYELIN_THREADS']} is not a positive integer`);
  }
  addon.setLimit(initialLimit());
  addon.setThreads(wanted);
  return addon;
}

const { file, addon } = loadAddon(packageRoot(__dirname), process.env['MYELIN_ADDON']);

/** The addon's file. */
export const nativeFile: string = file;

/** The addon, loaded once per environment. Only lib/tensor and lib/engine import this file. */
export const native: Native = initialize(addon as Native);
