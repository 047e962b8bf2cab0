import { Parameter, memory, ones, randn, setMemoryLimit, trimMemory, zeros, type Tensor } from 'myelin';

import { parseBytes, showBytes } from '../../lib/tensor/bytes';
import { caught } from '../support/caught';

const mebi = 2 ** 20;
const before = memory().limit;

beforeEach(() => {
  memory({ collect: true });
  trimMemory();
});
afterEach(() => setMemoryLimit(before));

test('memory reports the limit', () => {
  expect(before).toBeGreaterThan(100 * mebi);
  setMemoryLimit(300 * mebi);
  expect(memory().limit).toBe(300 * mebi);
  setMemoryLimit('0.5 GiB');
  expect(memory().limit).toBe(512 * mebi);
  setMemoryLimit(null);
  expect(memory().limit).toBeNull();
});

test('an allocation beyond it says what was asked, what is in use, the limit, and what to do', () => {
  using held = zeros([mebi]);
  setMemoryLimit(100 * mebi);
  const error = caught(() => held.expand([100, mebi]).contiguous());
  expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', details: { asked: 400 * mebi, limit: 100 * mebi } });
  expect(error.details['live']).toBeGreaterThanOrEqual(4 * mebi);
  expect(error.message).toMatch(/needs 400\.0 MiB while .* are in use, and the limit is 100\.0 MiB \(.*setMemoryLimit/);
});
test('what was made before stays usable, and so does the library', () => {
  using x = ones([10]);
  setMemoryLimit(32 * mebi);
  for (let i = 0; i < 3; i++) expect(caught(() => zeros([2 ** 30])).code).toBe('OUT_OF_MEMORY');
  expect(x.add(1).sum().item()).toBe(20);
});

test('unreachable tensors are collected and the cache is emptied first', () => {
  setMemoryLimit(64 * mebi);
  let x: Tensor = zeros([mebi]);
  for (let i = 0; i < 100; i++) x = zeros([mebi]).add(i);
  expect(x.max().item()).toBe(99);
  x.dispose();
  // Blocks of another size: those that are cached must make room.
  for (let i = 0; i < 20; i++) zeros([(i + 3) * 100_000]).dispose();
  expect(memory().cached).toBeLessThanOrEqual(64 * mebi);
});

test('temporaries inside of ops count', () => {
  using a = randn([700, 700]);
  using warm = a.matmul(a);
  expect(warm.size).toBe(490_000);
  trimMemory();
  const size = 4 * 700 * 700;
  // Room for the result, and none for the packed panels.
  setMemoryLimit(memory().used + size + 100_000);
  const error = caught(() => a.matmul(a));
  expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', op: 'matmul' });
  expect(error.details['live']).toBeGreaterThan(size);
});

test('a Parameter is assigned in its own memory', () => {
  using source = ones([mebi]);
  using p = new Parameter(source);
  setMemoryLimit(memory().used + mebi);
  expect(p.assign(2).data()[5]).toBe(2);
  expect(caught(() => new Parameter(p)).code).toBe('OUT_OF_MEMORY');
});

test('arrays that JavaScript cannot make', () => {
  using x = ones([1]).expand([2 ** 39]);
  expect(caught(() => x.data())).toMatchObject({ code: 'OUT_OF_MEMORY', op: 'data' });
});

test('absurd sizes are refused at once', () => {
  for (const shape of [[2 ** 25, 2 ** 25], [2 ** 40], [2 ** 20, 2 ** 19]]) {
    expect(caught(() => zeros(shape)).code).toBe('OUT_OF_MEMORY');
  }
});

test.each([undefined, NaN, -1, 0.5, Infinity, 2 ** 60, 'much', '5 apples', '', '-2GiB', {}, 3n])(
  'a limit of %p is refused',
  (limit) => {
    expect(caught(() => setMemoryLimit(limit as never))).toMatchObject({ code: 'VALUE', op: 'setMemoryLimit' });
    expect(memory().limit).toBe(before);
  },
);

test('sizes as text', () => {
  expect(['7', '2 KB', '1.5MiB', '2gib', '3TB', '10B'].map(parseBytes)).toEqual([
    7,
    2000,
    1.5 * mebi,
    2 ** 31,
    3e12,
    10,
  ]);
  expect(['', 'GiB', '1 2', '1e3', '2GiBs', '-1'].map(parseBytes)).toEqual(new Array(6).fill(undefined));
  expect([0, 1023, 1536, 2 ** 31, 2 ** 62].map(showBytes)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.5 KiB',
    '2.0 GiB',
    '4096.0 PiB',
  ]);
});
