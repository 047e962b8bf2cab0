import type { AttrValue } from '../engine/command.js';
import { executing, type Executor, type Named } from '../engine/dispatch.js';
import { currentRun } from '../engine/rerun.js';
import { isRecording } from '../engine/tape.js';
import { callSite } from '../tensor/call-site.js';
import { dtypeInfo, type TypedArray } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { hearFlags } from '../tensor/flags.js';
import { Variable } from '../tensor/parameter.js';
import { hearDraws, type Generator, type GeneratorState } from '../tensor/rng.js';
import { scope, unheld } from '../tensor/scope.js';
import { reachOf, sizeOf, stridesOf } from '../tensor/shape.js';
import { setReader, Storage } from '../tensor/storage.js';
import { Tensor } from '../tensor/tensor.js';
import { Constants } from './constants.js';
import type { Draw, Graph, Node, Value, View } from './graph.js';
import { flatten, type Flattened } from './structure.js';

const place = (): string => `at ${callSite().where}`;

/** The storage of a tensor that stands for one which a run will make. */
class SymbolicStorage extends Storage {
  constructor(
    private readonly trace: Trace,
    bytes: number,
  ) {
    super(bytes);
  }

  protected override enlist(): void {
    // Has no memory, so it is not counted.
  }

  protected override release(): void {
    // Has no memory to give back.
  }

  override checkUsable(op: string): void {
    if (!this.trace.open) {
      fail('TRACE', op, 'the tensor was made while a function was traced (need tensors that the function returns)');
    }
  }

  override get known(): boolean {
    return this.trace.constantOf(this) !== undefined;
  }

  override read(byteOffset: number, target: TypedArray): void {
    const constant = this.trace.constantOf(this);
    if (constant !== undefined) return constant.read(byteOffset, target);
    const remedy = 'return the tensor, and read it outside';
    fail('TRACE', 'compile', `a value was read while the function is being traced, ${place()} (${remedy})`);
  }
}

/** What a function did with tensors, and on what that depends. */
export interface Traced {
  readonly graph: Graph;
  /** The result around tensors: each of the graph's outputs, but for what is returned as it is. */
  readonly result: Flattened;
  readonly variables: ReadonlyMap<number, Tensor>;
  /** Arguments that are returned as they are: by place in the result, their place among the arguments. */
  readonly passed: ReadonlyMap<number, number>;
  /** How many blocks of numbers a run takes from each generator. */
  readonly draws: ReadonlyMap<Generator, number>;
  /** Flags that the function has read, with their values. */
  readonly flags: readonly (readonly [read: () => unknown, value: unknown])[];
}

let current: Trace | undefined;

/** Whether a function is being traced now. */
export function isTracing(): boolean {
  return current !== undefined;
}

class Trace {
  open = true;
  readonly nodes: Node[] = [];
  readonly flags: (readonly [() => unknown, unknown])[] = [];
  private readonly constants = new Constants();
  private readonly values = new Map<Storage, Value>();
  private readonly starts = new Map<Generator, GeneratorState>();
  private lastDraw: { readonly draw: Draw; readonly counter: number } | undefined;

  /** A tensor that stands for an input of the run, of the same shape and order in memory. */
  input(tensor: Tensor): { readonly value: Value; readonly tensor: Tensor } {
    const { dtype, shape, strides } = tensor;
    const [low, high] = reachOf(shape, strides);
    const storage = new SymbolicStorage(this, (high - low + 1) * dtypeInfo(dtype).size);
    return { value: this.enter(storage, 'input'), tensor: new Tensor(storage, dtype, shape, strides, -low) };
  }

  viewOf({ storage, dtype, shape, strides, offset }: Tensor): View {
    const value = this.values.get(storage) ?? this.enter(storage, 'bound');
    return { value, dtype, shape, strides, offset };
  }

  readonly execute: Executor = (op, inputs, attrs, specs, targets) => {
    const views = inputs.map((tensor) => this.viewOf(tensor));
    const outputs = specs.map(({ dtype, shape, strides = stridesOf(shape) }) => {
      const storage = new SymbolicStorage(this, sizeOf(shape) * dtypeInfo(dtype).size);
      this.enter(storage, 'made');
      return new Tensor(storage, dtype, shape, strides, 0);
    });
    const writes = [...new Set(targets.map((target) => this.targetOf(target)))];
    const draw = this.drawOf(attrs);
    const made = outputs.map((out) => this.viewOf(out));
    const traced = { rerun: currentRun(), recorded: isRecording() };
    const node = { op, inputs: views, attrs, outputs: made, writes, draw, ...traced };
    this.nodes.push(node);
    this.constants.note(node);
    return outputs;
  };

