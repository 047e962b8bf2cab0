import {
  add,
  batchNorm,
  cast,
  contiguous,
  conv2d,
  exp,
  floor,
  gelu,
  grad,
  GRU,
  GRUCell,
  layerNorm,
  log,
  logSoftmax,
  LSTM,
  LSTMCell,
  matmul,
  matmulInteger,
  max,
  mul,
  relu,
  RNN,
  RNNCell,
  scaledDotProductAttention,
  scope,
  sigmoid,
  softmax,
  sum,
  tanh,
  transpose,
  valueAndGrad,
  vjp,
  type Tensor,
} from 'myelin';

import { decoder } from '../models/index.js';
import { convolutionNames, numbersOf, productNames, type Arguments } from '../suite/case.js';
import { blockWays } from './blocks.js';
import { calling, callingOp, floats, pick, type Floats } from './calling.js';
import type { Workload, Workloads } from './serve.js';
import { lbfgsWays, updateWays } from './updates.js';
import { wholeWorkloads } from './whole.js';

const numberOf = (args: Arguments, name: string): number => Number(args[name]);

/** The two factors, [batch, rows, columns], each stored as the case says. */
function factors(args: Arguments): [Floats, Floats] {
  const { m, n, k, batch, aTransposed, bTransposed } = numbersOf(args, ...productNames);
  const leading = batch > 1 ? [batch] : [];
  const stored = (seed: number, rows: number, columns: number, transposed: number): Floats =>
    transposed === 1
      ? transpose(floats(seed, ...leading, columns, rows), -2, -1)
      : floats(seed, ...leading, rows, columns);
  return [stored(1, m, k, aTransposed), stored(2, k, n, bTransposed)];
}

/** Whole numbers from 0 to 126, which signed and unsigned bytes hold alike. */
const bytes = (x: Floats): Tensor<'uint8'> => cast(floor(mul(add(x, 0.5), 127)), 'uint8');

function matmulWays(args: Arguments): Workload[] {
  const [a, b] = factors(args);
  if (args['dtype'] === 'int8') {
    const [x, y] = [bytes(a), bytes(b)];
    return [callingOp(() => matmulInteger(x, y), [x, y])];
  }
  const dtype = args['dtype'] === 'bfloat16' ? 'bfloat16' : 'float32';
  const [x, y] = [a.to(dtype), b.to(dtype)];
  return [callingOp(() => matmul(x, y), [x, y])];
}

/** Input and weight of a convolution: images are stored channels-last, as every op here makes them. */
function convolution(args: Arguments): { x: Floats; w: Floats; forward: (x: Floats, w: Floats) => Floats } {
  const { batch, channels, size, filters, kernel, stride, padding, dilation, groups } = numbersOf(
    args,
    ...convolutionNames,
  );
  const x = contiguous(floats(1, batch, channels, size, size), { layout: 'channelsLast' });
  const w = floats(2, filters, channels / groups, kernel, kernel);
  return { x, w, forward: (image, weight) => conv2d(image, weight, { stride, padding, dilation, groups }) };
}

function convWays(args: Arguments): Workload[] {
  const { x, w, forward } = convolution(args);
  return [callingOp(() => forward(x, w), [x, w], 'channels-last')];
}

function convBackwardWays(args: Arguments): Workload[] {
  const { x, w, forward } = convolution(args);
  const [y, pullback] = vjp(forward, [x, w]);
  const dy = contiguous(floats(3, ...y.shape), { layout: 'channelsLast' });
  const work = calling(() => pullback(dy), [x, w, y, dy], 'channels-last');
  return [
    {
      ...work,
      drop: () => {
        pullback.dispose();
        work.drop();
      },
    },
  ];
}

const recurrentLayers = {
  lstm: LSTM<'float32'>,
  gru: GRU<'float32'>,
  rnn: RNN<'float32'>,
};

function recurrentWays(args: Arguments): Workload[] {
  const names = ['batch', 'steps', 'inputs', 'hidden', 'bidirectional', 'backward'] as const;
  const { batch, steps, inputs, hidden, bidirectional, backward } = numbersOf(args, ...names);
  const Layer = pick<(typeof recurrentLayers)[keyof typeof recurrentLayers]>(recurrentLayers, args['what']);
  const layer = new Layer(inputs, hidden, { batchFirst: true, bidirectional: bidirectional === 1 });
  const parameters = Object.entries(layer.parameters()).sort(([a], [b]) => (a < b ? -1 : 1));
  parameters.forEach(([, each], i) => each.assign(mul(floats(100 + i, ...each.shape), 0.2)));
  const x = floats(1, batch, steps, inputs);
  const forward = (): Floats => layer.forward(x)[0];
  const leaves = [x, ...parameters.map(([, each]) => each as Floats)];
  const call = backward === 1 ? () => grad(() => sum(forward()), leaves) : () => [forward()];
  return [calling(call, leaves)];
}

function cellWays(args: Arguments): Workload[] {
  const { batch, size } = numbersOf(args, 'batch', 'size');
  const [x, h, c] = [1, 2, 3].map((seed) => floats(seed, batch, size)) as [Floats, Floats, Floats];
  const filled = <M extends LSTMCell | GRUCell | RNNCell>(cell: M): M => {
    const parameters = Object.entries(cell.parameters()).sort(([one], [other]) => (one < other ? -1 : 1));
    parameters.forEach(([, each], i) => each.assign(mul(floats(100 + i, ...each.shape), 0.2)));
    return cell;
  };
  if (args['what'] === 'lstm') {
    const cell = filled(new LSTMCell(size, size));
    return [calling(() => [...cell.forward(x, [h, c])], [x, h, c])];
  }
  const cell = filled(args['what'] === 'gru' ? new GRUCell(size, size) : new RNNCell(size, size));
  return [calling(() => [cell.forward(x, h)], [x, h])];
}

