import {
  Adam,
  BatchNorm1d,
  Dropout,
  Linear,
  ReLU,
  Sequential,
  add,
  compile,
  crossEntropy,
  ones,
  randn,
  seed,
  tensor,
  valueAndGrad,
  type Tensor,
} from 'myelin';

const numbers = (x: Tensor): unknown => x.toArray();

describe('a compiled function', () => {
  test('gives what the function gives, in both ways of running', async () => {
    const fn = (x: Tensor<'float32'>, y: Tensor<'float32'>) => x.matmul(y).add(1).relu().sum({ axis: 0 });
    const compiled = compile(fn);
    const [a, b] = [randn([3, 4]), randn([4, 5])];
    expect(numbers(compiled.sync(a, b))).toEqual(numbers(fn(a, b)));
    expect(numbers(await compiled(a, b))).toEqual(numbers(fn(a, b)));
    const [c, d] = [randn([3, 4]), randn([4, 5])];
    expect(numbers(await compiled(c, d))).toEqual(numbers(fn(c, d)));
    compiled.dispose();
  });

  test('takes views at any offset, and nested structures', async () => {
    const fn = ({ x, ys }: { x: Tensor<'float32'>; ys: readonly Tensor<'float32'>[] }, scale: number) => ({
      sum: add(x, ys[0]!).mul(scale),
      same: x,
      part: ys[1]!.slice([1, 2]),
      text: 'kept',
    });
    const compiled = compile(fn);
    const base = randn([6, 4]);
    for (const start of [0, 2, 4]) {
      const given = { x: base.slice([start, start + 2]), ys: [base.slice([1, 3]), base.slice([start, start + 2])] };
      const [ours, theirs] = [await compiled(given, 3), fn(given, 3)];
      expect(ours.text).toBe('kept');
      expect(numbers(ours.sum)).toEqual(numbers(theirs.sum));
      expect(numbers(ours.same)).toEqual(numbers(theirs.same));
      expect(numbers(ours.part)).toEqual(numbers(theirs.part));
    }
    compiled.dispose();
  });

  test('trains as the function does, bit for bit, with state in place', async () => {
    const train = async (compiledStep: boolean) => {
      seed(3);
      const model = new Sequential(
        new Linear(6, 8),
        new BatchNorm1d(8),
        new ReLU(),
        new Dropout(0.25),
        new Linear(8, 3),
      );
      const optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const step = (x: Tensor<'float32'>, y: Tensor<'int64'>) => {
        const [loss, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
        optimizer.step(gradients);
        return loss;
      };
      const compiled = compile(step);
      const losses: unknown[] = [];
      for (let i = 0; i < 5; i++) {
        const x = randn([16, 6]);
        const y = tensor(
          Array.from({ length: 16 }, (_, k) => k % 3),
          { dtype: 'int64' },
        );
        if (i === 3) optimizer.lr = 0.001;
        losses.push((compiledStep ? await compiled(x, y) : step(x, y)).item());
      }
      const state = Object.fromEntries(Object.entries(model.stateDict()).map(([name, t]) => [name, numbers(t)]));
      model.eval();
      const evaluate = compile((x: Tensor<'float32'>) => model.forward(x));
      const x = ones([2, 6]);
      return {
        losses,
        state,
        step: optimizer.stepCount,
        output: numbers(compiledStep ? await evaluate(x) : model.forward(x)),
      };
    };
    const [{ output, ...compiled }, { output: expected, ...eager }] = [await train(true), await train(false)];
    expect(compiled).toEqual(eager);
    // Batch norm has been folded.
    const close = (row: unknown): unknown => (Array.isArray(row) ? row.map(close) : expect.closeTo(row as number, 5));
    expect(output).toEqual(close(expected));
  });
});
