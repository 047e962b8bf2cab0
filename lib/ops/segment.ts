import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { checkShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, checkInteger, checkTensor, numeric } from './checks.js';
import { full } from './creation.js';
import { addAtIndex, checkIndex, type IndexDType } from './indexing.js';
import { indexReduce } from './index-update.js';
import type { Reduction } from './scatter.js';
import { max } from './reduce.js';
import { onBehalf } from './on-behalf.js';

/** Options of segment reductions. */
export interface SegmentOptions {
  /** How many segments there are; default one more than the largest id. */
  readonly numSegments?: number;
}

function segmentCount(op: string, x: unknown, ids: unknown, { numSegments }: SegmentOptions): number {
  checkTensor(op, 'x', x);
  checkIndex(op, ids);
  if (x.rank === 0 || ids.rank !== 1 || ids.shape[0] !== x.shape[0]) {
    fail('SHAPE', op, `x is ${describe(x)}, ids are ${describe(ids)} (need x [N, ...] and ids [N])`, {
      x: x.shape,
      ids: ids.shape,
    });
  }
  const count =
    numSegments ??
    (ids.size === 0
      ? 0
      : Math.max(
          0,
          scope(() => max(ids).item() + 1),
        ));
  checkInteger(op, 'numSegments', count, 0);
  checkShape(op, [count]);
  return count;
}

function reduceSegments(
  op: string,
  x: Tensor,
  ids: Tensor<IndexDType>,
  reduce: Reduction,
  empty: number,
  options: SegmentOptions,
): Tensor {
  const count = segmentCount(op, x, ids, options);
  if (reduce === 'prod') checkDTypeOf(op, 'x', x, numeric);
  return onBehalf(op, () => {
    const base = full([count, ...x.shape.slice(1)], empty, { dtype: x.dtype });
    return indexReduce(base, ids, x, reduce, { includeSelf: false });
  });
}

/**
 * Sums the rows of each segment: out[s] = Σ x[i] for all i with ids[i] = s. The ids need not be sorted; sums do not depend on
 * threads.
 *
 * Shapes: x [N, ...], ids [N] → [numSegments, ...]. Dtypes: all but bool; ids int32 or int64. Segments without rows are 0.
 *
 * @param options.numSegments default one more than the largest id
 * @throws MyelinError `SHAPE` when ids do not match the rows; `INDEX` for an id below 0 or not below numSegments; `DTYPE`
 * @example
 * ```ts
 * import { segmentSum, tensor } from 'myelin';
 * const ids = tensor([0, 2, 0], { dtype: 'int32' });
 * console.log(segmentSum(tensor([1, 2, 3]), ids).toArray()); // [ 4, 0, 2 ]
 * ```
 */
export function segmentSum<D extends DType>(
  x: Tensor<D>,
  ids: Tensor<IndexDType>,
  options: SegmentOptions = {},
): Tensor<D> {
  const count = segmentCount('segmentSum', x, ids, options);
  checkDTypeOf('segmentSum', 'x', x, numeric);
  return onBehalf('segmentSum', () => addAtIndex(x, ids, [count, ...x.shape.slice(1)], 0)) as Tensor<D>;
}

/**
 * Mean of the rows of each segment: {@link segmentSum} divided by how many rows it has.
 *
 * Shapes: x [N, ...], ids [N] → [numSegments, ...]. Dtypes: floats; ids int32 or int64. Segments without rows are 0.
 *
 * @param options.numSegments default one more than the largest id
 * @throws MyelinError `SHAPE` when ids do not match the rows; `INDEX` for an id below 0 or not below numSegments; `DTYPE`
 * @example
 * ```ts
 * import { segmentMean, tensor } from 'myelin';
 * const ids = tensor([0, 2, 0], { dtype: 'int32' });
 * console.log(segmentMean(tensor([1, 2, 3]), ids).toArray()); // [ 2, 0, 2 ]
 * ```
 */
export function segmentMean<D extends FloatDType>(
  x: Tensor<D>,
  ids: Tensor<IndexDType>,
  options: SegmentOptions = {},
): Tensor<D> {
  return reduceSegments('segmentMean', x, ids, 'mean', 0, options) as Tensor<D>;
}

/**
 * Product of the rows of each segment.
 *
 * Shapes: x [N, ...], ids [N] → [numSegments, ...]. Dtypes: all but bool; ids int32 or int64. Segments without rows are 1.
 *
 * @param options.numSegments default one more than the largest id
 * @throws MyelinError `SHAPE` when ids do not match the rows; `INDEX` for an id below 0 or not below numSegments; `DTYPE`
 * @example
 * ```ts
 * import { segmentProd, tensor } from 'myelin';
 * const ids = tensor([0, 2, 0], { dtype: 'int32' });
 * console.log(segmentProd(tensor([5, 2, 3]), ids).toArray()); // [ 15, 1, 2 ]
 * ```
 */
export function segmentProd<D extends DType>(
  x: Tensor<D>,
  ids: Tensor<IndexDType>,
  options: SegmentOptions = {},
): Tensor<D> {
  return reduceSegments('segmentProd', x, ids, 'prod', 1, options) as Tensor<D>;
}

/**
 * Largest element of the rows of each segment, column by column; NaN wins.
 *
 * Shapes: x [N, ...], ids [N] → [numSegments, ...]. Dtypes: all; ids int32 or int64. Segments without rows are 0. Equal
 * maxima share the gradient.
 *
 * @param options.numSegments default one more than the largest id
 * @throws MyelinError `SHAPE` when ids do not match the rows; `INDEX` for an id below 0 or not below numSegments
 * @example
 * ```ts
 * import { segmentMax, tensor } from 'myelin';
 * const ids = tensor([0, 2, 0], { dtype: 'int32' });
 * console.log(segmentMax(tensor([-5, 2, -3]), ids).toArray()); // [ -3, 0, 2 ]
 * ```
 */
export function segmentMax<D extends DType>(
  x: Tensor<D>,
  ids: Tensor<IndexDType>,
  options: SegmentOptions = {},
): Tensor<D> {
  return reduceSegments('segmentMax', x, ids, 'amax', 0, options) as Tensor<D>;
}

/**
 * Smallest element of the rows of each segment, column by column; NaN wins.
 *
 * Shapes: x [N, ...], ids [N] → [numSegments, ...]. Dtypes: all; ids int32 or int64. Segments without rows are 0. Equal
 * minima share the gradient.
 *
 * @param options.numSegments default one more than the largest id
 * @throws MyelinError `SHAPE` when ids do not match the rows; `INDEX` for an id below 0 or not below numSegments
 * @example
 * ```ts
 * import { segmentMin, tensor } from 'myelin';
 * const ids = tensor([0, 2, 0], { dtype: 'int32' });
 * console.log(segmentMin(tensor([5, 2, 3]), ids).toArray()); // [ 3, 0, 2 ]
 * ```
 */
export function segmentMin<D extends DType>(
  x: Tensor<D>,
  ids: Tensor<IndexDType>,
  options: SegmentOptions = {},
): Tensor<D> {
  return reduceSegments('segmentMin', x, ids, 'amin', 0, options) as Tensor<D>;
}
