// Jest loads this file when MYELIN_DEFERRED is set: see CONTRIBUTING.md. Ops that tests and the library call are then written
// down instead of being run. When somebody looks at what they make, they go the way of compiled functions: graph, passes,
// planner, plan. What has been disposed until then is no result, so commands are fused and memory is planned as in a step.
import { optimize } from '../../lib/compile/optimize';
import { Plan } from '../../lib/compile/plan';
import { isTracing } from '../../lib/compile/trace';
import type { Node, Value, View } from '../../lib/compile/graph';
import type * as Runs from '../../lib/compile/runs';
import { setExecutor, type Executor } from '../../lib/engine/dispatch';
import { currentRun } from '../../lib/engine/rerun';
import { isRecording } from '../../lib/engine/tape';
import { dtypeInfo } from '../../lib/tensor/dtype';
import { native, type Native } from '../../lib/tensor/native';
import { collect } from '../../lib/tensor/scope';
import { sizeOf, stridesOf } from '../../lib/tensor/shape';
import { Storage } from '../../lib/tensor/storage';
import { Tensor } from '../../lib/tensor/tensor';

// A graph is run when it has so many commands, whether somebody looks or not.
const largest = 1_000;

/** The memory of a tensor that a plan has made, or will make as soon as it is asked for. */
class DeferredStorage extends Storage {
  gone = false;
  private made: Tensor | undefined;

  constructor(bytes: number) {
    super(bytes);
    // A field of the class that this one extends, which a getter of the prototype would not replace.
    Object.defineProperty(this, 'handle', { get: () => this.look() });
  }

  protected override enlist(): void {
    // The plan's own storage is counted.
  }

  protected override release(): void {
    this.gone = true;
    this.made?.dispose();
  }

  override checkUsable(op: string): void {
    // What is traced takes handles at moments when nothing else may run.
    if (isTracing()) flush();
    super.checkUsable(op);
  }

  get pending(): boolean {
    return this.made === undefined;
  }

  settle(made: Tensor): void {
    this.made = made;
  }

  private look(): number {
    if (this.made === undefined) flush();
    if (this.made === undefined) throw new Error('the plan that was to make this tensor has failed');
    return this.made.storage.handle;
  }
}

// A run on another thread makes what it assigns busy before it starts; what was called earlier comes before it.
jest.mock('../../lib/compile/runs', () => {
  const runs = jest.requireActual<typeof Runs>('../../lib/compile/runs');
  return {
    ...runs,
    enqueue: (next: Runs.Run): void => {
      flush();
      runs.enqueue(next);
    },
  };
});

let nodes: Node[] = [];
let values = new Map<Storage, Value>();
let isRunning = false;

function viewOf({ storage, dtype, shape, strides, offset }: Tensor): View {
  let value = values.get(storage);
  if (value === undefined) {
    value = { kind: 'bound', bytes: storage.bytes, storage };
    storage.retain();
    values.set(storage, value);
  }
  return { value, dtype, shape, strides, offset };
}

const defer: Executor = (op, inputs, attrs, specs, targets) => {
  if (nodes.length >= largest) flush();
  const views = inputs.map(viewOf);
  const writes = [...new Set(targets.map((target) => viewOf(target).value))];
  const outputs = specs.map(({ dtype, shape, strides = stridesOf(shape) }) => {
    const storage = new DeferredStorage(sizeOf(shape) * dtypeInfo(dtype).size);
    values.set(storage, { kind: 'made', bytes: storage.bytes });
    return new Tensor(storage, dtype, shape, strides, 0);
  });
  const traced = { rerun: currentRun(), recorded: isRecording() };
  nodes.push({ op, inputs: views, attrs, outputs: outputs.map(viewOf), writes, draw: undefined, ...traced });
  // Tests expect an op to complain of values at once; what is recorded waits, so that whole steps are seen by the passes.
  if (!isRecording() && refuses.has(op.name)) flush();
  return outputs;
};

/** Ops whose bodies refuse some values of their inputs. */
const refuses: ReadonlySet<string> = new Set(['crossEntropy', 'gather', 'indexSelect', 'oneHot', 'recurrent']);

/** Runs what has been written down. */
function flush(): void {
  if (isRunning || nodes.length === 0) return;
  const [commands, known] = [nodes, values];
  nodes = [];
  values = new Map();
  isRunning = true;
  const kept = [...known.keys()].filter((storage) => known.get(storage)!.kind === 'bound');
  try {
    run(commands, known, kept);
  } finally {
    isRunning = false;
    for (const storage of kept) storage.drop();
  }
}

function run(commands: readonly Node[], known: ReadonlyMap<Storage, Value>, kept: Storage[]): void {
  const wanted = new Map<Value, DeferredStorage>();
  for (const [storage, value] of known) {
    if (storage instanceof DeferredStorage && storage.pending && !storage.gone) wanted.set(value, storage);
  }
  const outputs = commands.flatMap((node) => node.outputs).filter(({ value }) => wanted.has(value));
  const graph = optimize({ inputs: [], nodes: commands, outputs }, (storage) => kept.push(storage));
  const plan = new Plan('deferred', graph, new Map());
  try {
    // Assignments were noted when they were called.
    const noted = [...known.keys()].map((storage) => [storage, storage.overwrittenAt] as const);
    const { result } = collect(() => plan.sync([]));
    for (const [storage, time] of noted) storage.overwrittenAt = time;
    result.forEach((tensor, i) => {
      const { shape, strides } = outputs[i]!;
      const same =
        tensor.offset === 0 && strides.every((stride, axis) => shape[axis]! < 2 || stride === tensor.strides[axis]);
      if (!same) throw new Error('the result of a plan lies in memory in another way than it should');
      wanted.get(outputs[i]!.value)!.settle(tensor);
    });
  } finally {
    plan.dispose();
  }
}

const isBound = (handle: number): boolean =>
  [...values].some(([storage, { kind }]) => kind === 'bound' && storage.handle === handle);

/** Functions of the addon that are called with what ops have made, or tell of it. */
const lookers: Partial<Record<keyof Native, (...args: never[]) => boolean>> = {
  read: isBound,
  write: isBound,
  borrow: () => true,
  memory: () => true,
  runPlan: () => true,
  startPlan: () => true,
  setIsa: () => true,
  setThreads: () => true,
  setLimit: () => true,
};

const functions = native as unknown as Record<string, (...args: never[]) => unknown>;
const originals = Object.keys(lookers).map((name) => [name, functions[name]!] as const);

beforeAll(() => {
  setExecutor(defer);
  for (const [name, original] of originals) {
    const looks = lookers[name as keyof Native]!;
    functions[name] = (...args) => {
      if (!isRunning && nodes.length > 0 && looks(...args)) flush();
      return original(...args);
    };
  }
});

afterEach(flush);

// Test files of one worker share the addon.
afterAll(() => {
  nodes = [];
  values = new Map();
  for (const [name, original] of originals) functions[name] = original;
});
