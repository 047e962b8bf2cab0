import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkTensor } from './checks.js';
import { checkIndex, indexSelect, type IndexDType } from './indexing.js';
import { sum } from './reduce.js';
import { expand, flatten, reshape, unsqueeze } from './reshape.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

function checkRepeats(op: string, repeats: unknown): asserts repeats is readonly number[] {
  if (Array.isArray(repeats) && repeats.every((count) => Number.isInteger(count) && count >= 0)) return;
  fail('VALUE', op, `repeats are ${show(repeats)} (need non-negative integers)`, { repeats });
}

/**
 * Repeats a whole tensor along its axes, as NumPy's `tile`.
 *
 * Shapes: extent N with r repeats → N · r; missing leading axes count as 1 on either side. Dtypes: all.
 *
 * @param repeats how often, per axis
 * @throws MyelinError `VALUE` for repeats that are no non-negative integers
 * @example
 * ```ts
 * import { tensor, tile } from 'myelin';
 * console.log(tile(tensor([1, 2]), [2, 2]).toArray()); // [ [ 1, 2, 1, 2 ], [ 1, 2, 1, 2 ] ]
 * ```
 */
export function tile<D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  checkTensor('tile', 'x', x);
  checkRepeats('tile', repeats);
  const rank = Math.max(x.rank, repeats.length);
  const shape = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const counts = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  return onBehalf('tile', () => {
    // One axis after another, so that a tensor of many axes needs no more than one axis in between.
    return shape.reduce<Tensor>(
      (tiled, extent, axis) => {
        const count = counts[axis]!;
        if (count === 1) return tiled;
        const repeated = expand(unsqueeze(tiled, axis), [
          ...tiled.shape.slice(0, axis),
          count,
          ...tiled.shape.slice(axis),
        ]);
        return reshape(repeated, withExtent(tiled.shape, axis, count * extent));
      },
      reshape(x, shape),
    );
  }) as Tensor<D>;
}

/**
 * Repeats a whole tensor along its axes, as PyTorch's `repeat`: {@link tile} that wants a count for every axis.
 *
 * Shapes: extent N with r repeats → N · r; counts beyond the rank make leading axes. Dtypes: all.
 *
 * @param repeats how often, per axis
 * @throws MyelinError `VALUE` for repeats that are no non-negative integers; `SHAPE` for fewer repeats than axes
 * @example
 * ```ts
 * import { repeat, tensor } from 'myelin';
 * console.log(repeat(tensor([1, 2]), [2, 2]).toArray()); // [ [ 1, 2, 1, 2 ], [ 1, 2, 1, 2 ] ]
 * ```
 */
export function repeat<D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> {
  checkTensor('repeat', 'x', x);
  checkRepeats('repeat', repeats);
  if (repeats.length < x.rank) {
    fail('SHAPE', 'repeat', `${repeats.length} repeats for ${describe(x)} (need one for each axis)`, { repeats });
  }
  return tile(x, repeats);
}

const repeatIndexOp = defineOp({
  name: 'repeatIndex',
  inputs: ['counts'],
  attrs: { total: 'int' },
  save: [],
  infer: (_, { total }) => ({ dtype: 'int64', shape: [total] }),
  grad: 'none',
});

function repeatByCounts(x: Tensor, counts: Tensor<IndexDType>, axis: number): Tensor {
  if (counts.rank !== 1 || counts.shape[0] !== x.shape[axis]) {
    fail(
      'SHAPE',
      'repeatInterleave',
      `x is ${describe(x)}, repeats are ${describe(counts)} (need [${x.shape[axis]}])`,
      {
        x: x.shape,
        repeats: counts.shape,
      },
    );
  }
  const total = sum(counts).item();
  const index = repeatIndexOp({ counts }, { total: Math.max(0, total) }) as Tensor<'int64'>;
  return indexSelect(x, index, { axis });
}

/**
 * Repeats every place of an axis, one after the other, as NumPy's `repeat`.
 *
 * Shapes: [..., N, ...] → [..., N · r, ...], or the sum of the repeats. Without an axis x is flattened first. Dtypes: all.
 *
 * @param repeats how often: one number, or a tensor [N] of int32 or int64
 * @param options.axis axis to repeat; by default all elements along one axis
 * @throws MyelinError `VALUE` for negative repeats; `SHAPE` when there is not one for each place; `INDEX` for an axis that is
 * not there
 * @example
 * ```ts
 * import { repeatInterleave, tensor } from 'myelin';
 * const x = tensor([1, 2]);
 * console.log(repeatInterleave(x, 2).toArray()); // [ 1, 1, 2, 2 ]
 * console.log(repeatInterleave(x, tensor([3, 1], { dtype: 'int32' })).toArray()); // [ 1, 1, 1, 2 ]
 * ```
 */
export function repeatInterleave<D extends DType>(
  x: Tensor<D>,
  repeats: number | Tensor<IndexDType>,
  { axis }: { readonly axis?: number } = {},
): Tensor<D> {
  checkTensor('repeatInterleave', 'x', x);
  if (typeof repeats === 'number') checkInteger('repeatInterleave', 'repeats', repeats, 0);
  else checkIndex('repeatInterleave', repeats);
  return onBehalf('repeatInterleave', () => {
    const whole: Tensor = axis === undefined ? flatten(x) : x;
    const at = normalizeAxis('repeatInterleave', axis ?? 0, whole.rank);
    if (typeof repeats !== 'number') return repeatByCounts(whole, repeats, at);
    const extents = [...whole.shape.slice(0, at + 1), repeats, ...whole.shape.slice(at + 1)];
    return reshape(expand(unsqueeze(whole, at + 1), extents), withExtent(whole.shape, at, whole.shape[at]! * repeats));
  }) as Tensor<D>;
}
