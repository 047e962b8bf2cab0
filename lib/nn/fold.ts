import { extentsOf, type Pair } from '../ops/checks.js';
import { col2im, im2col, type PatchOptions } from '../ops/patches.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { WindowPool } from './pool-window.js';

/**
 * Patches of images as columns, see {@link im2col}.
 *
 * Shapes: x [B, C, H, W] or [C, H, W] → [B, C·KH·KW, L] or [C·KH·KW, L] for L patches. Dtypes: float dtypes.
 *
 * @param kernelSize height and width of a patch, a number or [height, width], in pixels
 * @param options.dilation pixels between elements of a patch; default 1
 * @param options.padding zeros on each side, in pixels; default 0
 * @param options.stride pixels between patches; default 1
 * @throws MyelinError `VALUE` for a kernel that is not positive
 * @example
 * ```ts
 * import { ones, Unfold } from 'myelin';
 * console.log(new Unfold(2, { stride: 2 }).forward(ones([1, 3, 4, 6])).shape); // [ 1, 12, 6 ]
 * ```
 */
export class Unfold extends WindowPool<Pair, PatchOptions> {
  constructor(kernelSize: Pair, options: PatchOptions = {}) {
    super(2, kernelSize, options);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return im2col(x, this.kernelSize, this.options);
  }
}

/**
 * Images in which columns of patches are added up, see {@link col2im}.
 *
 * Shapes: x [B, C·KH·KW, L] or [C·KH·KW, L] → [B, C, H, W] or [C, H, W]. Dtypes: float dtypes.
 *
 * @param outputSize height and width of the images, a number or [height, width], in pixels
 * @param kernelSize height and width of a patch, a number or [height, width], in pixels
 * @param options.dilation pixels between elements of a patch; default 1
 * @param options.padding pixels on each side that are cut off; default 0
 * @param options.stride pixels between patches; default 1
 * @throws MyelinError `VALUE` for extents that are not positive
 * @example
 * ```ts
 * import { Fold, ones } from 'myelin';
 * console.log(new Fold([4, 6], 2, { stride: 2 }).forward(ones([1, 12, 6])).shape); // [ 1, 3, 4, 6 ]
 * ```
 */
export class Fold extends Module {
  constructor(
    readonly outputSize: Pair,
    readonly kernelSize: Pair,
    private readonly options: PatchOptions = {},
  ) {
    super();
    for (const [name, value] of Object.entries({ outputSize, kernelSize })) extentsOf('Fold', name, value, 2, 1);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return col2im(x, this.outputSize, this.kernelSize, this.options);
  }
}
