import { checkFunction } from '../engine/leaves.js';
import { isRecording } from '../engine/tape.js';
import { checkObject } from '../ops/checks.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Storage } from '../tensor/storage.js';
import type { Tensor } from '../tensor/tensor.js';
import { drawGraph, explainPlan } from './explain.js';
import { boundValues } from './graph.js';
import { optimize } from './optimize.js';
import { Plan } from './plan.js';
import { profilePlan, type Profile, type ProfileOptions } from './profile.js';
import { flatten, type Flattened } from './structure.js';
import { isTracing, traceFunction, type Traced } from './trace.js';

/** A function of tensors, in nested arrays and plain objects, and of plain values. */
export type CompilableFunction = (...args: never[]) => unknown;

/** Options of {@link compile}. */
export interface CompileOptions {
  /** What errors and reports call the function; default its own name. */
  readonly name?: string;
}

/** Options of one run. */
export interface RunOptions {
  /** Ends the run before it has assigned anything; later it goes on to its end. */
  readonly signal?: AbortSignal;
}

/** What {@link compile} returns. */
export interface Compiled<F extends CompilableFunction> {
  /** Runs on another thread; the event loop stays free. */
  (...args: Parameters<F>): Promise<ReturnType<F>>;
  /** Runs on this thread. */
  sync(...args: Parameters<F>): ReturnType<F>;
  /** Runs on another thread, with options. */
  run(args: Parameters<F>, options?: RunOptions): Promise<ReturnType<F>>;
  /** Commands, shapes, memory, floating-point operations and constants of the plan for such arguments. */
  explain(...args: Parameters<F>): string;
  /** The same as a Mermaid flowchart. */
  toMermaid(...args: Parameters<F>): string;
  /** Runs on this thread, again and again, and tells where the time goes. What the function assigns is assigned every time. */
  profile(args: Parameters<F>, options?: ProfileOptions): Profile;
  /** The same function with memory of its own, so that its runs need not wait for those of this one. */
  clone(): Compiled<F>;
  /** Frees all plans. */
  dispose(): void;
  [Symbol.dispose](): void;
}

const maxPlans = 16;

/** One signature of a function: what was traced, and the plan of it. */
interface Entry {
  readonly key: string;
  readonly traced: Traced;
  readonly kept: readonly Storage[];
  plan: Plan;
}

const describeArgs = ({ tensors, key }: Flattened): string =>
  `${key} | ${tensors.map(({ dtype, shape, strides }) => `${dtype}[${shape.join()}]${strides.join()}`).join(' ')}`;

class CompiledFunction {
  private readonly entries: Entry[] = [];
  private alive = true;
  private traces = 0;
  private warned = false;

  constructor(
    private readonly fn: CompilableFunction,
    readonly name: string,
  ) {}

  sync(args: readonly unknown[]): unknown {
    if (isTracing() || isRecording()) return this.fn(...(args as never[]));
    const given = this.flatten(args);
    const entry = this.entryOf(given);
    return this.resultOf(entry, given.tensors, entry.plan.sync(given.tensors));
  }

  async run(args: readonly unknown[], options: RunOptions): Promise<unknown> {
    checkObject(this.name, 'options', options);
    const { signal } = options;
    if (isTracing() || isRecording()) {
      fail('STATE', this.name, 'called inside a function that is recorded or traced (need .sync there)');
    }
    checkSignal(this.name, signal);
    const given = this.flatten(args);
    const entry = this.entryOf(given);
    return this.resultOf(entry, given.tensors, await entry.plan.run(given.tensors, signal));
  }

  planOf(args: readonly unknown[]): Plan {
    return this.entryOf(this.flatten(args)).plan;
  }

  profile(args: readonly unknown[], options: ProfileOptions): Profile {
    checkObject(this.name, 'options', options);
    const given = this.flatten(args);
    return profilePlan(this.entryOf(given).plan, given.tensors, options);
  }

  dispose(): void {
    this.alive = false;
    for (const entry of this.entries.splice(0)) drop(entry);
  }

  private resultOf({ traced }: Entry, args: readonly Tensor[], tensors: readonly Tensor[]): unknown {
    const results = tensors.map((tensor, i) => {
      const argument = traced.passed.get(i);
      const same = argument === undefined ? traced.variables.get(i) : args[argument];
      if (same !== undefined) tensor.dispose();
      return same ?? tensor;
    });
    return traced.result.rebuild(results);
  }

  private flatten(args: unknown): Flattened {
    if (!Array.isArray(args)) fail('TYPE', this.name, `args is ${show(args)} (need an array of arguments)`);
    return flatten(this.name, 'args', args);
  }

  private entryOf(given: Flattened): Entry {
    if (!this.alive) fail('DISPOSED', this.name, 'the compiled function was disposed');
    for (const tensor of given.tensors) tensor.check(this.name);
    const key = describeArgs(given);
    const at = this.entries.findIndex((entry) => entry.key === key && holds(entry));
    const entry = at < 0 ? this.trace(key, given) : this.entries.splice(at, 1)[0]!;
    this.entries.unshift(entry);
    if (!entry.plan.bound) {
      entry.plan.dispose();
      entry.plan = new Plan(this.name, entry.plan.graph, entry.traced.draws);
    }
    for (const old of this.entries.splice(maxPlans)) drop(old);
    return entry;
  }

