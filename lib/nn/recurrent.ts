import { checkFraction, checkIntegers, checkObject, checkTensor } from '../ops/checks.js';
import { concat, stack } from '../ops/move.js';
import { dropout, uniform } from '../ops/random.js';
import { gatesOf, type Cell } from '../ops/cells.js';
import { lengthsOf, runLayer, type LayerWeights, type SequenceLengths } from '../ops/recurrent.js';
import { squeeze, unsqueeze } from '../ops/reshape.js';
import { select } from '../ops/slice.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, parameter, type AffineOptions } from './init.js';
import { Module } from './module.js';

// What RNN, LSTM and GRU share: parameters, stacked layers, directions.

/** Options of {@link GRU}. */
export interface RecurrentLayerOptions<D extends FloatDType = FloatDType> extends AffineOptions<D> {
  /** Layers, each of which reads what the one before it gives; default 1. */
  readonly numLayers?: number;
  /** Whether x is [B, T, I], not [T, B, I]; default `false`. */
  readonly batchFirst?: boolean;
  /** Probability with which numbers between two layers are dropped in training; default 0. */
  readonly dropout?: number;
  /** Whether each layer also reads the sequence from its end, with weights of its own; default `false`. */
  readonly bidirectional?: boolean;
}

/** What a call of a recurrent layer may be given besides its input and the state to begin with. */
export interface SequenceOptions {
  /** Steps of each sample, which come first; default all. */
  readonly lengths?: SequenceLengths | undefined;
}

/** U(−1/√hiddenSize, 1/√hiddenSize), as in PyTorch. */
export function drawParameter<D extends FloatDType>(shape: Shape, hiddenSize: number, dtype: D): Parameter<D> {
  const bound = 1 / Math.sqrt(hiddenSize);
  return parameter<D>(() => uniform(shape, { low: -bound, high: bound, dtype }));
}

/** States of all layers and directions: [layers · directions, B, ·], or without B. */
interface States {
  readonly h0?: Tensor | undefined;
  readonly c0?: Tensor | undefined;
}

interface Run {
  readonly out: Tensor;
  readonly hn: Tensor;
  readonly cn: Tensor | undefined;
}

/** What is said of the extents of a layer when it is made. */
export interface Extents {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly projSize: number;
}

export abstract class RecurrentLayer<D extends FloatDType, Inputs extends readonly unknown[], Output> extends Module<
  Inputs,
  Output
