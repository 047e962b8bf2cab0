import { add, minimum, neg, sub } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkAtLeast, checkFlag, checkInteger, checkObject, checkPositive, checkReal } from '../ops/checks.js';
import { ge, lt, where } from '../ops/compare.js';
import { checkClasses, crossEntropy } from '../ops/cross-entropy.js';
import { checkIndex, type IndexDType } from '../ops/indexing.js';
import { logicalAnd } from '../ops/logic.js';
import { concat } from '../ops/move.js';
import { onBehalf } from '../ops/on-behalf.js';
import { argmax, mean } from '../ops/reduce.js';
import { squeeze, unsqueeze } from '../ops/reshape.js';
import { logSoftmax } from '../ops/softmax.js';
import { narrow } from '../ops/views.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Sequential } from './sequential.js';

/** Options of {@link AdaptiveLogSoftmaxWithLoss}. */
export interface AdaptiveLogSoftmaxOptions<D extends FloatDType = FloatDType> {
  /** By how much each cluster has fewer features than the one before; default 4. */
  readonly divValue?: number;
  /** Whether scores of the head have a bias; default `false`. */
  readonly headBias?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/** What {@link AdaptiveLogSoftmaxWithLoss} gives: the log probability of the target of each sample, and the loss. */
export type AdaptiveLogSoftmaxOutput<D extends FloatDType = FloatDType> = [output: Tensor<D>, loss: Tensor<D>];

const op = 'AdaptiveLogSoftmaxWithLoss';

/** What a target outside a cluster is replaced by, for the loss over that cluster to pass it over. */
const elsewhere = -1;

function checkCutoffs(cutoffs: unknown, classes: number): asserts cutoffs is readonly number[] {
  const rises = (cutoff: unknown, i: number, all: readonly unknown[]): boolean =>
    Number.isSafeInteger(cutoff) && (cutoff as number) > (i === 0 ? 0 : (all[i - 1] as number));
  const fits = Array.isArray(cutoffs) && cutoffs.length > 0 && cutoffs.every(rises) && cutoffs.at(-1) < classes;
  if (!fits) fail('VALUE', op, `cutoffs is ${show(cutoffs)} (need integers that rise, from 1 to ${classes - 1})`);
}

/**
 * Softmax over very many classes, of which some are frequent: frequent ones are told apart at once, the others by clusters with
 * fewer features the rarer they are. Classes are numbered by frequency, the most frequent first.
 *
 * The head scores classes below cutoffs[0] and clusters: log p(y) = log softmax(head x)[y] for those, and
 * log softmax(head x)[cluster of y] + log softmax(tail x)[y within it] for others; loss = −mean log p(y).
 *
 * Shapes: x [N, inFeatures], target [N] → output [N], loss []; a single sample without N. Dtypes: x float dtypes; target int32 or
 * int64. Every sample is scored by all clusters, so that the function can be compiled.
 *
 * State: head.weight, head.bias if there is one, tail.i.0.weight, tail.i.1.weight for the i-th cluster.
 *
 * @param inFeatures features of a sample
 * @param nClasses number of classes
 * @param cutoffs the first class of each cluster, rising
 * @param options.divValue by how much each cluster has fewer features than the one before; default 4
 * @param options.headBias whether scores of the head have a bias; default `false`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for cutoffs that do not rise from 1 to nClasses − 1, or when a cluster is left without features;
 * `SHAPE` when targets do not fit x; `INDEX` when one is no class
 *
 * Source: Grave et al. 2017, «Efficient softmax approximation for GPUs», section 4.
 * @example
 * ```ts
 * import { AdaptiveLogSoftmaxWithLoss, ones, tensor } from 'myelin';
 * const layer = new AdaptiveLogSoftmaxWithLoss(8, 100, [10, 50], { divValue: 2 });
 * const [output, loss] = layer.forward(ones([2, 8]), tensor([3, 70], { dtype: 'int64' }));
 * console.log(output.shape, loss.shape); // [ 2 ] []
 * console.log(layer.logProb(ones([2, 8])).shape); // [ 2, 100 ]
 * ```
 */
export class AdaptiveLogSoftmaxWithLoss<D extends FloatDType = 'float32'> extends Module<
  readonly [x: Tensor<D>, target: Tensor<IndexDType>],
  AdaptiveLogSoftmaxOutput<D>
> {
  readonly head: Linear<D>;
  readonly tail: readonly Sequential[];
  /** The first class of each cluster, and the number of classes. */
  readonly cutoffs: readonly number[];

  constructor(
    readonly inFeatures: number,
    readonly nClasses: number,
    cutoffs: readonly number[],
    options: AdaptiveLogSoftmaxOptions<D> = {},
  ) {
    super();
    checkInteger(op, 'inFeatures', inFeatures, 1);
    checkInteger(op, 'nClasses', nClasses, 1);
    checkCutoffs(cutoffs, nClasses);
    checkObject(op, 'options', options);
    const { divValue = 4, headBias = false } = options;
    checkPositive(op, 'divValue', divValue);
    checkFlag(op, 'headBias', headBias);
    const widths = cutoffs.map((_, i) => Math.floor(inFeatures / divValue ** (i + 1)));
    widths.forEach((width, i) => checkAtLeast(op, `the number of features of cluster ${i}`, width, 1));
    const dtype = dtypeOf(options);
    this.cutoffs = [...cutoffs, nClasses];
    this.head = new Linear<D>(inFeatures, cutoffs[0]! + cutoffs.length, { bias: headBias, dtype });
    this.tail = widths.map((width, i) => {
      const layers = [
        [inFeatures, width],
        [width, this.cutoffs[i + 1]! - this.cutoffs[i]!],
      ] as const;
      return new Sequential(...layers.map(([from, to]) => new Linear<D>(from, to, { bias: false, dtype })));
    });
  }

  /** Log probabilities of the targets, and minus their mean. */
  override forward(x: Tensor<D>, target: Tensor<IndexDType>): AdaptiveLogSoftmaxOutput<D> {
    checkReal(op, 'x', x);
    checkIndex(op, target);
    if (target.rank > 1 || x.rank !== target.rank + 1 || x.shape[0] !== (target.shape[0] ?? x.shape[0])) {
      fail('SHAPE', op, `x is ${describe(x)}, target is ${describe(target)} (need [N, ${this.inFeatures}] and [N])`);
    }
    checkClasses(op, target, this.nClasses, elsewhere, false);
    return onBehalf(op, (): AdaptiveLogSoftmaxOutput<D> => {
      const isSingle = target.rank === 0;
      const surprise = this.surpriseOf(isSingle ? unsqueeze(x, 0) : x, isSingle ? unsqueeze(target, 0) : target);
      const output = neg(isSingle ? squeeze(surprise, 0) : surprise);
      return [output, mean(surprise)] as AdaptiveLogSoftmaxOutput<D>;
    });
  }

  /**
   * Log probabilities of all classes.
   *
   * @param x [..., inFeatures]
   * @returns [..., nClasses]
   */
  logProb(x: Tensor<D>): Tensor<D> {
    checkReal(op, 'x', x);
    return onBehalf(op, () => {
      const head = logSoftmax(this.head.forward(x));
      const [frequent] = this.cutoffs as [number];
      const clusters = this.tail.map((cluster, i) =>
        add(logSoftmax(cluster.forward(x)), narrow(head, -1, frequent + i, 1)),
      );
      return concat<FloatDType>([narrow(head, -1, 0, frequent), ...clusters], { axis: -1 }) as Tensor<D>;
    });
  }

  /**
   * The most likely class of each sample.
   *
   * @param x [..., inFeatures]
   * @returns [...], int64
   */
  predict(x: Tensor<D>): Tensor<'int64'> {
    return scope(() => argmax(this.logProb(x), { axis: -1 }));
  }

  /** −log p of each target: what the head makes of its class or cluster, and what its cluster makes of it. */
  private surpriseOf(x: Tensor<D>, target: Tensor<IndexDType>): Tensor<FloatDType> {
    const [frequent, ...later] = this.cutoffs as [number, ...number[]];
    const clusters = later.slice(0, -1).map((low) => cast(ge(target, low), target.dtype));
    const place = clusters.reduce<Tensor>((sum, isBehind) => add(sum, isBehind), minimum(target, frequent));
    // Nothing is passed over by the head, whose places end before this number.
    const whole = crossEntropy(this.head.forward(x), place, { reduction: 'none', ignoreIndex: this.head.outFeatures });
    return this.tail.reduce<Tensor<FloatDType>>((sum, cluster, i) => {
      const [low, high] = this.cutoffs.slice(i, i + 2) as [number, number];
      const isLast = i === this.tail.length - 1;
      const begun = ge(target, low);
      const inside = isLast ? begun : logicalAnd(begun, lt(target, high));
      const local = where(inside, sub(target, low), elsewhere);
      const own = crossEntropy(cluster.forward(x), local, { reduction: 'none', ignoreIndex: elsewhere });
      return add(sum, own);
    }, whole);
  }
}
