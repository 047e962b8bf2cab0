import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, inNameOf } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { withExtent } from './spec.js';
import type { Tensor } from '../tensor/tensor.js';
import { alongAxis, checkChoice, type Indexed } from './axis.js';
import { checkInteger, checkTensor } from './checks.js';
import { addAtEach, gather } from './indexing.js';
import { argmax, argmin, max, min, type AxisOptions, type ReduceOptions } from './reduce.js';
import { reshape, squeeze } from './reshape.js';

const orderStatisticOp = defineOp({
  name: 'orderStatistic',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: 'int', statistic: ['kth', 'median', 'nanmedian'], k: 'int' },
  save: ['indices'],
  infer: ({ x }, { axis }) => one(x, axis),
  grad: ({ indices, dout, spec, attrs }) => ({ x: addAtEach(dout, indices, spec.x.shape, attrs.axis) }),
});

const modeOp = defineOp({
  name: 'mode',
  inputs: ['x'],
  outputs: ['values', 'indices'],
  attrs: { axis: 'int' },
  save: ['indices'],
  infer: ({ x }, { axis }) => one(x, axis),
  grad: ({ indices, dout, spec, attrs }) => ({ x: addAtEach(dout, indices, spec.x.shape, attrs.axis) }),
});

/** The specs of one value along an axis, and of its position. */
function one(x: Tensor, axis: number) {
  const shape = withExtent(x.shape, axis, 1);
  return { values: { dtype: x.dtype, shape }, indices: { dtype: 'int64' as const, shape } };
}

interface Chosen {
  readonly values: Tensor;
  readonly indices: Tensor;
}
type Choose = (x: Tensor, axis: number) => Chosen;

/** Chooses one element of each row along an axis; without an axis the tensor counts as one row. */
function choose(op: string, x: Tensor, { axis, keepDims = false }: AxisOptions, run: Choose): Indexed<DType> {
  checkTensor(op, 'x', x);
  const checked: Choose = (row, at) => (checkChoice(op, row, at), run(row, at));
  const chosen = scope((): Chosen => {
    if (axis === undefined) {
      const { values, indices } = checked(reshape(x, [x.size]), 0);
      const shape = keepDims ? new Array<number>(x.rank).fill(1) : [];
      return { values: reshape(values, shape), indices: reshape(indices, shape) };
    }
    const found = alongAxis(op, x, axis, checked);
    if (keepDims || x.rank === 0) return found;
    return { values: squeeze(found.values, axis), indices: squeeze(found.indices, axis) };
  });
  return chosen as Indexed<DType>;
}

/**
 * The k-th smallest element along an axis, and where it stands; the first is k = 1. Equal elements count in the order in
 * which they stand, and NaN as larger than every number.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the element
 * that was taken.
 *
 * @param k which, from 1 to the extent of the axis
 * @param options.axis axis; default −1
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` for a k that is no integer from 1 to the extent
 * @example
 * ```ts
 * import { kthvalue, tensor } from 'myelin';
 * const { values, indices } = kthvalue(tensor([5, 1, 4]), 2);
 * console.log(values.item(), indices.item()); // 4 2
 * ```
 */
export function kthvalue<D extends DType>(x: Tensor<D>, k: number, options?: AxisOptions): Indexed<D>;
export function kthvalue(x: Tensor, k: number, { axis = -1, keepDims }: AxisOptions = {}): Indexed<DType> {
  checkInteger('kthvalue', 'k', k, 1);
  return choose('kthvalue', x, { axis, keepDims: keepDims === true }, (row, at) => {
    if (k > row.shape[at]!) {
      fail(
        'VALUE',
        'kthvalue',
        `k is ${k}, x is ${describe(x)} (need k <= ${row.shape[at]!}, the extent of the axis)`,
        {
          k,
          shape: x.shape,
        },
      );
    }
    return orderStatisticOp({ x: row }, { axis: at, statistic: 'kth', k: k - 1 });
  });
}

/**
 * The middle element of a row in order, and where it stands: the lower one of two. NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the element
 * that was taken. See `quantile(x, 0.5)` for the mean of two middle elements.
 *
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { median, tensor } from 'myelin';
 * const { values, indices } = median(tensor([4, 1, 3, 2]));
 * console.log(values.item(), indices.item()); // 2 3
 * ```
 */
