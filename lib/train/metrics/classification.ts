import { cast } from '../../ops/cast.js';
import { checkInteger, checkObject } from '../../ops/checks.js';
import { eq, gt, lt } from '../../ops/compare.js';
import { gather } from '../../ops/indexing.js';
import { sum } from '../../ops/reduce.js';
import { unsqueeze } from '../../ops/reshape.js';
import { checkClasses, decide, meanMetric, type DecisionOptions, type Metric } from './metric.js';

/**
 * Fraction of samples that are given their target class.
 *
 * Shapes: output [..., C] of scores, of which the highest counts; or [...] of class numbers; or with `threshold` [...] of
 * scores of class 1. Target [...] of class numbers.
 *
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @throws MyelinError `SHAPE` for outputs and targets that do not belong together
 * @example
 * ```ts
 * import { accuracy, tensor } from 'myelin';
 * const metric = accuracy();
 * metric.update(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1], { dtype: 'int32' }));
 * console.log(metric.value()); // 0.5
 * ```
 */
export function accuracy(options: DecisionOptions = {}): Metric {
  checkObject('accuracy', 'options', options);
  return meanMetric('accuracy', (output, target) => eq(decide('accuracy', output, target, options), target));
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
