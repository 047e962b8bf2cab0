import { defineOp, defineView } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { checkShape, normalizeAxis, sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkObject, checkTensor } from './checks.js';
import { contiguous } from './move.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

// Views that read elements of x along other lines than its axes, perhaps several times. Their gradient adds up at the
// places that were read.

const windowBackwardOp = defineOp({
  name: 'windowBackward',
  inputs: ['dout'],
  attrs: { shape: 'ints', strides: 'ints', offset: 'int' },
  save: [],
  infer: ({ dout }, { shape }) => ({ dtype: dout.dtype, shape }),
  grad: ({ dout, spec, attrs: { strides, offset } }) => ({
    dout: asStrided(dout, spec.dout.shape, strides, { offset }),
  }),
});

/** Zeros of a shape with the elements of `x` added at offset + Σ index · stride. */
export function addWindows(x: Tensor, shape: Shape, strides: readonly number[], offset: number): Tensor {
  return windowBackwardOp({ dout: x }, { shape, strides, offset });
}

const asStridedOp = defineView({
  name: 'asStrided',
  attrs: { shape: 'ints', strides: 'ints', offset: 'int' },
  infer: ({ x }, { shape, strides, offset }) => ({ shape, strides, offset: x.offset + offset }),
  grad: ({ dout, spec, attrs: { strides, offset } }) => ({ x: addWindows(dout, spec.x.shape, strides, offset) }),
});

/** Options of {@link asStrided}. */
export interface StridedOptions {
  /** Position of the first element; default 0. */
  readonly offset?: number;
}

/**
 * A view with any shape and strides: out[i, j, …] = x.flat[offset + i · strides[0] + j · strides[1] + …]. Elements may be read
 * more than once; the gradient adds them up.
 *
 * Strides and offset count the elements of x in row-major order, whatever its own strides; a tensor that is not row-major is
 * copied first.
 *
 * Shapes: any → as asked. Dtypes: all.
 *
 * @param strides distance in elements between neighbours along each new axis
 * @param options.offset position of the first element; default 0
 * @throws MyelinError `SHAPE` when the view reaches outside x or has not one stride for each axis; `VALUE` for strides that
 * are no integers
 * @example
 * ```ts
 * import { arange, asStrided } from 'myelin';
 * console.log(asStrided(arange(5), [3, 2], [1, 2]).toArray()); // [ [ 0, 2 ], [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function asStrided<D extends DType>(
  x: Tensor<D>,
  shape: Shape,
  strides: readonly number[],
  { offset = 0 }: StridedOptions = {},
): Tensor<D> {
  checkTensor('asStrided', 'x', x);
  checkShape('asStrided', shape);
  if (!Array.isArray(strides) || strides.length !== shape.length) {
    fail('SHAPE', 'asStrided', `strides are ${show(strides)} (need one for each axis of ${show([...shape])})`, {
      strides,
    });
  }
  for (const stride of strides) checkInteger('asStrided', 'a stride', stride);
  checkInteger('asStrided', 'offset', offset, 0);
  const reach = strides.map((stride, axis) => stride * (shape[axis]! - 1));
  const low = reach.reduce((sum, steps) => sum + Math.min(0, steps), offset);
  const high = reach.reduce((sum, steps) => sum + Math.max(0, steps), offset);
  if (sizeOf(shape) > 0 && (low < 0 || high >= x.size)) {
    fail(
      'SHAPE',
      'asStrided',
      `the view reads elements ${low} to ${high} of ${describe(x)} (need 0 to ${x.size - 1})`,
      {
        low,
        high,
      },
    );
  }
  const start = sizeOf(shape) > 0 ? offset : 0;
  return onBehalf('asStrided', () => asStridedOp({ x: contiguous(x) }, { shape, strides, offset: start })) as Tensor<D>;
}

const unfoldStrides = (strides: readonly number[], axis: number, step: number): number[] => [
  ...withExtent(strides, axis, strides[axis]! * step),
  strides[axis]!,
];

const unfoldOp = defineView({
  name: 'unfold',
  attrs: { axis: 'int', size: 'int', step: 'int' },
  infer: ({ x }, { axis, size, step }) => ({
    shape: [...withExtent(x.shape, axis, Math.floor((x.shape[axis]! - size) / step) + 1), size],
    strides: unfoldStrides(x.strides, axis, step),
    offset: x.offset,
  }),
  grad: ({ dout, spec: { x }, attrs: { axis, step } }) => ({
    x: addWindows(dout, x.shape, unfoldStrides(stridesOf(x.shape), axis, step), 0),
  }),
});

/** Options of {@link unfold}. */
export interface UnfoldOptions {
  /** Axis along which windows slide; default −1. */
  readonly axis?: number;
  /** Extent of a window. */
  readonly size: number;
  /** Distance between windows; default 1. */
  readonly step?: number;
}

