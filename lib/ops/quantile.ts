import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, maximum, mul, sub } from './arithmetic.js';
import { checkChoice } from './axis.js';
import { cast } from './cast.js';
import { checkFraction, checkOption, checkReal } from './checks.js';
import { where } from './compare.js';
import { tensor } from './creation.js';
import { gather } from './indexing.js';
import { isnan, logicalNot } from './logic.js';
import { permute } from './permute.js';
import { sum } from './reduce.js';
import { expand, reshape } from './reshape.js';
import { ceil, floor, round } from './rounding.js';
import { sliceAxis } from './slice.js';
import { sort } from './sort.js';

/** What a quantile is when it falls between two elements. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';

/** Options of {@link quantile} and {@link nanquantile}. */
export interface QuantileOptions {
  /** Axis; by default the tensor counts as one row. */
  readonly axis?: number;
  /** Whether the axis stays, with extent 1; default `false`. */
  readonly keepDims?: boolean;
  /** What lies between two elements; default `'linear'`. */
  readonly interpolation?: Interpolation;
}

const interpolations: readonly Interpolation[] = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];

/** Elements on both sides of ranks along the last axis, and how far each rank is on the way between them. */
function between(row: Tensor, ranks: Tensor, interpolation: Interpolation): Tensor {
  const take = (places: Tensor) => gather(row, cast(places, 'int64'));
  if (interpolation === 'lower') return take(floor(ranks));
  if (interpolation === 'higher') return take(ceil(ranks));
  if (interpolation === 'nearest') return take(round(ranks));
  const below = floor(ranks);
  const [low, high] = [take(below), take(ceil(ranks))];
  const share = interpolation === 'midpoint' ? 0.5 : cast(sub(ranks, below), row.dtype);
  // Where both are the same element, an infinity among them, their difference must not become NaN.
  const gap = sub(high, low);
  return add(low, mul(where(isnan(gap), 0, gap), share));
}

function checkQuantiles(op: string, q: number | readonly number[]): readonly number[] {
  const list: unknown = typeof q === 'number' ? [q] : q;
  if (!Array.isArray(list)) fail('TYPE', op, `q is ${show(q)} (need a number or a list of numbers)`, { q });
  for (const value of list) checkFraction(op, 'q', value);
  return list as readonly number[];
}

/** Ranks of quantiles among the numbers of each row; where there are none, rank 0, which holds NaN. */
function ranksOf(rows: Tensor, q: readonly number[], skipNaN: boolean): Tensor {
  const shares = tensor(q, { dtype: 'float64' });
  const target = [...rows.shape.slice(0, -1), q.length];
  if (!skipNaN) return expand(mul(shares, rows.shape.at(-1)! - 1), target);
  const numbers = sum(logicalNot(isnan(rows)), { axis: -1, keepDims: true });
  return maximum(mul(shares, sub(cast(numbers, 'float64'), 1)), 0);
}

/** Quantiles of rows along the last axis, which becomes that of the quantiles. */
function quantilesOf(rows: Tensor, q: readonly number[], interpolation: Interpolation, skipNaN: boolean): Tensor {
  const { values } = sort(rows);
  const found = between(values, ranksOf(rows, q, skipNaN), interpolation);
  if (skipNaN) return found;
  const largest = sliceAxis(values, rows.rank - 1, [-1, null]);
  return where(isnan(largest), largest, found);
}

function quantiles(
  op: string,
  x: Tensor,
  q: number | readonly number[],
  { axis, keepDims = false, interpolation = 'linear' }: QuantileOptions,
): Tensor {
  checkReal(op, 'x', x);
  checkOption(op, 'interpolation', interpolation, interpolations);
  const list = checkQuantiles(op, q);
  const at = axis === undefined ? undefined : normalizeAxis(op, axis, x.rank);
  if (at !== undefined) checkChoice(op, x, at);
  else if (x.size === 0) fail('SHAPE', op, `x is ${describe(x)}: nothing to choose from`, { shape: x.shape });
  const others = [...x.shape.keys()].filter((other) => other !== at);
  const kept = x.shape.map((extent, other) => (at === undefined || other === at ? 1 : extent));
  const dropped = at === undefined ? [] : others.map((other) => x.shape[other]!);
  return scope(() => {
    const rows = at === undefined ? reshape(x, [x.size]) : permute(x, [...others, at]);
    const found = quantilesOf(rows, list, interpolation, op === 'nanquantile');
    const first = permute(found, [found.rank - 1, ...Array.from({ length: found.rank - 1 }, (_, i) => i)]);
    return reshape(first, [...(typeof q === 'number' ? [] : [list.length]), ...(keepDims ? kept : dropped)]);
  });
}

/**
 * Quantiles of rows: the elements at rank q · (n − 1) of a row in order, or what `interpolation` makes of the two around it.
 * NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`), preceded by an axis of quantiles when q is a list. Dtypes:
 * float dtypes. Gradients go to the elements that were taken.
 *
 * @param q which, from 0 (smallest) to 1 (largest): a number or a list
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @param options.interpolation `linear`, `lower`, `higher`, `midpoint` or `nearest`; default `linear`
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for a q outside [0, 1]; `SHAPE` when there is nothing
 * to choose from; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { quantile, tensor } from 'myelin';
 * const x = tensor([1, 2, 3, 4]);
 * console.log(quantile(x, 0.5).item(), quantile(x, [0, 1]).toArray()); // 2.5 [ 1, 4 ]
 * ```
 */
export function quantile<D extends FloatDType>(
  x: Tensor<D>,
  q: number | readonly number[],
  options: QuantileOptions = {},
): Tensor<D> {
  return quantiles('quantile', x, q, options) as Tensor<D>;
}

/**
 * Quantiles of the numbers of rows: {@link quantile} without NaNs; NaN if there is nothing else.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`), preceded by an axis of quantiles when q is a list. Dtypes:
 * float dtypes. Gradients go to the elements that were taken.
 *
 * @param q which, from 0 (smallest) to 1 (largest): a number or a list
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @param options.interpolation `linear`, `lower`, `higher`, `midpoint` or `nearest`; default `linear`
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for a q outside [0, 1]; `SHAPE` when there is nothing
 * to choose from; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { nanquantile, tensor } from 'myelin';
 * console.log(nanquantile(tensor([1, NaN, 3]), 0.5).item()); // 2
 * ```
 */
export function nanquantile<D extends FloatDType>(
  x: Tensor<D>,
  q: number | readonly number[],
  options: QuantileOptions = {},
): Tensor<D> {
  return quantiles('nanquantile', x, q, options) as Tensor<D>;
}
