import { fmod, remainder, scope, tensor } from 'myelin';

import { Random } from './support/reference';

// Quotients of every size, whole ones, and those that a division rounds up to a whole number. JavaScript's % is exact.
const random = new Random(11);
const sign = (): number => (random.integer(0, 2) === 0 ? -1 : 1);

/** A number just below a multiple of b, or some steps away. */
function nearMultiple(b: number): number {
  const multiple = random.integer(1, 2 ** random.integer(1, 31)) * b;
  return multiple * (1 + random.integer(-2, 3) * 2 ** -52);
}

const pairs = Array.from({ length: 40_000 }, (_, i): [number, number] => {
  const b = sign() * random.between(0.5, 1) * 2 ** random.integer(-60, 60);
  if (i % 2 === 0) return [sign() * nearMultiple(b), b];
  return [sign() * random.between(0.5, 1) * 2 ** random.integer(-60, 60), b];
});
const specials = [0, -0, 1, -1, 3, -3, 0.1, 5e-324, -1e-310, 2 ** 52, 2 ** 53 - 1, 1e308, Infinity, -Infinity, NaN];
for (const a of specials) for (const b of specials) pairs.push([a, b]);

function floored(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** How many results are not the expected ones to the last bit, signs of zeros among them. */
function wrong(results: ArrayLike<number>, expected: readonly number[]): number {
  return expected.filter((value, i) => !Object.is(value, results[i])).length;
}

test('float64 remainders are exact', () => {
  scope(() => {
    const a = tensor(Float64Array.from(pairs, ([left]) => left));
    const b = tensor(Float64Array.from(pairs, ([, right]) => right));
    expect(
      wrong(
        fmod(a, b).data(),
        pairs.map(([x, y]) => x % y),
      ),
    ).toBe(0);
    expect(
      wrong(
        remainder(a, b).data(),
        pairs.map(([x, y]) => floored(x, y)),
      ),
    ).toBe(0);
  });
});

test('float32 remainders are exact, or rounded once', () => {
  scope(() => {
    const left = Float32Array.from(pairs, ([x]) => x);
    const right = Float32Array.from(pairs, ([, y]) => y);
    const rests = Array.from(left, (x, i) => x % right[i]!);
    expect(wrong(fmod(tensor(left), tensor(right)).data(), rests)).toBe(0);
    const moved = Array.from(left, (x, i) => Math.fround(floored(x, right[i]!)));
    expect(wrong(remainder(tensor(left), tensor(right)).data(), moved)).toBe(0);
  });
});
