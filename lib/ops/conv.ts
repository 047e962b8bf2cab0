import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { channelsLastStrides, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkInteger, checkOneFloat, checkShapeOf, pairOf, type Pair } from './checks.js';
import { zeros } from './creation.js';
import { sum } from './reduce.js';

/** Where the kernel looks, as the native side takes it. */
interface Geometry {
  readonly stride: readonly number[];
  /** Top, left, bottom, right. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

const geometryAttrs = { stride: 'ints', padding: 'ints', dilation: 'ints', groups: 'int' } as const;

const imageSpec = (x: TensorSpec, shape: Shape): TensorSpec => ({
  dtype: x.dtype,
  shape,
  strides: channelsLastStrides(shape),
});

// Output extent along image axis `i`, 0 for the height and 1 for the width; 0 when the kernel does not fit.
function extentOf(x: Shape, weight: Shape, { stride, padding, dilation }: Geometry, i: number): number {
  const kernel = weight[2 + i]!;
  const room = x[2 + i]! + padding[i]! + padding[2 + i]! - dilation[i]! * (kernel - 1) - 1;
  return room < 0 || kernel === 0 ? 0 : Math.floor(room / stride[i]!) + 1;
}

function inferConv(x: Tensor, weight: Tensor, geometry: Geometry): TensorSpec {
  const given = `x is ${describe(x)}, weight is ${describe(weight)}`;
  const { groups } = geometry;
  const [batch = 0, channels = 0] = x.shape;
  const [outChannels = 0, groupChannels = 0] = weight.shape;
  if (x.rank !== 4 || weight.rank !== 4) {
    fail('SHAPE', 'conv2d', `${given} (need x [B, C, H, W] and weight [O, C / groups, KH, KW])`);
  }
  if (channels !== groupChannels * groups) {
    fail(
      'SHAPE',
      'conv2d',
      `channels differ: ${given}, groups is ${groups} (need x.shape[1] = weight.shape[1] * groups)`,
    );
  }
  if (outChannels % groups !== 0) {
    fail('SHAPE', 'conv2d', `${given}, groups is ${groups} (need weight.shape[0] to be a multiple of groups)`);
  }
  const height = extentOf(x.shape, weight.shape, geometry, 0);
  const width = extentOf(x.shape, weight.shape, geometry, 1);
  if (height === 0 || width === 0) {
    const [top, left, bottom, right] = geometry.padding;
    const padding = `padding is ${top},${left},${bottom},${right}, dilation is ${geometry.dilation.join(',')}`;
    fail('SHAPE', 'conv2d', `${given}, ${padding} (need a padded image at least as large as the kernel)`);
  }
  return imageSpec(x, [batch, outChannels, height, width]);
}

const conv2dOp = defineOp({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias'],
  attrs: geometryAttrs,
  save: ['x', 'weight'],
  infer: ({ x, weight, bias }, attrs) => {
    const out = inferConv(x, weight, attrs);
    if (bias.size !== 0) checkShapeOf('conv2d', 'bias', bias, [weight.shape[0]!], 'one value per output channel');
    return out;
  },
  grad: ({ x, weight, dout, attrs, needs }) => ({
    x: needs.x ? convDInput(dout, weight, x.shape, attrs) : undefined,
    weight: needs.weight ? convDWeight(x, dout, weight.shape, attrs) : undefined,
    bias: needs.bias ? sum(dout, { axis: [0, 2, 3] }) : undefined,
  }),
});

// A convolution is linear in the image and in the kernel, so derivatives of its derivatives are convolutions again.
const conv2dDInputOp = defineOp({
  name: 'conv2dDInput',
  inputs: ['gradient', 'weight'],
  attrs: { inputShape: 'ints', ...geometryAttrs },
  save: ['gradient', 'weight'],
  infer: ({ gradient }, { inputShape }) => imageSpec(gradient, inputShape),
  grad: ({ gradient, weight, dout, attrs, needs }) => ({
    gradient: needs.gradient ? convolve(dout, weight, attrs) : undefined,
    weight: needs.weight ? convDWeight(dout, gradient, weight.shape, attrs) : undefined,
  }),
});

const conv2dDWeightOp = defineOp({
  name: 'conv2dDWeight',
  inputs: ['x', 'gradient'],
  attrs: { kernelShape: 'ints', ...geometryAttrs },
  save: ['x', 'gradient'],
  infer: ({ x }, { kernelShape }) => ({ dtype: x.dtype, shape: kernelShape }),
  grad: ({ x, gradient, dout, attrs, needs }) => ({
    x: needs.x ? convDInput(gradient, dout, x.shape, attrs) : undefined,
    gradient: needs.gradient ? convolve(x, dout, attrs) : undefined,
  }),
});

function convolve(x: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Geometry, bias?: Tensor): Tensor {
  const attrs = { stride, padding, dilation, groups };
  if (bias !== undefined) return conv2dOp({ x, weight, bias }, attrs);
  return scope(() => conv2dOp({ x, weight, bias: zeros([0], { dtype: x.dtype }) }, attrs));
}

function convDInput(gradient: Tensor, weight: Tensor, inputShape: Shape, geometry: Geometry): Tensor {
  const { stride, padding, dilation, groups } = geometry;
  return conv2dDInputOp({ gradient, weight }, { inputShape, stride, padding, dilation, groups });
}

function convDWeight(x: Tensor, gradient: Tensor, kernelShape: Shape, geometry: Geometry): Tensor {
  const { stride, padding, dilation, groups } = geometry;
  return conv2dDWeightOp({ x, gradient }, { kernelShape, stride, padding, dilation, groups });
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** One value per output channel, added to every pixel; default none. */
  readonly bias?: Tensor | undefined;
  /** Pixels between neighbouring positions of the kernel; default 1. */
  readonly stride?: Pair;
  /**
   * Zeros around the image, in pixels; `'valid'` is 0, and `'same'` keeps height and width (stride 1 only; where an odd
   * number is needed, the extra row or column is at the end). Default 0.
   */
  readonly padding?: Pair | 'same' | 'valid';
  /** Pixels between neighbouring elements of the kernel; default 1. */
  readonly dilation?: Pair;
  /** Parts into which the channels are split, each with kernels of its own; default 1. */
  readonly groups?: number;
}

