import { fail, show } from '../tensor/errors.js';
import type { FloatDType } from '../tensor/dtype.js';
import { noteFlag } from '../tensor/flags.js';
import { Parameter, Variable } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { matcherOf, type NameMatch } from './name-match.js';
import { assignState, type StateDict, type StateDictDifference } from './state-dict.js';
import { summarize } from './summary.js';

/** A module of any signature. */
export type AnyModule = Module<never, unknown>;

/**
 * A part of a network: an object whose fields are Parameters, Buffers and other Modules.
 *
 * Fields are found by walking the object's own properties, also inside arrays; private `#fields` stay hidden. A field's
 * name is its name in the state dict (`conv.weight`, `blocks.0.bias`), so fields named as in PyTorch load PyTorch's files.
 *
 * @typeParam Inputs what `forward` takes; one tensor unless said
 * @typeParam Output what `forward` gives; a tensor of floats unless said
 * @example
 * ```ts
 * import { Linear, Module, ones, relu, type Tensor } from 'myelin';
 * class Perceptron extends Module {
 *   hidden = new Linear(4, 8);
 *   out = new Linear(8, 2);
 *   forward(x: Tensor<'float32'>) {
 *     return this.out.forward(relu(this.hidden.forward(x)));
 *   }
 * }
 * const model = new Perceptron();
 * console.log(Object.keys(model.parameters())); // [ 'hidden.weight', 'hidden.bias', 'out.weight', 'out.bias' ]
 * console.log(model.forward(ones([3, 4])).shape); // [ 3, 2 ]
 * ```
 */
export abstract class Module<Inputs extends readonly unknown[] = readonly [x: Tensor], Output = Tensor<FloatDType>> {
  private mode = true;

  /** Whether the module behaves as in training: dropout drops, batch norm uses the batch. See {@link Module.train}. */
  get training(): boolean {
    noteFlag(() => this.mode);
    return this.mode;
  }

  set training(mode: boolean) {
    this.mode = mode;
  }

  /** Computes the output from the inputs; shapes and dtypes are said where the class is described. */
  abstract forward(...inputs: Inputs): Output;

  /** What state-dict names are made of; containers that name their members otherwise override it. */
  protected fields(): Iterable<readonly [name: string, value: unknown]> {
    return Object.entries(this);
  }

  /** Parameters and Buffers of this module itself, by field name, without those of its children. */
  ownVariables(): ReadonlyMap<string, Variable> {
    return new Map(
      membersOf(this.fields()).filter((member): member is [string, Variable] => member[1] instanceof Variable),
    );
  }

  /** The modules that are fields of this one, by field name. */
  children(): ReadonlyMap<string, AnyModule> {
    return new Map(
      membersOf(this.fields()).filter((member): member is [string, AnyModule] => member[1] instanceof Module),
    );
  }

  /** This module (named `''`) and all below it, parents first, each once. */
  namedModules(): ReadonlyMap<string, AnyModule> {
    const names = new Map<AnyModule, string>();
    for (const [name, module] of walk(this)) if (!names.has(module)) names.set(module, name);
    return new Map([...names].map(([module, name]) => [name, module]));
  }

  /**
   * What training changes: every Parameter that is not frozen, by state-dict name. A Parameter that is used twice
   * appears once, under its first name.
   *
   * @param options.frozen also those that are frozen; default `false`
   */
  parameters(options: { frozen?: boolean } = {}): Record<string, Parameter> {
    const { frozen = false } = options;
    return distinct(
      this,
      (variable): variable is Parameter => variable instanceof Parameter && (frozen || variable.trainable),
    );
  }

  /** Every Buffer by state-dict name: state that is saved but not trained. */
  buffers(): Record<string, Variable> {
    return distinct(this, (variable): variable is Variable => !(variable instanceof Parameter));
  }

  /**
   * All Parameters and Buffers by name, the live ones: copy them to keep today's values. A tensor that is used twice is
   * listed under both names, as in PyTorch.
   */
  stateDict(): Record<string, Variable> {
    return Object.fromEntries(variablesOf(this));
  }

