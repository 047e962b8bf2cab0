import { checkIntegers, checkObject, checkOption, checkTensor } from '../ops/checks.js';
import { gatesOf, type Cell } from '../ops/cells.js';
import { runLayer } from '../ops/recurrent.js';
import { squeeze, unsqueeze } from '../ops/reshape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, type AffineOptions } from './init.js';
import { Module } from './module.js';
import { drawParameter } from './recurrent.js';
import type { LstmState } from './rnn.js';

// Single steps of recurrent layers, for loops that look at every state.

interface Stepped {
  readonly hn: Tensor;
  readonly cn?: Tensor;
}

abstract class RecurrentCell<D extends FloatDType, Inputs extends readonly unknown[], Output> extends Module<
  Inputs,
  Output
> {
  readonly weight_ih: Parameter<D>;
  readonly weight_hh: Parameter<D>;
  readonly bias_ih: Parameter<D> | undefined;
  readonly bias_hh: Parameter<D> | undefined;

  constructor(
    private readonly cell: Cell,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: AffineOptions<D>,
  ) {
    super();
    checkIntegers(new.target.name, { inputSize, hiddenSize }, 1);
    const rows = gatesOf[cell] * hiddenSize;
    const draw = (...shape: number[]): Parameter<D> => drawParameter(shape, hiddenSize, dtypeOf(options));
    this.weight_ih = draw(rows, inputSize);
    this.weight_hh = draw(rows, hiddenSize);
    if (options.bias === false) return;
    this.bias_ih = draw(rows);
    this.bias_hh = draw(rows);
  }

  /** One step of x [B, I] or [I]; states as x. */
  protected step(x: Tensor, h: Tensor | undefined, c?: Tensor): Stepped {
    const op = this.constructor.name;
    checkTensor(op, 'x', x);
    if (x.rank < 1 || x.rank > 2 || x.shape.at(-1) !== this.inputSize) {
      fail('SHAPE', op, `x is ${describe(x)} (need [B, ${this.inputSize}] or [${this.inputSize}])`, { shape: x.shape });
    }
    const given = Object.entries({ h, c }).flatMap(([name, state]) => (state === undefined ? [] : [[name, state]]));
    for (const [name, state] of given as [string, Tensor][]) {
      checkTensor(op, name, state);
      if (state.rank !== x.rank)
        fail('SHAPE', op, `${name} is ${describe(state)}, x is ${describe(x)} (need one state for each sample)`);
    }
    const { weight_ih: weightIh, weight_hh: weightHh, bias_ih: biasIh, bias_hh: biasHh } = this;
    const batched = (state: Tensor | undefined): Tensor | undefined =>
      state !== undefined && x.rank === 1 ? unsqueeze(state, 0) : state;
    return scope(() => {
      const sequence = unsqueeze(batched(x)!, 0);
      const states = { h0: batched(h), c0: batched(c) };
      const { hn, cn } = runLayer(op, this.cell, sequence, { weightIh, weightHh, biasIh, biasHh }, states);
      const single = (state: Tensor): Tensor => (x.rank === 1 ? squeeze(state, 0) : state);
      return cn === undefined ? { hn: single(hn) } : { hn: single(hn), cn: single(cn) };
    });
  }
}

/** What the cells of one state take: x and the last state. */
export type CellInputs<D extends FloatDType> = readonly [x: Tensor<D>, h?: Tensor<D> | undefined];

/** Cells that hand on one state. */
abstract class OneStateCell<D extends FloatDType> extends RecurrentCell<D, CellInputs<D>, Tensor<D>> {
  override forward(x: Tensor<D>, h?: Tensor<D>): Tensor<D> {
    return this.step(x, h).hn as Tensor<D>;
  }
}

