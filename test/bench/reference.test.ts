// The float64 results that errors are measured by, against the library's own float64 ops.
import { conv2d, matmul, tensor, transpose, vjp, type Tensor } from 'myelin';

import { pattern, samplePlaces } from '../../bench/suite/protocol.js';
import { referenceOf } from '../../bench/suite/reference.js';
import { relativeError } from '../../bench/suite/statistics.js';

const doubles = (seed: number, ...shape: number[]): Tensor<'float64'> =>
  tensor(
    Float64Array.from(
      pattern(
        shape.reduce((a, b) => a * b),
        seed,
      ),
    ),
    { shape },
  );

const sampledFrom = (x: Tensor<'float64'>): number[] => samplePlaces(x.size).map((place) => x.data()[place]!);

function expectSame(expected: readonly (readonly number[])[] | undefined, ...actual: Tensor<'float64'>[]): void {
  const errors = actual.map((x, i) => relativeError(sampledFrom(x), expected?.[i] ?? []));
  expect(Math.max(...errors)).toBeLessThan(1e-12);
}

test.each([
  [0, 0, 1],
  [1, 0, 3],
  [0, 1, 2],
])('matrix products, A transposed: %d, B transposed: %d, batch of %d', (aTransposed, bTransposed, batch) => {
  const [m, n, k] = [5, 6, 7];
  const a = aTransposed === 1 ? transpose(doubles(1, batch, k, m), -2, -1) : doubles(1, batch, m, k);
  const b = bTransposed === 1 ? transpose(doubles(2, batch, n, k), -2, -1) : doubles(2, batch, k, n);
  const args = { m, n, k, batch, aTransposed, bTransposed, dtype: 'float32' };
  expectSame(referenceOf('matmul', args), matmul(a, b));
});

test.each([
  { stride: 1, padding: 1, dilation: 1, groups: 1 },
  { stride: 2, padding: 0, dilation: 1, groups: 2 },
  { stride: 1, padding: 2, dilation: 2, groups: 4 },
])('convolutions and their gradients: %j', (geometry) => {
  const [batch, channels, size, filters, kernel] = [2, 4, 8, 8, 3];
  const args = { batch, channels, size, filters, kernel, ...geometry };
  const x = doubles(1, batch, channels, size, size);
  const w = doubles(2, filters, channels / geometry.groups, kernel, kernel);
  const [y, pullback] = vjp(
    (image: Tensor<'float64'>, weight: Tensor<'float64'>) => conv2d(image, weight, geometry),
    [x, w],
  );
  expectSame(referenceOf('conv2d', args), y);
  expectSame(referenceOf('conv2dBackward', args), ...pullback(doubles(3, ...y.shape)));
});

test('other kinds of work have no reference', () => {
  expect(referenceOf('rows', {})).toBeUndefined();
  expect(referenceOf('matmul', { dtype: 'int8' })).toBeUndefined();
});
