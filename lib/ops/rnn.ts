import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Cell } from './cells.js';
import { checkObject, checkOption } from './checks.js';
import { runLayer, type SequenceLengths } from './recurrent.js';

/** The weights of one direction of a recurrent layer, named and shaped as in PyTorch's state dicts. */
export interface RecurrentWeights<D extends FloatDType = FloatDType> {
  /** What the input is multiplied by, [gates · H, I]. */
  readonly weightIh: Tensor<D>;
  /** What the state is multiplied by, [gates · H, H]. */
  readonly weightHh: Tensor<D>;
  /** Added to the input's product, [gates · H]; default none. */
  readonly biasIh?: Tensor<D> | undefined;
  /** Added to the state's product, [gates · H]; default none. */
  readonly biasHh?: Tensor<D> | undefined;
}

/** {@link RecurrentWeights} of an LSTM. */
export interface LstmWeights<D extends FloatDType = FloatDType> extends RecurrentWeights<D> {
  /** Projection of the hidden units to the state, [P, H], which makes weightHh [4 · H, P]; default none. */
  readonly weightHr?: Tensor<D> | undefined;
}

/** Options of {@link gru} and {@link rnn}. */
export interface RecurrentOptions<D extends FloatDType = FloatDType> {
  /** The state to begin with, [B, H]; default zeros. */
  readonly h0?: Tensor<D> | undefined;
  /**
   * Steps of each sample, 0 to T, as numbers or as an integer tensor [B]; default T for all. What lies beyond gives zeros
   * and changes nothing.
   */
  readonly lengths?: SequenceLengths | undefined;
  /** Whether the first axis of `x` and the result is the batch, not time; default `false`. */
  readonly batchFirst?: boolean;
  /** Whether to go from the last step of each sample to the first; default `false`. */
  readonly reverse?: boolean;
}

/** Options of {@link lstm}. */
export interface LstmOptions<D extends FloatDType = FloatDType> extends RecurrentOptions<D> {
  /** The cells to begin with, [B, H]; default zeros. */
  readonly c0?: Tensor<D> | undefined;
}

/** What {@link gru} and {@link rnn} give. */
export interface RecurrentResult<D extends FloatDType = FloatDType> {
  /** The state after every step. */
  readonly out: Tensor<D>;
  /** The state after the last step of each sample, [B, H]. */
  readonly hn: Tensor<D>;
}

/** What {@link lstm} gives. */
export interface LstmResult<D extends FloatDType = FloatDType> extends RecurrentResult<D> {
  /** The cells after the last step of each sample, [B, H]. */
  readonly cn: Tensor<D>;
}

/**
 * One direction of one layer of long short-term memory, over a whole sequence.
 *
 * i, f, g, o = σ, σ, tanh, σ of the four parts of x[t] · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh;
 * c = f · c + i · g; h = o · tanh(c), times weightHrᵀ if there is one; out[t] = h.
 *
 * Shapes: x [T, B, I], or [B, T, I] with `batchFirst`; weightIh [4·H, I], weightHh [4·H, H], biases [4·H], h0 and c0 [B, H]
 * → out [T, B, H], or [B, T, H], hn and cn [B, H]. With weightHr [P, H] all but cells have P for H. Dtypes: float dtypes, the
 * same for all.
 *
 * @param options.h0 the state to begin with; default zeros
 * @param options.c0 the cells to begin with; default zeros
 * @param options.lengths steps of each sample, which come first, 0 to T; default T for all
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.reverse whether to begin with the last step of each sample; default `false`
 * @throws MyelinError `SHAPE`, `DTYPE`; `VALUE` or `INDEX` for lengths that are not 0 to T
 * @see Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; Gers, Schmidhuber and Cummins, "Learning to Forget",
 *   2000, for the gate f; Sak, Senior and Beaufays, "Long Short-Term Memory Based Recurrent Neural Network Architectures",
 *   2014, for the projection
 * @example
 * ```ts
 * import { lstm, ones, zeros } from 'myelin';
 * const weights = { weightIh: zeros([8, 3]), weightHh: zeros([8, 2]) };
 * const { out, cn } = lstm(ones([5, 1, 3]), weights, { c0: ones([1, 2]) });
 * console.log(out.shape, cn.toArray()); // [ 5, 1, 2 ] [ [ 0.03125, 0.03125 ] ]
 * ```
 */
export function lstm<D extends FloatDType>(
  x: Tensor<D>,
  weights: LstmWeights<NoInfer<D>>,
  options: LstmOptions<NoInfer<D>> = {},
): LstmResult<D> {
  for (const [name, value] of Object.entries({ weights, options })) checkObject('lstm', name, value);
  const { weightIh, weightHh, biasIh, biasHh, weightHr } = weights;
  const { out, hn, cn } = runLayer('lstm', 'lstm', x, { weightIh, weightHh, biasIh, biasHh, weightHr }, options);
  return { out, hn, cn: cn! } as LstmResult<D>;
}

