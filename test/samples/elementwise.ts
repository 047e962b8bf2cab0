import * as library from 'myelin';
import { add, cast, logicalAnd, logicalNot, mul, ones, pow, where, zeros, type DType } from 'myelin';

import type { Tolerance } from '../support/compare';
import { map, zip, type Nd } from '../support/reference';
import {
  everyDType,
  flags,
  floats,
  grid,
  integers,
  numbers,
  signed,
  specials,
  uniform,
  values,
  wrap,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

interface UnaryOptions {
  readonly low?: number;
  readonly high?: number;
  readonly kinks?: readonly number[];
  readonly dtypes?: readonly DType[];
  readonly out?: DType;
  readonly order?: 0 | 1 | 2;
  readonly attrs?: Sample['attrs'];
  readonly tolerance?: Partial<Tolerance>;
  readonly halves?: Sample['halves'];
  readonly errors?: readonly ErrorCase[];
  readonly specials?: readonly number[];
}

const refusesBool = (name: string): ErrorCase => ({
  call: () => (ones([2], { dtype: 'bool' }) as unknown as Record<string, () => unknown>)[name]!(),
  code: 'DTYPE',
  message: /bool\[2\]/,
});

export function unary(f: Unary, options: UnaryOptions = {}): OpSamples {
  const { low = -3, high = 3, kinks = [], dtypes = floats, order = 2, out } = options;
  const sample = (input: InputSpec, more: Partial<Sample> = {}): Sample => ({
    inputs: { x: input },
    attrs: options.attrs ?? {},
    dtypes,
    order,
    tolerance: { relative: 4, absolute: 0.1, ...options.tolerance },
    ...(options.halves && { halves: options.halves }),
    reference: (x) => map(x, f, out),
    ...more,
  });
  const shapes = [[2, 3, 4], [], [0, 3], [37], [2, 3, 2, 3]];
  return {
    samples: [
      ...shapes.map((shape) => sample(uniform(shape, low, high, kinks))),
      sample(values([11], options.specials ?? specials), { dtypes: floats, order: 0 }),
    ],
    large: sample(uniform([301, 307], low, high)),
    errors: options.errors ?? [],
  };
}

/** Adds to functions of one tensor that they refuse what is none. */
export function refusingOthers(table: SampleTable): SampleTable {
  const functions = library as unknown as Readonly<Record<string, (x: unknown) => unknown>>;
  const complete = (name: string, op: OpSamples): OpSamples => {
    if (op.errors.length > 0 || op.neverFails !== undefined) return op;
    return {
      ...op,
      errors: [{ call: () => functions[name]!('x'), code: 'TYPE', message: /x is "x" \(need a tensor\)/ }],
    };
  };
  return Object.fromEntries(Object.entries(table).map(([name, op]) => [name, complete(name, op)]));
}

interface BinaryOptions {
  readonly a?: (shape: readonly number[]) => InputSpec;
  readonly b?: (shape: readonly number[]) => InputSpec;
  readonly dtypes?: readonly DType[];
  readonly out?: DType;
  readonly order?: 0 | 1 | 2;
  readonly tolerance?: Partial<Tolerance>;
  readonly errors?: readonly ErrorCase[];
}

export const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3, 4],
    [2, 3, 4],
  ],
  [
    [3, 1],
    [1, 4],
  ],
  [[4], [2, 3, 4]],
  [[2, 3, 4], []],
  [[], []],
  [[0, 3], [3]],
  [[37], [37]],
];

export function binary(f: Binary, options: BinaryOptions = {}): OpSamples {
  const { a = (shape) => uniform(shape), b = a, dtypes = floats, order = 2, out } = options;
  const sample = (shapeA: readonly number[], shapeB: readonly number[], more: Partial<Sample> = {}): Sample => ({
    inputs: { a: a(shapeA), b: b(shapeB) },
    dtypes,
    order,
    tolerance: { relative: 4, absolute: 0.1, ...options.tolerance },
    reference: (x, y) => zip([x, y], (p, q) => wrap(x.dtype, f(p, q)), out),
    ...more,
  });
  const extremes = { a: values([11, 1], specials), b: values([1, 11], specials) };
  return {
    samples: [
      ...pairs.map(([left, right]) => sample(left, right)),
      ...(dtypes.includes('float32') ? [sample([], [], { inputs: extremes, dtypes: floats, order: 0 })] : []),
      ...(dtypes.includes('uint8')
        ? [
            sample([], [], {
              inputs: { a: integers([9], 150, 256), b: integers([9], 150, 256) },
              dtypes: ['uint8'],
              order: 0,
            }),
          ]
        : []),
    ],
    large: sample([301, 307], [307]),
    errors: options.errors ?? [],
  };
}

