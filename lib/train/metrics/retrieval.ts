import { add, div, mul } from '../../ops/arithmetic.js';
import { cast } from '../../ops/cast.js';
import { checkInteger } from '../../ops/checks.js';
import { gt, where } from '../../ops/compare.js';
import { gather } from '../../ops/indexing.js';
import { log2 } from '../../ops/math.js';
import { arange } from '../../ops/ranges.js';
import { any, argmax, sum } from '../../ops/reduce.js';
import { narrow } from '../../ops/views.js';
import { argsort, sort } from '../../ops/sort.js';
import { describe, fail } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkSame, meanMetric, type Metric } from './metric.js';

/** Relevance of the items of each query, best score first. Of equal scores the first item comes first. */
function ranked(op: string, output: Tensor, target: Tensor): Tensor<'float64'> {
  checkSame(op, output, target);
  if (output.rank === 0) fail('SHAPE', op, `output is ${describe(output)} (need [..., items])`);
  return cast(gather(target, argsort(output, { descending: true }), { axis: -1 }), 'float64');
}

/** The first k of the last axis, or all if there are fewer. */
const firstOf = <T extends Tensor>(x: T, k: number): T => narrow(x, -1, 0, Math.min(k, x.shape.at(-1)!)) as T;

/**
 * Fraction of queries that have something relevant among their k best items.
 *
 * Shapes: output [..., items] of scores, target [..., items] of relevances, of which those above 0 are relevant.
 *
 * @throws MyelinError `VALUE` unless k is a positive integer; `SHAPE` when shapes differ
 * @example
 * ```ts
 * import { hitRate, tensor } from 'myelin';
 * const metric = hitRate(2);
 * metric.update(tensor([[3, 2, 1], [3, 2, 1]]), tensor([[0, 1, 0], [0, 0, 1]]));
 * console.log(metric.value()); // 0.5
 * ```
 */
export function hitRate(k: number): Metric {
  checkInteger('hitRate', 'k', k, 1);
  return meanMetric(`hitRate${k}`, (output, target) =>
    any(gt(firstOf(ranked('hitRate', output, target), k), 0), { axis: -1 }),
  );
}

/** Σ relevance / log₂(rank + 1) over the last axis. */
function discounted(relevances: Tensor<'float64'>): Tensor<'float64'> {
  const ranks = arange(2, relevances.shape.at(-1)! + 2, { dtype: 'float64' });
  return sum(div(relevances, log2(ranks)), { axis: -1 });
}

/**
 * Normalised discounted cumulative gain: Σ relevanceᵢ / log₂(i + 1) over the k best items, i from 1, divided by the same for
 * the best possible order. A query without anything relevant counts 0.
 *
 * Shapes: output [..., items] of scores, target [..., items] of relevances of at least 0.
 *
 * @param k how many of the best items count; default all
 * @throws MyelinError `VALUE` unless k is a positive integer; `SHAPE` when shapes differ
 *
 * Source: Järvelin & Kekäläinen 2002, «Cumulated gain-based evaluation of IR techniques», section 2.2, with base 2 and
 * ranks that are discounted from the second one on.
 * @example
 * ```ts
 * import { ndcg, tensor } from 'myelin';
 * const metric = ndcg();
 * metric.update(tensor([[3, 2, 1]]), tensor([[0, 1, 0]]));
 * console.log(metric.value().toFixed(4)); // 0.6309
 * ```
 */
export function ndcg(k?: number): Metric {
  if (k !== undefined) checkInteger('ndcg', 'k', k, 1);
  return meanMetric(k === undefined ? 'ndcg' : `ndcg${k}`, (output, target) => {
    const relevances = ranked('ndcg', output, target);
    const gain = discounted(firstOf(relevances, k ?? Infinity));
    const best = discounted(firstOf(sort(relevances, { descending: true }).values, k ?? Infinity));
    const some = gt(best, 0);
    return where(some, div(gain, where(some, best, 1)), 0);
  });
}

/**
 * Mean reciprocal rank: 1 / rank of the first relevant item, 0 where nothing is relevant, averaged over the queries.
 *
 * Shapes: output [..., items] of scores, target [..., items] of relevances, of which those above 0 are relevant.
 *
 * @throws MyelinError `SHAPE` when shapes differ
 * @example
 * ```ts
 * import { meanReciprocalRank, tensor } from 'myelin';
 * const metric = meanReciprocalRank();
 * metric.update(tensor([[3, 2, 1], [3, 2, 1]]), tensor([[0, 1, 0], [1, 0, 1]]));
 * console.log(metric.value()); // 0.75
 * ```
 */
export function meanReciprocalRank(): Metric {
  return meanMetric('meanReciprocalRank', (output, target) => {
    const relevant = gt(ranked('meanReciprocalRank', output, target), 0);
    const rank = add(cast(argmax(cast(relevant, 'uint8'), { axis: -1 }), 'float64'), 1);
    return mul(div(1, rank), cast(any(relevant, { axis: -1 }), 'float64'));
  });
}
