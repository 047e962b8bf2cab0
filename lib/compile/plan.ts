import { native } from '../tensor/native.js';
import { dtypeInfo } from '../tensor/dtype.js';
import { fail, rethrow } from '../tensor/errors.js';
import { elementsOf, type Generator } from '../tensor/rng.js';
import { reachOf } from '../tensor/shape.js';
import { reclaim, Storage } from '../tensor/storage.js';
import { Tensor } from '../tensor/tensor.js';
import type { Graph, Value, View } from './graph.js';
import { lower, usesOf, type Program } from './lower.js';
import { enqueue, finish, hasStarted, isRunning, type Run } from './runs.js';

const released = new FinalizationRegistry<{ id: number }>((holder) => native.releasePlan(holder.id));

/** A graph with its memory, ready to run. */
export class Plan {
  readonly program: Program;
  private readonly holder: { id: number };
  private readonly given: Float64Array;
  private readonly reads: readonly Storage[];
  private readonly writes: readonly Storage[];
  private readonly handles: readonly (readonly [Storage, number])[];
  /** What lasts was made of, and when that had been assigned. */
  private readonly sources: readonly Storage[];
  private madeAt: readonly number[] = [];
  private alive = true;

  constructor(
    readonly name: string,
    readonly graph: Graph,
    /** Blocks of numbers that a run takes from each generator. */
    private readonly draws: ReadonlyMap<Generator, number>,
  ) {
    this.program = lower(graph);
    const { reads, writes } = usesOf(graph);
    this.reads = reads.map(({ storage }) => storage!);
    this.writes = writes.map(({ storage }) => storage!);
    this.handles = [...this.reads, ...this.writes].map((storage) => [storage, storage.handle]);
    this.sources = this.program.sources.map(({ storage }) => storage!);
    this.given = new Float64Array(2 * this.program.given.length + this.program.patches.length + 1);
    this.holder = { id: this.create() };
    released.register(this, this.holder, this.holder);
  }

  private create(): number {
    const { numbers, patchPlaces, slots, arenaBytes, commit, lasting } = this.program;
    for (let tries = 1; ; tries++) {
      try {
        return native.createPlan(numbers, patchPlaces, slots, arenaBytes, commit, lasting);
      } catch (error) {
        if (tries === 1 && reclaim(error)) continue;
        rethrow(error, this.name);
      }
    }
  }

  /** Whether what the plan is bound to is still where it was: shared memory may have taken its place. */
  get bound(): boolean {
    return this.handles.every(([storage, handle]) => storage.handle === handle);
  }

  /** Runs on this thread. `times` gets the milliseconds before every command, and after the last. */
  sync(inputs: readonly Tensor[], times?: Float64Array): Tensor[] {
    this.checkFree(inputs);
    const made = this.give(inputs);
    try {
      native.runPlan(this.holder.id, this.given, times);
    } catch (error) {
      this.discard(made);
      this.refuse(error, (error as { command?: number }).command);
    }
    return this.take(inputs, made);
  }

  /** Runs on another thread, after what was asked for earlier. */
  async run(inputs: readonly Tensor[], signal: AbortSignal | undefined): Promise<Tensor[]> {
    this.checkInputs(inputs);
    const reads = [...this.reads, ...inputs.map(({ storage }) => storage)];
    const used = [...reads, ...this.writes];
    // What is disposed meanwhile is freed when the run has ended.
    for (const storage of used) storage.retain();
    try {
      const outcome = await this.complete(inputs, reads, signal);
      if (outcome.error !== undefined) this.refuse(outcome.error, outcome.command);
      if (!outcome.ranToEnd) fail('ABORTED', this.name, 'the run was aborted (nothing has been assigned)');
      return this.take(inputs, outcome.made);
    } finally {
      for (const storage of used) storage.drop();
    }
  }

  dispose(): void {
    if (!this.alive) return;
    this.alive = false;
    released.unregister(this.holder);
    native.releasePlan(this.holder.id);
  }

  private complete(
    inputs: readonly Tensor[],
    reads: readonly Storage[],
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      let made: readonly Storage[] = [];
      const onAbort = (): void => {
        if (!hasStarted(run)) end({ ranToEnd: false, command: 0, error: undefined, made });
        // A plan that was disposed meanwhile runs to its end.
        else if (this.alive) native.stopPlan(this.holder.id);
      };
      const end = (outcome: Outcome): void => {
        signal?.removeEventListener('abort', onAbort);
        finish(run);
        if (!outcome.ranToEnd || outcome.error !== undefined) this.discard(made);
        resolve(outcome);
      };
      const run: Run = {
        plan: this,
        reads,
        writes: this.writes,
        start: () => {
          try {
            made = this.give(inputs);
            native.startPlan(this.holder.id, this.given, (ranToEnd, command, error) =>
              end({ ranToEnd, command, error, made }),
            );
          } catch (error) {
            end({ ranToEnd: false, command: -1, error, made });
          }
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      enqueue(run);
    });
  }

