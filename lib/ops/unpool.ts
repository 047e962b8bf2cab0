import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { extentsOf, type Pair, type Single, type Triple } from './checks.js';
import { zeros } from './creation.js';
import type { IndexDType } from './indexing.js';
import { onBehalf } from './on-behalf.js';
import { checkInput, sizesOf } from './pool-axes.js';
import { reshape } from './reshape.js';
import { scatter } from './scatter.js';

/** Options of unpooling; `E` is a number, or one for each spatial axis. */
export interface MaxUnpoolOptions<E> {
  /** Stride of the pool that is undone; default the kernel size. */
  readonly stride?: E;
  /** Its padding; default 0. */
  readonly padding?: E;
  /** Spatial extents of the result; default (extent − 1)·stride − 2·padding + kernel. */
  readonly outputSize?: E | undefined;
}

/** Options of {@link maxUnpool1d}. */
export interface MaxUnpool1dOptions extends MaxUnpoolOptions<Single> {}
/** Options of {@link maxUnpool2d}. */
export interface MaxUnpool2dOptions extends MaxUnpoolOptions<Pair> {}
/** Options of {@link maxUnpool3d}. */
export interface MaxUnpool3dOptions extends MaxUnpoolOptions<Triple> {}

interface Pooled {
  readonly x: Tensor<FloatDType>;
  readonly indices: Tensor<IndexDType>;
}

function unpool(
  op: string,
  axes: 1 | 2 | 3,
  { x, indices }: Pooled,
  kernelSize: unknown,
  options: MaxUnpoolOptions<unknown>,
): Tensor {
  checkInput(op, x, axes);
  const { kernel, stride, padding } = sizesOf(op, kernelSize, options, axes);
  const usual = kernel.map((extent, i) => (x.shape[2 + i]! - 1) * stride[i]! - 2 * padding[i]! + extent);
  const extents = extentsOf(op, 'outputSize', options.outputSize ?? usual, axes, 1);
  const [batch, channels] = x.shape as [number, number];
  return onBehalf(op, () => {
    const flat = zeros([batch, channels, extents.reduce((all, extent) => all * extent, 1)], { dtype: x.dtype });
    const places = reshape(indices, [batch, channels, -1]);
    const filled = scatter(flat, places, reshape(x, [batch, channels, -1]), { axis: 2 });
    return reshape(filled, [batch, channels, ...extents]);
  });
}

/**
 * Puts maxima back where {@link maxPool1dWithIndices} found them, and zeros everywhere else.
 *
 * Shapes: x and indices [B, C, L] → [B, C, outputSize]. Dtypes: x float dtypes; indices int32 or int64, places in the
 * signal of the result.
 *
 * @param kernelSize windows of the pool that is undone
 * @param options.stride stride of that pool; default `kernelSize`
 * @param options.padding its padding; default 0
 * @param options.outputSize length of the result; default (L − 1)·stride − 2·padding + kernel
 * @throws MyelinError `SHAPE` when x is no batch of signals or indices have another shape; `INDEX` for a place outside the
 * result; `DTYPE`; `VALUE` for options out of range
 * @example
 * ```ts
 * import { maxPool1dWithIndices, maxUnpool1d, tensor } from 'myelin';
 * const [max, indices] = maxPool1dWithIndices(tensor([[[1, 2, 4, 3]]]), 2);
 * console.log(maxUnpool1d(max, indices, 2).flatten().toArray()); // [ 0, 2, 4, 0 ]
 * ```
 */
export function maxUnpool1d<D extends FloatDType>(
  x: Tensor<D>,
  indices: Tensor<IndexDType>,
  kernelSize: Single,
  options?: MaxUnpool1dOptions,
): Tensor<D>;
export function maxUnpool1d(
  x: Tensor<FloatDType>,
  indices: Tensor<IndexDType>,
  kernelSize: Single,
  options: MaxUnpool1dOptions = {},
): Tensor {
  return unpool('maxUnpool1d', 1, { x, indices }, kernelSize, options);
}

/**
 * Puts maxima back where {@link maxPool2dWithIndices} found them, and zeros everywhere else.
 *
 * Shapes: x and indices [B, C, H, W] → [B, C, *outputSize]. Dtypes: x float dtypes; indices int32 or int64, places in the
 * plane of the result counted row by row.
 *
 * @param kernelSize windows of the pool that is undone, a number or [height, width]
 * @param options.stride stride of that pool; default `kernelSize`
 * @param options.padding its padding; default 0
 * @param options.outputSize height and width of the result; default (H − 1)·stride − 2·padding + kernel
 * @throws MyelinError `SHAPE` when x is no batch of images or indices have another shape; `INDEX` for a place outside the
 * result; `DTYPE`; `VALUE` for options out of range
 * @example
 * ```ts
 * import { maxPool2dWithIndices, maxUnpool2d, tensor } from 'myelin';
 * const [max, indices] = maxPool2dWithIndices(tensor([[[[1, 2], [4, 3]]]]), 2);
 * console.log(maxUnpool2d(max, indices, 2).flatten().toArray()); // [ 0, 0, 4, 0 ]
 * ```
 */
export function maxUnpool2d<D extends FloatDType>(
  x: Tensor<D>,
  indices: Tensor<IndexDType>,
  kernelSize: Pair,
  options?: MaxUnpool2dOptions,
): Tensor<D>;
export function maxUnpool2d(
  x: Tensor<FloatDType>,
  indices: Tensor<IndexDType>,
  kernelSize: Pair,
  options: MaxUnpool2dOptions = {},
): Tensor {
  return unpool('maxUnpool2d', 2, { x, indices }, kernelSize, options);
}

/**
 * Puts maxima back where {@link maxPool3dWithIndices} found them, and zeros everywhere else.
 *
 * Shapes: x and indices [B, C, D, H, W] → [B, C, *outputSize]. Dtypes: x float dtypes; indices int32 or int64, places in the
 * volume of the result counted plane by plane and row by row.
 *
 * @param kernelSize windows of the pool that is undone, a number or [depth, height, width]
 * @param options.stride stride of that pool; default `kernelSize`
 * @param options.padding its padding; default 0
 * @param options.outputSize depth, height and width of the result; default (D − 1)·stride − 2·padding + kernel
 * @throws MyelinError `SHAPE` when x is no batch of volumes or indices have another shape; `INDEX` for a place outside the
 * result; `DTYPE`; `VALUE` for options out of range
 * @example
 * ```ts
 * import { maxPool3dWithIndices, maxUnpool3d, tensor } from 'myelin';
 * const [max, indices] = maxPool3dWithIndices(tensor([[[[[1, 2]], [[4, 3]]]]]), [2, 1, 2]);
 * console.log(maxUnpool3d(max, indices, [2, 1, 2]).flatten().toArray()); // [ 0, 0, 4, 0 ]
 * ```
 */
export function maxUnpool3d<D extends FloatDType>(
  x: Tensor<D>,
  indices: Tensor<IndexDType>,
  kernelSize: Triple,
  options?: MaxUnpool3dOptions,
): Tensor<D>;
export function maxUnpool3d(
  x: Tensor<FloatDType>,
  indices: Tensor<IndexDType>,
  kernelSize: Triple,
  options: MaxUnpool3dOptions = {},
): Tensor {
  return unpool('maxUnpool3d', 3, { x, indices }, kernelSize, options);
}
