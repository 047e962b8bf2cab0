import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkReal } from './checks.js';
import { checkPairs } from './complex.js';
import type { Direction } from './fft-op.js';
import { complexTransform, realInverse, realTransform, type FftNorm } from './fft.js';

/** Options of transforms along several axes. */
export interface FftAxesOptions {
  /** Lengths of the transforms, one for each axis: what is longer is cut, what is shorter filled up with zeros. */
  readonly s?: readonly number[];
  /** Axes to transform, counted without the axis of the pairs. */
  readonly axes?: readonly number[];
  /** Default `'backward'`: only the inverse transform divides by the number of elements. */
  readonly norm?: FftNorm;
}

interface AxisLength {
  readonly axis: number;
  readonly n: number | undefined;
}

function refuse(op: string, name: string, value: unknown, need: string): never {
  fail('VALUE', op, `${name} is ${show(value)} (need ${need})`, { [name]: value });
}

// Without axes, s is for the last ones; without both, all are transformed.
function resolve(op: string, rank: number, { s, axes }: FftAxesOptions): AxisLength[] {
  const lengths: unknown = s;
  if (lengths !== undefined && !Array.isArray(lengths)) refuse(op, 's', lengths, 'a list of lengths');
  const count = s?.length ?? rank;
  const list = axes ?? Array.from({ length: count }, (_, i) => i - count);
  if (!Array.isArray(list) || list.length === 0) refuse(op, 'axes', list, 'a list of at least one axis');
  if (s !== undefined && s.length !== list.length) refuse(op, 's', s, `one length for each of ${list.length} axes`);
  const found = list.map((axis: number, i): AxisLength => ({ axis: normalizeAxis(op, axis, rank), n: s?.[i] }));
  if (new Set(found.map(({ axis }) => axis)).size !== found.length) refuse(op, 'axes', list, 'every axis once');
  return found;
}

function each(op: string, x: Tensor, lengths: readonly AxisLength[], norm: FftNorm, direction: Direction): Tensor {
  return lengths.reduce((y, { axis, n }) => complexTransform(op, y, { axis, n, norm, direction }), x);
}

function ofPairs(op: string, x: Tensor, options: FftAxesOptions, direction: Direction): Tensor {
  checkPairs(op, 'x', x);
  const { norm = 'backward' } = options;
  return scope(() => each(op, x, resolve(op, x.rank - 1, options), norm, direction));
}

// The last axis holds reals on one side, and half as many pairs on the other.
function fromReals(op: string, x: Tensor, options: FftAxesOptions): Tensor {
  checkReal(op, 'x', x);
  const { norm = 'backward' } = options;
  const lengths = resolve(op, x.rank, options);
  const last = { ...lengths.at(-1)!, norm, direction: 'forward' } as const;
  return scope(() => each(op, realTransform(op, x, last), lengths.slice(0, -1), norm, 'forward'));
}

function toReals(op: string, x: Tensor, options: FftAxesOptions): Tensor {
  checkPairs(op, 'x', x);
  const { norm = 'backward' } = options;
  const lengths = resolve(op, x.rank - 1, options);
  const last = { ...lengths.at(-1)!, norm, direction: 'inverse' } as const;
  return scope(() => realInverse(op, each(op, x, lengths.slice(0, -1), norm, 'inverse'), last));
}

const lastTwo = { axes: [-2, -1] } as const;

/**
 * {@link fft} along several axes.
 *
 * Shapes: pairs [..., 2] → pairs [..., 2] with the lengths asked for. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes counted without the axis of the pairs; default all, or as many of the last as there are lengths
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, the root of the number of elements, or that number; default
 *   `'backward'`
 * @throws MyelinError as {@link fft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { fftn, tensor } from 'myelin';
 * console.log(fftn(tensor([[[3, 4], [0, 0]]])).toArray()); // [ [ [ 3, 4 ], [ 3, 4 ] ] ]
 * ```
 */
export function fftn<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return ofPairs('fftn', x, options, 'forward') as Tensor<D>;
}

/**
 * Inverse of {@link fftn}.
 *
 * Shapes: pairs [..., 2] → pairs [..., 2] with the lengths asked for. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes counted without the axis of the pairs; default all, or as many of the last as there are lengths
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by the number of elements, its root or 1; default
 *   `'backward'`
 * @throws MyelinError as {@link ifft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { fftn, ifftn, ones } from 'myelin';
 * console.log(ifftn(fftn(ones([2, 2, 2]))).toArray()); // [ [ [ 1, 1 ], [ 1, 1 ] ], [ [ 1, 1 ], [ 1, 1 ] ] ]
 * ```
 */
