import { abs, square, sub } from '../../ops/arithmetic.js';
import { cast } from '../../ops/cast.js';
import { mean, sum } from '../../ops/reduce.js';
import { reshape } from '../../ops/reshape.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkSame, meanMetric, type Metric } from './metric.js';

/**
 * Mean of (output − target)² over all elements. Shapes: the same for both.
 *
 * @throws MyelinError `SHAPE` when shapes differ
 * @example
 * ```ts
 * import { meanSquaredError, tensor } from 'myelin';
 * const metric = meanSquaredError();
 * metric.update(tensor([1, 2]), tensor([1, 4]));
 * console.log(metric.value()); // 2
 * ```
 */
export function meanSquaredError(): Metric {
  return meanMetric('meanSquaredError', (output, target) => {
    checkSame('meanSquaredError', output, target);
    return square(sub(output, target));
  });
}

/**
 * Mean of |output − target| over all elements. Shapes: the same for both.
 *
 * @throws MyelinError `SHAPE` when shapes differ
 * @example
 * ```ts
 * import { meanAbsoluteError, tensor } from 'myelin';
 * const metric = meanAbsoluteError();
 * metric.update(tensor([1, 2]), tensor([1, 4]));
 * console.log(metric.value()); // 1
 * ```
 */
export function meanAbsoluteError(): Metric {
  return meanMetric('meanAbsoluteError', (output, target) => {
    checkSame('meanAbsoluteError', output, target);
    return abs(sub(output, target));
  });
}

/** What is known of one column of targets, and of how far outputs were from it. */
interface Spread {
  mean: number;
  /** Σ (target − mean)². */
  about: number;
  /** Σ (target − output)². */
  missed: number;
}

/** Numbers of each column of a batch [N, K]: mean, squares about it, squares of the errors. */
function spreadsOf(output: Tensor, target: Tensor): Spread[] {
  const rows = target.shape[0] ?? 1;
  const columns = (x: Tensor) => cast(reshape(x, [rows, x.size / rows]), 'float64');
  const [given, wanted] = [columns(output), columns(target)];
  const means = mean(wanted, { axis: 0, keepDims: true });
  const about = sum(square(sub(wanted, means)), { axis: 0 }).data();
  const missed = sum(square(sub(wanted, given)), { axis: 0 }).data();
  return Array.from(means.data(), (value, i) => ({ mean: value, about: about[i]!, missed: missed[i]! }));
}

/**
 * R², the share of the targets' variance that the outputs explain: 1 − Σ (target − output)² / Σ (target − mean)².
 *
 * 1 for perfect outputs, 0 for the mean, less for worse. Of several columns it is the mean. A column of equal targets counts
 * 1 when it is met exactly and 0 otherwise, as in scikit-learn. Variances are merged batch by batch without loss of digits.
 *
 * Shapes: [N] or [N, …] for both.
 *
 * @throws MyelinError `SHAPE` when shapes differ, or the columns from one batch to the next
 *
 * Source: Chan, Golub & LeVeque 1983, «Algorithms for Computing the Sample Variance», equation 2.1 (merging).
 * @example
 * ```ts
 * import { r2Score, tensor } from 'myelin';
 * const metric = r2Score();
 * metric.update(tensor([1, 2, 4]), tensor([1, 2, 3]));
 * console.log(metric.value()); // 0.5
 * ```
 */
export function r2Score(): Metric {
  let columns: Spread[] = [];
  let rows = 0;
  const merge = (batch: Spread, column: Spread | undefined, count: number): Spread => {
    if (column === undefined) return batch;
    const difference = batch.mean - column.mean;
    return {
      mean: column.mean + (difference * count) / (rows + count),
      about: column.about + batch.about + (difference * difference * rows * count) / (rows + count),
      missed: column.missed + batch.missed,
    };
  };
  return {
    name: 'r2Score',
    reset: () => {
      columns = [];
      rows = 0;
    },
    update: (output, target) =>
      scope(() => {
        checkSame('r2Score', output, target);
        if (target.size === 0) return;
        const batch = spreadsOf(output, target);
        const count = target.shape[0] ?? 1;
        columns = batch.map((spread, i) => merge(spread, columns[i], count));
        rows += count;
      }),
    value: () => {
      const scores = columns.map(({ about, missed }) => (about > 0 ? 1 - missed / about : Number(missed === 0)));
      return scores.reduce((total, score) => total + score, 0) / scores.length;
    },
  };
}