  private checkInputs(inputs: readonly Tensor[]): void {
    if (!this.alive) fail('DISPOSED', this.name, 'the compiled function was disposed');
    for (const { storage } of inputs) {
      if (!this.writes.includes(storage)) continue;
      fail('VALUE', this.name, 'an argument is a Parameter or Buffer that the function assigns (pass a clone of it)');
    }
  }

  private checkFree(inputs: readonly Tensor[]): void {
    this.checkInputs(inputs);
    if (isRunning(this)) fail('BUSY', this.name, 'a run of it is under way (await it, or use a clone())');
    for (const storage of this.reads) storage.checkUsable(this.name);
    for (const storage of this.writes) storage.checkAssignable(this.name);
  }

  /** Writes down where a run finds its inputs and puts its results. */
  private give(inputs: readonly Tensor[]): Storage[] {
    const { given, graph, program } = this;
    let at = 0;
    for (const tensor of inputs) {
      given[at++] = tensor.storage.handle;
      given[at++] = beginOf(tensor);
    }
    const made: Storage[] = [];
    try {
      for (const { bytes } of program.given.slice(graph.inputs.length)) {
        const storage = Storage.allocate(bytes, this.name);
        storage.retain();
        made.push(storage);
        given[at++] = storage.handle;
        given[at++] = 0;
      }
    } catch (error) {
      this.discard(made);
      rethrow(error, this.name);
    }
    const states = new Map<Generator, { key: number; counter: number }>();
    for (const [generator, blocks] of this.draws) states.set(generator, generator.take(elementsOf(blocks)));
    for (const { generator, offset } of program.patches) {
      const { key, counter } = states.get(generator)!;
      given[at++] = offset === undefined ? key : counter + offset;
    }
    given[at] = Number(this.lasts());
    return made;
  }

  /** Whether what lasts is as the run before was to make it; the native side knows whether that run came so far. */
  private lasts(): boolean {
    const before = this.madeAt;
    this.madeAt = this.sources.map(({ overwrittenAt }) => overwrittenAt);
    return this.sources.every(
      ({ overwrittenAt, borrowed }, i) => borrowed === undefined && overwrittenAt === before[i],
    );
  }

  private discard(made: readonly Storage[]): void {
    for (const storage of made) storage.drop();
  }

  /** The results of a run, as tensors. */
  private take(inputs: readonly Tensor[], made: readonly Storage[]): Tensor[] {
    for (const storage of this.writes) storage.noteOverwritten();
    const { graph, program } = this;
    const storages = new Map<Value, Storage>();
    graph.inputs.forEach((value, i) => storages.set(value, inputs[i]!.storage));
    made.forEach((storage, i) => storages.set(program.given[graph.inputs.length + i]!, storage));
    const tensors = graph.outputs.map((view) => this.tensorOf(view, storages, inputs));
    this.discard(made);
    return tensors;
  }

  private tensorOf(view: View, storages: ReadonlyMap<Value, Storage>, inputs: readonly Tensor[]): Tensor {
    const { value, dtype, shape, strides, offset } = view;
    const storage = value.storage ?? storages.get(value)!;
    const input = value.kind === 'input' ? inputs[this.graph.inputs.indexOf(value)] : undefined;
    const shift = input === undefined ? 0 : beginOf(input) / dtypeInfo(dtype).size;
    return new Tensor(storage, dtype, shape, strides, offset + shift);
  }

  /** Says which op of the function failed. */
  private refuse(error: unknown, command = -1): never {
    if (command >= this.program.commit) for (const storage of this.writes) storage.noteOverwritten();
    const op = this.graph.nodes[command]?.op.name;
    rethrow(error, op ?? this.name);
  }
}

interface Outcome {
  readonly ranToEnd: boolean;
  readonly command: number;
  readonly error: unknown;
  readonly made: readonly Storage[];
}

/** Where the memory of a tensor begins in its storage, in bytes. */
function beginOf({ dtype, shape, strides, offset }: Tensor): number {
  return (offset + reachOf(shape, strides)[0]) * dtypeInfo(dtype).size;
}