export function ifftn<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return ofPairs('ifftn', x, options, 'inverse') as Tensor<D>;
}

/**
 * {@link rfft} along the last of several axes, then {@link fft} along the others.
 *
 * Shapes: [..., N] → pairs [..., ⌊n/2⌋ + 1, 2] (the halved axis is the last of `axes`). Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes default all, or as many of the last as there are lengths
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, the root of the number of elements, or that number; default
 *   `'backward'`
 * @throws MyelinError as {@link rfft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { rfftn, tensor } from 'myelin';
 * console.log(rfftn(tensor([[5, 0], [0, 0]])).toArray()); // [ [ [ 5, 0 ], [ 5, 0 ] ], [ [ 5, 0 ], [ 5, 0 ] ] ]
 * ```
 */
export function rfftn<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return fromReals('rfftn', x, options) as Tensor<D>;
}

/**
 * Inverse of {@link rfftn}.
 *
 * Shapes: pairs [..., M, 2] → [..., n]. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents, for the last axis 2(M − 1)
 * @param options.axes counted without the axis of the pairs; default all, or as many of the last as there are lengths
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by the number of elements, its root or 1; default
 *   `'backward'`
 * @throws MyelinError as {@link irfft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { irfftn, ones, rfftn } from 'myelin';
 * console.log(irfftn(rfftn(ones([2, 2]))).toArray()); // [ [ 1, 1 ], [ 1, 1 ] ]
 * ```
 */
export function irfftn<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return toReals('irfftn', x, options) as Tensor<D>;
}

/**
 * {@link fftn} along two axes.
 *
 * Shapes: pairs [..., H, W, 2] → the same. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes counted without the axis of the pairs; default the last two
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, the root of the number of elements, or that number; default
 *   `'backward'`
 * @throws MyelinError as {@link fft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { fft2, tensor } from 'myelin';
 * console.log(fft2(tensor([[[3, 4], [0, 0]]])).toArray()); // [ [ [ 3, 4 ], [ 3, 4 ] ] ]
 * ```
 */
export function fft2<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return ofPairs('fft2', x, { ...lastTwo, ...options }, 'forward') as Tensor<D>;
}

/**
 * Inverse of {@link fft2}.
 *
 * Shapes: pairs [..., H, W, 2] → the same. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes counted without the axis of the pairs; default the last two
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by the number of elements, its root or 1; default
 *   `'backward'`
 * @throws MyelinError as {@link ifft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { fft2, ifft2, ones } from 'myelin';
 * console.log(ifft2(fft2(ones([1, 2, 2]))).toArray()); // [ [ [ 1, 1 ], [ 1, 1 ] ] ]
 * ```
 */
export function ifft2<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return ofPairs('ifft2', x, { ...lastTwo, ...options }, 'inverse') as Tensor<D>;
}

/**
 * {@link rfftn} along two axes.
 *
 * Shapes: [..., H, W] → pairs [..., H, ⌊W/2⌋ + 1, 2]. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents
 * @param options.axes default the last two
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, the root of the number of elements, or that number; default
 *   `'backward'`
 * @throws MyelinError as {@link rfft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { ones, rfft2 } from 'myelin';
 * console.log(rfft2(ones([5, 4, 6])).shape); // [ 5, 4, 4, 2 ]
 * ```
 */
export function rfft2<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return fromReals('rfft2', x, { ...lastTwo, ...options }) as Tensor<D>;
}

/**
 * Inverse of {@link rfft2}.
 *
 * Shapes: pairs [..., H, M, 2] → [..., H, W]. Dtypes: float dtypes.
 *
 * @param options.s lengths, one for each axis; default the extents, for the last axis 2(M − 1)
 * @param options.axes counted without the axis of the pairs; default the last two
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by the number of elements, its root or 1; default
 *   `'backward'`
 * @throws MyelinError as {@link irfft}; `VALUE` when lengths and axes do not match or an axis is named twice
 * @example
 * ```ts
 * import { irfft2, ones } from 'myelin';
 * console.log(irfft2(ones([5, 4, 4, 2]), { s: [4, 7] }).shape); // [ 5, 4, 7 ]
 * ```
 */
export function irfft2<D extends FloatDType>(x: Tensor<D>, options: FftAxesOptions = {}): Tensor<D> {
  return toReals('irfft2', x, { ...lastTwo, ...options }) as Tensor<D>;
}
