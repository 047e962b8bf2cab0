import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { broadcastShapes, sameShape, sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { checkReal } from './checks.js';
import { where } from './compare.js';
import { reciprocal } from './math.js';
import { eye } from './triangle.js';
import { transpose } from './permute.js';
import { expand, unsqueeze } from './reshape.js';

// What the linear algebra shares: its checks, and the shapes of batches of matrices.

/** Extents of the matrices in the last two axes. */
export const rowsOf = (x: TensorSpec): number => x.shape.at(-2)!;
export const columnsOf = (x: TensorSpec): number => x.shape.at(-1)!;
export const batchOf = (x: TensorSpec): Shape => x.shape.slice(0, -2);

/** Matrices whose columns, not rows, are consecutive in memory. */
export function byColumns(dtype: DType, shape: Shape): TensorSpec {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const strides = [...stridesOf(shape).slice(0, -2), 1, rows];
  return sizeOf(shape) === 0 || columns === 0 ? { dtype, shape } : { dtype, shape, strides };
}

/** Refuses what is not a matrix of real numbers, or a batch of them. */
export function checkMatrix(op: string, name: string, x: unknown): asserts x is Tensor {
  checkReal(op, name, x);
  if (x.rank < 2) fail('SHAPE', op, `${name} is ${describe(x)} (need at least two axes)`, { shape: x.shape });
}

/** Refuses what is not a square matrix of real numbers, or a batch of them. */
export function checkSquare(op: string, name: string, x: unknown): asserts x is Tensor {
  checkMatrix(op, name, x);
  if (rowsOf(x) !== columnsOf(x)) {
    fail('SHAPE', op, `${name} is ${describe(x)} (need a square matrix)`, { shape: x.shape });
  }
}

/** Exchanges rows and columns: a view. */
export const turned = (x: Tensor): Tensor => transpose(x, -2, -1);

/** Each column of a matrix times its factor: x · diag(factors). */
export const scaleColumns = (x: Tensor, factors: Tensor): Tensor => mul(x, unsqueeze(factors, -2));

/** Each row of a matrix times its factor: diag(factors) · x. */
export const scaleRows = (x: Tensor, factors: Tensor): Tensor => mul(x, unsqueeze(factors, -1));

/** 1 / x off the diagonal, 0 on it: for the differences of eigenvalues in derivatives. */
export function inverseOffDiagonal(x: Tensor): Tensor {
  const diagonal = eye(rowsOf(x), columnsOf(x), { dtype: 'bool' });
  return where(diagonal, 0, reciprocal(where(diagonal, 1, x)));
}

/** Gives two batches of matrices the leading axes to which both broadcast. */
export function alignBatches(op: string, names: readonly [string, string], a: Tensor, b: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes(batchOf(a), batchOf(b));
  if (batch === undefined) {
    const [first, second] = names;
    fail('SHAPE', op, `batches do not broadcast: ${first} is ${describe(a)}, ${second} is ${describe(b)}`, {
      [first]: a.shape,
      [second]: b.shape,
    });
  }
  const lead = (x: Tensor): Tensor =>
    sameShape(batchOf(x), batch) ? x : expand(x, [...batch, rowsOf(x), columnsOf(x)]);
  return [lead(a), lead(b)];
}

/** Refuses dtypes that differ. */
export function checkSameDType(op: string, inputs: Readonly<Record<string, Tensor>>): void {
  const [first, ...others] = Object.entries(inputs) as [[string, Tensor], ...[string, Tensor][]];
  for (const [name, x] of others) {
    if (x.dtype === first[1].dtype) continue;
    fail('DTYPE', op, `${first[0]} is ${describe(first[1])}, ${name} is ${describe(x)} (need one dtype for both)`);
  }
}
