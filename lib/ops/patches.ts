import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { checkShape, stridesOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, checkTensor, numeric, pairOf, type Pair } from './checks.js';
import { onBehalf } from './on-behalf.js';
import { pad } from './padding.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';
import { addWindows, asStrided } from './windows.js';

// Images as columns of their patches, and back. Both are one view of the padded image: its elements read, or added up.

/** Options of {@link im2col} and {@link col2im}. */
export interface PatchOptions {
  /** Pixels between neighbouring elements of a patch; default 1. */
  readonly dilation?: Pair;
  /** Zeros on each side of the image, in pixels; default 0. */
  readonly padding?: Pair;
  /** Pixels between neighbouring patches; default 1. */
  readonly stride?: Pair;
}

type Two = readonly [height: number, width: number];

interface Patches {
  readonly kernel: Two;
  readonly dilation: Two;
  readonly padding: Two;
  readonly stride: Two;
}

function patchesOf(op: string, kernelSize: Pair, { dilation = 1, padding = 0, stride = 1 }: PatchOptions): Patches {
  return {
    kernel: pairOf(op, 'kernelSize', kernelSize, 1),
    dilation: pairOf(op, 'dilation', dilation, 1),
    padding: pairOf(op, 'padding', padding, 0),
    stride: pairOf(op, 'stride', stride, 1),
  };
}

/** The view [..., C, KH, KW, H′, W′] of images [..., C, H, W] that are padded and row-major. */
interface PatchView {
  readonly padded: Shape;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

function viewOf(op: string, image: Shape, { kernel, dilation, padding, stride }: Patches): PatchView {
  const lead = image.slice(0, -2);
  const extents = image.slice(-2).map((extent, i) => extent + 2 * padding[i]!);
  const counts = extents.map(
    (extent, i) => Math.floor((extent - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1,
  );
  if (counts.some((count) => count < 1)) {
    const given = `images are [${image.join(',')}], kernelSize is ${kernel.join(',')}, dilation is ${dilation.join(',')}`;
    fail('SHAPE', op, `${given} (need padded images at least as large as a patch)`);
  }
  const padded = [...lead, ...extents];
  const strides = stridesOf(padded);
  const [down, right] = strides.slice(-2) as [number, number];
  return {
    padded,
    shape: [...lead, ...kernel, ...counts],
    strides: [...strides.slice(0, -2), dilation[0] * down, dilation[1] * right, stride[0] * down, stride[1] * right],
  };
}

/**
 * Patches of images as columns: out[b, (c·KH + k)·KW + l, i·W′ + j] = x[b, c, i·stride + k·dilation − padding, …].
 *
 * A convolution is the product of its kernels, as rows, with these columns.
 *
 * Shapes: x [B, C, H, W] or [C, H, W] → [B, C·KH·KW, H′·W′] or [C·KH·KW, H′·W′] with
 * H′ = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1. Dtypes: all.
 *
 * @param kernelSize height and width of a patch, a number or [height, width], in pixels
 * @param options.dilation pixels between elements of a patch; default 1
 * @param options.padding zeros on each side, in pixels; default 0
 * @param options.stride pixels between patches; default 1
 * @throws MyelinError `SHAPE` when x has another rank or patches do not fit; `VALUE` for options out of range
 * @example
 * ```ts
 * import { im2col, tensor } from 'myelin';
 * const image = tensor([[[1, 2, 3], [4, 5, 6]]]);
 * console.log(im2col(image, 2).toArray()); // [ [ 1, 2 ], [ 2, 3 ], [ 4, 5 ], [ 5, 6 ] ]
 * ```
 */
export function im2col<D extends DType>(x: Tensor<D>, kernelSize: Pair, options: PatchOptions = {}): Tensor<D> {
  checkTensor('im2col', 'x', x);
  if (x.rank !== 3 && x.rank !== 4) fail('SHAPE', 'im2col', `x is ${describe(x)} (need [B, C, H, W] or [C, H, W])`);
  const patches = patchesOf('im2col', kernelSize, options);
  const { shape, strides } = viewOf('im2col', x.shape, patches);
  const [height, width] = patches.padding;
  const lead = x.shape.slice(0, -3);
  return onBehalf('im2col', () => {
    const padded = height + width === 0 ? x : pad(x, [[height, height], [width, width]]); // prettier-ignore
    const columns = asStrided(padded, shape, strides);
    return reshape(columns, [...lead, ...joined(shape.slice(lead.length))]);
  });
}

/**
 * Images in which columns of patches are added up, the transpose of {@link im2col}: where patches overlap, their elements sum.
 *
 * Shapes: x [B, C·KH·KW, L] or [C·KH·KW, L] → [B, C, H, W] or [C, H, W], with as many columns L as {@link im2col} makes of such
 * images. Dtypes: all but bool.
 *
 * @param outputSize height and width of the images, a number or [height, width], in pixels
 * @param kernelSize height and width of a patch, a number or [height, width], in pixels
 * @param options.dilation pixels between elements of a patch; default 1
 * @param options.padding pixels on each side that are cut off; default 0
 * @param options.stride pixels between patches; default 1
 * @throws MyelinError `SHAPE` when x has another rank, or not as many rows and columns as patches have elements and places;
 * `VALUE` for options out of range; `DTYPE` for bool
 * @example
 * ```ts
 * import { col2im, ones } from 'myelin';
 * console.log(col2im(ones([4, 2]), [2, 3], 2).toArray()); // [ [ [ 1, 2, 1 ], [ 1, 2, 1 ] ] ]
 * ```
 */
export function col2im<D extends DType>(
  x: Tensor<D>,
  outputSize: Pair,
  kernelSize: Pair,
  options: PatchOptions = {},
): Tensor<D> {
  checkTensor('col2im', 'x', x);
  checkDTypeOf('col2im', 'x', x, numeric);
  const [height, width] = pairOf('col2im', 'outputSize', outputSize, 1);
  const patches = patchesOf('col2im', kernelSize, options);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const area = patches.kernel[0] * patches.kernel[1];
  if ((x.rank !== 2 && x.rank !== 3) || rows % area !== 0) {
    fail('SHAPE', 'col2im', `x is ${describe(x)} (need [B, C·KH·KW, L] or [C·KH·KW, L] with KH·KW = ${area})`);
  }
  const lead = x.shape.slice(0, -2);
  const { padded, shape, strides } = viewOf('col2im', [...lead, rows / area, height, width], patches);
  checkShape('col2im', padded);
  const places = shape.at(-2)! * shape.at(-1)!;
  if (columns !== places) fail('SHAPE', 'col2im', `x is ${describe(x)} (need ${places} columns, one for each patch)`);
  const [above, left] = patches.padding;
  return onBehalf('col2im', () => {
    const sums = addWindows(reshape(x, shape), padded, strides, 0);
    return slice(sums, ...lead.map(() => null), null, [above, above + height], [left, left + width]);
  }) as Tensor<D>;
}

/** [C, KH, KW, H′, W′] as [C·KH·KW, H′·W′]. */
function joined([channels, kernelHeight, kernelWidth, height, width]: Shape): Shape {
  return [channels! * kernelHeight! * kernelWidth!, height! * width!];
}
