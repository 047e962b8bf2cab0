import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { promoteAll } from './cast.js';
import { checkInteger, checkTensor } from './checks.js';
import { checkList, concat } from './move.js';
import { pad } from './padding.js';
import { reshape } from './reshape.js';
import { select, sliceAxis } from './slice.js';
import { onBehalf } from './on-behalf.js';

/** Options of functions along one axis. */
export interface AlongOptions {
  /** Default 0. */
  readonly axis?: number;
}

/**
 * All places of an axis as tensors of their own.
 *
 * Shapes: [..., N, ...] → N tensors [..., ...]. Dtypes: all. Views.
 *
 * @param options.axis axis to take apart; default 0
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { tensor, unbind } from 'myelin';
 * console.log(unbind(tensor([[1, 2], [3, 4]])).map((x) => x.toArray())); // [ [ 1, 2 ], [ 3, 4 ] ]
 * ```
 */
export function unbind<D extends DType>(x: Tensor<D>, { axis = 0 }: AlongOptions = {}): Tensor<D>[] {
  checkTensor('unbind', 'x', x);
  const at = normalizeAxis('unbind', axis, x.rank);
  return Array.from({ length: x.shape[at]! }, (_, i) => select(x, at, i));
}

// Array.isArray would make the elements `any`.
const isList = (value: unknown): value is readonly number[] => Array.isArray(value);

/** Places that cut an axis into pieces of which the first ones are one place longer, if it does not come out even. */
function evenCuts(extent: number, sections: number): number[] {
  checkInteger('tensorSplit', 'sections', sections, 1);
  const least = Math.floor(extent / sections);
  return Array.from({ length: sections - 1 }, (_, i) => (i + 1) * least + Math.min(i + 1, extent % sections));
}

/**
 * Cuts a tensor along an axis: into a number of pieces that differ by at most one place, the larger ones first, or at given
 * places.
 *
 * Shapes: [..., N, ...] → pieces [..., n, ...]. Dtypes: all. Views.
 *
 * @param sections how many pieces, or the places to cut at, which may lie beyond the end or count from it
 * @param options.axis axis to cut; default 0
 * @throws MyelinError `VALUE` for fewer than one piece or places that are no integers; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, tensorSplit } from 'myelin';
 * console.log(tensorSplit(arange(5), 2).map((x) => x.toArray())); // [ [ 0, 1, 2 ], [ 3, 4 ] ]
 * console.log(tensorSplit(arange(5), [1, 3]).map((x) => x.toArray())); // [ [ 0 ], [ 1, 2 ], [ 3, 4 ] ]
 * ```
 */
export function tensorSplit<D extends DType>(
  x: Tensor<D>,
  sections: number | readonly number[],
  { axis = 0 }: AlongOptions = {},
): Tensor<D>[] {
  checkTensor('tensorSplit', 'x', x);
  const at = normalizeAxis('tensorSplit', axis, x.rank);
  const extent = x.shape[at]!;
  const cuts = typeof sections === 'number' ? evenCuts(extent, sections) : sections;
  if (!isList(cuts)) fail('VALUE', 'tensorSplit', `sections are ${show(sections)} (need a number or places)`);
  cuts.forEach((place) => checkInteger('tensorSplit', 'a place', place));
  return [0, ...cuts].map((start, i) => sliceAxis(x, at, [start, cuts[i] ?? null]) as Tensor<D>);
}

function joined(op: string, tensors: readonly Tensor[], least: number, axis: (rank: number) => number): Tensor {
  checkList(op, tensors);
  tensors.forEach((x, i) => checkTensor(op, `tensor ${i}`, x));
  return onBehalf(op, () => {
    const lifted = tensors.map((x) => (x.rank >= least ? x : reshape(x, lift(x.shape, least))));
    return concat(lifted, { axis: axis(lifted[0]!.rank) });
  });
}