function attentionWays(args: Arguments): Workload[] {
  const names = ['batch', 'heads', 'keyHeads', 'queries', 'steps', 'width', 'causal', 'backward'] as const;
  const { batch, heads, keyHeads, queries, steps, width, causal, backward } = numbersOf(args, ...names);
  const q = floats(1, batch, heads, queries, width);
  const [k, v] = [2, 3].map((seed) => floats(seed, batch, keyHeads, steps, width)) as [Floats, Floats];
  const forward = (): Floats =>
    scaledDotProductAttention(q, k, v, { isCausal: causal === 1, enableGqa: heads !== keyHeads });
  if (backward === 0) return [calling(() => [forward()], [q, k, v])];
  return [calling(() => grad(() => sum(forward()), [q, k, v]), [q, k, v])];
}

const normalizations: Readonly<Record<string, (x: Floats, weight: Floats, bias: Floats) => Floats>> = {
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
  layerNorm: (x, weight, bias) => layerNorm(x, [x.shape[1]!], { weight, bias }),
  batchNorm: (x, weight, bias) => batchNorm(x, { weight, bias }),
};

function rowsWays(args: Arguments): Workload[] {
  const normalize = pick(normalizations, args['what']);
  const { rows, columns, batch, channels, size } = numbersOf(args, 'rows', 'columns', 'batch', 'channels', 'size');
  const isImage = args['what'] === 'batchNorm';
  const x = isImage
    ? contiguous(floats(1, batch, channels, size, size), { layout: 'channelsLast' })
    : floats(1, rows, columns);
  const [weight, bias] = [2, 3].map((seed) => floats(seed, x.shape[1]!)) as [Floats, Floats];
  return [callingOp(() => normalize(x, weight, bias), [x, weight, bias], isImage ? 'channels-last' : '')];
}

const pointwise: Readonly<Record<string, (x: Floats, y: Floats) => Floats>> = {
  add: (x, y) => add(x, y),
  exp: (x) => exp(x),
  tanh: (x) => tanh(x),
  gelu: (x) => gelu(x),
  relu: (x) => relu(x),
  sigmoid: (x) => sigmoid(x),
  log: (_, y) => log(y),
};

function pointwiseWays(args: Arguments): Workload[] {
  const apply = pick(pointwise, args['what']);
  const x = floats(1, numberOf(args, 'size'));
  const y = add(floats(2, numberOf(args, 'size')), 0.6);
  return [callingOp(() => apply(x, y), [x, y])];
}

const reductions: Readonly<Record<string, (x: Floats) => Tensor>> = {
  sum: (x) => sum(x),
  sumRows: (x) => sum(x, { axis: 1 }),
  sumColumns: (x) => sum(x, { axis: 0 }),
  max: (x) => max(x),
};

function reduceWays(args: Arguments): Workload[] {
  const reduce = pick(reductions, args['what']);
  const { rows, columns } = numbersOf(args, 'rows', 'columns');
  // Sums of what lies around zero are nearly nothing, and their rounding errors would be all there is.
  const x = add(floats(1, rows, columns), 0.5);
  return [callingOp(() => reduce(x), [x])];
}

/** A thousand recorded calls share a region, as the ops of a model do. */
function recordedThousand(a: Floats, b: Floats): Floats {
  const [gradient] = grad(() => {
    let out = a;
    for (let i = 0; i < 1000; i++) out = add(a, b);
    return sum(out);
  }, [a]);
  return gradient;
}

/** Calls whose cost is that of the way to the kernel and back. */
const calls: Readonly<Record<string, (a: Floats, b: Floats) => Workload['run']>> = {
  // The result is dropped, not disposed: the cost of finding it again is part of the figure.
  add: (a, b) => () => void add(a, b),
  recorded: (a, b) => () => scope(() => void recordedThousand(a, b)),
  backward: (a, b) => () => scope(() => void valueAndGrad(() => sum(add(a, b)), [a])),
};

function eagerWays(args: Arguments): Workload[] {
  const [a, b] = [1, 2].map((seed) => floats(seed, numberOf(args, 'size'))) as [Floats, Floats];
  const run = pick(calls, args['what'])(a, b);
  return [{ ...calling(() => [add(a, b)], [a, b]), run }];
}

const decodeWays = (): Workload[] => [callingOp(decoder(), [])];

/** What Myelin can do, by kind; `compiles` is whether it does what a case wants compiled. */
export const workloadsOf = (compiles: boolean): Workloads => ({
  matmul: matmulWays,
  conv2d: convWays,
  conv2dBackward: convBackwardWays,
  recurrent: recurrentWays,
  cell: cellWays,
  attention: attentionWays,
  block: blockWays,
  rows: rowsWays,
  pointwise: pointwiseWays,
  reduce: reduceWays,
  update: updateWays,
  lbfgs: lbfgsWays,
  eager: eagerWays,
  decode: decodeWays,
  ...wholeWorkloads(compiles),
});
