import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { mul, sub } from './arithmetic.js';
import { alongAxis, type Indexed } from './axis.js';
import { checkReal } from './checks.js';
import { eq, where } from './compare.js';
import { full } from './creation.js';
import { addAtEach } from './indexing.js';
import { exp } from './math.js';
import { concat } from './move.js';
import { accumulated, inDType, type Accumulated, type DTypeOption } from './reduce.js';
import { sliceAxis } from './slice.js';
import { withExtent } from './spec.js';

/** Options of functions that run along an axis. */
export interface ScanOptions {
  /** Axis to run along; default −1, the last. */
  readonly axis?: number;
}

/** x moved by one place along an axis, away from where a scan begins; `first` takes the place that becomes free. */
function delayed(x: Tensor, axis: number, reverse: boolean, first: number): Tensor {
  const extent = x.shape[axis]!;
  if (extent === 0) return x;
  const fill = full(withExtent(x.shape, axis, 1), first, { dtype: x.dtype });
  return reverse
    ? concat([sliceAxis(x, axis, [1, null]), fill], { axis })
    : concat([fill, sliceAxis(x, axis, [0, extent - 1])], { axis });
}

const linearScanOp = defineOp({
  name: 'linearScan',
  inputs: ['a', 'b'],
  attrs: { axis: 'int', reverse: 'bool' },
  save: ['a', 'out'],
  infer: ({ a }): TensorSpec => ({ dtype: a.dtype, shape: a.shape }),
  grad: ({ a, out, dout, attrs: { axis, reverse } }) => {
    const db = linearScan(delayed(a, axis, !reverse, 0), dout, axis, !reverse);
    return { a: mul(db, delayed(out, axis, reverse, 0)), b: db };
  },
});

/**
 * First-order linear recurrence along an axis: out[t] = b[t] + a[t] · out[t − 1], from out[−1] = 0; with `reverse` from
 * the end. Polynomials are all it computes, so its derivatives are right next to zeros as well.
 */
export function linearScan(a: Tensor, b: Tensor, axis: number, reverse: boolean): Tensor {
  return linearScanOp({ a, b }, { axis, reverse });
}

const cumsumOp = defineOp({
  name: 'cumsum',
  inputs: ['x'],
  attrs: { axis: 'int', reverse: 'bool' },
  save: [],
  infer: ({ x }): TensorSpec => ({ dtype: accumulated(x.dtype), shape: x.shape }),
  grad: ({ dout, attrs: { axis, reverse } }) => ({ x: sumsTo(dout, axis, !reverse) }),
});

/** Sums of all elements up to each along an axis, or from each on. */
function sumsTo(x: Tensor, axis: number, reverse: boolean): Tensor {
  return cumsumOp({ x }, { axis, reverse });
}

/**
 * Sums of all elements up to each: out[i] = Σ x[j] over j ≤ i.
 *
 * Shapes: any → the same. Dtypes: floats stay, and are added up in float64; integers and bools give int64, wrapping.
 *
 * @param options.axis axis; default −1
 * @param options also `dtype`: dtype in which to add up, and of the result; default as above
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { cumsum, tensor } from 'myelin';
 * console.log(cumsum(tensor([1, 2, 3])).toArray()); // [ 1, 3, 6 ]
 * ```
 */
export function cumsum<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  options?: ScanOptions,
): Tensor<Accumulated<D>, S>;
export function cumsum<E extends DType, S extends Shape>(
  x: Tensor<DType, S>,
  options: ScanOptions & DTypeOption<E>,
): Tensor<E, S>;
export function cumsum(x: Tensor, { axis = -1, dtype }: ScanOptions & Partial<DTypeOption<DType>> = {}): Tensor {
  return inDType('cumsum', x, dtype, (given) => alongAxis('cumsum', given, axis, (row, at) => sumsTo(row, at, false)));
}

const cumprodOp = defineOp({
  name: 'cumprod',
  inputs: ['x'],
  attrs: { axis: 'int', reverse: 'bool' },
  save: ['x', 'out'],
  infer: ({ x }): TensorSpec => ({ dtype: accumulated(x.dtype), shape: x.shape }),
  // out[i] holds x[j] for each i from j on: what came before j times the products since, which are a recurrence.
  grad: ({ x, out, dout, attrs: { axis, reverse } }) => {
    const since = linearScan(delayed(x, axis, !reverse, 0), dout, axis, !reverse);
    return { x: mul(delayed(out, axis, reverse, 1), since) };
  },
});

/** For each element, the product of those before it along an axis; with `reverse`, of those after it. */
export function productBefore(x: Tensor, axis: number, reverse: boolean): Tensor {
  return delayed(cumprodOp({ x }, { axis, reverse }), axis, reverse, 1);
}

/**
 * Products of all elements up to each: out[i] = Π x[j] over j ≤ i. Derivatives of every order are right next to zeros as
 * well.
 *
 * Shapes: any → the same. Dtypes: floats stay, and are multiplied in float64; integers and bools give int64, wrapping.
 *
 * @param options.axis axis; default −1
 * @param options also `dtype`: dtype in which to multiply, and of the result; default as above
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { cumprod, tensor } from 'myelin';
 * console.log(cumprod(tensor([2, 3, 4])).toArray()); // [ 2, 6, 24 ]
 * ```
 */
