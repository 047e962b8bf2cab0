import {
  Buffer,
  Parameter,
  attachShared,
  borrow,
  fromShared,
  memory,
  ones,
  share,
  tensor,
  zeros,
  type SharedTensor,
} from 'myelin';

import { caught } from '../support/caught';

const never = (value: unknown): never => value as never;
/** As it arrives in another thread. */
const posted = <T>(value: T): T => structuredClone(value);

test('a description carries dtype, shape and layout, and every call names the same memory', () => {
  using x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  using t = x.transpose(0, 1);
  const [a, b] = [share(t), share(x)];
  expect(a).toMatchObject({
    dtype: 'float32',
    shape: [3, 2],
    strides: [1, 3],
    offset: 0,
    byteOffset: 0,
    byteLength: 24,
  });
  expect(a.memory).toBe(b.memory);
  using y = fromShared(posted(a));
  expect(y.toArray()).toEqual([
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  expect(x.add(1).sum().item()).toBe(27);
});

test('sharing moves memory: nothing is left in native memory', () => {
  const before = memory({ collect: true });
  using x = ones([1000]);
  expect(memory().live).toBe(before.live + 4000);
  share(x);
  expect(memory().live).toBe(before.live);
  using y = fromShared(share(x));
  expect(y.sum().item()).toBe(1000);
  expect(memory().storages).toBeGreaterThanOrEqual(before.storages + 2);
});

test('assignments are seen on both sides, and by views made before', () => {
  const [p, q] = [new Parameter(zeros([2, 2])), new Parameter(ones([2, 2]))];
  using view = p.reshape([4]);
  using other = q.slice(0);
  attachShared(q, posted(share(p)));
  p.assign(3);
  expect([view.toArray(), q.toArray(), other.toArray()]).toEqual([
    [3, 3, 3, 3],
    [
      [3, 3],
      [3, 3],
    ],
    [3, 3],
  ]);
  q.assign(4);
  expect(p.sum().item()).toBe(16);
  for (const x of [p, q]) x.dispose();
});

test('a disposed tensor leaves the memory to the others', () => {
  const x = ones([3]);
  const y = fromShared(share(x));
  x.dispose();
  expect(y.toArray()).toEqual([1, 1, 1]);
  y.dispose();
});

test('empty tensors, single numbers, and arrays that are shared already', () => {
  expect(fromShared(posted(share(zeros([0, 3])))).shape).toEqual([0, 3]);
  expect(fromShared(posted(share(zeros([]).add(5)))).item()).toBe(5);
  const array = new Int32Array(new SharedArrayBuffer(64), 8, 4).fill(7);
  const description = share(borrow(array));
  expect(description).toMatchObject({ byteOffset: 8, byteLength: 16 });
  expect(fromShared(posted(description)).toArray()).toEqual([7, 7, 7, 7]);
});

describe('refuses', () => {
  const valid = share(tensor([1, 2, 3, 4, 5, 6]).reshape([2, 3]));
  const wrong: readonly (readonly [what: string, change: object | null | number, code: string, message: RegExp])[] = [
    ['nothing', null, 'TYPE', /null/],
    ['a number', 5, 'TYPE', /5/],
    ['a dtype of elsewhere', { dtype: 'complex64' }, 'DTYPE', /complex64/],
    ['a dtype that is too wide for the memory', { dtype: 'float64' }, 'VALUE', /outside of its 24 bytes/],
    ['a shape that is text', { shape: '2,3' }, 'TYPE', /array of integers/],
    ['a larger shape', { shape: [2, 4] }, 'VALUE', /float32\[2,4\] reaches outside/],
    ['a negative extent', { shape: [-2, 3] }, 'SHAPE', /non-negative/],
    ['a huge shape', { shape: [2 ** 30, 2 ** 30] }, 'OUT_OF_MEMORY', /2\^40/],
    ['strides of another rank', { strides: [1] }, 'VALUE', /strides/],
    ['strides that are none', { strides: undefined }, 'VALUE', /strides are undefined/],
    ['fractional strides', { strides: [1.5, 1] }, 'VALUE', /strides/],
    ['huge strides', { strides: [2 ** 52, 1] }, 'VALUE', /outside/],
    ['negative strides without an offset', { strides: [3, -1] }, 'VALUE', /outside/],
    ['an offset beyond the end', { offset: 1 }, 'VALUE', /outside/],
    ['a negative offset', { offset: -1 }, 'VALUE', /offset is -1/],
    ['NaN as offset', { offset: NaN }, 'VALUE', /offset is NaN/],
    ['an offset that is text', { offset: '0' }, 'VALUE', /offset is "0"/],
    ['a byte offset between elements', { byteOffset: 2, byteLength: 20 }, 'VALUE', /multiple of 4/],
    ['more bytes than there are', { byteLength: 2 ** 40 }, 'VALUE', /of a memory of 24/],
    ['fewer bytes than it needs', { byteLength: 20 }, 'VALUE', /outside/],
    ['memory of its own', { memory: new ArrayBuffer(24) }, 'TYPE', /memory is/],
    ['memory that is an object', { memory: { byteLength: 24 } }, 'TYPE', /memory is/],
  ];
  test.each(wrong)('%s', (_, change, code, message) => {
    const description = typeof change === 'object' && change !== null ? { ...valid, ...change } : change;
    expect(caught(() => fromShared(never(description)))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    const target = new Buffer(zeros([2, 3]));
    expect(caught(() => attachShared(target, never(description)))).toMatchObject({ code, op: 'attachShared' });
    target.dispose();
  });

  test('getters that change their minds', () => {
    let reads = 0;
    const description = {
      ...valid,
      get shape() {
        return reads++ === 0 ? [2, 3] : [200, 300];
      },
    };
    expect(fromShared(description as SharedTensor).shape).toEqual([2, 3]);
    const shape = new Proxy([2, 3], {
      get: (list, key) => (key === '0' && reads++ > 4 ? 2000 : Reflect.get(list, key)),
    });
    expect(
      fromShared({ ...valid, shape })
        .sum()
        .item(),
    ).toBe(21);
  });

  test('targets of another kind', () => {
    expect(caught(() => attachShared(never(ones([2, 3])), valid))).toMatchObject({ code: 'TYPE' });
    expect(caught(() => attachShared(new Buffer(zeros([3, 2])), valid))).toMatchObject({ code: 'SHAPE' });
    expect(caught(() => attachShared(never(new Buffer(zeros([2, 3], { dtype: 'int32' }))), valid))).toMatchObject({
      code: 'DTYPE',
    });
    const gone = new Buffer(zeros([2, 3]));
    gone.dispose();
    expect(caught(() => attachShared(gone, valid))).toMatchObject({ code: 'DISPOSED', op: 'attachShared' });
  });

  test('what cannot be shared', () => {
    expect(caught(() => share(borrow(new Float32Array(3))))).toMatchObject({ code: 'STATE', op: 'share' });
    expect(caught(() => share(never([1])))).toMatchObject({ code: 'TYPE', op: 'share' });
    const gone = zeros([2]);
    gone.dispose();
    expect(caught(() => share(gone))).toMatchObject({ code: 'DISPOSED', op: 'share' });
  });
});
