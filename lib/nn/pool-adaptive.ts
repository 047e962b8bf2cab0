import type { Single } from '../ops/checks.js';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptivePair,
  type AdaptiveTriple,
} from '../ops/pool-adaptive.js';
import {
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  adaptiveMaxPool3dWithIndices,
} from '../ops/pool-indices.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch, placesAsBatch } from './batch.js';
import { AdaptivePool } from './pool-window.js';

/**
 * Averages of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes, of a single sample without B:
 * x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveAvgPool1d, ones } from 'myelin';
 * console.log(new AdaptiveAvgPool1d(3).forward(ones([2, 4, 7])).shape); // [ 2, 4, 3 ]
 * ```
 */
export class AdaptiveAvgPool1d extends AdaptivePool<Single> {
  constructor(outputSize: Single) {
    super(1, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 1, (batch) => adaptiveAvgPool1d(batch, this.outputSize));
  }
}

/**
 * Averages of as many windows as are asked for: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis; `null` leaves an axis as it is
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveAvgPool2d, ones } from 'myelin';
 * console.log(new AdaptiveAvgPool2d([2, 3]).forward(ones([1, 4, 5, 7])).shape); // [ 1, 4, 2, 3 ]
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptivePool<AdaptivePair> {
  constructor(outputSize: AdaptivePair) {
    super(2, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => adaptiveAvgPool2d(batch, this.outputSize));
  }
}

/**
 * Averages of as many windows as are asked for along each axis of a volume, windows as those of {@link AdaptiveAvgPool2d}.
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis; `null` leaves an axis as it is
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveAvgPool3d, ones } from 'myelin';
 * console.log(new AdaptiveAvgPool3d([2, 3, null]).forward(ones([1, 4, 5, 7, 6])).shape); // [ 1, 4, 2, 3, 6 ]
 * ```
 */
export class AdaptiveAvgPool3d extends AdaptivePool<AdaptiveTriple> {
  constructor(outputSize: AdaptiveTriple) {
    super(3, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => adaptiveAvgPool3d(batch, this.outputSize));
  }
}

/**
 * Largest values of as many windows as are asked for: window i of n over L steps is [⌊i·L/n⌋, ⌈(i + 1)·L/n⌉).
 *
 * Shapes, of a single sample without B:
 * x [B, C, L] → [B, C, outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveMaxPool1d, ones } from 'myelin';
 * console.log(new AdaptiveMaxPool1d(3).forward(ones([2, 4, 7])).shape); // [ 2, 4, 3 ]
 * ```
 */
export class AdaptiveMaxPool1d extends AdaptivePool<Single> {
  constructor(outputSize: Single) {
    super(1, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 1, (batch) => adaptiveMaxPool1d(batch, this.outputSize));
  }

  /** {@link AdaptiveMaxPool1d.forward} and where each maximum is in the signal of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 1, (batch) => adaptiveMaxPool1dWithIndices(batch, this.outputSize));
  }
}

/**
 * Largest values of as many windows as are asked for: window i of n over H rows is
 * [⌊i·H/n⌋, ⌈(i + 1)·H/n⌉), and alike over columns.
 *
 * Shapes, of a single sample without B:
 * x [B, C, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis; `null` leaves an axis as it is
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveMaxPool2d, ones } from 'myelin';
 * console.log(new AdaptiveMaxPool2d(1).forward(ones([1, 4, 5, 7])).shape); // [ 1, 4, 1, 1 ]
 * ```
 */
export class AdaptiveMaxPool2d extends AdaptivePool<AdaptivePair> {
  constructor(outputSize: AdaptivePair) {
    super(2, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 2, (batch) => adaptiveMaxPool2d(batch, this.outputSize));
  }

  /** {@link AdaptiveMaxPool2d.forward} and where each maximum is in the plane of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 2, (batch) => adaptiveMaxPool2dWithIndices(batch, this.outputSize));
  }
}

/**
 * Largest values of as many windows as are asked for along each axis of a volume, windows as those of {@link AdaptiveMaxPool2d}.
 *
 * Shapes, of a single sample without B:
 * x [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: float dtypes.
 *
 * @param outputSize number of windows along each axis; `null` leaves an axis as it is
 * @throws MyelinError `VALUE` unless it is positive
 * @example
 * ```ts
 * import { AdaptiveMaxPool3d, ones } from 'myelin';
 * console.log(new AdaptiveMaxPool3d([2, 3, null]).forward(ones([1, 4, 5, 7, 6])).shape); // [ 1, 4, 2, 3, 6 ]
 * ```
 */
export class AdaptiveMaxPool3d extends AdaptivePool<AdaptiveTriple> {
  constructor(outputSize: AdaptiveTriple) {
    super(3, outputSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return asBatch(x, 3, (batch) => adaptiveMaxPool3d(batch, this.outputSize));
  }

  /** {@link AdaptiveMaxPool3d.forward} and where each maximum is in the volume of the input. */
  withIndices<D extends FloatDType>(x: Tensor<D>): [max: Tensor<D>, indices: Tensor<'int32'>] {
    return placesAsBatch(x, 3, (batch) => adaptiveMaxPool3dWithIndices(batch, this.outputSize));
  }
}
