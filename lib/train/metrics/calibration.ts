import { mul } from '../../ops/arithmetic.js';
import { cast } from '../../ops/cast.js';
import { checkInteger, checkObject, checkOption } from '../../ops/checks.js';
import { clamp } from '../../ops/clamp.js';
import { eq } from '../../ops/compare.js';
import { bincount } from '../../ops/histogram.js';
import { argmax, max } from '../../ops/reduce.js';
import { reshape } from '../../ops/reshape.js';
import { floor } from '../../ops/rounding.js';
import { softmax } from '../../ops/softmax.js';
import { scope } from '../../tensor/scope.js';
import type { FloatDType } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkClasses, type Metric } from './metric.js';

/** Options of {@link calibrationError}. */
export interface CalibrationOptions {
  /** Intervals of equal width that confidences are sorted into. Default 15. */
  readonly bins?: number;
  /** What outputs are: scores before the softmax, or probabilities. Default `'logits'`. */
  readonly from?: 'logits' | 'probabilities';
}

/**
 * Expected calibration error: how far confidences are from how often they are right, Σ share(bin) · |accuracy(bin) −
 * confidence(bin)|, where the confidence is the probability of the class that is chosen.
 *
 * Shapes: output [..., C], target [...] of class numbers.
 *
 * @param options.bins intervals of equal width; default 15
 * @param options.from `'logits'` or `'probabilities'`; default `'logits'`
 * @throws MyelinError `VALUE` for wrong options; `SHAPE` for outputs and targets that do not belong together
 *
 * Source: Guo, Pleiss, Sun & Weinberger 2017, «On Calibration of Modern Neural Networks», equation 3.
 * @example
 * ```ts
 * import { calibrationError, tensor } from 'myelin';
 * const metric = calibrationError({ from: 'probabilities' });
 * metric.update(tensor([[0.75, 0.25], [0.25, 0.75]]), tensor([0, 0], { dtype: 'int32' }));
 * console.log(metric.value()); // 0.25
 * ```
 */
export function calibrationError(options: CalibrationOptions = {}): Metric {
  checkObject('calibrationError', 'options', options);
  const { bins = 15, from = 'logits' } = options;
  checkInteger('calibrationError', 'bins', bins, 1);
  checkOption('calibrationError', 'from', from, ['logits', 'probabilities']);
  const [counts, confidences, rights] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  const add = (to: Float64Array, bin: Tensor, weights?: Tensor): void => {
    const sums = bincount(bin, weights === undefined ? { minLength: bins } : { minLength: bins, weights });
    sums.data().forEach((value, i) => (to[i]! += Number(value)));
  };
  return {
    name: 'calibrationError',
    reset: () => {
      for (const sums of [counts, confidences, rights]) sums.fill(0);
    },
    update: (output, target) =>
      scope(() => {
        checkClasses('calibrationError', output, target);
        if (target.size === 0) return;
        const exact = cast(output, 'float64');
        const probabilities: Tensor<FloatDType> = from === 'logits' ? softmax(exact) : exact;
        const confidence = reshape(max(probabilities, { axis: -1 }), [target.size]);
        const right = reshape(eq(argmax(output, { axis: -1 }), target), [target.size]);
        const bin = cast(clamp(floor(mul(confidence, bins)), { min: 0, max: bins - 1 }), 'int64');
        add(counts, bin);
        add(confidences, bin, confidence);
        add(rights, bin, cast(right, 'float64'));
      }),
    value: () => {
      const samples = counts.reduce((total, count) => total + count, 0);
      return rights.reduce((error, right, i) => error + Math.abs(right - confidences[i]!), 0) / samples;
    },
  };
}
