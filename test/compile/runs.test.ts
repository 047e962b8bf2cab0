import {
  Buffer,
  MyelinError,
  SGD,
  Linear,
  compile,
  full,
  memory,
  ones,
  scope,
  tensor,
  valueAndGrad,
  zeros,
  type Tensor,
} from 'myelin';

const long = (x: Tensor<'float32'>): Tensor => {
  let y: Tensor = x;
  for (let i = 0; i < 200; i++) y = y.matmul(x).mul(0.001);
  return y;
};

describe('runs that are asked for at once', () => {
  test('of one function: one after the other, in order', async () => {
    const total = new Buffer(zeros([]));
    const seen = compile((x: Tensor<'float32'>) => {
      total.assign(total.mul(2).add(x));
      return total.add(0);
    });
    const results = await Promise.all([1, 2, 3, 4].map((n) => seen(full([], n))));
    expect(results.map((x) => x.item())).toEqual([1, 4, 11, 26]);
    seen.dispose();
  });

  test('of functions that share what they assign: in order too; of others and of clones: in any', async () => {
    const total = new Buffer(ones([]));
    const double = compile(() => void total.assign(total.mul(2)));
    const increase = compile(() => void total.assign(total.add(1)));
    await Promise.all([double(), increase(), double(), increase()]);
    expect(total.item()).toBe(7);
    const power = compile(long);
    const twins = [power, power.clone(), power.clone()];
    const x = ones([32, 32]);
    const expected = power.sync(x).toArray();
    const results = await Promise.all(twins.map((twin) => twin(x)));
    for (const result of results) expect(result.toArray()).toEqual(expected);
    for (const twin of [...twins, double, increase]) twin.dispose();
  });
});

describe('AbortSignal', () => {
  const refusal = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'ran to its end',
      (error: unknown) => (error instanceof MyelinError ? error.code : String(error)),
    );

  test('ends a run before, while it waits, and in the middle', async () => {
    const power = compile(long);
    const x = ones([384, 384]);
    power.sync(x).dispose();
    expect(await refusal(power.run([x], { signal: AbortSignal.abort() }))).toBe('ABORTED');
    const controller = new AbortController();
    const { signal } = controller;
    const runs = [power.run([x], { signal }), power.run([x], { signal })];
    controller.abort();
    expect(await Promise.all(runs.map(refusal))).toEqual(['ABORTED', 'ABORTED']);
    expect((await power(x)).shape).toEqual([384, 384]);
    power.dispose();
  });

  test('leaves no half step: once something is assigned, the run goes on', async () => {
    const [first, second] = [new Buffer(zeros([])), new Buffer(zeros([]))];
    const step = compile((x: Tensor<'float32'>) => {
      first.assign(first.add(1));
      long(x).sum();
      const y = long(x).sum();
      second.assign(second.add(1).add(y.mul(0)));
    });
    const x = ones([64, 64]);
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController();
      const run = refusal(step.run([x], { signal: controller.signal }));
      await new Promise((resolve) => void setTimeout(resolve, i % 5));
      controller.abort();
      await run;
      expect(first.item()).toBe(second.item());
    }
    step.dispose();
  });
});

describe('plans', () => {
  test('of flags: one each, none anew when a flag comes back', () => {
    const model = new Linear(2, 2);
    let traces = 0;
    const forward = compile((x: Tensor<'float32'>) => {
      traces++;
      return model.training ? model.forward(x) : x;
    });
    for (const mode of [true, false, true, false, true]) {
      model.train(mode);
      forward.sync(ones([1, 2])).dispose();
    }
    expect(traces).toBe(2);
    forward.dispose();
  });

  test('of more signatures than are kept: a warning that names the shapes', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const f = compile((x: Tensor<'float32'>) => x.add(1), { name: 'grow' });
    for (let n = 1; n < 20; n++) f.sync(ones([n])).dispose();
    expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringMatching(/grow has been compiled for 17 .*float32\[17\]/),
    ]);
    warn.mockRestore();
    f.dispose();
  });

  test('allocate nothing after their first run, and give everything back', async () => {
    const before = memory({ collect: true }).storages;
    const model = new Linear(8, 4);
    const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
    const step = compile((x: Tensor<'float32'>) => {
      const [loss, gradients] = valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
      optimizer.step(gradients);
      return loss;
    });
    const x = ones([16, 8]);
    step.sync(x).dispose();
    (await step(x)).dispose();
    // All that the system has been asked for: what runs borrow for a moment comes out of what is cached.
    const taken = (): number => memory().used + memory().cached;
    const [{ storages }, bytes] = [memory(), taken()];
    for (let i = 0; i < 2_000; i++) step.sync(x).dispose();
    for (let i = 0; i < 200; i++) (await step(x)).dispose();
    expect(memory().storages).toBeLessThanOrEqual(storages);
    // Working memory of threads that had no part before; steps that allocate would take 2,200 times 64 bytes.
    expect(taken() - bytes).toBeLessThanOrEqual(65_536);
    for (const thing of [step, model, optimizer, x]) thing.dispose();
    // Less, when `before` counted what others had left to the collector.
    expect(memory({ collect: true }).storages).toBeLessThanOrEqual(before);
  });

  test('explain themselves', () => {
    const f = compile((x: Tensor<'float32'>) => x.add(1).relu().mul(x.add(1)), { name: 'explained' });
    const text = f.explain(ones([2, 3]));
    expect(text).toContain('explained: 1 commands');
    expect(text).toContain('fused[scaleShift relu mul](in0 float32[6]) → t0 float32[6] result, saves 48 bytes');
    expect(text).toContain('1 commands do the work of 3; 48 bytes of results reach no memory');
    expect(text).toMatch(/arena: .* of intermediate results/);
    expect(f.toMermaid(ones([2, 3]))).toMatch(/^flowchart TD\n[^]*relu/);
    f.dispose();
  });

  test('tell where their time goes', () => {
    const f = compile((x: Tensor<'float32'>) => x.matmul(x).relu().matmul(x).sum(), { name: 'profiled' });
    const profile = f.profile([ones([64, 64])], { runs: 3 });
    expect(profile.ops.map(({ op, commands }) => [op, commands])).toContainEqual(['matmul', 2]);
    const total = profile.ops.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    expect(total).toBeCloseTo(profile.milliseconds);
    expect(String(profile)).toMatch(/matmul +2 +\d+\.\d{4} +\d+\.\d %/);
    const { traceEvents } = JSON.parse(profile.toChromeTrace()) as {
      traceEvents: { name: string; ts: number; dur: number }[];
    };
    expect(traceEvents.map(({ name }) => name)).toEqual(['matmul', 'relu', 'matmul', 'sum']);
    traceEvents
      .slice(1)
      .forEach(({ ts }, i) => expect(ts).toBeGreaterThanOrEqual(traceEvents[i]!.ts + traceEvents[i]!.dur - 1e-3));
    f.dispose();
  });

  test('inside a recorded region the function runs itself, so gradients go through', () => {
    const square = compile((x: Tensor<'float32'>) => x.mul(x));
    const x = tensor([3]);
    const [, [dx]] = valueAndGrad(() => square.sync(x).sum(), [x]);
    expect(dx.toArray()).toEqual([6]);
    scope(() => square.sync(x));
    square.dispose();
  });
});
