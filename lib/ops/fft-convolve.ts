import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { broadcastShapes, normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { promoteAll } from './cast.js';
import { checkArray, checkOption, checkReal } from './checks.js';
import { complexMul } from './complex.js';
import { irfftn, rfftn } from './fft-axes.js';
import { onBehalf } from './on-behalf.js';
import { slice, type SliceSpec } from './slice.js';

/** Which part of a convolution is wanted: all of it, as much as a has, or where both overlap completely. */
export type ConvolveMode = 'full' | 'same' | 'valid';

/** Options of {@link fftConvolve}. */
export interface FftConvolveOptions {
  /** Which part is wanted; default `'full'`. */
  readonly mode?: ConvolveMode;
  /** Axes to convolve along; default all. */
  readonly axes?: readonly number[];
}

/** The least number of at least `n` without prime factors above 5: transforms of such a length are the fastest. */
function fastLength(n: number): number {
  let best = 2 ** Math.ceil(Math.log2(n));
  for (let fives = 1; fives < best; fives *= 5) {
    for (let threes = fives; threes < best; threes *= 3) {
      best = Math.min(best, threes * 2 ** Math.max(0, Math.ceil(Math.log2(n / threes))));
    }
  }
  return best;
}

function axesOf(a: Tensor, b: Tensor, axes: readonly number[] | undefined): number[] {
  const op = 'fftConvolve';
  if (a.rank !== b.rank) fail('SHAPE', op, `a is ${describe(a)}, b is ${describe(b)} (need as many axes)`);
  const list = axes ?? a.shape.map((_, axis) => axis);
  checkArray(op, 'axes', list);
  const found = list.map((axis) => normalizeAxis(op, axis, a.rank));
  if (found.length === 0 || new Set(found).size < found.length) {
    fail('VALUE', op, `axes are ${show([...list])} (need at least one, every one once)`, { axes: list });
  }
  const others = (x: Tensor): number[] => x.shape.map((extent, axis) => (found.includes(axis) ? 1 : extent));
  const empty = found.some((axis) => a.shape[axis] === 0 || b.shape[axis] === 0);
  if (empty || broadcastShapes(others(a), others(b)) === undefined) {
    const need = 'need numbers along the axes of the convolution, and others that broadcast';
    fail('SHAPE', op, `a is ${describe(a)}, b is ${describe(b)} (${need})`);
  }
  return found;
}

/** Which numbers of a whole convolution along one axis are wanted. */
function rangeOf(mode: ConvolveMode, m: number, n: number): readonly [start: number, stop: number] {
  const whole = m + n - 1;
  const count = { full: whole, same: m, valid: Math.abs(m - n) + 1 }[mode];
  const start = Math.floor((whole - count) / 2);
  return [start, start + count];
}

function checkValid(a: Tensor, b: Tensor, axes: readonly number[]): void {
  const contains = (x: Tensor, y: Tensor): boolean => axes.every((axis) => x.shape[axis]! >= y.shape[axis]!);
  if (contains(a, b) || contains(b, a)) return;
  const need = 'need one that is at least as long as the other along every axis';
  fail('SHAPE', 'fftConvolve', `a is ${describe(a)}, b is ${describe(b)} (${need} for mode "valid")`);
}

/**
 * Convolution of two signals of any length by way of their transforms, in time N log N.
 *
 * out[k] = Σⱼ a[j] · b[k − j]
 *
 * Shapes: [..., M, ...] and [..., N, ...] of as many axes → M + N − 1 (`full`), the middle M of these (`same`), or the
 * |M − N| + 1 for which one lies inside the other (`valid`); axes that are not convolved broadcast. Dtypes: float dtypes,
 * promoted. The error is of the order of eps times the greatest sum, for small sums too; `conv1d` has none of that.
 *
 * @param options.mode `'full'`, `'same'` or `'valid'`; default `'full'`
 * @param options.axes axes to convolve along; default all
 * @throws MyelinError `SHAPE` for empty axes, axes of different number or that do not broadcast, or for `valid` when neither
 * contains the other; `DTYPE` for dtypes that are not float; `INDEX` for an axis that is not there; `VALUE` for another mode or an
 * axis named twice
 * @example
 * ```ts
 * import { fftConvolve, tensor } from 'myelin';
 * console.log(fftConvolve(tensor([1, 2, 3]), tensor([1, 1])).round().toArray()); // [ 1, 3, 5, 3 ]
 * ```
 */
export function fftConvolve<D extends FloatDType, E extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<E>,
  { mode = 'full', axes }: FftConvolveOptions = {},
): Tensor<D | E> {
  checkReal('fftConvolve', 'a', a);
  checkReal('fftConvolve', 'b', b);
  checkOption('fftConvolve', 'mode', mode, ['full', 'same', 'valid']);
  const list = axesOf(a, b, axes);
  if (mode === 'valid') checkValid(a, b, list);
  return onBehalf('fftConvolve', () => {
    const [x, y] = promoteAll('fftConvolve', [a, b]) as [Tensor<D | E>, Tensor<D | E>];
    const s = list.map((axis) => fastLength(x.shape[axis]! + y.shape[axis]! - 1));
    const spectra = complexMul(rfftn(x, { s, axes: list }), rfftn(y, { s, axes: list }));
    const ranges = x.shape.map((extent, axis): SliceSpec => {
      return list.includes(axis) ? rangeOf(mode, extent, y.shape[axis]!) : null;
    });
    return slice(irfftn(spectra, { s, axes: list }), ...ranges);
  });
}
