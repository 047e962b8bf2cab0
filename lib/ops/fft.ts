import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkOption, checkReal } from './checks.js';
import { checkPairs, complexConj } from './complex.js';
import { halfInverse, halfTransform, pairTransform, type Direction } from './fft-op.js';
import { pad } from './padding.js';
import { transpose } from './permute.js';
import { sliceAxis } from './slice.js';

/** Which direction divides by the number of elements: the inverse one, both by its root, or the forward one. */
export type FftNorm = 'backward' | 'ortho' | 'forward';

/** Options of transforms along one axis. */
export interface FftOptions {
  /** Length of the transform: what is longer is cut, what is shorter is followed by zeros; default the extent. */
  readonly n?: number;
  /** Axis to transform, counted without the axis of the pairs; default −1. */
  readonly axis?: number;
  /** Default `'backward'`: only the inverse transform divides by n. */
  readonly norm?: FftNorm;
}

const norms: readonly FftNorm[] = ['backward', 'ortho', 'forward'];

/** Refuses options that are none; gives the factor of a transform of n elements. */
export function scaleOf(op: string, norm: FftNorm, direction: Direction, n: number): number {
  checkOption(op, 'norm', norm, norms);
  if (norm === 'ortho') return 1 / Math.sqrt(n);
  return (norm === 'backward') === (direction === 'inverse') ? 1 / n : 1;
}

/** Cuts an axis, or fills it up with zeros. */
function resized(x: Tensor, axis: number, n: number): Tensor {
  const extent = x.shape[axis]!;
  if (extent === n) return x;
  if (extent > n) return sliceAxis(x, axis, [0, n]);
  return pad(
    x,
    x.shape.map((_, a) => (a === axis ? [0, n - extent] : [0, 0])),
  );
}

function checkLength(op: string, n: unknown): void {
  if (n !== undefined) checkInteger(op, 'n', n, 1);
}

/** How one axis, which is not negative, is transformed. */
export interface AxisTransform {
  readonly axis: number;
  /** Default the extent, or for {@link irfft} the even one. */
  readonly n: number | undefined;
  readonly norm: FftNorm;
  readonly direction: Direction;
}

type Transform = (op: string, x: Tensor, how: AxisTransform) => Tensor;

function refuseNothing(op: string, x: Tensor, axis: number): void {
  if (x.shape[axis] === 0) {
    fail('SHAPE', op, `axis ${axis} of ${show([...x.shape])} is empty (need at least one number to transform)`);
  }
}

/** x with n numbers along an axis, at least one. */
function filled(op: string, x: Tensor, axis: number, n: number | undefined): Tensor {
  checkLength(op, n);
  const whole = resized(x, axis, n ?? x.shape[axis]!);
  refuseNothing(op, whole, axis);
  return whole;
}

/** Runs on any axis what transforms the last one. */
function asLast(x: Tensor, axis: number, last: number, transform: (x: Tensor) => Tensor): Tensor {
  return axis === last ? transform(x) : transpose(transform(transpose(x, axis, last)), axis, last);
}

/** {@link fft} and {@link ifft} along an axis. */
export function complexTransform(op: string, x: Tensor, { axis, n, norm, direction }: AxisTransform): Tensor {
  const whole = filled(op, x, axis, n);
  return pairTransform(whole, axis, direction, scaleOf(op, norm, direction, whole.shape[axis]!));
}

/** {@link rfft} along an axis, with the factor of a direction. */
export function realTransform(op: string, x: Tensor, { axis, n, norm, direction }: AxisTransform): Tensor {
  const whole = filled(op, x, axis, n);
  const scale = scaleOf(op, norm, direction, whole.shape[axis]!);
  return asLast(whole, axis, x.rank - 1, (reals) => halfTransform(reals, scale, scale));
}

