import { digestOf, pattern, patternAt, samplePlaces } from '../../bench/suite/protocol.js';

test('the pattern is the same in every language', () => {
  expect([...pattern(3, 1)]).toEqual([0, 1, 2].map((index) => patternAt(index, 1)));
  expect(patternAt(0, 0)).toBe(-0.5);
  // As bench/peers/pytorch/protocol.py makes them.
  expect([...pattern(4, 1)].map((value) => value.toFixed(6))).toEqual(['0.073398', '0.088394', '0.204134', '0.427763']);
});

test('numbers of the pattern fill [-0.5, 0.5] evenly', () => {
  const values = [...pattern(10_000, 3)];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(square).toBeCloseTo(1 / 12, 2);
});

test('sample places are inside and differ', () => {
  for (const size of [1, 5, 64, 1000, 1 << 20]) {
    const places = samplePlaces(size);
    expect(places).toHaveLength(Math.min(size, 64));
    expect(places.every((place) => place >= 0 && place < size)).toBe(true);
    expect(new Set(places).size).toBe(places.length);
  }
  expect(samplePlaces(0)).toEqual([]);
});

test('a digest holds numbers, also of big integers', () => {
  expect(digestOf([3n])).toEqual({ size: 1, samples: [3] });
});
