import { checkFinite, type Pair, type Single, type Triple } from '../ops/checks.js';
import { maxPool1dWithIndices, maxPool3dWithIndices } from '../ops/pool-indices.js';
import {
  avgPool1d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool3d,
  type LpPoolOptions,
} from '../ops/pool-axes.js';
import type { AvgPoolOptions, DividedPoolOptions, MaxPoolOptions } from '../ops/pool.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch, placesAsBatch } from './batch.js';
import { WindowPool } from './pool-window.js';

/**
 * The largest value in each window of a signal, channel by channel.
 *
 * Shapes, of a single sample without B:
 * x [B, C, L] → [B, C, L′]
 * with L′ = ⌊(L + 2·padding − dilation·(K − 1) − 1) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.padding places on each side that lose against everything; default 0
 * @param options.dilation places between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool1d, tensor } from 'myelin';
 * console.log(new MaxPool1d(2).forward(tensor([[[1, 3, 2, 0]]])).toArray()); // [ [ [ 3, 2 ] ] ]
 * ```
 */
export class MaxPool1d extends WindowPool<Single, MaxPoolOptions<Single>> {
  constructor(kernelSize: Single, options: MaxPoolOptions<Single> = {}) {
    super(1, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 1, (batch) => maxPool1d(batch, this.kernelSize, this.options));
  }

  /** {@link MaxPool1d.forward} and where each maximum is in the signal of the input, as {@link MaxUnpool1d} takes it. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 1, (batch) => maxPool1dWithIndices(batch, this.kernelSize, this.options));
  }
}

/**
 * The largest value in each window of a volume, channel by channel.
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, D′, H′, W′], extents as for {@link MaxPool2d}. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.padding places on each side that lose against everything; default 0
 * @param options.dilation places between elements of a window; default 1
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool3d, ones } from 'myelin';
 * console.log(new MaxPool3d(2).forward(ones([1, 2, 4, 4, 6])).shape); // [ 1, 2, 2, 2, 3 ]
 * ```
 */
export class MaxPool3d extends WindowPool<Triple, MaxPoolOptions<Triple>> {
  constructor(kernelSize: Triple, options: MaxPoolOptions<Triple> = {}) {
    super(3, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => maxPool3d(batch, this.kernelSize, this.options));
  }

  /** {@link MaxPool3d.forward} and where each maximum is in the volume of the input, as {@link MaxUnpool3d} takes it. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 3, (batch) => maxPool3dWithIndices(batch, this.kernelSize, this.options));
  }
}

/**
 * The average of each window of a signal, channel by channel.
 *
 * Shapes, of a single sample without B:
 * x [B, C, L] → [B, C, L′] with L′ = ⌊(L + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.padding zeros on each side; default 0
 * @param options.countIncludePad whether zeros of the padding count as places; default `true`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { AvgPool1d, tensor } from 'myelin';
 * console.log(new AvgPool1d(2).forward(tensor([[[1, 3, 2, 0]]])).toArray()); // [ [ [ 2, 1 ] ] ]
 * ```
 */
export class AvgPool1d extends WindowPool<Single, AvgPoolOptions<Single>> {
  constructor(kernelSize: Single, options: AvgPoolOptions<Single> = {}) {
    super(1, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 1, (batch) => avgPool1d(batch, this.kernelSize, this.options));
  }
}

/**
 * The average of each window of a volume, channel by channel.
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, D′, H′, W′], extents as for {@link AvgPool2d}. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.padding zeros on each side; default 0
 * @param options.countIncludePad whether zeros of the padding count as places; default `true`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @param options.divisorOverride what sums of windows are divided by; default the number of places in a window
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { AvgPool3d, ones } from 'myelin';
 * console.log(new AvgPool3d(2).forward(ones([1, 2, 4, 4, 6])).shape); // [ 1, 2, 2, 2, 3 ]
 * ```
 */
export class AvgPool3d extends WindowPool<Triple, DividedPoolOptions<Triple>> {
  constructor(kernelSize: Triple, options: DividedPoolOptions<Triple> = {}) {
    super(3, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => avgPool3d(batch, this.kernelSize, this.options));
  }
}

/**
 * The p-norm of each window of a signal, channel by channel: out = (Σ xᵖ)^(1/p).
 *
 * Shapes, of a single sample without B:
 * x [B, C, L] → [B, C, L′] with L′ = ⌊(L − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a power that is not finite or a kernel that is not positive
 * @example
 * ```ts
 * import { LPPool1d, tensor } from 'myelin';
 * console.log(new LPPool1d(2, 2).forward(tensor([[[3, 4]]])).item()); // 5
 * ```
 */
export class LPPool1d extends WindowPool<Single, LpPoolOptions<Single>> {
  constructor(
    readonly normType: number,
    kernelSize: Single,
    options: LpPoolOptions<Single> = {},
  ) {
    super(1, kernelSize, options);
    checkFinite('LPPool1d', 'normType', normType);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 1, (batch) => lpPool1d(batch, this.normType, this.kernelSize, this.options));
  }
}

/**
 * The p-norm of each window of an image, channel by channel: out = (Σ xᵖ)^(1/p).
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a power that is not finite or a kernel that is not positive
 * @example
 * ```ts
 * import { LPPool2d, ones } from 'myelin';
 * console.log(new LPPool2d(2, 2).forward(ones([1, 1, 2, 2])).item()); // 2
 * ```
 */
export class LPPool2d extends WindowPool<Pair, LpPoolOptions<Pair>> {
  constructor(
    readonly normType: number,
    kernelSize: Pair,
    options: LpPoolOptions<Pair> = {},
  ) {
    super(2, kernelSize, options);
    checkFinite('LPPool2d', 'normType', normType);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => lpPool2d(batch, this.normType, this.kernelSize, this.options));
  }
}

/**
 * The p-norm of each window of a volume, channel by channel: out = (Σ xᵖ)^(1/p).
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, D′, H′, W′] with D′ = ⌊(D − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
 *
 * @param normType the power p
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a power that is not finite or a kernel that is not positive
 * @example
 * ```ts
 * import { LPPool3d, ones } from 'myelin';
 * console.log(new LPPool3d(2, [4, 2, 2]).forward(ones([1, 1, 4, 2, 2])).item()); // 4
 * ```
 */
export class LPPool3d extends WindowPool<Triple, LpPoolOptions<Triple>> {
  constructor(
    readonly normType: number,
    kernelSize: Triple,
    options: LpPoolOptions<Triple> = {},
  ) {
    super(3, kernelSize, options);
    checkFinite('LPPool3d', 'normType', normType);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => lpPool3d(batch, this.normType, this.kernelSize, this.options));
  }
}
