import { floorDivide, fmod, gcd, lcm, remainder, truncDivide, type Tensor } from 'myelin';

import { zip } from '../support/reference';
import { bools, int, refusesFloats, whole, wholeInputs } from './bitwise';
import { a23, a24, binary, shapesDiffer } from './elementwise';
import { numbers, wrap, type ErrorCase, type InputSpec, type OpSamples, type SampleTable } from './sample';

type Binary = (a: number, b: number) => number;
type Call = (a: Tensor, b: Tensor) => unknown;

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

/** Division by an integer zero, which would kill the process if it reached the CPU. */
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
  // The one quotient that overflows, and a rest that would if the divisor were added to it.
  const least = -(2 ** 31);
  return {
    ...own,
    samples: [
      ...own.samples,
      {
        inputs: {
          a: { shape: [3], dtype: 'int32', fill: () => [least, least, 449_673_768] },
          b: { shape: [3], dtype: 'int32', fill: () => [-1, 1, 1_703_301_249] },
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

const commonDivisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : commonDivisor(b, a % b));
const commonMultiple: Binary = (a, b) => (a === 0 || b === 0 ? 0 : Math.abs((a / commonDivisor(a, b)) * b));

const ofIntegers = (f: Binary, call: Call): OpSamples =>
  binary(f, { a: wholeInputs, dtypes: whole, order: 0, errors: refusesFloats(call) });

export const divisions: SampleTable = {
  fmod: division((a, b) => a % b, fmod, 2),
  remainder: division(floorRest, remainder, 2),
  floorDivide: division(floored, floorDivide, 0),
  truncDivide: division((a, b) => Math.trunc(a / b), truncDivide, 0),
  gcd: ofIntegers(commonDivisor, gcd),
  lcm: ofIntegers(commonMultiple, lcm),
};
