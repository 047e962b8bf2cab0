import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { broadcastShapes, normalizeAxes, normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkTensor } from './checks.js';
import { permute, transpose } from './permute.js';
import { expand, flatten, isViewable, reshape, type KnownShape } from './reshape.js';
import { sliceAxis } from './slice.js';

/**
 * {@link reshape} that never copies.
 *
 * Shapes: any → any of as many elements; one extent may be −1 and is worked out. Dtypes: all. A view.
 *
 * @throws MyelinError `SHAPE` when the number of elements differs, or when only a copy could have the shape
 * @example
 * ```ts
 * import { arange, view } from 'myelin';
 * console.log(view(arange(6), [2, -1]).shape); // [ 2, 3 ]
 * ```
 */
export function view<D extends DType, const S extends Shape>(x: Tensor<D>, shape: S): Tensor<D, KnownShape<S>> {
  checkTensor('view', 'x', x);
  if (!isViewable('view', x, shape)) {
    fail(
      'SHAPE',
      'view',
      `${describe(x)} with strides ${show([...x.strides])} cannot be seen as ${show([...shape])} (need reshape, which copies)`,
      {
        strides: x.strides,
      },
    );
  }
  return reshape(x, shape);
}

/**
 * All elements along one axis, row by row.
 *
 * Shapes: any → [size]. Dtypes: all. A view where strides allow it.
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { ravel, tensor } from 'myelin';
 * console.log(ravel(tensor([[1, 2], [3, 4]])).toArray()); // [ 1, 2, 3, 4 ]
 * ```
 */
export function ravel<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkTensor('ravel', 'x', x);
  return flatten(x);
}

/**
 * Makes several axes of one.
 *
 * Shapes: [..., N, ...] → [..., a, b, …, ...] with a · b · … = N. Dtypes: all. A view where strides allow it.
 *
 * @param extents extents of the new axes; one may be −1 and is worked out
 * @throws MyelinError `SHAPE` when they do not multiply to N; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { unflatten, zeros } from 'myelin';
 * console.log(unflatten(zeros([2, 12]), 1, [3, -1]).shape); // [ 2, 3, 4 ]
 * ```
 */
export function unflatten<D extends DType>(x: Tensor<D>, axis: number, extents: Shape): Tensor<D> {
  checkTensor('unflatten', 'x', x);
  const at = normalizeAxis('unflatten', axis, x.rank);
  const whole = x.shape[at]!;
  const list = Array.isArray(extents)
    ? extents
    : fail('TYPE', 'unflatten', `extents are ${show(extents)} (need a list)`);
  const known = extents.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const complete = list.map((extent: number) => (extent === -1 && known > 0 ? whole / known : extent));
  if (complete.reduce((product, extent) => product * extent, 1) !== whole || !complete.every(Number.isInteger)) {
    fail(
      'SHAPE',
      'unflatten',
      `extents are ${show([...extents])} (need a product of ${whole}, the extent of axis ${at})`,
      {
        extents,
      },
    );
  }
  return reshape(x, [...x.shape.slice(0, at), ...complete, ...x.shape.slice(at + 1)]);
}

/**
 * Exchanges two axes; {@link transpose} under NumPy's name.
 *
 * Shapes: [..., M, …, N, ...] → [..., N, …, M, ...]. Dtypes: all. A view.
 *
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { swapAxes, zeros } from 'myelin';
 * console.log(swapAxes(zeros([2, 3, 4]), 0, 2).shape); // [ 4, 3, 2 ]
 * ```
 */
export function swapAxes<D extends DType>(x: Tensor<D>, a: number, b: number): Tensor<D> {
  checkTensor('swapAxes', 'x', x);
  return transpose(x, normalizeAxis('swapAxes', a, x.rank), normalizeAxis('swapAxes', b, x.rank));
}

/**
 * Moves axes to other places; the rest keep their order.
 *
 * Shapes: any → permuted. Dtypes: all. A view.
 *
 * @param from axis or axes to move
 * @param to where each of them will be
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` when the lists differ in length or name one axis twice
 * @example
 * ```ts
 * import { moveAxis, zeros } from 'myelin';
 * console.log(moveAxis(zeros([2, 3, 4]), 0, -1).shape); // [ 3, 4, 2 ]
 * ```
 */
