import { cast, dtypes, iinfo, isa, setIsa, supportedIsas, tensor, type DType, type IntegerDType } from 'myelin';

import { isFloat } from '../../lib/tensor/dtype';
import { read } from '../support/compare';
import { place, stored } from '../support/layouts';

const bestIsa = isa();
afterEach(() => setIsa(bestIsa));

// Ties and what lies beside them for either half, denormals, the ends of every range, and what lies beyond.
const magnitudes = [
  ...[0, 0.5, 0.999, 1, 1.5, 2.5, 100, 127, 127.5, 128, 128.5, 129, 255, 255.5, 256, 300],
  ...[1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -11 - 2 ** -40],
  ...[1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -45, 1 + 2 ** -8 - 2 ** -45],
  ...[2048, 2049, 2051, 32767, 32768, 32769, 65504, 65519, 65519.999, 65520, 65535, 65536],
  ...[2 ** -14, 2 ** -14 - 2 ** -24, 2 ** -24, 2 ** -25, 2 ** -25 * (1 + 2 ** -20), 3 * 2 ** -25, 2 ** -26],
  ...[2 ** -126, 2 ** -133, 2 ** -134, 2 ** -134 * (1 + 2 ** -40), 3 * 2 ** -134, 2 ** -149, 2 ** -150, 5e-324],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 24 + 1, 2 ** 53 - 1, 2 ** 62, 2 ** 62 + 2 ** 54, 2 ** 63, 2 ** 64],
  ...[3.3895e38, 3.3961775e38, 3.39617752923046e38, 3.4028234e38, 3.4028236e38, 1e39, Infinity, NaN],
];
const everything = magnitudes.flatMap((value) => [value, -value]);

function limits(dtype: IntegerDType): readonly [bigint, bigint] {
  const { min, max } = iinfo(dtype);
  return [BigInt(min), BigInt(max)];
}

const isInteger = (dtype: DType): dtype is IntegerDType => dtype !== 'bool' && !isFloat(dtype);

/** The numbers above that a dtype holds, or what it makes of them. */
function holdable(dtype: DType): number[] {
  if (isFloat(dtype)) return everything.map((value) => stored(dtype, value));
  if (!isInteger(dtype)) return [0, 1];
  const [min, max] = limits(dtype);
  return everything.filter((value) => Number.isInteger(value) && BigInt(value) >= min && BigInt(value) <= max);
}

/** Truncates what is no integer, saturates what comes from a float, and wraps what comes from an integer. */
function toInteger(from: DType, value: number, to: IntegerDType): number {
  if (Number.isNaN(value)) return 0;
  const [min, max] = limits(to);
  if (value === Infinity) return Number(max);
  if (value === -Infinity) return Number(min);
  const whole = BigInt(Math.trunc(value));
  if (isFloat(from)) return Number(whole < min ? min : whole > max ? max : whole);
  return Number(((((whole - min) % (max - min + 1n)) + (max - min + 1n)) % (max - min + 1n)) + min);
}

function expected(from: DType, value: number, to: DType): number {
  if (to === 'bool') return value === 0 ? 0 : 1;
  return isInteger(to) ? toInteger(from, value, to) : stored(to, value);
}

const pairs = dtypes.flatMap((from) => dtypes.filter((to) => to !== from).map((to) => [from, to] as const));

test.each(pairs)('%s to %s: rounds once, truncates, saturates or wraps', (from, to) => {
  const data = holdable(from);
  const wanted = data.map((value) => expected(from, value, to));
  for (const name of supportedIsas()) {
    setIsa(name);
    for (const layout of ['contiguous', 'stepped', 'reversed'] as const) {
      const got = read(cast(place({ dtype: from, shape: [data.length], data }, layout), to)).data;
      const wrong = got.findIndex(
        (value, i) => value !== wanted[i] && !(Number.isNaN(value) && Number.isNaN(wanted[i])),
      );
      expect([name, layout, data[wrong], got[wrong]]).toEqual([name, layout, data[wrong], wanted[wrong]]);
    }
  }
});

test('integers beyond 2^53 round to halves once', () => {
  const tie = 2n ** 62n + 2n ** 54n;
  const x = tensor(BigInt64Array.of(tie, tie + 1n, tie - 1n, -tie - 1n));
  expect(cast(x, 'bfloat16').toArray()).toEqual([2 ** 62, 2 ** 62 + 2 ** 55, 2 ** 62, -(2 ** 62) - 2 ** 55]);
});

test('a double beside a tie of halves goes to its own side', () => {
  const x = tensor([1 + 2 ** -11 + 2 ** -50, 1 + 2 ** -11, 1 + 2 ** -11 - 2 ** -50], { dtype: 'float64' });
  expect(cast(x, 'float16').toArray()).toEqual([1 + 2 ** -10, 1, 1]);
});
