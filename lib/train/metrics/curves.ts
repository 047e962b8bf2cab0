import { add, div, mul, sub } from '../../ops/arithmetic.js';
import { checkTensor } from '../../ops/checks.js';
import { cast } from '../../ops/cast.js';
import { eq } from '../../ops/compare.js';
import { tensor } from '../../ops/creation.js';
import { bincount } from '../../ops/histogram.js';
import { any, sum } from '../../ops/reduce.js';
import { isnan } from '../../ops/logic.js';
import { permute } from '../../ops/permute.js';
import { reshape } from '../../ops/reshape.js';
import { cumsum } from '../../ops/scan.js';
import { flip } from '../../ops/slice.js';
import { unique } from '../../ops/unique.js';
import { describe, fail } from '../../tensor/errors.js';
import { scope } from '../../tensor/scope.js';
import { sameShape } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkClasses, checkSame, type Metric } from './metric.js';

/** Scores and targets of one class against the rest, as they came. */
class Scores {
  private readonly scores: Float64Array[] = [];
  private readonly targets: Float64Array[] = [];

  add(scores: Tensor, positive: Tensor): void {
    this.scores.push(cast(scores, 'float64').data());
    this.targets.push(cast(positive, 'float64').data());
  }

  /** How many positives and negatives have each score, highest score first. */
  steps(): { readonly positives: Tensor; readonly negatives: Tensor } {
    const scores = tensor(joined(this.scores));
    const { inverse, counts } = unique(scores, { returnInverse: true, returnCounts: true });
    const positives = bincount(inverse!, { weights: tensor(joined(this.targets)), minLength: counts!.size });
    return { positives: flip(positives, 0), negatives: flip(sub(cast(counts!, 'float64'), positives), 0) };
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

type Area = (steps: { readonly positives: Tensor; readonly negatives: Tensor }) => number;

/** A metric of all scores together: of one class against the other, or the mean over the classes, each against the rest. */
function areaMetric(name: string, area: Area): Metric {
  let classes: Scores[] = [];
  const scoresOf = (i: number): Scores => (classes[i] ??= new Scores());
  const update = (output: Tensor, target: Tensor): void => {
    if (any(isnan(output)).item()) fail('VALUE', name, 'a score is NaN (need numbers that can be put in order)');
    if (sameShape(output.shape, target.shape)) {
      scoresOf(0).add(reshape(output, [output.size]), eq(reshape(target, [target.size]), 1));
      return;
    }
    checkClasses(name, output, target);
    const count = output.shape.at(-1)!;
    if (classes.length > 0 && classes.length !== count) {
      fail('SHAPE', name, `output is ${describe(output)} (need ${classes.length} classes, as before)`);
    }
    const columns = permute(reshape(output, [target.size, count]), [1, 0]);
    const wanted = reshape(target, [target.size]);
    for (let i = 0; i < count; i++) scoresOf(i).add(columns.select(0, i), eq(wanted, i));
  };
  return {
    name,
    reset: () => {
      classes = [];
    },
    update: (output, target) => {
      checkTensor(name, 'output', output);
      checkTensor(name, 'target', target);
      if (output.rank === target.rank) checkSame(name, output, target);
      else checkClasses(name, output, target);
      if (target.size > 0) scope(() => update(output, target));
    },
    value: () => {
      const areas = classes.map((scores) => scope(() => area(scores.steps()))).filter((value) => !Number.isNaN(value));
      return areas.reduce((total, value) => total + value, 0) / areas.length;
    },
  };
}

/**
 * Area under the receiver operating characteristic: how likely a positive sample scores higher than a negative one, where
 * equal scores count half.
 *
 * Scores are kept until `reset`, as numbers: the value is exact and does not depend on batches. Of several classes it is the
 * mean of each against the rest, without those that never or always occur.
 *
 * Shapes: output [...] of scores and target [...] of 0 and 1; or output [..., C] and target [...] of class numbers, where
 * scores must be comparable from sample to sample: probabilities.
 *
 * @throws MyelinError `SHAPE` for outputs and targets that do not belong together; `VALUE` for a score of NaN
 *
 * Source: Fawcett 2006, «An introduction to ROC analysis», sections 7 and 8.
 * @example
 * ```ts
 * import { rocAuc, tensor } from 'myelin';
 * const metric = rocAuc();
 * metric.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * console.log(metric.value()); // 0.75
 * ```
 */
export function rocAuc(): Metric {
  return areaMetric('rocAuc', ({ positives, negatives }) => {
    const above = sub(cumsum(positives), positives);
    const won = sum(mul(negatives, add(above, mul(positives, 0.5)))).item();
    return won / (sum(positives).item() * sum(negatives).item());
  });
}

/**
 * Average precision, the area under the curve of precision over recall: Σ (recallₖ − recallₖ₋₁) · precisionₖ over all
 * thresholds, without interpolation.
 *
 * Scores are kept until `reset`, as numbers: the value is exact and does not depend on batches. Of several classes it is the
 * mean of each against the rest, without those that never occur.
 *
 * Shapes: as {@link rocAuc}.
 *
 * @throws MyelinError `SHAPE` for outputs and targets that do not belong together; `VALUE` for a score of NaN
 *
 * Source: Manning, Raghavan & Schütze 2008, «Introduction to Information Retrieval», section 8.4.
 * @example
 * ```ts
 * import { averagePrecision, tensor } from 'myelin';
 * const metric = averagePrecision();
 * metric.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]));
 * console.log(metric.value().toFixed(4)); // 0.8333
 * ```
 */
export function averagePrecision(): Metric {
  return areaMetric('averagePrecision', ({ positives, negatives }) => {
    const found = cumsum(positives);
    const precision = div(found, add(found, cumsum(negatives)));
    return sum(mul(positives, precision)).item() / sum(positives).item();
  });
}
