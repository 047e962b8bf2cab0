import {
  Adam,
  cast,
  clipGradNorm,
  clipGradValue,
  crossEntropy,
  DataLoader,
  fit,
  GradScaler,
  memory,
  mse,
  scope,
  SGD,
  stopGradient,
  valueAndGrad,
  type Callback,
  type FloatDType,
  type FitOptions,
  type GradScalerOptions,
  type Supervised,
  type Tensor,
} from 'myelin';

import { problem } from './problem';

let before: number;
let task: ReturnType<typeof problem>;

beforeEach(() => {
  before = memory({ collect: true }).storages;
  task = problem();
});

afterEach(() => {
  task.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
});

type Options = Partial<FitOptions<Supervised>>;

/** Weights after a training with plain descent, whose steps are the gradients themselves. */
async function descend(options: Options, batchSize = 50, epochs = 1): Promise<number[]> {
  task.dispose();
  task = problem();
  const optimizer = new SGD(task.model.parameters(), { lr: 0.1 });
  const data = new DataLoader(task.data, { batchSize });
  await fit<Supervised>(task.model, { data, loss: crossEntropy, optimizer, epochs, progress: false, ...options });
  optimizer.dispose();
  return task.weights().flat();
}

/** Weights after steps written by hand, whose gradients are changed. */
async function byHand(change: (grads: Record<string, Tensor>) => Readonly<Record<string, Tensor>>): Promise<number[]> {
  task.dispose();
  task = problem();
  const optimizer = new SGD(task.model.parameters(), { lr: 0.1 });
  for await (const { x, y } of new DataLoader(task.data, { batchSize: 50 })) {
    scope(() => {
      const [, grads] = valueAndGrad(() => crossEntropy(task.model.forward(x), y), task.model.parameters());
      optimizer.step(change(grads));
    });
  }
  optimizer.dispose();
  return task.weights().flat();
}

function expectClose(got: readonly number[], wanted: readonly number[], digits = 6): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, digits));
}

describe.each([true, false])('compiled: %p', (compile) => {
  it('gradients of several batches make the step of one large batch', async () => {
    const steps: number[] = [];
    const callbacks: Callback[] = [{ onStepEnd: (run) => void steps.push(run.step) }];
    const parts = await descend({ accumulate: 4, compile, callbacks }, 25);
    expect(steps).toEqual([1, 2]);
    expectClose(parts, await descend({ compile }, 100));
  });

  it('what is left at the end of an epoch makes a step too', async () => {
    const losses: number[] = [];
    const callbacks: Callback[] = [{ onStepEnd: (_run, loss) => void losses.push(loss) }];
    const parts = await descend({ accumulate: 3, compile, callbacks }, 50);
    expect(losses).toHaveLength(2);
    const large = await descend({ compile }, 150);
    expectClose(parts, large);
  });

  it('gradients are changed, then clipped', async () => {
    const double = (grads: Readonly<Record<string, Tensor>>) =>
      Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, gradient.mul(2)]));
    expectClose(await descend({ gradients: double, compile }), await byHand(double), 7);
    expectClose(
      await descend({ clipNorm: 0.05, compile }),
      await byHand((grads) => clipGradNorm(grads, 0.05).grads),
      7,
    );
    expectClose(await descend({ clipValue: 0.01, compile }), await byHand((grads) => clipGradValue(grads, 0.01)), 7);
  });

  it('an objective may use the whole batch', async () => {
    const seen: number[] = [];
    const weights = await descend({
      compile,
      objective: (output, { x, y }) => crossEntropy(output, y).add(mse(cast(x, 'float32'), stopGradient(x))),
      callbacks: [{ onStepEnd: (_run, loss) => void seen.push(loss) }],
    });
    expectClose(weights, await descend({ compile }), 7);
    expect(seen).toHaveLength(4);
  });

  it.each(['bfloat16', 'float16'] as const)('learns in %s with weights in float32', async (dtype) => {
    const exact = await descend({ compile });
    const mixed = await descend({ autocast: dtype, compile });
    expect(mixed).not.toEqual(exact);
    expectClose(mixed, exact, 2);
    expect(Object.values(task.model.stateDict()).every((x) => x.dtype === 'float32')).toBe(true);
  });
});

