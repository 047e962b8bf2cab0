import { defineOp } from '../engine/define.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, floats } from './checks.js';

function checkVectors(op: string, direction: Tensor, others: Readonly<Record<string, readonly Tensor[]>>): void {
  checkDTypeOf(op, 'direction', direction, floats);
  if (direction.rank !== 1) fail('SHAPE', op, `direction is ${describe(direction)} (need a vector)`);
  for (const [name, list] of Object.entries(others)) {
    for (const x of list) {
      if (sameShape(x.shape, direction.shape) && x.dtype === direction.dtype) continue;
      const given = `direction is ${describe(direction)}, ${name} is ${describe(x)}`;
      fail(x.dtype === direction.dtype ? 'SHAPE' : 'DTYPE', op, `${given} (need equal shapes and dtypes)`);
    }
  }
}

/**
 * The next direction of L-BFGS, and its slope, direction · gradient, in place: minus the gradient, multiplied by an estimate of
 * the inverse Hessian that the last steps s and changes of the gradient y give, from the oldest on.
 *
 * `curvatures` are their products s · y; `scale` is the estimate before the first of them.
 */
export const lbfgsDirection = defineOp({
  name: 'lbfgsDirection',
  inputs: ['direction', 'slope', 'gradient', 'steps[]', 'changes[]'],
  outputs: [],
  overwrites: ['direction', 'slope'],
  attrs: { scale: 'float', curvatures: 'floats' },
  save: [],
  infer: ({ direction, slope, gradient, steps, changes }, { curvatures }) => {
    checkVectors('lbfgsDirection', direction, { gradient: [gradient], steps, changes });
    if (slope.rank !== 0 || slope.dtype !== direction.dtype) {
      fail('SHAPE', 'lbfgsDirection', `slope is ${describe(slope)} (need ${direction.dtype}[])`);
    }
    if (changes.length !== steps.length || curvatures.length !== steps.length) {
      const given = `${steps.length} steps, ${changes.length} changes, ${curvatures.length} curvatures`;
      fail('SHAPE', 'lbfgsDirection', `${given} (need one of each)`);
    }
    return {};
  },
  grad: 'none',
});

/** The last step, how the gradient has changed in it, and the products of the change with the step and with itself. */
export const lbfgsPair = defineOp({
  name: 'lbfgsPair',
  inputs: ['gradient', 'previous', 'direction'],
  outputs: ['step', 'change', 'products'],
  attrs: { length: 'float' },
  save: [],
  infer: ({ gradient, previous, direction }) => {
    checkVectors('lbfgsPair', direction, { gradient: [gradient], previous: [previous] });
    const vector = { dtype: direction.dtype, shape: direction.shape };
    return { step: vector, change: vector, products: { dtype: direction.dtype, shape: [2] } };
  },
  grad: 'none',
});
