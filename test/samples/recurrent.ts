import { grad, gru, lstm, mul, ones, rnn, sum, tensor, zeros, type Tensor } from 'myelin';

import { at, build, sizeOf, type Nd } from '../support/reference';
import {
  uniform,
  values,
  type InputSpec,
  type OpSamples,
  type RunComposed,
  type Sample,
  type SampleTable,
} from './sample';

type Cell = 'lstm' | 'gru' | 'tanh' | 'relu';
const gatesOf = { lstm: 4, gru: 3, tanh: 1, relu: 1 } as const;

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

/** The gates' products with the input and with the state of one unit to its new cell and hidden value. */
function unit(cell: Cell, x: number[], h: number[], last: number, c: number): { h: number; c: number } {
  const both = x.map((value, gate) => value + h[gate]!);
  if (cell === 'tanh') return { h: Math.tanh(both[0]!), c };
  if (cell === 'relu') return { h: Math.max(0, both[0]!), c };
  if (cell === 'gru') {
    const n = Math.tanh(x[2]! + sigma(both[0]!) * h[2]!);
    const z = sigma(both[1]!);
    return { h: (1 - z) * n + z * last, c };
  }
  const next = sigma(both[1]!) * c + sigma(both[0]!) * Math.tanh(both[2]!);
  return { h: sigma(both[3]!) * Math.tanh(next), c: next };
}

interface Inputs {
  readonly [name: string]: Nd | undefined;
  readonly x: Nd;
  readonly weightIh: Nd;
  readonly weightHh: Nd;
}

/** row of matrix · vector */
const dot = (matrix: Nd, row: number, vector: readonly number[]): number =>
  vector.reduce((total, value, k) => total + at(matrix, [row, k]) * value, 0);

/** out, hn and cn of x [T, B, I]. */
function reference(cell: Cell, reverse: boolean, inputs: Inputs): Nd[] {
  const { x, weightIh, weightHh } = inputs;
  const given = (name: string): Nd | undefined => (inputs[name]?.data.length ? inputs[name] : undefined);
  const [h0, c0, biasIh, biasHh, weightHr, lengths] = ['h0', 'c0', 'biasIh', 'biasHh', 'weightHr', 'lengths'].map(
    given,
  );
  const [steps, batch, width] = x.shape as [number, number, number];
  const hidden = weightHh.shape[0]! / gatesOf[cell];
  const state = weightHh.shape[1]!;
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const row = (m: Nd | undefined, b: number, n: number): number[] => range(n).map((i) => (m ? at(m, [b, i]) : 0));
  const outs = range(steps).map(() => range(batch).map(() => new Array<number>(state).fill(0)));
  const lasts = range(batch).map((b) => {
    let [h, c] = [row(h0, b, state), row(c0, b, hidden)];
    const count = lengths ? lengths.data[b]! : steps;
    for (const time of reverse ? range(count).reverse() : range(count)) {
      const input = range(width).map((i) => at(x, [time, b, i]));
      const units = range(hidden).map((u) => {
        const rows = range(gatesOf[cell]).map((gate) => gate * hidden + u);
        const xs = rows.map((r) => dot(weightIh, r, input) + (biasIh?.data[r] ?? 0));
        const hs = rows.map((r) => dot(weightHh, r, h) + (biasHh?.data[r] ?? 0));
        return unit(cell, xs, hs, h[u]!, c[u]!);
      });
      const values = units.map((each) => each.h);
      h = weightHr ? range(state).map((p) => dot(weightHr, p, values)) : values;
      c = units.map((each) => each.c);
      outs[time]![b] = h;
    }
    return { h, c };
  });
  const { dtype } = x;
  return [
    build(dtype, [steps, batch, state], ([t, b, i]) => outs[t!]![b!]![i!]!),
    build(dtype, [batch, state], ([b, i]) => lasts[b!]!.h[i!]!),
    ...(cell === 'lstm' ? [build(dtype, [batch, hidden], ([b, i]) => lasts[b!]!.c[i!]!)] : []),
  ];
}

interface Extents {
  readonly steps: number;
  readonly batch: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly projection?: number;
  readonly lengths?: readonly number[];
  /** Whether states and biases are given. */
  readonly plain?: boolean;
}

const none = uniform([0]);
const order = ['x', 'h0', 'c0', 'weightIh', 'weightHh', 'biasIh', 'biasHh', 'weightHr', 'lengths'] as const;

function inputsOf(cell: Cell, extents: Extents): Record<(typeof order)[number], InputSpec> {
  const { steps, batch, inputs, hidden, projection, lengths, plain = false } = extents;
  const rows = gatesOf[cell] * hidden;
  const state = projection ?? hidden;
  const small = (...shape: number[]): InputSpec => uniform(shape, -0.6, 0.6);
  return {
    x: uniform([steps, batch, inputs], -1, 1),
    h0: plain ? none : small(batch, state),
    c0: plain || cell !== 'lstm' ? none : small(batch, hidden),
    weightIh: small(rows, inputs),
    weightHh: small(rows, state),
    biasIh: plain ? none : small(rows),
    biasHh: plain ? none : small(rows),
    weightHr: projection === undefined ? none : small(projection, hidden),
    lengths: lengths === undefined ? values([0], [0], 'int64') : values([batch], lengths, 'int64'),
  };
}

