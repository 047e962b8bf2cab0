import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { cast } from './cast.js';
import { checkInteger, checkReal, checkShapeOf, checkTensor, floats } from './checks.js';
import { eq, ge, where } from './compare.js';
import { tensor, zeros } from './creation.js';
import { diff } from './differences.js';
import { indexSelect, type IndexDType } from './indexing.js';
import { concat } from './move.js';
import { linspace } from './ranges.js';
import { all, max, min, sum } from './reduce.js';
import { searchsorted } from './search.js';

const binCountsOp = defineOp({
  name: 'binCounts',
  inputs: ['x'],
  attrs: { bins: 'int' },
  save: [],
  infer: (_, { bins }) => ({ dtype: 'int64', shape: [bins] }),
  grad: 'none',
});

const binSumsOp = defineOp({
  name: 'binSums',
  inputs: ['x', 'weights'],
  attrs: { bins: 'int' },
  save: ['x'],
  infer: ({ weights }, { bins }) => ({ dtype: weights.dtype, shape: [bins] }),
  grad: ({ x, dout }) => ({ weights: indexSelect(dout, cast(x, 'int64')) }),
});

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element counts, in the shape of x; 1 when left out. */
  readonly weights?: Tensor;
  /** Fewest bins of the result; default 0. */
  readonly minLength?: number;
}

/** Weights as floats, checked to be one for each element. */
function floatWeights(op: string, x: Tensor, weights: Tensor): Tensor<FloatDType> {
  checkTensor(op, 'weights', weights);
  checkShapeOf(op, 'weights', weights, x.shape, 'one for each element of x');
  return (floats.includes(weights.dtype) ? weights : cast(weights, 'float64')) as Tensor<FloatDType>;
}

/**
 * How often each whole number occurs, or the sum of its weights: out[v] = Σ weights[i] over x[i] = v.
 *
 * Shapes: x [N] → [max(x) + 1], or `minLength` if that is more. Dtypes: x integers or bool → int64; with weights their
 * dtype, float64 for integers. Gradients flow to the weights. The size of the result depends on the numbers in x, which
 * are read for that.
 *
 * @param options.weights what each element counts; default 1
 * @param options.minLength fewest bins; default 0
 * @throws MyelinError `SHAPE` unless x has one axis and the weights its shape; `DTYPE` for floats; `VALUE` for negative
 * numbers
 * @example
 * ```ts
 * import { bincount, tensor } from 'myelin';
 * console.log(bincount(tensor([1, 3, 1], { dtype: 'int32' })).toArray()); // [ 0, 2, 0, 1 ]
 * ```
 */
export function bincount<D extends FloatDType>(
  x: Tensor,
  options: BincountOptions & { readonly weights: Tensor<D> },
): Tensor<D>;
export function bincount(x: Tensor, options?: BincountOptions & { readonly weights?: undefined }): Tensor<'int64'>;
export function bincount(x: Tensor, options?: BincountOptions): Tensor;
export function bincount(x: Tensor, { weights, minLength = 0 }: BincountOptions = {}): Tensor {
  checkTensor('bincount', 'x', x);
  if (floats.includes(x.dtype)) fail('DTYPE', 'bincount', `x is ${describe(x)} (need integers or bool)`);
  if (x.rank !== 1) fail('SHAPE', 'bincount', `x is ${describe(x)} (need one axis)`, { shape: x.shape });
  checkInteger('bincount', 'minLength', minLength, 0);
  return scope(() => {
    const bins = Math.max(minLength, binsFor(x));
    if (weights === undefined) return binCountsOp({ x }, { bins });
    return binSumsOp({ x, weights: floatWeights('bincount', x, weights) }, { bins });
  });
}

/** Bins that hold every element of x; refuses negative ones. */
function binsFor(x: Tensor): number {
  if (x.size === 0) return 0;
  const least = Number(min(x).item());
  if (least < 0) fail('VALUE', 'bincount', `x holds ${least} (need numbers of at least 0)`, { least });
  return Number(max(x).item()) + 1;
}

const histogramCountsOp = defineOp({
  name: 'histogramCounts',
  inputs: ['x', 'edges'],
  attrs: {},
  save: [],
  infer: ({ edges }) => ({ dtype: 'int64', shape: [edges.shape[0]! - 1] }),
  grad: 'none',
});

const histogramSumsOp = defineOp({
  name: 'histogramSums',
  inputs: ['x', 'edges', 'weights'],
  attrs: {},
  save: ['x', 'edges'],
  infer: ({ edges, weights }) => ({ dtype: weights.dtype, shape: [edges.shape[0]! - 1] }),
  grad: ({ x, edges, dout }) => ({ weights: indexSelect(framed(dout), binNumber(x, edges)) }),
});

/** A row with a zero on either side, for what lies below and above all bins. */
function framed(x: Tensor): Tensor {
  const zero = zeros([1], { dtype: x.dtype });
  return concat([zero, x, zero], { axis: 0 });
}

/** Number of each element's bin, from 1; 0 and one more than there are for what lies outside. */
function binNumber(x: Tensor, edges: Tensor): Tensor<IndexDType> {
  const last = edges.shape[0]! - 1;
  const above = searchsorted(edges, x, { right: true });
  return where(eq(x, indexSelect(edges, tensor([last], { dtype: 'int64' }))), last, above) as Tensor<IndexDType>;
}

/** Options of {@link histogram}. */
export interface HistogramOptions<D extends FloatDType = FloatDType> {
  /** How many bins of equal width, or all their edges in ascending order; default 10. */
  readonly bins?: number | readonly number[] | Tensor<D>;
  /** Lower edge of the first bin and upper edge of the last; default the smallest and the largest element. */
  readonly range?: readonly [low: number, high: number];
  /** What each element counts, in the shape of x; 1 when left out. */
  readonly weights?: Tensor;
  /** Whether the result is a density, whose integral is 1; default `false`. */
  readonly density?: boolean;
}

