import {
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  ones,
  tensor,
  zeros,
  type DType,
  type Tensor,
} from 'myelin';

import { dtypeInfo, isFloat } from '../../lib/tensor/dtype';
import { zip } from '../support/reference';
import { a23, binary } from './elementwise';
import { integers, numbers, wrap, type ErrorCase, type InputSpec, type OpSamples, type SampleTable } from './sample';

type Binary = (a: number, b: number) => number;
type Call = (a: Tensor, b: Tensor) => unknown;

export const whole: readonly DType[] = numbers.filter((dtype) => !isFloat(dtype));

export const int = (values: readonly number[], dtype: DType = 'int32') => tensor([...values], { dtype });
export const bools = () => ones([2], { dtype: 'bool' });

export const wholeInputs = (shape: readonly number[]): InputSpec => integers(shape, -12, 13);
export const refusesFloats = (call: Call): readonly ErrorCase[] => [
  { call: () => call(a23(), a23()), code: 'DTYPE', message: /float32\[2,3\]/ },
  { call: () => call(int([1, 2]), zeros([3], { dtype: 'int32' })), code: 'SHAPE', message: /int32\[2\].*int32\[3\]/ },
];

const logical = (f: Binary, call: Call): OpSamples =>
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

export const bitwise: SampleTable = {
  bitwiseAnd: logical((a, b) => a & b, bitwiseAnd),
  bitwiseOr: logical((a, b) => a | b, bitwiseOr),
  bitwiseXor: logical((a, b) => a ^ b, bitwiseXor),
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
