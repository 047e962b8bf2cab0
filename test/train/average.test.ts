import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  averageWeights,
  crossEntropy,
  fit,
  lrOnValue,
  memory,
  PlateauSchedule,
  seed,
  WeightAverage,
  type Averaging,
  type Callback,
  type FitOptions,
  type Run,
  type Supervised,
} from 'myelin';

import { Golden } from '../support/golden';
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
  const average = new WeightAverage(task.model);
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
  const average = new WeightAverage(task.model);
  await train({ callbacks: [averageWeights(average)] });
  const whole = task.weights();
  average.dispose();
  fresh();
  const checkpoint = path.join(folder, 'run');
  const first = new WeightAverage(task.model);
  await train({ callbacks: [averageWeights(first, { keep: false })], epochs: 1, checkpoint });
  first.dispose();
  fresh();
  seed(99);
  const second = new WeightAverage(task.model);
  await train({ callbacks: [averageWeights(second)], checkpoint, resume: true });
  expect(task.weights()).toEqual(whole);
  second.dispose();
});

it('lrOnValue sets the rate by what an epoch gave, and by those before a resumed training', async () => {
  // Nothing but the first value is an improvement.
  const schedule = () => new PlateauSchedule(0.02, { factor: 0.5, patience: 0, threshold: 1e9, thresholdMode: 'abs' });
  const rates: number[] = [];
  const watch: Callback = { onEpochEnd: ({ optimizer }) => void rates.push(optimizer.lr) };
  const checkpoint = path.join(folder, 'run');
  await train({ callbacks: [lrOnValue(schedule()), watch], checkpoint });
  await train({ callbacks: [lrOnValue(schedule(), { monitor: 'loss' }), watch], checkpoint, resume: true, epochs: 3 });
  expect(rates).toEqual([0.02, 0.01, 0.005]);
  await expect(train({ callbacks: [lrOnValue(schedule(), { monitor: 'none' })] })).rejects.toThrow('there is no none');
});

it('lrOnValue sets the rates of ReduceLROnPlateau, wherever a training is resumed', async () => {
  const golden = await Golden.read('schedules');
  const [rates, watched] = ['lr', 'watched'].map((what) =>
    [...golden.as(`plateau/${what}`, 'float64').data()].map(Number),
  );
  golden.dispose();
  const logs = watched!.map((value, i) => ({ epoch: i + 1, loss: 1, seconds: 1, samplesPerSecond: 1, value }));
  for (const resumed of [0, 17]) {
    const schedule = new PlateauSchedule(0.5, { factor: 0.5, patience: 2, cooldown: 1, min: 0.01 });
    const callback = lrOnValue(schedule, { monitor: 'value' });
    const optimizer = { lr: rates![resumed]! };
    const run = { optimizer, history: logs.slice(0, resumed) } as unknown as Run;
    await callback.onStart!(run);
    for (let i = resumed; i < logs.length - 1; i++) {
      await callback.onEpochEnd!(run, logs[i]!);
      expect([i, optimizer.lr]).toEqual([i, expect.closeTo(rates![i + 1]!, 12)]);
    }
  }
});

it('refuses what makes no sense', () => {
  const average = {} as Averaging;
  expect(() => averageWeights(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  expect(() => averageWeights(average, { every: 0 })).toThrow(expect.objectContaining({ code: 'VALUE' }) as Error);
  expect(() => lrOnValue(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
});
