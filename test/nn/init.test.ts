import {
  BatchNorm2d,
  calculateGain,
  Conv2d,
  Embedding,
  fansOf,
  Generator,
  kaimingNormal,
  kaimingUniform,
  Linear,
  matmul,
  MyelinError,
  orthogonal,
  seed,
  truncNormal,
  xavierNormal,
  xavierUniform,
  type Tensor,
} from 'myelin';

import { scoped } from '../support/golden';

interface Moments {
  readonly mean: number;
  readonly std: number;
  readonly low: number;
  readonly high: number;
}

function momentsOf(x: Tensor<'float32'>): Moments {
  const values = Array.from(x.data());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), low: Math.min(...values), high: Math.max(...values) };
}

// 30,000 values: mean and deviation of the sample are within 5 % of the deviation with certainty.
const shape = [100, 20, 3, 5];
const fanIn = 300;
const fanOut = 1500;

beforeEach(() => seed(7));

describe.each([
  ['kaimingUniform', () => kaimingUniform(shape), Math.sqrt(2 / fanIn), Math.sqrt(3)],
  ['kaimingUniform, slope', () => kaimingUniform(shape, { a: Math.sqrt(5) }), Math.sqrt(1 / 3 / fanIn), Math.sqrt(3)],
  ['kaimingUniform, fanOut', () => kaimingUniform(shape, { mode: 'fanOut' }), Math.sqrt(2 / fanOut), Math.sqrt(3)],
  [
    'kaimingUniform, tanh',
    () => kaimingUniform(shape, { nonlinearity: 'tanh' }),
    5 / 3 / Math.sqrt(fanIn),
    Math.sqrt(3),
  ],
  ['kaimingNormal', () => kaimingNormal(shape), Math.sqrt(2 / fanIn), Infinity],
  ['xavierUniform', () => xavierUniform(shape), Math.sqrt(2 / (fanIn + fanOut)), Math.sqrt(3)],
  ['xavierUniform, gain', () => xavierUniform(shape, { gain: 2 }), 2 * Math.sqrt(2 / (fanIn + fanOut)), Math.sqrt(3)],
  ['xavierNormal', () => xavierNormal(shape), Math.sqrt(2 / (fanIn + fanOut)), Infinity],
  // The standard deviation of a normal distribution cut at two of its own.
  ['truncNormal', () => truncNormal(shape), 0.8796, 2 / 0.8796],
] as const)('%s', (_, make, std, bound) => {
  test(
    'has the mean, deviation and bounds that its source gives',
    scoped(() => {
      const moments = momentsOf(make());
      expect(Math.abs(moments.mean)).toBeLessThan(0.05 * std);
      expect(Math.abs(moments.std - std)).toBeLessThan(0.05 * std);
      expect(moments.high).toBeLessThanOrEqual(bound * std * 1.0001);
      expect(moments.low).toBeGreaterThanOrEqual(-bound * std * 1.0001);
      if (bound < Infinity) expect(moments.high).toBeGreaterThan(0.95 * bound * std);
    }),
  );
});

test(
  'truncNormal moves and cuts',
  scoped(() => {
    const moments = momentsOf(truncNormal([10_000], { mean: 1, std: 0.5, low: 0.8, high: 1.4 }));
    expect(moments.low).toBeGreaterThanOrEqual(Math.fround(0.8));
    expect(moments.high).toBeLessThanOrEqual(Math.fround(1.4));
  }),
);

test.each([
  [4, 4],
  [3, 7],
  [7, 3],
])('orthogonal %i × %i has orthonormal rows or columns', (rows, columns) => {
  scoped(() => {
    const q = orthogonal([rows, columns], { gain: 2, dtype: 'float64' });
    const product = rows <= columns ? matmul(q, q.transpose()) : matmul(q.transpose(), q);
    const size = Math.min(rows, columns);
    product.data().forEach((value, i) => expect(value).toBeCloseTo(i % (size + 1) === 0 ? 4 : 0, 12));
  })();
});

test('fans and gains are those of PyTorch', () => {
  expect(fansOf([5, 3])).toEqual({ fanIn: 3, fanOut: 5 });
  expect(fansOf([16, 3, 5, 5])).toEqual({ fanIn: 75, fanOut: 400 });
  expect(calculateGain('relu')).toBe(Math.SQRT2);
  expect(calculateGain('leakyRelu', 1)).toBe(1);
  expect(() => fansOf([3])).toThrow(MyelinError);
});

test(
  'one seed gives one set of weights, also from a generator of its own',
  scoped(() => {
    const draw = () => kaimingNormal([2, 3], { generator: new Generator(3) }).toArray();
    expect(draw()).toEqual(draw());
    seed(1);
    using first = new Linear(3, 3);
    seed(1);
    using second = new Linear(3, 3);
    expect(second.weight.toArray()).toEqual(first.weight.toArray());
  }),
);

describe('layers start as in PyTorch', () => {
  const largest = (x: Tensor<'float32'>): number => Math.max(...x.data().map(Math.abs));

  test('Linear and Conv2d: uniform up to 1 / √fanIn, weight and bias', () => {
    using linear = new Linear(400, 100);
    using conv = new Conv2d(8, 100, [5, 10], { groups: 1 });
    for (const variable of [linear.weight, linear.bias!, conv.weight, conv.bias!]) {
      expect(largest(variable)).toBeLessThanOrEqual(Math.fround(1 / 20));
      expect(largest(variable)).toBeGreaterThan(0.045);
    }
  });

  test('Embedding: standard normal, zeros for the padding', () => {
    using table = new Embedding(200, 100, { paddingIdx: 3 });
    const { mean, std } = momentsOf(table.weight);
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(std - 1)).toBeLessThan(0.05);
    expect(largest(table.weight)).toBeGreaterThan(3);
    expect(Array.from(table.weight.data().subarray(300, 400))).toEqual(new Array(100).fill(0));
  });

  test('BatchNorm2d: the identity', () => {
    using norm = new BatchNorm2d(2);
    const values = Object.values(norm.stateDict()).map((variable) => variable.toArray());
    expect(values).toEqual([[1, 1], [0, 0], [0, 0], [1, 1], 0]);
  });
});
