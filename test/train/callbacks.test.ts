import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  cosineDecay,
  crossEntropy,
  csvLogger,
  earlyStopping,
  fit,
  jsonlLogger,
  loadModel,
  lrSchedule,
  memory,
  modelCheckpoint,
  oneCycle,
  oneCycleMomentum,
  onEpochEnd,
  terminateOnNaN,
  type Callback,
  type EpochLog,
  type Metric,
  type Run,
} from 'myelin';

import { problem } from './problem';

let folder: string;
let task: ReturnType<typeof problem>;
let before: number;

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

/** A metric whose value in each epoch is given. */
function scripted(name: string, values: readonly number[]): Metric {
  let epoch = -1;
  return { name, reset: () => epoch++, update: () => undefined, value: () => values[epoch] ?? NaN };
}

/** Trains with a metric `value` that follows a script, and keeps the weights after every epoch. */
async function train(values: readonly number[], callbacks: readonly Callback[], name = 'value') {
  const weights: number[][][] = [];
  const keep: Callback = { onEpochEnd: () => void weights.push(task.weights()) };
  const history = await fit(task.model, {
    data: task.loader(),
    loss: crossEntropy,
    optimizer: task.optimizer,
    metrics: [scripted(name, values)],
    epochs: values.length,
    callbacks: [keep, ...callbacks],
    progress: false,
  });
  return { history, weights };
}

/** Goes on from a checkpoint. */
async function resume(checkpoint: string, epochs: number, callbacks: readonly Callback[] = []) {
  const history = await fit(task.model, {
    data: task.loader(),
    loss: crossEntropy,
    optimizer: task.optimizer,
    metrics: [scripted('value', Array<number>(epochs).fill(9))],
    epochs,
    callbacks,
    checkpoint,
    resume: true,
    progress: false,
  });
  return { history };
}

describe('earlyStopping', () => {
  it('waits for something better, stops, and gives the best weights back', async () => {
    const { history, weights } = await train([5, 3, 4, 3, 1, 1], [earlyStopping({ monitor: 'value', patience: 2 })]);
    expect(history.epochs).toHaveLength(4);
    expect(history.stopped).toBe('no improvement since epoch 2');
    expect(task.weights()).toEqual(weights[1]);
  });

  it('gives the best weights back at the end of a training that it did not stop', async () => {
    const { history, weights } = await train([5, 3, 4], [earlyStopping({ monitor: 'value' })]);
    expect(history.stopped).toBeUndefined();
    expect(task.weights()).toEqual(weights[1]);
  });

  it('gives best weights back that were before the training was resumed', async () => {
    const checkpoint = path.join(folder, 'run');
    const stopping = () => earlyStopping({ monitor: 'value', patience: 5 });
    const seen: number[][][] = [];
    const watch: Callback = {
      onEpochEnd: async (run) => {
        seen.push(task.weights());
        await run.save(checkpoint);
      },
    };
    // The callbacks of a resumed training are the same, in the same order.
    await train([3], [stopping(), watch]).catch(() => undefined);
    await resume(checkpoint, 2, [{}, stopping(), watch]);
    expect(seen).toHaveLength(2);
    expect(task.weights()).toEqual(seen[0]);
  });

  it('leaves the last weights when told to', async () => {
    const { weights } = await train([5, 6, 7], [earlyStopping({ monitor: 'value', patience: 2, restoreBest: false })]);
    expect(task.weights()).toEqual(weights[2]);
  });

  it('wants accuracies to rise, and takes a direction', async () => {
    const rising = await train([0.1, 0.2, 0.3], [earlyStopping({ monitor: 'accuracy', patience: 1 })], 'accuracy');
    expect(rising.history.epochs).toHaveLength(3);
    const falling = await train(
      [0.1, 0.2, 0.3],
      [earlyStopping({ monitor: 'accuracy', patience: 1, direction: 'min' })],
      'accuracy',
    );
    expect(falling.history.epochs).toHaveLength(2);
  });

  it('asks for more than minDelta, and takes NaN for no improvement', async () => {
    const small = await train([5, 4.95, 4.9], [earlyStopping({ monitor: 'value', patience: 1, minDelta: 0.1 })]);
    expect(small.history.epochs).toHaveLength(2);
    const nan = await train([5, NaN, 4], [earlyStopping({ monitor: 'value', patience: 1 })]);
    expect(nan.history.epochs).toHaveLength(2);
  });

  it('can be used again', async () => {
    const callback = earlyStopping({ monitor: 'value', patience: 1 });
    expect((await train([1, 2, 3], [callback])).history.epochs).toHaveLength(2);
    expect((await train([9, 8, 7], [callback])).history.epochs).toHaveLength(3);
  });

  it('names what there is when there is no such value', async () => {
    await expect(train([1], [earlyStopping({ monitor: 'valLoss' })])).rejects.toThrow(
      'earlyStopping: there is no valLoss in the log (need one of epoch, loss, value, seconds, samplesPerSecond)',
    );
  });
});

