import {
  Adam,
  BatchNorm2d,
  Buffer,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MyelinError,
  Sequential,
  compile,
  crossEntropy,
  memory,
  ones,
  rand,
  seed,
  setMemoryLimit,
  tensor,
  trimMemory,
  valueAndGrad,
  zeros,
  type Tensor,
} from 'myelin';

import { bytesOf } from '../support/compare';

/** A training step that has everything: state that the forward pass assigns, random numbers, updates of two groups. */
function training() {
  seed(3);
  const model = new Sequential(
    new Conv2d(8, 16, 3, { padding: 1 }),
    new BatchNorm2d(16),
    new Conv2d(16, 16, 3, { padding: 1 }),
    new Flatten(),
    new Dropout(0.2),
    new Linear(16 * 12 * 12, 5),
  );
  const groups = [{ match: (name: string): boolean => name.endsWith('bias'), lr: 1e-3 }];
  const optimizer = new Adam(model.parameters(), { lr: 1e-2, groups });
  const update = (x: Tensor<'float32'>, y: Tensor<'int64'>): Tensor => {
    const [loss, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(gradients);
    return loss;
  };
  const step = compile(update);
  const everything = { ...model.stateDict(), ...optimizer.stateDict() };
  const bytes = (): Uint8Array & { equals(other: Uint8Array): boolean } =>
    globalThis.Buffer.concat(Object.values(everything).map(bytesOf));
  const dispose = (): void => [step, optimizer, model].forEach((each) => each.dispose());
  return { step, update, bytes, dispose };
}

const textOf = (bytes: Uint8Array): string => globalThis.Buffer.from(bytes).toString('base64');

const codeOf = (error: unknown): string => (error instanceof MyelinError ? error.code : String(error));

const codeOfRun = async (run: () => Tensor | Promise<Tensor>): Promise<string> => {
  try {
    (await run()).dispose();
    return 'ran';
  } catch (error) {
    return codeOf(error);
  }
};

const batch = (): [x: Tensor<'float32'>, y: Tensor<'int64'>] => [
  rand([4, 8, 12, 12]),
  tensor([0, 1, 2, 3], { dtype: 'int64' }),
];

describe.each(['on this thread', 'on another thread'])('a run %s', (where) => {
  const call = <A extends unknown[]>(
    step: { sync: (...args: A) => Tensor; (...args: A): Promise<Tensor> },
    ...args: A
  ): Promise<string> => codeOfRun(() => (where === 'on this thread' ? step.sync(...args) : step(...args)));

  test('that runs out of memory, wherever it is, leaves everything as before', async () => {
    const { step, bytes, dispose } = training();
    const [x, y] = batch();
    step.sync(x, y).dispose();
    const { limit } = memory();
    const before = bytes();
    memory({ collect: true });
    let failures = 0;
    for (let more = 0; ; more += 4096) {
      trimMemory();
      setMemoryLimit(memory().used + more);
      const code = await call(step, x, y);
      setMemoryLimit(limit);
      if (code === 'ran') break;
      expect([code, bytes().equals(before)]).toEqual(['OUT_OF_MEMORY', true]);
      failures++;
    }
    expect(failures).toBeGreaterThan(2);
    expect(bytes().equals(before)).toBe(false);
    dispose();
  });

  test('whose plan is larger than memory may be is refused, and works once it may', async () => {
    const { step, bytes, dispose } = training();
    const [x, y] = batch();
    const { limit } = memory();
    const before = bytes();
    setMemoryLimit(memory({ collect: true }).used + 4096);
    const code = await call(step, x, y);
    setMemoryLimit(limit);
    expect([code, bytes().equals(before)]).toEqual(['OUT_OF_MEMORY', true]);
    expect(await call(step, x, y)).toBe('ran');
    dispose();
  });

  test('in which an op refuses a value leaves everything as before', async () => {
    const { step, bytes, dispose } = training();
    const [x, y] = batch();
    step.sync(x, y).dispose();
    const before = bytes();
    expect(await call(step, x, tensor([0, 1, 9, 3], { dtype: 'int64' }))).toBe('INDEX');
    expect(bytes().equals(before)).toBe(true);
    expect(await call(step, x, y)).toBe('ran');
    dispose();
  });

  test('of several steps, one of which fails, leaves a whole number of them', async () => {
    const state = async (labels: readonly (readonly number[])[], expected: string): Promise<string> => {
      const { update, bytes, dispose } = training();
      const [x] = batch();
      const steps = compile((...targets: Tensor<'int64'>[]) => targets.map((y) => update(x, y)).at(-1)!);
      const targets = labels.map((each) => tensor(each, { dtype: 'int64' }));
      expect(await call(steps, ...targets)).toBe(expected);
      const result = textOf(bytes());
      [steps, ...targets].forEach((each) => each.dispose());
      dispose();
      return result;
    };
    const [right, wrong] = [
      [0, 1, 2, 3],
      [0, 1, 9, 3],
    ] as const;
    const none = await state([wrong], 'INDEX');
    const one = await state([right], 'ran');
    const two = await state([right, right], 'ran');
    expect(new Set([none, one, two]).size).toBe(3);
    expect(await state([wrong, right], 'INDEX')).toBe(none);
    expect(await state([right, wrong], 'INDEX')).toBe(one);
    expect(await state([right, right, wrong], 'INDEX')).toBe(two);
  });

  test('whose function throws passes the error on, has assigned nothing, and can be called again', async () => {
    const total = new Buffer(zeros([]));
    let broken = true;
    const step = compile((x: Tensor<'float32'>) => {
      const [value] = valueAndGrad(() => {
        total.assign(total.add(1));
        if (broken) throw new RangeError('not today');
        return x.square().sum();
      }, [x]);
      return value;
    });
    const [{ storages }, x] = [memory(), ones([2])];
    expect(await call(step, x)).toBe('RangeError: not today');
    expect([total.item(), memory().storages]).toEqual([0, storages + 1]);
    broken = false;
    expect(await call(step, x)).toBe('ran');
    expect(total.item()).toBe(1);
    for (const each of [step, total, x]) each.dispose();
  });
});