/** What {@link histogram} gives. */
export interface Histogram<D extends FloatDType> {
  /** Counts, sums of weights, or densities, bin by bin. */
  readonly hist: Tensor<D>;
  /** Edges of the bins: one more than there are bins. */
  readonly edges: Tensor<D>;
}

/** The range of a histogram: as asked, or from the smallest to the largest element, widened if they are one. */
function rangeOf(op: string, x: Tensor, range: readonly [number, number] | undefined, widen: number): [number, number] {
  const given: unknown = range ?? (x.size === 0 ? [0, 0] : [Number(min(x).item()), Number(max(x).item())]);
  if (!Array.isArray(given) || given.length !== 2 || !given.every(Number.isFinite) || given[0] > given[1]) {
    const source = range === undefined ? `x goes from ${String(given)}` : `range is ${show(range)}`;
    fail('VALUE', op, `${source} (need two finite numbers in ascending order)`, { range: given });
  }
  const [low, high] = given as [number, number];
  return low === high ? [low - widen, high + widen] : [low, high];
}

function evenEdges<D extends FloatDType>(low: number, high: number, bins: number, dtype: D): Tensor<D> {
  return cast(linspace(low, high, bins + 1, { dtype: 'float64' }), dtype);
}

function givenEdges(x: Tensor, bins: readonly number[] | Tensor): Tensor {
  const edges = isTensor(bins) ? cast(bins, x.dtype) : tensor(bins, { dtype: x.dtype });
  if (edges.rank !== 1 || edges.size < 2) {
    fail('SHAPE', 'histogram', `bins has shape ${show(edges.shape)} (need one axis of at least 2 edges)`);
  }
  if (!all(ge(diff(edges), 0)).item()) fail('VALUE', 'histogram', 'bins do not ascend (need edges in order)');
  return edges;
}

/**
 * How many elements lie in each of some bins, or the sum of their weights. A bin holds its lower edge but not its upper
 * one, except that the last holds both; what lies outside of all, and NaN, is left out.
 *
 * Shapes: any → `hist` [bins], `edges` [bins + 1]. Dtypes: float dtypes, for both results that of x. Gradients flow to the
 * weights.
 *
 * @param options.bins how many of equal width, or their edges; default 10
 * @param options.range lower and upper end; default the smallest and the largest element, or 0.5 around them if they are one
 * @param options.weights what each element counts; default 1
 * @param options.density divide by the total and the widths of the bins; default `false`
 * @throws MyelinError `VALUE` for bins that are no positive integer or do not ascend, or a range that is not finite;
 * `SHAPE` for weights of another shape; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { histogram, tensor } from 'myelin';
 * const { hist, edges } = histogram(tensor([1, 2, 2, 4]), { bins: 3 });
 * console.log(hist.toArray(), edges.toArray()); // [ 1, 2, 1 ] [ 1, 2, 3, 4 ]
 * ```
 */
export function histogram<D extends FloatDType>(x: Tensor<D>, options: HistogramOptions<D> = {}): Histogram<D> {
  const { bins = 10, range, weights, density = false } = options;
  checkReal('histogram', 'x', x);
  if (typeof bins === 'number') checkInteger('histogram', 'bins', bins, 1);
  else if (!isTensor(bins) && !Array.isArray(bins)) {
    fail('TYPE', 'histogram', `bins is ${show(bins)} (need a number, a list or a tensor)`, { bins });
  }
  const result = scope(() => {
    const edges =
      typeof bins === 'number' ? evenEdges(...rangeOf('histogram', x, range, 0.5), bins, x.dtype) : givenEdges(x, bins);
    const counts = tally(x, edges, weights);
    const hist = density ? div(div(counts, sum(counts)), diff(edges)) : counts;
    return { hist, edges };
  });
  return result as Histogram<D>;
}

function tally(x: Tensor, edges: Tensor, weights: Tensor | undefined): Tensor {
  if (weights === undefined) return cast(histogramCountsOp({ x, edges }), x.dtype);
  return histogramSumsOp({ x, edges, weights: cast(floatWeights('histogram', x, weights), x.dtype) });
}

/** Options of {@link histc}. */
export interface HistcOptions {
  /** How many bins; default 100. */
  readonly bins?: number;
  /** Lower end; default the smallest element, as when it equals `max`. */
  readonly min?: number;
  /** Upper end; default the largest element, as when it equals `min`. */
  readonly max?: number;
}

/**
 * How many elements lie in each of some bins of equal width: the `hist` of {@link histogram}.
 *
 * Shapes: any → [bins]. Dtypes: float dtypes. No gradient.
 *
 * @param options.bins how many; default 100
 * @param options.min lower end; default the smallest element
 * @param options.max upper end; default the largest element
 * @throws MyelinError `VALUE` for bins that are no positive integer or ends that are not finite and in order; `DTYPE` for
 * integers and bool
 * @example
 * ```ts
 * import { histc, tensor } from 'myelin';
 * console.log(histc(tensor([1, 2, 1]), { bins: 4, min: 0, max: 3 }).toArray()); // [ 0, 2, 1, 0 ]
 * ```
 */
export function histc<D extends FloatDType>(x: Tensor<D>, options: HistcOptions = {}): Tensor<D> {
  const { bins = 100, min: low = 0, max: high = 0 } = options;
  checkReal('histc', 'x', x);
  checkInteger('histc', 'bins', bins, 1);
  return scope(() => {
    const ends = rangeOf('histc', x, low === high ? undefined : [low, high], 1);
    return tally(x, evenEdges(...ends, bins, x.dtype), undefined);
  }) as Tensor<D>;
}
