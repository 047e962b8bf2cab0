import { stopGradient } from '../engine/tape.js';
import type { DType } from '../tensor/dtype.js';
import type { Promote } from '../tensor/promotion.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { MatMulFits, MatMulShape, TransposedShape } from '../tensor/types.js';
import { at, type IndexSpec } from './at.js';
import { cast } from './cast.js';
import { gather, indexSelect, type IndexDType } from './indexing.js';
import { matmul } from './linalg.js';
import { maskedFill, maskedSelect, nonzero } from './masking.js';
import { install } from './methods.js';
import { chunk, clone, contiguous, split, type Layout } from './move.js';
import { permute, transpose } from './permute.js';
import { unbind, type AlongOptions } from './pieces.js';
import { repeat, repeatInterleave, tile } from './repeat.js';
import { expand, flatten, reshape, squeeze, unsqueeze, type KnownShape } from './reshape.js';
import { roll } from './rotate.js';
import { flip, select, slice, type SliceSpec } from './slice.js';
import { tril, triu, type DiagonalLimit } from './triangle.js';
import { broadcastTo, moveAxis, narrow, ravel, swapAxes, unflatten, view } from './views.js';
import { diagonal, unfold, type DiagonalOptions, type UnfoldOptions } from './windows.js';

// Methods that arrange elements, choose some of them, or give the tensor another form.

