import { describe } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { cast } from './cast.js';
import { checkOneFloat, checkShapeOf, checkTensor } from './checks.js';
import { checkReduction, reduceLosses, type LossOptions } from './reduction.js';

type Elementwise = (input: Tensor, target: Tensor) => Tensor;

/** A loss of every element, from two tensors of one shape. */
export function elementLoss(
  op: string,
  input: Tensor,
  target: Tensor,
  { reduction = 'mean' }: LossOptions,
  loss: Elementwise,
): Tensor {
  checkOneFloat(op, { input });
  checkTensor(op, 'target', target);
  checkReduction(op, reduction);
  checkShapeOf(op, 'target', target, input.shape, `that of input, ${describe(input)}`);
  return scope(() => reduceLosses(loss(input, cast(target, input.dtype)), reduction));
}
