import {
  compile,
  crossEntropy,
  cutmix,
  DataLoader,
  distillation,
  distillationLoss,
  fit,
  Generator,
  Linear,
  logSoftmax,
  memory,
  mixup,
  mse,
  rand,
  scope,
  seed,
  SGD,
  smoothLabels,
  TensorDataset,
  tensor,
  valueAndGrad,
  type Supervised,
  type Tensor,
} from 'myelin';

let before: number;
beforeEach(() => {
  before = memory({ collect: true }).storages;
  seed(3);
});
afterEach(() => expect(memory().storages).toBeLessThanOrEqual(before));

const classes = (values: number[]) => tensor(values, { dtype: 'int32' });
const rows = (x: Tensor): number[][] => x.toArray() as number[][];

it('smooth labels make the same loss as the option of cross-entropy', () => {
  scope(() => {
    const [logits, target] = [rand([4, 3]), classes([0, 2, 1, 1])];
    const soft = crossEntropy(logits, smoothLabels(target, { classes: 3, smoothing: 0.2 }));
    expect(soft.item()).toBeCloseTo(crossEntropy(logits, target, { labelSmoothing: 0.2 }).item(), 5);
  });
});

describe('mixup', () => {
  it('mixes every sample and its target with another one, by one share', () => {
    scope(() => {
      for (let round = 0; round < 10; round++) {
        const { x, y } = mixup({ x: tensor([[1], [10], [100]]), y: classes([0, 1, 2]) }, { classes: 3, alpha: 0.4 });
        const [values, targets] = [rows(x), rows(y)];
        // Each sample is the mean of 1, 10 and 100 by its target.
        values.forEach(([value], i) => {
          expect(value).toBeCloseTo(
            targets[i]!.reduce((sum, share, k) => sum + share * 10 ** k, 0),
            3,
          );
          expect(targets[i]!.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
        });
      }
    });
  });

  it('shares are those of the beta distribution', () => {
    scope(() => {
      const batch = { x: tensor([[0], [1]]), y: tensor([[1], [0]]) };
      const generator = new Generator(5);
      const shares = Array.from({ length: 400 }, () =>
        scope(() => rows(mixup(batch, { alpha: 0.5, generator }).x)[0]![0]!),
      );
      const mean = shares.reduce((sum, share) => sum + share, 0) / 400;
      const spread = shares.reduce((sum, share) => sum + (share - 0.5) ** 2, 0) / 400;
      // A sample stays alone every second time; the variance of Beta(½, ½) is ⅛, about ½, and that of 0 is ¼.
      expect(Math.abs(mean - 0.25)).toBeLessThan(0.06);
      expect(Math.abs(spread - (0.5 * 0.125 + 0.5 * 0.25))).toBeLessThan(0.04);
    });
  });
});

it('cutmix puts a rectangle of another image in, and mixes targets by its area', () => {
  scope(() => {
    const [h, w] = [6, 9];
    const x = tensor([0, 1, 2, 3], { dtype: 'float32' }).reshape([4, 1, 1, 1]).expand([4, 2, h, w]);
    for (let round = 0; round < 20; round++) {
      const mixed = cutmix({ x, y: classes([0, 1, 2, 3]) }, { classes: 4 });
      const [images, targets] = [mixed.x.toArray() as number[][][][], rows(mixed.y)];
      images.forEach((channels, n) => {
        expect(channels[0]).toEqual(channels[1]);
        const values = channels[0]!.flat();
        const cut = values.flatMap((value, at) => (value === n ? [] : [at]));
        expect(targets[n]![n]).toBeCloseTo(1 - cut.length / (h * w), 5);
        if (cut.length === 0) return;
        const [ys, xs] = [cut.map((at) => Math.floor(at / w)), cut.map((at) => at % w)];
        const [height, width] = [Math.max(...ys) - Math.min(...ys) + 1, Math.max(...xs) - Math.min(...xs) + 1];
        expect(height * width).toBe(cut.length);
        expect(new Set(cut.map((at) => values[at])).size).toBe(1);
        expect(targets[n]![values[cut[0]!]!]).toBeCloseTo(cut.length / (h * w), 5);
      });
    }
  });
});

it.each([mixup, cutmix])('%p repeats by its seed, and can be compiled', (mix) => {
  const [x, y] = [rand([4, 3, 5, 5]), classes([0, 1, 0, 1])];
  const run = (make: (batch: Supervised) => Supervised): number[][] => {
    seed(8);
    const { x: image, y: target } = make({ x, y });
    const values = [[...image.data()].map(Number), [...target.data()].map(Number)];
    image.dispose();
    target.dispose();
    return values;
  };
  const compiled = compile((batch: Supervised) => ({ ...mix(batch, { classes: 2 }) }));
  const eager = run((batch) => mix(batch, { classes: 2 }));
  expect(run((batch) => mix(batch, { classes: 2 }))).toEqual(eager);
  expect(run((batch) => compiled.sync(batch))).toEqual(eager);
  for (const owner of [compiled, x, y]) owner.dispose();
});

it('a loader mixes its batches, and fit learns from them', async () => {
  const data = new TensorDataset({ x: rand([12, 4]), y: classes([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]) });
  const loader = new DataLoader(data, { batchSize: 6, transform: (batch) => mixup(batch, { classes: 3 }) });
  const model = new Linear(4, 3);
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const { epochs } = await fit(model, { data: loader, loss: crossEntropy, optimizer, epochs: 2, progress: false });
  expect(Number.isFinite(epochs[1]!.loss)).toBe(true);
  for (const owner of [data, model, optimizer]) owner.dispose();
});

describe('distillation', () => {
  it('is T² times the divergence of softened probabilities', () => {
    scope(() => {
      const [student, teacher] = [
        tensor(
          [
            [0.5, -1, 2],
            [0, 1, 1],
          ],
          { dtype: 'float64' },
        ),
        tensor(
          [
            [1, 0, 0],
            [3, -2, 1],
          ],
          { dtype: 'float64' },
        ),
      ];
      const soft = (logits: number[], t: number): number[] => {
        const exps = logits.map((logit) => Math.exp(logit / t));
        return exps.map((e) => e / exps.reduce((sum, other) => sum + other, 0));
      };
      const wanted = rows(student).map((logits, i) => {
        const [q, p] = [soft(logits, 4), soft(rows(teacher)[i]!, 4)];
        return p.reduce((sum, share, k) => sum + share * Math.log(share / q[k]!), 0);
      });
      const value = distillationLoss(student, teacher, { temperature: 4 });
      expect(value.item()).toBeCloseTo((16 * (wanted[0]! + wanted[1]!)) / 2, 12);
      const [, grads] = valueAndGrad(() => distillationLoss(student, teacher), [student, teacher]);
      const q = rows(logSoftmax(student.div(2)).exp());
      const p = rows(logSoftmax(teacher.div(2)).exp());
      // d/ds T² KL = T (q − p) / N
      rows(grads[0]).forEach((row, i) => row.forEach((g, k) => expect(g).toBeCloseTo(q[i]![k]! - p[i]![k]!, 12)));
      expect(rows(grads[1]).flat()).toEqual(Array(6).fill(0));
    });
  });

  it.each([true, false])('a student comes near its teacher, which stays as it is; compiled: %p', async (compiled) => {
    const [teacher, student] = [new Linear(4, 3).eval(), new Linear(4, 3)];
    const batch = { x: rand([16, 4]), y: classes(Array.from({ length: 16 }, (_, i) => i % 3)) };
    const kept = teacher.weight.toArray();
    const optimizer = new SGD(student.parameters(), { lr: 0.5 });
    const apart = () =>
      scope(() => mse(logSoftmax(student.forward(batch.x)), logSoftmax(teacher.forward(batch.x))).item());
    const first = apart();
    await fit<Supervised>(student, {
      data: [batch],
      loss: crossEntropy,
      objective: distillation(teacher, { weight: 1 }),
      optimizer,
      epochs: 60,
      progress: false,
      compile: compiled,
    });
    expect(apart()).toBeLessThan(first / 4);
    expect(teacher.weight.toArray()).toEqual(kept);
    for (const owner of [teacher, student, optimizer, batch.x, batch.y]) owner.dispose();
  });
});

it('refuses what makes no sense', () => {
  scope(() => {
    const batch = { x: rand([2, 3]), y: classes([0, 1]) };
    const cases: [code: string, call: () => unknown][] = [
      ['VALUE', () => mixup(batch)],
      ['VALUE', () => mixup(batch, { classes: 2, alpha: 0 })],
      ['TYPE', () => mixup(undefined as never)],
      ['TYPE', () => mixup({ x: batch.x } as never)],
      ['DTYPE', () => mixup({ x: batch.y, y: batch.y }, { classes: 2 })],
      ['SHAPE', () => mixup({ x: batch.x, y: classes([0]) }, { classes: 2 })],
      ['SHAPE', () => cutmix(batch, { classes: 2 })],
      ['INDEX', () => mixup({ x: batch.x, y: classes([0, 5]) }, { classes: 2 })],
      ['VALUE', () => smoothLabels(batch.y, { classes: 2, smoothing: 2 })],
      ['TYPE', () => smoothLabels(batch.y, undefined as never)],
      ['DTYPE', () => smoothLabels(batch.x, { classes: 2 })],
      ['SHAPE', () => distillationLoss(rand([2, 3]), rand([3, 2]))],
      ['VALUE', () => distillationLoss(rand([2, 3]), rand([2, 3]), { temperature: 0 })],
      ['TYPE', () => distillation({} as never)],
    ];
    for (const [code, call] of cases) expect(call).toThrow(expect.objectContaining({ code }) as Error);
  });
});