function paddingOf(padding: Pair | 'same' | 'valid', weight: Tensor, stride: Shape, dilation: Shape): number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') {
    if (typeof padding === 'string') {
      fail('VALUE', 'conv2d', `padding is ${show(padding)} (need a number, [height, width], "same" or "valid")`);
    }
    const [height, width] = pairOf('conv2d', 'padding', padding, 0);
    return [height, width, height, width];
  }
  if (stride[0] !== 1 || stride[1] !== 1) {
    fail(
      'VALUE',
      'conv2d',
      `padding is "same" and stride is ${stride.join(',')} (need stride 1, or padding as numbers)`,
    );
  }
  const total = [0, 1].map((i) => dilation[i]! * ((weight.shape[2 + i] ?? 1) - 1));
  const before = total.map((pixels) => Math.floor(pixels / 2));
  return [...before, ...total.map((pixels, i) => pixels - before[i]!)];
}

/**
 * Slides kernels over images and sums the products (a cross-correlation, as in every deep-learning library).
 *
 * out[b, o, i, j] = bias[o] + Σ c,k,l  weight[o, c, k, l] · x[b, c, i·stride + k·dilation − padding, …]
 *
 * With groups, output channel o sees only the channels of its own group.
 *
 * Shapes: x [B, C, H, W], weight [O, C / groups, KH, KW], bias [O] → [B, O, H′, W′] with
 * H′ = ⌊(H + 2·padding − dilation·(KH − 1) − 1) / stride⌋ + 1. Results are stored channels-last; views that are stored
 * so already are read where they lie. Dtypes: float dtypes, the same for all.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride pixels between positions of the kernel, a number or [height, width]; default 1
 * @param options.padding zeros on each side in pixels, a number or [height, width], `'same'` or `'valid'`; default 0
 * @param options.dilation pixels between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or the kernel does not fit; `DTYPE` when dtypes differ or are not
 *   float; `VALUE` for options out of range
 * @example
 * ```ts
 * import { conv2d, ones } from 'myelin';
 * const y = conv2d(ones([1, 1, 4, 4]), ones([2, 1, 3, 3]), { padding: 'same' });
 * console.log(y.shape); // [ 1, 2, 4, 4 ]
 * ```
 */
export function conv2d<D extends FloatDType>(
  x: Tensor<D>,
  weight: Tensor<NoInfer<D>>,
  options?: Conv2dOptions,
): Tensor<D>;
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const { bias, groups = 1 } = options;
  checkOneFloat('conv2d', bias === undefined ? { x, weight } : { x, weight, bias });
  const stride = pairOf('conv2d', 'stride', options.stride ?? 1, 1);
  const dilation = pairOf('conv2d', 'dilation', options.dilation ?? 1, 1);
  const padding = paddingOf(options.padding ?? 0, weight, stride, dilation);
  checkInteger('conv2d', 'groups', groups, 1);
  // An empty bias means none to the native side, which is right only for an image without output channels.
  if (bias?.size === 0) checkShapeOf('conv2d', 'bias', bias, [weight.shape[0] ?? 0], 'one value per output channel');
  return convolve(x, weight, { stride, padding, dilation, groups }, bias);
}