  private trace(key: string, given: Flattened): Entry {
    const traced = traceFunction(this.fn, given);
    const kept = boundValues(traced.graph).map(({ storage }) => storage!);
    try {
      const graph = optimize(traced.graph, (storage) => kept.push(storage));
      const plan = new Plan(this.name, graph, traced.draws);
      this.noteTrace(given);
      return { key, traced, kept, plan };
    } catch (error) {
      for (const storage of kept) storage.drop();
      throw error;
    }
  }

  private noteTrace(given: Flattened): void {
    if (++this.traces <= maxPlans || this.warned) return;
    this.warned = true;
    const now = given.tensors.map(describe).join(', ');
    process.emitWarning(
      `${this.name} has been compiled for ${this.traces} different signatures, now for (${now}); ` +
        `arguments of few shapes, and numbers passed as tensors, keep it to one`,
      { type: 'MyelinWarning', code: 'MYELIN_RECOMPILED' },
    );
  }
}

const holds = ({ traced: { flags } }: Entry): boolean => flags.every(([read, value]) => read() === value);

function drop({ plan, kept }: Entry): void {
  plan.dispose();
  for (const storage of kept) storage.drop();
}

function checkSignal(op: string, signal: unknown): void {
  if (signal === undefined) return;
  if (!(signal instanceof AbortSignal)) fail('TYPE', op, `signal is ${show(signal)} (need an AbortSignal)`);
  if (signal.aborted) fail('ABORTED', op, 'the run was aborted before it began');
}

/**
 * Makes a function of tensors one native call.
 *
 * The first call with arguments of new dtypes, shapes or structure runs the function once with tensors that have no values,
 * writes down its commands, leaves out what nobody needs, and gives every intermediate result a place in one block of
 * memory. Calls after that run those commands, on another thread, and allocate nothing but the results.
 *
 * What the function reads besides its arguments: Parameters and Buffers are read, and assigned, as they are at the time of
 * each run; flags such as `training` lead to a plan of their own; random ops draw new numbers in every run. Everything else
 * that is JavaScript is as it was in the first call: numbers, conditions, and the tensors that it closes over. A value that
 * changes belongs in an argument or a {@link Buffer}. Reading a value inside (`item()`, `data()`) is refused.
 *
 * What it assigns is assigned at its end: a run that fails, or is aborted, before that has changed nothing. Where the rest
 * needs what was assigned, as the second of two steps of training does, a failure there leaves everything as it was after the
 * first.
 *
 * Results are those of the function as it stands, bit for bit, but for one thing: {@link batchNorm} by running statistics directly
 * behind a convolution or a linear layer becomes part of its weight and bias, unless gradients go through it. That rounds
 * otherwise: float32 results move by about 10⁻⁶ of their range for each such pair.
 *
 * Inside {@link valueAndGrad} and its kin, `.sync` runs the function itself, so that gradients go through it.
 *
 * @param fn takes and returns tensors, in nested arrays and plain objects; other arguments are constants of a plan
 * @param options.name what errors and reports call it; default the function's name
 * @throws MyelinError `TRACE` for what cannot be traced; `BUSY` when what the run uses is assigned meanwhile; `ABORTED`; and
 *   whatever its ops throw
 * @example
 * ```ts
 * import { Linear, SGD, compile, ones, valueAndGrad, type Tensor } from 'myelin';
 * const model = new Linear(3, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const step = compile((x: Tensor<'float32'>) => {
 *   const [loss, gradients] = valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
 *   optimizer.step(gradients);
 *   return loss;
 * });
 * const first = await step(ones([4, 3]));
 * const second = await step(ones([4, 3]));
 * console.log(second.item() < first.item()); // true
 * ```
 */
export function compile<F extends CompilableFunction>(fn: F, options: CompileOptions = {}): Compiled<F> {
  checkFunction('compile', 'the function', fn);
  const name = options.name ?? (fn.name === '' ? 'compiled' : fn.name);
  if (typeof name !== 'string') fail('TYPE', 'compile', `name is ${show(name)} (need a text)`);
  const compiled = new CompiledFunction(fn, name);
  const call = (...args: Parameters<F>): Promise<ReturnType<F>> => compiled.run(args, {}) as Promise<ReturnType<F>>;
  return Object.assign(call, {
    sync: (...args: Parameters<F>) => compiled.sync(args) as ReturnType<F>,
    run: (args: Parameters<F>, runOptions: RunOptions = {}) => compiled.run(args, runOptions) as Promise<ReturnType<F>>,
    explain: (...args: Parameters<F>) => {
      const { graph, program } = compiled.planOf(args);
      return explainPlan(name, graph, program);
    },
    toMermaid: (...args: Parameters<F>) => drawGraph(compiled.planOf(args).graph),
    profile: (args: Parameters<F>, profileOptions: ProfileOptions = {}) => compiled.profile(args, profileOptions),
    clone: () => compile(fn, { name }),
    dispose: () => compiled.dispose(),
    [Symbol.dispose]: () => compiled.dispose(),
  });
}
