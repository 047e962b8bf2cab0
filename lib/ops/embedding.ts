import { customGrad } from '../engine/custom-grad.js';
import { defineOp } from '../engine/define.js';
import { grad } from '../engine/grad.js';
import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, maximum, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkFlag, checkOption, checkReal, checkShapeOf, checkWithin } from './checks.js';
import { eq, where } from './compare.js';
import { full, ones, zeros } from './creation.js';
import { indexAdd } from './index-update.js';
import { checkIndex, indexSelect, type IndexDType } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import { arange } from './ranges.js';
import { flatten, reshape, unsqueeze } from './reshape.js';
import { sum } from './reduce.js';
import { searchsorted } from './search.js';
import { segmentMax } from './segment.js';
import { select, slice } from './slice.js';

/** Options of {@link embedding}. */
export interface EmbeddingLookupOptions {
  /** Index whose vector is a constant: it gets no gradient; default none. */
  readonly paddingIdx?: number | undefined;
  /** Whether the gradient of a vector is divided by how often it is looked up; default `false`. */
  readonly scaleGradByFreq?: boolean;
}

/** The table itself; on the way back the gradient of each row is divided by how often the row was looked up. */
function sharedOut(weight: Tensor, index: Index): Tensor {
  const pass = customGrad({
    name: 'scaleGradByFreq',
    forward: (table: Tensor) => table,
    backward: (dout: Tensor) => {
      const none = zeros([weight.shape[0]!], { dtype: 'int32' });
      const counts = maximum(indexAdd(none, index, ones(index.shape, { dtype: 'int32' })), 1);
      return [div(dout, cast(unsqueeze(counts, 1), weight.dtype))];
    },
  });
  return pass(weight);
}

function checkTable(op: string, weight: Tensor, paddingIdx: number | undefined): void {
  checkReal(op, 'weight', weight);
  if (weight.rank !== 2) fail('SHAPE', op, `weight is ${describe(weight)} (need [numEmbeddings, embeddingDim])`);
  if (paddingIdx !== undefined) checkWithin(op, 'paddingIdx', paddingIdx, 0, weight.shape[0]! - 1);
}

/**
 * Looks vectors up in a table by index: out[…, :] = weight[x[…], :].
 *
 * Shapes: x [...], weight [V, D] → [..., D]. Dtypes: x int32 or int64; weight float dtypes.
 *
 * @param options.paddingIdx index whose vector gets no gradient; default none
 * @param options.scaleGradByFreq whether the gradient of a vector is divided by how often it is looked up; default `false`
 * @throws MyelinError `INDEX` for an index outside the table; `SHAPE` when the table is no matrix; `DTYPE`; `VALUE` for a
 * padding outside the table
 * @example
 * ```ts
 * import { embedding, tensor } from 'myelin';
 * const x = tensor([2, 0], { dtype: 'int32' });
 * console.log(embedding(x, tensor([[1], [2], [3]])).toArray()); // [ [ 3 ], [ 1 ] ]
 * ```
 */
export function embedding<D extends FloatDType>(
  x: Tensor<IndexDType>,
  weight: Tensor<D>,
  { paddingIdx, scaleGradByFreq = false }: EmbeddingLookupOptions = {},
): Tensor<D> {
  checkIndex('embedding', x);
  checkTable('embedding', weight, paddingIdx);
  checkFlag('embedding', 'scaleGradByFreq', scaleGradByFreq);
  return onBehalf('embedding', () => {
    const index = flatten(x);
    const table = scaleGradByFreq ? (sharedOut(weight, index) as Tensor<D>) : weight;
    const out = reshape(indexSelect(table, index), [...x.shape, weight.shape[1]!]);
    if (paddingIdx === undefined) return out;
    // Taken from outside the tape, the padding's vector is a constant.
    const constant = stopGradient(() => select(weight, 0, paddingIdx));
    return where<Tensor, Tensor>(unsqueeze(eq(x, paddingIdx), -1), constant, out) as Tensor<D>;
  });
}

const modes = ['sum', 'mean'] as const;

/** No padding: no row has this index. */
const none = -1;

// The three are linear in the table, in the gradient and in the scales, and each is the derivative of the others.
const embeddingBagOp = defineOp({
  name: 'embeddingBag',
  inputs: ['weight', 'index', 'offset', 'scales'],
  attrs: { mode: modes, padding: 'int' },
  save: ['weight', 'index', 'offset', 'scales'],
  infer: ({ weight, offset }) => ({ dtype: weight.dtype, shape: [offset.shape[0]!, weight.shape[1]!] }),
  grad: ({ weight, index, offset, scales, dout, attrs: { mode, padding }, needs }) => ({
    weight: needs.weight ? bagDWeight(dout, { index, offset, scales, mode, padding }, weight.shape[0]!) : undefined,
    scales: needs.scales && scales.size > 0 ? bagDScale(dout, weight, { index, offset, padding }) : undefined,
  }),
});

