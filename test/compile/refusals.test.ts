import {
  Buffer,
  Embedding,
  Linear,
  MyelinError,
  Parameter,
  compile,
  maskedSelect,
  ones,
  randn,
  seed,
  tensor,
  zeros,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';

async function rejection(promise: Promise<unknown>): Promise<MyelinError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MyelinError)) throw new Error(`expected a MyelinError, got ${String(error)}`);
  return error;
}

describe('what cannot be traced is refused, and the function can be called again', () => {
  const counter = new Buffer(zeros([]));
  const refused: Record<string, [fn: (x: Tensor<'float32'>) => unknown, code: string, message: RegExp]> = {
    'a value read': [(x) => x.mul(x.sum().item()), 'TRACE', /a value was read .* at .*refusals\.test\.ts:\d+/],
    'a branch on data': [(x) => (x.data()[0]! > 0 ? x : x.neg()), 'TRACE', /a value was read/],
    'a shape that depends on values': [(x) => maskedSelect(x, x.gt(0)), 'TRACE', /a value was read/],
    'a Buffer read': [(x) => x.mul(counter.item()), 'TRACE', /of a Parameter or Buffer was read .*refusals\.test\.ts/],
    'a Parameter made': [
      (x) => new Parameter(ones([3])).mul(x),
      'TRACE',
      /was made while the function is being traced/,
    ],
    'a seed inside': [
      (x) => {
        const first = randn([3]);
        seed(1);
        return first.add(randn([3])).add(x);
      },
      'TRACE',
      /a generator was seeded/,
    ],
    'a promise': [async (x) => Promise.resolve(x), 'TYPE', /returned a promise/],
    'a result that is no tensor': [(x) => new Map([['x', x]]), 'TYPE', /is a Map/],
    'an error of its own': [(x) => x.matmul(ones([7, 7])), 'SHAPE', /matmul/],
  };

  test.each(Object.keys(refused))('%s', async (name) => {
    const [fn, code, message] = refused[name]!;
    const compiled = compile(fn);
    for (let i = 0; i < 2; i++) {
      expect(caught(() => compiled.sync(ones([3])))).toMatchObject({ code, message: expect.stringMatching(message) });
      expect((await rejection(compiled(ones([3])))).code).toBe(code);
    }
    compiled.dispose();
  });

  test('tensors of a trace are of no use outside', () => {
    let kept: Tensor | undefined;
    const compiled = compile((x: Tensor<'float32'>) => {
      kept = x.add(1);
      return kept.mul(2);
    });
    compiled.sync(ones([2])).dispose();
    expect(caught(() => kept!.add(1)).code).toMatch(/TRACE|DISPOSED/);
    compiled.dispose();
  });
});

describe('wrong calls', () => {
  test('arguments that are disposed, or no tensors', async () => {
    const double = compile((x: Tensor<'float32'>) => x.mul(2));
    const gone = ones([2]);
    gone.dispose();
    expect(caught(() => double.sync(gone)).code).toBe('DISPOSED');
    expect((await rejection(double(gone))).code).toBe('DISPOSED');
    const [unknown]: [Tensor<'float32'>] = JSON.parse('[null]') as [Tensor<'float32'>];
    expect(() => double.sync(unknown)).toThrow(TypeError);
    double.dispose();
    expect(caught(() => double.sync(ones([2]))).code).toBe('DISPOSED');
  });

  test('arguments that cannot be told apart, or never end', async () => {
    const join = compile((a: string, b: string) => tensor([a.length, b.length]));
    expect(join.sync('a "string', 'b').toArray()).toEqual([9, 1]);
    expect(join.sync('a', 'string" b').toArray()).toEqual([1, 9]);
    const inverse = compile((x: number) => tensor(1 / x));
    expect([inverse.sync(0).item(), inverse.sync(-0).item()]).toEqual([Infinity, -Infinity]);
    const circle: unknown[] = [];
    circle.push(circle);
    const any = compile((x: unknown) => tensor(x === undefined ? 0 : 1));
    for (const wrong of [circle, () => 1, Symbol('x'), new Date()]) {
      expect(caught(() => any.sync(wrong))).toMatchObject({ code: 'TYPE', op: 'compiled' });
    }
    const [text, nothing] = JSON.parse('["x", null]') as [[unknown], object];
    expect((await rejection(any.run(text))).code).toBe('TYPE');
    expect((await rejection(any.run([1], nothing))).code).toBe('TYPE');
    for (const compiled of [join, inverse, any]) compiled.dispose();
  });

  test('a Parameter as argument that the function assigns', () => {
    const total = new Buffer(zeros([2]));
    const accumulate = compile((x: Tensor<'float32'>) => {
      total.assign(total.add(x));
      return total;
    });
    expect(accumulate.sync(ones([2]))).toBe(total);
    expect(caught(() => accumulate.sync(total))).toMatchObject({ code: 'VALUE' });
    expect(total.toArray()).toEqual([1, 1]);
    accumulate.dispose();
  });

  test('what an op refuses in a run names the op, and nothing stays busy', async () => {
    const embedding = new Embedding(4, 2);
    const look = compile((i: Tensor<'int64'>) => embedding.forward(i));
    const good = tensor([0, 3], { dtype: 'int64' });
    const bad = tensor([0, 9], { dtype: 'int64' });
    look.sync(good).dispose();
    for (const error of [await rejection(look(bad)), caught(() => look.sync(bad))]) {
      expect(error.code).toBe('INDEX');
    }
    embedding.weight.assign(0);
    expect((await look(good)).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    look.dispose();
  });
});

describe('what a run uses is busy until it ends', () => {
  const model = new Linear(64, 64);
  const total = new Buffer(zeros([64, 64]));
  const work = compile((x: Tensor<'float32'>) => {
    let y = model.forward(x);
    for (let i = 0; i < 20; i++) y = model.forward(y).tanh();
    total.assign(y);
    return y;
  });
  afterAll(() => work.dispose());

  test('neither assigned, nor read if the run assigns it', async () => {
    const run = work(ones([64, 64]));
    expect(caught(() => model.weight.assign(0)).code).toBe('BUSY');
    expect(caught(() => total.toArray()).code).toBe('BUSY');
    expect(caught(() => total.add(1)).code).toBe('BUSY');
    expect(caught(() => work.sync(ones([64, 64]))).code).toBe('BUSY');
    expect(model.weight.sum().item()).toEqual(expect.any(Number));
    await run;
    model.bias!.assign(0);
    expect(total.add(1).shape).toEqual([64, 64]);
  });

  test('what is disposed meanwhile, function and variables, lives until the end', async () => {
    const held = new Buffer(zeros([64, 64]));
    const fill = compile((x: Tensor<'float32'>) => {
      for (let i = 0; i < 50; i++) held.assign(held.matmul(x).add(1));
      return x.sum();
    });
    const controller = new AbortController();
    const run = fill.run([ones([64, 64])], { signal: controller.signal });
    held.dispose();
    fill.dispose();
    controller.abort();
    expect((await run).item()).toBe(4096);
  });

  test('an argument that is disposed meanwhile lives until the end', async () => {
    const x = ones([64, 64]);
    const expected = work.sync(x).toArray();
    const run = work(x);
    x.dispose();
    expect((await run).toArray()).toEqual(expected);
  });
});