  /** Notes a draw; the op that uses it comes next. */
  drawn(generator: Generator, key: number, counter: number): void {
    const start = this.starts.get(generator) ?? [key, counter];
    this.starts.set(generator, start);
    if (key !== start[0] || counter < start[1]) {
      fail('TRACE', 'compile', 'a generator was set while the function is being traced (set it outside)');
    }
    this.lastDraw = { draw: { generator, offset: counter - start[1] }, counter };
  }

  /** Puts the generators back where they stood, since nothing has been drawn, and tells how far they came. */
  rewind(): ReadonlyMap<Generator, number> {
    const blocks = new Map<Generator, number>();
    for (const [generator, start] of this.starts) {
      blocks.set(generator, generator.state[1] - start[1]);
      generator.state = start;
    }
    return blocks;
  }

  /** Refuses to read what the function, or anybody between two runs, assigns. */
  checkRead(storage: Storage): void {
    if (storage.overwrittenAt === 0) return;
    const remedy = 'return the tensor and read it outside, or pass the number in as an argument';
    fail(
      'TRACE',
      'compile',
      `the value of a Parameter or Buffer was read while the function is being traced, ${place()} (${remedy})`,
    );
  }

  private enter(storage: Storage, kind: Value['kind']): Value {
    const value = kind === 'bound' ? { kind, bytes: storage.bytes, storage } : { kind, bytes: storage.bytes };
    this.values.set(storage, value);
    if (kind === 'bound') storage.retain();
    return value;
  }

  private drawOf(attrs: Named<AttrValue>): Draw | undefined {
    if (attrs['counter'] === undefined || this.lastDraw?.counter !== attrs['counter']) return undefined;
    return this.lastDraw.draw;
  }

  private targetOf(target: Tensor): Value {
    if (target.storage.overwrittenAt === 0) {
      fail(
        'TRACE',
        'compile',
        `${describe(target)} was made while the function is being traced (make Parameters and Buffers outside)`,
      );
    }
    return this.viewOf(target).value;
  }

  /** The memory of a tensor that is the same in every run. */
  constantOf(storage: Storage): Storage | undefined {
    return this.constants.storageOf(this.values.get(storage)!);
  }

  close(): void {
    this.open = false;
    this.constants.dispose();
  }

  /** Lets go of what is bound. */
  abandon(): void {
    for (const [storage, { kind }] of this.values) if (kind === 'bound') storage.drop();
  }
}

function listen<T>(trace: Trace, body: () => T): T {
  const outer = current;
  current = trace;
  setReader((storage) => trace.checkRead(storage));
  try {
    return executing(trace.execute, () =>
      hearFlags(
        (read) => trace.flags.push([read, read()]),
        () => hearDraws((generator, key, counter) => trace.drawn(generator, key, counter), body),
      ),
    );
  } finally {
    setReader(undefined);
    current = outer;
  }
}

/** Runs a function with tensors that have no values, and writes down what it does with them. */
export function traceFunction(fn: (...args: never[]) => unknown, args: Flattened): Traced {
  const trace = new Trace();
  let traced: Traced | undefined;
  try {
    traced = scope(() => unheld(() => run(trace, fn, args)));
    return traced;
  } finally {
    trace.close();
    if (traced === undefined) {
      trace.rewind();
      trace.abandon();
    }
  }
}

function run(trace: Trace, fn: (...args: never[]) => unknown, args: Flattened): Traced {
  const inputs = args.tensors.map((tensor) => trace.input(tensor));
  const given = args.rebuild(inputs.map(({ tensor }) => tensor)) as never[];
  const returned = listen(trace, () => fn(...given));
  if (returned instanceof Promise) {
    returned.catch(() => undefined);
    fail('TYPE', 'compile', 'the function returned a promise (need a function that returns tensors at once)');
  }
  const result = flatten('compile', 'the result of the function', returned);
  const variables = new Map<number, Tensor>();
  const passed = new Map<number, number>();
  result.tensors.forEach((tensor, i) => {
    tensor.check('compile');
    if (tensor instanceof Variable) variables.set(i, tensor);
    const argument = inputs.findIndex((input) => input.tensor === tensor);
    if (argument >= 0) passed.set(i, argument);
  });
  const outputs = result.tensors.map((tensor) => trace.viewOf(tensor));
  const graph = { inputs: inputs.map(({ value }) => value), nodes: trace.nodes, outputs };
  return { graph, result, variables, passed, draws: trace.rewind(), flags: trace.flags };
}
