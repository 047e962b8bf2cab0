import {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  floorDivide,
  fmod,
  gcd,
  lcm,
  ones,
  remainder,
  tensor,
  truncDivide,
  zeros,
  type DType,
  type Tensor,
} from 'myelin';

import { dtypeInfo, isFloat } from '../../lib/tensor/dtype';
import { zip } from '../support/reference';
import { a23, a24, binary, shapesDiffer } from './elementwise';
import { integers, numbers, wrap, type ErrorCase, type InputSpec, type OpSamples, type SampleTable } from './sample';

type Binary = (a: number, b: number) => number;
type Call = (a: Tensor, b: Tensor) => unknown;

const whole: readonly DType[] = numbers.filter((dtype) => !isFloat(dtype));

/** Halves, so that no quotient by one of `divisors` is whole; integers lose the half. */
const halves = (shape: readonly number[]): InputSpec => ({
  shape,
  fill: (random, size) => Array.from({ length: size }, () => random.integer(-9, 10) + 0.5),
});
const divisors = (shape: readonly number[]): InputSpec => ({
  shape,
  fill: (random, size) => Array.from({ length: size }, () => [2, 3, -2, -3, 1][random.integer(0, 5)]!),
});

const floorRest: Binary = (a, b) => {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
};

function floored(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  const quotient = (a - rest) / b - Number(rest !== 0 && rest < 0 !== b < 0);
  return Math.floor(quotient + 0.25);
}

const int = (values: readonly number[], dtype: DType = 'int32') => tensor([...values], { dtype });
const bools = () => ones([2], { dtype: 'bool' });

/** Division by an integer zero, which would kill the process if it reached the CPU; also the one quotient that overflows. */
const divisionErrors = (call: Call): readonly ErrorCase[] => [
  shapesDiffer(() => call(a23(), a24())),
  ...whole.map((dtype): ErrorCase => ({
    call: () => call(int([7, 8], dtype), int([1, 0], dtype)),
    code: 'VALUE',
    message: /integer division by zero/,
  })),
  { call: () => call(bools(), bools()), code: 'DTYPE', message: /bool\[2\]/ },
];

function division(f: Binary, call: Call, order: 0 | 2): OpSamples {
  const own = binary(f, { a: halves, b: divisors, dtypes: numbers, order, errors: divisionErrors(call) });
  const least = -(2 ** 31);
  return {
    ...own,
    samples: [
      ...own.samples,
      {
        inputs: {
          a: { shape: [2], dtype: 'int32', fill: () => [least, least] },
          b: { shape: [2], dtype: 'int32', fill: () => [-1, 1] },
        },
        attrs: {},
        dtypes: ['int32'],
        order: 0,
        layouts: false,
        reference: (a, b) => zip([a, b], (p, q) => wrap('int32', f(p, q))),
      },
    ],
  };
}

const wholeInputs = (shape: readonly number[]): InputSpec => integers(shape, -12, 13);
const refusesFloats = (call: Call): readonly ErrorCase[] => [
  { call: () => call(a23(), a23()), code: 'DTYPE', message: /float32\[2,3\]/ },
  { call: () => call(int([1, 2]), zeros([3], { dtype: 'int32' })), code: 'SHAPE', message: /int32\[2\].*int32\[3\]/ },
];

const commonDivisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : commonDivisor(b, a % b));
const commonMultiple: Binary = (a, b) => (a === 0 || b === 0 ? 0 : Math.abs((a / commonDivisor(a, b)) * b));

const ofIntegers = (f: Binary, call: Call): OpSamples =>
  binary(f, { a: wholeInputs, dtypes: whole, order: 0, errors: refusesFloats(call) });

const bitwise = (f: Binary, call: Call): OpSamples =>
  binary(f, { a: wholeInputs, dtypes: [...whole, 'bool'], order: 0, errors: refusesFloats(call) });

/** Shifts know the width of what they shift. */
function shift(f: (a: bigint, count: bigint, width: number) => bigint, call: Call): OpSamples {
  const own = binary(() => 0, {
    a: wholeInputs,
    b: (shape) => integers(shape, 0, 70),
    dtypes: whole,
    order: 0,
    errors: [...refusesFloats(call), { call: () => call(bools(), bools()), code: 'DTYPE', message: /bool\[2\]/ }],
  });
  const samples = own.samples.map((sample) => ({
    ...sample,
    reference: (...[a, b]: Parameters<NonNullable<typeof sample.reference>>) => {
      const width = 8 * dtypeInfo(a!.dtype).size;
      const fit = a!.dtype.startsWith('u') ? BigInt.asUintN : BigInt.asIntN;
      return zip([a!, b!], (p, q) => Number(fit(width, f(BigInt(p), BigInt(q), width))));
    },
  }));
  return { ...own, samples };
}

const isOut = (count: bigint, width: number): boolean => count < 0n || count >= BigInt(width);

export const divisions: SampleTable = {
  fmod: division((a, b) => a % b, fmod, 2),
  remainder: division(floorRest, remainder, 2),
  floorDivide: division(floored, floorDivide, 0),
  truncDivide: division((a, b) => Math.trunc(a / b), truncDivide, 0),
  gcd: ofIntegers(commonDivisor, gcd),
  lcm: ofIntegers(commonMultiple, lcm),
};

export const bits: SampleTable = {
  bitwiseAnd: bitwise((a, b) => a & b, bitwiseAnd),
  bitwiseOr: bitwise((a, b) => a | b, bitwiseOr),
  bitwiseXor: bitwise((a, b) => a ^ b, bitwiseXor),
  bitwiseLeftShift: shift((a, count, width) => (isOut(count, width) ? 0n : a << count), bitwiseLeftShift),
  bitwiseRightShift: shift(
    (a, count, width) => a >> (isOut(count, width) ? BigInt(width - 1) : count),
    bitwiseRightShift,
  ),
  bitwiseNot: {
    samples: [[2, 3, 4], [], [0, 3], [37]].map((shape) => ({
      inputs: { x: wholeInputs(shape) },
      dtypes: [...whole, 'bool'],
      order: 0,
      reference: (x) => ({
        ...x,
        data: x.data.map((value) => (x.dtype === 'bool' ? 1 - value : wrap(x.dtype, ~value))),
      }),
    })),
    large: { inputs: { x: wholeInputs([301, 307]) }, dtypes: whole, order: 0 },
    errors: [{ call: () => bitwiseNot(a23() as never), code: 'DTYPE', message: /float32\[2,3\]/ }],
  },
};
