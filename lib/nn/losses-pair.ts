import { checkFunction } from '../engine/leaves.js';
import {
  cosineEmbeddingLoss,
  ctcLoss,
  gaussianNllLoss,
  infoNce,
  marginRankingLoss,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  type CtcOptions,
  type GaussianNllOptions,
  type InfoNceOptions,
  type Lengths,
  type MarginOptions,
  type TripletDistanceOptions,
  type TripletOptions,
} from '../ops/loss.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

type Real = Tensor<FloatDType>;

/**
 * Negative log-likelihood of normally distributed numbers: {@link gaussianNllLoss} as a module.
 *
 * @param options.full whether log(2 π) / 2 is added; default `false`
 * @param options.eps least variance; default 1e-6
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { GaussianNLLLoss, tensor } from 'myelin';
 * console.log(new GaussianNLLLoss().forward(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export class GaussianNLLLoss extends Module<readonly [input: Real, target: Tensor, variance: Real]> {
  constructor(private readonly options: GaussianNllOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor, variance: Tensor<D>): Tensor<D> {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}

/**
 * How far the first of two scores is from being larger, or smaller, by a margin: {@link marginRankingLoss} as a module.
 *
 * @param options.margin by how much; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { MarginRankingLoss, tensor } from 'myelin';
 * console.log(new MarginRankingLoss().forward(tensor([1]), tensor([3]), tensor([1])).item()); // 2
 * ```
 */
export class MarginRankingLoss extends Module<readonly [a: Real, b: Real, target: Tensor]> {
  constructor(private readonly options: MarginOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, target: Tensor): Tensor<D> {
    return marginRankingLoss(a, b, target, this.options);
  }
}

/**
 * How far an anchor is from being nearer to a positive than to a negative: {@link tripletMarginLoss} as a module.
 *
 * @param options.margin by how much; default 1
 * @param options.p exponent of the distance; default 2
 * @param options.swap whether the negative may be compared with the positive, if that is nearer to it; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { TripletMarginLoss, tensor } from 'myelin';
 * const loss = new TripletMarginLoss().forward(tensor([[0, 0]]), tensor([[0, 2]]), tensor([[1, 0]]));
 * console.log(loss.item().toFixed(4)); // 2.0000
 * ```
 */
export class TripletMarginLoss extends Module<readonly [anchor: Real, positive: Real, negative: Real]> {
  constructor(private readonly options: TripletOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(anchor: Tensor<D>, positive: Tensor<D>, negative: Tensor<D>): Tensor<D> {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/**
 * {@link TripletMarginLoss} with a distance of one's own: {@link tripletMarginWithDistanceLoss} as a module.
 *
 * @param options.distance how far two of the three are from each other; default {@link pairwiseDistance}
 * @param options.margin by how much; default 1
 * @param options.swap whether the negative may be compared with the positive, if that is nearer to it; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `TYPE` when the distance is no function
 * @example
 * ```ts
 * import { pairwiseDistance, tensor, TripletMarginWithDistanceLoss } from 'myelin';
 * const loss = new TripletMarginWithDistanceLoss({ distance: (a, b) => pairwiseDistance(a, b, { p: 1, eps: 0 }) });
 * console.log(loss.forward(tensor([[0, 0]]), tensor([[0, 2]]), tensor([[1, 1]])).item()); // 1
 * ```
 */
export class TripletMarginWithDistanceLoss extends Module<readonly [anchor: Real, positive: Real, negative: Real]> {
  constructor(private readonly options: TripletDistanceOptions = {}) {
    super();
    if (options.distance !== undefined) checkFunction('TripletMarginWithDistanceLoss', 'distance', options.distance);
  }

  override forward(
    anchor: Tensor<FloatDType>,
    positive: Tensor<FloatDType>,
    negative: Tensor<FloatDType>,
  ): Tensor<FloatDType> {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}

/**
 * Turns vectors that are alike into one direction, and others away: {@link cosineEmbeddingLoss} as a module.
 *
 * @param options.margin cosine that others may have, −1 to 1; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { CosineEmbeddingLoss, tensor } from 'myelin';
 * console.log(new CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).item()); // 1
 * ```
 */
export class CosineEmbeddingLoss extends Module<readonly [a: Real, b: Real, target: Tensor]> {
  constructor(private readonly options: MarginOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, target: Tensor): Tensor<D> {
    return cosineEmbeddingLoss(a, b, target, this.options);
  }
}

/**
 * How well each query finds its own key among those of the batch: {@link infoNce} as a module.
 *
 * @param options.temperature what cosines are divided by; default 0.1
 * @param options.symmetric whether keys have to find their queries, too; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { InfoNCELoss, eye } from 'myelin';
 * console.log(new InfoNCELoss({ temperature: 1 }).forward(eye(2), eye(2)).item().toFixed(4)); // 0.3133
 * ```
 */
export class InfoNCELoss extends Module<readonly [queries: Real, keys: Real]> {
  constructor(private readonly options: InfoNceOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(queries: Tensor<D>, keys: Tensor<D>): Tensor<D> {
    return infoNce(queries, keys, this.options);
  }
}

/**
 * How unlikely sequences are to spell their labels: {@link ctcLoss} as a module.
 *
 * @param options.blank class that stands for nothing; default 0
 * @param options.zeroInfinity whether labels that no path spells cost nothing instead of ∞; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { CTCLoss, log, tensor } from 'myelin';
 * const logProbs = log(tensor([[[0.5, 0.5]], [[0.5, 0.5]]]));
 * const loss = new CTCLoss().forward(logProbs, tensor([[1]], { dtype: 'int32' }), [2], [1]);
 * console.log(loss.item().toFixed(4)); // 0.2877
 * ```
 */
export class CTCLoss extends Module<
  readonly [logProbs: Real, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths]
> {
  constructor(private readonly options: CtcOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(
    logProbs: Tensor<D>,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor<D> {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
