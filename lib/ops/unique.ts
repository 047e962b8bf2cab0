import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkTensor } from './checks.js';
import { indexSelect } from './indexing.js';
import { permute } from './permute.js';
import { arange } from './ranges.js';
import { reshape } from './reshape.js';
import { sliceAxis } from './slice.js';
import { argsort, sort } from './sort.js';

const sortRowsOp = defineOp({
  name: 'sortRows',
  inputs: ['x'],
  attrs: {},
  save: [],
  infer: ({ x }) => ({ dtype: 'int64', shape: [x.shape[0]!] }),
  grad: 'none',
});

const runsOp = defineOp({
  name: 'runs',
  inputs: ['x', 'order'],
  outputs: ['firsts', 'members', 'counts', 'found'],
  attrs: {},
  save: [],
  infer: ({ order: { shape } }) => {
    const list = { dtype: 'int64' as const, shape };
    return { firsts: list, members: list, counts: list, found: { dtype: 'int64' as const, shape: [] } };
  },
  grad: 'none',
});

/** Options of {@link uniqueConsecutive}. */
export interface UniqueConsecutiveOptions {
  /** Whether to tell for each element of x which one of the result it is; default `false`. */
  readonly returnInverse?: boolean;
  /** Whether to tell how often each occurs; default `false`. */
  readonly returnCounts?: boolean;
  /** Axis whose slices are compared as a whole; by default single elements are. */
  readonly axis?: number;
}

/** Options of {@link unique}. */
export interface UniqueOptions extends UniqueConsecutiveOptions {
  /** Whether they come in ascending order, or in that of their first occurrence; default `true`. */
  readonly sorted?: boolean;
}

/** What {@link unique} and {@link uniqueConsecutive} give. */
export interface Unique<D extends DType> {
  readonly values: Tensor<D>;
  /** Where each element of x, or each slice, is among the values; only when asked for. */
  readonly inverse?: Tensor<'int64'>;
  /** How often each value occurs; only when asked for. */
  readonly counts?: Tensor<'int64'>;
}

/** What is known of the groups of equal rows: the first of each, its size, and the group of each row. */
interface Groups {
  readonly firsts: Tensor<'int64'>;
  readonly counts: Tensor<'int64'>;
  readonly members: Tensor<'int64'>;
}

/** The slices of x along an axis as rows of a matrix; single elements without an axis. */
function rowsOf(x: Tensor, axis: number | undefined): Tensor {
  if (axis === undefined) return reshape(x, [x.size, 1]);
  const order = [axis, ...[...x.shape.keys()].filter((other) => other !== axis)];
  return reshape(permute(x, order), [x.shape[axis]!, x.shape[axis] === 0 ? 0 : x.size / x.shape[axis]!]);
}

/** Groups of rows that are equal and neighbours in an order. */
function groupsIn(rows: Tensor, order: Tensor): Groups {
  const { firsts, members, counts, found } = runsOp({ x: rows, order }) as Groups & { readonly found: Tensor };
  const some = (list: Tensor) => sliceAxis(list, 0, [0, Number(found.item())]) as Tensor<'int64'>;
  return { firsts: some(firsts), counts: some(counts), members };
}

/** The same groups in the order of their first members. */
function byOccurrence({ firsts, counts, members }: Groups): Groups {
  const order = argsort(firsts);
  const place = argsort(order);
  return {
    firsts: indexSelect(firsts, order),
    counts: indexSelect(counts, order),
    members: place.size === 0 ? members : indexSelect(place, members),
  };
}

function distinct(op: string, x: Tensor, options: UniqueConsecutiveOptions, group: (rows: Tensor) => Groups) {
  const { axis, returnInverse = false, returnCounts = false } = options;
  checkTensor(op, 'x', x);
  const at = axis === undefined ? undefined : normalizeAxis(op, axis, x.rank);
  return scope(() => {
    const { firsts, counts, members } = group(rowsOf(x, at));
    const values = at === undefined ? indexSelect(reshape(x, [x.size]), firsts) : indexSelect(x, firsts, { axis: at });
    return {
      values,
      ...(returnInverse && { inverse: at === undefined ? reshape(members, x.shape) : members }),
      ...(returnCounts && { counts }),
    };
  });
}

/**
 * The distinct elements, or the distinct slices along an axis. Both zeros are one; each NaN is one of its own.
 *
 * Shapes: any → `values` [U], `inverse` the shape of x, `counts` [U]; with an axis of extent N `values` has extent U there,
 * and `inverse` is [N]. Dtypes: all. U depends on the numbers in x, which are read for that. Gradients of the values go to
 * their first occurrences.
 *
 * @param options.sorted in ascending order (slices by their first difference), or as they first occur; default `true`
 * @param options.returnInverse tell for each element which value it is; default `false`
 * @param options.returnCounts tell how often each occurs; default `false`
 * @param options.axis axis whose slices are compared; default none
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { tensor, unique } from 'myelin';
 * const { values, counts } = unique(tensor([3, 1, 3]), { returnCounts: true });
 * console.log(values.toArray(), counts?.toArray()); // [ 1, 3 ] [ 1, 2 ]
 * ```
 */
export function unique<D extends DType>(x: Tensor<D>, options?: UniqueOptions): Unique<D>;
export function unique(x: Tensor, { sorted = true, ...options }: UniqueOptions = {}): Unique<DType> {
  return distinct('unique', x, options, (rows) => {
    const order = rows.shape[1] === 1 ? sort(reshape(rows, [rows.size])).indices : sortRowsOp({ x: rows });
    const groups = groupsIn(rows, order);
    return sorted ? groups : byOccurrence(groups);
  });
}

/**
 * The elements, or the slices along an axis, without those that equal the one before.
 *
 * Shapes: any, read as one row without an axis → as {@link unique}. Dtypes: all. Gradients of the values go to the first
 * of each run.
 *
 * @param options.returnInverse tell for each element which value it is; default `false`
 * @param options.returnCounts tell how long each run is; default `false`
 * @param options.axis axis whose slices are compared; default none
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { tensor, uniqueConsecutive } from 'myelin';
 * console.log(uniqueConsecutive(tensor([1, 1, 2, 1])).values.toArray()); // [ 1, 2, 1 ]
 * ```
 */
export function uniqueConsecutive<D extends DType>(x: Tensor<D>, options?: UniqueConsecutiveOptions): Unique<D>;
export function uniqueConsecutive(x: Tensor, options: UniqueConsecutiveOptions = {}): Unique<DType> {
  return distinct('uniqueConsecutive', x, options, (rows) => groupsIn(rows, arange(rows.shape[0]!)));
}