  /**
   * Assigns Parameters and Buffers from tensors of the same names and shapes; float dtypes are converted.
   *
   * Everything is checked before anything is assigned.
   *
   * @param options.strict refuse missing and unexpected names; default `true`
   * @returns the names that did not match, both lists empty when strict
   * @throws MyelinError `VALUE` naming missing and unexpected tensors; `SHAPE` naming those of another shape or kind
   * @example
   * ```ts
   * import { Linear } from 'myelin';
   * const [a, b] = [new Linear(3, 2), new Linear(3, 2)];
   * b.loadStateDict(a.stateDict());
   * console.log(b.weight.sub(a.weight).abs().max().item()); // 0
   * ```
   */
  loadStateDict(state: StateDict, options: { strict?: boolean } = {}): StateDictDifference {
    return assignState(this.stateDict(), state, options.strict ?? true);
  }

  /** Switches this module and all below it to training behaviour, or away from it. */
  train(mode = true): this {
    for (const [, module] of walk(this)) module.training = mode;
    return this;
  }

  /** Switches to inference behaviour: `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Excludes Parameters from training: `parameters()` leaves them out, gradients are not taken, optimizers leave them as they
   * are. `freeze(false)` brings them back; an optimizer knows them then if it was made with `parameters({ frozen: true })`.
   *
   * Batch norm of a frozen part goes on with its running statistics unless it is put into inference mode: `part.eval()`.
   *
   * @param options.match only those whose state-dict names match, a RegExp or a function; default all
   * @throws MyelinError `VALUE` when none matches
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from 'myelin';
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
   * model.freeze(true, { match: /^0\./ });
   * console.log(Object.keys(model.parameters())); // [ '2.weight', '2.bias' ]
   * ```
   */
  freeze(frozen = true, options: { readonly match?: NameMatch } = {}): this {
    const wanted = matcherOf('freeze', options.match);
    const chosen = Object.entries(this.parameters({ frozen: true })).filter(([name]) => wanted(name));
    if (chosen.length === 0 && options.match !== undefined) {
      const names = Object.keys(this.parameters({ frozen: true }));
      fail('VALUE', 'freeze', `no parameter matches (names are ${names.join(', ')})`);
    }
    for (const [, parameter] of chosen) parameter.trainable = !frozen;
    return this;
  }

  /** Calls a function on every module, children before parents. */
  apply(visit: (module: AnyModule) => void): this {
    for (const module of [...this.namedModules().values()].reverse()) visit(module);
    return this;
  }

  /**
   * Prints a table of layers, output shapes and parameter counts.
   *
   * @param inputs shape of one float32 input, batch axis included, or the tensors that `forward` takes; left out, output
   * shapes are not shown
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from 'myelin';
   * new Sequential(new Linear(784, 32), new ReLU(), new Linear(32, 10)).summary([1, 784]);
   * ```
   */
  summary(inputs?: Shape | readonly Tensor[]): void {
    console.log(summarize(this, inputs));
  }

  /** Frees all Parameters and Buffers. */
  dispose(): void {
    for (const [, variable] of variablesOf(this)) variable.dispose();
  }

  /** Frees all Parameters and Buffers at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Refuses what is no module. */
export function checkModule(op: string, model: unknown): void {
  if (!(model instanceof Module)) fail('TYPE', op, `model is ${show(model)} (need a Module)`);
}

type Member = readonly [name: string, value: Variable | AnyModule];

function membersOf(fields: Iterable<readonly [string, unknown]>): Member[] {
  const members: Member[] = [];
  for (const [name, value] of fields) {
    if (value instanceof Variable || value instanceof Module) members.push([name, value]);
    else if (Array.isArray(value))
      members.push(...membersOf(value.map((item: unknown, i) => [`${name}.${i}`, item] as const)));
  }
  return members;
}

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** Every path to a module, parents first; a path ends where it would bite its own tail. */
function* walk(
  module: AnyModule,
  prefix = '',
  ancestors: readonly AnyModule[] = [],
): Generator<readonly [string, AnyModule]> {
  if (ancestors.includes(module)) return;
  yield [prefix, module];
  for (const [name, child] of module.children()) yield* walk(child, join(prefix, name), [...ancestors, module]);
}

function* variablesOf(module: AnyModule): Generator<readonly [string, Variable]> {
  for (const [prefix, part] of walk(module)) {
    for (const [name, variable] of part.ownVariables()) yield [join(prefix, name), variable];
  }
}

function distinct<V extends Variable>(
  module: AnyModule,
  wanted: (variable: Variable) => variable is V,
): Record<string, V> {
  const names = new Map<V, string>();
  for (const [name, variable] of variablesOf(module)) {
    if (wanted(variable) && !names.has(variable)) names.set(variable, name);
  }
  return Object.fromEntries([...names].map(([variable, name]) => [name, variable]));
}
