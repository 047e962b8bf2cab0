import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  averageWeights,
  Buffer,
  crossEntropy,
  fit,
  lrOnValue,
  memory,
  scope,
  seed,
  type Averaging,
  type Callback,
  type FitOptions,
  type Module,
  type StateDict,
  type Supervised,
} from 'myelin';

import { problem } from './problem';

let before: number;
let task: ReturnType<typeof problem>;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  before = memory({ collect: true }).storages;
  task = problem();
});

afterEach(async () => {
  task.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
  await rm(folder, { recursive: true });
});

/** The mean of all weights so far, written as simply as it goes. */
function meanOf(model: Module): Averaging & { dispose(): void } {
  const values = model.parameters();
  const averages = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Buffer(value)]));
  const count = scope(() => new Buffer(Object.values(values)[0]!.select(0, 0).select(0, 0).mul(0)));
  return {
    update: () =>
      scope(() => {
        count.assign(count.add(1));
        for (const [name, average] of Object.entries(averages)) {
          average.assign(average.add(values[name]!.sub(average).div(count)));
        }
      }),
    swap: () =>
      scope(() => {
        for (const [name, average] of Object.entries(averages)) {
          const value = values[name]!.clone();
          values[name]!.assign(average);
          average.assign(value);
        }
      }),
    stateDict: () => ({ ...averages, count }),
    loadStateDict: (state: StateDict) => {
      for (const [name, own] of Object.entries({ ...averages, count })) own.assign(state[name]!);
    },
    dispose: () => [...Object.values(averages), count].forEach((each) => each.dispose()),
  };
}

const train = (options: Partial<FitOptions<Supervised>>) =>
  fit<Supervised>(task.model, {
    data: task.loader(),
    loss: crossEntropy,
    optimizer: task.optimizer,
    epochs: 2,
    progress: false,
    ...options,
  });

function fresh(): void {
  task.dispose();
  task = problem();
}

/** Means of the weights after some steps, element by element. */
function means(weights: readonly (readonly number[])[]): number[] {
  return weights[0]!.map((_, i) => weights.reduce((sum, each) => sum + each[i]!, 0) / weights.length);
}

it('averages over chosen steps, validates with them, and leaves them in the model', async () => {
  const seen: number[][] = [];
  const watch: Callback = {
    onStepEnd: ({ step }) => void (step >= 3 && step % 2 === 1 && seen.push(task.weights().flat())),
  };
  const average = meanOf(task.model);
  const callbacks = [watch, averageWeights(average, { from: 3, every: 2 })];
  const { epochs } = await train({ callbacks, validation: task.loader() });
  const wanted = means(seen);
  task
    .weights()
    .flat()
    .forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
  average.dispose();
  fresh();
  const plain = await train({ validation: task.loader() });
  // Training is not disturbed, validation is another.
  expect(epochs.map(({ loss }) => loss)).toEqual(plain.epochs.map(({ loss }) => loss));
  expect(epochs[1]!['valLoss']).not.toBe(plain.epochs[1]!['valLoss']);
});

it('goes on with a resumed training', async () => {
  const average = meanOf(task.model);
  await train({ callbacks: [averageWeights(average)] });
  const whole = task.weights();
  average.dispose();
  fresh();
  const checkpoint = path.join(folder, 'run');
  const first = meanOf(task.model);
  await train({ callbacks: [averageWeights(first, { keep: false })], epochs: 1, checkpoint });
  first.dispose();
  fresh();
  seed(99);
  const second = meanOf(task.model);
  await train({ callbacks: [averageWeights(second)], checkpoint, resume: true });
  expect(task.weights()).toEqual(whole);
  second.dispose();
});

it('lrOnValue sets the rate by what an epoch gave, and by those before a resumed training', async () => {
  const schedule = () => {
    let rate = 0.02;
    return { update: (loss: number) => (rate *= loss > 0 ? 0.5 : 1) };
  };
  const rates: number[] = [];
  const watch: Callback = { onEpochEnd: ({ optimizer }) => void rates.push(optimizer.lr) };
  const checkpoint = path.join(folder, 'run');
  await train({ callbacks: [lrOnValue(schedule()), watch], checkpoint });
  await train({ callbacks: [lrOnValue(schedule(), { monitor: 'loss' }), watch], checkpoint, resume: true, epochs: 3 });
  expect(rates).toEqual([0.01, 0.005, 0.0025]);
  await expect(train({ callbacks: [lrOnValue(schedule(), { monitor: 'none' })] })).rejects.toThrow('there is no none');
});

it('refuses what makes no sense', () => {
  const average = {} as Averaging;
  expect(() => averageWeights(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  expect(() => averageWeights(average, { every: 0 })).toThrow(expect.objectContaining({ code: 'VALUE' }) as Error);
  expect(() => lrOnValue(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
});
