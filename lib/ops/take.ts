import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkTensor } from './checks.js';
import { checkIndex, gather, indexSelect, type IndexDType } from './indexing.js';
import { expand, flatten } from './reshape.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

const wrapIndexOp = defineOp({
  name: 'wrapIndex',
  inputs: ['index'],
  attrs: { extent: 'int' },
  save: [],
  infer: ({ index }) => ({ dtype: 'int64', shape: index.shape }),
  grad: 'none',
});

/** Indices of an axis, checked; negative ones count from the end. */
export function wrapIndex(index: Tensor, extent: number): Tensor<'int64'> {
  return wrapIndexOp({ index }, { extent }) as Tensor<'int64'>;
}

/** The shape to which x and an index broadcast on all axes but one, with that one's extent. */
function alongShape(op: string, x: Tensor, index: Tensor, axis: number, extent: number): Shape {
  const shape = x.shape.map((own, a) => (a === axis ? extent : own === 1 ? index.shape[a]! : own));
  const fitting = index.shape.every((other, a) => a === axis || other === 1 || other === shape[a]);
  if (index.rank === x.rank && fitting) return shape;
  return fail(
    'SHAPE',
    op,
    `x is ${describe(x)}, index is ${describe(index)} (need as many axes, which broadcast except axis ${axis})`,
    { x: x.shape, index: index.shape },
  );
}

/** x and its index, broadcast against each other on all axes but one. */
export function matchAlong(op: string, x: Tensor, index: Tensor, axis: number): [Tensor, Tensor<'int64'>] {
  const extent = x.shape[axis]!;
  const shape = alongShape(op, x, index, axis, extent);
  const wrapped = wrapIndex(index, extent);
  return [expand(x, shape), expand(wrapped, withExtent(shape, axis, index.shape[axis]!))];
}

/**
 * Takes elements along one axis by indices that broadcast over the others, as NumPy's `take_along_axis`: what `argsort`
 * and `argmax` with `keepDims` give is such an index.
 *
 * Shapes: x and index of one rank, broadcast on all axes but the one → the index's extent on that axis. Dtypes: x any; index
 * int32 or int64, negative ones count from the end.
 *
 * @param options.axis axis along which to take; default −1
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `INDEX` for an index outside the axis; `DTYPE` for indices that
 * are no integers
 * @example
 * ```ts
 * import { argmax, takeAlongAxis, tensor } from 'myelin';
 * const x = tensor([[1, 5], [4, 2]]);
 * console.log(takeAlongAxis(x, argmax(x, { axis: 1, keepDims: true })).toArray()); // [ [ 5 ], [ 4 ] ]
 * ```
 */
export function takeAlongAxis<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  { axis = -1 }: { readonly axis?: number } = {},
): Tensor<D> {
  checkTensor('takeAlongAxis', 'x', x);
  checkIndex('takeAlongAxis', index);
  const at = normalizeAxis('takeAlongAxis', axis, x.rank);
  return onBehalf('takeAlongAxis', () => {
    const [whole, places] = matchAlong('takeAlongAxis', x, index, at);
    return gather(whole, places, { axis: at });
  }) as Tensor<D>;
}

/**
 * Takes elements by their position in row-major order, whatever the shape of x.
 *
 * out[i] = x.flat[index[i]]
 *
 * Shapes: x any, index any → that of the index. Dtypes: x any; index int32 or int64, negative ones count from the end. The
 * gradient adds up where an index occurs more than once.
 *
 * @throws MyelinError `INDEX` for a position that is not there; `DTYPE` for indices that are no integers
 * @example
 * ```ts
 * import { take, tensor } from 'myelin';
 * console.log(take(tensor([[1, 2], [3, 4]]), tensor([2, -1], { dtype: 'int32' })).toArray()); // [ 3, 4 ]
 * ```
 */
export function take<D extends DType>(x: Tensor<D>, index: Tensor<IndexDType>): Tensor<D> {
  checkTensor('take', 'x', x);
  checkIndex('take', index);
  return onBehalf('take', () => indexSelect(flatten(x), wrapIndex(index, x.size)));
}
