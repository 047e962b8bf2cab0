import { add, mul } from '../../ops/arithmetic.js';
import { cast } from '../../ops/cast.js';
import { checkInteger, checkObject, checkOption, checkPositive } from '../../ops/checks.js';
import { ne } from '../../ops/compare.js';
import { bincount } from '../../ops/histogram.js';
import { maskedSelect } from '../../ops/masking.js';
import { max, min } from '../../ops/reduce.js';
import { reshape } from '../../ops/reshape.js';
import { describe, fail } from '../../tensor/errors.js';
import { scope } from '../../tensor/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { decide, type DecisionOptions, type Metric } from './metric.js';

/** Options of metrics that count classes. */
export interface CountOptions extends DecisionOptions {
  /** Target of elements that do not count, such as the border in a segmentation. Default: none. */
  readonly ignoreIndex?: number;
}

/** Counts of (target class, predicted class). As a metric it is the mean recall of the classes that occur. */
export class ConfusionMatrix implements Metric {
  readonly name: string = 'balancedAccuracy';
  private readonly counts: Float64Array;

  constructor(
    readonly classes: number,
    private readonly options: CountOptions = {},
    private readonly op = 'confusionMatrix',
  ) {
    checkInteger(op, 'classes', classes, 1);
    checkObject(op, 'options', options);
    if (options.ignoreIndex !== undefined) checkInteger(op, 'ignoreIndex', options.ignoreIndex);
    this.counts = new Float64Array(classes * classes);
  }

  reset(): void {
    this.counts.fill(0);
  }

  update(output: Tensor, target: Tensor): void {
    scope(() => {
      const decided = decide(this.op, output, target, this.options);
      if (output.rank > target.rank && output.shape.at(-1) !== this.classes) {
        fail('SHAPE', this.op, `output is ${describe(output)} (need ${this.classes} classes on the last axis)`);
      }
      const [actual, predicted] = this.counted(cast(target, 'int64'), decided);
      if (actual.size === 0) return;
      this.checkRange(actual);
      this.checkRange(predicted);
      const cells = add(mul(actual, this.classes), predicted);
      bincount(cells, { minLength: this.counts.length })
        .data()
        .forEach((count, cell) => (this.counts[cell]! += Number(count)));
    });
  }

  /** Targets and predictions in one row each, without those that do not count. */
  private counted(target: Tensor, predicted: Tensor): readonly [Tensor, Tensor] {
    const rows = [reshape(target, [target.size]), reshape(predicted, [predicted.size])] as const;
    const { ignoreIndex } = this.options;
    if (ignoreIndex === undefined) return rows;
    const counts = ne(rows[0], ignoreIndex);
    return [maskedSelect(rows[0], counts), maskedSelect(rows[1], counts)];
  }

  private checkRange(classes: Tensor): void {
    for (const value of [min(classes), max(classes)].map((extreme) => Number(extreme.item()))) {
      if (value >= 0 && value < this.classes) continue;
      fail('INDEX', this.op, `there is no class ${value} (need 0 <= class < ${this.classes})`);
    }
  }

  value(): number {
    const recalls = this.perClass().flatMap(({ hits, actual }) => (actual === 0 ? [] : [hits / actual]));
    return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
  }

  /** One row per target class: how often each class was predicted for it. */
  rows(): number[][] {
    const { classes } = this;
    return Array.from({ length: classes }, (_, i) => [...this.counts.subarray(i * classes, (i + 1) * classes)]);
  }

  /** How often each class was predicted rightly, was predicted, and was the target. */
  protected perClass(): ClassCounts[] {
    const rows = this.rows();
    return rows.map((row, i) => ({
      hits: row[i]!,
      predicted: rows.reduce((total, other) => total + other[i]!, 0),
      actual: row.reduce((total, count) => total + count, 0),
    }));
  }
}

/** What was counted of one class, or of all together. */
interface ClassCounts {
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}

