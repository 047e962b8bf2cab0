import { iinfo, type DType, type ErrorCode, type Tensor } from 'myelin';

import type { AttrValue } from '../../lib/engine/command';
import type { HalfSteps, Tolerance } from '../support/compare';
import type { Random } from '../support/reference';
import { map, sizeOf, type Nd } from '../support/reference';

/** One input: its shape, its numbers, and its dtype when that is not the one the sample is tried in. */
export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: DType;
  readonly fill: (random: Random, size: number) => number[];
}

/** One call of an op, with what must come out. */
export interface Sample {
  /** By name; the members of a list input in order. */
  readonly inputs: Readonly<Record<string, InputSpec | readonly InputSpec[]>>;
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  /** dtypes in which the sample is tried. */
  readonly dtypes?: readonly DType[];
  /** Plain loops over the inputs, flattened in order; one result per output, or the new inputs of an op that mutates. */
  readonly reference?: (...inputs: Nd[]) => Nd | readonly Nd[];
  /** For ops whose results are random: throws when they cannot be right. */
  readonly law?: (outputs: readonly Nd[], inputs: readonly Nd[]) => void;
  readonly tolerance?: Partial<Omit<Tolerance, 'halves'>>;
  /** For a composed function that loses more than two steps of a half. */
  readonly halves?: HalfSteps;
  /** Derivatives to check: 0 where the function has a kink or is flat, else 2. */
  readonly order?: 0 | 1 | 2;
  /** Inputs that gradient checks move: all float ones when left out. */
  readonly by?: readonly string[];
  /** Outputs that have gradients, from the first on: all float ones when left out. */
  readonly differentiable?: number;
  /** Inputs that follow from the others, such as saved statistics, put in their places. */
  readonly derive?: (...inputs: Nd[]) => readonly Nd[];
  /** Inputs that also lie in memory in other ways than row-major: all when left out. */
  readonly layouts?: false | readonly string[];
  /** False where inputs of equal rows, as expanding makes them, would be wrong ones: a singular matrix. */
  readonly repeats?: false;
}

/** A call that must be refused. */
export interface ErrorCase {
  readonly call: () => unknown;
  readonly code: ErrorCode;
  readonly message: RegExp;
  /** Op that the error names, when it is not the one the case belongs to. */
  readonly op?: string;
}

/** The case of a call that is refused; `op` is the one that the error names, when it is another. */
export const refused = (call: () => unknown, code: ErrorCode, message: RegExp, op?: string): ErrorCase => ({
  call,
  code,
  message,
  ...(op === undefined ? {} : { op }),
});

/** Inputs by name and attributes, as a function composed of ops gets them from its samples. */
export type RunComposed = (
  inputs: Readonly<Record<string, Tensor & readonly Tensor[]>>,
  attrs: Readonly<Record<string, AttrValue>>,
) => Tensor | readonly Tensor[];

/** What every entry is tried in: by a sample of its own, or by one that test/support/cases.ts derives. */
export type Case = 'scalar' | 'broadcast' | 'layouts' | 'secondOrder' | 'threads';

/** Everything the table test knows about one op, or about one function that is composed of ops. */
export interface OpSamples {
  readonly samples: readonly Sample[];
  /**
   * How a function that is no op itself is called, or an op that is not tried as it stands:
   * `run: ({ x }, { axis }) => diff(x, { axis: axis as number })`.
   */
  readonly run?: RunComposed;
  /** Large enough that threads share the work: results must not depend on how many. */
  readonly large?: Sample;
  readonly errors: readonly ErrorCase[];
  /** Why no sample has an empty input. */
  readonly neverEmpty?: string;
  /** Why no call of it can be wrong. */
  readonly neverFails?: string;
  /** Why a case does not exist. The test fails when it does. */
  readonly without?: Readonly<Partial<Record<Case, string>>>;
  /** Why it cannot be part of a compiled function: it reads values. */
  readonly notCompiled?: string;
}

export type SampleTable = Readonly<Record<string, OpSamples>>;

/** A table of functions none of which takes tensors of rank 0, and why. */
export function neverScalar(reason: string, table: SampleTable): SampleTable {
  const entries = Object.entries(table).map(([name, own]): [string, OpSamples] => {
    return [name, { ...own, without: { scalar: reason, ...own.without } }];
  });
  return Object.fromEntries(entries);
}

export const floats: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16'];
export const signed: readonly DType[] = [...floats, 'int32', 'int64', 'int16', 'int8'];
export const numbers: readonly DType[] = [...signed, 'uint8'];
export const everyDType: readonly DType[] = [...numbers, 'bool'];

const each = (fill: (random: Random) => number) => (random: Random, size: number) =>
  Array.from({ length: size }, () => fill(random));

/** Uniform numbers, none closer than 0.05 to a kink. */
export function uniform(shape: readonly number[], low = -3, high = 3, kinks: readonly number[] = []): InputSpec {
  const draw = (random: Random): number => {
    const value = random.between(low, high);
    return kinks.some((kink) => Math.abs(value - kink) < 0.05) ? draw(random) : value;
  };
  return { shape, fill: each(draw) };
}

/** Whole numbers in [low, high), of a dtype of their own when one is given. */
export function integers(shape: readonly number[], low: number, high: number, dtype?: DType): InputSpec {
  const fill = each((random) => random.integer(low, high));
  return dtype === undefined ? { shape, fill } : { shape, fill, dtype };
}

export const flags = (shape: readonly number[]): InputSpec => integers(shape, 0, 2, 'bool');

/** Numbers of which no two are closer than 0.1, in random order, around zero. */
export function distinct(shape: readonly number[]): InputSpec {
  return {
    shape,
    fill: (random, size) => random.shuffle(Array.from({ length: size }, (_, i) => 0.1 * (i - size / 2) + 0.01)),
  };
}

/** Exactly these numbers. */
export function values(shape: readonly number[], list: readonly number[], dtype?: DType): InputSpec {
  const fill = (): number[] => Array.from({ length: sizeOf(shape) }, (_, i) => list[i % list.length]!);
  return dtype === undefined ? { shape, fill } : { shape, fill, dtype };
}

/** Multiples of `step`, shifted by `phase`: two inputs of different phase never meet. */
export function grid(shape: readonly number[], phase: number, step = 0.2, extent = 12): InputSpec {
  return { shape, fill: each((random) => step * random.integer(-extent, extent) + phase) };
}

/** What every op has to survive. */
export const specials = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2.5, 1e-30, -1e-30];

/** What integer arithmetic of a dtype makes of a result that does not fit: it wraps. */
export function wrap(dtype: DType, value: number): number {
  if (!['uint8', 'int8', 'int16', 'int32'].includes(dtype)) return value;
  const { min, max } = iinfo(dtype as 'int32');
  return ((((value - min) % (max - min + 1)) + (max - min + 1)) % (max - min + 1)) + min;
}

export const wrapped = (x: Nd): Nd => map(x, (value) => wrap(x.dtype, value));