export function moveAxis<D extends DType>(
  x: Tensor<D>,
  from: number | readonly number[],
  to: number | readonly number[],
): Tensor<D> {
  checkTensor('moveAxis', 'x', x);
  const [sources, places] = [from, to].map((axes) => {
    normalizeAxes('moveAxis', axes ?? NaN, x.rank);
    return (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis('moveAxis', axis, x.rank));
  }) as [number[], number[]];
  if (sources.length !== places.length) {
    fail('VALUE', 'moveAxis', `from is ${show(from)}, to is ${show(to)} (need as many places as axes)`, { from, to });
  }
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
  const order = x.shape.map((_, axis) => {
    const moved = places.indexOf(axis);
    return moved < 0 ? rest.shift()! : sources[moved]!;
  });
  return permute(x, order);
}

/**
 * {@link expand} under NumPy's name.
 *
 * Shapes: any → a shape that it broadcasts to. Dtypes: all. A view.
 *
 * @throws MyelinError `SHAPE` when the tensor does not broadcast to the shape
 * @example
 * ```ts
 * import { broadcastTo, tensor } from 'myelin';
 * console.log(broadcastTo(tensor([1, 2]), [2, 2]).toArray()); // [ [ 1, 2 ], [ 1, 2 ] ]
 * ```
 */
export function broadcastTo<D extends DType, const S extends Shape>(x: Tensor<D>, shape: S): Tensor<D, KnownShape<S>> {
  return expand(x, shape);
}

/**
 * Tensors in the shape to which all of them broadcast.
 *
 * Shapes: any that broadcast → one. Dtypes: all, each its own. Views.
 *
 * @throws MyelinError `SHAPE` when shapes do not broadcast
 * @example
 * ```ts
 * import { broadcastTensors, ones } from 'myelin';
 * console.log(broadcastTensors(ones([2, 1]), ones([3])).map((x) => x.shape)); // [ [ 2, 3 ], [ 2, 3 ] ]
 * ```
 */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  return broadcastAll('broadcastTensors', tensors);
}

/** {@link broadcastTensors} on behalf of another function. */
export function broadcastAll(op: string, tensors: readonly Tensor[]): Tensor[] {
  tensors.forEach((x, i) => checkTensor(op, `tensor ${i}`, x));
  const shape = tensors.reduce<Shape | undefined>((common, x) => common && broadcastShapes(common, x.shape), []);
  if (shape === undefined) {
    fail(
      'SHAPE',
      op,
      `shapes do not broadcast: ${tensors.map(describe).join(', ')} (need extents that are equal or 1)`,
      {
        shapes: tensors.map((x) => x.shape),
      },
    );
  }
  return tensors.map((x) => expand(x, shape));
}

/**
 * A range of one axis: `length` places from `start` on.
 *
 * Shapes: [..., N, ...] → [..., length, ...]. Dtypes: all. A view.
 *
 * @param start negative ones count from the end
 * @throws MyelinError `INDEX` for an axis or places that are not there; `VALUE` for a negative length
 * @example
 * ```ts
 * import { arange, narrow } from 'myelin';
 * console.log(narrow(arange(5), 0, 1, 3).toArray()); // [ 1, 2, 3 ]
 * ```
 */
export function narrow<D extends DType>(x: Tensor<D>, axis: number, start: number, length: number): Tensor<D> {
  checkTensor('narrow', 'x', x);
  const at = normalizeAxis('narrow', axis, x.rank);
  checkInteger('narrow', 'start', start);
  checkInteger('narrow', 'length', length, 0);
  const extent = x.shape[at]!;
  const first = start < 0 ? start + extent : start;
  if (first < 0 || first + length > extent) {
    fail('INDEX', 'narrow', `places ${start} to ${start + length} are outside axis ${at} of ${describe(x)}`, {
      start,
      length,
    });
  }
  return sliceAxis(x, at, [first, first + length]) as Tensor<D>;
}
