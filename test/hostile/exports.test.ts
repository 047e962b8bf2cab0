import * as library from 'myelin';
import { MyelinError, Tensor, memory, ones, scopeAsync, tensor } from 'myelin';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

Error.stackTraceLimit = 0;

// Every function that the library exports, every method of tensors and every class, with wrong values in each place: each
// call must give a result or an error of the library. Calls that succeed are repeated with each of their tensors disposed.

type Callable = (...args: readonly unknown[]) => unknown;

interface Subject {
  readonly name: string;
  readonly call: Callable;
  /** Whether `call` takes the tensor of the method first. */
  readonly method: boolean;
}

/** What is not called, and why. */
const excluded: Readonly<Record<string, string>> = {
  setIsa: 'changes the process; test/hostile/native.test.ts has it',
  setThreads: 'changes the process; test/hostile/native.test.ts has it',
  setMemoryLimit: 'changes the process; test/hostile/memory.test.ts has it',
  seed: 'changes the process; test/hostile/calls has it',
  LeakReport: 'is made by trackLeaks only',
  Tensor: 'is made by the functions only: storages are not public',
  Optimizer: 'is abstract',
  LeakTracker: 'is made by trackLeaks only, and a stray one would watch for ever',
};

/** What may be given a disposed tensor, and why. */
const indifferent: Readonly<Record<string, string>> = {
  isTensor: 'asks nothing but whether it is one',
  'new SGD': 'takes a record of parameters, as which a tensor is one without any',
  resultType: 'reads dtypes, which outlive a tensor',
  checkpoint: 'hands on what it is given; the function decides',
};

/** Options of classes that would make tens of millions of parameters of most of what they are given here. */
const smaller: Readonly<Record<string, object>> = {
  Transformer: { dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8 },
};

/** The same options, whatever they are, but for those that they do not name. */
function shrink(options: unknown, sizes: object): unknown {
  if (options === undefined) return sizes;
  if (typeof options !== 'object' || options === null) return options;
  const get = (target: object, key: PropertyKey): unknown => Reflect.get(key in target ? target : sizes, key);
  return new Proxy(options, { get });
}

function construct(name: string, value: Callable, args: readonly unknown[]): unknown {
  const sizes = smaller[name];
  return Reflect.construct(value, sizes === undefined ? args : [shrink(args[0], sizes), ...args.slice(1)]) as unknown;
}

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));
const exported = Object.entries(library as Readonly<Record<string, unknown>>).filter(([name]) => !(name in excluded));

const functions = exported.flatMap(([name, value]): Subject[] =>
  typeof value === 'function' && !isClass(value) ? [{ name, call: value as Callable, method: false }] : [],
);
const constructors = exported.flatMap(([name, value]): Subject[] =>
  typeof value === 'function' && isClass(value)
    ? [{ name: `new ${name}`, call: (...args) => construct(name, value as Callable, args), method: false }]
    : [],
);
const methods = Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype)).flatMap(
  ([name, { value }]): Subject[] =>
    typeof value === 'function' && !['constructor', 'enroll'].includes(name)
      ? [{ name: `x.${name}`, call: (x, ...rest) => (value as Callable).apply(x, [...rest]), method: true }]
      : [],
);

/** Values that are right somewhere; made anew for each call, since some are disposed. */
const right: readonly (() => unknown)[] = [
  () => tensor([[2, 1], [1, 3]]), // prettier-ignore
  () => tensor([1, 2]),
  () => tensor(0.5),
  () => tensor([0, 1], { dtype: 'int64' }),
  () => tensor([[true, false], [true, true]]), // prettier-ignore
  () => ones([1, 1, 4, 4]),
  () => [ones([2]), ones([2])],
  () => 1,
  () => 0,
  () => [2],
  () => 'float32',
  () => (x: unknown) => x,
];

/** Third arguments. */
const few = [1, 3, 7, 8].map((i) => right[i]!);

const nowhere = '/nowhere/at/all';
const wrong: readonly (() => unknown)[] = [
  undefined,
  null,
  NaN,
  -1,
  2 ** 53,
  nowhere,
  10n,
  true,
  {},
  [],
  [NaN],
  ['a', null],
  { axis: 'x', dtype: 5, shape: 'y' },
  new Map(),
].map((value) => () => value);

