import { checkAtLeast, checkFraction, checkInteger } from '../ops/checks.js';
import { ones, zeros } from '../ops/creation.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Buffer, Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { buffer, dtypeOf, normParameters } from './init.js';
import { Module } from './module.js';

/** Options of norms that keep statistics of channels. */
export interface ChannelNormOptions<D extends FloatDType = FloatDType> {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Weight of a batch in the running statistics, 0 to 1; `null` weighs all batches alike. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether the result is scaled and shifted by learned numbers. */
  readonly affine?: boolean;
  /** Whether it is shifted as well; default `true`. */
  readonly bias?: boolean;
  /** Whether running statistics are kept for inference; without them it uses those of its batch too. */
  readonly trackRunningStats?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/** State of such norms. Fields have PyTorch's names, because they are the names in state dicts. */
export abstract class ChannelNorm<D extends FloatDType> extends Module {
  readonly weight: Parameter<D> | undefined;
  readonly bias: Parameter<D> | undefined;
  readonly running_mean: Buffer | undefined;
  readonly running_var: Buffer | undefined;
  readonly num_batches_tracked: Buffer | undefined;
  protected readonly eps: number;
  protected readonly momentum: number | null;

  /** Numbers of axes that an input may have. */
  protected abstract readonly ranks: readonly number[];

  protected constructor(
    op: string,
    readonly numFeatures: number,
    options: ChannelNormOptions<D>,
  ) {
    super();
    const { eps = 1e-5, momentum = 0.1 } = options;
    checkInteger(op, 'numFeatures', numFeatures, 1);
    checkAtLeast(op, 'eps', eps, 0);
    if (momentum !== null) checkFraction(op, 'momentum', momentum);
    const dtype = dtypeOf(options);
    const shape = [numFeatures];
    this.eps = eps;
    this.momentum = momentum;
    ({ weight: this.weight, bias: this.bias } = normParameters(shape, options.affine === true, options));
    if (options.trackRunningStats === true) {
      this.running_mean = buffer(() => zeros(shape, { dtype }));
      this.running_var = buffer(() => ones(shape, { dtype }));
      this.num_batches_tracked = buffer(() => zeros([], { dtype: 'int64' }));
    }
  }

  protected checkRank(x: Tensor): void {
    if (this.ranks.includes(x.rank)) return;
    fail('SHAPE', this.constructor.name, `x is ${describe(x)} (need ${this.ranks.join(' or ')} axes)`, { x: x.shape });
  }
}
