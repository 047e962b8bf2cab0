import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { MyelinError } from 'myelin';
import {
  accuracy,
  Adam,
  concat,
  confusionMatrix,
  crossEntropy,
  Dropout,
  evaluate,
  fit,
  Linear,
  loadCheckpoint,
  loadModel,
  memory,
  Module,
  mse,
  predict,
  readSafetensors,
  saveCheckpoint,
  saveModel,
  scope,
  tensor,
  valueAndGrad,
  type Callback,
  type Run,
  type Tensor,
} from 'myelin';

import { problem } from './problem';

let folder: string;
let file: string;
let before: number;
let task: ReturnType<typeof problem>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  file = path.join(folder, 'run.safetensors');
  before = memory({ collect: true }).storages;
  task = problem();
});

afterEach(async () => {
  task.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
  await rm(folder, { recursive: true });
});

const quiet = { loss: crossEntropy, progress: false } as const;

/** Everything that a training of the current task takes. */
const usual = () => ({ ...quiet, data: task.loader(), optimizer: task.optimizer });

const replaceTask = (options?: Parameters<typeof problem>[0]) => {
  task.dispose();
  task = problem(options);
};

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as MyelinError,
  );

describe('fit', () => {
  it('learns what no straight line can part, logs every epoch, and leaks nothing', async () => {
    const { model } = task;
    const storages = memory({ collect: true }).storages;
    const history = await fit(model, { ...usual(), validation: task.loader(), metrics: [accuracy()], epochs: 30 });
    expect(memory().storages).toBeLessThanOrEqual(storages);
    expect(history.interrupted).toBe(false);
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const [first, last] = [history.epochs[0]!, history.epochs.at(-1)!];
    expect(Object.keys(last)).toEqual([
      'epoch',
      'loss',
      'accuracy',
      'seconds',
      'samplesPerSecond',
      'valLoss',
      'valAccuracy',
    ]);
    expect(last.loss).toBeLessThan(first.loss / 2);
    expect(last['valLoss']).toBeLessThan(0.2);
    expect(last['valAccuracy']).toBeGreaterThan(0.95);
    expect(last.samplesPerSecond).toBeCloseTo(200 / last.seconds);
  });

  it('makes the same weights from the same seed', async () => {
    await fit(task.model, { ...usual(), epochs: 2 });
    const first = task.weights();
    replaceTask();
    await fit(task.model, { ...usual(), epochs: 2 });
    expect(task.weights()).toEqual(first);
  });

  it('is the loop that one would write by hand', async () => {
    const losses: number[] = [];
    await fit(task.model, { ...usual(), callbacks: [{ onStepEnd: (_run, loss) => void losses.push(loss) }] });
    const weights = task.weights();
    replaceTask();
    let step = 0;
    for await (const { x, y } of task.loader()) {
      scope(() => {
        const output = () => task.model.forward(x) as Tensor<'float32'>;
        const [loss, gradients] = valueAndGrad(() => crossEntropy(output(), y), task.model.parameters());
        task.optimizer.step(gradients);
        expect(loss.item()).toBe(losses[step++]);
      });
    }
    expect(task.weights()).toEqual(weights);
  });

  it('calls callbacks in order, awaits them, and tells where it is', async () => {
    const calls: string[] = [];
    const note = (name: string) => async (run: Run) => {
      await Promise.resolve();
      calls.push(`${name} ${run.epoch}/${run.epochs} ${run.step}`);
    };
    const callback: Callback = {
      onStart: note('start'),
      onEpochStart: note('epoch'),
      onStepStart: (run) => (run.step % 10 === 9 ? note('step')(run) : undefined),
      onStepEnd: (run) => (run.step % 10 === 0 ? note('stepped')(run) : undefined),
      onEpochEnd: note('epoch end'),
      onEnd: note('end'),
    };
    await fit(task.model, { ...usual(), epochs: 2, callbacks: [callback] });
    expect(calls).toEqual([
      'start 1/2 0',
      'epoch 1/2 0',
      'step 1/2 9',
      'stepped 1/2 10',
      'epoch end 1/2 10',
      'epoch 2/2 10',
      'step 2/2 19',
      'stepped 2/2 20',
      'epoch end 2/2 20',
      'end 2/2 20',
    ]);
  });

  it('trains in training mode, validates in inference mode, and puts every mode back', async () => {
    const modes: boolean[] = [];
    const { model } = task;
    const [first] = model.layers;
    const forward = ({ x }: { x: Tensor }) => {
      modes.push(model.training);
      return model.forward(x);
    };
    first!.training = false;
    const [data] = [task.loader()];
    await fit(model, { ...usual(), data, validation: task.loader(), forward, compile: false });
    expect(modes).toEqual([...Array<boolean>(10).fill(true), ...Array<boolean>(10).fill(false)]);
    expect([model.training, first!.training]).toEqual([true, false]);
  });

  it('makes the same weights compiled or not, and where a forward reads values', async () => {
    const train = async (options: { compile?: boolean; reads?: boolean }) => {
      replaceTask({ dropout: 0.25 });
      let calls = 0;
      const forward = ({ x }: { x: Tensor }) => {
        calls++;
        if (options.reads === true) x.sum().item();
        return task.model.forward(x);
      };
      const validation = task.loader();
      const { epochs } = await fit(task.model, { ...usual(), validation, forward, epochs: 2, ...options });
      return { weights: task.weights(), losses: epochs.map(({ loss, valLoss }) => [loss, valLoss]), calls };
    };
    const { calls, ...expected } = await train({ compile: false });
    expect(calls).toBe(40);
    // Traced once to learn, and for each pass of validation.
    expect(await train({})).toEqual({ ...expected, calls: 3 });
    expect(await train({ reads: true })).toMatchObject(expected);
  });

  it("takes other batches and models with a forward of one's own", async () => {
    class Joined extends Module<readonly [a: Tensor<'float32'>, b: Tensor<'float32'>]> {
      readonly linear = new Linear(2, 1);
      override forward(a: Tensor<'float32'>, b: Tensor<'float32'>) {
        return this.linear.forward(concat([a, b], { axis: 1 }));
      }
    }
    const model = new Joined();
    const optimizer = new Adam(model.parameters());
    const batch = { a: tensor([[1]]), b: tensor([[2]]), y: tensor([[3]]) };
    const { epochs } = await fit(model, {
      ...quiet,
      loss: mse,
      data: [batch, batch],
      optimizer,
      forward: ({ a, b }) => model.forward(a, b),
    });
    expect(epochs).toHaveLength(1);
    for (const owner of [model, optimizer, ...Object.values(batch)]) owner.dispose();
  });

  it('lets timers run', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await fit(task.model, { ...usual(), epochs: 40 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('writes a line per epoch where there is no terminal', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await fit(task.model, { ...usual(), progress: 'lines', metrics: [accuracy()], epochs: 2 });
    const lines = write.mock.calls.map(([text]) => String(text));
    write.mockRestore();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^epoch 2\/2 {2}loss 0\.\d{4} {2}accuracy \d\.\d{4} {2}\d+\.\d s {2}[\d,]+ samples\/s\n$/);
  });

  it('refuses wrong options and data that runs out', async () => {
    const listeners = process.listenerCount('SIGINT');
    task.model.eval();
    expect(await errorOf(fit(task.model, { ...usual(), epochs: -1, checkpoint: file }))).toMatchObject({
      code: 'VALUE',
    });
    const without = async (option: object) => errorOf(fit(task.model, { ...usual(), ...option }));
    expect(await without({ data: undefined })).toMatchObject({
      code: 'TYPE',
      message: expect.stringMatching(/^fit: data is undefined/) as string,
    });
    expect(await without({ validation: 3 })).toMatchObject({
      code: 'TYPE',
      message: expect.stringMatching(/^fit: validation is 3/) as string,
    });
    expect(await without({ loss: undefined })).toMatchObject({
      code: 'TYPE',
      message: expect.stringMatching(/^fit: loss is undefined/) as string,
    });
    expect(await without({ progress: 'bars' })).toMatchObject({
      code: 'VALUE',
      message: expect.stringMatching(/^fit: progress is "bars"/) as string,
    });
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    expect(task.model.training).toBe(false);
    expect(await errorOf(fit(task.model, { ...usual(), resume: true }))).toMatchObject({ code: 'VALUE' });
    const once = task.loader()[Symbol.asyncIterator]();
    const error = await errorOf(fit(task.model, { ...usual(), data: once, epochs: 2 }));
    expect(error?.message).toMatch(/the data gave no batch/);
  });

  it('frees everything when the loss throws, and puts the mode back', async () => {
    task.model.eval();
    const fail = () => {
      throw new Error('no loss');
    };
    await expect(fit(task.model, { ...usual(), loss: fail })).rejects.toThrow('no loss');
    expect(task.model.training).toBe(false);
  });
});

describe('ending early', () => {
  it('an abort ends it after the step, with a checkpoint, and is told', async () => {
    const controller = new AbortController();
    const abort: Callback = { onStepEnd: ({ step }) => (step === 13 ? controller.abort() : undefined) };
    const options = { ...usual(), epochs: 3, checkpoint: file, signal: controller.signal };
    const history = await fit(task.model, { ...options, callbacks: [abort] });
    expect(history).toMatchObject({ interrupted: true, epochs: [{ epoch: 1 }] });
    expect(await loadCheckpoint(file, task)).toMatchObject({ epoch: 1, batch: 3, step: 13 });
  });

  it('a callback can stop it, with its reason', async () => {
    const history = await fit(task.model, {
      ...usual(),
      epochs: 5,
      callbacks: [{ onEpochEnd: (run) => run.stop('enough') }],
    });
    expect(history).toMatchObject({ interrupted: false, stopped: 'enough' });
    expect(history.epochs).toHaveLength(1);
  });

  it('leaves the signal handlers of the process as they were', async () => {
    const handlers = process.listeners('SIGINT');
    const seen: number[] = [];
    const callbacks = [{ onStart: () => void seen.push(process.listenerCount('SIGINT') - handlers.length) }];
    await fit(task.model, { ...usual(), callbacks });
    await fit(task.model, { ...usual(), callbacks, checkpoint: file });
    expect(seen).toEqual([0, 1]);
    expect(process.listeners('SIGINT')).toEqual(handlers);
  });
});

describe('going on', () => {
  it.each([7, 10, 15])('after step %i gives the weights of a training that was never interrupted', async (stopAt) => {
    replaceTask({ dropout: 0.3 });
    await fit(task.model, { ...usual(), epochs: 3 });
    const whole = task.weights();

    replaceTask({ dropout: 0.3 });
    const controller = new AbortController();
    const abort: Callback = { onStepEnd: ({ step }) => (step === stopAt ? controller.abort() : undefined) };
    await fit(task.model, { ...usual(), epochs: 3, callbacks: [abort], checkpoint: file, signal: controller.signal });
    expect(task.weights()).not.toEqual(whole);

    replaceTask({ dropout: 0.3 });
    const history = await fit(task.model, { ...usual(), epochs: 3, checkpoint: file, resume: true });
    expect(task.weights()).toEqual(whole);
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('does nothing when all epochs are made, and begins anew without a file', async () => {
    await fit(task.model, { ...usual(), epochs: 2, checkpoint: file, resume: true });
    const weights = task.weights();
    const history = await fit(task.model, { ...usual(), epochs: 2, checkpoint: file, resume: true });
    expect(history.epochs).toHaveLength(2);
    expect(task.weights()).toEqual(weights);
    expect(await readdir(folder)).toEqual(['run.safetensors']);
  });

  it('keeps NaN in the history', async () => {
    const history = [{ epoch: 1, loss: NaN, seconds: 1, samplesPerSecond: 2 }];
    await saveCheckpoint(file, task, { epoch: 1, batch: 0, step: 5, history });
    expect((await loadCheckpoint(file, task)).history).toEqual(history);
  });

  it('refuses files that are no checkpoint, or one of another model', async () => {
    await saveModel(file, task.model);
    expect(await errorOf(loadCheckpoint(file, task))).toMatchObject({ code: 'FORMAT' });
    await writeFile(file, 'text');
    expect(await errorOf(loadCheckpoint(file, task))).toMatchObject({ code: 'FORMAT' });
    const model = new Linear(1, 1);
    const optimizer = new Adam(model.parameters());
    await saveCheckpoint(file, { model, optimizer }, { epoch: 0, batch: 0, step: 0, history: [] });
    expect(await errorOf(loadCheckpoint(file, task))).toMatchObject({ code: 'VALUE' });
    for (const owner of [model, optimizer]) owner.dispose();
  });

  it('a damaged position is refused before anything is changed', async () => {
    const weights = task.weights();
    await saveCheckpoint(file, task, { epoch: -1, batch: 0, step: 0, history: [] });
    expect(await errorOf(loadCheckpoint(file, task))).toMatchObject({ code: 'FORMAT' });
    expect(task.weights()).toEqual(weights);
  });
});

describe('saveModel and loadModel', () => {
  it('keep every weight under its state-dict name', async () => {
    const weights = task.weights();
    await saveModel(file, task.model);
    const { tensors } = await readSafetensors(file);
    expect(Object.keys(tensors).sort()).toEqual(['0.bias', '0.weight', '3.bias', '3.weight']);
    for (const x of Object.values(tensors)) x.dispose();
    await fit(task.model, usual());
    expect(await loadModel(file, task.model)).toEqual({ missing: [], unexpected: [] });
    expect(task.weights()).toEqual(weights);
  });

  it('take the model out of a checkpoint too', async () => {
    await fit(task.model, { ...usual(), checkpoint: file });
    const weights = task.weights();
    await fit(task.model, usual());
    await loadModel(file, task.model);
    expect(task.weights()).toEqual(weights);
  });

  it('name what does not fit', async () => {
    const model = new Linear(2, 16);
    await saveModel(file, model);
    model.dispose();
    const error = await errorOf(loadModel(file, task.model));
    expect(error).toMatchObject({ code: 'VALUE' });
    expect(error?.message).toMatch(/missing 0\.weight.*unexpected weight, bias/);
  });
});

describe('evaluate and predict', () => {
  it('measure the same as a look at every prediction', async () => {
    const confusion = confusionMatrix(2);
    const measured = await evaluate(task.model, task.loader(), {
      loss: crossEntropy,
      metrics: [accuracy(), confusion],
    });
    let right = 0;
    let seen = 0;
    for await (const { output, batch } of predict(task.model, task.loader())) {
      const predicted = output.argmax({ axis: -1 });
      const targets = batch.y.data();
      predicted.data().forEach((value, i) => (right += Number(Number(value) === Number(targets[i]))));
      seen += output.shape[0]!;
      predicted.dispose();
    }
    expect(seen).toBe(200);
    expect(measured['accuracy']).toBe(right / 200);
    expect(
      confusion
        .rows()
        .flat()
        .reduce((a, b) => a + b),
    ).toBe(200);
    expect(measured['loss']).toBeGreaterThan(0);
  });

  it('an output is freed when the next one is asked for, and when the loop is left', async () => {
    const seen: Tensor[] = [];
    for await (const { output } of predict(task.model, task.loader())) {
      expect(seen.every((earlier) => earlier.disposed)).toBe(true);
      seen.push(output);
      if (seen.length === 3) break;
    }
    expect(seen.every((output) => output.disposed)).toBe(true);
  });

  it('predict does not free inputs that a model returns as they are', async () => {
    const x = tensor([1, 2]);
    for await (const { output } of predict(new Dropout(), [{ x }])) expect(output.toArray()).toEqual([1, 2]);
    expect(x.disposed).toBe(false);
    x.dispose();
  });

  it('predict leaves the mode alone between outputs', async () => {
    replaceTask({ dropout: 0.5 });
    const first: unknown[] = [];
    for await (const { output } of predict(task.model, task.loader().batches({ epoch: 0 }))) {
      expect(task.model.training).toBe(true);
      first.push(output.toArray());
    }
    const second: unknown[] = [];
    for await (const { output } of predict(task.model, task.loader().batches({ epoch: 0 })))
      second.push(output.toArray());
    expect(second).toEqual(first);
  });

  it('end with an error when they are aborted', async () => {
    const signal = AbortSignal.abort();
    expect(await errorOf(evaluate(task.model, task.loader(), { signal }))).toMatchObject({ code: 'ABORTED' });
    expect(await errorOf(predict(task.model, task.loader(), { signal }).next())).toMatchObject({ code: 'ABORTED' });
  });
});
