import { again } from '../engine/backward.js';
import { defineOp, type Inputs } from '../engine/define.js';
import { isRecording } from '../engine/tape.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { Tensor, type TensorSpec } from '../tensor/tensor.js';
import { cast } from './cast.js';
import { cells, gatesOf, type Cell } from './cells.js';
import { checkArray, checkOneFloat, checkShapeOf, checkTensor, checkWithin } from './checks.js';
import { tensor, zeros, zerosLike } from './creation.js';
import { checkIndex } from './indexing.js';
import { transpose } from './permute.js';
import { recurrentOfOps } from './recurrent-composed.js';
import { expand } from './reshape.js';

// One direction of one recurrent layer, whatever its cells are: what lstm, gru and rnn share.

/** Slots for each unit in what the backward op reads. */
const keptSlots: Readonly<Record<Cell, number>> = { lstm: 5, gru: 4, tanh: 1, relu: 1 };

const layerInputs = [
  'x',
  'h0',
  'c0',
  'weightIh',
  'weightHh',
  'biasIh',
  'biasHh',
  'weightHr',
  'lengths',
] as const satisfies readonly string[];
type LayerInput = (typeof layerInputs)[number];
/** x [T, B, I] and the rest; what is left out is a vector without elements. */
export type LayerInputs = Inputs<LayerInput>;

const layout = { cell: cells, reverse: 'bool', batchFirst: 'bool' } as const;

/** [T, B, N], stored sample by sample if that is how the user sees it. */
function sequenceSpec(dtype: DType, shape: readonly [number, number, number], batchFirst: boolean): TensorSpec {
  const [steps, , columns] = shape;
  return batchFirst ? { dtype, shape, strides: [columns, steps * columns, 1] } : { dtype, shape };
}

/** Units are taken in blocks of 64 bytes for each gate, four of them where a cell has only one; see native/ops/recurrent.h. */
export function blocksOf(
  dtype: DType,
  hidden: number,
  cell: Cell,
): { readonly blocks: number; readonly width: number } {
  const units = dtype === 'float64' ? 8 : 16;
  const width = gatesOf[cell] > 1 ? units : units * Math.min(4, Math.ceil(hidden / units));
  return { blocks: Math.ceil(hidden / width), width };
}

function keptSpec({ x, weightHh }: LayerInputs, cell: Cell): TensorSpec {
  const dtype = x.dtype === 'float64' ? 'float64' : 'float32';
  const { blocks, width } = blocksOf(dtype, weightHh.shape[0]! / gatesOf[cell], cell);
  return { dtype, shape: [blocks, x.shape[0]!, x.shape[1]!, keptSlots[cell] * width] };
}

const recurrentOp = defineOp({
  name: 'recurrent',
  inputs: layerInputs,
  outputs: ['out', 'hn', 'cn', 'kept'],
  attrs: { ...layout, keep: 'bool' },
  save: [...layerInputs, 'out', 'kept'],
  infer: (inputs, { cell, batchFirst, keep }) => {
    const { x, weightHh } = inputs;
    const { dtype } = x;
    const [steps, batch] = x.shape as [number, number];
    const state = weightHh.shape[1]!;
    return {
      out: sequenceSpec(dtype, [steps, batch, state], batchFirst),
      hn: { dtype, shape: [batch, state] },
      cn: { dtype, shape: cell === 'lstm' ? [batch, weightHh.shape[0]! / 4] : [0] },
      kept: keep ? keptSpec(inputs, cell) : { dtype, shape: [0] },
    };
  },
  grad: ({ dout, dhn, dcn, attrs, needs, ...saved }) => {
    const { cell, reverse, batchFirst } = attrs;
    const none = zeros([0], { dtype: dout.dtype });
    const gradients = recurrentBackwardOp(
      { ...pickInputs(saved), out: saved.out, kept: saved.kept, dout, dhn: dhn ?? none, dcn: dcn ?? none },
      { cell, reverse, batchFirst, wantsX: needs.x },
    );
    return {
      x: needs.x ? gradients.x : undefined,
      h0: gradients.h0,
      c0: gradients.c0,
      weightIh: gradients.weightIh,
      weightHh: gradients.weightHh,
      biasIh: gradients.biasIh,
      biasHh: gradients.biasHh,
      weightHr: gradients.weightHr,
    };
  },
});

