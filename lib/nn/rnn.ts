import { checkInteger, checkObject, checkOption } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { RecurrentLayer, type RecurrentLayerOptions, type SequenceOptions } from './recurrent.js';

/** What the layers of one state take: x, the state to begin with, options. */
export type RecurrentInputs<D extends FloatDType> = readonly [
  x: Tensor<D>,
  h0?: Tensor<D> | undefined,
  options?: SequenceOptions,
];

/** What they give: the last layer's states, and every layer's last one. */
export type RecurrentOutput<D extends FloatDType> = readonly [out: Tensor<D>, hn: Tensor<D>];

/** Layers whose cells hand on one state. */
abstract class OneStateLayer<D extends FloatDType> extends RecurrentLayer<D, RecurrentInputs<D>, RecurrentOutput<D>> {
  override forward(x: Tensor<D>, h0?: Tensor<D>, options?: SequenceOptions): RecurrentOutput<D> {
    const { out, hn } = this.run(x, { h0 }, options);
    return [out as Tensor<D>, hn as Tensor<D>];
  }
}

/** Options of {@link RNN}. */
export interface RnnLayerOptions<D extends FloatDType = FloatDType> extends RecurrentLayerOptions<D> {
  /** What sums of products go through; default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/**
 * Plain recurrent layers: every step sees the input and what the last step gave.
 *
 * h[t] = tanh(x[t] · weight_ihᵀ + bias_ih + h[t−1] · weight_hhᵀ + bias_hh), or relu of the same
 *
 * `forward(x, h0, { lengths })` gives `[out, hn]`; h0 and options may be left out. Past the end of a shorter sample `out` is
 * zero, and hn is its state after its last step; a reversed direction begins there, as with PyTorch's packed sequences.
 *
 * Shapes: x [T, B, I], [B, T, I] with `batchFirst`, or [T, I] → out the same with H, or 2·H when bidirectional, for I;
 * h0 and hn [layers · directions, B, H]. Dtypes: float dtypes. Parameters of layer k are `weight_ih_lk` [H, I],
 * `weight_hh_lk` [H, H], `bias_ih_lk` and `bias_hh_lk` [H], those of the other direction end in `_reverse`; they start as
 * U(−1/√H, 1/√H), as in PyTorch.
 *
 * @param inputSize I, the numbers of a step of the input
 * @param hiddenSize H, the numbers of a state
 * @param options.nonlinearity `'tanh'` or `'relu'`; default `'tanh'`
 * @param options.numLayers layers on top of each other; default 1
 * @param options.bias whether there are biases; default `true`
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.dropout probability of dropping numbers between layers in training; default 0
 * @param options.bidirectional whether every layer also goes backwards; default `false`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for extents that are no positive integers or a dropout outside [0, 1]; `SHAPE` for inputs that
 *   do not fit; `VALUE` or `INDEX` for lengths that are not 0 to T
 *
 * Source: Elman 1990, «Finding Structure in Time».
 * @example
 * ```ts
 * import { ones, RNN } from 'myelin';
 * const [out, hn] = new RNN(3, 8).forward(ones([5, 2, 3]));
 * console.log(out.shape, hn.shape); // [ 5, 2, 8 ] [ 1, 2, 8 ]
 * ```
 */
export class RNN<D extends FloatDType = 'float32'> extends OneStateLayer<D> {
  constructor(inputSize: number, hiddenSize: number, options: RnnLayerOptions<D> = {}) {
    const { nonlinearity = 'tanh' } = options;
    checkOption('RNN', 'nonlinearity', nonlinearity, ['tanh', 'relu']);
    super(nonlinearity, { inputSize, hiddenSize, projSize: 0 }, options);
  }
}

/**
 * Layers of gated recurrent units: gates say how much of the last state is kept.
 *
 * r, z = σ(…), σ(…); n = tanh(W·x + b + r · (U·h + c)); h = (1 − z) · n + z · h
 *
 * `forward(x, h0, { lengths })` gives `[out, hn]`; see {@link RNN} for shapes, lengths and options, which are the same.
 * `weight_ih_lk` is [3·H, I], `weight_hh_lk` [3·H, H] and the biases [3·H], for the gates r, z, n in this order.
 * Dtypes: float dtypes.
 *
 * @param inputSize I, the numbers of a step of the input
 * @param hiddenSize H, the numbers of a state
 * @param options.numLayers layers on top of each other; default 1
 * @param options.bias whether there are biases; default `true`
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.dropout probability of dropping numbers between layers in training; default 0
 * @param options.bidirectional whether every layer also goes backwards; default `false`
 * @param options.dtype default float32
 * @throws MyelinError as {@link RNN}
 *
 * Source: Cho et al. 2014, «Learning Phrase Representations using RNN Encoder-Decoder», section 2.3, with the reset gate
 * applied to the product, as PyTorch does.
 * @example
 * ```ts
 * import { GRU, ones } from 'myelin';
 * const layer = new GRU(3, 8, { batchFirst: true, bidirectional: true });
 * const [out, hn] = layer.forward(ones([2, 5, 3]), undefined, { lengths: [5, 3] });
 * console.log(out.shape, hn.shape); // [ 2, 5, 16 ] [ 2, 2, 8 ]
 * ```
 */
export class GRU<D extends FloatDType = 'float32'> extends OneStateLayer<D> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions<D> = {}) {
    super('gru', { inputSize, hiddenSize, projSize: 0 }, options);
  }
}

