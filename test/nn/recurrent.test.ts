import {
  Adam,
  compile,
  concat,
  crossEntropy,
  Embedding,
  flatten,
  fit,
  GRU,
  GRUCell,
  Linear,
  LSTM,
  LSTMCell,
  Module,
  ones,
  reshape,
  RNN,
  RNNCell,
  seed,
  setThreads,
  tensor,
  threads,
  uniform,
  valueAndGrad,
  type FloatDType,
  type SequenceLengths,
  type SequenceOptions,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';
import { testLayers } from '../support/layer-table';

type Layer<D extends FloatDType> = LSTM<D> | GRU<D> | RNN<D>;

const flat = (results: readonly unknown[]): Tensor[] =>
  results.flatMap((part) => (Array.isArray(part) ? flat(part) : [flatten(part as Tensor)]));

/** Everything that a layer gives, one behind the other; states are the inputs after the first. */
class Whole extends Module<readonly Tensor[], Tensor> {
  constructor(
    readonly layer: Layer<FloatDType> | LSTMCell<FloatDType> | GRUCell<FloatDType> | RNNCell<FloatDType>,
    private readonly lengths?: SequenceLengths,
  ) {
    super();
  }

  override forward(x: Tensor, ...states: readonly Tensor[]): Tensor {
    const isLstm = this.layer instanceof LSTM || this.layer instanceof LSTMCell;
    const state = isLstm && states.length > 0 ? states : states[0];
    const layer = this.layer as { forward(x: Tensor, state: unknown, options: SequenceOptions): unknown };
    return concat(flat([layer.forward(x, state, { lengths: this.lengths })].flat(1)));
  }
}

describe('LSTMs', () => {
  testLayers('layers-lstm', {
    lstm: (dtype) => new Whole(new LSTM(3, 18, { dtype })),
    'lstm-no-bias': (dtype) => new Whole(new LSTM(3, 4, { bias: false, dtype })),
    'lstm-one': (dtype) => new Whole(new LSTM(3, 4, { dtype })),
    'lstm-stacked': (dtype) => new Whole(new LSTM(3, 4, { numLayers: 2, batchFirst: true, dtype })),
    'lstm-states': (dtype) => new Whole(new LSTM(3, 5, { numLayers: 2, bidirectional: true, dtype })),
    'lstm-lengths': (dtype) =>
      new Whole(new LSTM(3, 3, { numLayers: 2, bidirectional: true, batchFirst: true, dtype }), [2, 5, 1, 4]),
    'lstm-projection': (dtype) =>
      new Whole(new LSTM(3, 5, { numLayers: 2, bidirectional: true, projSize: 2, dtype }), [4, 2, 3]),
  });
});

describe('others', () => {
  testLayers('layers-recurrent', {
    gru: (dtype) => new Whole(new GRU(3, 18, { dtype })),
    'gru-options': (dtype) =>
      new Whole(new GRU(3, 5, { numLayers: 2, bidirectional: true, batchFirst: true, dtype }), [3, 1, 4]),
    rnn: (dtype) => new Whole(new RNN(3, 33, { dtype })),
    'rnn-relu': (dtype) =>
      new Whole(new RNN(3, 5, { nonlinearity: 'relu', bidirectional: true, batchFirst: true, dtype }), [3, 1, 4]),
    'rnn-cell': (dtype) => new Whole(new RNNCell(3, 5, { dtype })),
    'rnn-cell-relu': (dtype) => new Whole(new RNNCell(3, 5, { nonlinearity: 'relu', bias: false, dtype })),
    'gru-cell': (dtype) => new Whole(new GRUCell(3, 5, { dtype })),
    'lstm-cell': (dtype) => new Whole(new LSTMCell(3, 5, { dtype })),
  });
});

/** Predicts the next character at every place. */
class CharLstm extends Module<readonly [x: Tensor<'int32'>], Tensor<'float32'>> {
  readonly embedding = new Embedding(11, 4);
  readonly lstm = new LSTM(4, 20, { numLayers: 2, batchFirst: true, dropout: 0.2 });
  readonly fc = new Linear(20, 11);

  override forward(x: Tensor<'int32'>): Tensor<'float32'> {
    return reshape(this.fc.forward(this.lstm.forward(this.embedding.forward(x))[0]), [-1, 11]);
  }
}

const text = (batch: number, length: number): Tensor<'int32'> =>
  tensor(
    Int32Array.from({ length: batch * length }, (_, i) => (i * i + 3 * i) % 11),
    { shape: [batch, length] },
  );

test('a step of a character model is the same compiled, and learns', () => {
  const run = (compiled: boolean): number[] => {
    seed(5);
    using model = new CharLstm();
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const step = (x: Tensor<'int32'>, y: Tensor<'int32'>): Tensor<'float32'> => {
      const [loss, grads] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
      optimizer.step(grads);
      return loss;
    };
    const [x, y] = [text(3, 7), flatten(text(3, 7))];
    const fast = compiled ? compile(step) : undefined;
    const losses = Array.from({ length: 30 }, () => (fast?.sync(x, y) ?? step(x, y)).item());
    fast?.dispose();
    return losses;
  };
  const eager = run(false);
  expect(run(true)).toEqual(eager);
  expect(eager.at(-1)).toBeLessThan(0.6 * eager[0]!);
});

/** The last state of a classifier of sequences. */
class Last extends Module<readonly [x: Tensor<'float32'>], Tensor<'float32'>> {
  readonly gru = new GRU(2, 8, { batchFirst: true });
  readonly fc = new Linear(8, 2);

  override forward(x: Tensor<'float32'>): Tensor<'float32'> {
    return this.fc.forward(reshape(this.gru.forward(x)[1], [-1, 8]));
  }
}

test('fit trains one', async () => {
  seed(3);
  using model = new Last();
  const x = uniform([16, 5, 2], { low: -1, high: 1 });
  const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 2));
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const options = { data: [{ x, y }], loss: crossEntropy, optimizer, epochs: 30, progress: false } as const;
  const { epochs } = await fit(model, options);
  expect(epochs.at(-1)!.loss).toBeLessThan(0.5 * epochs[0]!.loss);
});