// Single numbers become [1]; vectors become rows, and rows become [1, N, 1], as in NumPy.
function lift(shape: readonly number[], least: number): number[] {
  const row = shape.length === 0 ? [1] : [...shape];
  if (least === 1) return row;
  const matrix = row.length === 1 ? [1, ...row] : row;
  return least === 2 ? matrix : [...matrix, 1];
}

/**
 * Joins tensors side by side: along the second axis, vectors along their only one.
 *
 * Shapes: [M, N₁, ...], [M, N₂, ...], … → [M, N₁ + N₂ + …, ...]. Dtypes: all, promoted.
 *
 * @throws MyelinError `SHAPE` when other extents differ; `VALUE` for an empty list
 * @example
 * ```ts
 * import { hstack, tensor } from 'myelin';
 * console.log(hstack([tensor([[1], [2]]), tensor([[3], [4]])]).toArray()); // [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function hstack<D extends DType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  return joined('hstack', tensors, 1, (rank) => (rank > 1 ? 1 : 0)) as Tensor<D>;
}

/**
 * Joins tensors one below the other: along the first axis, vectors as rows.
 *
 * Shapes: [M₁, N, ...], [M₂, N, ...], … → [M₁ + M₂ + …, N, ...]. Dtypes: all, promoted.
 *
 * @throws MyelinError `SHAPE` when other extents differ; `VALUE` for an empty list
 * @example
 * ```ts
 * import { tensor, vstack } from 'myelin';
 * console.log(vstack([tensor([1, 2]), tensor([3, 4])]).toArray()); // [ [ 1, 2 ], [ 3, 4 ] ]
 * ```
 */
export function vstack<D extends DType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  return joined('vstack', tensors, 2, () => 0) as Tensor<D>;
}

/**
 * Joins tensors behind one another: along the third axis, which vectors and matrices are given.
 *
 * Shapes: [M, N, K₁, ...], [M, N, K₂, ...], … → [M, N, K₁ + K₂ + …, ...]. Dtypes: all, promoted.
 *
 * @throws MyelinError `SHAPE` when other extents differ; `VALUE` for an empty list
 * @example
 * ```ts
 * import { dstack, tensor } from 'myelin';
 * console.log(dstack([tensor([1, 2]), tensor([3, 4])]).toArray()); // [ [ [ 1, 3 ], [ 2, 4 ] ] ]
 * ```
 */
export function dstack<D extends DType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  return joined('dstack', tensors, 3, () => 2) as Tensor<D>;
}

/**
 * A matrix with matrices along its diagonal and zeros elsewhere.
 *
 * Shapes: [M₁, N₁], [M₂, N₂], … → [ΣM, ΣN]; vectors count as rows, numbers as [1, 1]. Dtypes: all, promoted.
 *
 * @throws MyelinError `SHAPE` for more than two axes; `VALUE` for an empty list
 * @example
 * ```ts
 * import { blockDiag, tensor } from 'myelin';
 * console.log(blockDiag([tensor([[1]]), tensor([[2, 3]])]).toArray()); // [ [ 1, 0, 0 ], [ 0, 2, 3 ] ]
 * ```
 */
export function blockDiag<D extends DType>(tensors: readonly Tensor<D>[]): Tensor<D> {
  checkList('blockDiag', tensors);
  return onBehalf('blockDiag', () => {
    const blocks = promoteAll('blockDiag', tensors).map((x) => {
      if (x.rank > 2)
        fail('SHAPE', 'blockDiag', `a block is ${describe(x)} (need at most two axes)`, { shape: x.shape });
      return x.rank === 2 ? x : reshape(x, lift(x.shape, 2));
    });
    const columns = blocks.reduce((total, x) => total + x.shape[1]!, 0);
    let before = 0;
    const rows = blocks.map((x) => {
      const width = x.shape[1]!;
      const row = pad(x, [[before, columns - before - width]]);
      before += width;
      return row;
    });
    return concat(rows);
  }) as Tensor<D>;
}
