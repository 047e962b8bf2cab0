import { argmax, sum } from '../../ops/reduce.js';
import { cast } from '../../ops/cast.js';
import { checkTensor } from '../../ops/checks.js';
import { gt } from '../../ops/compare.js';
import { isFloat } from '../../tensor/dtype.js';
import { describe, fail } from '../../tensor/errors.js';
import { scope } from '../../tensor/scope.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';

/**
 * A number that is gathered batch by batch: `reset`, `update` for each batch, `value`.
 *
 * @typeParam Output what a model gives; a tensor unless said
 * @typeParam Target what it should have given; a tensor unless said
 */
export interface Metric<Output = Tensor, Target = Tensor> {
  /** Its name in logs and history. */
  readonly name: string;
  /** Forgets all batches; done before every pass over the data. */
  reset(): void;
  /** Takes in one batch: what the model gave, and the targets. Keeps no tensor. */
  update(output: Output, target: Target): void;
  /** The metric over all batches since `reset`; NaN when there were none. */
  value(): number;
}

/** A metric that is a mean: each batch adds a sum and a count. `finish` makes the value of the mean. */
export function meanMetric(
  name: string,
  measure: (output: Tensor, target: Tensor) => Tensor,
  finish: (mean: number) => number = (mean) => mean,
): Metric {
  let total = 0;
  let count = 0;
  return {
    name,
    reset: () => {
      total = 0;
      count = 0;
    },
    update: (output, target) =>
      scope(() => {
        const values = measure(output, target);
        total += sum(values, { dtype: 'float64' }).item();
        count += values.size;
      }),
    value: () => finish(total / count),
  };
}

/** Refuses what is not scores [..., C] for targets [...]. */
export function checkClasses(op: string, output: Tensor, target: Tensor): void {
  checkTensor(op, 'output', output);
  checkTensor(op, 'target', target);
  if (output.rank === 0 || !sameShape(output.shape.slice(0, -1), target.shape)) {
    fail('SHAPE', op, `output is ${describe(output)}, target is ${describe(target)} (need [..., classes] and [...])`);
  }
}

/** Refuses outputs and targets of different shapes. */
export function checkSame(op: string, output: Tensor, target: Tensor): void {
  checkTensor(op, 'output', output);
  checkTensor(op, 'target', target);
  if (!sameShape(output.shape, target.shape)) {
    fail('SHAPE', op, `output is ${describe(output)}, target is ${describe(target)} (need the same shape)`);
  }
}

/** How outputs name classes. */
export interface DecisionOptions {
  /** For outputs of two classes, one number each: those above it are class 1. A logit is above 0, a probability above 0.5. */
  readonly threshold?: number;
}

/** The classes that outputs stand for: the highest score, what is above a threshold, or class numbers as they are. */
export function decide(op: string, output: Tensor, target: Tensor, { threshold }: DecisionOptions = {}): Tensor {
  if (threshold !== undefined) {
    checkSame(op, output, target);
    return cast(gt(output, threshold), 'int64');
  }
  checkTensor(op, 'output', output);
  checkTensor(op, 'target', target);
  if (!isFloat(output.dtype) && sameShape(output.shape, target.shape)) return cast(output, 'int64');
  checkClasses(op, output, target);
  return argmax(output, { axis: -1 });
}