/**
 * Counts how often each class was taken for each other.
 *
 * Shapes: output [..., C] of scores, or [...] of class numbers, or with `threshold` [...] of scores of class 1; target [...]
 * of class numbers.
 *
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` unless classes is a positive integer; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { confusionMatrix, tensor } from 'myelin';
 * const confusion = confusionMatrix(2);
 * confusion.update(tensor([[1, 0], [1, 0]]), tensor([0, 1], { dtype: 'int32' }));
 * console.log(confusion.rows()); // [ [ 1, 0 ], [ 1, 0 ] ]
 * ```
 */
export function confusionMatrix(classes: number, options: CountOptions = {}): ConfusionMatrix {
  return new ConfusionMatrix(classes, options);
}

/**
 * How scores of classes become one: `'macro'` is their mean, `'weighted'` the mean weighted by how often each class is the
 * target, `'micro'` the score of the counts of all classes together.
 */
export type Average = 'macro' | 'micro' | 'weighted';

/** Options of metrics that score every class. */
export interface ClassScoreOptions extends CountOptions {
  /** Default `'macro'`. */
  readonly average?: Average;
}

/** A metric that scores every class by its counts. */
export class ClassScore extends ConfusionMatrix {
  /** @internal Made by functions such as {@link precision}. */
  constructor(
    override readonly name: string,
    classes: number,
    private readonly average: Average,
    options: CountOptions,
    private readonly score: (counts: ClassCounts) => number,
    private readonly absent: number,
  ) {
    super(classes, options, name);
    checkOption(name, 'average', average, ['macro', 'micro', 'weighted']);
  }

  /** The score of every class. */
  scores(): number[] {
    return this.perClass().map((counts) => this.scoreOf(counts));
  }

  override value(): number {
    const classes = this.perClass();
    const all = classes.reduce(
      (sum, { hits, predicted, actual }) => ({
        hits: sum.hits + hits,
        predicted: sum.predicted + predicted,
        actual: sum.actual + actual,
      }),
      { hits: 0, predicted: 0, actual: 0 },
    );
    if (all.actual === 0) return NaN;
    if (this.average === 'micro') return this.score(all);
    // Classes that are neither target nor prediction have no score to average.
    const seen = classes.filter(({ predicted, actual }) => predicted + actual > 0);
    const weights = seen.map(({ actual }) => (this.average === 'macro' ? 1 : actual));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return seen.reduce((sum, counts, i) => sum + this.scoreOf(counts) * weights[i]!, 0) / total;
  }

  private scoreOf(counts: ClassCounts): number {
    const score = this.score(counts);
    return Number.isNaN(score) ? this.absent : score;
  }
}

function classScore(
  name: string,
  classes: number,
  options: ClassScoreOptions,
  score: (counts: ClassCounts) => number,
  absent = 0,
): ClassScore {
  checkObject(name, 'options', options);
  return new ClassScore(name, classes, options.average ?? 'macro', options, score, absent);
}

/**
 * Precision: of the samples that were given a class, the fraction that has it. `scores()` has it for every class; a class
 * that was never given has 0.
 *
 * Shapes: output [..., C] of scores, or [...] of class numbers, or with `threshold` [...] of scores of class 1; target [...]
 * of class numbers.
 *
 * @param options.average `'macro'`, `'micro'` or `'weighted'`; default `'macro'`
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { precision, tensor } from 'myelin';
 * const metric = precision(2);
 * metric.update(tensor([0, 1, 1, 1], { dtype: 'int32' }), tensor([0, 0, 1, 1], { dtype: 'int32' }));
 * console.log(metric.scores().map((score) => score.toFixed(2))); // [ '1.00', '0.67' ]
 * ```
 */
export function precision(classes: number, options: ClassScoreOptions = {}): ClassScore {
  return classScore('precision', classes, options, ({ hits, predicted }) => hits / predicted);
}

