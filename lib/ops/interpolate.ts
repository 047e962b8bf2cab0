import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { channelsLastStrides, checkShape, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { antialiased } from './antialias.js';
import { checkFlag, checkInteger, checkObject, checkOption, checkPositive, checkReal, extentsOf } from './checks.js';
import { onBehalf } from './on-behalf.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './pool-adaptive.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';

const kinds = ['nearest', 'nearestExact', 'linear', 'cubic'] as const;

const resampleAttrs = { mode: kinds, alignCorners: 'bool', vertical: 'float', horizontal: 'float' } as const;

/** How an image is resampled: pixels of the input between neighbouring pixels of the result, along both axes. */
interface Resampling {
  readonly mode: (typeof kinds)[number];
  readonly alignCorners: boolean;
  readonly vertical: number;
  readonly horizontal: number;
}

const imageSpec = (x: TensorSpec, shape: Shape): TensorSpec => ({
  dtype: x.dtype,
  shape,
  strides: channelsLastStrides(shape),
});

const resampleOp = defineOp({
  name: 'resample',
  inputs: ['x'],
  attrs: { size: 'ints', ...resampleAttrs },
  save: [],
  infer: ({ x }, { size }) => imageSpec(x, [x.shape[0]!, x.shape[1]!, ...size]),
  grad: ({ dout, attrs, spec }) => ({ x: resampleBackward(dout, spec.x.shape, attrs) }),
});

// Resampling is linear, so the derivative of its derivative is resampling again.
const resampleBackwardOp = defineOp({
  name: 'resampleBackward',
  inputs: ['gradient'],
  attrs: { inputShape: 'ints', ...resampleAttrs },
  save: [],
  infer: ({ gradient }, { inputShape }) => imageSpec(gradient, inputShape),
  grad: ({ dout, attrs, spec }) => ({ gradient: resample(dout, spec.gradient.shape.slice(2), attrs) }),
});

function resample(x: Tensor, size: Shape, { mode, alignCorners, vertical, horizontal }: Resampling): Tensor {
  return resampleOp({ x }, { size, mode, alignCorners, vertical, horizontal });
}

function resampleBackward(gradient: Tensor, inputShape: Shape, given: Resampling): Tensor {
  const { mode, alignCorners, vertical, horizontal } = given;
  return resampleBackwardOp({ gradient }, { inputShape, mode, alignCorners, vertical, horizontal });
}

/** How {@link interpolate} finds values between those that are there. */
export type InterpolateMode = 'nearest' | 'nearestExact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';

/** Options of {@link interpolate}. */
export interface InterpolateOptions {
  /** Extents of the result, one number for all spatial axes or one for each; either this or `scaleFactor`. */
  readonly size?: number | Shape;
  /** By how much extents are multiplied, one number for all spatial axes or one for each. */
  readonly scaleFactor?: number | readonly number[];
  /** Default `'nearest'`. */
  readonly mode?: InterpolateMode;
  /** Whether the outermost places of input and result are the same, not the outer edges of them; default `false`. */
  readonly alignCorners?: boolean;
  /**
   * Whether places are found by the extents of the result, cut off as they are, and not by the given `scaleFactor`; default
   * `false`.
   */
  readonly recomputeScaleFactor?: boolean;
  /** Whether images that shrink are filtered by as much, `bilinear` and `bicubic` only; default `false`. */
  readonly antialias?: boolean;
}

// The kind of each mode and the numbers of spatial axes that it is for.
const modes: Readonly<Record<InterpolateMode, readonly [(typeof kinds)[number], readonly number[]]>> = {
  nearest: ['nearest', [1, 2, 3]],
  nearestExact: ['nearestExact', [1, 2, 3]],
  linear: ['linear', [1]],
  bilinear: ['linear', [2]],
  bicubic: ['cubic', [2]],
  trilinear: ['linear', [3]],
  area: ['nearest', [1, 2, 3]],
};

function checkMode(x: Tensor, { mode = 'nearest', alignCorners = false, antialias = false }: InterpolateOptions): void {
  checkOption('interpolate', 'mode', mode, Object.keys(modes));
  const [kind, axes] = modes[mode];
  if (!axes.includes(x.rank - 2)) {
    const need = axes.map((count) => count + 2).join(' or ');
    fail('SHAPE', 'interpolate', `x is ${describe(x)}, mode is ${mode} (need ${need} axes)`, { x: x.shape, mode });
  }
  if (x.shape.slice(2).includes(0)) {
    fail('SHAPE', 'interpolate', `x is ${describe(x)} (need places between which to interpolate)`, { x: x.shape });
  }
  if (alignCorners && kind !== 'linear' && kind !== 'cubic') {
    fail('VALUE', 'interpolate', `alignCorners is true, mode is ${mode} (need linear, bilinear, bicubic or trilinear)`);
  }
  checkFlag('interpolate', 'antialias', antialias);
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic') {
    fail('VALUE', 'interpolate', `antialias is true, mode is ${mode} (need bilinear or bicubic)`);
  }
}

