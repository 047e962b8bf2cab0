import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxis, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add } from './arithmetic.js';
import { checkDTypeOf, checkTensor, numeric } from './checks.js';
import { addAtIndex, checkIndex, type IndexDType } from './indexing.js';
import { expand, reshape } from './reshape.js';
import { combined, scatter, type Reduction, type ScatterReduceOptions } from './scatter.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

// Updates of whole slices: one index for each slice of the source.

/** Options of functions that update slices. */
export interface IndexOptions {
  /** Axis of x whose slices are named; default 0. */
  readonly axis?: number;
}

function checkSlices(op: string, x: unknown, index: unknown, axis: number): number {
  checkTensor(op, 'x', x);
  checkIndex(op, index);
  const at = normalizeAxis(op, axis, x.rank);
  if (index.rank !== 1) fail('SHAPE', op, `index is ${describe(index)} (need one axis)`, { index: index.shape });
  return at;
}

function checkSource(op: string, x: Tensor, index: Tensor, source: unknown, axis: number): asserts source is Tensor {
  checkTensor(op, 'source', source);
  const need = withExtent(x.shape, axis, index.size);
  if (!sameShape(source.shape, need)) {
    fail(
      'SHAPE',
      op,
      `source is ${describe(source)} (need shape [${need.join(',')}]: x with one slice for each index)`,
      {
        source: source.shape,
        need,
      },
    );
  }
  if (source.dtype !== x.dtype) {
    fail('DTYPE', op, `x is ${describe(x)}, source is ${describe(source)} (need the same dtype)`);
  }
}

/** An index of slices as an index of elements. */
function spread(x: Tensor, index: Tensor<IndexDType>, axis: number): Tensor<IndexDType> {
  const column = reshape(
    index,
    x.shape.map((_, a) => (a === axis ? index.size : 1)),
  );
  return expand(column, withExtent(x.shape, axis, index.size));
}

/**
 * A copy of x to whose slices others are added: out[index[i]] += source[i] along an axis. Sums do not depend on threads.
 *
 * Shapes: x [..., N, ...], index [I], source [..., I, ...] → that of x. Dtypes: all but bool, the same for both; index int32
 * or int64.
 *
 * @param options.axis axis of x; default 0
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis
 * @example
 * ```ts
 * import { indexAdd, tensor, zeros } from 'myelin';
 * const index = tensor([1, 1], { dtype: 'int32' });
 * console.log(indexAdd(zeros([2, 2]), index, tensor([[1, 2], [3, 4]])).toArray()); // [ [ 0, 0 ], [ 4, 6 ] ]
 * ```
 */
export function indexAdd<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D>,
  { axis = 0 }: IndexOptions = {},
): Tensor<D> {
  const at = checkSlices('indexAdd', x, index, axis);
  checkSource('indexAdd', x, index, source, at);
  checkDTypeOf('indexAdd', 'x', x, numeric);
  return onBehalf('indexAdd', () => add(x, addAtIndex(source, index, x.shape, at))) as Tensor<D>;
}

/**
 * A copy of x in which slices are replaced: out[index[i]] = source[i] along an axis. Where an index occurs more than once,
 * the last one wins.
 *
 * Shapes: x [..., N, ...], index [I], source [..., I, ...] → that of x. Dtypes: all, the same for both; index int32 or int64.
 *
 * @param options.axis axis of x; default 0
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis
 * @example
 * ```ts
 * import { indexCopy, tensor, zeros } from 'myelin';
 * const index = tensor([1], { dtype: 'int32' });
 * console.log(indexCopy(zeros([2, 2]), index, tensor([[1, 2]])).toArray()); // [ [ 0, 0 ], [ 1, 2 ] ]
 * ```
 */
export function indexCopy<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D>,
  { axis = 0 }: IndexOptions = {},
): Tensor<D> {
  const at = checkSlices('indexCopy', x, index, axis);
  checkSource('indexCopy', x, index, source, at);
  return onBehalf('indexCopy', () => scatter(x, spread(x, index, at), source, { axis: at }));
}

/**
 * A copy of x in which slices are filled with a number: out[index[i]] = value along an axis.
 *
 * Shapes: x [..., N, ...], index [I] → that of x. Dtypes: all; index int32 or int64.
 *
 * @param options.axis axis of x; default 0
 * @throws MyelinError `SHAPE` when the index has not one axis; `VALUE` for a value that the dtype cannot hold; `INDEX` for an
 * index below 0 or beyond the axis
 * @example
 * ```ts
 * import { indexFill, tensor, zeros } from 'myelin';
 * console.log(indexFill(zeros([3]), tensor([0, 2], { dtype: 'int32' }), 5).toArray()); // [ 5, 0, 5 ]
 * ```
 */
export function indexFill<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  value: number,
  { axis = 0 }: IndexOptions = {},
): Tensor<D> {
  const at = checkSlices('indexFill', x, index, axis);
  return onBehalf('indexFill', () => scatter(x, spread(x, index, at), value, { axis: at }));
}

/**
 * A copy of x whose slices are combined with others: out[n] = reduce(x[n], source[i] for all i with index[i] = n) along an
 * axis, x[n] left out without `includeSelf`. Slices that no index names keep x.
 *
 * Shapes: x [..., N, ...], index [I], source [..., I, ...] → that of x. Dtypes: as in `scatterReduce`.
 *
 * @param reduce `'sum'`, `'prod'`, `'mean'`, `'amax'` or `'amin'`
 * @param options.axis axis of x; default 0
 * @param options.includeSelf whether x takes part; default `true`
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis; `VALUE` for
 * another reduction
 * @example
 * ```ts
 * import { indexReduce, ones, tensor } from 'myelin';
 * const index = tensor([1, 1], { dtype: 'int32' });
 * console.log(indexReduce(ones([2]), index, tensor([3, 4]), 'prod').toArray()); // [ 1, 12 ]
 * ```
 */
export function indexReduce<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D>,
  reduce: Reduction,
  { axis = 0, includeSelf = true }: ScatterReduceOptions = {},
): Tensor<D> {
  const at = checkSlices('indexReduce', x, index, axis);
  checkSource('indexReduce', x, index, source, at);
  return onBehalf('indexReduce', () => {
    const options = { axis: at, includeSelf };
    return combined('indexReduce', x, spread(x, index, at), source, reduce, options);
  }) as Tensor<D>;
}