/**
 * Recall: of the samples of a class, the fraction that was given it. `scores()` has it for every class; a class that is
 * never the target has 0.
 *
 * Shapes: output [..., C] of scores, or [...] of class numbers, or with `threshold` [...] of scores of class 1; target [...]
 * of class numbers.
 *
 * @param options.average `'macro'`, `'micro'` or `'weighted'`; default `'macro'`
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { recall, tensor } from 'myelin';
 * const metric = recall(2);
 * metric.update(tensor([0, 1, 1, 1], { dtype: 'int32' }), tensor([0, 0, 1, 1], { dtype: 'int32' }));
 * console.log(metric.scores()); // [ 0.5, 1 ]
 * ```
 */
export function recall(classes: number, options: ClassScoreOptions = {}): ClassScore {
  return classScore('recall', classes, options, ({ hits, actual }) => hits / actual);
}

/**
 * F-score: the harmonic mean of precision and recall, Fβ = (1 + β²) · hits / (β² · actual + predicted). `scores()` has it for
 * every class.
 *
 * Shapes: output [..., C] of scores, or [...] of class numbers, or with `threshold` [...] of scores of class 1; target [...]
 * of class numbers.
 *
 * @param options.beta how much more recall counts than precision; default 1, the F1 score
 * @param options.average `'macro'`, `'micro'` or `'weighted'`; default `'macro'`
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { f1Score, tensor } from 'myelin';
 * const metric = f1Score(2);
 * metric.update(tensor([0, 1, 1, 1], { dtype: 'int32' }), tensor([0, 0, 1, 1], { dtype: 'int32' }));
 * console.log(metric.value().toFixed(4)); // 0.7333
 * ```
 */
export function f1Score(classes: number, options: ClassScoreOptions & { readonly beta?: number } = {}): ClassScore {
  checkObject('f1Score', 'options', options);
  const { beta = 1 } = options;
  checkPositive('f1Score', 'beta', beta);
  const weight = beta * beta;
  return classScore(
    'f1Score',
    classes,
    options,
    ({ hits, predicted, actual }) => ((1 + weight) * hits) / (weight * actual + predicted),
  );
}

/**
 * Intersection over union, the Jaccard index, of a segmentation: hits / (predicted + actual − hits) for every class, over the
 * elements of all batches together. `scores()` has it for every class.
 *
 * Shapes: output [..., C] of scores, or [...] of class numbers, or with `threshold` [...] of scores of class 1; target [...]
 * of class numbers. Scores [N, C, H, W] want `argmax` over their axis 1 first.
 *
 * @param options.average `'macro'`, `'micro'` or `'weighted'`; default `'macro'`, also called mIoU
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { iou, tensor } from 'myelin';
 * const metric = iou(2);
 * metric.update(tensor([0, 1, 1, 1], { dtype: 'int32' }), tensor([0, 0, 1, 1], { dtype: 'int32' }));
 * console.log(metric.scores().map((score) => score.toFixed(2))); // [ '0.50', '0.67' ]
 * ```
 */
export function iou(classes: number, options: ClassScoreOptions = {}): ClassScore {
  return classScore('iou', classes, options, ({ hits, predicted, actual }) => hits / (predicted + actual - hits));
}

/**
 * Dice coefficient of a segmentation: 2 · hits / (predicted + actual) for every class, over the elements of all batches
 * together; the same number as {@link f1Score}. `scores()` has it for every class.
 *
 * Shapes: as {@link iou}.
 *
 * @param options.average `'macro'`, `'micro'` or `'weighted'`; default `'macro'`
 * @param options.threshold for outputs of two classes, one number each: those above it are class 1
 * @param options.ignoreIndex target of elements that do not count
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 * @example
 * ```ts
 * import { dice, tensor } from 'myelin';
 * const metric = dice(2, { ignoreIndex: 255 });
 * metric.update(tensor([0, 1, 1, 1], { dtype: 'int32' }), tensor([0, 0, 1, 255], { dtype: 'int32' }));
 * console.log(metric.scores().map((score) => score.toFixed(2))); // [ '0.67', '0.67' ]
 * ```
 */
export function dice(classes: number, options: ClassScoreOptions = {}): ClassScore {
  return classScore('dice', classes, options, ({ hits, predicted, actual }) => (2 * hits) / (predicted + actual));
}