/** State and cells of an LSTM. */
export type LstmState<D extends FloatDType = FloatDType> = readonly [h: Tensor<D>, c: Tensor<D>];

/** Options of {@link LSTM}. */
export interface LstmLayerOptions<D extends FloatDType = FloatDType> extends RecurrentLayerOptions<D> {
  /** Numbers to which the hidden units are projected before they become the state; default 0, no projection. */
  readonly projSize?: number;
}

/**
 * Layers of long short-term memory: cells that gates write, forget and read.
 *
 * i, f, g, o = σ, σ, tanh, σ of x[t] · weight_ihᵀ + bias_ih + h[t−1] · weight_hhᵀ + bias_hh; c = f · c + i · g;
 * h = o · tanh(c), with `projSize` times weight_hrᵀ
 *
 * `forward(x, [h0, c0], { lengths })` gives `[out, [hn, cn]]`; see {@link RNN} for shapes, lengths and options, which are the
 * same. `weight_ih_lk` is [4·H, I], `weight_hh_lk` [4·H, H] and the biases [4·H], for the gates i, f, g, o in this order.
 * With `projSize` P, states have P numbers, cells H, weight_hh_lk is [4·H, P] and there is `weight_hr_lk` [P, H].
 * Dtypes: float dtypes.
 *
 * @param inputSize I, the numbers of a step of the input
 * @param hiddenSize H, the number of cells
 * @param options.projSize P, the numbers of a state, below H; default 0: as many as cells
 * @param options.numLayers layers on top of each other; default 1
 * @param options.bias whether there are biases; default `true`
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.dropout probability of dropping numbers between layers in training; default 0
 * @param options.bidirectional whether every layer also goes backwards; default `false`
 * @param options.dtype default float32
 * @throws MyelinError as {@link RNN}; `VALUE` for a `projSize` that is not 0 to hiddenSize − 1
 *
 * Source: Hochreiter & Schmidhuber 1997, «Long Short-Term Memory»; Gers, Schmidhuber & Cummins 2000, «Learning to Forget»;
 * Sak, Senior & Beaufays 2014, «Long Short-Term Memory Based Recurrent Neural Network Architectures», for the projection.
 * @example
 * ```ts
 * import { LSTM, ones } from 'myelin';
 * const layer = new LSTM(3, 8, { numLayers: 2 });
 * const [out, [hn, cn]] = layer.forward(ones([5, 2, 3]));
 * console.log(out.shape, hn.shape, cn.shape); // [ 5, 2, 8 ] [ 2, 2, 8 ] [ 2, 2, 8 ]
 * ```
 */
export class LSTM<D extends FloatDType = 'float32'> extends RecurrentLayer<
  D,
  readonly [x: Tensor<D>, state?: LstmState<D> | undefined, options?: SequenceOptions],
  readonly [out: Tensor<D>, state: LstmState<D>]
> {
  constructor(inputSize: number, hiddenSize: number, options: LstmLayerOptions<D> = {}) {
    const { projSize = 0 } = options;
    checkInteger('LSTM', 'projSize', projSize, 0);
    if (projSize > 0 && projSize >= hiddenSize) {
      fail('VALUE', 'LSTM', `projSize is ${projSize}, hiddenSize ${show(hiddenSize)} (need fewer than hidden units)`);
    }
    super('lstm', { inputSize, hiddenSize, projSize }, options);
  }

  override forward(
    x: Tensor<D>,
    state?: LstmState<D>,
    options?: SequenceOptions,
  ): readonly [out: Tensor<D>, state: LstmState<D>] {
    if (state !== undefined) checkObject('LSTM', 'state', state);
    const [h0, c0] = state ?? [];
    const { out, hn, cn } = this.run(x, { h0, c0 }, options);
    return [out as Tensor<D>, [hn as Tensor<D>, cn as Tensor<D>]];
  }
}