const tolerance = { relative: 16, absolute: 64 };

/** The op as it stands: what it keeps is for its gradient alone. */
function opSample(cell: Cell, extents: Extents, { reverse = false, batchFirst = false, keep = false } = {}): Sample {
  const outputs = (...inputs: Nd[]): Nd[] => {
    const named = Object.fromEntries(order.map((name, i) => [name, inputs[i]!])) as unknown as Inputs;
    const results = reference(cell, reverse, named);
    const empty: Nd = { dtype: named.x.dtype, shape: [0], data: [] };
    return [...results, ...(cell === 'lstm' ? [] : [empty]), empty];
  };
  return {
    inputs: inputsOf(cell, extents),
    attrs: { cell, reverse, batchFirst, keep },
    differentiable: cell === 'lstm' ? 3 : 2,
    // What is kept has no meaning outside: those samples are of gradients.
    ...(keep ? { order: 2 } : { order: 0, reference: outputs }),
    tolerance,
  };
}

const tiny: Extents = { steps: 2, batch: 2, inputs: 1, hidden: 2, lengths: [1, 2] };
// So many samples x steps that weights are packed; fewer are multiplied where their weights lie.
const several: Extents = { steps: 3, batch: 6, inputs: 3, hidden: 5, lengths: [3, 0, 2, 3, 1, 3] };
const few: Extents = { steps: 3, batch: 5, inputs: 3, hidden: 5, lengths: [3, 0, 2, 3, 1] };
const least: Extents = { steps: 2, batch: 1, inputs: 1, hidden: 2 };
// More units than a block has: 16, or 64 where there is one gate.
const blocks = (cell: Cell): Extents => ({
  steps: 2,
  batch: 3,
  inputs: 1,
  hidden: gatesOf[cell] > 1 ? 18 : 66,
  plain: true,
});

const without = { scalar: 'sequences have three axes' };

const op: OpSamples = {
  samples: (['lstm', 'gru', 'tanh', 'relu'] as const).flatMap((cell) => [
    opSample(cell, several),
    opSample(cell, few),
    opSample(cell, { ...several, plain: true }, { reverse: true, batchFirst: true }),
    opSample(cell, { steps: 3, batch: 2, inputs: 0, hidden: 2, plain: true }),
    ...(cell === 'relu' ? [] : [opSample(cell, blocks(cell))]),
    ...(cell === 'lstm'
      ? [
          opSample(cell, { ...several, projection: 2 }),
          opSample(cell, { ...few, projection: 2 }, { reverse: true }),
          opSample(cell, { ...tiny, projection: 1 }, { reverse: true, keep: true }),
        ]
      : []),
  ]),
  large: opSample('lstm', { steps: 5, batch: 70, inputs: 20, hidden: 40 }, { keep: true }),
  errors: [],
  neverFails: 'lstm, gru and rnn check for it',
  without,
};

/** The layer that users call, with inputs and options as the samples name them. */
function call(
  cell: Cell,
  inputs: Readonly<Record<string, Tensor>>,
  attrs: Readonly<Record<string, unknown>>,
): Tensor[] {
  const { x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr, lengths } = inputs as Record<
    string,
    Tensor<'float32'>
  >;
  const given = <T extends Tensor>(input: T | undefined): T | undefined => (input?.size ? input : undefined);
  const weights = { weightIh: weightIh!, weightHh: weightHh!, biasIh: given(biasIh), biasHh: given(biasHh) };
  const options = { h0: given(h0), lengths: given(lengths) as unknown as Tensor<'int64'> | undefined, ...attrs };
  if (cell === 'gru') return Object.values(gru(x!, weights, options));
  if (cell !== 'lstm') return Object.values(rnn(x!, weights, { ...options, nonlinearity: cell }));
  return Object.values(lstm(x!, { ...weights, weightHr: given(weightHr) }, { ...options, c0: given(c0) }));
}

function sample(
  cell: Cell,
  extents: Extents,
  attrs: { readonly reverse?: boolean } = {},
  derivatives: 0 | 1 | 2 = 0,
): Sample {
  const inputs = inputsOf(cell, extents);
  const names = order.filter((name) => inputs[name].shape.join() !== '0' || name === 'x');
  return {
    inputs: Object.fromEntries(names.map((name) => [name, inputs[name]])),
    attrs: { ...attrs },
    order: derivatives,
    tolerance,
    reference: (...drawn) => {
      const named = Object.fromEntries(names.map((name, i) => [name, drawn[i]!])) as unknown as Inputs;
      return reference(cell, attrs.reverse ?? false, named);
    },
  };
}

