import { Tensor, type DType } from 'myelin';

import type { AttrValue } from '../../lib/engine/command';
import { ops, type Op } from '../../lib/engine/define';
import { dispatch, dispatchView } from '../../lib/engine/dispatch';
import type { InputSpec, RunComposed, Sample } from '../samples/sample';
import { asPlaced, place, stored, type Layout } from './layouts';
import { Random, seedOf, sizeOf, type Nd } from './reference';

/** The inputs of a sample as plain arrays, flattened in order, and how they group by name. */
export interface Drawn {
  readonly arrays: readonly Nd[];
  readonly groups: readonly { readonly name: string; readonly count: number; readonly list: boolean }[];
}

/** Whether an input may lie in memory in other ways than row-major. */
function varies({ layouts }: Sample, input: string): boolean {
  return layouts === undefined || (layouts !== false && layouts.includes(input));
}

/** Draws the inputs of a sample for one dtype; the same seed gives the same numbers whatever the dtype. */
export function draw(sample: Sample, dtype: DType, seed: number, layout: Layout = 'contiguous'): Drawn {
  const arrays: Nd[] = [];
  const groups = Object.entries(sample.inputs).map(([name, given]) => {
    const list = Array.isArray(given);
    const specs = (list ? given : [given]) as readonly InputSpec[];
    for (const spec of specs) {
      const own = spec.dtype ?? dtype;
      const numbers = spec.fill(new Random(seed ^ seedOf(`${name}${arrays.length}`)), sizeOf(spec.shape));
      const array = { dtype: own, shape: spec.shape, data: numbers.map((value) => stored(own, value)) };
      arrays.push(varies(sample, name) ? asPlaced(array, layout) : array);
    }
    return { name, count: specs.length, list };
  });
  const derived = sample
    .derive?.(...arrays)
    .map((x) => ({ ...x, data: x.data.map((value) => stored(x.dtype, value)) }));
  return { arrays: derived ?? arrays, groups };
}

/** What the table tests: an op, or a function composed of ops, behind one call. */
export interface Subject {
  readonly name: string;
  /** Names of inputs and attributes; undefined for a composed function, whose samples decide. */
  readonly op: Op | undefined;
  /** Runs it on tensors, in the order of its sample's inputs; its outputs in order. */
  readonly run: (groups: Drawn['groups'], tensors: readonly Tensor[], attrs?: Attributes) => Tensor[];
  /** What the table compares: the outputs, or the inputs of an op that changes them. */
  readonly results: (outputs: readonly Tensor[], inputs: readonly Tensor[]) => readonly Tensor[];
}

type Attributes = Readonly<Record<string, AttrValue>>;

function named(groups: Drawn['groups'], tensors: readonly Tensor[]): Record<string, Tensor | Tensor[]> {
  let position = 0;
  return Object.fromEntries(
    groups.map(({ name, count, list }) => {
      const members = tensors.slice(position, (position += count));
      return [name, list ? members : members[0]!];
    }),
  );
}

function subjectOfOp(op: Op): Subject {
  const run: Subject['run'] = (groups, tensors, attrs = {}) => {
    const result = (op.number < 0 ? dispatchView : dispatch)(op, named(groups, tensors), attrs);
    if (result instanceof Tensor) return [result];
    return op.outputs.map((output) => (result as Readonly<Record<string, Tensor>>)[output]!);
  };
  return { name: op.name, op, run, results: (outputs, inputs) => (op.outputs.length > 0 ? outputs : inputs) };
}

function subjectOfFunction(name: string, call: RunComposed): Subject {
  const run: Subject['run'] = (groups, tensors, attrs = {}) => {
    const result = call(named(groups, tensors) as Parameters<RunComposed>[0], attrs);
    return result instanceof Tensor ? [result] : [...result];
  };
  return { name, op: undefined, run, results: (outputs) => outputs };
}

/** The op of a name, or the function that its samples call. */
export function subjectOf(name: string, run: RunComposed | undefined): Subject {
  if (run !== undefined) return subjectOfFunction(name, run);
  return subjectOfOp(ops.get(name)!);
}

/** The name of each drawn array's input. */
function namesOf({ groups }: Drawn): string[] {
  return groups.flatMap(({ name, count }) => new Array<string>(count).fill(name));
}

/** Positions of the inputs that gradient checks move. */
export function movable(sample: Sample, drawn: Drawn): number[] {
  const names = namesOf(drawn);
  const fixed = Object.values(sample.inputs)
    .flat()
    .map((spec) => spec.dtype !== undefined && spec.dtype !== 'float64');
  return drawn.arrays.flatMap((x, i) =>
    x.dtype === 'float64' && !fixed[i] && (sample.by === undefined || sample.by.includes(names[i]!)) ? [i] : [],
  );
}

/** The drawn inputs as tensors, in a layout. */
export function placeAll(sample: Sample, drawn: Drawn, layout: Layout): Tensor[] {
  const { arrays } = drawn;
  const names = namesOf(drawn);
  return arrays.map((x, i) => place(x, varies(sample, names[i]!) ? layout : 'contiguous'));
}
