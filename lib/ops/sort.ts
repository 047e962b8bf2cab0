import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { alongAxis, type Indexed } from './axis.js';
import { checkInteger } from './checks.js';
import { addAtEach } from './indexing.js';
import { withExtent } from './spec.js';

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions {
  /** Axis to sort along; default −1, the last. */
  readonly axis?: number;
  /** Whether the largest come first; default `false`. */
  readonly descending?: boolean;
}

const sortOp = defineOp({
  name: 'sort',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: 'int', descending: 'bool' },
  save: ['indices'],
  infer: ({ x: { dtype, shape } }) => ({ values: { dtype, shape }, indices: { dtype: 'int64' as const, shape } }),
  grad: ({ indices, dout, spec, attrs }) => ({ x: addAtEach(dout, indices, spec.x.shape, attrs.axis) }),
});

function sorted(op: string, x: Tensor, { axis = -1, descending = false }: SortOptions) {
  return alongAxis(op, x, axis, (row, at) => sortOp({ x: row }, { axis: at, descending }));
}

/**
 * Elements in order, and where each stood before. Equal elements, such as both zeros, stay in the order in which they
 * came; NaN counts as larger than every number.
 *
 * Shapes: any → `values` and `indices` of the same. Dtypes: all; `indices` int64. The gradient of a value goes back to
 * where it stood.
 *
 * @param options.axis axis; default −1
 * @param options.descending largest first; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { sort, tensor } from 'myelin';
 * const { values, indices } = sort(tensor([3, 1, 2]));
 * console.log(values.toArray(), indices.toArray()); // [ 1, 2, 3 ] [ 1, 2, 0 ]
 * ```
 */
export function sort<D extends DType, S extends Shape>(x: Tensor<D, S>, options?: SortOptions): Indexed<D, S>;
export function sort(x: Tensor, options: SortOptions = {}): Indexed<DType> {
  return sorted('sort', x, options) as Indexed<DType>;
}

/**
 * Positions of the elements in order: the `indices` of {@link sort}.
 *
 * Shapes: any → the same. Dtypes: all → int64. No gradient.
 *
 * @param options.axis axis; default −1
 * @param options.descending largest first; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { argsort, tensor } from 'myelin';
 * console.log(argsort(tensor([3, 1, 2]), { descending: true }).toArray()); // [ 0, 2, 1 ]
 * ```
 */
export function argsort<S extends Shape>(x: Tensor<DType, S>, options: SortOptions = {}): Tensor<'int64', S> {
  return scope(() => sorted('argsort', x, options).indices) as Tensor<'int64', S>;
}

/** Options of {@link topk}. */
export interface TopkOptions {
  /** Axis to choose along; default −1, the last. */
  readonly axis?: number;
  /** Whether the largest are wanted, or the smallest; default `true`. */
  readonly largest?: boolean;
  /** Whether they come in order, best first, or as they stood in x; default `true`. */
  readonly sorted?: boolean;
}

const topkOp = defineOp({
  name: 'topk',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { k: 'int', axis: 'int', largest: 'bool', sorted: 'bool' },
  save: ['indices'],
  infer: ({ x }, { k, axis }) => {
    if (k > x.shape[axis]!) {
      fail(
        'VALUE',
        'topk',
        `k is ${k}, x is ${describe(x)} (need k <= ${x.shape[axis]!}, the extent of axis ${axis})`,
        {
          k,
          shape: x.shape,
        },
      );
    }
    const shape = withExtent(x.shape, axis, k);
    return { values: { dtype: x.dtype, shape }, indices: { dtype: 'int64' as const, shape } };
  },
  grad: ({ indices, dout, spec, attrs }) => ({ x: addAtEach(dout, indices, spec.x.shape, attrs.axis) }),
});

/**
 * The k largest elements, and where they stand; of equal ones the first. NaN counts as larger than every number.
 *
 * Shapes: extent N of the axis → k. Dtypes: all; `indices` int64. The gradient of a value goes to where it stood.
 *
 * @param k how many
 * @param options.axis axis; default −1
 * @param options.largest the largest, or the smallest; default `true`
 * @param options.sorted in order, best first, or as they stood in x; default `true`
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for a k that is no integer from 0 to the extent
 * @example
 * ```ts
 * import { tensor, topk } from 'myelin';
 * const { values, indices } = topk(tensor([3, 1, 4, 2]), 2);
 * console.log(values.toArray(), indices.toArray()); // [ 4, 3 ] [ 2, 0 ]
 * ```
 */
export function topk<D extends DType>(x: Tensor<D>, k: number, options?: TopkOptions): Indexed<D>;
export function topk(x: Tensor, k: number, options: TopkOptions = {}): Indexed<DType> {
  const { axis = -1, largest = true, sorted = true } = options;
  checkInteger('topk', 'k', k, 0);
  const chosen = alongAxis('topk', x, axis, (row, at) => topkOp({ x: row }, { k, axis: at, largest, sorted }));
  return chosen as Indexed<DType>;
}
