import type { DType, FloatDType } from '../tensor/dtype.js';
import { fail, describe } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { checkInteger, checkNumber, checkReal, checkTensor } from './checks.js';
import { ne } from './compare.js';
import { concat } from './move.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';
import { cumsum } from './scan.js';
import { sliceAxis } from './slice.js';

/** Options of {@link diff}. */
export interface DiffOptions {
  /** How many times differences are taken; default 1. */
  readonly n?: number;
  /** Axis; default −1, the last. */
  readonly axis?: number;
  /** What stands before x along the axis. */
  readonly prepend?: Tensor;
  /** What stands after x along the axis. */
  readonly append?: Tensor;
}

/** All places of an axis but the first, and all but the last. */
function neighbours(x: Tensor, axis: number): readonly [after: Tensor, before: Tensor] {
  const extent = x.shape[axis]!;
  return [sliceAxis(x, axis, [Math.min(1, extent), null]), sliceAxis(x, axis, [0, Math.max(0, extent - 1)])];
}

/**
 * Differences of neighbours along an axis: out[i] = x[i + 1] − x[i], n times over. For bools, whether they differ.
 *
 * Shapes: extent N of the axis → N − n, or 0. Dtypes: all.
 *
 * @param options.n how many times; default 1
 * @param options.axis axis; default −1
 * @param options.prepend what stands before x along the axis
 * @param options.append what stands after x along the axis
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for an n that is no non-negative integer; `SHAPE` when
 * what stands before or after does not fit
 * @example
 * ```ts
 * import { diff, tensor } from 'myelin';
 * console.log(diff(tensor([1, 4, 9, 16])).toArray()); // [ 3, 5, 7 ]
 * ```
 */
export function diff<D extends DType>(x: Tensor<D>, options?: DiffOptions): Tensor<D>;
export function diff(x: Tensor, { n = 1, axis = -1, prepend, append }: DiffOptions = {}): Tensor {
  checkTensor('diff', 'x', x);
  checkInteger('diff', 'n', n, 0);
  const at = normalizeAxis('diff', axis, x.rank);
  const parts = [prepend, x, append].filter((part) => part !== undefined);
  return scope(() => {
    let rest = parts.length === 1 ? x : concat(parts, { axis: at });
    for (let i = 0; i < n && rest.shape[at]! > 0; i++) {
      const [after, before] = neighbours(rest, at);
      rest = rest.dtype === 'bool' ? ne(after, before) : sub(after, before);
    }
    return rest;
  });
}

/** Options of {@link trapezoid} and {@link cumulativeTrapezoid}. */
export interface TrapezoidOptions {
  /** Where the samples lie along the axis, as one row or in the shape of y; evenly when left out. */
  readonly x?: Tensor;
  /** Distance of samples that lie evenly; default 1. */
  readonly dx?: number;
  /** Axis; default −1, the last. */
  readonly axis?: number;
}

/** Areas between neighbouring samples. */
function areas(op: string, y: Tensor, { x, dx = 1 }: TrapezoidOptions, axis: number): Tensor {
  checkNumber(op, 'dx', dx);
  const [after, before] = neighbours(y, axis);
  const heights = add(after, before);
  if (x === undefined) return mul(heights, dx / 2);
  return mul(mul(heights, 0.5), widths(op, y, x, axis));
}

function widths(op: string, y: Tensor, x: Tensor, axis: number): Tensor {
  checkTensor(op, 'x', x);
  const extent = y.shape[axis]!;
  if (x.rank === 1 && x.shape[0] === extent) {
    const gaps = diff(x);
    return reshape(gaps, [gaps.size, ...new Array<number>(y.rank - axis - 1).fill(1)]);
  }
  if (x.rank === y.rank && x.shape[axis] === extent) return diff(x, { axis });
  fail('SHAPE', op, `y is ${describe(y)}, x is ${describe(x)} (need a place for each of the ${extent} samples)`, {
    y: y.shape,
    x: x.shape,
  });
}

/**
 * Integral of samples along an axis by the trapezoidal rule: out = Σ (x[i + 1] − x[i]) · (y[i] + y[i + 1]) / 2.
 *
 * Shapes: any → without the axis. Dtypes: float dtypes. Of fewer than two samples it is 0.
 *
 * @param options.x where the samples lie; default evenly
 * @param options.dx distance of samples that lie evenly; default 1
 * @param options.axis axis; default −1
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when x does not fit; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { tensor, trapezoid } from 'myelin';
 * console.log(trapezoid(tensor([1, 2, 3])).item(), trapezoid(tensor([1, 2, 3]), { x: tensor([0, 1, 3]) }).item()); // 4 6.5
 * ```
 */
export function trapezoid<D extends FloatDType>(y: Tensor<D>, options: TrapezoidOptions = {}): Tensor<D> {
  checkReal('trapezoid', 'y', y);
  const axis = normalizeAxis('trapezoid', options.axis ?? -1, y.rank);
  return scope(() => sum(areas('trapezoid', y, options, axis), { axis })) as Tensor<D>;
}

/**
 * Integrals of samples along an axis up to each by the trapezoidal rule, from the second one on.
 *
 * Shapes: extent N of the axis → N − 1. Dtypes: float dtypes.
 *
 * @param options.x where the samples lie; default evenly
 * @param options.dx distance of samples that lie evenly; default 1
 * @param options.axis axis; default −1
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when x does not fit; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { cumulativeTrapezoid, tensor } from 'myelin';
 * console.log(cumulativeTrapezoid(tensor([1, 2, 3])).toArray()); // [ 1.5, 4 ]
 * ```
 */
export function cumulativeTrapezoid<D extends FloatDType>(y: Tensor<D>, options: TrapezoidOptions = {}): Tensor<D> {
  checkReal('cumulativeTrapezoid', 'y', y);
  const axis = normalizeAxis('cumulativeTrapezoid', options.axis ?? -1, y.rank);
  return scope(() => cumsum(areas('cumulativeTrapezoid', y, options, axis), { axis })) as Tensor<D>;
}
