import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { checkShape, maxRank } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { pow } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkInteger, checkOption, checkTensor, floats } from './checks.js';
import { le, lt } from './compare.js';
import { indexSelect } from './indexing.js';
import { logicalAnd } from './logic.js';
import { positionsOf } from './masking.js';
import { checkList, stack } from './move.js';
import { transpose } from './permute.js';
import { arange } from './ranges.js';
import { expand, flatten, reshape, unsqueeze } from './reshape.js';
import { flip } from './slice.js';
import { onBehalf } from './on-behalf.js';

function checkVectors(op: string, tensors: readonly Tensor[]): void {
  checkList(op, tensors);
  tensors.forEach((x, i) => {
    checkTensor(op, `tensor ${i}`, x);
    if (x.rank > 1) fail('SHAPE', op, `tensor ${i} is ${describe(x)} (need a vector)`, { shape: x.shape });
  });
  if (tensors.length > maxRank) fail('SHAPE', op, `${tensors.length} tensors (need at most ${maxRank})`);
}

function grid(tensors: readonly Tensor[]): Tensor[] {
  const shape = tensors.map((x) => x.size);
  checkShape('meshgrid', shape);
  return tensors.map((x, axis) => {
    const column = shape.map((_, a) => (a === axis ? x.size : 1));
    return expand(reshape(x, column), shape);
  });
}

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /** Order of the first two axes: rows first, or x first as in plots; default `'ij'`. */
  readonly indexing?: 'ij' | 'xy';
}

/**
 * Coordinates of a grid: one tensor for each vector, which repeats it along the axes of the others.
 *
 * Shapes: [N₁], [N₂], … → each [N₁, N₂, …]; with `'xy'` each [N₂, N₁, …]. Dtypes: all, each its own. Views.
 *
 * @param options.indexing `'ij'` or `'xy'`; default `'ij'`
 * @throws MyelinError `SHAPE` for what are not vectors; `VALUE` for an empty list or another indexing
 * @example
 * ```ts
 * import { meshgrid, tensor } from 'myelin';
 * const [rows, columns] = meshgrid([tensor([1, 2]), tensor([3, 4])]);
 * console.log(rows?.toArray(), columns?.toArray()); // [ [ 1, 1 ], [ 2, 2 ] ] [ [ 3, 4 ], [ 3, 4 ] ]
 * ```
 */
export function meshgrid<D extends DType>(
  tensors: readonly Tensor<D>[],
  { indexing = 'ij' }: MeshgridOptions = {},
): Tensor<D>[] {
  checkVectors('meshgrid', tensors);
  checkOption('meshgrid', 'indexing', indexing, ['ij', 'xy']);
  return onBehalf('meshgrid', () => {
    const found = grid(tensors);
    return indexing === 'xy' && found.length > 1 ? found.map((x) => transpose(x, 0, 1)) : found;
  }) as Tensor<D>[];
}

/**
 * All tuples of one element from each vector, the last changing fastest.
 *
 * Shapes: K vectors [N₁], [N₂], … → [N₁ · N₂ · …, K]; a single vector stays as it is. Dtypes: all, promoted.
 *
 * @throws MyelinError `SHAPE` for what are not vectors; `VALUE` for an empty list
 * @example
 * ```ts
 * import { cartesianProd, tensor } from 'myelin';
 * console.log(cartesianProd([tensor([1, 2]), tensor([3, 4])]).toArray()); // [ [ 1, 3 ], [ 1, 4 ], [ 2, 3 ], [ 2, 4 ] ]
 * ```
 */
export function cartesianProd<D extends DType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  checkVectors('cartesianProd', tensors);
  if (tensors.length === 1) return tensors[0]!;
  return onBehalf('cartesianProd', () =>
    stack(
      grid(tensors).map((x) => flatten(x)),
      { axis: 1 },
    ),
  ) as Tensor<D>;
}

/** Options of {@link combinations}. */
export interface CombinationsOptions {
  /** Elements of a combination; default 2. */
  readonly size?: number;
  /** Whether an element may be in one more than once; default `false`. */
  readonly withReplacement?: boolean;
}

/**
 * All choices of some elements of a vector, in the order of the vector. It works on a grid of N^size places.
 *
 * Shapes: [N] → [count, size]. Dtypes: all.
 *
 * @param options.size elements of a combination; default 2
 * @param options.withReplacement whether an element may be in one more than once; default `false`
 * @throws MyelinError `SHAPE` for what is not a vector; `VALUE` for a size below 1 or above 8
 * @example
 * ```ts
 * import { combinations, tensor } from 'myelin';
 * console.log(combinations(tensor([5, 6, 7])).toArray()); // [ [ 5, 6 ], [ 5, 7 ], [ 6, 7 ] ]
 * ```
 */
export function combinations<D extends DType>(
  x: Tensor<D>,
  { size = 2, withReplacement = false }: CombinationsOptions = {},
): Tensor<D> {
  checkTensor('combinations', 'x', x);
  if (x.rank !== 1) fail('SHAPE', 'combinations', `x is ${describe(x)} (need a vector)`, { shape: x.shape });
  checkInteger('combinations', 'size', size, 1);
  if (size > maxRank) fail('VALUE', 'combinations', `size is ${size} (need at most ${maxRank})`, { size });
  if (size === 1) return unsqueeze(x, 1);
  return onBehalf<Tensor<D>>('combinations', () => {
    const places = grid(Array.from({ length: size }, () => arange(x.size)));
    const inOrder = withReplacement ? le : lt;
    const pairs = places.slice(1).map((place, i) => inOrder(places[i]!, place));
    return indexSelect(x, positionsOf(pairs.reduce((all, pair) => logicalAnd(all, pair))));
  });
}

/** Options of {@link vander}. */
export interface VanderOptions {
  /** How many powers; default as many as elements. */
  readonly count?: number;
  /** Whether powers grow from left to right; default `false`. */
  readonly increasing?: boolean;
}

/**
 * Powers of the elements of a vector as the rows of a matrix: out[i, j] = x[i] ^ (count − 1 − j).
 *
 * Shapes: [N] → [N, count]. Dtypes: floats.
 *
 * @param options.count how many powers; default N
 * @param options.increasing whether powers grow from left to right; default `false`
 * @throws MyelinError `SHAPE` for what is not a vector; `DTYPE` for integers and bool; `VALUE` for a negative count
 * @example
 * ```ts
 * import { tensor, vander } from 'myelin';
 * console.log(vander(tensor([2, 3]), { count: 3 }).toArray()); // [ [ 4, 2, 1 ], [ 9, 3, 1 ] ]
 * ```
 */
export function vander<D extends FloatDType>(
  x: Tensor<D>,
  { count, increasing = false }: VanderOptions = {},
): Tensor<D> {
  checkTensor('vander', 'x', x);
  checkDTypeOf('vander', 'x', x, floats);
  if (x.rank !== 1) fail('SHAPE', 'vander', `x is ${describe(x)} (need a vector)`, { shape: x.shape });
  const columns = count ?? x.size;
  checkInteger('vander', 'count', columns, 0);
  return onBehalf<Tensor>('vander', () => {
    const powers = cast(arange(columns, { dtype: 'int64' }), x.dtype);
    return pow(unsqueeze(x, 1), increasing ? powers : flip(powers));
  }) as Tensor<D>;
}