// Weights and options that only other cells have are not passed on.
function oneState<D extends FloatDType>(
  op: string,
  cell: Cell,
  x: Tensor<D>,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
  { h0, lengths, batchFirst, reverse }: RecurrentOptions,
): RecurrentResult<D> {
  const given = { h0, lengths, batchFirst, reverse };
  return runLayer(op, cell, x, { weightIh, weightHh, biasIh, biasHh }, given) as RecurrentResult<D>;
}

/**
 * One direction of one layer of gated recurrent units, over a whole sequence.
 *
 * r, z = σ of the first two of the three parts of x[t] · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh;
 * n = tanh(x's third part + r · h's third part); h = (1 − z) · n + z · h; out[t] = h.
 *
 * Shapes: x [T, B, I], or [B, T, I] with `batchFirst`; weightIh [3·H, I], weightHh [3·H, H], biases [3·H], h0 [B, H]
 * → out [T, B, H], or [B, T, H], and hn [B, H]. Dtypes: float dtypes, the same for all.
 *
 * @param options.h0 the state to begin with; default zeros
 * @param options.lengths steps of each sample, which come first, 0 to T; default T for all
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.reverse whether to begin with the last step of each sample; default `false`
 * @throws MyelinError `SHAPE`, `DTYPE`; `VALUE` or `INDEX` for lengths that are not 0 to T
 * @see Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014, section 2.3; the reset gate is applied
 *   to the product, as in PyTorch and cuDNN
 * @example
 * ```ts
 * import { gru, ones, zeros } from 'myelin';
 * const weights = { weightIh: zeros([6, 3]), weightHh: zeros([6, 2]) };
 * const { hn } = gru(ones([2, 1, 3]), weights, { h0: ones([1, 2]) });
 * console.log(hn.toArray()); // [ [ 0.25, 0.25 ] ]
 * ```
 */
export function gru<D extends FloatDType>(
  x: Tensor<D>,
  weights: RecurrentWeights<NoInfer<D>>,
  options: RecurrentOptions<NoInfer<D>> = {},
): RecurrentResult<D> {
  for (const [name, value] of Object.entries({ weights, options })) checkObject('gru', name, value);
  return oneState('gru', 'gru', x, weights, options);
}

/** Options of {@link rnn}. */
export interface RnnOptions<D extends FloatDType = FloatDType> extends RecurrentOptions<D> {
  /** What the sum of both products goes through; default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/**
 * One direction of one plain recurrent layer, over a whole sequence.
 *
 * h = tanh(x[t] · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh), or relu of the same; out[t] = h.
 *
 * Shapes: x [T, B, I], or [B, T, I] with `batchFirst`; weightIh [H, I], weightHh [H, H], biases [H], h0 [B, H]
 * → out [T, B, H], or [B, T, H], and hn [B, H]. Dtypes: float dtypes, the same for all.
 *
 * @param options.nonlinearity `'tanh'` or `'relu'`; default `'tanh'`
 * @param options.h0 the state to begin with; default zeros
 * @param options.lengths steps of each sample, which come first, 0 to T; default T for all
 * @param options.batchFirst whether the batch is the first axis; default `false`
 * @param options.reverse whether to begin with the last step of each sample; default `false`
 * @throws MyelinError `SHAPE`, `DTYPE`; `VALUE` or `INDEX` for lengths that are not 0 to T; `VALUE` for another nonlinearity
 * @see Elman, "Finding Structure in Time", 1990
 * @example
 * ```ts
 * import { ones, rnn } from 'myelin';
 * const weights = { weightIh: ones([1, 1]), weightHh: ones([1, 1]) };
 * const { out } = rnn(ones([3, 1, 1]), weights, { nonlinearity: 'relu' });
 * console.log(out.flatten().toArray()); // [ 1, 2, 3 ]
 * ```
 */
export function rnn<D extends FloatDType>(
  x: Tensor<D>,
  weights: RecurrentWeights<NoInfer<D>>,
  options: RnnOptions<NoInfer<D>> = {},
): RecurrentResult<D> {
  for (const [name, value] of Object.entries({ weights, options })) checkObject('rnn', name, value);
  const { nonlinearity = 'tanh' } = options;
  checkOption('rnn', 'nonlinearity', nonlinearity, ['tanh', 'relu']);
  return oneState('rnn', nonlinearity, x, weights, options);
}