const embeddingBagDWeightOp = defineOp({
  name: 'embeddingBagDWeight',
  inputs: ['gradient', 'index', 'offset', 'scales'],
  attrs: { mode: modes, padding: 'int', rows: 'int' },
  save: ['gradient', 'index', 'offset', 'scales'],
  infer: ({ gradient }, { rows }) => ({ dtype: gradient.dtype, shape: [rows, gradient.shape[1]!] }),
  grad: ({ gradient, index, offset, scales, dout, attrs: { mode, padding }, needs }) => ({
    gradient: needs.gradient ? bag(dout, { index, offset, scales, mode, padding }) : undefined,
    scales: needs.scales && scales.size > 0 ? bagDScale(gradient, dout, { index, offset, padding }) : undefined,
  }),
});

const embeddingBagDScaleOp = defineOp({
  name: 'embeddingBagDScale',
  inputs: ['gradient', 'weight', 'index', 'offset'],
  attrs: { padding: 'int' },
  save: ['gradient', 'weight', 'index', 'offset'],
  infer: ({ weight, index }) => ({ dtype: weight.dtype, shape: index.shape }),
  grad: ({ gradient, weight, index, offset, dout, attrs: { padding }, needs }) => {
    const bags: Bags = { index, offset, scales: dout, mode: 'sum', padding };
    return {
      gradient: needs.gradient ? bag(weight, bags) : undefined,
      weight: needs.weight ? bagDWeight(gradient, bags, weight.shape[0]!) : undefined,
    };
  },
});

const embeddingBagMaxOp = defineOp({
  name: 'embeddingBagMax',
  inputs: ['weight', 'index', 'offset'],
  attrs: { padding: 'int' },
  save: ['weight', 'index', 'offset'],
  infer: ({ weight, offset }) => ({ dtype: weight.dtype, shape: [offset.shape[0]!, weight.shape[1]!] }),
  grad: ({ weight, index, offset, dout, attrs: { padding } }) => ({
    weight: embeddingBagMaxDWeightOp({ gradient: dout, weight, index, offset }, { padding }),
  }),
});

const embeddingBagMaxDWeightOp = defineOp({
  name: 'embeddingBagMaxDWeight',
  inputs: ['gradient', 'weight', 'index', 'offset'],
  attrs: { padding: 'int' },
  save: [],
  infer: ({ weight }) => ({ dtype: weight.dtype, shape: weight.shape }),
  grad: {
    composed: ({ gradient, weight, index, offset }, { padding }) => {
      const loss = (): Tensor => sum(mul(gradient, maxOfBags(weight, index as Index, offset as Index, padding)));
      return grad(loss, [weight])[0];
    },
  },
});

type Index = Tensor<IndexDType>;

/** Which rows are in which bag, and how much each counts. */
interface Bags {
  readonly index: Tensor;
  readonly offset: Tensor;
  /** One for each index, or none. */
  readonly scales: Tensor;
  readonly mode: (typeof modes)[number];
  readonly padding: number;
}

const bag = (weight: Tensor, { index, offset, scales, mode, padding }: Bags): Tensor =>
  embeddingBagOp({ weight, index, offset, scales }, { mode, padding });

const bagDWeight = (gradient: Tensor, { index, offset, scales, mode, padding }: Bags, rows: number): Tensor =>
  embeddingBagDWeightOp({ gradient, index, offset, scales }, { mode, padding, rows });

const bagDScale = (
  gradient: Tensor,
  weight: Tensor,
  { index, offset, padding }: Pick<Bags, 'index' | 'offset' | 'padding'>,
): Tensor => embeddingBagDScaleOp({ gradient, weight, index, offset }, { padding });

/** Options of {@link embeddingBag}. */
export interface EmbeddingBagOptions {
  /** Where each bag begins in a vector of indices; not for indices of two axes, whose rows are the bags. */
  readonly offsets?: Tensor<IndexDType> | undefined;
  /** What becomes of the vectors of a bag; default `'mean'`. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** A factor for each index, for sums only; default 1. */
  readonly perSampleWeights?: Tensor | undefined;
  /** Index that does not count, as if it were not there; default none. */
  readonly paddingIdx?: number | undefined;
  /** Whether the last offset is the end of the last bag; default `false`. */
  readonly includeLastOffset?: boolean;
  /** Whether the gradient of a vector is divided by how often it is looked up, not for `max`; default `false`. */
  readonly scaleGradByFreq?: boolean;
}

