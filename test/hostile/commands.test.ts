import { pinnedRow } from './pinned';
import {
  Buffer,
  LSTM,
  Parameter,
  add,
  batchNorm,
  broadcastTo,
  conv2d,
  dtypes,
  gelu,
  linear,
  ones,
  scope,
  valueAndGrad,
  where,
  type Tensor,
} from 'myelin';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { splitBatchNorm } from '../../lib/compile/batch-norm';
import { chainProducts } from '../../lib/compile/chain';
import { foldNorms } from '../../lib/compile/fold-norm';
import { fuseElementwise } from '../../lib/compile/fuse';
import { keepSlopes } from '../../lib/compile/gelu';
import { optimize } from '../../lib/compile/optimize';
import { packWeights } from '../../lib/compile/pack';
import type { Graph } from '../../lib/compile/graph';
import { joinSlices } from '../../lib/compile/slices';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { encodeCommand } from '../../lib/engine/command';
import { ops, type Op } from '../../lib/engine/define';
import { dtypeInfo } from '../../lib/tensor/dtype';
import { native } from '../../lib/tensor/native';
import { samples } from '../samples';
import { draw, placeAll, subjectOf } from '../support/run';

// Rows are written here and given to the addon directly: what TypeScript checks is passed by. Each must run or be refused
// with an error of a known code; a crash would end the process and with it the test.

const rowsToTry = Number(process.env['MYELIN_FUZZ_ROWS'] ?? 20_000);
const header = 4;
const codes = ['COMMAND', 'DISPOSED', 'INDEX', 'OUT_OF_MEMORY', 'TYPE', 'SHAPE', 'VALUE', 'DTYPE'];

interface ViewAt {
  /** Where its numbers begin in the row. */
  readonly at: number;
  readonly rank: number;
  readonly output: boolean;
}

function viewsOf(values: readonly number[]): ViewAt[] {
  const views: ViewAt[] = [];
  let at = header;
  for (let i = 0; i < values[1]! + values[2]!; i++) {
    const rank = values[at + 3]!;
    views.push({ at, rank, output: i >= values[1]! });
    at += header + 2 * rank;
  }
  return views;
}

/** Runs the samples of one op; of an entry that has the op called by others, every command is run. */
function runSamples(op: Op): void {
  const { samples: own, run } = samples[op.name]!;
  for (const sample of own) {
    const drawn = draw(sample, sample.dtypes?.[0] ?? 'float32', 1);
    const call = () => subjectOf(op.name, run).run(drawn.groups, placeAll(sample, drawn, 'contiguous'), sample.attrs);
    scope(() => (run === undefined ? expect(call).toThrow('noted') : void call()));
  }
}

/** The rows that the library itself writes for the samples of every op. */
function validRows(): number[][] {
  const found: number[][] = [];
  const { run } = native;
  const noting = jest.spyOn(native, 'run');
  for (const [name, op] of ops) {
    if (op.number < 0) continue;
    noting.mockImplementation((length, ...owners) => {
      const row = [...pinnedRow().subarray(0, length)];
      if (row[0] === op.number) found.push(row);
      if (samples[name]!.run === undefined) throw new Error('noted');
      run(length, ...owners);
    });
    runSamples(op);
  }
  noting.mockRestore();
  return found;
}

type Pass = (graph: Graph) => Graph;

/** A row of a command that a pass of the compiler puts in place of others. */
function plannedRow(fn: (x: Tensor<'float32'>, y: Tensor<'float32'>) => Tensor, pass: Pass, name: string): number[] {
  const { graph } = traceFunction(fn, flatten('test', 'args', [ones([4, 5]), ones([5])]));
  const { op, inputs, outputs, attrs } = pass(graph).nodes.find((node) => node.op.name === name)!;
  const { numbers } = encodeCommand(
    op,
    inputs.map((view) => ({ ...view, handle: 0 })),
    outputs.map((view) => ({ ...view, handle: -1 })),
    attrs,
  );
  return [...numbers];
}

const gradOfParts = (x: Tensor<'float32'>): Tensor => {
  const f = () => add(x.slice([0, 1]).square().sum(), x.slice([1, 4]).square().sum());
  return valueAndGrad(f, [x])[1][0];
};

