import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkTensor, checkArray } from './checks.js';
import { concat } from './move.js';
import { transpose } from './permute.js';
import { flatten, reshape } from './reshape.js';
import { flip, sliceAxis } from './slice.js';
import { onBehalf } from './on-behalf.js';

// Array.isArray would make the elements `any`.
const isList = (value: unknown): value is readonly number[] => Array.isArray(value);

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const extent = x.shape[axis]!;
  const turn = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (turn === 0) return x;
  const cut = extent - turn;
  return concat([sliceAxis(x, axis, [cut, extent]), sliceAxis(x, axis, [0, cut])], { axis });
}

/**
 * Shifts elements along axes; what leaves at one end enters at the other.
 *
 * out[i] = x[(i − shift) mod N]
 *
 * Shapes: any → the same. Dtypes: all. Without an axis, elements shift in row-major order.
 *
 * @param shifts places to the right, one number or one for each axis
 * @param options.axis axis or axes
 * @throws MyelinError `VALUE` for shifts that are no integers, or not one for each axis; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, roll } from 'myelin';
 * console.log(roll(arange(4), 1).toArray()); // [ 3, 0, 1, 2 ]
 * ```
 */
export function roll<D extends DType>(
  x: Tensor<D>,
  shifts: number | readonly number[],
  { axis }: { readonly axis?: number | readonly number[] } = {},
): Tensor<D> {
  checkTensor('roll', 'x', x);
  const counts = typeof shifts === 'number' ? [shifts] : shifts;
  if (!isList(counts)) fail('VALUE', 'roll', `shifts are ${show(shifts)} (need integers)`, { shifts });
  for (const count of counts) checkInteger('roll', 'a shift', count);
  if (axis === undefined && counts.length === 1) {
    return onBehalf('roll', () => reshape(rollAxis(flatten(x), counts[0]!, 0), x.shape)) as Tensor<D>;
  }
  const list = typeof axis === 'number' ? [axis] : (axis ?? []);
  checkArray('roll', 'axis', list);
  const axes = list.map((a) => normalizeAxis('roll', a, x.rank));
  if (axes.length !== counts.length) {
    fail('VALUE', 'roll', `shifts are ${show(shifts)}, axis is ${show(axis)} (need one shift for each axis)`, {
      shifts,
      axis,
    });
  }
  return onBehalf('roll', () => axes.reduce<Tensor>((rolled, a, i) => rollAxis(rolled, counts[i]!, a), x)) as Tensor<D>;
}

/**
 * Turns a tensor by quarters in the plane of two axes, from the first towards the second.
 *
 * Shapes: the two extents change places for odd turns. Dtypes: all. A view.
 *
 * @param turns quarters; negative ones turn backwards; default 1
 * @param options.axes the plane; default [0, 1]
 * @throws MyelinError `VALUE` for turns that are no integer or axes that are not two; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { rot90, tensor } from 'myelin';
 * console.log(rot90(tensor([[1, 2], [3, 4]])).toArray()); // [ [ 2, 4 ], [ 1, 3 ] ]
 * ```
 */
export function rot90<D extends DType>(
  x: Tensor<D>,
  turns = 1,
  { axes = [0, 1] }: { readonly axes?: readonly [number, number] } = {},
): Tensor<D> {
  checkTensor('rot90', 'x', x);
  checkInteger('rot90', 'turns', turns);
  const list: readonly number[] = axes;
  const [a, b] = list.map((axis) => normalizeAxis('rot90', axis, x.rank));
  if (a === undefined || b === undefined || list.length !== 2 || a === b) {
    fail('VALUE', 'rot90', `axes are ${show([...list])} of ${describe(x)} (need two)`, { axes });
  }
  const quarter = ((turns % 4) + 4) % 4;
  if (quarter === 2) return flip(x, [a, b]);
  return onBehalf('rot90', () => {
    if (quarter === 0) return flip(x, []);
    const turned = transpose(x, a, b);
    return flip(turned, quarter === 1 ? a : b);
  });
}
