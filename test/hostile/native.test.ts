import { dtypeInfo } from '../../lib/tensor/dtype';
import { native } from '../../lib/tensor/native';

// The addon's functions with arguments of every wrong kind: an error or a result, never a crash.
const detached = new Float32Array(8);
structuredClone(detached.buffer, { transfer: [detached.buffer] });

// Keeps the storage from being swept.
const owner = {};
const handle = native.allocate(64, owner);
const stale = native.allocate(64, {});
native.release(stale);

const strange: readonly unknown[] = [
  undefined,
  null,
  true,
  'x',
  '',
  -1,
  0,
  0.5,
  1e300,
  NaN,
  Infinity,
  2 ** 53,
  -(2 ** 31),
  10n,
  Symbol('s'),
  {},
  [],
  [1, 2, 3],
  () => 0,
  new Date(0),
  new Map(),
  new Float32Array(4),
  new Float64Array(4),
  new BigInt64Array(2),
  new DataView(new ArrayBuffer(8)),
  new ArrayBuffer(8),
  new Uint8Array(0),
  detached,
  handle,
  stale,
  owner,
  Object.freeze({ valueOf: () => 3 }),
  new Proxy({}, {}),
];

type Function = (...args: readonly unknown[]) => unknown;

/** Functions whose only effect is what they are asked for; those that set the process's state are tried apart. */
const functions = [
  'allocate',
  'borrow',
  'release',
  'read',
  'write',
  'sweep',
  'report',
  'memory',
  'ops',
  'isa',
  'isas',
  'threads',
  'pin',
  'run',
] as const;

test.each(functions)('%s', (name) => {
  const call = native[name].bind(native) as Function;
  const attempts: unknown[][] = [[], ...strange.flatMap((a) => [[a], ...strange.map((b) => [a, b])])];
  if (name === 'read' || name === 'write')
    for (const c of strange) attempts.push([handle, 0, c], [handle, 60, c], [handle, c, new Uint8Array(8)]);
  for (const args of attempts) {
    // The tests below need this one.
    if (name === 'release' && args[0] === handle) continue;
    try {
      const result = call(...args);
      if ((name === 'allocate' || name === 'borrow') && typeof result === 'number') native.release(result);
    } catch (error) {
      expect((error as { message?: unknown }).message).toEqual(expect.any(String));
    }
  }
});

test('setIsa and setThreads', () => {
  const threads = native.threads();
  const isa = native.isa();
  for (const value of strange) {
    for (const name of ['setIsa', 'setThreads'] as const) {
      try {
        (native[name] as unknown as Function)(value);
      } catch (error) {
        expect((error as { message?: unknown }).message).toEqual(expect.any(String));
      }
    }
    expect(native.threads()).toBeGreaterThanOrEqual(1);
    expect(native.threads()).toBeLessThanOrEqual(256);
  }
  native.setThreads(threads);
  native.setIsa(isa);
});

test('a copy must lie inside its storage', () => {
  const target = new Uint8Array(8);
  expect(() => native.read(handle, 57, target)).toThrow('outside its storage');
  expect(() => native.write(handle, 2 ** 52, target)).toThrow('outside its storage');
  expect(() => native.read(handle, -1, target)).toThrow();
  expect(() => native.read(stale, 0, target)).toThrow('released');
  expect(() => native.release(stale)).toThrow('released');
  expect(() => native.write(handle, 56, target)).not.toThrow();
});

test('a view whose elements are not aligned is refused', () => {
  const row = new Float64Array(16);
  native.pin(row);
  const bytes = new Uint8Array(33);
  const { code } = dtypeInfo('float32');
  const full = native.ops().findIndex(([name]) => name === 'full');
  for (const begin of [0, 1]) {
    const borrowed = native.borrow(bytes.subarray(begin, begin + 32), bytes);
    row.set([full, 0, 1, 1, borrowed, code, 0, 1, 8, 1, 1]);
    if (begin === 0) native.run(11);
    else expect(() => native.run(11)).toThrow('not aligned');
    native.release(borrowed);
  }
  expect(new Float32Array(bytes.buffer, 0, 8)).toEqual(new Float32Array(8).fill(1));
});

test('arrays of a type that no dtype has', () => {
  const { Float16Array } = globalThis as { Float16Array?: new (length: number) => Uint16Array };
  if (Float16Array === undefined) return;
  expect(() => native.borrow(new Float16Array(4), owner)).toThrow('known type');
});

test('more memory than there can be is refused', () => {
  for (const bytes of [2 ** 48, 2 ** 49, 2 ** 53]) expect(() => native.allocate(bytes, {})).toThrow(/allocation of/);
});

test('a row that is shorter than its command', () => {
  native.pin(new Float64Array(2));
  expect(() => native.run(2)).toThrow('cut short');
  expect(() => native.run(3)).toThrow('longer than its row');
  expect(() => native.pin(new Float32Array(8) as never)).toThrow('Float64Array');
});
