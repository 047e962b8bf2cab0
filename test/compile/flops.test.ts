import {
  Conv2d,
  LSTM,
  Linear,
  Parameter,
  add,
  compile,
  grad,
  matmul,
  mul,
  randn,
  scaledDotProductAttention,
  scope,
  sum,
  tensor,
  type Tensor,
} from 'myelin';

import { showFlops } from '../../lib/compile/flops';

type Floats = Tensor<'float32'>;

/** Operations by the name of the op, of those whose names begin so. */
function flopsOf(fn: (x: Floats) => unknown, x: Floats, name: RegExp): readonly (readonly [string, number])[] {
  const compiled = compile(fn as (x: Floats) => Tensor);
  const { ops } = compiled.profile([x], { runs: 1 });
  compiled.dispose();
  const found = ops.filter(({ op }) => name.test(op)).map(({ op, flops }) => [op, flops] as const);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

test('products count two operations for each multiply-add', () => {
  const linear = new Linear(30, 40);
  expect(flopsOf((x) => linear.forward(x), randn([5, 30]), /^linear/)).toEqual([['linearPacked', 2 * 5 * 30 * 40]]);
  const w = new Parameter(randn([3, 30, 7]));
  expect(flopsOf((x) => matmul(x, w), randn([3, 5, 30]), /^matmul/)).toEqual([['matmul', 2 * 3 * 5 * 30 * 7]]);
});

test('so do convolutions, and each of their gradients as much', () => {
  const conv = new Conv2d(6, 8, 3, { groups: 2, padding: 1 });
  const count = 2 * (2 * 8 * 10 * 9) * (3 * 9);
  expect(flopsOf((x) => conv.forward(x), randn([2, 6, 10, 9]), /conv2d/)).toEqual([['conv2dPacked', count]]);
  const gradients = (x: Floats) => grad(() => sum(conv.forward(x).square()), [x, conv.weight]);
  expect(flopsOf(gradients, randn([2, 6, 10, 9]), /^conv2dD/)).toEqual([
    ['conv2dDInput', count],
    ['conv2dDWeight', count],
  ]);
});

test('recurrent layers multiply every weight once for each sample and step', () => {
  const lstm = new LSTM(20, 30);
  expect(flopsOf((x) => lstm.forward(x)[0], randn([40, 3, 20]), /^recurrent/)).toEqual([
    ['recurrentPacked', 2 * 40 * 3 * (120 * 20 + 120 * 30)],
  ]);
});

test('attention multiplies twice, its gradients five times', () => {
  const k = new Parameter(randn([2, 3, 50, 8]));
  const attend = (q: Floats) => scaledDotProductAttention(q, k, k);
  const count = 2 * (2 * 3 * 40) * 50 * 16;
  expect(flopsOf(attend, randn([2, 3, 40, 8]), /^attention/)).toEqual([['attention', count]]);
  const gradient = (q: Floats) => grad(() => sum(mul(attend(q), attend(q))), [q]);
  const found = new Map(flopsOf(gradient, randn([2, 3, 40, 8]), /^attention/));
  expect(found.get('attentionBackward')! % (2.5 * count)).toBe(0);
});

test('what is joined counts as its parts do, each element once', () => {
  expect(flopsOf((x) => x.mul(2).exp().tanh(), randn([6, 7]), /^fused/)).toEqual([
    ['fused[scaleShift exp tanh]', 3 * 42],
  ]);
});

test('an explanation tells operations and constants', () => {
  const constant = tensor([1, 2, 3]);
  const compiled = compile((x: Floats) => add(matmul(x, x), constant));
  const x = randn([3, 3]);
  scope(() => compiled.sync(x));
  const text = compiled.explain(x);
  expect(text).toMatch(/matmul\(.*, 54 FLOP/);
  expect(text).toMatch(/^work: 63 FLOP a run$/m);
  expect(text).toMatch(/^constants: 1 of 12 bytes/m);
  compiled.dispose();
});

test.each([
  [0, '0 FLOP'],
  [999, '999 FLOP'],
  [51_380_224, '51.4 MFLOP'],
  [2.5e12, '2.5 TFLOP'],
])('%d operations are read as %s', (flops, text) => expect(showFlops(flops)).toBe(text));
