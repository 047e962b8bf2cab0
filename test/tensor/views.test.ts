import { arange, tensor, zeros, type Tensor } from 'myelin';
import fc from 'fast-check';

import { read } from '../support/compare';
import { build, indicesOf, sizeOf } from '../support/reference';

const counted = (shape: readonly number[]): Tensor => arange(sizeOf(shape), { dtype: 'float32' }).reshape(shape);
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

test('a view shares the memory of its tensor and keeps it alive', () => {
  const x = counted([2, 3]);
  const y = x.transpose(0, 1);
  expect(y.storage).toBe(x.storage);
  x.dispose();
  expect(y.toArray()).toEqual([
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
  y.dispose();
  expect(y.disposed).toBe(true);
});

test('reshape copies only when it has to', () => {
  const x = counted([2, 3]);
  expect(x.reshape([3, 2]).storage).toBe(x.storage);
  expect(x.reshape([-1]).shape).toEqual([6]);
  const y = x.transpose(0, 1).reshape([6]);
  expect(y.storage).not.toBe(x.storage);
  expect(y.toArray()).toEqual([0, 3, 1, 4, 2, 5]);
});

test('slices: start, stop, step, and counting from the end', () => {
  const x = arange(6);
  expect(x.slice([1, 3]).toArray()).toEqual([1, 2]);
  expect(x.slice([-2, null]).toArray()).toEqual([4, 5]);
  expect(x.slice([0, 6, 2]).toArray()).toEqual([0, 2, 4]);
  expect(x.slice([null, null, -2]).toArray()).toEqual([5, 3, 1]);
  expect(x.slice([4, 2]).toArray()).toEqual([]);
  expect(x.slice([-100, 100]).toArray()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(x.slice(-1).item()).toBe(5);
  expect(counted([2, 3]).slice(null, 1).toArray()).toEqual([1, 4]);
});

test('a view of a view of a view', () => {
  const x = counted([4, 6]);
  const y = x.transpose(0, 1).slice([1, 5, 2]).flip(0).slice(null, 2);
  expect(y.toArray()).toEqual([15, 13]);
  expect(y.isContiguous).toBe(false);
  expect(y.contiguous().isContiguous).toBe(true);
  expect(y.contiguous().toArray()).toEqual([15, 13]);
});

test('expand repeats without memory', () => {
  const x = tensor([[1], [2]]);
  const y = x.expand([3, 2, 4]);
  expect(y.storage).toBe(x.storage);
  expect(y.strides).toEqual([0, 1, 0]);
  expect(y.sum().item()).toBe(36);
});

test('transposing twice is nothing', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), fc.nat(), (shape, i, j) => {
      const x = counted(shape);
      const [a, b] = [i % shape.length, j % shape.length];
      expect(read(x.transpose(a, b).transpose(a, b))).toEqual(read(x));
    }),
  );
});

test('permute puts axes where it says', () => {
  fc.assert(
    fc.property(
      shapes.chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.shuffledSubarray(
            shape.map((_, i) => i),
            { minLength: shape.length },
          ),
        ),
      ),
      ([shape, order]) => {
        const x = counted(shape);
        const y = x.permute(order);
        expect(y.shape).toEqual(order.map((axis) => shape[axis]));
        const expected = build('float32', y.shape, (index) => {
          const source = shape.map((_, axis) => index[order.indexOf(axis)]!);
          return source.reduce((at, k, axis) => at * shape[axis]! + k, 0);
        });
        expect(read(y)).toEqual(expected);
        expect(Array.from(y.data(), Number)).toEqual(expected.data);
      },
    ),
  );
});

test('reshape and back is nothing', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const x = counted(shape);
      expect(read(x.reshape([-1]).reshape(shape))).toEqual(read(x));
    }),
  );
});

test('unsqueeze and squeeze are inverse', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, i) => {
      const axis = i % (shape.length + 1);
      const x = counted(shape);
      const y = x.unsqueeze(axis);
      expect(y.shape).toEqual([...shape.slice(0, axis), 1, ...shape.slice(axis)]);
      expect(y.squeeze(axis).shape).toEqual(shape);
    }),
  );
});

test('indices of empty tensors', () => {
  const x = zeros([0, 3]);
  expect([...indicesOf(x.shape)]).toEqual([]);
  expect(x.transpose(0, 1).toArray()).toEqual([[], [], []]);
  expect(x.sum().item()).toBe(0);
});
