import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { holdTensors, unheld } from '../tensor/scope.js';
import { writeTime } from '../tensor/storage.js';
import { isTensor, Tensor } from '../tensor/tensor.js';
import type { AttrValue } from './command.js';
import type { Op } from './define.js';
import { setRecorder, tensorsOf, type Named, type NamedInputs } from './dispatch.js';

// This file records; lib/engine/backward.ts walks what was recorded. It imports no op, so that ops can import it.

/** One op that ran while somebody listened. */
export interface Entry {
  readonly op: Op;
  readonly inputs: NamedInputs;
  readonly attrs: Named<AttrValue>;
  readonly outputs: readonly Tensor[];
  /** When it ran, on the clock of {@link writeTime}. */
  readonly time: number;
  /** Where it was called; known while anomalies are being looked for. */
  readonly site: string | undefined;
}

/** What hears of ops: a tape, or a checkpoint that looks at what its function reads. */
export interface Listener {
  /** Whether the gradient of this tensor matters to the listener. */
  tracks(tensor: Tensor): boolean;
  record(entry: Entry): void;
}

/** All tensors that an op read, in order. */
export function inputsOf({ op, inputs }: Pick<Entry, 'op' | 'inputs'>): Tensor[] {
  return tensorsOf(op.inputs, inputs);
}

/** The ops that ran inside a region and depend on its leaves, in order. */
export class Tape implements Listener {
  readonly entries: Entry[] = [];
  private readonly tracked: Set<Tensor>;

  constructor(leaves: Iterable<Tensor>) {
    this.tracked = new Set(leaves);
  }

  tracks(tensor: Tensor): boolean {
    return this.tracked.has(tensor);
  }

  record(entry: Entry): void {
    if (entry.op.grad === 'none' || !this.dependsOnLeaf(entry)) return;
    this.entries.push(entry);
    for (const output of entry.outputs) if (isFloat(output.dtype)) this.tracked.add(output);
  }

  private dependsOnLeaf({ op, inputs }: Entry): boolean {
    for (const name of op.inputs) {
      const input = inputs[name]!;
      if (input instanceof Tensor ? this.tracked.has(input) : input.some((tensor) => this.tracked.has(tensor)))
        return true;
    }
    return false;
  }
}

/** Refuses a tensor that no longer holds what it held at a moment; `op` used it then. */
export function checkUnchanged(op: string, name: string, tensor: Tensor, since: number): void {
  if (tensor.storage.overwrittenAt <= since) return;
  const remedy = 'need it as it was: assign it before it is used, or after its gradient has been taken';
  fail('STATE', op, `${name}, ${describe(tensor)}, was assigned after its use (${remedy})`);
}

// Regions nest: an op inside two of them is recorded twice, which is what makes second derivatives work.
const open: Listener[] = [];
// How many of them, from the outermost on, hear nothing: those around stopGradient.
let muted = 0;

/** What looks at every op, recorded or not; see lib/engine/anomaly.ts. */
export interface Inspector {
  /** Looks at what an op gave. */
  inspect(op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]): void;
  /** Where the op that runs now was called. */
  site(): string;
}

let inspector: Inspector | undefined;

/** Whether ops are being recorded for differentiation now. */
export function isRecording(): boolean {
  return open.length > muted;
}

/** Those who hear of ops now. */
export function listeners(): readonly Listener[] {
  return open.slice(muted);
}

function recorder(op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]): void {
  inspector?.inspect(op, inputs, attrs, outputs);
  if (open.length > muted) announce(op, inputs, attrs, outputs);
}

/** Tells every listener of an op that ran. */
export function announce(op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]): void {
  const entry = { op, inputs, attrs, outputs, time: writeTime(), site: inspector?.site() };
  for (let i = muted; i < open.length; i++) open[i]!.record(entry);
}

function updateRecorder(): void {
  setRecorder(open.length > 0 || inspector !== undefined ? recorder : undefined);
}

/** Runs a function while a listener hears of its ops. */
export function listening<T>(listener: Listener, body: () => T): T {
  open.push(listener);
  updateRecorder();
  try {
    return body();
  } finally {
    open.pop();
    updateRecorder();
  }
}

/** Runs a function and records it; the tensors that it makes are kept, for the gradient needs them. */
export function recording<T>(tape: Tape, body: () => T): T {
  const release = holdTensors();
  try {
    return listening(tape, body);
  } finally {
    release();
  }
}

/** Runs a function while an inspector looks at its ops. */
export function inspecting<T>(next: Inspector, body: () => T): T {
  const before = inspector;
  inspector = next;
  updateRecorder();
  try {
    return body();
  } finally {
    inspector = before;
    updateRecorder();
  }
}

/** Runs a function whose ops none of the open regions hears of. */
export function unheard<T>(body: () => T): T {
  const before = muted;
  muted = open.length;
  try {
    return unheld(body);
  } finally {
    muted = before;
  }
}

/**
 * Makes constants: a tensor as it is, or the results of a function, that no region around takes gradients through.
 *
 * Shapes: any → the same. Dtypes: all. A tensor gives a view of it, for which there is also the method `detach()`; a
 * function runs unrecorded, which saves memory, and its result is returned as it is.
 *
 * @throws MyelinError `TYPE` for what is neither a tensor nor a function
 * @example
 * ```ts
 * import { grad, stopGradient, tensor } from 'myelin';
 * const x = tensor(3);
 * const [dx] = grad(() => x.mul(stopGradient(() => x.square())), [x]);
 * const [same] = grad(() => x.mul(x.square().detach()), [x]);
 * console.log(dx.item(), same.item()); // 9 9
 * ```
 */
export function stopGradient<T extends Tensor>(x: T): Tensor<T['dtype'], T['shape']>;
export function stopGradient<T>(body: () => T): T;
export function stopGradient(subject: unknown): unknown {
  if (typeof subject === 'function') return unheard(subject as () => unknown);
  if (!isTensor(subject)) fail('TYPE', 'stopGradient', 'need a tensor, or a function whose ops are not recorded');
  subject.check('stopGradient');
  return new Tensor(subject.storage, subject.dtype, subject.shape, subject.strides, subject.offset);
}
