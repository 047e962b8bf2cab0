import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { minimum } from './arithmetic.js';
import { checkTensor } from './checks.js';
import { eq } from './compare.js';
import { fullLike } from './creation.js';
import { gather, indexSelect, type IndexDType } from './indexing.js';
import { logicalNot } from './logic.js';
import { operands, type Operand } from './operands.js';
import { reshape } from './reshape.js';
import { sort } from './sort.js';

function inferSearch(sorted: Tensor, values: Tensor): TensorSpec {
  const rows = sorted.shape.slice(0, -1);
  const fits = sorted.rank === 1 || (sorted.rank === values.rank && sameShape(rows, values.shape.slice(0, -1)));
  if (sorted.rank === 0 || !fits) {
    fail(
      'SHAPE',
      'searchsorted',
      `sorted is ${describe(sorted)}, values is ${describe(values)} (need one sorted row, or one for each row of values)`,
      { sorted: sorted.shape, values: values.shape },
    );
  }
  return { dtype: 'int64', shape: values.shape };
}

const searchRowsOp = defineOp({
  name: 'searchRows',
  inputs: ['sorted', 'values'],
  attrs: { right: 'bool' },
  save: [],
  infer: ({ sorted, values }) => inferSearch(sorted, values),
  grad: 'none',
});

/** Options of {@link searchsorted}. */
export interface SearchOptions {
  /** Whether values go behind equal elements, or before them; default `false`, before. */
  readonly right?: boolean;
  /** Positions that put `sorted` in order along its last axis, when it is not: what `argsort` gives. */
  readonly sorter?: Tensor<IndexDType>;
}

/**
 * Where values belong in sorted rows: how many elements are smaller, or with `right` not larger.
 *
 * sorted[i − 1] < value ≤ sorted[i], or with `right` sorted[i − 1] ≤ value < sorted[i]
 *
 * Shapes: sorted [N] with values of any shape, or sorted [..., N] with values [..., M] → the shape of values. Dtypes: all,
 * promoted as in `add` → int64. NaN stands behind every number. No gradient.
 *
 * @param sorted rows in ascending order; in others the result means nothing
 * @param values a tensor or a number
 * @param options.right behind equal elements; default `false`
 * @param options.sorter positions that put `sorted` in order
 * @throws MyelinError `SHAPE` when the rows do not fit; `INDEX` for a sorter that points outside
 * @example
 * ```ts
 * import { searchsorted, tensor } from 'myelin';
 * console.log(searchsorted(tensor([1, 3, 5]), tensor([3, 6, 0])).toArray()); // [ 1, 3, 0 ]
 * ```
 */
export function searchsorted<S extends Shape>(
  sorted: Tensor,
  values: Tensor<DType, S>,
  options?: SearchOptions,
): Tensor<'int64', S>;
export function searchsorted(sorted: Tensor, values: number, options?: SearchOptions): Tensor<'int64', readonly []>;
export function searchsorted(sorted: Tensor, values: Operand, options: SearchOptions = {}): Tensor {
  const { right = false, sorter } = options;
  checkTensor('searchsorted', 'sorted', sorted);
  return scope(() => {
    const ordered = sorter === undefined ? sorted : gather(sorted, sorter);
    const [a, b] = operands('searchsorted', ordered, values);
    return searchRowsOp({ sorted: a, values: b }, { right });
  });
}

/**
 * Numbers of the buckets in which values lie: {@link searchsorted} with its arguments in the other order, for one row of
 * boundaries.
 *
 * boundaries[i − 1] < x ≤ boundaries[i], or with `right` boundaries[i − 1] ≤ x < boundaries[i]
 *
 * Shapes: x any, boundaries [N] → the shape of x, values from 0 to N. Dtypes: all, promoted as in `add` → int64. No
 * gradient.
 *
 * @param boundaries in ascending order
 * @param options.right whether a boundary belongs to the bucket above it; default `false`
 * @throws MyelinError `SHAPE` for boundaries that are not one row
 * @example
 * ```ts
 * import { bucketize, tensor } from 'myelin';
 * console.log(bucketize(tensor([0, 1, 2.5, 9]), tensor([1, 2, 3])).toArray()); // [ 0, 0, 2, 3 ]
 * ```
 */
export function bucketize<S extends Shape>(
  x: Tensor<DType, S>,
  boundaries: Tensor,
  { right = false }: { readonly right?: boolean } = {},
): Tensor<'int64', S> {
  checkTensor('bucketize', 'x', x);
  checkTensor('bucketize', 'boundaries', boundaries);
  if (boundaries.rank !== 1) {
    fail('SHAPE', 'bucketize', `boundaries is ${describe(boundaries)} (need one axis)`, { shape: boundaries.shape });
  }
  return searchsorted(boundaries, x, { right });
}

/**
 * Whether each element is among others; NaN never is.
 *
 * Shapes: x any, others any → the shape of x. Dtypes: all, promoted as in `add` → bool. No gradient.
 *
 * @param others a tensor of what to look for, or one number
 * @param options.invert whether each is not among them instead; default `false`
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { isin, tensor } from 'myelin';
 * console.log(isin(tensor([1, 2, 3]), tensor([3, 1])).toArray()); // [ true, false, true ]
 * ```
 */
export function isin<S extends Shape>(
  x: Tensor<DType, S>,
  others: Operand,
  { invert = false }: { readonly invert?: boolean } = {},
): Tensor<'bool', S> {
  checkTensor('isin', 'x', x);
  const found = scope(() => {
    const [wanted, list] = operands('isin', x, others);
    const among = contains(sort(reshape(list, [list.size])).values, wanted);
    return invert ? logicalNot(among) : among;
  });
  return found as Tensor<'bool', S>;
}

/** Whether each element is in a sorted row. */
function contains(sorted: Tensor, x: Tensor): Tensor<'bool'> {
  if (sorted.size === 0) return fullLike(x, 0, { dtype: 'bool' });
  const place = minimum(searchsorted(sorted, x), sorted.size - 1);
  return eq(indexSelect(sorted, place as Tensor<'int64'>), x);
}
