import { zeros, zerosLike } from '../ops/creation.js';
import { add } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { sumTo } from '../ops/reduce.js';
import { expand } from '../ops/reshape.js';
import { isFloat } from '../tensor/dtype.js';
import { harvest } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor, type TensorSpec } from '../tensor/tensor.js';
import type { AttrValue } from './command.js';
import type { Named, NamedInputs } from './dispatch.js';
import { checkUnchanged, inputsOf, isRecording, recording, Tape, type Entry } from './tape.js';

/** A tensor and the gradient that arrives at it. */
export type Arrival = readonly [tensor: Tensor, gradient: Tensor];

/** Gradients that have arrived at tensors. */
export class Gradients {
  private readonly byTensor = new Map<Tensor, Tensor>();
  /** Those that were made here, so that they can be freed when nothing uses them any more. */
  private readonly uses = new Map<Tensor, number>();

  /** Adds to the gradient of each tensor; `made` tells which gradients nobody else holds. */
  addAll(arrivals: readonly Arrival[], made: ReadonlySet<unknown>): void {
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
    // An outer region still needs what it has recorded.
    if (!isRecording()) gradient.dispose();
  }
}

/** Looks at the gradients that an entry's rule gave; see lib/engine/anomaly.ts. */
export type GradientInspector = (
  entry: Entry,
  douts: readonly (Tensor | undefined)[],
  rule: () => Arrival[],
) => Arrival[];

let inspectGradients: GradientInspector = (_entry, _douts, rule) => rule();

/** Sets who looks at gradients while `body` runs. */
export function inspectingGradients<T>(inspector: GradientInspector, body: () => T): T {
  const before = inspectGradients;
  inspectGradients = inspector;
  try {
    return body();
  } finally {
    inspectGradients = before;
  }
}

type Rule = (context: Named<unknown>) => Named<Tensor | readonly (Tensor | undefined)[] | undefined>;

/** Carries gradients from the seeds back to the leaves, freeing each as soon as it has been passed on. */
export function backward(tape: Tape, seeds: readonly Arrival[], leaves: ReadonlySet<Tensor>): Gradients {
  const gradients = new Gradients();
  gradients.addAll(seeds, new Set());
  for (let i = tape.entries.length - 1; i >= 0; i--) {
    const entry = tape.entries[i]!;
    const douts = entry.outputs.map((output) => gradients.get(output));
    if (douts.every((dout) => dout === undefined)) continue;
    checkSaved(entry);
    const { result, made } = harvest(() => inspectGradients(entry, douts, () => pullBack(tape, entry, douts)));
    gradients.addAll(result, made);
    for (const output of entry.outputs) if (!leaves.has(output)) gradients.consume(output);
  }
  return gradients;
}

/** Refuses an entry whose rule would read inputs that were assigned since. A composed rule reads all of them. */
function checkSaved({ op, inputs, time }: Entry): void {
  for (const name of typeof op.grad === 'function' ? op.save : op.inputs) {
    const saved = inputs[name];
    if (saved instanceof Tensor) checkUnchanged(op.name, name, saved, time);
    else saved?.forEach((tensor, k) => checkUnchanged(op.name, `${name}[${k}]`, tensor, time));
  }
}

/** Gradients of one entry's inputs, each of its input's shape and dtype. */
function pullBack(tape: Tape, entry: Entry, douts: readonly (Tensor | undefined)[]): Arrival[] {
  const { op, inputs } = entry;
  const given =
    typeof op.grad === 'function' ? (op.grad as Rule)(contextOf(tape, entry, douts)) : composed(entry, douts);
  const result: Arrival[] = [];
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

function contextOf(tape: Tape, entry: Entry, douts: readonly (Tensor | undefined)[]): Named<unknown> {
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
function composed(
  entry: Entry,
  douts: readonly (Tensor | undefined)[],
): Named<readonly (Tensor | undefined)[] | Tensor> {
  const { op, inputs, attrs } = entry;
  const rule = op.grad as { readonly composed: Composition };
  const gradients = again(inputsOf(entry), douts, () => {
    const result = rule.composed(inputs, attrs);
    return result instanceof Tensor ? [result] : op.outputs.map((name) => result[name]!);
  });
  const gather = (x: Tensor): Tensor | undefined => gradients.get(x);
  return Object.fromEntries(
    op.inputs.flatMap((name) => {
      const input = inputs[name]!;
      const found = input instanceof Tensor ? gather(input) : input.map(gather);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

/** Gradients of `inputs` by running a function of them again: those of its outputs are known. */
export function again(
  inputs: readonly Tensor[],
  douts: readonly (Tensor | undefined)[],
  run: () => readonly Tensor[],
): Gradients {
  const leaves = new Set(inputs.filter((x) => isFloat(x.dtype)));
  const tape = new Tape(leaves);
  const outputs = recording(tape, run);
  const seeds = outputs.flatMap((out, i) => (douts[i] === undefined ? [] : [[out, douts[i]] as const]));
  return backward(tape, seeds, leaves);
}

/**
 * The gradients of leaves, zeros where none has arrived. Leaves may share a gradient, as `a + b` makes them, and one may
 * be a tensor of the user's: each gets a tensor of its own, which can be disposed alone.
 */
export function settle(gradients: Gradients, leaves: readonly Tensor[], taken: readonly Tensor[] = []): Tensor[] {
  const seen = new Set(taken);
  return leaves.map((leaf) => {
    const gradient = gradients.get(leaf) ?? zeros(leaf.shape, { dtype: leaf.dtype });
    if (seen.has(gradient)) return expand(gradient, gradient.shape);
    seen.add(gradient);
    return gradient;
  });
}
