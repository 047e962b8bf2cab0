import {
  bce,
  bceWithLogits,
  crossEntropy,
  l1Loss,
  mse,
  nllLoss,
  multiMarginLoss,
  multilabelSoftMarginLoss,
  type BceOptions,
  type BceWithLogitsOptions,
  type ClassLossOptions,
  type CrossEntropyOptions,
  type LossOptions,
  type MultiMarginOptions,
  type WeightedOptions,
} from '../ops/loss.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Buffer } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { keep, Loss } from './loss.js';

/**
 * How surprised a classifier is by the right classes, from scores before the softmax: {@link crossEntropy} as a module.
 *
 * lossₙ = −w[yₙ] · log softmax(logitsₙ)[yₙ]; the mean is Σ lossₙ / Σ w[yₙ]
 *
 * Shapes: logits [N, C], [N, C, …] or [C]; target without the axis of classes, or as the logits for probabilities. Dtypes:
 * logits of a float dtype; target int32, int64 or uint8 for indices, float for probabilities.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex target of rows that do not count; default −100
 * @param options.labelSmoothing share of the target spread over all classes, 0 to 1; default 0
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 *
 * Source: Szegedy et al. 2016, «Rethinking the Inception Architecture», section 7 (label smoothing).
 * @example
 * ```ts
 * import { CrossEntropyLoss, tensor } from 'myelin';
 * const loss = new CrossEntropyLoss().forward(tensor([[0, 0]]), tensor([1], { dtype: 'int32' }));
 * console.log(loss.item().toFixed(4)); // 0.6931
 * ```
 */
export class CrossEntropyLoss extends Loss {
  readonly weight: Buffer | undefined;
  private readonly options: Omit<CrossEntropyOptions, 'weight'>;

  constructor({ weight, ...options }: CrossEntropyOptions = {}) {
    super();
    this.weight = keep(weight);
    this.options = options;
  }

  override forward<D extends FloatDType>(logits: Tensor<D>, target: Tensor): Tensor<D> {
    return crossEntropy(logits, target, { ...this.options, weight: this.weight });
  }
}

/**
 * Negative log-likelihood of log-probabilities: {@link nllLoss} as a module.
 *
 * lossₙ = −w[yₙ] · logProbsₙ[yₙ]; the mean is Σ lossₙ / Σ w[yₙ]
 *
 * Shapes: logProbs [N, C], [N, C, …] or [C]; target without the axis of classes. Dtypes: logProbs of a float dtype; target
 * int32, int64 or uint8.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.ignoreIndex target of rows that do not count; default −100
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { NLLLoss, logSoftmax, tensor } from 'myelin';
 * const loss = new NLLLoss().forward(logSoftmax(tensor([[0, 0]])), tensor([1], { dtype: 'int32' }));
 * console.log(loss.item().toFixed(4)); // 0.6931
 * ```
 */
export class NLLLoss extends Loss {
  readonly weight: Buffer | undefined;
  private readonly options: Omit<ClassLossOptions, 'weight'>;

  constructor({ weight, ...options }: ClassLossOptions = {}) {
    super();
    this.weight = keep(weight);
    this.options = options;
  }

  override forward<D extends FloatDType>(logProbs: Tensor<D>, target: Tensor): Tensor<D> {
    return nllLoss(logProbs, target, { ...this.options, weight: this.weight });
  }
}

/**
 * Squared error: lossᵢ = (inputᵢ − targetᵢ)². {@link mse} as a module.
 *
 * Shapes: both the same. Dtypes: input of a float dtype; the target is cast to it.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { MSELoss, tensor } from 'myelin';
 * console.log(new MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item()); // 2
 * ```
 */
export class MSELoss extends Loss {
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return mse(input, target, this.options);
  }
}

/**
 * Absolute error: lossᵢ = |inputᵢ − targetᵢ|. {@link l1Loss} as a module.
 *
 * Shapes: both the same. Dtypes: input of a float dtype; the target is cast to it.
 *
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { L1Loss, tensor } from 'myelin';
 * console.log(new L1Loss().forward(tensor([1, 2]), tensor([1, 4])).item()); // 1
 * ```
 */