export const shapesDiffer = (call: () => unknown): ErrorCase => ({
  call,
  code: 'SHAPE',
  message: /float32\[2,3\].*float32\[2,4\]/,
});
export const a23 = () => ones([2, 3]);
export const a24 = () => ones([2, 4]);
const small = (shape: readonly number[]): InputSpec => integers(shape, -2, 3);

const compare = (f: (a: number, b: number) => boolean, name: string): OpSamples =>
  binary((a, b) => Number(f(a, b)), {
    a: small,
    dtypes: everyDType,
    out: 'bool',
    order: 0,
    errors: [shapesDiffer(() => (a23() as unknown as Record<string, (other: unknown) => unknown>)[name]!(a24()))],
  });

const logical = (f: (a: boolean, b: boolean) => boolean): OpSamples =>
  binary((a, b) => Number(f(a !== 0, b !== 0)), {
    a: flags,
    dtypes: ['bool'],
    order: 0,
    errors: [
      {
        call: () => logicalAnd(ones([2, 3], { dtype: 'bool' }), ones([2, 4], { dtype: 'bool' })),
        code: 'SHAPE',
        op: 'logicalAnd',
        message: /bool\[2,3\].*bool\[2,4\]/,
      },
    ],
  });

/** Nearest whole number; halves go to the even one, as in NumPy and PyTorch. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Whole and half numbers are the kinks of rounding. */
const steps = Array.from({ length: 25 }, (_, i) => (i - 12) / 2);

// JavaScript alone has NaN for 1^NaN and (±1)^±∞, where C and IEEE 754 have 1.
const powers = binary((a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b), {
  a: (shape) => uniform(shape, 0.3, 3),
  b: (shape) => uniform(shape, -2, 2),
  errors: [
    shapesDiffer(() => pow(a23(), a24())),
    { call: () => ones([2], { dtype: 'int32' }).pow(-1), code: 'VALUE', message: /exponent of integers is -1/ },
    {
      call: () => pow(ones([2], { dtype: 'bool' }), ones([2], { dtype: 'bool' })),
      code: 'DTYPE',
      message: /bool\[2\]/,
    },
  ],
});

/** Powers of integers wrap: the last 32 bits of what BigInt gives are right for every narrower dtype too. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return Math.abs(base) === 1 ? base ** exponent : 0;
  return Number(BigInt.asIntN(32, BigInt(base) ** BigInt(exponent)));
}

/** Floats lose their fraction and saturate, integers wrap. */
function converted(value: number, from: DType, to: DType): number {
  if (to === 'bool') return Number(value !== 0);
  if (floats.includes(to)) return value;
  return wrap(to, floats.includes(from) && to === 'uint8' ? Math.max(0, Math.trunc(value)) : Math.trunc(value));
}

const castOf = (from: DType, to: DType): Sample => ({
  inputs: { x: { ...uniform([2, 3, 4]), dtype: from } },
  attrs: { dtype: to },
  dtypes: [to],
  order: from === 'float64' && to === 'float64' ? 2 : 0,
  reference: (x) => map(x, (value) => converted(value, from, to), to),
});

