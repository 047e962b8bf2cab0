import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { broadcastShapes, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, checkElement, checkTensor } from './checks.js';
import { ne, where } from './compare.js';
import { full } from './creation.js';
import { indexSelect } from './indexing.js';
import { sum } from './reduce.js';
import { expand, flatten, reshape } from './reshape.js';
import { scatter } from './scatter.js';
import { slice } from './slice.js';
import { onBehalf } from './on-behalf.js';

const nonzeroOp = defineOp({
  name: 'nonzero',
  inputs: ['x'],
  attrs: { count: 'int' },
  save: [],
  infer: ({ x }, { count }) => ({ dtype: 'int64', shape: [count, x.rank] }),
  grad: 'none',
});

/** {@link nonzero} on behalf of another function. */
export function positionsOf(x: Tensor): Tensor<'int64'> {
  return scope(() => {
    const count = sum(x.dtype === 'bool' ? x : ne(x, 0)).item();
    return nonzeroOp({ x }, { count });
  }) as Tensor<'int64'>;
}

/**
 * Where a tensor is not zero: one row of coordinates for each such element, in row-major order. NaN is not zero.
 *
 * Shapes: x of rank R → [count, R]. Dtypes: all → int64. No gradient. The shape depends on the numbers.
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { nonzero, tensor } from 'myelin';
 * console.log(nonzero(tensor([[0, 7], [5, 0]])).toArray()); // [ [ 0, 1 ], [ 1, 0 ] ]
 * ```
 */
export function nonzero(x: Tensor): Tensor<'int64'> {
  checkTensor('nonzero', 'x', x);
  return positionsOf(x);
}

/**
 * {@link nonzero} under NumPy's name.
 *
 * Shapes: x of rank R → [count, R]. Dtypes: all → int64. No gradient.
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { argwhere, gt, tensor } from 'myelin';
 * console.log(argwhere(gt(tensor([1, 5, 3]), 2)).toArray()); // [ [ 1 ], [ 2 ] ]
 * ```
 */
export function argwhere(x: Tensor): Tensor<'int64'> {
  checkTensor('argwhere', 'x', x);
  return positionsOf(x);
}

/**
 * Positions, in row-major order, of what is not zero.
 *
 * Shapes: any → [count]. Dtypes: all → int64. No gradient. The shape depends on the numbers.
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { flatnonzero, tensor } from 'myelin';
 * console.log(flatnonzero(tensor([[0, 7], [5, 0]])).toArray()); // [ 1, 2 ]
 * ```
 */
export function flatnonzero(x: Tensor): Tensor<'int64'> {
  checkTensor('flatnonzero', 'x', x);
  return onBehalf('flatnonzero', () => flatten(positionsOf(flatten(x))));
}

function checkMask(op: string, x: unknown, mask: unknown): asserts mask is Tensor<'bool'> {
  checkTensor(op, 'x', x);
  checkTensor(op, 'mask', mask);
  checkDTypeOf(op, 'mask', mask, ['bool']);
}

function commonShape(op: string, x: Tensor, mask: Tensor): Shape {
  const shape = broadcastShapes(x.shape, mask.shape);
  if (shape !== undefined) return shape;
  return fail('SHAPE', op, `x is ${describe(x)}, mask is ${describe(mask)} (need shapes that broadcast)`, {
    x: x.shape,
    mask: mask.shape,
  });
}

/**
 * The elements at which a mask holds, in row-major order.
 *
 * Shapes: x and mask broadcast → [count]. Dtypes: x any, mask bool. The shape depends on the mask. The gradient is zero where
 * the mask does not hold.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` when the mask is not bool
 * @example
 * ```ts
 * import { gt, maskedSelect, tensor } from 'myelin';
 * const x = tensor([[1, 5], [4, 2]]);
 * console.log(maskedSelect(x, gt(x, 1)).toArray()); // [ 5, 4, 2 ]
 * ```
 */
export function maskedSelect<D extends DType>(x: Tensor<D>, mask: Tensor<'bool'>): Tensor<D> {
  checkMask('maskedSelect', x, mask);
  const shape = commonShape('maskedSelect', x, mask);
  return onBehalf<Tensor>('maskedSelect', () =>
    indexSelect(flatten(expand(x, shape)), flatnonzero(expand(mask, shape))),
  ) as Tensor<D>;
}

/**
 * x with one value where a mask holds.
 *
 * Shapes: x and mask broadcast. Dtypes: x any, which stays; mask bool. The gradient is zero where the mask holds.
 *
 * @param value a number, or a tensor of the dtype of x that broadcasts
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` when the mask is not bool or the value of another dtype;
 * `VALUE` for a number that the dtype cannot hold
 * @example
 * ```ts
 * import { lt, maskedFill, tensor } from 'myelin';
 * const x = tensor([-1, 2, -3]);
 * console.log(maskedFill(x, lt(x, 0), 0).toArray()); // [ 0, 2, 0 ]
 * ```
 */
export function maskedFill<D extends DType>(x: Tensor<D>, mask: Tensor<'bool'>, value: Tensor<D> | number): Tensor<D> {
  checkMask('maskedFill', x, mask);
  commonShape('maskedFill', x, mask);
  return onBehalf<Tensor>('maskedFill', () => {
    if (typeof value === 'number') {
      checkElement('maskedFill', 'value', value, x.dtype);
      return where(mask, full([], value, { dtype: x.dtype }), x);
    }
    checkTensor('maskedFill', 'value', value);
    checkDTypeOf('maskedFill', 'value', value, [x.dtype]);
    return where(mask, value, x);
  }) as Tensor<D>;
}

/**
 * x with elements of a source, one after the other, where a mask holds.
 *
 * Shapes: x and mask broadcast; source any shape of at least as many elements as the mask holds → that of x (broadcast).
 * Dtypes: x and source any, the same; mask bool.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast or the source is too small; `DTYPE`
 * @example
 * ```ts
 * import { maskedScatter, tensor, zeros } from 'myelin';
 * const mask = tensor([true, false, true]);
 * console.log(maskedScatter(zeros([3]), mask, tensor([7, 8])).toArray()); // [ 7, 0, 8 ]
 * ```
 */
export function maskedScatter<D extends DType>(x: Tensor<D>, mask: Tensor<'bool'>, source: Tensor<D>): Tensor<D> {
  checkMask('maskedScatter', x, mask);
  checkTensor('maskedScatter', 'source', source);
  checkDTypeOf('maskedScatter', 'source', source, [x.dtype]);
  const shape = commonShape('maskedScatter', x, mask);
  return onBehalf<Tensor>('maskedScatter', () => {
    const places = flatnonzero(expand(mask, shape));
    if (source.size < places.size) {
      fail(
        'SHAPE',
        'maskedScatter',
        `source is ${describe(source)}, the mask holds ${places.size} times (need as many)`,
        {
          source: source.shape,
          need: places.size,
        },
      );
    }
    const values = slice(flatten(source), [0, places.size]);
    return reshape(scatter(flatten(expand(x, shape)), places, values, { axis: 0 }), shape);
  }) as Tensor<D>;
}
