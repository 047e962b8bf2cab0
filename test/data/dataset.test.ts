import {
  arange,
  memory,
  MyelinError,
  scope,
  scopeAsync,
  splitDataset,
  Subset,
  tensor,
  TensorDataset,
  zeros,
  type Tensor,
} from 'myelin';

import { permutation } from '../../lib/data/random.js';

const rows = () =>
  new TensorDataset({
    x: tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    y: tensor([7, 8, 9], { dtype: 'int32' }),
  });

describe('TensorDataset', () => {
  it('gives rows, and batches in the order asked for', () => {
    scope(() => {
      const data = rows();
      expect(data.length).toBe(3);
      const { x, y } = data.get(1);
      expect([x.toArray(), y.toArray()]).toEqual([[3, 4], 8]);
      const batch = data.batch(Uint32Array.of(2, 0, 2));
      expect([batch.x.toArray(), batch.y.toArray()]).toEqual([
        [
          [5, 6],
          [1, 2],
          [5, 6],
        ],
        [9, 7, 9],
      ]);
      expect(batch.y.dtype).toBe('int32');
    });
  });

  it('gives neighbouring rows as a view', () => {
    scope(() => {
      const data = rows();
      expect(data.batch(Uint32Array.of(1, 2)).x.storage).toBe(data.tensors.x.storage);
    });
  });

  it('refuses what has no rows, other numbers of rows, and wrong indices', () => {
    scope(() => {
      const message = (call: () => unknown) => {
        try {
          call();
        } catch (error) {
          return `${(error as MyelinError).code} ${(error as MyelinError).message}`;
        }
        return 'did not fail';
      };
      expect(message(() => new TensorDataset({ x: zeros([2, 3]), y: zeros([3]) }))).toBe(
        'SHAPE TensorDataset: the tensors differ in their number of rows: x is float32[2,3], y is float32[3] (need one shape[0] for all)',
      );
      expect(message(() => new TensorDataset({ x: zeros([]) }))).toMatch(/^SHAPE/);
      expect(message(() => new TensorDataset({}))).toMatch(/^VALUE/);
      expect(message(() => new TensorDataset({ x: 3 as never }))).toMatch(/^TYPE/);
      for (const index of [-1, 3, 0.5, NaN])
        expect(message(() => rows().get(index))).toMatch(/^INDEX .*0 <= index < 3/);
      expect(message(() => rows().batch(Uint32Array.of(0, 3)))).toMatch(/^INDEX/);
      expect(message(() => new Subset(rows(), [3]))).toMatch(/^INDEX/);
    });
  });

  it('frees its tensors when it is disposed', () => {
    const before = memory({ collect: true }).storages;
    rows().dispose();
    expect(memory().storages).toBeLessThanOrEqual(before);
  });
});

describe('splitDataset', () => {
  const numbers = () => new TensorDataset({ x: arange(10) });
  const valuesOf = async (part: Subset<{ x: Tensor }>) =>
    Promise.all(Array.from({ length: part.length }, async (_, i) => (await part.get(i)).x.item()));

  it('deals every sample out once, the same way for the same seed', async () => {
    await scopeAsync(async () => {
      const deal = (seed: number) => Promise.all(splitDataset(numbers(), [0.5, 0.3, 0.2], { seed }).map(valuesOf));
      const parts = await deal(1);
      expect(parts.map((part) => part.length)).toEqual([5, 3, 2]);
      expect(parts.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(await deal(1)).toEqual(parts);
      expect(await deal(2)).not.toEqual(parts);
    });
  });

  it('cuts in order when it is told to, by counts too', async () => {
    await scopeAsync(async () => {
      const parts = splitDataset(numbers(), [2, 3], { shuffle: false });
      expect(await Promise.all(parts.map(valuesOf))).toEqual([
        [0, 1],
        [2, 3, 4],
      ]);
      expect(parts[1]!.batch!(Uint32Array.of(2, 0)).x.toArray()).toEqual([4, 2]);
    });
  });

  it.each([[[11]], [[0.5, 0.6]], [[-1, 2]], [[1.5, 2]], [[]], [[NaN]]])('refuses %p', (sizes) => {
    scope(() => expect(() => splitDataset(numbers(), sizes)).toThrow(MyelinError));
  });
});

describe('permutation', () => {
  it('holds every number once', () => {
    for (const length of [0, 1, 2, 17, 1000]) {
      expect([...permutation(length, 3, 4)].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    }
  });

  it('differs by seed and by epoch, and treats all places alike', () => {
    const text = (seed: number, epoch: number) => permutation(20, seed, epoch).join();
    expect(new Set([text(0, 0), text(0, 1), text(1, 0), text(1, 1), text(2 ** 32, 0)]).size).toBe(5);
    const counts = new Float64Array(25);
    const draws = 20_000;
    for (let epoch = 0; epoch < draws; epoch++)
      permutation(5, 7, epoch).forEach((value, place) => counts[value * 5 + place]!++);
    // Each of the 25 counts is binomial: mean 4,000, standard deviation 57.
    for (const count of counts) expect(Math.abs(count - draws / 5)).toBeLessThan(5 * 57);
  });
});
