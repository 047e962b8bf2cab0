import { arange, ones, tensor, zeros } from 'myelin';

import { caught } from '../support/caught';

test('item', () => {
  expect(tensor(2.5).item()).toBe(2.5);
  expect(tensor([[7]]).item()).toBe(7);
  expect(tensor(true).item()).toBe(true);
  expect(tensor(5, { dtype: 'int64' }).item()).toBe(5);
  expect(caught(() => ones([2]).item())).toMatchObject({ code: 'SHAPE', op: 'item' });
  expect(caught(() => tensor(BigInt64Array.of(2n ** 60n)).item())).toMatchObject({ code: 'VALUE', op: 'item' });
});

test('data copies: neither side sees changes of the other', () => {
  const source = Float32Array.of(1, 2, 3);
  const x = tensor(source);
  source[0] = 99;
  const copy = x.data();
  copy[1] = 99;
  expect(x.toArray()).toEqual([1, 2, 3]);
});

test('data fills a target, which must fit', () => {
  const target = new Float32Array(4);
  const x = arange(4, { dtype: 'float32' });
  expect(x.data(target)).toBe(target);
  expect([...target]).toEqual([0, 1, 2, 3]);
  expect(caught(() => x.data(new Float32Array(3)))).toMatchObject({ code: 'VALUE', op: 'data' });
  expect(caught(() => x.data(new Int32Array(4) as never))).toMatchObject({ code: 'TYPE', op: 'data' });
  expect(caught(() => x.data([0, 0, 0, 0] as never))).toMatchObject({ code: 'TYPE', op: 'data' });
});

test('data of a view is row-major', () => {
  const x = arange(6, { dtype: 'float32' }).reshape([2, 3]).transpose(0, 1);
  expect([...x.data()]).toEqual([0, 3, 1, 4, 2, 5]);
});

test('toArray nests one level per axis', () => {
  expect(tensor(4).toArray()).toBe(4);
  expect(zeros([2, 0]).toArray()).toEqual([[], []]);
  expect(tensor([[true], [false]]).toArray()).toEqual([[true], [false]]);
  expect(tensor(BigInt64Array.of(3n)).toArray()).toEqual([3]);
});

test('nested arrays of unequal length are refused', () => {
  expect(caught(() => tensor([[1, 2], [3]]))).toMatchObject({ code: 'SHAPE', op: 'tensor' });
});
