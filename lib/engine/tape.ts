import { onesLike, zeros, zerosLike } from '../ops/creation.js';
import { add } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { sumTo } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { harvest, holdTensors, scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Storage } from '../tensor/storage.js';
import { isTensor, Tensor, type TensorSpec } from '../tensor/tensor.js';
import type { AttrValue } from './command.js';
import type { Op } from './define.js';
import { setRecorder, type Named, type NamedInputs } from './dispatch.js';

/** One op that ran while a tape was open. */
interface Entry {
  readonly op: Op;
  readonly inputs: NamedInputs;
  readonly attrs: Named<AttrValue>;
  readonly outputs: readonly Tensor[];
}

/** The ops that ran inside a region and depend on its leaves, in order. */
class Tape {
  readonly entries: Entry[] = [];
  private readonly tracked: Set<Tensor>;
  /** Memory that was overwritten, and how many entries there were by then. */
  private readonly overwritten = new Map<Storage, number>();

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

  noteOverwritten(tensors: readonly Tensor[]): void {
    for (const { storage } of tensors) this.overwritten.set(storage, this.entries.length);
  }

  /** Refuses what no longer holds what it held when entry number `i` was recorded. */
  checkUnchanged(i: number, tensor: Tensor, name: string): void {
    if (i >= (this.overwritten.get(tensor.storage) ?? 0)) return;
    const { op } = this.entries[i]!;
    const remedy = 'need it as it was: assign it before it is used, or after valueAndGrad';
    fail('STATE', op.name, `${name}, ${describe(tensor)}, was assigned after its use (${remedy})`);
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

// Regions nest: an op inside two of them is recorded twice, which is what makes second derivatives work.
const open: Tape[] = [];
// How many of them, from the outermost on, hear nothing: those around stopGradient.
let muted = 0;

/** Whether ops are being recorded for differentiation now. */
export function isRecording(): boolean {
  return open.length > muted;
}

function recorder(op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]): void {
  if (op.outputs.length === 0) {
    const written = inputs[op.inputs[0]!]!;
    for (const tape of open) tape.noteOverwritten(written instanceof Tensor ? [written] : written);
    return;
  }
  const entry = { op, inputs, attrs, outputs };
  for (let i = muted; i < open.length; i++) open[i]!.record(entry);
}

function recording<T>(tape: Tape, body: () => T): T {
  open.push(tape);
  setRecorder(recorder);
  const release = holdTensors();
  try {
    return body();
  } finally {
    release();
    open.pop();
    if (open.length === 0) setRecorder(undefined);
  }
}

/**
 * Runs a function whose ops are not recorded: its results are constants to every region around it.
 *
 * @example
 * ```ts
 * import { grad, stopGradient, tensor } from 'myelin';
 * const x = tensor(3);
 * const dx = grad(() => x.mul(stopGradient(() => x.square())), [x]);
 * console.log(dx[0].item()); // 9
 * ```
 */
export function stopGradient<T>(body: () => T): T {
  const before = muted;
  muted = open.length;
  try {
    return body();
  } finally {
    muted = before;
  }
}

/** Gradients that have arrived at tensors. */
class Gradients {
  private readonly byTensor = new Map<Tensor, Tensor>();
  /** Those that were made here, so that they can be freed when nothing uses them any more. */
  private readonly uses = new Map<Tensor, number>();

  /** Adds to the gradient of each tensor; `made` tells which gradients nobody else holds. */
  addAll(arrivals: readonly (readonly [Tensor, Tensor])[], made: ReadonlySet<unknown>): void {
    const fresh = arrivals.map(([, gradient]) => gradient).filter((gradient) => made.has(gradient));
    // One gradient may arrive at several tensors: none of them is its last use before all have it.
    for (const gradient of fresh) this.use(gradient);
    for (const [tensor, gradient] of arrivals) this.add(tensor, gradient);
    for (const gradient of fresh) this.drop(gradient);
  }

  get(tensor: Tensor): Tensor | undefined {
    return this.byTensor.get(tensor);
  }

  /** Takes out the gradient of a tensor whose producer has passed it on. */
  consume(tensor: Tensor): void {
    const gradient = this.byTensor.get(tensor);
    if (gradient === undefined) return;
    this.byTensor.delete(tensor);
    this.drop(gradient);
  }

  private add(tensor: Tensor, gradient: Tensor): void {
    const previous = this.byTensor.get(tensor);
    const total = previous === undefined ? gradient : add(previous, gradient);
    this.byTensor.set(tensor, total);
    if (previous !== undefined || this.uses.has(total)) this.use(total);
    if (previous !== undefined) this.drop(previous);
  }

  private use(gradient: Tensor): void {
    this.uses.set(gradient, (this.uses.get(gradient) ?? 0) + 1);
  }

