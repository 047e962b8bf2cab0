import { kthvalue, median, scope, sort, tensor, topk, type Tensor } from 'myelin';

import { Random } from './support/reference';

// Rows that are long enough to be cut in parts and sorted by wide digits: too long for the table of ops.
const n = 140_000;
const random = new Random(7);
const numbers = Float32Array.from({ length: n }, () => random.integer(-30_000, 30_000) / 8);
const expected = numbers.slice().sort();

/** Refuses positions that do not hold the values, or not in the order in which equal ones stood. */
function checkPlaces(values: Float32Array | Float64Array, indices: BigInt64Array): void {
  let wrong = 0;
  indices.forEach((place, i) => {
    const moved = numbers[Number(place)] !== values[i];
    const swapped = i > 0 && values[i] === values[i - 1] && place <= indices[i - 1]!;
    if (moved || swapped) wrong++;
  });
  expect(wrong).toBe(0);
}

test.each(['float32', 'float64'] as const)('long rows of %s: sort, topk, kthvalue and median', (dtype) => {
  scope(() => {
    const x: Tensor<'float32' | 'float64'> = tensor(numbers, { dtype });
    const ascending = sort(x);
    const sorted = ascending.values.data();
    expect(Float32Array.from(sorted)).toEqual(expected);
    checkPlaces(sorted, ascending.indices.data());
    const descending = sort(x, { descending: true });
    expect(Float32Array.from(descending.values.data())).toEqual(expected.slice().reverse());
    checkPlaces(descending.values.data(), descending.indices.data());
    const largest = topk(x, 9);
    expect(largest.values.toArray()).toEqual([...expected.slice(-9)].reverse());
    expect(largest.indices.toArray()).toEqual(descending.indices.slice([0, 9]).toArray());
    const middle = median(x);
    expect(middle.values.item()).toBe(expected[n / 2 - 1]);
    expect(middle.indices.item()).toEqual(ascending.indices.slice(n / 2 - 1).item());
    expect(kthvalue(x, 100).indices.item()).toEqual(ascending.indices.slice(99).item());
  });
});