export const elementwise: SampleTable = refusingOthers({
  add: binary((a, b) => a + b, { dtypes: numbers, errors: [shapesDiffer(() => add(a23(), a24()))] }),
  sub: binary((a, b) => a - b, { dtypes: numbers, errors: [shapesDiffer(() => a23().sub(a24()))] }),
  mul: binary((a, b) => a * b, { dtypes: numbers, errors: [shapesDiffer(() => mul(a23(), a24()))] }),
  div: binary((a, b) => a / b, {
    b: (shape) => uniform(shape, 0.5, 3),
    errors: [shapesDiffer(() => a23().div(a24()))],
  }),
  pow: {
    ...powers,
    samples: [
      ...powers.samples,
      ...binary(integerPower, { a: small, dtypes: numbers.filter((dtype) => !floats.includes(dtype)), order: 0 })
        .samples,
    ],
  },
  maximum: binary(Math.max, {
    a: (shape) => grid(shape, 0),
    b: (shape) => grid(shape, 0.1),
    dtypes: numbers,
    errors: [shapesDiffer(() => a23().maximum(a24()))],
  }),
  minimum: binary(Math.min, {
    a: (shape) => grid(shape, 0),
    b: (shape) => grid(shape, 0.1),
    dtypes: numbers,
    errors: [shapesDiffer(() => a23().minimum(a24()))],
  }),
  eq: compare((a, b) => a === b, 'eq'),
  ne: compare((a, b) => a !== b, 'ne'),
  lt: compare((a, b) => a < b, 'lt'),
  le: compare((a, b) => a <= b, 'le'),
  gt: compare((a, b) => a > b, 'gt'),
  ge: compare((a, b) => a >= b, 'ge'),
  logicalAnd: logical((a, b) => a && b),
  logicalOr: logical((a, b) => a || b),
  logicalXor: logical((a, b) => a !== b),
  logicalNot: {
    samples: [[2, 3, 4], [], [0, 3], [37]].map((shape) => ({
      inputs: { x: flags(shape) },
      dtypes: ['bool'],
      order: 0,
      reference: (x: Nd) => map(x, (value) => 1 - value),
    })),
    large: { inputs: { x: flags([300, 301]) }, dtypes: ['bool'], order: 0 },
    errors: [{ call: () => logicalNot(ones([2]) as never), code: 'DTYPE', message: /float32\[2\]/ }],
  },
  where: {
    samples: pairs.map(([left, right]) => ({
      inputs: { condition: flags(left), a: uniform(right), b: uniform(left) },
      dtypes: everyDType,
      reference: (condition: Nd, a: Nd, b: Nd) => zip([condition, a, b], (c, x, y) => (c !== 0 ? x : y), a.dtype),
    })),
    large: { inputs: { condition: flags([301, 307]), a: uniform([301, 307]), b: uniform([307]) } },
    errors: [
      { call: () => where(zeros([2, 3], { dtype: 'bool' }), a24(), a24()), code: 'SHAPE', message: /bool\[2,3\]/ },
    ],
  },
  isnan: unary((x) => Number(Number.isNaN(x)), { out: 'bool', order: 0 }),
  isinf: unary((x) => Number(Math.abs(x) === Infinity), { out: 'bool', order: 0 }),
  isfinite: unary((x) => Number(Number.isFinite(x)), { out: 'bool', order: 0 }),
  neg: unary((x) => -x, { dtypes: signed, errors: [refusesBool('neg')] }),
  abs: unary(Math.abs, { dtypes: signed, kinks: [0], errors: [refusesBool('abs')] }),
  sign: unary((x) => (Number.isNaN(x) ? 0 : Math.sign(x)), { dtypes: signed, kinks: [0], order: 0 }),
  square: unary((x) => x * x, { dtypes: signed }),
  floor: unary(Math.floor, { kinks: steps, order: 0 }),
  ceil: unary(Math.ceil, { kinks: steps, order: 0 }),
  round: unary(roundHalfEven, {
    kinks: steps,
    order: 0,
    errors: [
      { call: () => a23().round({ decimals: 0.5 }), code: 'VALUE', message: /decimals is 0.5/ },
      { call: () => ones([2], { dtype: 'int32' }).round({ decimals: 1 }), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  }),
  trunc: unary(Math.trunc, { kinks: steps, order: 0 }),
  sqrt: unary(Math.sqrt, { low: 0.2 }),
  rsqrt: unary((x) => 1 / Math.sqrt(x), { low: 0.2 }),
  reciprocal: unary((x) => 1 / x, { low: 0.4 }),
  exp: unary(Math.exp, { tolerance: { relative: 4, absolute: 0 } }),
  expm1: unary(Math.expm1),
  log: unary(Math.log, { low: 0.2 }),
  log1p: unary(Math.log1p, { low: -0.7 }),
  log2: unary(Math.log2, { low: 0.2 }),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tan: unary(Math.tan, { low: -1.2, high: 1.2 }),
  scaleShift: {
    ...unary((x) => x * 2.5 + -0.75, { attrs: { scale: 2.5, shift: -0.75 } }),
    neverFails: 'add, sub, mul and div call it with a float tensor and a number',
  },
  clamp: unary((x) => (Number.isNaN(x) ? NaN : Math.min(Math.max(x, -1), 2)), {
    attrs: { min: -1, max: 2 },
    kinks: [-1, 2],
    errors: [
      { call: () => a23().clamp({ min: '1' as never }), code: 'VALUE', message: /min is "1"/ },
      { call: () => a23().clamp({ min: a24() }), code: 'SHAPE', message: /float32\[2,4\]/, op: 'lt' },
    ],
  }),
  cast: {
    samples: [
      ...everyDType.flatMap((from) => everyDType.map((to) => castOf(from, to))),
      { ...castOf('float64', 'float64'), inputs: { x: { ...uniform([0, 2]), dtype: 'float64' } } },
      {
        inputs: { x: values([6], [NaN, Infinity, -Infinity, 1e30, -1e30, 255.9], 'float32') },
        attrs: { dtype: 'int32' },
        dtypes: ['int32'],
        order: 0,
        layouts: false,
        reference: (x) => ({ ...x, dtype: 'int32', data: [0, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, -(2 ** 31), 255] }),
      },
    ],
    large: {
      inputs: { x: { ...uniform([301, 307], -100, 100), dtype: 'float32' } },
      attrs: { dtype: 'int32' },
      dtypes: ['int32'],
      order: 0,
    },
    errors: [{ call: () => cast(a23(), 'float8' as never), code: 'DTYPE', message: /float8/ }],
  },
});