/** Extents of the result, and factors where those were given. */
function targetOf(
  x: Tensor,
  { size, scaleFactor, recomputeScaleFactor = false }: InterpolateOptions,
): { size: Shape; factors: readonly number[] | undefined } {
  const n = x.rank - 2;
  if ((size === undefined) === (scaleFactor === undefined)) {
    fail('VALUE', 'interpolate', 'need either size or scaleFactor');
  }
  checkFlag('interpolate', 'recomputeScaleFactor', recomputeScaleFactor);
  if (recomputeScaleFactor && size !== undefined) {
    fail('VALUE', 'interpolate', 'recomputeScaleFactor is true, size is given (need a scaleFactor)');
  }
  if (size !== undefined) return { size: extentsOf('interpolate', 'size', size, n, 1), factors: undefined };
  const given: unknown = typeof scaleFactor === 'number' ? new Array<number>(n).fill(scaleFactor) : scaleFactor;
  if (!Array.isArray(given) || given.length !== n) {
    fail('VALUE', 'interpolate', `scaleFactor is ${String(given)} (need a number, or one for each of ${n} axes)`);
  }
  const factors = given as readonly number[];
  for (const factor of factors) checkPositive('interpolate', 'scaleFactor', factor);
  const extents = factors.map((factor, i) => Math.floor(x.shape[2 + i]! * factor));
  for (const extent of extents) checkInteger('interpolate', 'size', extent, 1);
  return { size: extents, factors: recomputeScaleFactor ? undefined : factors };
}

// Distances in the input of neighbours in the result.
function scalesOf(x: Shape, size: Shape, factors: readonly number[] | undefined, alignCorners: boolean): number[] {
  return size.map((out, i) => {
    const extent = x[2 + i]!;
    if (alignCorners) return out > 1 ? (extent - 1) / (out - 1) : 0;
    return factors === undefined ? extent / out : 1 / factors[i]!;
  });
}

function resampleAxes(
  x: Tensor,
  size: Shape,
  scales: readonly number[],
  kind: (typeof kinds)[number],
  alignCorners: boolean,
): Tensor {
  const plan = (vertical: number, horizontal: number): Resampling => ({
    mode: kind,
    alignCorners,
    vertical,
    horizontal,
  });
  if (size.length === 1) return squeeze(resample(unsqueeze(x, 2), [1, size[0]!], plan(1, scales[0]!)), 2);
  if (size.length === 2) return resample(x, size, plan(scales[0]!, scales[1]!));
  const [batch, channels, depth, height, width] = x.shape as [number, number, number, number, number];
  const [places, ...plane] = size as [number, number, number];
  const slices = resample(reshape(x, [batch, channels * depth, height, width]), plane, plan(scales[1]!, scales[2]!));
  const lines = reshape(slices, [batch, channels, depth, plane[0] * plane[1]]);
  const out = resample(lines, [places, plane[0] * plane[1]], plan(scales[0]!, 1));
  return reshape(out, [batch, channels, places, ...plane]);
}

function averages(x: Tensor<FloatDType>, [first = 0, second = 0, third = 0]: Shape): Tensor {
  if (x.rank === 3) return adaptiveAvgPool1d(x, first);
  return x.rank === 4 ? adaptiveAvgPool2d(x, [first, second]) : adaptiveAvgPool3d(x, [first, second, third]);
}

/**
 * Resizes signals, images or volumes: every place of the result is a mixture of places of the input around where it came
 * from, at scale · (i + ½) − ½, or scale · i with aligned corners.
 *
 * `nearest` takes the place at ⌊scale · i⌋, `nearestExact` that at ⌊scale · (i + ½)⌋; `linear`, `bilinear` and `trilinear` mix two
 * neighbours an axis, `bicubic` four; `area` averages what falls into each place. With `antialias` as many neighbours are mixed as
 * the result leaves out, for `bicubic` with a = −½.
 *
 * Shapes: x [B, C, L], [B, C, H, W] or [B, C, D, H, W], with as many axes as the mode is for → the same with other extents.
 * Results of images are stored channels-last, but for `antialias`. Dtypes: float dtypes.
 *
 * @param options.size extents of the result, one number for all spatial axes or one for each
 * @param options.scaleFactor by how much extents are multiplied, instead of `size`; fractions are cut off
 * @param options.mode `'nearest'`, `'nearestExact'`, `'linear'`, `'bilinear'`, `'bicubic'`, `'trilinear'` or `'area'`; default
 * `'nearest'`
 * @param options.alignCorners whether the outermost places of input and result are the same; default `false`
 * @param options.recomputeScaleFactor whether places are found by the extents of the result, not by `scaleFactor`; default `false`
 * @param options.antialias whether images that shrink are filtered by as much, `bilinear` and `bicubic` only; default `false`
 * @throws MyelinError `SHAPE` when x has another rank than the mode is for; `VALUE` for options out of range, and unless
 * either size or scale is given; `DTYPE` for integers and bool
 *
 * Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = −¾.
 * @example
 * ```ts
 * import { interpolate, tensor } from 'myelin';
 * const x = tensor([[[0, 4]]]);
 * console.log(interpolate(x, { scaleFactor: 2, mode: 'linear' }).toArray()); // [ [ [ 0, 1, 3, 4 ] ] ]
 * ```
 */
export function interpolate<D extends FloatDType>(x: Tensor<D>, options: InterpolateOptions): Tensor<D>;
export function interpolate(x: Tensor<FloatDType>, options: InterpolateOptions): Tensor {
  checkReal('interpolate', 'x', x);
  checkObject('interpolate', 'options', options);
  const { mode = 'nearest', alignCorners = false, antialias = false } = options;
  checkMode(x, options);
  const { size, factors } = targetOf(x, options);
  checkShape('interpolate', [x.shape[0]!, x.shape[1]!, ...size]);
  return onBehalf('interpolate', () => {
    if (mode === 'area') return averages(x, size);
    const scales = scalesOf(x.shape, size, factors, alignCorners);
    if (antialias) return antialiased(x, size, scales, mode === 'bilinear' ? 'linear' : 'cubic');
    return resampleAxes(x, size, scales, modes[mode][0], alignCorners);
  });
}