/** What a call came to: undefined when all is well. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

const show = (value: unknown): string =>
  value instanceof Tensor
    ? `${value.dtype}[${value.shape}]`
    : Array.isArray(value)
      ? `[${value.map(show).join(', ')}]`
      : typeof value === 'object' && value !== null
        ? `a ${value.constructor.name}`
        : String(value);

/** Options begin where a function is entered: JavaScript itself refuses null there, before the library can. */
function isNullForOptions(args: readonly unknown[], error: unknown): boolean {
  const refused = /^(Cannot destructure property|Cannot read properties of null)/;
  return args.includes(null) && error instanceof TypeError && refused.test(error.message);
}

const messageOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : 'no error');

type Makers = readonly (() => unknown)[];

/** Calls with all of `makers`; a fault is an error that is not the library's. */
async function tryCall(subject: Subject, makers: Makers, faults: string[]): Promise<boolean> {
  return scopeAsync(async () => {
    const args = makers.map((make) => make());
    const error = await outcome(() => subject.call(...args));
    if (error === undefined) return true;
    if (!(error instanceof MyelinError) && !isNullForOptions(args, error))
      faults.push(`${subject.name}(${args.map(show).join(', ')}): ${messageOf(error)}`);
    return false;
  });
}

async function validCalls(subject: Subject, faults: string[]): Promise<Makers[]> {
  const found: Makers[] = [];
  const firsts = subject.method ? right.slice(0, 6) : right;
  const attempts: Makers[] = [
    ...(subject.method ? [] : [[]]),
    ...firsts.map((a) => [a]),
    ...firsts.flatMap((a) => right.map((b) => [a, b])),
    ...firsts.slice(0, 5).flatMap((a) => right.slice(1, 10).flatMap((b) => few.map((c) => [a, b, c]))),
  ];
  for (const makers of attempts) {
    if (await tryCall(subject, makers, faults)) found.push(makers);
    if (found.length === 6) break;
  }
  return found;
}

async function tryWrong(subject: Subject, valid: readonly Makers[], faults: string[]): Promise<void> {
  if (!subject.method) for (const make of wrong) await tryCall(subject, [make], faults);
  for (const makers of valid) {
    for (let i = subject.method ? 1 : 0; i <= makers.length; i++) {
      for (const make of wrong) await tryCall(subject, [...makers.slice(0, i), make, ...makers.slice(i + 1)], faults);
    }
  }
}

/** Whether the call refuses another thing in place of its i-th tensor. */
async function needsTensor(subject: Subject, makers: Makers, i: number): Promise<boolean> {
  return scopeAsync(async () => {
    const args = makers.map((make) => make());
    const replaced = tensorsAmong(args)[i];
    // Where options are taken, a tensor is options that say `size`.
    const strange = { size: 2 };
    const swap = (value: unknown): unknown => (value === replaced ? strange : value);
    const error = await outcome(() =>
      subject.call(...args.map((value) => (Array.isArray(value) ? value.map(swap) : swap(value)))),
    );
    return error instanceof MyelinError;
  });
}

const tensorsAmong = (args: readonly unknown[]): Tensor[] =>
  args.flat().filter((value): value is Tensor => value instanceof Tensor);

test.each([...functions, ...methods, ...constructors].map((s) => [s.name, s] as const))('%s', async (_, subject) => {
  const faults: string[] = [];
  const valid = await validCalls(subject, faults);
  await tryWrong(subject, valid.slice(0, 3), faults);
  for (const makers of subject.name in indifferent ? [] : valid) {
    const count = tensorsAmong(makers.map((make) => make())).length;
    for (let i = 0; i < count; i++) {
      if (!(await needsTensor(subject, makers, i))) continue;
      await scopeAsync(async () => {
        const args = makers.map((make) => make());
        tensorsAmong(args)[i]!.dispose();
        const error = await outcome(() => subject.call(...args));
        if (error instanceof MyelinError && error.code === 'DISPOSED') return;
        faults.push(`disposed ${i}: ${subject.name}(${args.map(show).join(', ')}): ${messageOf(error)}`);
      });
    }
  }
  expect(faults).toEqual([]);
});

const before = process.cwd();
const folder = mkdtempSync(path.join(tmpdir(), 'myelin-exports-'));

// Some of the strings are file names to some of the functions.
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
  memory({ collect: true });
});