const [runningMean, runningVar] = [new Buffer(ones([5])), new Buffer(ones([5]))];

const norm =
  (training: boolean) =>
  (x: Tensor<'float32'>, y: Tensor<'float32'>): Tensor =>
    batchNorm(x, { weight: y, training, runningMean, runningVar }).relu();

const [weight, bias] = [new Parameter(ones([5, 5])), new Parameter(ones([5]))];

const normed = (x: Tensor<'float32'>): Tensor =>
  batchNorm(linear(x, weight, bias), { weight: bias, bias, training: false, runningMean, runningVar });

const [kernel, pointwise] = [new Parameter(ones([20, 20, 3, 3])), new Parameter(ones([3, 2, 1, 1]))];
const lstm = new LSTM(1, 3);

const convolved = (x: Tensor<'float32'>): Tensor =>
  conv2d(broadcastTo(x.reshape([1, 1, 4, 5]), [1, 20, 4, 5]), kernel, { padding: 1 });
const mixed = (x: Tensor<'float32'>): Tensor => conv2d(x.reshape([1, 2, 2, 5]), pointwise);
const remembered = (x: Tensor<'float32'>): Tensor => lstm.forward(x.reshape([20, 1, 1]))[0];

const optimizeAll = (graph: Graph): Graph => optimize(graph, () => undefined);
const chainAll = (graph: Graph): Graph => chainProducts(graph, () => true);

const planned = [
  plannedRow(normed, foldNorms, 'foldNorm'),
  plannedRow((x) => x.matmul(x.transpose()).relu(), chainAll, 'chain'),
  plannedRow((x, y) => gelu(linear(x, weight, y)), chainAll, 'chain'),
  plannedRow((x, y) => where(x.gt(y), x.mul(2).mul(y), x), fuseElementwise, 'fused'),
  plannedRow((x) => gradOfParts(x), joinSlices, 'joinSlices'),
  plannedRow((x) => valueAndGrad(() => gelu(x.mul(2)).sum(), [x])[1][0], keepSlopes, 'geluAndSlope'),
  plannedRow((x, y) => linear(x, weight, y), packWeights, 'packWeight'),
  plannedRow((x, y) => linear(x, weight, y), packWeights, 'linearPacked'),
  plannedRow(convolved, packWeights, 'packConv2d'),
  plannedRow(convolved, packWeights, 'conv2dPacked'),
  plannedRow(mixed, packWeights, 'packConv2d'),
  plannedRow(mixed, packWeights, 'conv2dPacked'),
  plannedRow(remembered, optimizeAll, 'packRecurrent'),
  plannedRow(remembered, optimizeAll, 'recurrentPacked'),
  plannedRow(norm(true), splitBatchNorm, 'batchNormStatistics'),
  plannedRow(norm(false), splitBatchNorm, 'batchNormFactors'),
  plannedRow(norm(false), splitBatchNorm, 'scaleShiftBy'),
];

const valid = [...validRows(), ...planned, ...planned];
const nameOf = (row: readonly number[]): string => native.ops()[row[0]!]![0];

// The fuzzer of test/fuzz begins with these rows; in its files, storages have small numbers.
const corpus = process.env['MYELIN_FUZZ_CORPUS'];
if (corpus !== undefined) {
  for (const [i, base] of valid.entries()) {
    const values = Float64Array.from(base);
    for (const { at, output } of viewsOf(base)) if (!output) values[at] = i % 2;
    // Seeds, which may be any numbers, are made small: of large ones the fuzzer thinks that they are much work.
    for (const [at, value] of values.entries()) if (Math.abs(value) > 8192) values[at] = value % 8192;
    writeFileSync(path.join(corpus, `${nameOf(base)}-${i}`), values);
  }
}

const row = new Float64Array(8192);
native.pin(row);

/** Storages of several sizes; what they hold is zeros, so that indices among it are legal. */
const owner = {};
const handles = [0, 64, 1024, 65_536].map((bytes) => {
  const handle = native.allocate(bytes, owner);
  native.write(handle, 0, new Uint8Array(bytes));
  return handle;
});
const large = handles.at(-1)!;
const stale = native.allocate(64, owner);
native.release(stale);

/** Keeps the storages from being swept. */
afterAll(() => native.borrow(new Uint8Array(1), owner));