/** {@link irfft} along an axis, with the factor of a direction. */
export function realInverse(op: string, x: Tensor, { axis, n, norm, direction }: AxisTransform): Tensor {
  checkLength(op, n);
  refuseNothing(op, x, axis);
  const length = n ?? 2 * (x.shape[axis]! - 1);
  if (length < 1) fail('SHAPE', op, `x has one number on axis ${axis} (need n for it, or at least two numbers)`);
  const whole = resized(x, axis, Math.floor(length / 2) + 1);
  const scale = scaleOf(op, norm, direction, length);
  return asLast(whole, axis, x.rank - 2, (pairs) => halfInverse(pairs, scale, scale, length));
}

function along(
  op: string,
  transform: Transform,
  x: Tensor,
  rank: number,
  { n, axis = -1, norm = 'backward' }: FftOptions,
  direction: Direction,
): Tensor {
  const at = normalizeAxis(op, axis, rank);
  return scope(() => transform(op, x, { axis: at, n, norm, direction }));
}

// Of complex tensors: the last axis holds the pairs and is not counted.
function alongPairs(op: string, transform: Transform, x: Tensor, options: FftOptions, direction: Direction): Tensor {
  checkPairs(op, 'x', x);
  return along(op, transform, x, x.rank - 1, options, direction);
}

function alongReals(op: string, x: Tensor, options: FftOptions, direction: Direction): Tensor {
  checkReal(op, 'x', x);
  return along(op, realTransform, x, x.rank, options, direction);
}

/**
 * Discrete Fourier transform of complex numbers.
 *
 * out[k] = Σⱼ x[j] · exp(−2πi jk / n)
 *
 * Shapes: pairs [..., N, ..., 2] → [..., n, ..., 2]. Dtypes: float dtypes. Any length, in time n log n; the error is of the
 * order of eps · log n. Gradients are transforms of the other direction. Real numbers have {@link rfft}.
 *
 * Source: Cooley, Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965; Stockham's ordering;
 * Bluestein's for lengths with large prime factors.
 *
 * @param options.n length; what is longer is cut, what is shorter is followed by zeros; default the extent N
 * @param options.axis counted without the axis of the pairs; default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, √n or n; default `'backward'`
 * @throws MyelinError `SHAPE` for what are no pairs or for nothing to transform; `DTYPE`; `INDEX` for an axis that is not
 * there; `VALUE` for another n or norm
 * @example
 * ```ts
 * import { fft, tensor } from 'myelin';
 * const impulse = tensor([[3, 4], [0, 0], [0, 0]]);
 * console.log(fft(impulse).toArray()); // [ [ 3, 4 ], [ 3, 4 ], [ 3, 4 ] ]
 * ```
 */
export function fft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  return alongPairs('fft', complexTransform, x, options, 'forward') as Tensor<D>;
}

/**
 * Inverse of {@link fft}.
 *
 * out[j] = 1/n · Σₖ x[k] · exp(2πi jk / n)
 *
 * Shapes: pairs [..., N, ..., 2] → [..., n, ..., 2]. Dtypes: float dtypes.
 *
 * @param options.n length; what is longer is cut, what is shorter is followed by zeros; default the extent N
 * @param options.axis counted without the axis of the pairs; default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by n, √n or 1; default `'backward'`
 * @throws MyelinError as {@link fft}
 * @example
 * ```ts
 * import { ifft, tensor } from 'myelin';
 * console.log(ifft(tensor([[4, 0], [0, 0], [0, 0], [0, 0]])).toArray()); // [ [ 1, 0 ], [ 1, 0 ], [ 1, 0 ], [ 1, 0 ] ]
 * ```
 */
export function ifft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  return alongPairs('ifft', complexTransform, x, options, 'inverse') as Tensor<D>;
}

