import {
  Conv2d,
  Linear,
  add,
  compile,
  contiguous,
  conv2d,
  gelu,
  hardswish,
  linear,
  matmul,
  mean,
  mul,
  randn,
  scope,
  setThreads,
  silu,
  threads,
  valueAndGrad,
  Parameter,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { chainProducts } from '../../lib/compile/chain';
import { checkGraph } from '../../lib/compile/check';
import { fuseElementwise } from '../../lib/compile/fuse';
import { titleOf, type Graph } from '../../lib/compile/graph';
import { writeInPlace } from '../../lib/compile/in-place';
import { Plan } from '../../lib/compile/plan';
import { flatten } from '../../lib/compile/structure';
import { traceFunction, type Traced } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;
type Run = (...inputs: never[]) => Tensor | readonly Tensor[];

const trace = (fn: Run, inputs: readonly Tensor[]): Traced => traceFunction(fn, flatten('test', 'args', inputs));

/** Joins element-wise commands with each other, and with all products that are there. */
const join = (graph: Graph): Graph => chainProducts(fuseElementwise(graph), () => true);

function titles(fn: Run, inputs: readonly Tensor[]): string[] {
  const graph = join(trace(fn, inputs).graph);
  checkGraph(graph);
  return graph.nodes.map(titleOf).filter((title) => !/^(full|zeros)/.test(title));
}

/** Whether a function gives the same bits in a plan, however many threads there are. */
function expectSame(fn: Run, inputs: readonly Tensor[]): void {
  const before = threads();
  const { graph, draws } = trace(fn, inputs);
  const plan = new Plan('chained', writeInPlace(join(graph)), draws);
  const bytes = (results: Tensor | readonly Tensor[]): Buffer[] => [results].flat().map(bytesOf);
  const eager = scope(() => bytes(fn(...(inputs as never[]))));
  for (const count of [1, 2, 3, 7]) {
    setThreads(count);
    const got = scope(() => bytes(plan.sync(inputs)));
    expect(got.map((each, i) => each.equals(eager[i]!))).toEqual(eager.map(() => true));
  }
  setThreads(before);
  plan.dispose();
}

const image = (channels: number, height: number, width: number): Floats =>
  contiguous(randn([3, channels, height, width]), { layout: 'channelsLast' });

test.each<[name: string, fn: Run, inputs: () => Tensor[], titles: string[]]>([
  [
    'a linear layer takes an activation',
    (x: Floats, w: Floats, b: Floats) => gelu(linear(x, w, b)),
    () => [randn([300, 40]), randn([700, 40]), randn([700])],
    ['chain[linear gelu]'],
  ],
  [
    'one of few rows, too',
    (x: Floats, w: Floats, b: Floats) => silu(linear(x, w, b)),
    () => [randn([40, 300]), randn([200, 300]), randn([200])],
    ['chain[linear silu]'],
  ],
  [
    'of one row',
    (x: Floats, w: Floats, b: Floats) => linear(x, w, b).sigmoid(),
    () => [randn([1, 300]), randn([200, 300]), randn([200])],
    ['chain[linear sigmoid]'],
  ],
  [
    'a product takes scale, mask and residual',
    (a: Floats, b: Floats, mask: Floats, x: Floats) => add(mul(matmul(a, b).mul(0.5), mask), x),
    () => [randn([500, 64]), randn([64, 90]), randn([500, 90]), randn([500, 90])],
    ['chain[matmul scaleShift mul add]'],
  ],
  [
    'what is repeated along rows and columns',
    (a: Floats, b: Floats, row: Floats, column: Floats) => matmul(a, b).mul(row).add(column).tanh(),
    () => [randn([400, 30]), randn([30, 1300]), randn([1300]), randn([400, 1])],
    ['chain[matmul mul add tanh]'],
  ],
  [
    'short rows and columns',
    (a: Floats, b: Floats, row: Floats, column: Floats) => matmul(a, b).mul(row).add(column).tanh(),
    () => [randn([900, 30]), randn([30, 70]), randn([70]), randn([900, 1])],
    ['chain[matmul mul add tanh]'],
  ],
  [
    'batches of products',
    (a: Floats, b: Floats, mask: Floats) => matmul(a, b).add(mask).exp(),
    () => [randn([4, 6, 33, 20]), randn([4, 6, 20, 35]), randn([33, 35])],
    ['chain[matmul add exp]'],
  ],
  [
    'a product keeps its result for others',
    (a: Floats, b: Floats) => {
      const product = matmul(a, b);
      return [product.sigmoid().mul(product), product.sum(), product];
    },
    () => [randn([200, 30]), randn([30, 40])],
    ['chain[matmul sigmoid mul]', 'sum'],
  ],
  [
    'several results',
    (a: Floats, b: Floats, x: Floats) => {
      const sum = matmul(a, b).add(x);
      return [sum, sum.relu()];
    },
    () => [randn([200, 30]), randn([30, 40]), randn([200, 40])],
    ['chain[matmul add relu]'],
  ],
  [
    'a convolution takes a residual and relu',
    (x: Floats, w: Floats, b: Floats, rest: Floats) =>
      conv2d(x, w, { bias: b, padding: 1, stride: 2 }).add(rest).relu(),
    () => [image(5, 20, 21), randn([7, 5, 3, 3]), randn([7]), image(7, 10, 11)],
    ['chain[conv2d add relu]'],
  ],
  [
    'by Winograd',
    (x: Floats, w: Floats, rest: Floats) => conv2d(x, w, { padding: 1 }).add(rest).relu(),
    () => [image(40, 21, 18), randn([40, 40, 3, 3]), image(40, 21, 18)],
    ['chain[conv2d add relu]'],
  ],
  [
    'by Winograd, many channels of few pixels',
    (x: Floats, w: Floats, rest: Floats) => conv2d(x, w, { padding: 1 }).add(rest).relu(),
    () => [image(128, 8, 8), randn([256, 128, 3, 3]), image(256, 8, 8)],
    ['chain[conv2d add relu]'],
  ],
  [
    'by Winograd, in groups, and dilated',
    (x: Floats, w: Floats, v: Floats) =>
      conv2d(conv2d(x, w, { padding: 1, groups: 2 }).tanh(), v, { padding: 2, dilation: 2 }).tanh(),
    () => [image(64, 20, 20), randn([64, 32, 3, 3]), randn([32, 64, 3, 3])],
    ['chain[conv2d tanh]', 'chain[conv2d tanh]'],
  ],
  [
    'a convolution by 1 × 1, gates for each channel',
    (x: Floats, w: Floats, gates: Floats) => hardswish(conv2d(x, w).mul(gates)),
    () => [image(20, 17, 12), randn([30, 20, 1, 1]), randn([3, 30, 1, 1])],
    ['chain[conv2d mul hardswish]'],
  ],
  [
    'a depthwise one',
    (x: Floats, w: Floats) => silu(conv2d(x, w, { padding: 1, groups: 20 })),
    () => [image(20, 17, 12), randn([20, 1, 3, 3])],
    ['chain[conv2d silu]'],
  ],
  [
    'operands in another order',
    (a: Floats, b: Floats, x: Floats) => matmul(a, b).add(x.transpose()),
    () => [randn([130, 30]), randn([30, 140]), randn([140, 130])],
    ['chain[matmul add]'],
  ],
  [
    'across a reshape',
    (a: Floats, b: Floats, x: Floats) => matmul(a, b).reshape([10, 20, 40]).add(x).relu(),
    () => [randn([200, 30]), randn([30, 40]), randn([20, 1])],
    ['chain[matmul add relu]'],
  ],
  [
    'two products, the later',
    (a: Floats, b: Floats, c: Floats) => mul(silu(matmul(a, b)), matmul(a, c)),
    () => [randn([200, 30]), randn([30, 40]), randn([30, 40])],
    ['matmul', 'chain[matmul silu mul]'],
  ],
  [
    'what becomes another dtype is told to others as well',
    (a: Floats, b: Floats) => {
      const sum = matmul(a, b).add(1);
      return [sum.to('bfloat16'), sum];
    },
    () => [randn([200, 30]), randn([30, 40])],
    ['chain[matmul scaleShift cast]'],
  ],
])('%s', (_, fn, inputs, expected) => {
  const given = inputs();
  expect(titles(fn, given)).toEqual(expected);
  expectSame(fn, given);
});

test.each<[name: string, fn: Run, titles: string[]]>([
  ['reads a result in another order', (a: Floats) => add(a, matmul(a, a).transpose()), ['matmul', 'add']],
  ['reads a part', (a: Floats) => matmul(a, a).slice([0, 4]).relu(), ['matmul', 'relu']],
  ['repeats it', (a: Floats) => matmul(a, a).slice([0, 1]).add(a), ['matmul', 'add']],
  [
    'comes behind another reader',
    (a: Floats) => {
      const product = matmul(a, a);
      return [product.sum(), product.relu()];
    },
    ['matmul', 'sum', 'relu'],
  ],
  ['makes nothing that its result could lie in', (a: Floats) => matmul(a, a).to('float64'), ['matmul', 'cast']],
  ['reads halves', (a: Floats) => matmul(a.to('bfloat16'), a.to('bfloat16')).relu(), ['cast', 'matmul', 'relu']],
])('a product is left alone by what %s', (_, fn, expected) => {
  const given = [randn([40, 40])];
  expect(titles(fn, given).filter((title, i, all) => all.indexOf(title) === i)).toEqual(expected);
  expectSame(fn, given);
});

test('what follows does not come before an assignment that it came after', () => {
  const state = new Parameter(randn([8, 8]));
  const fn = (x: Floats): Tensor => {
    const product = matmul(x, state);
    state.assign(x);
    return product.mul(state);
  };
  expect(titles(fn as Run, [randn([8, 8])])).toEqual(['matmul', 'assign', 'mul']);
});

test('matrix products are joined where they are many rows of short sums', () => {
  const explain = (rows: number, terms: number): string => {
    const compiled = compile((a: Floats, b: Floats) => matmul(a, b).tanh());
    const text = compiled.explain(randn([rows, terms]), randn([terms, 300]));
    compiled.dispose();
    return text;
  };
  expect(explain(9000, 64)).toMatch(/chain\[matmul tanh\]/);
  expect(explain(900, 64)).not.toMatch(/chain/);
  expect(explain(3000, 512)).not.toMatch(/chain/);
});

const dtypes: readonly FloatDType[] = ['float32', 'float64'];

test.each(dtypes)('of random shapes, the same bits (%s)', (dtype) => {
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 3, 5],
    [17, 1, 9],
    [1, 90, 70],
    [31, 65, 0],
    [33, 257, 20],
    [129, 64, 65],
    [257, 700, 1100],
    [1500, 100, 10],
    [5000, 300, 60],
  ] as const) {
    const [x, w, b, rest] = [[m, k], [n, k], [n], [m, n]].map((shape) => randn(shape, { dtype }) as Floats);
    const given = [x!, w!, b!, rest!];
    expectSame((x: Floats, w: Floats, b: Floats, rest: Floats) => gelu(linear(x, w, b)).add(rest), given);
    expectSame((x: Floats, w: Floats, _: Floats, rest: Floats) => gelu(matmul(x, w.transpose())).mul(rest), given);
    const [weight, bias] = [new Parameter(w!), new Parameter(b!)];
    expectSame((x: Floats, rest: Floats) => linear(x, weight, bias).tanh().add(rest), [x!, rest!]);
  }
});

test('a training keeps what its gradients need', () => {
  const [conv, out] = [new Conv2d(3, 16, 3, { padding: 1 }), new Linear(16, 5)];
  const all = { ...conv.parameters(), weight2: out.weight, bias2: out.bias! };
  const fn = (x: Floats): Tensor[] => {
    const forward = () =>
      gelu(out.forward(mean(silu(conv.forward(x)), { axis: [2, 3] })))
        .square()
        .mean();
    const [loss, gradients] = valueAndGrad(forward, all);
    return [loss, ...Object.values(gradients)];
  };
  const x = image(3, 12, 12);
  expectSame(fn, [x]);
  const compiled = compile(fn);
  expect(compiled.explain(x)).toMatch(/chain\[conv2dPacked silu\].*→ t\d+ .*, t\d+ /);
  compiled.dispose();
});