export function cumprod<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  options?: ScanOptions,
): Tensor<Accumulated<D>, S>;
export function cumprod<E extends DType, S extends Shape>(
  x: Tensor<DType, S>,
  options: ScanOptions & DTypeOption<E>,
): Tensor<E, S>;
export function cumprod(x: Tensor, { axis = -1, dtype }: ScanOptions & Partial<DTypeOption<DType>> = {}): Tensor {
  return inDType('cumprod', x, dtype, (given) =>
    alongAxis('cumprod', given, axis, (row, at) => cumprodOp({ x: row }, { axis: at, reverse: false })),
  );
}

// e^(a − b) for a ≤ b, and 0 where b, and so a, is −∞.
function ratio(a: Tensor, b: Tensor): Tensor {
  const nothing = eq(b, -Infinity);
  return where(nothing, 0, exp(sub(where(nothing, 0, a), where(nothing, 0, b))));
}

const logcumsumexpOp = defineOp({
  name: 'logcumsumexp',
  inputs: ['x'],
  attrs: { axis: 'int' },
  save: ['x', 'out'],
  infer: ({ x }): TensorSpec => ({ dtype: x.dtype, shape: x.shape }),
  // dx[j] = Σ dout[i] e^(x[j] − out[i]) over i ≥ j. Taken relative to out[j] it is a recurrence with factors of at most 1,
  // since out never falls: nothing can overflow.
  grad: ({ x, out, dout, attrs: { axis } }) => {
    const growth = ratio(delayed(out, axis, false, -Infinity), out);
    const since = linearScan(delayed(growth, axis, true, 0), dout, axis, true);
    return { x: mul(ratio(x, out), since) };
  },
});

/**
 * Logarithms of the sums of exponentials up to each element, safe from overflow: out[i] = ln Σ eˣ[j] over j ≤ i.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.axis axis; default −1
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { logcumsumexp, tensor } from 'myelin';
 * console.log(logcumsumexp(tensor([1000, 0, -1000])).toArray()); // [ 1000, 1000, 1000 ]
 * ```
 */
export function logcumsumexp<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: ScanOptions,
): Tensor<D, S>;
export function logcumsumexp(x: Tensor, { axis = -1 }: ScanOptions = {}): Tensor {
  checkReal('logcumsumexp', 'x', x);
  return alongAxis('logcumsumexp', x, axis, (row, at) => logcumsumexpOp({ x: row }, { axis: at }));
}

function extremeScanOp(name: string) {
  return defineOp({
    name,
    inputs: ['x'],
    outputs: ['values', 'indices'],
    attrs: { axis: 'int' },
    save: ['indices'],
    infer: ({ x: { dtype, shape } }) => ({ values: { dtype, shape }, indices: { dtype: 'int64' as const, shape } }),
    grad: ({ indices, dout, spec, attrs }) => ({ x: addAtEach(dout, indices, spec.x.shape, attrs.axis) }),
  });
}

function extremeScan(op: ReturnType<typeof extremeScanOp>, x: Tensor, { axis = -1 }: ScanOptions) {
  return alongAxis(op.op.name, x, axis, (row, at) => op({ x: row }, { axis: at }));
}

const cummaxOp = extremeScanOp('cummax');

/**
 * Largest elements up to each, and where they stand; the last one among equals. From the first NaN on the result is NaN.
 *
 * Shapes: any → `values` and `indices` of the same. Dtypes: all; `indices` int64. The gradient goes to the element that was
 * taken.
 *
 * @param options.axis axis; default −1
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { cummax, tensor } from 'myelin';
 * const { values, indices } = cummax(tensor([1, 3, 2]));
 * console.log(values.toArray(), indices.toArray()); // [ 1, 3, 3 ] [ 0, 1, 1 ]
 * ```
 */
export function cummax<D extends DType, S extends Shape>(x: Tensor<D, S>, options?: ScanOptions): Indexed<D, S>;
export function cummax(x: Tensor, options: ScanOptions = {}): Indexed<DType> {
  return extremeScan(cummaxOp, x, options) as Indexed<DType>;
}

const cumminOp = extremeScanOp('cummin');

/**
 * Smallest elements up to each, and where they stand; the last one among equals. From the first NaN on the result is NaN.
 *
 * Shapes: any → `values` and `indices` of the same. Dtypes: all; `indices` int64. The gradient goes to the element that was
 * taken.
 *
 * @param options.axis axis; default −1
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { cummin, tensor } from 'myelin';
 * const { values, indices } = cummin(tensor([3, 1, 2]));
 * console.log(values.toArray(), indices.toArray()); // [ 3, 1, 1 ] [ 0, 1, 1 ]
 * ```
 */
export function cummin<D extends DType, S extends Shape>(x: Tensor<D, S>, options?: ScanOptions): Indexed<D, S>;
export function cummin(x: Tensor, options: ScanOptions = {}): Indexed<DType> {
  return extremeScan(cumminOp, x, options) as Indexed<DType>;
}