function layer(cell: Cell, derivatives: 0 | 2, errors: OpSamples['errors']): OpSamples {
  return {
    run: (inputs, attrs) => call(cell, inputs, attrs),
    samples: [
      sample(cell, tiny, {}, derivatives),
      sample(cell, several, { reverse: true }),
      sample(cell, { ...several, batch: 0, lengths: [] }),
      sample(cell, { ...several, steps: 0, lengths: [0, 0, 0, 0, 0, 0] }),
    ],
    large: sample(cell, { steps: 4, batch: 70, inputs: 9, hidden: 33 }),
    errors,
    without,
  };
}

/** Gradients as users take them, which the fused backward op computes: their derivatives are those of the composition. */
const backward: RunComposed = (inputs, attrs) => {
  const cell = attrs['cell'] as Cell;
  const { dout, lengths, ...rest } = inputs as Readonly<Record<string, Tensor>>;
  return grad(
    () => {
      const [out, hn] = call(cell, lengths === undefined ? rest : { ...rest, lengths }, { reverse: attrs['reverse'] });
      return sum(mul(out!, dout!)).add(hn!.square().sum());
    },
    Object.values(rest) as Tensor<'float32'>[],
  );
};

function backwardSample(cell: Cell, extents: Extents, reverse: boolean): Sample {
  const { inputs } = sample(cell, extents);
  const state = extents.projection ?? extents.hidden;
  const dout = uniform([extents.steps, extents.batch, state], -1, 1);
  const small = sizeOf([extents.steps, extents.batch, extents.hidden]) < 10;
  return { inputs: { ...inputs, dout }, attrs: { cell, reverse }, order: small ? 2 : 0, tolerance };
}

const weights = (rows: number) => ({ weightIh: zeros([rows, 3]), weightHh: zeros([rows, 2]) });
const x = ones([4, 2, 3]);

export const recurrent: SampleTable = {
  recurrent: op,
  recurrentBackward: {
    run: backward,
    samples: [
      backwardSample('lstm', { ...least, projection: 1 }, false),
      backwardSample('gru', least, true),
      backwardSample('tanh', least, false),
      backwardSample('relu', { ...several, batch: 0, lengths: [] }, false),
    ],
    large: backwardSample('gru', { steps: 5, batch: 70, inputs: 20, hidden: 40 }, false),
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
    without,
  },
  lstm: layer('lstm', 2, [
    {
      call: () => lstm(ones([2, 3]) as never, weights(8)),
      code: 'SHAPE',
      message: /x is float32\[2,3\] .*\[T, B, I\]/,
    },
    { call: () => lstm(x, weights(9)), code: 'SHAPE', message: /weightHh is float32\[9,2\] .*\[4 H, H\]/ },
    { call: () => lstm(x, weights(4)), code: 'SHAPE', message: /weightHh/ },
    { call: () => lstm(x, undefined as never), code: 'TYPE', message: /weights is undefined/ },
    { call: () => lstm(x, weights(8), null as never), code: 'TYPE', message: /options is null/ },
    { call: () => lstm(x, { ...weights(8), weightHr: ones([2, 5]) }), code: 'SHAPE', message: /weightHr/ },
    { call: () => lstm(x, weights(8), { c0: ones([1, 2]) }), code: 'SHAPE', message: /c0 is float32\[1,2\]/ },
    { call: () => lstm(x, weights(8), { lengths: [1, -1] }), code: 'VALUE', message: /lengths is -1/ },
    { call: () => lstm(x, weights(8), { lengths: 'all' as never }), code: 'TYPE', message: /lengths is "all"/ },
    {
      call: () => lstm(x, weights(8), { lengths: tensor(Int32Array.of(1, 9)) }),
      code: 'INDEX',
      op: 'recurrent',
      message: /length 9 of sample 1/,
    },
  ]),
  gru: layer('gru', 2, [
    { call: () => gru(x, weights(8)), code: 'SHAPE', message: /weightHh is float32\[8,2\] .*\[3 H, H\]/ },
    { call: () => gru(x, weights(6), { h0: ones([2, 3]) }), code: 'SHAPE', message: /h0 is float32\[2,3\]/ },
    { call: () => gru(x, { ...weights(6), biasIh: ones([5]) }), code: 'SHAPE', message: /biasIh is float32\[5\]/ },
    { call: () => gru(x, weights(6), { lengths: [1] }), code: 'SHAPE', message: /one length for each/ },
    { call: () => gru(undefined as never, weights(6)), code: 'TYPE', message: /x is undefined/ },
  ]),
  rnn: layer('tanh', 2, [
    { call: () => rnn(x, weights(3)), code: 'SHAPE', message: /weightHh is float32\[3,2\]/ },
    { call: () => rnn(x, weights(2), { nonlinearity: 'elu' as never }), code: 'VALUE', message: /nonlinearity/ },
    {
      call: () => rnn(ones([4, 2, 3], { dtype: 'float64' }) as never, weights(2)),
      code: 'DTYPE',
      message: /need one dtype/,
    },
  ]),
};