describe('modelCheckpoint', () => {
  it('keeps the best model', async () => {
    const file = path.join(folder, 'best.safetensors');
    const { weights } = await train([5, 3, 4], [modelCheckpoint({ path: file, monitor: 'value' })]);
    await loadModel(file, task.model);
    expect(task.weights()).toEqual(weights[1]);
  });

  it('keeps every epoch under its own name', async () => {
    const file = path.join(folder, 'epoch-{epoch}.safetensors');
    await train([1, 2], [modelCheckpoint({ path: file, saveBest: false })]);
    expect(await readdir(folder)).toEqual(['epoch-1.safetensors', 'epoch-2.safetensors']);
  });

  it('keeps every n-th, and the last of all', async () => {
    const [some, last] = [path.join(folder, 'some-{epoch}'), path.join(folder, 'last')];
    const callbacks = [
      modelCheckpoint({ path: some, saveBest: false, every: 2 }),
      modelCheckpoint({ path: last, saveBest: false }),
    ];
    const { weights } = await train([1, 2, 3, 4, 5], callbacks);
    expect((await readdir(folder)).sort()).toEqual(['last', 'some-2', 'some-4']);
    for (const [file, epoch] of [
      [last, 5],
      [path.join(folder, 'some-2'), 2],
    ] as const) {
      await loadModel(file, task.model);
      expect(task.weights()).toEqual(weights[epoch - 1]);
    }
  });

  it('keeps all that a training needs to go on from its best epoch', async () => {
    const file = path.join(folder, 'best');
    await train([5, 1, 4], [modelCheckpoint({ path: file, monitor: 'value', weightsOnly: false })]);
    const { history } = await resume(file, 3);
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('refuses options that make no sense', () => {
    const wrong: [code: string, options: unknown][] = [
      ['TYPE', undefined],
      ['TYPE', {}],
      ['VALUE', { path: 'a', every: 0 }],
      ['TYPE', { path: 'a', weightsOnly: 'no' }],
    ];
    for (const [code, options] of wrong) {
      expect(() => modelCheckpoint(options as never)).toThrow(expect.objectContaining({ code }) as Error);
    }
  });
});

it('what was best before a training was resumed still counts', async () => {
  const [checkpoint, best] = [path.join(folder, 'run'), path.join(folder, 'best-{epoch}')];
  const go = (epochs: number, values: readonly number[]) =>
    fit(task.model, {
      data: task.loader(),
      loss: crossEntropy,
      optimizer: task.optimizer,
      metrics: [scripted('value', values)],
      epochs,
      callbacks: [modelCheckpoint({ path: best, monitor: 'value' }), earlyStopping({ monitor: 'value', patience: 2 })],
      progress: false,
      checkpoint,
      resume: true,
    });
  await go(1, [3]);
  const { stopped, epochs } = await go(9, [5, 4, 1]);
  expect([stopped, epochs.length]).toEqual(['no improvement since epoch 1', 3]);
  expect((await readdir(folder)).sort()).toEqual(['best-1', 'run']);
});

describe('loggers', () => {
  it('write a line for every epoch', async () => {
    const [csv, jsonl] = [path.join(folder, 'log.csv'), path.join(folder, 'log.jsonl')];
    const { history } = await train([1, 2], [csvLogger(csv), jsonlLogger(jsonl)]);
    const [head, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(head).toBe('epoch,loss,value,seconds,samplesPerSecond');
    expect(lines.map((line) => line.split(',').map(Number))).toEqual(history.epochs.map(Object.values));
    const logs = (await readFile(jsonl, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EpochLog);
    expect(logs).toEqual(history.epochs);
    await train([3], [csvLogger(csv)]);
    expect((await readFile(csv, 'utf8')).trimEnd().split('\n')).toHaveLength(2);
  });

  it('add to what is there when a training goes on', async () => {
    const [csv, checkpoint] = [path.join(folder, 'log.csv'), path.join(folder, 'run.safetensors')];
    for (const epochs of [2, 3]) {
      const options = {
        data: task.loader(),
        loss: crossEntropy,
        optimizer: task.optimizer,
        progress: false,
        resume: true,
      } as const;
      await fit(task.model, { ...options, epochs, checkpoint, callbacks: [csvLogger(csv)] });
    }
    const lines = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['epoch', '1', '2', '3']);
  });

  it('say when they cannot write', async () => {
    await expect(train([1], [csvLogger(path.join(folder, 'none', 'log.csv'))])).rejects.toMatchObject({
      code: 'IO',
      op: 'csvLogger',
    });
  });
});

it('lrSchedule sets the rate of every step', async () => {
  const schedule = cosineDecay(0.1, { steps: 20 });
  const rates: number[] = [];
  const watch: Callback = { onStepEnd: ({ optimizer }) => void rates.push(optimizer.lr) };
  await train([1, 2], [lrSchedule(schedule), watch]);
  expect(rates).toEqual(Array.from({ length: 20 }, (_, step) => schedule(step)));
});

it('lrSchedule sets the momentum, too', async () => {
  const cycle = { steps: 20 };
  const found: [number, number | undefined][] = [];
  const watch: Callback = { onStepEnd: ({ optimizer }) => void found.push([optimizer.lr, optimizer.momentum]) };
  await train([1, 2], [lrSchedule(oneCycle(0.1, cycle), { momentum: oneCycleMomentum(cycle) }), watch]);
  const [rate, momentum] = [oneCycle(0.1, cycle), oneCycleMomentum(cycle)];
  expect(found).toEqual(Array.from({ length: 20 }, (_, step) => [rate(step), momentum(step)]));
});

it('onEpochEnd calls with the log', async () => {
  const seen: [number, number][] = [];
  await train([7, 8], [onEpochEnd((log, run: Run) => void seen.push([log['value']!, run.epoch]))]);
  expect(seen).toEqual([
    [7, 1],
    [8, 2],
  ]);
});

it('terminateOnNaN stops at the step whose loss is not finite', async () => {
  const blowUp: Callback = { onStepStart: (run) => void (run.step === 4 && (run.optimizer.lr = 1e30)) };
  const { history } = await train([1, 2], [blowUp, terminateOnNaN()]);
  expect(history.epochs).toHaveLength(0);
  expect(history.stopped).toMatch(/^the loss of step \d is (NaN|Infinity)$/);
});
