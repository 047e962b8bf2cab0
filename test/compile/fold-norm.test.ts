import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Buffer,
  Conv1d,
  Conv2d,
  Conv3d,
  Linear,
  Parameter,
  SGD,
  Sequential,
  add,
  assign,
  batchNorm,
  compile,
  conv2d,
  randn,
  rand,
  scope,
  seed,
  setThreads,
  threads,
  valueAndGrad,
  zeros,
  type Module,
  type Tensor,
} from 'myelin';

import { resnet18 } from '../../bench/models/resnet18';
import { bytesOf, difference, read } from '../support/compare';

type Floats = Tensor<'float32'>;

/** Commands of a plan: their names, and whether they last. */
const commandsOf = (explained: string): string[] =>
  explained
    .split('\n')
    .flatMap((line) => /^ *\d+ {2}(\w+)/.exec(line)?.[1]?.concat(line.endsWith('lasts') ? ' lasts' : '') ?? []);

/** What must be done once before such commands. */
const packings: Readonly<Record<string, readonly string[]>> = {
  linearPacked: ['packWeight lasts'],
  conv2dPacked: ['packConv2d lasts'],
};

/** Norms whose statistics are those of some training. */
function settle<M extends Pick<Module, 'buffers' | 'parameters' | 'eval'>>(module: M): M {
  for (const buffer of Object.values(module.buffers())) {
    if (buffer.rank === 1) assign(buffer, rand(buffer.shape).add(0.5).to(buffer.dtype));
  }
  for (const each of Object.values(module.parameters())) {
    if (each.rank === 1) assign(each, randn(each.shape).to(each.dtype));
  }
  module.eval();
  return module;
}

/** How far folding may move a result, in units of the last place of its largest numbers. */
const tolerance = { relative: 16, absolute: 64 };

function expectClose(got: Tensor, expected: Tensor): void {
  expect(got.strides).toEqual(expected.strides);
  expect(difference(read(got), read(expected), tolerance)).toBeUndefined();
}

test.each<[name: string, model: () => Module, shape: readonly number[], by: string]>([
  [
    'a convolution of images',
    () => new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8)),
    [2, 3, 9, 8],
    'conv2dPacked',
  ],
  [
    'one without a bias, by Winograd',
    () => new Sequential(new Conv2d(20, 24, 3, { padding: 1, bias: false }), new BatchNorm2d(24)),
    [2, 20, 17, 13],
    'conv2dPacked',
  ],
  [
    'groups that step',
    () => new Sequential(new Conv2d(8, 12, 3, { groups: 4, stride: 2 }), new BatchNorm2d(12, { affine: false })),
    [2, 8, 9, 9],
    'conv2dPacked',
  ],
  [
    'a depthwise one',
    () => new Sequential(new Conv2d(6, 6, 3, { groups: 6 }), new BatchNorm2d(6, { eps: 0.1 })),
    [2, 6, 9, 9],
    'conv2d',
  ],
  ['a signal', () => new Sequential(new Conv1d(3, 5, 4), new BatchNorm1d(5)), [2, 3, 19], 'conv2dPacked'],
  ['a volume', () => new Sequential(new Conv3d(2, 5, 2), new BatchNorm3d(5)), [2, 2, 4, 5, 6], 'conv2dPacked'],
  ['a linear layer', () => new Sequential(new Linear(7, 9), new BatchNorm1d(9)), [6, 7], 'linearPacked'],
  ['one of a single row', () => new Sequential(new Linear(7, 9), new BatchNorm1d(9)), [1, 7], 'linear'],
  [
    'one without a bias',
    () => new Sequential(new Linear(7, 9, { bias: false }), new BatchNorm1d(9)),
    [6, 7],
    'linearPacked',
  ],
])('batch norm is folded into %s', (_, create, shape, by) => {
  seed(3);
  const model = settle(create()) as Module<readonly [Floats], Floats>;
  const x = randn(shape);
  const run = compile((input: Floats) => model.forward(input));
  const before = threads();
  scope(() => {
    const bytes = [1, 2, 3, 7].map((count) => {
      setThreads(count);
      return bytesOf(run.sync(x));
    });
    expect(bytes.map((each) => each.equals(bytes[0]!))).toEqual([true, true, true, true]);
    expectClose(run.sync(x), model.forward(x));
    const packing = packings[by] ?? [];
    const commands = commandsOf(run.explain(x)).filter((name) => name !== 'copy');
    expect(commands).toEqual(['foldNorm lasts', ...packing, by]);
  });
  setThreads(before);
  run.dispose();
});

test('float64 is folded in float64', () => {
  const model = settle(
    new Sequential(new Conv2d(3, 5, 2, { dtype: 'float64' }), new BatchNorm2d(5, { dtype: 'float64' })),
  );
  const forward = (input: Tensor) => (model as Module<readonly [Tensor], Tensor>).forward(input);
  const run = compile(forward);
  const x = randn([2, 3, 6, 6], { dtype: 'float64' });
  scope(() => expectClose(run.sync(x), forward(x)));
  expect(commandsOf(run.explain(x))).toEqual(['foldNorm lasts', 'packConv2d lasts', 'conv2dPacked']);
  run.dispose();
});