export function median<D extends DType>(x: Tensor<D>, options?: AxisOptions): Indexed<D>;
export function median(x: Tensor, options: AxisOptions = {}): Indexed<DType> {
  return choose('median', x, options, (row, axis) => orderStatisticOp({ x: row }, { axis, statistic: 'median', k: 0 }));
}

/**
 * The middle element of the numbers of a row in order, and where it stands: {@link median} without NaNs; NaN if there is
 * nothing else.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the element
 * that was taken.
 *
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { nanmedian, tensor } from 'myelin';
 * console.log(nanmedian(tensor([4, NaN, 1, 2])).values.item()); // 2
 * ```
 */
export function nanmedian<D extends DType>(x: Tensor<D>, options?: AxisOptions): Indexed<D>;
export function nanmedian(x: Tensor, options: AxisOptions = {}): Indexed<DType> {
  return choose('nanmedian', x, options, (row, axis) =>
    orderStatisticOp({ x: row }, { axis, statistic: 'nanmedian', k: 0 }),
  );
}

/**
 * The most frequent element, the smallest of them if there are several, and where it stands last. NaNs count as equal.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the element
 * that was taken.
 *
 * @param options.axis axis; default −1
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { mode, tensor } from 'myelin';
 * const { values, indices } = mode(tensor([3, 1, 3, 2]));
 * console.log(values.item(), indices.item()); // 3 2
 * ```
 */
export function mode<D extends DType>(x: Tensor<D>, options?: AxisOptions): Indexed<D>;
export function mode(x: Tensor, { axis = -1, keepDims }: AxisOptions = {}): Indexed<DType> {
  return choose('mode', x, { axis, keepDims: keepDims === true }, (row, at) => modeOp({ x: row }, { axis: at }));
}

function withIndices(find: typeof argmax): Choose {
  return (x, axis) => {
    const indices = find(x, { axis, keepDims: true });
    return { values: gather(x, indices, { axis }), indices };
  };
}

/**
 * The largest element, and where it stands: the first of several; the first NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the one
 * element that was taken; that of `max` is shared by equal ones.
 *
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { maxWithIndices, tensor } from 'myelin';
 * const { values, indices } = maxWithIndices(tensor([[1, 5], [4, 3]]), { axis: 1 });
 * console.log(values.toArray(), indices.toArray()); // [ 5, 4 ] [ 1, 0 ]
 * ```
 */
export function maxWithIndices<D extends DType>(x: Tensor<D>, options?: AxisOptions): Indexed<D>;
export function maxWithIndices(x: Tensor, options: AxisOptions = {}): Indexed<DType> {
  return choose('maxWithIndices', x, options, withIndices(argmax));
}

/**
 * The smallest element, and where it stands: the first of several; the first NaN if there is one.
 *
 * Shapes: any → without the axis (extent 1 with `keepDims`). Dtypes: all; `indices` int64. The gradient goes to the one
 * element that was taken; that of `min` is shared by equal ones.
 *
 * @param options.axis axis; by default the tensor counts as one row
 * @param options.keepDims keep the axis with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { minWithIndices, tensor } from 'myelin';
 * const { values, indices } = minWithIndices(tensor([[1, 5], [4, 3]]), { axis: 1 });
 * console.log(values.toArray(), indices.toArray()); // [ 1, 3 ] [ 0, 1 ]
 * ```
 */
export function minWithIndices<D extends DType>(x: Tensor<D>, options?: AxisOptions): Indexed<D>;
export function minWithIndices(x: Tensor, options: AxisOptions = {}): Indexed<DType> {
  return choose('minWithIndices', x, options, withIndices(argmin));
}

/**
 * Smallest and largest element over axes; NaN if there is one.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: all.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `SHAPE` when there is nothing to choose from
 * @example
 * ```ts
 * import { aminmax, tensor } from 'myelin';
 * const range = aminmax(tensor([3, 1, 2]));
 * console.log(range.min.item(), range.max.item()); // 1 3
 * ```
 */
export function aminmax<D extends DType>(
  x: Tensor<D>,
  options: ReduceOptions = {},
): { readonly min: Tensor<D>; readonly max: Tensor<D> } {
  checkTensor('aminmax', 'x', x);
  return inNameOf('aminmax', () => ({ min: min(x, options), max: max(x, options) }));
}