> {
  /** Weights and biases by PyTorch's names: `weight_ih_l0`, `bias_hh_l1_reverse` and so on. */
  readonly [name: `weight_${string}` | `bias_${string}`]: Parameter<D> | undefined;

  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  protected readonly cell: Cell;
  private readonly projSize: number;

  constructor(cell: Cell, { inputSize, hiddenSize, projSize }: Extents, options: RecurrentLayerOptions<D>) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, bidirectional = false } = options;
    const op = new.target.name;
    checkIntegers(op, { inputSize, hiddenSize, numLayers }, 1);
    checkFraction(op, 'dropout', options.dropout ?? 0);
    this.cell = cell;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.projSize = projSize;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = options.dropout ?? 0;
    this.bidirectional = bidirectional;
    const names = this.names().flat();
    Object.assign(this, ...names.map(({ layer, suffix }) => this.draw(layer, suffix, bias, dtypeOf(options))));
  }

  /** Numbers that a step hands to the next. */
  private get stateSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  /** What the parameters of every layer and direction end in. */
  private names(): { readonly layer: number; readonly suffix: string; readonly reverse: boolean }[][] {
    const directions = this.bidirectional ? [false, true] : [false];
    return Array.from({ length: this.numLayers }, (_, layer) =>
      directions.map((reverse) => ({ layer, reverse, suffix: `l${layer}${reverse ? '_reverse' : ''}` })),
    );
  }

  private draw(layer: number, suffix: string, bias: boolean, dtype: D): Record<string, Parameter<D>> {
    const rows = gatesOf[this.cell] * this.hiddenSize;
    const inputs = layer === 0 ? this.inputSize : this.stateSize * (this.bidirectional ? 2 : 1);
    const shapes: Record<string, Shape> = { weight_ih: [rows, inputs], weight_hh: [rows, this.stateSize] };
    if (bias) Object.assign(shapes, { bias_ih: [rows], bias_hh: [rows] });
    if (this.projSize > 0) shapes['weight_hr'] = [this.projSize, this.hiddenSize];
    return Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        `${name}_${suffix}`,
        drawParameter(shape, this.hiddenSize, dtype),
      ]),
    );
  }

  private weightsOf(suffix: string): LayerWeights {
    return {
      weightIh: this[`weight_ih_${suffix}`]!,
      weightHh: this[`weight_hh_${suffix}`]!,
      biasIh: this[`bias_ih_${suffix}`],
      biasHh: this[`bias_hh_${suffix}`],
      weightHr: this[`weight_hr_${suffix}`],
    };
  }

  /** Runs all layers; a sequence without a batch is a batch of one. */
  protected run(x: Tensor, { h0, c0 }: States, options: SequenceOptions = {}): Run {
    const states = { h0, c0 };
    this.check(x, states);
    checkObject(this.constructor.name, 'options', options);
    if (x.rank === 3) return scope(() => this.runBatch(x, states, options));
    return scope(() => {
      const axis = this.batchFirst ? 0 : 1;
      const batched = { h0: h0 && unsqueeze(h0, 1), c0: c0 && unsqueeze(c0, 1) };
      const { out, hn, cn } = this.runBatch(unsqueeze(x, axis), batched, options);
      return { out: squeeze(out, axis), hn: squeeze(hn, 1), cn: cn && squeeze(cn, 1) };
    });
  }

  private check(x: Tensor, { h0, c0 }: States): void {
    const op = this.constructor.name;
    checkTensor(op, 'x', x);
    const last = x.shape.at(-1);
    if (x.rank < 2 || x.rank > 3 || last !== this.inputSize) {
      const need = this.batchFirst ? '[B, T, I]' : '[T, B, I]';
      fail('SHAPE', op, `x is ${describe(x)} (need ${need} or [T, I] with I = ${this.inputSize})`, { shape: x.shape });
    }
    const count = this.numLayers * (this.bidirectional ? 2 : 1);
    const batch = x.rank === 2 ? [] : [x.shape[this.batchFirst ? 0 : 1]!];
    const widths = { h0: this.stateSize, c0: this.hiddenSize };
    for (const [name, state] of Object.entries({ h0, c0 }) as [keyof States, Tensor | undefined][]) {
      if (state === undefined) continue;
      checkTensor(op, name, state);
      const shape = [count, ...batch, widths[name]];
      if (state.shape.join() !== shape.join()) {
        fail(
          'SHAPE',
          op,
          `${name} is ${describe(state)} (need [${shape.join(',')}]: one state for each layer and sample)`,
        );
      }
    }
  }

  private runBatch(x: Tensor, { h0, c0 }: States, { lengths }: SequenceOptions): Run {
    const op = this.constructor.name;
    const { batchFirst } = this;
    const [steps, batch] = (batchFirst ? [x.shape[1], x.shape[0]] : x.shape) as [number, number];
    const counts = lengths === undefined ? undefined : (lengthsOf(op, lengths, batch, steps) as Tensor<'int64'>);
    const states: Omit<Run, 'out'>[] = [];
    let value = x;
    for (const directions of this.names()) {
      if (directions[0]!.layer > 0 && this.training) value = dropout(value as Tensor<D>, { p: this.dropout });
      const input = value;
      const results = directions.map(({ layer, reverse, suffix }) => {
        const place = layer * directions.length + (reverse ? 1 : 0);
        return runLayer(op, this.cell, input, this.weightsOf(suffix), {
          h0: h0 && select(h0, 0, place),
          c0: c0 && select(c0, 0, place),
          lengths: counts,
          batchFirst,
          reverse,
        });
      });
      states.push(...results.map(({ hn, cn }) => ({ hn, cn })));
      const outs = results.map(({ out }) => out);
      value = outs.length === 1 ? outs[0]! : concat(outs, { axis: -1 });
    }
    const cells = states.flatMap(({ cn }) => cn ?? []);
    return { out: value, hn: stack(states.map(({ hn }) => hn)), cn: cells.length > 0 ? stack(cells) : undefined };
  }
}
