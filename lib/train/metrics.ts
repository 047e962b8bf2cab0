import { abs, square, sub } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkInteger } from '../ops/checks.js';
import { eq, gt, lt } from '../ops/compare.js';
import { gather } from '../ops/indexing.js';
import { argmax, sum } from '../ops/reduce.js';
import { unsqueeze } from '../ops/reshape.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** A number that is gathered batch by batch: `reset`, `update` for each batch, `value`. */
export interface Metric {
  /** Its name in logs and history. */
  readonly name: string;
  /** Forgets all batches; done before every pass over the data. */
  reset(): void;
  /** Takes in one batch: what the model gave, and the targets. Keeps no tensor. */
  update(output: Tensor, target: Tensor): void;
  /** The metric over all batches since `reset`; NaN when there were none. */
  value(): number;
}

/** A metric that is a mean: each batch adds a sum and a count. */
function meanMetric(name: string, measure: (output: Tensor, target: Tensor) => Tensor): Metric {
  let total = 0;
  let count = 0;
  return {
    name,
    reset: () => {
      total = 0;
      count = 0;
    },
    update: (output, target) => {
      const values = measure(output, target);
      total += sum(values).item();
      count += values.size;
    },
    value: () => total / count,
  };
}

function checkClasses(op: string, output: Tensor, target: Tensor): void {
  if (output.rank === 0 || !sameShape(output.shape.slice(0, -1), target.shape)) {
    fail('SHAPE', op, `output is ${describe(output)}, target is ${describe(target)} (need [..., classes] and [...])`);
  }
}

/**
 * Fraction of samples whose highest output is at the target class.
 *
 * Shapes: output [..., C], target [...] of class numbers.
 *
 * @example
 * ```ts
 * import { accuracy, tensor } from 'myelin';
 * const metric = accuracy();
 * metric.update(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1], { dtype: 'int32' }));
 * console.log(metric.value()); // 0.5
 * ```
 */
export function accuracy(): Metric {
  return meanMetric('accuracy', (output, target) => {
    checkClasses('accuracy', output, target);
    return eq(argmax(output, { axis: -1 }), target);
  });
}

/**
 * Fraction of samples whose target class is among the k highest outputs.
 *
 * Shapes: output [..., C], target [...] of class numbers.
 *
 * @throws MyelinError `VALUE` unless k is a positive integer
 * @example
 * ```ts
 * import { tensor, topK } from 'myelin';
 * const metric = topK(2);
 * metric.update(tensor([[1, 2, 3], [3, 2, 1]]), tensor([1, 2], { dtype: 'int32' }));
 * console.log(metric.value()); // 0.5
 * ```
 */
export function topK(k: number): Metric {
  checkInteger('topK', 'k', k, 1);
  return meanMetric(`top${k}`, (output, target) => {
    checkClasses('topK', output, target);
    const chosen = gather(output, unsqueeze(cast(target, 'int64'), -1), { axis: -1 });
    return lt(sum(gt(output, chosen), { axis: -1 }), k);
  });
}

function checkSame(op: string, output: Tensor, target: Tensor): void {
  if (!sameShape(output.shape, target.shape)) {
    fail('SHAPE', op, `output is ${describe(output)}, target is ${describe(target)} (need the same shape)`);
  }
}

/**
 * Mean of (output − target)² over all elements. Shapes: the same for both.
 *
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

/** Counts of (target class, predicted class). As a metric it is the mean recall of the classes that occur. */
export class ConfusionMatrix implements Metric {
  readonly name = 'balancedAccuracy';
  private readonly counts: Float64Array;

  constructor(readonly classes: number) {
    checkInteger('confusionMatrix', 'classes', classes, 1);
    this.counts = new Float64Array(classes * classes);
  }

  reset(): void {
    this.counts.fill(0);
  }

  update(output: Tensor, target: Tensor): void {
    checkClasses('confusionMatrix', output, target);
    if (output.shape.at(-1) !== this.classes) {
      fail('SHAPE', 'confusionMatrix', `output is ${describe(output)} (need ${this.classes} classes on the last axis)`);
    }
    const predicted = argmax(output, { axis: -1 }).data();
    target.data().forEach((value, i) => this.count(Number(value), Number(predicted[i])));
  }

  private count(actual: number, predicted: number): void {
    if (!Number.isInteger(actual) || actual < 0 || actual >= this.classes) {
      fail('INDEX', 'confusionMatrix', `there is no class ${actual} (need 0 <= class < ${this.classes})`);
    }
    this.counts[actual * this.classes + predicted]! += 1;
  }

  value(): number {
    const recalls = this.rows().flatMap((row, i) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      return total === 0 ? [] : [row[i]! / total];
    });
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  }

  /** One row per target class: how often each class was predicted for it. */
  rows(): number[][] {
    const { classes } = this;
    return Array.from({ length: classes }, (_, i) => [...this.counts.subarray(i * classes, (i + 1) * classes)]);
  }
}

/**
 * Counts how often each class was taken for each other.
 *
 * Shapes: output [..., C], target [...] of class numbers.
 *
 * @throws MyelinError `VALUE` unless classes is a positive integer; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { confusionMatrix, tensor } from 'myelin';
 * const confusion = confusionMatrix(2);
 * confusion.update(tensor([[1, 0], [1, 0]]), tensor([0, 1], { dtype: 'int32' }));
 * console.log(confusion.rows()); // [ [ 1, 0 ], [ 1, 0 ] ]
 * ```
 */
export function confusionMatrix(classes: number): ConfusionMatrix {
  return new ConfusionMatrix(classes);
}
