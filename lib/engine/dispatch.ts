import { dtypeInfo } from '../tensor/dtype.js';
import { rethrow } from '../tensor/errors.js';
import { sizeOf, stridesOf } from '../tensor/shape.js';
import { Storage, noteCreated, reclaim, recount } from '../tensor/storage.js';
import { Tensor, type TensorSpec } from '../tensor/tensor.js';
import { runCommand, type AttrValue, type Output } from './command.js';
import type { Op, ViewSpec } from './define.js';

/** Inputs, attributes and outputs with their names, as they pass through the engine. */
export type Named<T> = Readonly<Record<string, T>>;
export type NamedInputs = Named<Tensor | readonly Tensor[]>;

/** Is told of every op that runs, after it has run. */
export type Recorder = (op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]) => void;

let recorder: Recorder | undefined;

/** Called when the first listener comes and when the last one goes: nobody else pays. */
export function setRecorder(next: Recorder | undefined): void {
  recorder = next;
}

let keeps: ((storage: Storage) => boolean) | undefined;

/** Ops inside that would overwrite storages of which `keep` says so do nothing. */
export function keeping<T>(keep: (storage: Storage) => boolean, body: () => T): T {
  const before = keeps;
  keeps = (storage) => keep(storage) || before?.(storage) === true;
  try {
    return body();
  } finally {
    keeps = before;
  }
}

/** Runs an op on checked inputs, or notes that it is to run. */
export type Executor = (
  op: Op,
  inputs: readonly Tensor[],
  attrs: Named<AttrValue>,
  specs: readonly TensorSpec[],
  targets: readonly Tensor[],
) => Tensor[];

let executor: Executor = execute;

/** From now on ops are given to an executor; the result is the one that they were given to before. */
export function setExecutor(next: Executor): Executor {
  const before = executor;
  executor = next;
  return before;
}

/** Ops inside are given to an executor instead of being run. */
export function executing<T>(next: Executor, body: () => T): T {
  const before = setExecutor(next);
  try {
    return body();
  } finally {
    setExecutor(before);
  }
}

/** What an op yields: its output, its outputs by name, or nothing when it overwrites inputs. */
type Yield = Tensor | Named<Tensor> | void;

/** Runs an op in a way of its own, by calling `dispatch` with other inputs, or leaves it alone: `undefined`. */
export type Interceptor = (op: Op, inputs: NamedInputs, attrs: Named<AttrValue>) => Yield | undefined;

let interceptor: Interceptor | undefined;

/** Ops inside are offered to an interceptor; `undefined` takes one away. */
export function intercepting<T>(next: Interceptor | undefined, body: () => T): T {
  const before = interceptor;
  interceptor = next;
  try {
    return body();
  } finally {
    interceptor = before;
  }
}

const noAttrs: Named<AttrValue> = {};
const noTargets: readonly Tensor[] = [];

type Infer = (inputs: NamedInputs, attrs: Named<AttrValue>) => TensorSpec & Named<TensorSpec>;

/** Runs an op now: checks it, runs its command, and tells the tape. */
export function dispatch(op: Op, inputs: NamedInputs, attrs: Named<AttrValue> = noAttrs): Yield {
  if (interceptor !== undefined) {
    const result = interceptor(op, inputs, attrs);
    if (result !== undefined) return result;
  }
  const tensors = gather(op, inputs);
  const inferred = (op.infer as Infer)(inputs, attrs);
  if (op.single) {
    const out = executor(op, tensors, attrs, [inferred], noTargets);
    if (recorder !== undefined) recorder(op, inputs, attrs, out);
    return out[0]!;
  }
  if (op.outputs.length === 0) return overwrite(op, inputs, tensors, attrs);
  const specs = op.outputs.map((name) => inferred[name]!);
  const outputs = executor(op, tensors, attrs, specs, noTargets);
  if (recorder !== undefined) recorder(op, inputs, attrs, outputs);
  return Object.fromEntries(op.outputs.map((name, i) => [name, outputs[i]!]));
}

/** The tensors that an op without outputs overwrites. */
export function targetsOf(op: Op, inputs: NamedInputs): readonly Tensor[] {
  return tensorsOf(op.overwrites, inputs);
}

/** The tensors of these names, one after another. Not by `flatMap`, which takes a call into the runtime for every tensor. */
export function tensorsOf(names: readonly string[], inputs: NamedInputs): Tensor[] {
  const tensors: Tensor[] = [];
  for (const name of names) {
    const input = inputs[name]!;
    if (input instanceof Tensor) tensors.push(input);
    else for (const tensor of input) tensors.push(tensor);
  }
  return tensors;
}

function overwrite(op: Op, inputs: NamedInputs, tensors: Tensor[], attrs: Named<AttrValue>): void {
  const targets = targetsOf(op, inputs);
  // Everyone who asked hears of every target, so no test ends early.
  if (keeps !== undefined && targets.map(({ storage }) => keeps!(storage)).every(Boolean)) return;
  for (const { storage } of targets) storage.checkAssignable(op.name);
  executor(op, tensors, attrs, [], targets);
  for (const { storage } of targets) storage.noteOverwritten();
  if (recorder !== undefined) recorder(op, inputs, attrs, []);
}

/** Makes a view: no memory, no command. */
export function dispatchView(op: Op, inputs: NamedInputs, attrs: Named<AttrValue> = noAttrs): Tensor {
  const x = inputs['x'] as Tensor;
  x.check(op.name);
  const { shape, strides, offset } = (op.infer as (inputs: unknown, attrs: unknown) => ViewSpec)(inputs, attrs);
  const out = new Tensor(x.storage, x.dtype, shape, strides, offset);
  if (recorder !== undefined) recorder(op, inputs, attrs, [out]);
  return out;
}

/** All input tensors in the order of the command; refuses disposed ones. */
function gather(op: Op, inputs: NamedInputs): Tensor[] {
  if (op.variadic) {
    const tensors = tensorsOf(op.inputs, inputs);
    for (const tensor of tensors) tensor.check(op.name);
    return tensors;
  }
  const tensors = new Array<Tensor>(op.inputs.length);
  for (let i = 0; i < tensors.length; i++) {
    const tensor = inputs[op.inputs[i]!] as Tensor;
    tensor.check(op.name);
    tensors[i] = tensor;
  }
  return tensors;
}

/** Runs an op now. */
export function execute(
  op: Op,
  inputs: readonly Tensor[],
  attrs: Named<AttrValue>,
  specs: readonly TensorSpec[],
): Tensor[] {
  const count = specs.length;
  const outputs = new Array<Output>(count);
  const storages = new Array<Storage>(count);
  // Storages come first: making one may sweep, and until then `inputs` keeps the memory that the command names alive.
  for (let i = 0; i < count; i++) {
    const spec = specs[i]!;
    outputs[i] = { spec, strides: spec.strides ?? stridesOf(spec.shape) };
    storages[i] = new Storage(sizeOf(spec.shape) * dtypeInfo(spec.dtype).size);
  }
  for (let tries = 1; ; tries++) {
    try {
      runCommand(op, inputs, outputs, attrs, storages);
      break;
    } catch (error) {
      if (tries === 1 && reclaim(error)) continue;
      recount();
      rethrow(error, op.name);
    }
  }
  const tensors = new Array<Tensor>(count);
  for (let i = 0; i < count; i++) {
    const { spec, strides } = outputs[i]!;
    noteCreated(storages[i]!, op.name);
    tensors[i] = new Tensor(storages[i]!, spec.dtype, spec.shape, strides, 0);
  }
  return tensors;
}
