import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';
import { checkTensor } from './checks.js';
import { reshape } from './reshape.js';

/** Values, and the positions along an axis at which they stood. */
export interface Indexed<D extends DType, S extends Shape = Shape> {
  readonly values: Tensor<D, S>;
  readonly indices: Tensor<'int64', S>;
}

interface Pair {
  readonly values: Tensor;
  readonly indices: Tensor;
}
type Along<R> = (x: Tensor, axis: number) => R;

/** Runs a function along an axis of x. A single number counts as a row of one, as in PyTorch. */
export function alongAxis(op: string, x: Tensor, axis: number, run: Along<Tensor>): Tensor;
export function alongAxis(op: string, x: Tensor, axis: number, run: Along<Pair>): Pair;
export function alongAxis(op: string, x: Tensor, axis: number, run: Along<Tensor | Pair>): Tensor | Pair {
  checkTensor(op, 'x', x);
  if (x.rank > 0) return run(x, normalizeAxis(op, axis, x.rank));
  const result = run(reshape(x, [1]), normalizeAxis(op, axis, 1));
  if (isTensor(result)) return reshape(result, []);
  return { values: reshape(result.values, []), indices: reshape(result.indices, []) };
}

/** Refuses an axis without elements to choose from, unless the result is empty as well. */
export function checkChoice(op: string, x: Tensor, axis: number): void {
  if (x.shape[axis] !== 0 || x.shape.some((extent, other) => other !== axis && extent === 0)) return;
  fail('SHAPE', op, `x is ${describe(x)}: nothing to choose from (need at least one element along axis ${axis})`, {
    shape: x.shape,
    axis,
  });
}
