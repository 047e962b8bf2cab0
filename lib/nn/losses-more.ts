import {
  diceLoss,
  focalLoss,
  hingeEmbeddingLoss,
  hingeLoss,
  huberLoss,
  klDiv,
  multilabelMarginLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  tverskyLoss,
  type DiceOptions,
  type FocalOptions,
  type HingeOptions,
  type HuberOptions,
  type KlDivOptions,
  type LossOptions,
  type MarginOptions,
  type PoissonNllOptions,
  type SmoothL1Options,
  type TverskyOptions,
} from '../ops/loss.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Loss } from './loss.js';

/**
 * Squared error near 0 and absolute error beyond: {@link smoothL1Loss} as a module.
 *
 * @param options.beta error up to which the loss is a square; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { SmoothL1Loss, tensor } from 'myelin';
 * console.log(new SmoothL1Loss().forward(tensor([2]), tensor([0])).item()); // 1.5
 * ```
 */
export class SmoothL1Loss extends Loss {
  constructor(private readonly options: SmoothL1Options = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return smoothL1Loss(input, target, this.options);
  }
}

/**
 * Squared error near 0 and absolute error beyond: {@link huberLoss} as a module.
 *
 * @param options.delta error up to which the loss is a square; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { HuberLoss, tensor } from 'myelin';
 * console.log(new HuberLoss().forward(tensor([2]), tensor([0])).item()); // 1.5
 * ```
 */
export class HuberLoss extends Loss {
  constructor(private readonly options: HuberOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return huberLoss(input, target, this.options);
  }
}

/**
 * Kullback–Leibler divergence: {@link klDiv} as a module.
 *
 * @param options.logTarget whether the target is given as logarithms; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { KLDivLoss, tensor } from 'myelin';
 * console.log(new KLDivLoss().forward(tensor([0]), tensor([1])).item()); // 0
 * ```
 */
export class KLDivLoss extends Loss {
  constructor(private readonly options: KlDivOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return klDiv(input, target, this.options);
  }
}

/**
 * Negative log-likelihood of Poisson distributed counts: {@link poissonNllLoss} as a module.
 *
 * @param options.logInput whether the input is the logarithm of the rate; default `true`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { PoissonNLLLoss, tensor } from 'myelin';
 * console.log(new PoissonNLLLoss().forward(tensor([0]), tensor([3])).item()); // 1
 * ```
 */
export class PoissonNLLLoss extends Loss {
  constructor(private readonly options: PoissonNllOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return poissonNllLoss(input, target, this.options);
  }
}

/**
 * How far scores are from having the right sign by a margin: {@link hingeLoss} as a module.
 *
 * @param options.margin score from which on a right sign costs nothing; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { HingeLoss, tensor } from 'myelin';
 * console.log(new HingeLoss().forward(tensor([0.5]), tensor([1])).item()); // 0.5
 * ```
 */
export class HingeLoss extends Loss {
  constructor(private readonly options: HingeOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return hingeLoss(input, target, this.options);
  }
}

/**
 * Draws distances of alike pairs to 0 and others beyond a margin: {@link hingeEmbeddingLoss} as a module.
 *
 * @param options.margin what is far enough; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { HingeEmbeddingLoss, tensor } from 'myelin';
 * console.log(new HingeEmbeddingLoss().forward(tensor([0.25]), tensor([-1])).item()); // 0.75
 * ```
 */
export class HingeEmbeddingLoss extends Loss {
  constructor(private readonly options: MarginOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}

/**
 * The logistic loss of scores with signs as targets: {@link softMarginLoss} as a module.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { SoftMarginLoss, tensor } from 'myelin';
 * console.log(new SoftMarginLoss().forward(tensor([0]), tensor([1])).item().toFixed(4)); // 0.6931
 * ```
 */
export class SoftMarginLoss extends Loss {
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return softMarginLoss(input, target, this.options);
  }
}

/**
 * How far right classes are from winning over all others: {@link multilabelMarginLoss} as a module.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { MultiLabelMarginLoss, tensor } from 'myelin';
 * console.log(new MultiLabelMarginLoss().forward(tensor([1, 0.5]), tensor([0, -1], { dtype: 'int32' })).item()); // 0.25
 * ```
 */
export class MultiLabelMarginLoss extends Loss {
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return multilabelMarginLoss(input, target, this.options);
  }
}

/**
 * Binary cross-entropy of logits in which what is right already hardly counts: {@link focalLoss} as a module.
 *
 * @param options.gamma how much less that counts; default 2
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { FocalLoss, tensor } from 'myelin';
 * console.log(new FocalLoss().forward(tensor([0]), tensor([1])).item().toFixed(4)); // 0.0433
 * ```
 */
export class FocalLoss extends Loss {
  constructor(private readonly options: FocalOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return focalLoss(input, target, this.options);
  }
}

/**
 * How little two regions overlap: {@link diceLoss} as a module.
 *
 * @param options.smooth added above and below; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { DiceLoss, tensor } from 'myelin';
 * console.log(new DiceLoss().forward(tensor([1, 1, 0]), tensor([1, 0, 0])).item()); // 0.25
 * ```
 */
export class DiceLoss extends Loss {
  constructor(private readonly options: DiceOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return diceLoss(input, target, this.options);
  }
}

/**
 * How little two regions overlap, with prices of false positives and negatives: {@link tverskyLoss} as a module.
 *
 * @param options.alpha what a false positive costs; default 0.5
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { TverskyLoss, tensor } from 'myelin';
 * console.log(new TverskyLoss({ alpha: 1, smooth: 0 }).forward(tensor([1, 1, 0]), tensor([1, 0, 0])).item()); // 0.5
 * ```
 */
export class TverskyLoss extends Loss {
  constructor(private readonly options: TverskyOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return tverskyLoss(input, target, this.options);
  }
}
