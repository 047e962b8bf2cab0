import {
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
} from '../ops/pool-global.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * The average of every channel over the whole signal: out[b, c] = avg l  x[b, c, l]. PyTorch's
 * `AdaptiveAvgPool1d(1)`.
 *
 * Shapes: x [B, C, L] → [B, C, 1]. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { GlobalAvgPool1d, ones } from 'myelin';
 * console.log(new GlobalAvgPool1d().forward(ones([2, 8, 7])).shape); // [ 2, 8, 1 ]
 * ```
 */
export class GlobalAvgPool1d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalAvgPool1d(x);
  }
}

/**
 * The average of every channel over the whole image: out[b, c] = avg h,w  x[b, c, h, w]. PyTorch's
 * `AdaptiveAvgPool2d(1)`.
 *
 * Shapes: x [B, C, H, W] → [B, C, 1, 1]. Dtypes: float dtypes.
 *
 * Source: Lin et al. 2014, «Network In Network», section 3.2.
 * @example
 * ```ts
 * import { GlobalAvgPool2d, ones } from 'myelin';
 * console.log(new GlobalAvgPool2d().forward(ones([2, 8, 7, 7])).shape); // [ 2, 8, 1, 1 ]
 * ```
 */
export class GlobalAvgPool2d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalAvgPool2d(x);
  }
}

/**
 * The average of every channel over the whole volume: out[b, c] = avg d,h,w  x[b, c, d, h, w]. PyTorch's
 * `AdaptiveAvgPool3d(1)`.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, 1, 1, 1]. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { GlobalAvgPool3d, ones } from 'myelin';
 * console.log(new GlobalAvgPool3d().forward(ones([2, 8, 7, 7, 7])).shape); // [ 2, 8, 1, 1, 1 ]
 * ```
 */
export class GlobalAvgPool3d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalAvgPool3d(x);
  }
}

/**
 * The largest value of every channel over the whole signal: out[b, c] = max l  x[b, c, l]. PyTorch's
 * `AdaptiveMaxPool1d(1)`.
 *
 * Shapes: x [B, C, L] → [B, C, 1]. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { GlobalMaxPool1d, ones } from 'myelin';
 * console.log(new GlobalMaxPool1d().forward(ones([2, 8, 7])).shape); // [ 2, 8, 1 ]
 * ```
 */
export class GlobalMaxPool1d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalMaxPool1d(x);
  }
}

/**
 * The largest value of every channel over the whole image: out[b, c] = max h,w  x[b, c, h, w]. PyTorch's
 * `AdaptiveMaxPool2d(1)`.
 *
 * Shapes: x [B, C, H, W] → [B, C, 1, 1]. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { GlobalMaxPool2d, ones } from 'myelin';
 * console.log(new GlobalMaxPool2d().forward(ones([2, 8, 7, 7])).shape); // [ 2, 8, 1, 1 ]
 * ```
 */
export class GlobalMaxPool2d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalMaxPool2d(x);
  }
}

/**
 * The largest value of every channel over the whole volume: out[b, c] = max d,h,w  x[b, c, d, h, w]. PyTorch's
 * `AdaptiveMaxPool3d(1)`.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, 1, 1, 1]. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { GlobalMaxPool3d, ones } from 'myelin';
 * console.log(new GlobalMaxPool3d().forward(ones([2, 8, 7, 7, 7])).shape); // [ 2, 8, 1, 1, 1 ]
 * ```
 */
export class GlobalMaxPool3d extends Module {
  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return globalMaxPool3d(x);
  }
}
