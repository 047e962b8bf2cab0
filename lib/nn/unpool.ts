import type { Pair, Single, Triple } from '../ops/checks.js';
import type { IndexDType } from '../ops/indexing.js';
import { unsqueeze } from '../ops/reshape.js';
import {
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type MaxUnpool1dOptions,
  type MaxUnpool2dOptions,
  type MaxUnpool3dOptions,
} from '../ops/unpool.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { asBatch } from './batch.js';
import { WindowPool } from './pool-window.js';

/** What undoes pools whose windows are of a given size. */
abstract class Unpool<E, Options extends object> extends WindowPool<
  E,
  Omit<Options, 'outputSize'>,
  readonly [x: Tensor<FloatDType>, indices: Tensor<IndexDType>]
> {
  protected constructor(
    private readonly axes: number,
    kernelSize: E,
    options: Omit<Options, 'outputSize'>,
  ) {
    super(axes, kernelSize, options);
  }

  /** Runs what takes batches on a single sample, too. */
  protected put<D extends FloatDType>(
    x: Tensor<D>,
    indices: Tensor<IndexDType>,
    run: (x: Tensor<D>, indices: Tensor<IndexDType>) => Tensor<D>,
  ): Tensor<D> {
    return asBatch(x, this.axes, (batch) => run(batch, batch === x ? indices : unsqueeze(indices, 0)));
  }
}

/**
 * Puts maxima back where {@link MaxPool1d} found them, and zeros everywhere else.
 *
 * Shapes, of a single sample without B:
 * x and indices [B, C, L] → [B, C, L′] with L′ = (L − 1)·stride − 2·padding + K.
 * Dtypes: x float dtypes; indices int32 or int64.
 *
 * @param kernelSize windows of the pool that is undone
 * @param options.stride its stride; default `kernelSize`
 * @param options.padding its padding; default 0
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool1d, MaxUnpool1d, tensor } from 'myelin';
 * const [max, indices] = new MaxPool1d(2).withIndices(tensor([[[1, 2, 4, 3]]]));
 * console.log(new MaxUnpool1d(2).forward(max, indices).flatten().toArray()); // [ 0, 2, 4, 0 ]
 * ```
 */
export class MaxUnpool1d extends Unpool<Single, MaxUnpool1dOptions> {
  constructor(kernelSize: Single, options: Omit<MaxUnpool1dOptions, 'outputSize'> = {}) {
    super(1, kernelSize, options);
  }

  /**
   * Puts maxima back in their places.
   *
   * @param outputSize length of the result, when it does not follow from the windows
   */
  override forward<D extends FloatDType>(x: Tensor<D>, indices: Tensor<IndexDType>, outputSize?: Single): Tensor<D> {
    return this.put(x, indices, (batch, places) =>
      maxUnpool1d(batch, places, this.kernelSize, { ...this.options, outputSize }),
    );
  }
}

/**
 * Puts maxima back where {@link MaxPool2d} found them, and zeros everywhere else.
 *
 * Shapes, of a single sample without B:
 * x and indices [B, C, H, W] → [B, C, H′, W′] with H′ = (H − 1)·stride − 2·padding + K.
 * Dtypes: x float dtypes; indices int32 or int64.
 *
 * @param kernelSize windows of the pool that is undone
 * @param options.stride its stride; default `kernelSize`
 * @param options.padding its padding; default 0
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool2d, MaxUnpool2d, tensor } from 'myelin';
 * const [max, indices] = new MaxPool2d(2).withIndices(tensor([[[[1, 2], [4, 3]]]]));
 * console.log(new MaxUnpool2d(2).forward(max, indices).flatten().toArray()); // [ 0, 0, 4, 0 ]
 * ```
 */
export class MaxUnpool2d extends Unpool<Pair, MaxUnpool2dOptions> {
  constructor(kernelSize: Pair, options: Omit<MaxUnpool2dOptions, 'outputSize'> = {}) {
    super(2, kernelSize, options);
  }

  /**
   * Puts maxima back in their places.
   *
   * @param outputSize height and width of the result, when they do not follow from the windows
   */
  override forward<D extends FloatDType>(x: Tensor<D>, indices: Tensor<IndexDType>, outputSize?: Pair): Tensor<D> {
    return this.put(x, indices, (batch, places) =>
      maxUnpool2d(batch, places, this.kernelSize, { ...this.options, outputSize }),
    );
  }
}

/**
 * Puts maxima back where {@link MaxPool3d} found them, and zeros everywhere else.
 *
 * Shapes, of a single sample without B:
 * x and indices [B, C, D, H, W] → [B, C, D′, H′, W′] with D′ = (D − 1)·stride − 2·padding + K.
 * Dtypes: x float dtypes; indices int32 or int64.
 *
 * @param kernelSize windows of the pool that is undone
 * @param options.stride its stride; default `kernelSize`
 * @param options.padding its padding; default 0
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { MaxPool3d, MaxUnpool3d, ones } from 'myelin';
 * const [max, indices] = new MaxPool3d(2).withIndices(ones([1, 1, 4, 4, 2]));
 * console.log(new MaxUnpool3d(2).forward(max, indices).sum().item()); // 4
 * ```
 */
export class MaxUnpool3d extends Unpool<Triple, MaxUnpool3dOptions> {
  constructor(kernelSize: Triple, options: Omit<MaxUnpool3dOptions, 'outputSize'> = {}) {
    super(3, kernelSize, options);
  }

  /**
   * Puts maxima back in their places.
   *
   * @param outputSize depth, height and width of the result, when they do not follow from the windows
   */
  override forward<D extends FloatDType>(x: Tensor<D>, indices: Tensor<IndexDType>, outputSize?: Triple): Tensor<D> {
    return this.put(x, indices, (batch, places) =>
      maxUnpool3d(batch, places, this.kernelSize, { ...this.options, outputSize }),
    );
  }
}