function offsetsOf(
  x: Tensor<IndexDType>,
  { offsets, includeLastOffset = false }: EmbeddingBagOptions,
): Tensor<IndexDType> {
  if (x.rank === 2 && offsets === undefined) {
    const [bags, size] = x.shape as [number, number];
    return size === 0 ? zeros([bags], { dtype: 'int64' }) : arange(0, bags * size, { step: size, dtype: 'int64' });
  }
  if (x.rank !== 1 || offsets?.rank !== 1) {
    const given = offsets === undefined ? 'no offsets' : `offsets are ${describe(offsets)}`;
    fail(
      'SHAPE',
      'embeddingBag',
      `x is ${describe(x)}, ${given} (need indices [N] with offsets [B], or [B, N] without)`,
    );
  }
  return includeLastOffset ? slice(offsets, [0, Math.max(0, offsets.shape[0]! - 1)]) : offsets;
}

// The largest of each bag in simpler ops, from rows that carry the number of their bag; paddings have a bag of their own.
function maxOfBags(weight: Tensor, index: Index, offset: Index, padding: number): Tensor {
  const count = offset.shape[0]!;
  const bags = sub(searchsorted(offset, arange(index.shape[0]!, { dtype: offset.dtype }), { right: true }), 1);
  const ids = where<Tensor, Tensor>(eq(index, padding), full([], count, { dtype: bags.dtype }), bags);
  const found = segmentMax(indexSelect(weight, index), ids as Index, { numSegments: count + 1 });
  return slice(found, [0, count]);
}

/**
 * Looks up bags of vectors and sums, averages or takes the largest of each, without making the vectors themselves:
 * out[b, :] = Σ i  perSampleWeights[i] · weight[x[i], :] over the indices i of bag b.
 *
 * Bags without indices are 0. In `max` mode equal maxima share the gradient.
 *
 * Shapes: x [B, N], or [N] with offsets [B]; weight [V, D], perSampleWeights as x → [B, D]. Dtypes: x and offsets int32 or
 * int64; weight float dtypes, perSampleWeights the same.
 *
 * @param options.offsets where each bag begins in a vector of indices
 * @param options.mode `'sum'`, `'mean'` or `'max'`; default `'mean'`
 * @param options.perSampleWeights a factor for each index, for sums only; default 1
 * @param options.paddingIdx index that does not count; default none
 * @param options.includeLastOffset whether the last offset is the end of the last bag; default `false`
 * @param options.scaleGradByFreq whether the gradient of a vector is divided by how often it is looked up, not for `max`; default
 * `false`
 * @throws MyelinError `INDEX` for an index outside the table; `SHAPE` when shapes do not fit; `DTYPE`; `VALUE` for offsets that
 * fall or do not begin with 0, and for options out of range
 * @example
 * ```ts
 * import { embeddingBag, tensor } from 'myelin';
 * const x = tensor([0, 2, 1], { dtype: 'int32' });
 * const offsets = tensor([0, 2], { dtype: 'int32' });
 * console.log(embeddingBag(x, tensor([[1], [2], [3]]), { offsets }).toArray()); // [ [ 2 ], [ 2 ] ]
 * ```
 */
export function embeddingBag<D extends FloatDType>(
  x: Tensor<IndexDType>,
  weight: Tensor<D>,
  options: EmbeddingBagOptions = {},
): Tensor<D> {
  const { offsets, mode = 'mean', perSampleWeights, paddingIdx, scaleGradByFreq = false } = options;
  checkIndex('embeddingBag', x);
  checkTable('embeddingBag', weight, paddingIdx);
  checkOption('embeddingBag', 'mode', mode, ['sum', 'mean', 'max']);
  if (offsets !== undefined) checkIndex('embeddingBag', offsets);
  checkFlag('embeddingBag', 'scaleGradByFreq', scaleGradByFreq);
  if (scaleGradByFreq && mode === 'max') {
    fail('VALUE', 'embeddingBag', 'scaleGradByFreq is true, mode is max (need "sum" or "mean")');
  }
  if (perSampleWeights !== undefined) checkScales(x, weight, perSampleWeights, mode);
  return scope(() => {
    const offset = offsetsOf(x, options);
    const index = flatten(x);
    const padding = paddingIdx ?? none;
    if (mode === 'max')
      return onBehalf('embeddingBag', () => embeddingBagMaxOp({ weight, index, offset }, { padding })) as Tensor<D>;
    const scales = perSampleWeights === undefined ? zeros([0], { dtype: weight.dtype }) : flatten(perSampleWeights);
    const table = scaleGradByFreq ? sharedOut(weight, index) : weight;
    return bag(table, { index, offset, scales, mode, padding }) as Tensor<D>;
  });
}

function checkScales(x: Tensor, weight: Tensor, scales: Tensor, mode: string): void {
  checkReal('embeddingBag', 'perSampleWeights', scales);
  if (mode !== 'sum') fail('VALUE', 'embeddingBag', `mode is ${mode} (need "sum" for perSampleWeights)`, { mode });
  checkShapeOf('embeddingBag', 'perSampleWeights', scales, x.shape, 'one for each index');
  if (scales.dtype === weight.dtype) return;
  fail(
    'DTYPE',
    'embeddingBag',
    `weight is ${describe(weight)}, perSampleWeights is ${describe(scales)} (need one dtype)`,
  );
}