install({
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  permute,
  transpose,
  expand,
  slice,
  flip,
  select,
  at,
  view,
  ravel,
  unflatten,
  swapAxes,
  moveAxis,
  broadcastTo,
  narrow,
  unfold,
  diagonal,
  nonzero,
  maskedFill,
  maskedSelect,
  gather,
  indexSelect,
  tile,
  repeat,
  repeatInterleave,
  split,
  chunk,
  unbind,
  roll,
  tril,
  triu,
  contiguous,
  clone,
  matmul,
  to: cast,
  detach: (x: Tensor): Tensor => stopGradient(x),
});

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
    /**
     * The same elements, row by row, in another shape; a view where possible. One extent may be −1. See
     * {@link reshape}.
     */
    reshape<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** One axis made of several neighbours, by default of all. See {@link flatten}. */
    flatten(options?: { readonly start?: number; readonly end?: number }): Tensor<D>;
    /** A view without the axes of extent 1, or without those that are named. See {@link squeeze}. */
    squeeze(axis?: number | readonly number[]): Tensor<D>;
    /** A view with one more axis of extent 1 at `axis`. See {@link unsqueeze}. */
    unsqueeze(axis: number): Tensor<D>;
    /** A view with the axes in another order. See {@link permute}. */
    permute(axes: readonly number[]): Tensor<D>;
    /** A view with the last two axes exchanged. See {@link transpose}. */
    transpose(): Tensor<D, TransposedShape<S>>;
    /** A view with two axes exchanged. See {@link transpose}. */
    transpose(a: number, b: number): Tensor<D>;
    /** A view with axes of extent 1 repeated, and leading ones added. See {@link expand}. */
    expand<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** A view of a part, by one index or range for each axis: `x.slice(0, [1, 3])` is x[0, 1:3]. See {@link slice}. */
    slice(...specs: readonly SliceSpec[]): Tensor<D>;
    /** The order reversed along axes, by default along all. See {@link flip}. */
    flip(axis?: number | readonly number[]): Tensor<D>;
    /** A view of one place of an axis, which is dropped. See {@link select}. */
    select(axis: number, index: number): Tensor<D>;
    /**
     * A part by one index for each axis: numbers, ranges, tensors of positions or masks, by NumPy's rules. See
     * {@link at}.
     */
    at(...specs: readonly IndexSpec[]): Tensor<D>;
    /** A view in another shape; unlike `reshape` it never copies. See {@link view}. */
    view<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** All elements along one axis, row by row; a view where possible. See {@link ravel}. */
    ravel(): Tensor<D>;
    /** Several axes made of one. See {@link unflatten}. */
    unflatten(axis: number, extents: Shape): Tensor<D>;
    /** A view with two axes exchanged; `transpose` under NumPy's name. See {@link swapAxes}. */
    swapAxes(a: number, b: number): Tensor<D>;
    /** A view with axes moved to other places; the rest keep their order. See {@link moveAxis}. */
    moveAxis(from: number | readonly number[], to: number | readonly number[]): Tensor<D>;
    /** A view with axes of extent 1 repeated; `expand` under NumPy's name. See {@link broadcastTo}. */
    broadcastTo<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    /** A view of a range of one axis: `length` places from `start` on. See {@link narrow}. */
    narrow(axis: number, start: number, length: number): Tensor<D>;
    /** A view of all windows of an axis, with a last axis for the places inside a window. See {@link unfold}. */
    unfold(options: UnfoldOptions): Tensor<D>;
    /** A view of a diagonal of a matrix, or of a batch of them, as the last axis. See {@link diagonal}. */
    diagonal(options?: DiagonalOptions): Tensor<D>;
    /** The coordinates of all elements that are not zero, one row for each. See {@link nonzero}. */
    nonzero(): Tensor<'int64'>;
    /** A copy with one value where a mask holds. See {@link maskedFill}. */
    maskedFill(mask: Tensor<'bool'>, value: Tensor<D> | number): Tensor<D>;
    /** The elements at which a mask holds, in row-major order. See {@link maskedSelect}. */
    maskedSelect(mask: Tensor<'bool'>): Tensor<D>;
    /** Elements along one axis, each place naming its own. See {@link gather}. */
    gather(index: Tensor<IndexDType>, options?: AlongOptions): Tensor<D>;
    /** Places of an axis by their index, as often and in whatever order they are named. See {@link indexSelect}. */
    indexSelect(index: Tensor<IndexDType>, options?: AlongOptions): Tensor<D>;
    /** The whole tensor repeated along its axes, as NumPy's `tile`. See {@link tile}. */
    tile(repeats: readonly number[]): Tensor<D>;
    /** The whole tensor repeated along its axes, as PyTorch's `repeat`: a count for every axis. See {@link repeat}. */
    repeat(repeats: readonly number[]): Tensor<D>;
    /** Every place of an axis repeated, one after the other, as NumPy's `repeat`. See {@link repeatInterleave}. */
    repeatInterleave(repeats: number | Tensor<IndexDType>, options?: { readonly axis?: number }): Tensor<D>;
    /** Pieces along an axis, of one extent or of listed extents. See {@link split}. */
    split(extents: number | readonly number[], options?: AlongOptions): Tensor<D>[];
    /** About equal pieces along an axis, at most `count` of them. See {@link chunk}. */
    chunk(count: number, options?: AlongOptions): Tensor<D>[];
    /** All places of an axis as tensors of their own. See {@link unbind}. */
    unbind(options?: AlongOptions): Tensor<D>[];
    /** Elements shifted along axes; what leaves at one end enters at the other. See {@link roll}. */
    roll(shifts: number | readonly number[], options?: { readonly axis?: number | readonly number[] }): Tensor<D>;
    /** The lower triangle of a matrix, or of a batch of them; zeros above it. See {@link tril}. */
    tril(options?: DiagonalLimit): Tensor<D, S>;
    /** The upper triangle of a matrix, or of a batch of them; zeros below it. See {@link triu}. */
    triu(options?: DiagonalLimit): Tensor<D, S>;
    /** The same tensor with its elements densely in memory; itself when they already are. See {@link contiguous}. */
    contiguous(options?: { readonly layout?: Layout }): Tensor<D, S>;
    /** A copy in memory of its own, row-major. See {@link clone}. */
    clone(): Tensor<D, S>;
    /** Matrix product over the last two axes; the others broadcast. See {@link matmul}. */
    matmul<B extends DType, T extends Shape>(
      other: Tensor<B, T> & MatMulFits<S, T>,
    ): Tensor<Promote<D, B>, MatMulShape<S, T>>;
    /** This tensor in another dtype; see {@link cast}. */
    to<E extends DType>(dtype: E): Tensor<E, S>;
    /** This tensor as a constant; see {@link stopGradient}. */
    detach(): Tensor<D, S>;
  }
}

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