export class L1Loss extends Loss {
  constructor(private readonly options: LossOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return l1Loss(input, target, this.options);
  }
}

/**
 * Binary cross-entropy of probabilities: lossᵢ = −(tᵢ · log pᵢ + (1 − tᵢ) · log(1 − pᵢ)), each logarithm at least −100.
 * {@link bce} as a module.
 *
 * Shapes: both the same. Dtypes: input of a float dtype; the target is cast to it.
 *
 * @param options.weight weight of every element; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { BCELoss, tensor } from 'myelin';
 * console.log(new BCELoss().forward(tensor([0.5]), tensor([1])).item().toFixed(4)); // 0.6931
 * ```
 */
export class BCELoss extends Loss {
  readonly weight: Buffer | undefined;
  private readonly options: LossOptions;

  constructor({ weight, ...options }: BceOptions = {}) {
    super();
    this.weight = keep(weight);
    this.options = options;
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return bce(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * Binary cross-entropy of logits, accurate for all of them: {@link bceWithLogits} as a module.
 *
 * lossᵢ = −(w · tᵢ · log σ(xᵢ) + (1 − tᵢ) · log(1 − σ(xᵢ)))
 *
 * Shapes: both the same. Dtypes: input of a float dtype; the target is cast to it.
 *
 * @param options.weight weight of every element; default 1
 * @param options.posWeight weight w of positive targets; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { BCEWithLogitsLoss, tensor } from 'myelin';
 * console.log(new BCEWithLogitsLoss().forward(tensor([0]), tensor([1])).item().toFixed(4)); // 0.6931
 * ```
 */
export class BCEWithLogitsLoss extends Loss {
  readonly weight: Buffer | undefined;
  /** Named as in PyTorch, because it is the name in state dicts. */
  readonly pos_weight: Buffer | undefined;
  private readonly options: LossOptions;

  constructor({ weight, posWeight, ...options }: BceWithLogitsOptions = {}) {
    super();
    this.weight = keep(weight);
    this.pos_weight = keep(posWeight);
    this.options = options;
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return bceWithLogits(input, target, { ...this.options, weight: this.weight, posWeight: this.pos_weight });
  }
}

/**
 * How far the right class is from winning over all others by a margin: {@link multiMarginLoss} as a module.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.margin by how much the right class should win; default 1
 * @param options.p exponent, 1 or 2; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { MultiMarginLoss, tensor } from 'myelin';
 * console.log(new MultiMarginLoss().forward(tensor([[1, 0.5]]), tensor([0], { dtype: 'int32' })).item()); // 0.25
 * ```
 */
export class MultiMarginLoss extends Loss {
  readonly weight: Buffer | undefined;
  private readonly options: Omit<MultiMarginOptions, 'weight'>;

  constructor({ weight, ...options }: MultiMarginOptions = {}) {
    super();
    this.weight = keep(weight);
    this.options = options;
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/**
 * The mean over classes of binary cross-entropies of logits: {@link multilabelSoftMarginLoss} as a module.
 *
 * @param options.weight weight of every class, [C]; default 1
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @example
 * ```ts
 * import { MultiLabelSoftMarginLoss, tensor } from 'myelin';
 * console.log(new MultiLabelSoftMarginLoss().forward(tensor([[0, 0]]), tensor([[1, 0]])).item().toFixed(4)); // 0.6931
 * ```
 */
export class MultiLabelSoftMarginLoss extends Loss {
  readonly weight: Buffer | undefined;
  private readonly options: Omit<WeightedOptions, 'weight'>;

  constructor({ weight, ...options }: WeightedOptions = {}) {
    super();
    this.weight = keep(weight);
    this.options = options;
  }

  override forward<D extends FloatDType>(input: Tensor<D>, target: Tensor): Tensor<D> {
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}