/**
 * All windows of an axis, without copying: out[…, w, …, k] = x[…, w · step + k, …].
 *
 * Shapes: [..., N, ...] → [..., ⌊(N − size) / step⌋ + 1, ..., size]. Dtypes: all. A view; the gradient adds up where windows
 * overlap.
 *
 * @param options.axis axis along which windows slide; default −1
 * @param options.size extent of a window
 * @param options.step distance between windows; default 1
 * @throws MyelinError `VALUE` for a size that does not fit the axis or a step below 1; `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, unfold } from 'myelin';
 * console.log(unfold(arange(5), { size: 3, step: 2 }).toArray()); // [ [ 0, 1, 2 ], [ 2, 3, 4 ] ]
 * ```
 */
export function unfold<D extends DType>(x: Tensor<D>, options: UnfoldOptions): Tensor<D> {
  checkTensor('unfold', 'x', x);
  checkObject('unfold', 'options', options);
  const { axis = -1, size, step = 1 } = options;
  const at = normalizeAxis('unfold', axis, x.rank);
  checkInteger('unfold', 'size', size, 0);
  checkInteger('unfold', 'step', step, 1);
  if (size > x.shape[at]!) {
    fail('VALUE', 'unfold', `size is ${size} on axis ${at} of ${describe(x)} (need at most ${x.shape[at]})`, { size });
  }
  return unfoldOp({ x }, { axis: at, size, step }) as Tensor<D>;
}

interface Diagonal {
  readonly offset: number;
  readonly axis1: number;
  readonly axis2: number;
}

const others = ({ axis1, axis2 }: Diagonal, values: readonly number[]): number[] =>
  values.filter((_, axis) => axis !== axis1 && axis !== axis2);

function diagonalLength(shape: Shape, { offset, axis1, axis2 }: Diagonal): number {
  return Math.max(0, Math.min(shape[axis1]! + Math.min(offset, 0), shape[axis2]! - Math.max(offset, 0)));
}

// Where a diagonal lies in a memory of given strides: its first element and the strides of the result.
function diagonalIn(strides: readonly number[], diagonal: Diagonal): { offset: number; strides: number[] } {
  const { offset, axis1, axis2 } = diagonal;
  const [down, right] = [strides[axis1]!, strides[axis2]!];
  return {
    offset: offset < 0 ? -offset * down : offset * right,
    strides: [...others(diagonal, strides), down + right],
  };
}

const diagonalOp = defineView({
  name: 'diagonal',
  attrs: { offset: 'int', axis1: 'int', axis2: 'int' },
  infer: ({ x }, attrs) => {
    const shape = [...others(attrs, x.shape), diagonalLength(x.shape, attrs)];
    const { offset, strides } = diagonalIn(x.strides, attrs);
    return { shape, strides, offset: sizeOf(shape) === 0 ? x.offset : x.offset + offset };
  },
  grad: ({ dout, spec: { x }, attrs }) => {
    const { offset, strides } = diagonalIn(stridesOf(x.shape), attrs);
    return { x: addWindows(dout, x.shape, strides, offset) };
  },
});

/** Options of {@link diagonal} and {@link diagEmbed}. */
export interface DiagonalOptions {
  /** Which diagonal: 0 the main one, above it positive; default 0. */
  readonly offset?: number;
  /** Axis of the rows. */
  readonly axis1?: number;
  /** Axis of the columns. */
  readonly axis2?: number;
}