/** Runs a row: its error's code, or undefined when it ran. Frees what it made. */
function tryRow(values: readonly number[], length = values.length): string | undefined {
  row.fill(0);
  row.set(values.slice(0, row.length));
  const before = native.memory()[0];
  try {
    native.run(length);
  } catch (error) {
    expect(native.memory()[0]).toBe(before);
    return (error as { code?: string }).code ?? `no code: ${String(error)}`;
  }
  // Only of a row that ran is it certain that it can be read.
  for (const { at, output } of viewsOf(values)) if (output && values[at] === -1) native.release(row[at]!);
  expect(native.memory()[0]).toBe(before);
  return undefined;
}

// Extents up to 70, or so large that no machine has the memory: what lies between would be honest work for hours.
const small = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.integer({ min: 0, max: 70 }));
const strange = fc.constantFrom(
  -1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  -0,
  2 ** 47,
  -(2 ** 47),
  2 ** 53,
  1e300,
  -1e300,
  5e-324,
);
const dtypeCodes = fc.constantFrom(...dtypes.map((dtype) => dtypeInfo(dtype).code));
const handle = fc.constantFrom(...handles, stale, -1, -2, 0, 1e15);

/** What is done to one number of a row. */
const edit = fc.record({ where: fc.nat(), value: fc.oneof(small, small, strange, dtypeCodes, handle) });

const mutated = fc
  .record({
    base: fc.constantFrom(...valid),
    memory: fc.infiniteStream(fc.oneof({ weight: 30, arbitrary: fc.constant(large) }, fc.constantFrom(...handles))),
    inPlace: fc.boolean(),
    edits: fc.oneof(fc.constant([]), fc.array(edit, { minLength: 1, maxLength: 3 })),
    strideEdits: fc.array(fc.record({ where: fc.nat(), value: fc.integer({ min: -5, max: 20 }) }), { maxLength: 2 }),
    cut: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.integer({ min: -4, max: 4 })),
  })
  .map(({ base, memory, inPlace, edits, strideEdits, cut }) => {
    const values = [...base];
    const views = viewsOf(base);
    for (const { at, output } of views) if (!output || inPlace) values[at] = memory.next().value!;
    for (const { where, value } of strideEdits) {
      const view = views[where % Math.max(1, views.length)];
      if (view !== undefined && view.rank > 0) values[view.at + header + view.rank + (where % view.rank)] = value;
    }
    for (const { where, value } of edits) values[where % values.length] = value;
    return { values, length: Math.max(0, values.length + cut) };
  });

test('rows of the library are of every op, and of those that only plans run', () => {
  const all = [...ops.values()].filter(({ number }) => number >= 0).map(({ name }) => name);
  expect([...new Set(valid.map(nameOf))].sort()).toEqual([...all, ...new Set(planned.map(nameOf))].sort());
});

test('rows of the library run as they are, but for integer division by the zeros of the storage', () => {
  const outcomes = new Set(
    valid.map((base) => {
      const values = [...base];
      for (const { at, output } of viewsOf(base)) if (!output) values[at] = large;
      return tryRow(values);
    }),
  );
  expect([...outcomes]).toEqual([undefined, 'VALUE']);
});

test('mutated rows run or are refused', () => {
  const seen = new Map<string | undefined, number>();
  fc.assert(
    fc.property(mutated, ({ values, length }) => {
      const code = tryRow(values, length);
      seen.set(code, (seen.get(code) ?? 0) + 1);
      expect([undefined, ...codes]).toContain(code);
    }),
    { numRuns: rowsToTry * 0.75 },
  );
  expect(seen.get(undefined)).toBeGreaterThan(rowsToTry / 20);
  expect(seen.get('COMMAND')).toBeGreaterThan(500);
  expect(seen.get('DISPOSED')).toBeGreaterThan(10);
});

test('rows of random numbers are refused or run', () => {
  const numbers = fc.array(fc.oneof(small, strange, dtypeCodes, handle), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.nat({ max: ops.size }),
      fc.nat({ max: 3 }),
      fc.nat({ max: 2 }),
      numbers,
      (op, inputs, outputs, rest) => {
        expect([undefined, ...codes]).toContain(tryRow([op, inputs, outputs, ...rest]));
      },
    ),
    { numRuns: rowsToTry * 0.25 },
  );
});