/** Options of {@link RNNCell}. */
export interface RnnCellOptions<D extends FloatDType = FloatDType> extends AffineOptions<D> {
  /** What sums of products go through; default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/**
 * One step of a plain recurrent layer.
 *
 * h′ = tanh(x · weight_ihᵀ + bias_ih + h · weight_hhᵀ + bias_hh), or relu of the same
 *
 * Shapes: x [B, I] or [I], h [B, H] or [H], zeros if left out → h′ as h; `weight_ih` [H, I], `weight_hh` [H, H], `bias_ih`
 * and `bias_hh` [H]. Dtypes: float dtypes. Parameters start as U(−1/√H, 1/√H), as in PyTorch.
 *
 * @param options.nonlinearity `'tanh'` or `'relu'`; default `'tanh'`
 * @param options.bias whether there are biases; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for extents that are no positive integers; `SHAPE` for inputs that do not fit
 * @example
 * ```ts
 * import { ones, RNNCell } from 'myelin';
 * const cell = new RNNCell(3, 8);
 * console.log(cell.forward(ones([2, 3]), cell.forward(ones([2, 3]))).shape); // [ 2, 8 ]
 * ```
 */
export class RNNCell<D extends FloatDType = 'float32'> extends OneStateCell<D> {
  constructor(inputSize: number, hiddenSize: number, options: RnnCellOptions<D> = {}) {
    const { nonlinearity = 'tanh' } = options;
    checkOption('RNNCell', 'nonlinearity', nonlinearity, ['tanh', 'relu']);
    super(nonlinearity, inputSize, hiddenSize, options);
  }
}

/**
 * One step of a layer of gated recurrent units; see {@link GRU} for what it computes.
 *
 * Shapes: x [B, I] or [I], h [B, H] or [H], zeros if left out → h′ as h; `weight_ih` [3·H, I], `weight_hh` [3·H, H],
 * `bias_ih` and `bias_hh` [3·H]. Dtypes: float dtypes. Parameters start as U(−1/√H, 1/√H), as in PyTorch.
 *
 * @param options.bias whether there are biases; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for extents that are no positive integers; `SHAPE` for inputs that do not fit
 * @example
 * ```ts
 * import { GRUCell, ones } from 'myelin';
 * console.log(new GRUCell(3, 8).forward(ones([2, 3])).shape); // [ 2, 8 ]
 * ```
 */
export class GRUCell<D extends FloatDType = 'float32'> extends OneStateCell<D> {
  constructor(inputSize: number, hiddenSize: number, options: AffineOptions<D> = {}) {
    super('gru', inputSize, hiddenSize, options);
  }
}

/**
 * One step of a layer of long short-term memory; see {@link LSTM} for what it computes.
 *
 * Shapes: x [B, I] or [I], state [h, c] of [B, H] or [H], zeros if left out → [h′, c′] as the state; `weight_ih` [4·H, I],
 * `weight_hh` [4·H, H], `bias_ih` and `bias_hh` [4·H]. Dtypes: float dtypes. Parameters start as U(−1/√H, 1/√H), as in
 * PyTorch.
 *
 * @param options.bias whether there are biases; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for extents that are no positive integers; `SHAPE` for inputs that do not fit
 * @example
 * ```ts
 * import { LSTMCell, ones } from 'myelin';
 * const [h, c] = new LSTMCell(3, 8).forward(ones([2, 3]));
 * console.log(h.shape, c.shape); // [ 2, 8 ] [ 2, 8 ]
 * ```
 */
export class LSTMCell<D extends FloatDType = 'float32'> extends RecurrentCell<
  D,
  readonly [x: Tensor<D>, state?: LstmState<D> | undefined],
  LstmState<D>
> {
  constructor(inputSize: number, hiddenSize: number, options: AffineOptions<D> = {}) {
    super('lstm', inputSize, hiddenSize, options);
  }

  override forward(x: Tensor<D>, state?: LstmState<D>): LstmState<D> {
    if (state !== undefined) checkObject('LSTMCell', 'state', state);
    const [h, c] = state ?? [];
    const { hn, cn } = this.step(x, h, c);
    return [hn as Tensor<D>, cn as Tensor<D>];
  }
}
