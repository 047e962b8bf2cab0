import { setTimeout as sleep } from 'node:timers/promises';

import {
  arange,
  collate,
  DataLoader,
  memory,
  MyelinError,
  scope,
  scopeAsync,
  seed,
  tensor,
  TensorDataset,
  type Tensor,
} from 'myelin';

const numbers = (count = 10) => new TensorDataset({ x: arange(count) });

/** Everything that a loop over a loader sees, as arrays. */
async function valuesOf(loader: AsyncIterable<{ x: Tensor }>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { x } of loader) values.push(x.toArray());
  return values;
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as MyelinError).code,
  );

let before: number;
beforeEach(() => {
  before = memory({ collect: true }).storages;
});
afterEach(() => {
  expect(memory().storages).toBeLessThanOrEqual(before);
});

/** Runs a test with tensors that are freed at its end. */
const test = (name: string, body: () => Promise<void>) => it(name, () => scopeAsync(body));

describe('batches', () => {
  test('are of the size asked for, and the last one smaller', async () => {
    const loader = new DataLoader(numbers(), { batchSize: 4 });
    expect([loader.length, loader.samples]).toEqual([3, 10]);
    expect(await valuesOf(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  test('leave out a smaller last one when told to', async () => {
    const loader = new DataLoader(numbers(), { batchSize: 4, dropLast: true });
    expect(loader.length).toBe(2);
    expect(await valuesOf(loader)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });

  test('are of one sample for stochastic descent, and of all for full-batch descent', async () => {
    expect(await valuesOf(new DataLoader(numbers(3), { batchSize: 1 }))).toEqual([[0], [1], [2]]);
    expect(await valuesOf(new DataLoader(numbers(3), { batchSize: 'full' }))).toEqual([[0, 1, 2]]);
    expect(await valuesOf(new DataLoader(numbers(3), { batchSize: 1000 }))).toEqual([[0, 1, 2]]);
  });

  test('of no data are none', async () => {
    expect(await valuesOf(new DataLoader<{ x: Tensor }>([], { batchSize: 'full' }))).toEqual([]);
  });

  test('are made of samples one by one, now or later, and in order', async () => {
    const slow = { length: 5, get: async (i: number) => (await sleep(10 - 2 * i), { x: tensor([i, -i]), y: i % 2 }) };
    const loader = new DataLoader(slow, { batchSize: 2, prefetch: 3 });
    expect(await valuesOf(loader)).toEqual([
      [
        [0, -0],
        [1, -1],
      ],
      [
        [2, -2],
        [3, -3],
      ],
      [[4, -4]],
    ]);
  });

  test('are made of iterables, of arrays, and of sync and async generators', async () => {
    const samples = [1, 2, 3].map((x) => ({ x }));
    async function* later() {
      for (const sample of samples) yield sample;
    }
    for (const source of [samples, new Set(samples), later()]) {
      expect(await valuesOf(new DataLoader<{ x: number }>(source, { batchSize: 2 }))).toEqual([[1, 2], [3]]);
    }
    expect(new DataLoader(later()).length).toBeUndefined();
    expect(await valuesOf(new DataLoader<{ x: number }>(later(), { batchSize: 2, dropLast: true }))).toEqual([[1, 2]]);
    expect(await valuesOf(new DataLoader<{ x: number }>(later(), { batchSize: 'full' }))).toEqual([[1, 2, 3]]);
  });

  test('of an iterable of tensors free those tensors', async () => {
    const made: Tensor[] = [];
    function* source() {
      for (let i = 0; i < 5; i++) {
        made.push(tensor([i]));
        yield { x: made[i]! };
      }
    }
    expect(await valuesOf(new DataLoader(source(), { batchSize: 2, dropLast: true }))).toEqual([
      [[0], [1]],
      [[2], [3]],
    ]);
    expect(made.map((x) => x.disposed)).toEqual([true, true, true, true, true]);
  });

  test('pass through collate and transform', async () => {
    const data = [{ v: [1] }, { v: [2, 3] }];
    const padded = new DataLoader(data, {
      batchSize: 2,
      collate: (samples) => ({ x: tensor(samples.map(({ v }) => [...v, 0, 0].slice(0, 2))) }),
      transform: ({ x }) => ({ x: x.mul(10), double: x.mul(2) }),
    });
    for await (const { x, double } of padded)
      expect([x.toArray(), double.toArray()]).toEqual([
        [
          [10, 0],
          [20, 30],
        ],
        [
          [2, 0],
          [4, 6],
        ],
      ]);
    const scaled = new DataLoader(numbers(2), { transform: ({ x }) => ({ x: x.add(1) }) });
    expect(await valuesOf(scaled)).toEqual([[1, 2]]);
  });
});

describe('order', () => {
  const epochs = async (options: { seed?: number }, count = 3) => {
    const loader = new DataLoader(numbers(), { batchSize: 3, shuffle: true, ...options });
    const seen: unknown[] = [];
    for (let i = 0; i < count; i++) seen.push(await valuesOf(loader));
    return seen;
  };

  test('is another one in every epoch, and the same for the same seed', async () => {
    const first = await epochs({ seed: 5 });
    expect(new Set(first.map((epoch) => JSON.stringify(epoch))).size).toBe(3);
    expect((first[0] as number[][]).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await epochs({ seed: 5 })).toEqual(first);
    expect(await epochs({ seed: 6 })).not.toEqual(first);
  });

  test('without a seed follows the library seed', async () => {
    seed(3);
    const first = await epochs({});
    expect(await epochs({})).not.toEqual(first);
    seed(3);
    expect(await epochs({})).toEqual(first);
  });

  test('can be entered anywhere', async () => {
    const loader = new DataLoader(numbers(), { batchSize: 3, shuffle: true, seed: 5 });
    const [, second] = await epochs({ seed: 5 });
    expect(await valuesOf(loader.batches({ epoch: 1, skip: 2 }))).toEqual((second as unknown[]).slice(2));
    expect(loader.epoch).toBe(2);
    const plain = new DataLoader([1, 2, 3].map((x) => ({ x })).values(), { batchSize: 1 });
    expect(await valuesOf(plain.batches({ skip: 2 }))).toEqual([[3]]);
  });
});

describe('memory', () => {
  test('of a batch is freed when the next one is asked for', async () => {
    const seen: Tensor[] = [];
    for await (const { x } of new DataLoader(numbers(), { batchSize: 4, shuffle: true })) {
      expect(seen.every((tensor) => tensor.disposed)).toBe(true);
      seen.push(x);
    }
    expect(seen.every((tensor) => tensor.disposed)).toBe(true);
  });

  test("is the loop's own with autoDispose: false", async () => {
    for await (const { x } of new DataLoader(numbers(), { autoDispose: false })) {
      await Promise.resolve();
      expect(x.disposed).toBe(false);
      x.dispose();
    }
  });

  it('of an abandoned loop is freed, with the batches made ahead', async () => {
    const data = { length: 100, get: async (i: number) => ({ x: tensor([i]) }) };
    for await (const { x } of new DataLoader(data, { batchSize: 2, prefetch: 5 })) {
      expect(x.toArray()).toEqual([[0], [1]]);
      break;
    }
    const failing = async () => {
      for await (const batch of new DataLoader(data, { prefetch: 5 })) throw new Error(String(batch.x.rank));
    };
    await expect(failing()).rejects.toThrow('2');
    await sleep(10);
  });

  it('closes an abandoned iterable', async () => {
    let closed = false;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield { x: i };
      } finally {
        closed = true;
      }
    }
    for await (const batch of new DataLoader(source(), { batchSize: 2 })) if (batch.x.size > 0) break;
    await sleep(1);
    expect(closed).toBe(true);
  });
});

describe('errors', () => {
  it('of the data reach the loop, and the rest is freed', async () => {
    const data = {
      length: 6,
      get: async (i: number) => {
        if (i === 3) throw new Error('sample 3 is broken');
        await sleep(i);
        return { x: tensor([i]) };
      },
    };
    await expect(valuesOf(new DataLoader(data, { batchSize: 2, prefetch: 3 }))).rejects.toThrow('sample 3 is broken');
    await sleep(20);
  });

  it('of samples that do not fit together free them', async () => {
    function* source() {
      yield { x: tensor([1]) };
      yield { x: tensor([1, 2]) };
    }
    await expect(valuesOf(new DataLoader(source(), { batchSize: 2 }))).rejects.toMatchObject({ code: 'SHAPE' });
  });

  it('an abort ends the loop at once, whatever the data does', async () => {
    const controller = new AbortController();
    const stuck = { length: 3, get: (i: number) => (i === 0 ? { x: 1 } : new Promise<{ x: number }>(() => undefined)) };
    const loader = new DataLoader(stuck, { batchSize: 1, signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    expect(await codeOf(valuesOf(loader))).toBe('ABORTED');
    expect(await codeOf(valuesOf(loader))).toBe('ABORTED');
  });

  it.each([
    ['no batch size', { batchSize: 0 }],
    ['a fraction of a sample', { batchSize: 1.5 }],
    ['a negative prefetch', { prefetch: -1 }],
    ['a negative seed', { shuffle: true, seed: -1 }],
  ])('%s', (_name, options) => {
    scope(() => expect(() => new DataLoader(numbers(), options)).toThrow(MyelinError));
  });

  it('a part of an epoch and a length must be counts', () => {
    const loader = new DataLoader([{ x: 1 }]);
    expect(() => loader.batches({ skip: -1 })).toThrow(/skip is -1 \(need an integer of at least 0\)/);
    expect(() => loader.batches({ epoch: NaN })).toThrow(/epoch is NaN/);
    expect(() => new DataLoader({ length: 2.5, get: () => ({ x: 1 }) })).toThrow(/the length of the data is 2.5/);
  });

  it('an iterable cannot be shuffled, and a number is no data', () => {
    expect(() => new DataLoader(new Set([{ x: 1 }]), { shuffle: true })).toThrow(/length and get/);
    expect(() => new DataLoader(Object(3) as never)).toThrow(/cannot load from/);
  });
});

it('lets timers run while it serves data from memory', async () => {
  const data = numbers(100_000);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  // Without a turn for timers the data would end before any of them fires.
  for await (const { x } of new DataLoader(data, { batchSize: 1 })) if (x.size === 0 || ticks > 0) break;
  clearInterval(timer);
  data.dispose();
  expect(ticks).toBeGreaterThan(0);
});

describe('collate', () => {
  it('stacks every kind of field', () => {
    scope(() => {
      const sample = (n: number) => ({
        tensor: tensor([[n, n]]),
        floats: Float32Array.of(n, 1),
        doubles: Float64Array.of(n),
        ints: Int32Array.of(n),
        longs: BigInt64Array.of(BigInt(n)),
        bytes: Uint8Array.of(n),
        number: n / 2,
        label: n,
        bigint: BigInt(n),
        flag: n > 1,
      });
      const batch = collate([sample(1), sample(2)], { label: 'int64' });
      const described = Object.fromEntries(
        Object.entries(batch).map(([name, x]) => [name, [x.dtype, x.shape, x.toArray()]]),
      );
      expect(described).toEqual({
        tensor: ['float32', [2, 1, 2], [[[1, 1]], [[2, 2]]]],
        floats: [
          'float32',
          [2, 2],
          [
            [1, 1],
            [2, 1],
          ],
        ],
        doubles: ['float64', [2, 1], [[1], [2]]],
        ints: ['int32', [2, 1], [[1], [2]]],
        longs: ['int64', [2, 1], [[1], [2]]],
        bytes: ['uint8', [2, 1], [[1], [2]]],
        number: ['float32', [2], [0.5, 1]],
        label: ['int64', [2], [1, 2]],
        bigint: ['int64', [2], [1, 2]],
        flag: ['bool', [2], [false, true]],
      });
    });
  });

  const code = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return (error as MyelinError).code;
    }
    return 'none';
  };

  it('refuses no samples, mixed kinds, other shapes, and what has no dtype', () => {
    scope(() => {
      expect(code(() => collate([]))).toBe('VALUE');
      expect(code(() => collate<{ x: unknown }>([{ x: 1 }, { x: true }]))).toBe('TYPE');
      expect(code(() => collate<{ x: unknown }>([{ x: 1 }, {} as { x: unknown }]))).toBe('TYPE');
      expect(code(() => collate([{ x: 'text' }]))).toBe('TYPE');
      expect(code(() => collate([{ x: Float32Array.of(1) }, { x: Float32Array.of(1, 2) }]))).toBe('SHAPE');
      expect(code(() => collate([{ x: tensor([1]) }, { x: tensor([1, 2]) }]))).toBe('SHAPE');
      expect(code(() => collate([{ x: 1.5 }], { x: 'int64' }))).not.toBe('none');
    });
  });
});
