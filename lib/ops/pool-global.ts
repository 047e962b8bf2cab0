import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { onBehalf } from './on-behalf.js';
import { checkInput } from './pool-axes.js';
import { maxPool2d } from './pool.js';
import { mean } from './reduce.js';
import { reshape } from './reshape.js';

function average<D extends FloatDType>(op: string, axes: 1 | 2 | 3, x: Tensor<D>): Tensor<D> {
  checkInput(op, x, axes);
  return mean(x, { axis: [2, 3, 4].slice(0, axes), keepDims: true });
}

function maximum<D extends FloatDType>(op: string, axes: 1 | 2 | 3, x: Tensor<D>): Tensor<D> {
  checkInput(op, x, axes);
  const [batch, channels, ...extents] = x.shape as readonly [number, number, ...number[]];
  const count = sizeOf(extents);
  if (count === 0) fail('SHAPE', op, `x is ${describe(x)} (need something in it to pool)`, { x: x.shape });
  return onBehalf(op, () => {
    const row = maxPool2d(reshape(x, [batch, channels, 1, count]), [1, count]);
    return reshape(row, [batch, channels, ...extents.map(() => 1)]);
  });
}

/**
 * The average of every channel over the whole signal: out[b, c] = avg l  x[b, c, l].
 *
 * Shapes: x [B, C, L] → [B, C, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of signals; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalAvgPool1d, ones } from 'myelin';
 * console.log(globalAvgPool1d(ones([2, 3, 4])).shape); // [ 2, 3, 1 ]
 * ```
 */
export function globalAvgPool1d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return average('globalAvgPool1d', 1, x);
}

/**
 * The average of every channel over the whole image: out[b, c] = avg h,w  x[b, c, h, w].
 *
 * Shapes: x [B, C, H, W] → [B, C, 1, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of images; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalAvgPool2d, ones } from 'myelin';
 * console.log(globalAvgPool2d(ones([2, 3, 4, 4])).shape); // [ 2, 3, 1, 1 ]
 * ```
 */
export function globalAvgPool2d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return average('globalAvgPool2d', 2, x);
}

/**
 * The average of every channel over the whole volume: out[b, c] = avg d,h,w  x[b, c, d, h, w].
 *
 * Shapes: x [B, C, D, H, W] → [B, C, 1, 1, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of volumes; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalAvgPool3d, ones } from 'myelin';
 * console.log(globalAvgPool3d(ones([2, 3, 4, 4, 4])).shape); // [ 2, 3, 1, 1, 1 ]
 * ```
 */
export function globalAvgPool3d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return average('globalAvgPool3d', 3, x);
}

/**
 * The largest value of every channel over the whole signal: out[b, c] = max l  x[b, c, l]; NaN wins.
 *
 * The gradient goes to the first of the largest.
 *
 * Shapes: x [B, C, L] → [B, C, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of signals or has no steps; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalMaxPool1d, ones } from 'myelin';
 * console.log(globalMaxPool1d(ones([2, 3, 4])).shape); // [ 2, 3, 1 ]
 * ```
 */
export function globalMaxPool1d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return maximum('globalMaxPool1d', 1, x);
}

/**
 * The largest value of every channel over the whole image: out[b, c] = max h,w  x[b, c, h, w]; NaN wins.
 *
 * The gradient goes to the first of the largest.
 *
 * Shapes: x [B, C, H, W] → [B, C, 1, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of images or has no pixels; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalMaxPool2d, ones } from 'myelin';
 * console.log(globalMaxPool2d(ones([2, 3, 4, 4])).shape); // [ 2, 3, 1, 1 ]
 * ```
 */
export function globalMaxPool2d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return maximum('globalMaxPool2d', 2, x);
}

/**
 * The largest value of every channel over the whole volume: out[b, c] = max d,h,w  x[b, c, d, h, w]; NaN wins.
 *
 * The gradient goes to the first of the largest.
 *
 * Shapes: x [B, C, D, H, W] → [B, C, 1, 1, 1]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` when `x` is no batch of volumes or has no places; `DTYPE` when it is not float
 * @example
 * ```ts
 * import { globalMaxPool3d, ones } from 'myelin';
 * console.log(globalMaxPool3d(ones([2, 3, 4, 4, 4])).shape); // [ 2, 3, 1, 1, 1 ]
 * ```
 */
export function globalMaxPool3d<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  return maximum('globalMaxPool3d', 3, x);
}
