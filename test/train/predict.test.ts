import { setTimeout as pause } from 'node:timers/promises';

import {
  DataLoader,
  Dropout,
  Linear,
  MyelinError,
  Sequential,
  full,
  memory,
  predict,
  tensor,
  type Tensor,
} from 'myelin';

type Batch = { readonly x: Tensor<'float32'> };

const width = 4;
let model: Linear;
let before: number;

beforeEach(() => {
  before = memory({ collect: true }).storages;
  model = new Linear(width, 1, { bias: false });
  model.weight.assign(1);
});

afterEach(() => {
  model.dispose();
  // Less, when `before` counted what others had left to the collector.
  expect(memory({ collect: true }).storages).toBeLessThanOrEqual(before);
});

/** Batches of all ones, twos, threes …, each freed when the next is asked for; tells how many have been asked for. */
function counted(count: number) {
  const state = { asked: 0, returned: false };
  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    try {
      for (let i = 1; i <= count; i++) {
        state.asked++;
        await pause(1);
        const x = full([2, width], i);
        yield { x };
        x.dispose();
      }
    } finally {
      state.returned = true;
    }
  }
  return { state, batches: batches() };
}

const codeOf = (error: unknown): string => (error instanceof MyelinError ? error.code : String(error));

const sums = (count: number): number[][][] =>
  Array.from({ length: count }, (_, i) => [[(i + 1) * width], [(i + 1) * width]]);

describe.each([true, false])('compile: %s', (compile) => {
  test.each([0, 1, 2, 5, 100])('outputs come in order and batches stay usable, %d ahead', async (ahead) => {
    const { state, batches } = counted(7);
    const outputs: unknown[] = [];
    for await (const { output, batch } of predict(model, batches, { compile, ahead })) {
      await pause(2);
      expect(state.asked).toBeLessThanOrEqual(outputs.length + 1 + ahead);
      outputs.push(output.toArray());
      expect(batch.x.toArray()).toEqual(full([2, width], outputs.length).toArray());
    }
    expect(outputs).toEqual(sums(7));
    expect(state.returned).toBe(true);
  });

  test('memory is bounded: as many batches and outputs as are ahead, and one', async () => {
    const { batches } = counted(20);
    let most = 0;
    const quiet = memory().storages;
    for await (const { output } of predict(model, batches, { compile, ahead: 3 })) {
      await pause(2);
      expect(output.disposed).toBe(false);
      most = Math.max(most, memory().storages - quiet);
    }
    expect(most).toBeLessThanOrEqual(2 * (3 + 1));
  });

  test('leaving the loop ends the source and frees everything', async () => {
    const { state, batches } = counted(50);
    for await (const { output } of predict(model, batches, { compile })) {
      expect(output.shape).toEqual([2, 1]);
      if (state.asked > 3) break;
    }
    await pause(5);
    expect([state.asked < 10, state.returned]).toEqual([true, true]);
  });

  test('an error of the data comes after the outputs before it', async () => {
    async function* broken(): AsyncGenerator<Batch, void, undefined> {
      yield* counted(3).batches;
      throw new Error('the disk is gone');
    }
    let seen = 0;
    const loop = async (): Promise<void> => {
      for await (const { output } of predict(model, broken(), { compile })) seen += output.shape[1]!;
    };
    await expect(loop()).rejects.toThrow('the disk is gone');
    expect(seen).toBe(3);
  });

  test('an error of the model comes in its turn', async () => {
    async function* wrong(): AsyncGenerator<Batch, void, undefined> {
      yield* counted(2).batches;
      using x = full([2, width + 1], 1);
      yield { x };
    }
    const outputs: unknown[] = [];
    const loop = async (): Promise<void> => {
      for await (const { output } of predict(model, wrong(), { compile })) outputs.push(output.toArray());
    };
    expect(codeOf(await loop().catch((error: unknown) => error))).toBe('SHAPE');
    expect(outputs).toEqual(sums(2));
  });

  test('an abort ends it at once, even while it waits for data that never come', async () => {
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Batch, void, undefined> {
      using x = full([2, width], 1);
      yield { x };
      await new Promise(() => undefined);
    }
    let seen = 0;
    const loop = async (): Promise<void> => {
      for await (const { output } of predict(model, endless(), { compile, signal: stop.signal })) {
        seen += output.shape[1]!;
        setTimeout(() => stop.abort(), 5);
      }
    };
    expect(codeOf(await loop().catch((error: unknown) => error))).toBe('ABORTED');
    expect(seen).toBe(1);
  });

  test('a loader and an array of batches stream alike', async () => {
    const rows = Array.from({ length: 6 }, (_, i) => ({ x: Float32Array.of(i, i, i, i) }));
    const loaded: unknown[] = [];
    for await (const { output } of predict(model, new DataLoader(rows, { batchSize: 4 }), { compile })) {
      loaded.push(output.toArray());
    }
    expect(loaded).toEqual([
      [[0], [4], [8], [12]],
      [[16], [20]],
    ]);
    const x = tensor([[1, 2, 3, 4]]);
    for await (const { output, batch } of predict(model, [{ x, id: 'a' }], { compile })) {
      expect([output.toArray(), batch.id]).toEqual([[[10]], 'a']);
    }
    expect(x.disposed).toBe(false);
    x.dispose();
  });
});

test('a model that reads values runs in inference mode, too', async () => {
  const net = new Sequential(new Dropout(0.5));
  const forward = ({ x }: Batch): Tensor => {
    expect(x.sum().item()).toBeGreaterThan(0);
    return net.forward(x);
  };
  for await (const { output, batch } of predict(net, counted(4).batches, { forward })) {
    expect(output.toArray()).toEqual(batch.x.toArray());
  }
  memory({ collect: true });
});

test('refuses a wrong number of batches', async () => {
  for (const ahead of [-1, 0.5, NaN, '2' as never]) {
    expect(
      codeOf(
        await predict(model, [], { ahead })
          .next()
          .catch((error: unknown) => error),
      ),
    ).toBe('VALUE');
  }
});