test('a ResNet answers without any norm', () => {
  seed(4);
  const model = settle(resnet18());
  const run = compile((input: Floats) => model.forward(input));
  const x = randn([2, 3, 32, 32]);
  const commands = commandsOf(run.explain(x));
  expect(commands.filter((name) => name === 'foldNorm lasts')).toHaveLength(20);
  expect(run.explain(x)).not.toMatch(/batchNorm|scaleShiftBy/);
  scope(() => {
    const [got, expected] = [run.sync(x), model.forward(x)].map((y) => read(y).data as number[]) as [
      number[],
      number[],
    ];
    const scale = Math.max(...expected.map(Math.abs));
    got.forEach((value, i) => expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(2e-4));
  });
  run.dispose();
});

describe('batch norm is left alone', () => {
  const conv = new Conv2d(3, 4, 2);
  const norm = settle(new BatchNorm2d(4));
  const other = settle(new BatchNorm2d(4));
  const flat = settle(new BatchNorm1d(6));
  const linear = new Linear(5, 4);
  const weight = new Parameter(randn([4, 3, 2, 2]));
  const image = [2, 3, 5, 5];

  test.each<[name: string, fn: (x: Floats) => unknown, shape: readonly number[]]>([
    ['where the convolution is needed elsewhere', (x) => [conv.forward(x), norm.forward(conv.forward(x))], image],
    ['where two norms read it', (x) => add(norm.forward(conv.forward(x)), other.forward(conv.forward(x))), image],
    ['where a part is read', (x) => norm.forward(conv.forward(x).slice([0, 1])), image],
    ['where it reads other channels', (x) => flat.forward(linear.forward(x).transpose(0, 1)), [6, 5]],
    [
      'where gradients go through it',
      (x) => valueAndGrad(() => norm.forward(conv.forward(x)).sum(), conv.parameters()),
      image,
    ],
    [
      'where the weight is assigned',
      (x) => {
        const out = batchNorm(conv2d(x, weight), {
          runningMean: norm.running_mean,
          runningVar: norm.running_var,
          training: false,
        });
        weight.assign(weight.mul(2));
        return out;
      },
      image,
    ],
    ['where the weight is an argument', (x) => norm.forward(conv2d(zeros([2, 3, 5, 5]), x)), [4, 3, 2, 2]],
  ])('%s', (_, fn, shape) => {
    const run = compile(fn as (x: Floats) => Tensor);
    const explained = run.explain(randn(shape));
    expect(explained).not.toMatch(/foldNorm/);
    expect(explained).toMatch(/batchNorm/);
    run.dispose();
  });

  test('in halves, and while training', () => {
    const [runningMean, runningVar] = [zeros([4]), zeros([4])].map((x) => new Buffer(x.to('bfloat16')));
    const half = new Parameter(randn([4, 3, 2, 2]).to('bfloat16'));
    const run = compile((x: Floats) =>
      batchNorm(conv2d(x.to('bfloat16'), half), {
        runningMean: runningMean!,
        runningVar: runningVar!,
        training: false,
      }),
    );
    expect(run.explain(randn(image))).not.toMatch(/foldNorm/);
    const training = new BatchNorm2d(4).train();
    const step = compile((x: Floats) => training.forward(conv.forward(x)));
    expect(step.explain(randn(image))).not.toMatch(/foldNorm/);
    [run, step].forEach((each) => each.dispose());
  });
});

test('what is folded follows weights and statistics, whoever assigns them', () => {
  const model = new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4));
  const forward = (x: Floats) => model.forward(x) as Floats;
  const x = randn([2, 3, 6, 6]);
  const predict = compile(forward);
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const step = compile((input: Floats) => {
    const [loss, gradients] = valueAndGrad(() => forward(input).square().mean(), model.parameters());
    optimizer.step(gradients);
    return loss;
  });
  const other = settle(new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4)));
  const changes: readonly (() => unknown)[] = [
    () => undefined,
    () => step.sync(x),
    () => forward(x),
    () => model.loadStateDict(other.stateDict()),
    () => assign(model.buffers()['1.running_mean']!, 0.25),
    () => assign(model.parameters()['1.bias']!, 2),
  ];
  const seen = new Set<string>();
  for (const change of changes) {
    model.train();
    scope(() => void change());
    model.eval();
    scope(() => expectClose(predict.sync(x), forward(x)));
    expect(predict.explain(x)).toMatch(/foldNorm/);
    seen.add(bytesOf(predict.sync(x)).toString('base64'));
  }
  expect(seen.size).toBe(changes.length);
  [predict, step].forEach((each) => each.dispose());
});

test('a norm and a convolution that serve twice are folded once', () => {
  const model = settle(new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4))) as Module<readonly [Floats], Floats>;
  const run = compile((x: Floats) => [model.forward(x), model.forward(x.neg())]);
  const x = randn([2, 3, 6, 6]);
  expect(commandsOf(run.explain(x))).toEqual([
    'foldNorm lasts',
    'packConv2d lasts',
    'conv2dPacked',
    'neg',
    'conv2dPacked',
  ]);
  scope(() => run.sync(x).forEach((y, i) => expectClose(y, model.forward(i === 0 ? x : x.neg()))));
  run.dispose();
});