/**
 * Discrete Fourier transform of real numbers: the first half, of which the rest are the conjugates.
 *
 * out[k] = Σⱼ x[j] · exp(−2πi jk / n) for k ≤ n / 2
 *
 * Shapes: [..., N, ...] → pairs [..., ⌊n/2⌋ + 1, ..., 2]. Dtypes: float dtypes. Costs half of {@link fft} for even n.
 *
 * @param options.n length; what is longer is cut, what is shorter is followed by zeros; default the extent N
 * @param options.axis default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, √n or n; default `'backward'`
 * @throws MyelinError `SHAPE` for nothing to transform; `DTYPE`; `INDEX` for an axis that is not there; `VALUE` for another n
 * or norm
 * @example
 * ```ts
 * import { rfft, tensor } from 'myelin';
 * console.log(rfft(tensor([1, 2, 3, 4])).toArray()); // [ [ 10, 0 ], [ -2, 2 ], [ -2, 0 ] ]
 * ```
 */
export function rfft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  return alongReals('rfft', x, options, 'forward') as Tensor<D>;
}

/**
 * Inverse of {@link rfft}: n real numbers from the first half of their transform.
 *
 * out[j] = 1/n · Σₖ x[k] · exp(2πi jk / n) over k < n, with x[n − k] = conj x[k]
 *
 * Shapes: pairs [..., M, ..., 2] → [..., n, ...]. Dtypes: float dtypes. Imaginary parts of x[0] and, for even n, x[n/2] are
 * not used.
 *
 * @param options.n length of the result; default 2(M − 1), which is even: an odd one must be given
 * @param options.axis counted without the axis of the pairs; default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by n, √n or 1; default `'backward'`
 * @throws MyelinError as {@link fft}
 * @example
 * ```ts
 * import { irfft, rfft, tensor } from 'myelin';
 * console.log(irfft(rfft(tensor([1, 2, 3, 4]))).toArray()); // [ 1, 2, 3, 4 ]
 * ```
 */
export function irfft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  return alongPairs('irfft', realInverse, x, options, 'inverse') as Tensor<D>;
}

/**
 * Transform of numbers whose other half are the conjugates, which is real: {@link fft} of what {@link ihfft} gives.
 *
 * out[k] = Σⱼ x[j] · exp(−2πi jk / n) over j < n, with x[n − j] = conj x[j]
 *
 * Shapes: pairs [..., M, ..., 2] → [..., n, ...]. Dtypes: float dtypes.
 *
 * @param options.n length of the result; default 2(M − 1)
 * @param options.axis counted without the axis of the pairs; default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by 1, √n or n; default `'backward'`
 * @throws MyelinError as {@link fft}
 * @example
 * ```ts
 * import { hfft, tensor } from 'myelin';
 * console.log(hfft(tensor([[1, 0], [0, 1], [0, 0]])).toArray()); // [ 1, 3, 1, -1 ]
 * ```
 */
export function hfft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  const conjugate: Transform = (op, pairs, how) => realInverse(op, complexConj(pairs as Tensor<D>), how);
  return alongPairs('hfft', conjugate, x, options, 'forward') as Tensor<D>;
}

/**
 * Inverse of {@link hfft}: the first half of the inverse transform of real numbers.
 *
 * Shapes: [..., N, ...] → pairs [..., ⌊n/2⌋ + 1, ..., 2]. Dtypes: float dtypes.
 *
 * @param options.n length; what is longer is cut, what is shorter is followed by zeros; default the extent N
 * @param options.axis default −1
 * @param options.norm `'backward'`, `'ortho'` or `'forward'`: divides by n, √n or 1; default `'backward'`
 * @throws MyelinError as {@link rfft}
 * @example
 * ```ts
 * import { ihfft, tensor } from 'myelin';
 * console.log(ihfft(tensor([4, 0, 0, 0])).abs().toArray()); // [ [ 1, 0 ], [ 1, 0 ], [ 1, 0 ] ]
 * ```
 */
export function ihfft<D extends FloatDType>(x: Tensor<D>, options: FftOptions = {}): Tensor<D> {
  return scope(() => complexConj(alongReals('ihfft', x, options, 'inverse') as Tensor<D>));
}