  private drop(gradient: Tensor): void {
    const uses = this.uses.get(gradient);
    if (uses === undefined) return;
    this.uses.set(gradient, uses - 1);
    if (uses > 1) return;
    this.uses.delete(gradient);
    free(gradient);
  }
}

// An outer region still needs what it has recorded.
function free(gradient: Tensor): void {
  if (open.length === 0) gradient.dispose();
}

type Rule = (context: Named<unknown>) => Named<Tensor | readonly (Tensor | undefined)[] | undefined>;

/** Carries gradients from the seeds back to the leaves, freeing each as soon as it has been passed on. */
function backward(tape: Tape, seeds: readonly (readonly [Tensor, Tensor])[], leaves: ReadonlySet<Tensor>): Gradients {
  const gradients = new Gradients();
  gradients.addAll(seeds, new Set());
  for (let i = tape.entries.length - 1; i >= 0; i--) {
    const entry = tape.entries[i]!;
    const douts = entry.outputs.map((output) => gradients.get(output));
    if (douts.every((dout) => dout === undefined)) continue;
    checkSaved(tape, i);
    const { result, made } = harvest(() => pullBack(tape, entry, douts));
    gradients.addAll(result, made);
    for (const output of entry.outputs) if (!leaves.has(output)) gradients.consume(output);
  }
  return gradients;
}

/** Refuses an entry whose rule would read inputs that were assigned since. A composed rule reads all of them. */
function checkSaved(tape: Tape, i: number): void {
  const { op, inputs } = tape.entries[i]!;
  for (const name of typeof op.grad === 'function' ? op.save : op.inputs) {
    const saved = inputs[name];
    if (saved instanceof Tensor) tape.checkUnchanged(i, saved, name);
    else saved?.forEach((tensor, k) => tape.checkUnchanged(i, tensor, `${name}[${k}]`));
  }
}

/** Gradients of one entry's inputs, each of its input's shape and dtype. */
function pullBack(tape: Tape, entry: Entry, douts: (Tensor | undefined)[]): [Tensor, Tensor][] {
  const { op, inputs } = entry;
  const given =
    typeof op.grad === 'function' ? (op.grad as Rule)(contextOf(tape, entry, douts)) : composed(entry, douts);
  const result: [Tensor, Tensor][] = [];
  for (const name of op.inputs) {
    const input = inputs[name]!;
    const gradient = given[name];
    if (gradient === undefined) continue;
    const pairs =
      input instanceof Tensor
        ? [[input, gradient as Tensor] as const]
        : input.map((x, i) => [x, (gradient as Tensor[])[i]] as const);
    for (const [x, dx] of pairs) if (dx !== undefined && tape.tracks(x)) result.push([x, fit(dx, x)]);
  }
  return result;
}

/** Undoes broadcasting and promotion. */
function fit(gradient: Tensor, input: Tensor): Tensor {
  const shaped = sameShape(gradient.shape, input.shape) ? gradient : sumTo(gradient, input.shape);
  return shaped.dtype === input.dtype ? shaped : cast(shaped, input.dtype);
}

function contextOf(tape: Tape, entry: Entry, douts: (Tensor | undefined)[]): Named<unknown> {
  const { op, inputs, attrs, outputs } = entry;
  const spec: Record<string, TensorSpec | readonly TensorSpec[]> = {};
  const needs: Record<string, boolean> = {};
  for (const name of op.inputs) {
    const input = inputs[name]!;
    spec[name] = input;
    needs[name] = input instanceof Tensor ? tape.tracks(input) : input.some((x) => tape.tracks(x));
  }
  const context: Record<string, unknown> = { attrs, spec, needs };
  for (const name of op.save) context[name] = inputs[name] ?? outputs[op.outputs.indexOf(name)];
  op.outputs.forEach((name, i) => (context[`d${name}`] = douts[i]));
  context['dout'] = douts[0] ?? zerosLike(outputs[0]!);
  return context;
}

type Composition = (inputs: NamedInputs, attrs: Named<AttrValue>) => Tensor | Named<Tensor>;

/** Gradients of a fused op: those of the same function in simpler ops, which runs again for the purpose. */
function composed(entry: Entry, douts: (Tensor | undefined)[]): Named<Tensor | readonly (Tensor | undefined)[]> {
  const { op, inputs, attrs } = entry;
  const rule = op.grad as { readonly composed: Composition };
  const leaves = new Set(op.inputs.flatMap((name) => inputs[name]!).filter((x) => isFloat(x.dtype)));
  const tape = new Tape(leaves);
  const result = recording(tape, () => rule.composed(inputs, attrs));
  const outputs = result instanceof Tensor ? [result] : op.outputs.map((name) => result[name]!);
  const seeds = outputs.flatMap((out, i) => (douts[i] === undefined ? [] : [[out, douts[i]] as const]));
  const gradients = backward(tape, seeds, leaves);
  const gather = (x: Tensor): Tensor | undefined => gradients.get(x);
  return Object.fromEntries(
    op.inputs.flatMap((name) => {
      const input = inputs[name]!;
      const found = input instanceof Tensor ? gather(input) : input.map(gather);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

/** Tensors to differentiate by: a list, or an object such as `model.parameters()`. */
export type Leaves = readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** One gradient per leaf, in the same structure. */
export type GradientsOf<P extends Leaves> = {
  [K in keyof P]: P[K] extends Tensor<infer D, infer S> ? Tensor<D, S> : never;
};

/** What a differentiated function may return: the loss, or the loss followed by whatever else it wants kept. */
export type LossResult = Tensor | readonly [loss: Tensor, ...rest: unknown[]];

function checkLeaves(op: string, leaves: readonly Tensor[]): void {
  for (const leaf of leaves) {
    if (!isTensor(leaf)) fail('TYPE', op, 'can only differentiate by tensors (need a list or an object of them)');
    leaf.check(op);
    if (!isFloat(leaf.dtype)) fail('DTYPE', op, `cannot differentiate by ${describe(leaf)} (need float32 or float64)`);
  }
}

function lossOf(op: string, result: LossResult): Tensor {
  if (result instanceof Promise) {
    // Its tensors are gone, so it may well reject; the error below says why.
    result.catch(() => undefined);
    fail('TYPE', op, 'the function returned a promise (need its loss, or [loss, ...anything], at once)');
  }
  const loss: unknown = result instanceof Tensor ? result : (result as readonly unknown[] | undefined)?.[0];
  if (!isTensor(loss)) fail('TYPE', op, 'the function must return its loss, or [loss, ...anything]');
  if (loss.size !== 1) fail('SHAPE', op, `the loss is ${describe(loss)} (need one number: take its mean or sum)`);
  if (!isFloat(loss.dtype)) fail('DTYPE', op, `the loss is ${describe(loss)} (need float32 or float64)`);
  return loss;
}

/** Leaves may share a gradient, as `a + b` makes them: each gets a tensor of its own, which can be disposed alone. */
function separate(gradients: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  return gradients.map((gradient) => {
    if (seen.has(gradient)) return reshape(gradient, gradient.shape);
    seen.add(gradient);
    return gradient;
  });
}

/**
 * Runs a function and differentiates what it returns: d loss / d leaf for every leaf.
 *
 * Ops are recorded inside the function and nowhere else. Everything made in it is freed when it ends, except what it
 * returns. A leaf that the loss does not depend on gets zeros. Regions nest, for higher derivatives.
 * A Parameter or Buffer that was used inside must not be assigned before the function ends.
 *
 * @param body returns the loss (one number), or `[loss, ...anything]` to keep more than the loss
 * @param leaves tensors to differentiate by, as a list or an object (`model.parameters()`)
 * @returns what the function returned, and the gradients in the structure of `leaves`
 * @throws MyelinError `SHAPE` when the loss is not one number; `DTYPE` for leaves or losses that are not float; `STATE`
 *   when the gradient needs what was assigned meanwhile
 * @example
 * ```ts
 * import { tensor, valueAndGrad } from 'myelin';
 * const w = tensor([1, 2, 3]);
 * const [loss, [dw]] = valueAndGrad(() => w.square().sum(), [w]);
 * console.log(loss.item(), dw.toArray()); // 14 [ 2, 4, 6 ]
 * ```
 */
export function valueAndGrad<R extends LossResult, const P extends Leaves>(
  body: () => R,
  leaves: P,
): [R, GradientsOf<P>] {
  const entries = Object.entries(leaves) as [string, Tensor][];
  const tensors = entries.map(([, tensor]) => tensor);
  checkLeaves('valueAndGrad', tensors);
  return scope(() => {
    const distinct = new Set(tensors);
    const tape = new Tape(distinct);
    const result = recording(tape, body);
    const loss = lossOf('valueAndGrad', result);
    const gradients = backward(tape, [[loss, onesLike(loss)]], distinct);
    const found = separate(
      tensors.map((tensor) => gradients.get(tensor) ?? zeros(tensor.shape, { dtype: tensor.dtype })),
    );
    const structure = Array.isArray(leaves)
      ? found
      : Object.fromEntries(entries.map(([key], i) => [key, found[i]] as const));
    return [result, structure as GradientsOf<P>];
  });
}

/**
 * Like {@link valueAndGrad}, without the value.
 *
 * @example
 * ```ts
 * import { grad, tensor } from 'myelin';
 * const x = tensor(2);
 * const [dx] = grad(() => x.pow(3), [x]);
 * console.log(dx.item()); // 12
 * ```
 */
export function grad<const P extends Leaves>(body: () => LossResult, leaves: P): GradientsOf<P> {
  return scope(() => valueAndGrad(body, leaves)[1]);
}