const differentiated = ['x', 'h0', 'c0', 'weightIh', 'weightHh', 'biasIh', 'biasHh', 'weightHr'] as const;
type Differentiated = (typeof differentiated)[number];

const pickInputs = (inputs: LayerInputs): LayerInputs => {
  const { x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr, lengths } = inputs;
  return { x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr, lengths };
};

/** One thing for each input that has a gradient. */
const forEach = <T>(make: (name: Differentiated) => T): Readonly<Record<Differentiated, T>> =>
  Object.fromEntries(differentiated.map((name) => [name, make(name)])) as Record<Differentiated, T>;

const recurrentBackwardOp = defineOp({
  name: 'recurrentBackward',
  inputs: [...layerInputs, 'out', 'kept', 'dout', 'dhn', 'dcn'],
  outputs: differentiated,
  attrs: { ...layout, wantsX: 'bool' },
  save: [],
  infer: (inputs, { batchFirst, wantsX }) => {
    const { dtype, shape } = inputs.x;
    const x = wantsX ? sequenceSpec(dtype, shape as [number, number, number], batchFirst) : { dtype, shape: [0] };
    return { ...forEach((name) => ({ dtype, shape: inputs[name].shape })), x };
  },
  grad: {
    // What is kept is a function of the inputs: here it is computed from them, so that derivatives see that.
    composed: ({ dout, dhn, dcn, ...inputs }, { cell, reverse, wantsX }) => {
      // One tensor may be given as two inputs, whose gradients must not be added up: each is a leaf of its own.
      const leaves = forEach((name) => expand(inputs[name], inputs[name].shape));
      const douts = [dout, dhn, dcn].map((gradient) => (isMissing(gradient) ? undefined : gradient));
      const gradients = again(Object.values(leaves), douts, () => {
        const { out, hn, cn } = recurrentOfOps({ ...leaves, lengths: inputs.lengths }, cell, reverse);
        return cn === undefined ? [out, hn] : [out, hn, cn];
      });
      const result = forEach((name) => gradients.get(leaves[name]) ?? zerosLike(leaves[name]));
      return wantsX ? result : { ...result, x: zeros([0], { dtype: dout.dtype }) };
    },
  },
});

/** Whether an input that may be left out is. */
export const isMissing = (x: TensorSpec): boolean => x.shape.length === 1 && x.shape[0] === 0;

/** Weights of one direction of a layer, by PyTorch's names. */
export interface LayerWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh?: Tensor | undefined;
  readonly biasHh?: Tensor | undefined;
  readonly weightHr?: Tensor | undefined;
}

/** How many steps each sample of a batch has. */
export type SequenceLengths = readonly number[] | Tensor<'int32'> | Tensor<'int64'>;

/** What a layer may be given besides its input and its weights. */
export interface LayerOptions {
  readonly h0?: Tensor | undefined;
  readonly c0?: Tensor | undefined;
  readonly lengths?: SequenceLengths | undefined;
  readonly batchFirst?: boolean | undefined;
  readonly reverse?: boolean | undefined;
}

/** What comes out of a layer. */
export interface LayerResult {
  readonly out: Tensor;
  readonly hn: Tensor;
  /** Of an LSTM. */
  readonly cn?: Tensor;
}

