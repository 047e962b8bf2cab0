import { checkFinite, extentsOf, type Pair, type Single, type Triple } from '../ops/checks.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveMaxPool1d, adaptiveMaxPool2d } from '../ops/pool-adaptive.js';
import {
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  maxPool1dWithIndices,
  maxPool3dWithIndices,
} from '../ops/pool-indices.js';
import {
  avgPool1d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool3d,
  type LpPoolOptions,
} from '../ops/pool-axes.js';
import type { AvgPoolOptions, MaxPoolOptions } from '../ops/pool.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * The largest value in each window of a signal, channel by channel.
 *
 * Shapes: x [B, C, L] → [B, C, L′]
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
export class MaxPool1d extends Module {
  constructor(
    readonly kernelSize: Single,
    private readonly options: MaxPoolOptions<Single> = {},
  ) {
    super();
    extentsOf('MaxPool1d', 'kernelSize', kernelSize, 1, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return maxPool1d(x, this.kernelSize, this.options);
  }

  /** {@link MaxPool1d.forward} and where each maximum is in the signal of the input, as {@link MaxUnpool1d} takes it. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return maxPool1dWithIndices(x, this.kernelSize, this.options);
  }
}

/**
 * The largest value in each window of a volume, channel by channel.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, D′, H′, W′], extents as for {@link MaxPool2d}. Dtypes: float dtypes.
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
export class MaxPool3d extends Module {
  constructor(
    readonly kernelSize: Triple,
    private readonly options: MaxPoolOptions<Triple> = {},
  ) {
    super();
    extentsOf('MaxPool3d', 'kernelSize', kernelSize, 3, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return maxPool3d(x, this.kernelSize, this.options);
  }

  /** {@link MaxPool3d.forward} and where each maximum is in the volume of the input, as {@link MaxUnpool3d} takes it. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return maxPool3dWithIndices(x, this.kernelSize, this.options);
  }
}

/**
 * The average of each window of a signal, channel by channel.
 *
 * Shapes: x [B, C, L] → [B, C, L′] with L′ = ⌊(L + 2·padding − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
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
export class AvgPool1d extends Module {
  constructor(
    readonly kernelSize: Single,
    private readonly options: AvgPoolOptions<Single> = {},
  ) {
    super();
    extentsOf('AvgPool1d', 'kernelSize', kernelSize, 1, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

/**
 * The average of each window of a volume, channel by channel.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, D′, H′, W′], extents as for {@link AvgPool2d}. Dtypes: float dtypes.
 *
 * @param kernelSize extents of a window, in places
 * @param options.stride places between windows; default `kernelSize`
 * @param options.padding zeros on each side; default 0
 * @param options.countIncludePad whether zeros of the padding count as places; default `true`
 * @param options.ceilMode whether a last window may hang over the edge; default `false`
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { AvgPool3d, ones } from 'myelin';
 * console.log(new AvgPool3d(2).forward(ones([1, 2, 4, 4, 6])).shape); // [ 1, 2, 2, 2, 3 ]
 * ```
 */
export class AvgPool3d extends Module {
  constructor(
    readonly kernelSize: Triple,
    private readonly options: AvgPoolOptions<Triple> = {},
  ) {
    super();
    extentsOf('AvgPool3d', 'kernelSize', kernelSize, 3, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}

/**
 * Averages of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes: x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveAvgPool1d, ones } from 'myelin';
 * console.log(new AdaptiveAvgPool1d(3).forward(ones([2, 4, 7])).shape); // [ 2, 4, 3 ]
 * ```
 */
export class AdaptiveAvgPool1d extends Module {
  constructor(readonly outputSize: Single) {
    super();
    extentsOf('AdaptiveAvgPool1d', 'outputSize', outputSize, 1, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Averages of as many windows as are asked for: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveAvgPool2d, ones } from 'myelin';
 * console.log(new AdaptiveAvgPool2d([2, 3]).forward(ones([1, 4, 5, 7])).shape); // [ 1, 4, 2, 3 ]
 * ```
 */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly outputSize: Pair) {
    super();
    extentsOf('AdaptiveAvgPool2d', 'outputSize', outputSize, 2, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Largest values of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes: x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveMaxPool1d, ones } from 'myelin';
 * console.log(new AdaptiveMaxPool1d(3).forward(ones([2, 4, 7])).shape); // [ 2, 4, 3 ]
 * ```
 */
export class AdaptiveMaxPool1d extends Module {
  constructor(readonly outputSize: Single) {
    super();
    extentsOf('AdaptiveMaxPool1d', 'outputSize', outputSize, 1, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return adaptiveMaxPool1d(x, this.outputSize);
  }

  /** {@link AdaptiveMaxPool1d.forward} and where each maximum is in the signal of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return adaptiveMaxPool1dWithIndices(x, this.outputSize);
  }
}

/**
 * Largest values of as many windows as are asked for: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes: x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveMaxPool2d, ones } from 'myelin';
 * console.log(new AdaptiveMaxPool2d(1).forward(ones([1, 4, 5, 7])).shape); // [ 1, 4, 1, 1 ]
 * ```
 */
export class AdaptiveMaxPool2d extends Module {
  constructor(readonly outputSize: Pair) {
    super();
    extentsOf('AdaptiveMaxPool2d', 'outputSize', outputSize, 2, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return adaptiveMaxPool2d(x, this.outputSize);
  }

  /** {@link AdaptiveMaxPool2d.forward} and where each maximum is in the plane of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return adaptiveMaxPool2dWithIndices(x, this.outputSize);
  }
}

/**
 * The p-norm of each window of a signal, channel by channel: out = (Σ xᵖ)^(1/p).
 *
 * Shapes: x [B, C, L] → [B, C, L′] with L′ = ⌊(L − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
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
export class LPPool1d extends Module {
  constructor(
    readonly normType: number,
    readonly kernelSize: Single,
    private readonly options: LpPoolOptions<Single> = {},
  ) {
    super();
    checkFinite('LPPool1d', 'normType', normType);
    extentsOf('LPPool1d', 'kernelSize', kernelSize, 1, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

/**
 * The p-norm of each window of an image, channel by channel: out = (Σ xᵖ)^(1/p).
 *
 * Shapes: x [B, C, H, W] → [B, C, H′, W′] with H′ = ⌊(H − K) / stride⌋ + 1 (⌈⌉ in ceil mode). Dtypes: float dtypes.
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
export class LPPool2d extends Module {
  constructor(
    readonly normType: number,
    readonly kernelSize: Pair,
    private readonly options: LpPoolOptions<Pair> = {},
  ) {
    super();
    checkFinite('LPPool2d', 'normType', normType);
    extentsOf('LPPool2d', 'kernelSize', kernelSize, 2, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}