describe.each([true, false])('losses scaled by a GradScaler, compiled: %p', (compile) => {
  const scaled = (options: GradScalerOptions, rest: Options = {}) => {
    const scaler = new GradScaler(options);
    return descend({ compile, scaler, ...rest }).then((weights) => {
      const state = [scaler.scaling, scaler.stateDict()['growth_tracker']!.item()];
      scaler.dispose();
      return { weights, state };
    });
  };

  it('make the same steps, and the scale grows', async () => {
    const { weights, state } = await scaled({ initScale: 1024, growthInterval: 3 });
    expectClose(weights, await descend({ compile }), 6);
    expect(state).toEqual([2048, 1]);
  });

  it('are unscaled before gradients are clipped, in steps of several batches too', async () => {
    const { weights, state } = await scaled({ initScale: 1024 }, { clipNorm: 0.05, accumulate: 2 });
    expectClose(weights, await descend({ compile, clipNorm: 0.05, accumulate: 2 }), 6);
    expect(state).toEqual([1024, 2]);
  });

  it('leave a step out whose gradients are not finite', async () => {
    // Ten times the first scale is infinite in float32; the other three steps can be made.
    const objective = (output: Tensor<FloatDType>, { y }: Supervised) => crossEntropy(output, y).mul(10);
    const { weights, state } = await scaled({ initScale: 3e38, backoffFactor: 1e-20 }, { objective });
    const start = problem();
    const first = start.weights().flat();
    start.dispose();
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(weights).not.toEqual(first);
    expect(state).toEqual([expect.closeTo(3e18, -14), 3]);
  });

  it('keep weights in float32 with products in float16', async () => {
    const { weights } = await scaled({}, { autocast: 'float16' });
    expectClose(weights, await descend({ compile }), 2);
  });
});

it('frozen parts stay as they are, and learn when they are thawed', async () => {
  const { model } = task;
  const optimizer = new Adam(model.parameters({ frozen: true }), { lr: 0.02 });
  model.layers[0]!.freeze();
  const seenBy: number[][][] = [];
  const callbacks: Callback[] = [
    {
      onEpochEnd: ({ epoch }) => {
        seenBy.push(task.weights());
        if (epoch === 1) model.layers[0]!.freeze(false);
      },
    },
  ];
  const first = task.weights();
  await fit(model, { data: task.loader(), loss: crossEntropy, optimizer, epochs: 2, callbacks, progress: false });
  expect(seenBy[0]!.slice(0, 2)).toEqual(first.slice(0, 2));
  expect(seenBy[0]!.slice(2)).not.toEqual(first.slice(2));
  expect(seenBy[1]!.slice(0, 2)).not.toEqual(first.slice(0, 2));
  optimizer.dispose();
});

it('refuses options that make no sense', async () => {
  using scaler = new GradScaler();
  const { model, optimizer } = task;
  const refused: Options[] = [
    { accumulate: 0 },
    { accumulate: 1.5 },
    { clipNorm: 0 },
    { clipValue: NaN },
    { lossScale: -1 },
    { scaler: {} as never },
    { scaler, lossScale: 2 },
    { scaler, optimizer: { step: () => undefined } as never },
    { objective: 3 as never },
    { gradients: {} as never },
    { autocast: 'float64' as never },
    { checkpointEvery: 2 },
    { checkpointEvery: 0, checkpoint: 'nowhere' },
  ];
  for (const options of refused) {
    const attempt = fit<Supervised>(model, {
      data: task.loader(),
      loss: crossEntropy,
      optimizer,
      progress: false,
      ...options,
    });
    await expect(attempt).rejects.toMatchObject({ op: 'fit', code: expect.stringMatching(/VALUE|TYPE/) as string });
  }
});

it('data without a length accumulates too', async () => {
  const batches = async function* () {
    let left = 3;
    for await (const batch of task.loader()) if (left-- > 0) yield batch;
  };
  const steps: number[] = [];
  await fit<Supervised>(task.model, {
    data: { [Symbol.asyncIterator]: batches },
    loss: crossEntropy,
    optimizer: task.optimizer,
    accumulate: 2,
    callbacks: [{ onStepEnd: (run) => void steps.push(run.step) }],
    progress: false,
  });
  expect(steps).toEqual([1, 2]);
});
