import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import { channelsLastStrides, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkShapeOf, type Pair } from './checks.js';
import { checkConvolution, convolvedShape, type ConvOptions, type Geometry } from './conv-geometry.js';
import { zeros } from './creation.js';
import { sum } from './reduce.js';

/** How `conv2d` moves its kernel. */
export const geometryAttrs = { stride: 'ints', padding: 'ints', dilation: 'ints', groups: 'int' } as const;

const imageSpec = (x: TensorSpec, shape: Shape): TensorSpec => ({
  dtype: x.dtype,
  shape,
  strides: channelsLastStrides(shape),
});

const conv2dOp = defineOp({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias'],
  attrs: geometryAttrs,
  save: ['x', 'weight'],
  infer: ({ x, weight, bias }, attrs) => {
    const out = imageSpec(x, convolvedShape('conv2d', x, weight, attrs));
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

/** A convolution of images, its arguments being checked. */
export function convolve(
  x: Tensor,
  weight: Tensor,
  { stride, padding, dilation, groups }: Geometry,
  bias?: Tensor,
): Tensor {
  const attrs = { stride, padding, dilation, groups };
  if (bias !== undefined) return conv2dOp({ x, weight, bias }, attrs);
  return scope(() => conv2dOp({ x, weight, bias: zeros([0], { dtype: x.dtype }) }, attrs));
}

/** The gradient of a convolution by its input: a transposed convolution. */
export function convDInput(gradient: Tensor, weight: Tensor, inputShape: Shape, geometry: Geometry): Tensor {
  const { stride, padding, dilation, groups } = geometry;
  return conv2dDInputOp({ gradient, weight }, { inputShape, stride, padding, dilation, groups });
}

function convDWeight(x: Tensor, gradient: Tensor, kernelShape: Shape, geometry: Geometry): Tensor {
  const { stride, padding, dilation, groups } = geometry;
  return conv2dDWeightOp({ x, gradient }, { kernelShape, stride, padding, dilation, groups });
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions extends ConvOptions<Pair> {}

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
 * A 3 × 3 kernel with stride 1, dilation 1 and enough channels (from about 16 on) is applied in float32, and by the halves,
 * by Winograd's algorithm, as are its derivatives: tiles of 4 × 4 output pixels are made of 36 products instead of 144,
 * with errors of about 10⁻⁶ of the output's range. Sums of whole numbers are rounded there too, and a NaN, an infinity or a
 * number near the greatest float makes NaN of whole tiles: of all that read it (a tile reads 6 × 6 pixels), in all output
 * channels of its group. So are many larger kernels with strides of 2 to 4, such as 4 × 4 to 6 × 6 with stride 2, as sums of such.
 * float64 is always summed directly.
 *
 * @param options.bias one value per output channel; default none
 * @param options.stride pixels between positions of the kernel, a number or [height, width]; default 1
 * @param options.padding zeros on each side in pixels, a number or [height, width], `'same'` or `'valid'`; default 0
 * @param options.dilation pixels between elements of the kernel; default 1
 * @param options.groups parts into which the channels are split; default 1
 * @throws MyelinError `SHAPE` when channels differ or the kernel does not fit; `DTYPE` when dtypes differ or are not
 *   float; `VALUE` for options out of range
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308 (with other points).
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
  const geometry = checkConvolution('conv2d', x, weight, options, 2);
  return convolve(x, weight, geometry, options.bias);
}