/** Refuses weights and states that do not fit each other or x, which is as the user gave it. */
function checkLayer(op: string, cell: Cell, x: Tensor, weights: LayerWeights, options: LayerOptions): void {
  const { h0, c0, batchFirst = false } = options;
  const { weightIh, weightHh, biasIh, biasHh, weightHr } = weights;
  const optional = Object.entries({ biasIh, biasHh, weightHr, h0, c0 }).filter(([, value]) => value !== undefined);
  checkOneFloat(op, { x, weightIh, weightHh, ...(Object.fromEntries(optional) as Record<string, Tensor>) });
  if (x.rank !== 3) {
    fail('SHAPE', op, `x is ${describe(x)} (need ${batchFirst ? '[B, T, I]' : '[T, B, I]'})`, { shape: x.shape });
  }
  const gates = gatesOf[cell];
  const rows = weightHh.shape[0] ?? 0;
  const hidden = rows / gates;
  if (weightHh.rank !== 2 || !Number.isInteger(hidden) || hidden === 0) {
    const need = `[${gates === 1 ? '' : `${gates} `}H, H]`;
    fail('SHAPE', op, `weightHh is ${describe(weightHh)} (need ${need} with H > 0)`, { shape: weightHh.shape });
  }
  const state = weightHr?.shape[0] ?? hidden;
  const batch = x.shape[batchFirst ? 0 : 1]!;
  checkShapeOf(op, 'weightHh', weightHh, [rows, state], 'as many columns as a state has numbers');
  checkShapeOf(op, 'weightIh', weightIh, [rows, x.shape[2]!], 'as many rows as weightHh, as many columns as x');
  for (const [name, bias] of Object.entries({ biasIh, biasHh })) {
    if (bias !== undefined) checkShapeOf(op, name, bias, [rows], 'one number for each row of weightHh');
  }
  if (weightHr !== undefined) {
    if (state === 0) fail('SHAPE', op, `weightHr is ${describe(weightHr)} (need [P, H] with P > 0)`);
    checkShapeOf(op, 'weightHr', weightHr, [state, hidden], 'as many columns as there are hidden units');
  }
  if (h0 !== undefined) checkShapeOf(op, 'h0', h0, [batch, state], 'one state for each sample');
  if (c0 !== undefined) checkShapeOf(op, 'c0', c0, [batch, hidden], 'one cell for each sample');
}

/** Lengths as the op takes them; native code checks the values of a tensor. */
export function lengthsOf(op: string, lengths: SequenceLengths | undefined, batch: number, steps: number): Tensor {
  if (lengths === undefined) return zeros([0], { dtype: 'int64' });
  if (lengths instanceof Tensor) {
    checkTensor(op, 'lengths', lengths);
    checkIndex(op, lengths);
    checkShapeOf(op, 'lengths', lengths, [batch], 'one length for each sample');
    return cast(lengths as Tensor, 'int64');
  }
  checkArray(op, 'lengths', lengths);
  if (lengths.length !== batch) {
    fail('SHAPE', op, `lengths is ${show(lengths)} (need one length for each of ${batch} samples)`);
  }
  for (const length of lengths) checkWithin(op, 'lengths', length, 0, steps);
  return tensor(BigInt64Array.from(lengths, BigInt));
}

/** Runs one direction of a layer. */
export function runLayer(
  op: string,
  cell: Cell,
  x: Tensor,
  weights: LayerWeights,
  options: LayerOptions = {},
): LayerResult {
  checkLayer(op, cell, x, weights, options);
  const { h0, c0, lengths, batchFirst = false, reverse = false } = options;
  return scope(() => {
    const sequence = batchFirst ? transpose(x, 0, 1) : x;
    const [steps, batch] = sequence.shape as [number, number];
    const none = zeros([0], { dtype: x.dtype });
    const { weightIh, weightHh, biasIh = none, biasHh = none, weightHr = none } = weights;
    const counts = lengthsOf(op, lengths, batch, steps);
    const { out, hn, cn } = recurrentOp(
      { x: sequence, h0: h0 ?? none, c0: c0 ?? none, weightIh, weightHh, biasIh, biasHh, weightHr, lengths: counts },
      { cell, reverse, batchFirst, keep: isRecording() },
    );
    const states = { out: batchFirst ? transpose(out, 0, 1) : out, hn };
    return cell === 'lstm' ? { ...states, cn } : states;
  });
}