test('dropout between layers is that of training only', () => {
  const layer = new LSTM(3, 40, { numLayers: 2, dropout: 0.5 });
  const x = uniform([4, 2, 3], { low: -1, high: 1 });
  const numbers = (): Float32Array => layer.forward(x)[0].data();
  expect(numbers()).not.toEqual(numbers());
  layer.eval();
  expect(numbers()).toEqual(numbers());
});

test('what lies past the end of a sample does not matter, not even NaN', () => {
  const layer = new LSTM(2, 3, { bidirectional: true });
  const clean = uniform([4, 2, 2], { low: -1, high: 1 });
  const spoilt: Tensor<'float32'> = concat([
    clean.slice([0, 3]),
    tensor([
      [clean.data()[12]!, clean.data()[13]!],
      [NaN, Infinity],
    ]).unsqueeze(0),
  ]);
  const run = (x: Tensor<'float32'>): number[][] => {
    const [[, out], grads] = valueAndGrad(
      () => {
        const [states] = layer.forward(x, undefined, { lengths: [4, 3] });
        return [states.square().sum(), states] as const;
      },
      { ...layer.parameters(), x },
    );
    return [out, ...Object.values(grads)].map((each) => each.flatten().toArray() as number[]);
  };
  expect(run(spoilt)).toEqual(run(clean));
});

test('results do not depend on the number of threads', () => {
  const before = threads();
  const layer = new GRU(24, 40, { bidirectional: true });
  const x = uniform([6, 70, 24], { low: -1, high: 1 });
  try {
    const runs = [1, 2, 3, 7].map((count) => {
      setThreads(count);
      const [, grads] = valueAndGrad(() => layer.forward(x)[0].square().sum(), { ...layer.parameters(), x });
      return Object.values(grads).map((each) => each.flatten().toArray());
    });
    for (const run of runs) expect(run).toEqual(runs[0]);
  } finally {
    setThreads(before);
  }
});

const x = ones([4, 2, 3]);
const refusals: Readonly<Record<string, readonly [() => unknown, string, RegExp]>> = {
  'no units': [() => new LSTM(3, 0), 'VALUE', /LSTM: hiddenSize is 0/],
  'a half layer': [() => new GRU(3, 4, { numLayers: 1.5 }), 'VALUE', /GRU: numLayers is 1.5/],
  'a dropout above 1': [() => new RNN(3, 4, { dropout: 2 }), 'VALUE', /RNN: dropout is 2/],
  'another nonlinearity': [() => new RNN(3, 4, { nonlinearity: 'gelu' as never }), 'VALUE', /nonlinearity/],
  'a projection to as many': [() => new LSTM(3, 4, { projSize: 4 }), 'VALUE', /projSize is 4/],
  'another number of inputs': [() => new LSTM(5, 4).forward(x), 'SHAPE', /LSTM: x is float32\[4,2,3\] .* I = 5/],
  'four axes': [() => new GRU(3, 4).forward(ones([1, 4, 2, 3])), 'SHAPE', /GRU: x is/],
  'no tensor': [() => new GRU(3, 4).forward(undefined as never), 'TYPE', /x is undefined/],
  'a state of another shape': [() => new GRU(3, 4).forward(x, ones([2, 4])), 'SHAPE', /h0 .* \[1,2,4\]/],
  'options that are none': [() => new GRU(3, 4).forward(x, undefined, null as never), 'TYPE', /options is null/],
  'a state that is no pair': [() => new LSTM(3, 4).forward(x, 7 as never), 'TYPE', /state is 7/],
  'too few lengths': [() => new LSTM(3, 4).forward(x, undefined, { lengths: [1] }), 'SHAPE', /lengths/],
  'a length beyond the end': [() => new LSTM(3, 4).forward(x, undefined, { lengths: [1, 5] }), 'VALUE', /at most 4/],
  'such a length in a tensor': [
    () => new LSTM(3, 4).forward(x, undefined, { lengths: tensor(Int32Array.of(1, 5)) }),
    'INDEX',
    /length 5 of sample 1/,
  ],
  'another dtype': [() => new LSTM(3, 4).forward(ones([4, 2, 3], { dtype: 'float64' }) as never), 'DTYPE', /LSTM/],
  'a cell without inputs': [() => new LSTMCell(0, 1), 'VALUE', /LSTMCell: inputSize is 0/],
  'a cell of other inputs': [() => new RNNCell(3, 4).forward(ones([2, 2])), 'SHAPE', /RNNCell: x is/],
  'a cell with a state of one sample': [() => new GRUCell(3, 4).forward(ones([2, 3]), ones([4])), 'SHAPE', /h is/],
};

test.each(Object.entries(refusals))('refuses %s', (_, [call, code, message]) => {
  const error = caught(call);
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
});

test.each<FloatDType>(['float16', 'bfloat16'])('works in %s', (dtype) => {
  const layer = new LSTM(2, 3, { dtype });
  const input = ones([2, 2, 2], { dtype });
  const [, grads] = valueAndGrad(() => layer.forward(input)[0].sum(), layer.parameters());
  expect(Object.values(grads).every((grad) => grad.dtype === dtype)).toBe(true);
});