function checkDiagonal(op: string, rank: number, { offset, axis1, axis2 }: Diagonal): Diagonal {
  checkInteger(op, 'offset', offset);
  const found = { offset, axis1: normalizeAxis(op, axis1, rank), axis2: normalizeAxis(op, axis2, rank) };
  if (found.axis1 === found.axis2) fail('VALUE', op, `axis1 and axis2 are both ${found.axis1} (need two axes)`);
  return found;
}

/**
 * A diagonal of a matrix, or of a batch of them, as the last axis.
 *
 * Shapes: [..., M, ..., N, ...] → [..., min(M, N)] less what the offset cuts off. Dtypes: all. A view.
 *
 * @param options.offset 0 for the main diagonal, positive above it; default 0
 * @param options.axis1 axis of the rows; default 0
 * @param options.axis2 axis of the columns; default 1
 * @throws MyelinError `INDEX` for an axis that is not there; `VALUE` when both axes are one
 * @example
 * ```ts
 * import { diagonal, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(diagonal(x).toArray(), diagonal(x, { offset: 1 }).toArray()); // [ 1, 4 ] [ 2 ]
 * ```
 */
export function diagonal<D extends DType>(
  x: Tensor<D>,
  { offset = 0, axis1 = 0, axis2 = 1 }: DiagonalOptions = {},
): Tensor<D> {
  checkTensor('diagonal', 'x', x);
  return diagonalOp({ x }, { ...checkDiagonal('diagonal', x.rank, { offset, axis1, axis2 }) }) as Tensor<D>;
}

/**
 * Matrices with the last axis of x on a diagonal and zeros elsewhere: what {@link diagonal} takes out.
 *
 * Shapes: [..., N] → [..., N + |offset|, N + |offset|], the new axes at `axis1` and `axis2`. Dtypes: all.
 *
 * @param options.offset 0 for the main diagonal, positive above it; default 0
 * @param options.axis1 axis of the rows in the result; default −2
 * @param options.axis2 axis of the columns in the result; default −1
 * @throws MyelinError `SHAPE` for a single number; `INDEX` for an axis that is not there; `VALUE` when both axes are one
 * @example
 * ```ts
 * import { diagEmbed, tensor } from 'myelin';
 * console.log(diagEmbed(tensor([1, 2])).toArray()); // [ [ 1, 0 ], [ 0, 2 ] ]
 * ```
 */
export function diagEmbed<D extends DType>(
  x: Tensor<D>,
  { offset = 0, axis1 = -2, axis2 = -1 }: DiagonalOptions = {},
): Tensor<D> {
  checkTensor('diagEmbed', 'x', x);
  if (x.rank === 0) fail('SHAPE', 'diagEmbed', 'x has no axes (need at least one)', { shape: x.shape });
  const place = checkDiagonal('diagEmbed', x.rank + 1, { offset, axis1, axis2 });
  const extent = x.shape.at(-1)! + Math.abs(offset);
  const batch = x.shape.slice(0, -1);
  const shape = Array.from({ length: x.rank + 1 }, (_, axis) =>
    axis === place.axis1 || axis === place.axis2 ? extent : batch.shift()!,
  );
  checkShape('diagEmbed', shape);
  const at = diagonalIn(stridesOf(shape), place);
  return addWindows(x, shape, at.strides, at.offset) as Tensor<D>;
}

/**
 * A matrix with a vector on its diagonal, or the diagonal of a matrix.
 *
 * Shapes: [N] → [N + |offset|, N + |offset|]; [M, N] → the diagonal. Dtypes: all.
 *
 * @param options.offset 0 for the main diagonal, positive above it; default 0
 * @throws MyelinError `SHAPE` for anything but a vector or a matrix
 * @example
 * ```ts
 * import { diag, tensor } from 'myelin';
 * console.log(diag(tensor([1, 2])).toArray()); // [ [ 1, 0 ], [ 0, 2 ] ]
 * ```
 */
export function diag<D extends DType>(x: Tensor<D>, { offset = 0 }: { readonly offset?: number } = {}): Tensor<D> {
  checkTensor('diag', 'x', x);
  if (x.rank !== 1 && x.rank !== 2) fail('SHAPE', 'diag', `x is ${describe(x)} (need a vector or a matrix)`);
  return x.rank === 1 ? diagEmbed(x, { offset }) : diagonal(x, { offset });
}
