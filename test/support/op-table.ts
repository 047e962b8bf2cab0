import {
  isa,
  memory,
  scope,
  seed as startAt,
  setIsa,
  setThreads,
  supportedIsas,
  threads,
  type DType,
  type Tensor,
} from 'myelin';

import { isDense } from '../../lib/tensor/shape';
import {
  everyDType,
  floats,
  type Case,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from '../samples/sample';
import {
  alwaysContiguous,
  hasBroadcast,
  hasScalar,
  hasSecondOrder,
  isEmpty,
  isView,
  largeSample,
  scalarSamples,
} from './cases';
import { caught } from './caught';
import { bytesOf, difference, read, type Tolerance } from './compare';
import { checkCompiled } from './compiled';
import { gradientFault, gradientOf } from './gradcheck';
import { layouts, type Layout } from './layouts';
import { seedOf, type Nd } from './reference';
import { draw, movable, placeAll, subjectOf, type Drawn, type Subject } from './run';

const bestIsa = isa();
// A run that is for one ISA, or for an addon built otherwise, does not repeat what the first run tries on all of them.
const forOne = (process.env['MYELIN_ISA'] ?? process.env['MYELIN_ADDON']) !== undefined;
const isas = forOne ? [bestIsa] : supportedIsas();
const threadCounts = [1, 2, 3, 7];

/** One way of trying a sample. */
interface Trial {
  readonly dtype: DType;
  readonly layout: Layout;
  readonly isa: string;
}

function shapesOf(arrays: readonly Nd[]): string {
  return arrays.map((x) => `${x.dtype}[${x.shape}]`).join(', ');
}

function report(name: string, trial: Trial, seed: number, arrays: readonly Nd[], sample: Sample, fault: string): Error {
  const attrs = JSON.stringify(sample.attrs ?? {});
  const how = `${trial.dtype}, ${trial.layout}, ${trial.isa}, seed ${seed}`;
  return new Error(`${name}(${shapesOf(arrays)}) ${attrs} in ${how}:\n  ${fault}`);
}

function asList(value: Nd | readonly Nd[]): readonly Nd[] {
  return 'data' in value ? [value] : value;
}

function toleranceOf({ op }: Subject, { tolerance, halves = { steps: 2 } }: Sample): Tolerance {
  return { relative: 4, absolute: 4, ...tolerance, ...(op === undefined ? { halves } : {}) };
}

/** Whether the outputs of an op fill memory of their own; views and composed functions may give views. */
function isWhole(subject: Subject, outputs: readonly Tensor[]): boolean {
  const { op } = subject;
  if (op === undefined || isView(subject) || op.outputs.length === 0) return true;
  return outputs.every((out) => out.size === 0 || isDense(out.shape, out.strides));
}

type Expected = readonly Nd[] | undefined;

/** Compares one run of a sample with its reference or law; undefined when all is well. */
function fault(
  subject: Subject,
  sample: Sample,
  got: readonly Tensor[],
  arrays: readonly Nd[],
  expected: Expected,
): string | undefined {
  if (!isWhole(subject, got)) return 'an output is not dense';
  const values = got.map(read);
  sample.law?.(values, arrays);
  if (expected === undefined) return undefined;
  if (expected.length !== values.length) return `${values.length} results, expected ${expected.length}`;
  const tolerance = toleranceOf(subject, sample);
  for (const [i, value] of values.entries()) {
    const found = difference(value, expected[i]!, tolerance);
    if (found !== undefined) return `result ${i}: ${found}`;
  }
  return undefined;
}

/** Runs a sample as a trial says; what is wrong in words, undefined when nothing is. */
function tryOnce(subject: Subject, sample: Sample, drawn: Drawn, expected: Expected, trial: Trial): string | undefined {
  setIsa(trial.isa);
  return scope(() => {
    const tensors = placeAll(sample, drawn, trial.layout);
    try {
      const outputs = subject.run(drawn.groups, tensors, sample.attrs);
      return fault(subject, sample, subject.results(outputs, tensors), drawn.arrays, expected);
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  });
}

function checkForward(subject: Subject, sample: Sample, index: number): void {
  const seed = seedOf(`${subject.name} ${index}`);
  const varied = sample.repeats === false ? layouts.filter((layout) => layout !== 'expanded') : layouts;
  const used: readonly Layout[] = sample.layouts === false ? ['contiguous'] : varied;
  for (const dtype of sample.dtypes ?? floats) {
    for (const layout of used) {
      const drawn = draw(sample, dtype, seed, layout);
      const reference = sample.reference?.(...drawn.arrays);
      const expected = reference === undefined ? undefined : asList(reference);
      for (const name of isas) {
        const trial = { dtype, layout, isa: name };
        const found = tryOnce(subject, sample, drawn, expected, trial);
        if (found !== undefined) throw report(subject.name, trial, seed, drawn.arrays, sample, found);
      }
    }
  }
}

function checkGradient(subject: Subject, sample: Sample, index: number, order: 1 | 2): void {
  if ((sample.order ?? 2) < order || !(sample.dtypes ?? floats).includes('float64')) return;
  const seed = seedOf(`${subject.name} ${index}`);
  const { arrays, groups } = draw(sample, 'float64', seed);
  const by = movable(sample, { arrays, groups });
  const forward = (inputs: readonly Tensor[]): readonly Tensor[] =>
    subject
      .run(groups, inputs, sample.attrs)
      .slice(0, sample.differentiable)
      .filter((out) => floats.includes(out.dtype));
  const f = order === 1 ? forward : gradientOf(forward, by, seed);
  const found = scope(() => gradientFault(f, arrays, by, seed + 1));
  const trial: Trial = { dtype: 'float64', layout: 'contiguous', isa: isa() };
  if (found !== undefined) throw report(subject.name, trial, seed, arrays, sample, `order ${order}: ${found}`);
}

function checkScalars(subject: Subject, own: OpSamples): void {
  for (const [index, sample] of scalarSamples(subject, own).entries()) {
    checkForward(subject, sample, index);
    checkGradient(subject, sample, index, 1);
    checkGradient(subject, sample, index, 2);
  }
}

function checkThreads(subject: Subject, sample: Sample): void {
  const before = threads();
  const drawn = draw(sample, sample.dtypes?.[0] ?? 'float32', seedOf(subject.name));
  // Images have ways of their own where channels come last.
  const hasImages = sample.layouts !== false && drawn.arrays.some(({ shape }) => shape.length > 3);
  const used: readonly Layout[] = hasImages ? ['contiguous', 'channelsLast'] : ['contiguous'];
  try {
    for (const layout of used) {
      const [first, ...others] = threadCounts.map((count) => {
        setThreads(count);
        return runOf(subject, sample, drawn, layout);
      });
      others.forEach((run, i) => {
        if (run.every((bytes, output) => bytes.equals(first![output]!))) return;
        const what = `${subject.name}(${shapesOf(drawn.arrays)}), ${layout}`;
        throw new Error(`${what}: ${threadCounts[i + 1]} threads give other bits than 1`);
      });
    }
  } finally {
    setThreads(before);
  }
}

function runOf(subject: Subject, sample: Sample, drawn: Drawn, layout: Layout): Buffer[] {
  return scope(() => {
    startAt(7);
    const tensors = placeAll(sample, drawn, layout);
    return subject.results(subject.run(drawn.groups, tensors, sample.attrs), tensors).map(bytesOf);
  });
}

function checkError(subject: Subject, { call, code, message, op: named = subject.name }: ErrorCase): void {
  const error = scope(() => caught(call));
  expect({ code: error.code, op: error.op, message: error.message }).toEqual({
    code,
    op: named,
    message: expect.stringMatching(message),
  });
}

/** The first sample whose dtype is open, and the dtypes that no sample is tried in. */
function refusedDTypes({ samples }: OpSamples): { sample: Sample | undefined; refused: readonly DType[] } {
  const specs = ({ inputs }: Sample): readonly InputSpec[] => Object.values(inputs).flat();
  const isOpen = (sample: Sample): boolean => specs(sample).some(({ dtype }) => dtype === undefined);
  const takes = (sample: Sample): readonly (DType | undefined)[] =>
    isOpen(sample) ? (sample.dtypes ?? floats) : [specs(sample)[0]?.dtype];
  const taken = new Set(samples.flatMap(takes));
  return { sample: samples.find(isOpen), refused: everyDType.filter((dtype) => !taken.has(dtype)) };
}

function checkRefused(subject: Subject, sample: Sample, dtype: DType): void {
  const drawn = draw(sample, dtype, seedOf(subject.name));
  const error = scope(() =>
    caught(() => subject.run(drawn.groups, placeAll(sample, drawn, 'contiguous'), sample.attrs)),
  );
  expect([dtype, error.code]).toEqual([dtype, expect.stringMatching(/^(DTYPE|COMMAND)$/)]);
}

/** The cases that an entry neither has as a sample nor lets derive. */
function missing(subject: Subject, own: OpSamples): Case[] {
  const present: Readonly<Record<Case, boolean>> = {
    scalar: hasScalar(subject, own) || scalarSamples(subject, own).length > 0,
    broadcast: hasBroadcast(own),
    layouts: alwaysContiguous(own).length === 0,
    secondOrder: hasSecondOrder(subject, own),
    threads: isView(subject) || largeSample(subject, own) !== undefined,
  };
  return (Object.keys(present) as Case[]).filter((name) => !present[name]);
}

function checkCoverage(subject: Subject, own: OpSamples): void {
  const { op } = subject;
  // Each missing case has a reason, and each reason is of a missing case.
  expect(Object.keys(own.without ?? {}).sort()).toEqual(missing(subject, own).sort());
  expect(own.samples.some(isEmpty) || own.neverEmpty !== undefined).toBe(true);
  expect(own.errors.length > 0 || own.neverFails !== undefined).toBe(true);
  if (op === undefined) return;
  const derivatives = own.samples.map((sample) => sample.order ?? 2);
  const names = own.samples.map(({ inputs, attrs = {} }) => [Object.keys(inputs), Object.keys(attrs)]);
  for (const given of names) expect(given).toEqual([op.inputs, op.attrs.map(([attr]) => attr)]);
  expect(Math.max(...derivatives) > 0).toBe(op.grad !== 'none');
}

/** Runs a sample outside of any scope: nothing but its results may stay alive. */
function checkNoLeak(subject: Subject, sample: Sample): void {
  const drawn = draw(sample, sample.dtypes?.[0] ?? 'float32', seedOf(subject.name));
  const before = memory().storages;
  const tensors = placeAll(sample, drawn, 'contiguous');
  const outputs = subject.run(drawn.groups, tensors, sample.attrs);
  for (const tensor of [...outputs, ...tensors]) tensor.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
}

function testOne(subject: Subject, own: OpSamples): void {
  test('its samples cover what the table asks for', () => checkCoverage(subject, own));

  test('forward: equals its reference for each dtype, layout and ISA', () => {
    own.samples.forEach((sample, index) => checkForward(subject, sample, index));
  });

  if (!hasScalar(subject, own) && own.without?.scalar === undefined) {
    test('rank 0: equals its reference, and gradients equal central differences', () => checkScalars(subject, own));
  }

  if (!forOne) test('compiled: gives the same bits, and so do its gradients', () => checkCompiled(subject, own));

  test('leaves nothing alive but its results', () => {
    own.samples.forEach((sample) => checkNoLeak(subject, sample));
  });

  if (own.samples.some(({ order = 2 }) => order > 0)) {
    test('gradient: equals central differences', () => {
      own.samples.forEach((sample, index) => checkGradient(subject, sample, index, 1));
    });

    test('gradient of the gradient: equals central differences', () => {
      own.samples.forEach((sample, index) => checkGradient(subject, sample, index, 2));
    });
  }

  const { sample, refused } = refusedDTypes(own);
  if (sample !== undefined && refused.length > 0) {
    test(`refuses ${refused.join(', ')}`, () => refused.forEach((dtype) => checkRefused(subject, sample, dtype)));
  }

  if (!isView(subject) && own.without?.threads === undefined) {
    test('gives the same bits on 1, 2, 3 and 7 threads', () => checkThreads(subject, largeSample(subject, own)!));
  }

  if (own.errors.length > 0) {
    test('refuses wrong calls', () => own.errors.forEach((wrong) => checkError(subject, wrong)));
  }
}

/** Declares the tests of a family: everything that an op, or a function made of ops, must do, tried on its samples. */
export function testSamples(table: SampleTable): void {
  afterEach(() => setIsa(bestIsa));
  describe.each(Object.keys(table))('%s', (name) => {
    const own = table[name]!;
    testOne(subjectOf(name, own.run), own);
  });
}
