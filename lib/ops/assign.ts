import { defineOp } from '../engine/define.js';
import { describe, fail, show } from '../tensor/errors.js';
import { Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { full } from './creation.js';
import { clone } from './move.js';

const assignOp = defineOp({
  name: 'assign',
  inputs: ['target', 'source'],
  outputs: [],
  attrs: {},
  save: [],
  infer: ({ target, source }) => {
    const common = broadcastShapes(target.shape, source.shape);
    if (common === undefined || !sameShape(common, target.shape)) {
      fail('SHAPE', 'assign', `${describe(source)} does not broadcast to ${describe(target)}`);
    }
    if (source.dtype !== target.dtype) {
      fail('DTYPE', 'assign', `target is ${describe(target)}, source is ${describe(source)} (need the same dtype)`);
    }
    return {};
  },
  grad: 'none',
});

/**
 * Overwrites a Parameter or Buffer in place; its views show the new contents.
 *
 * Shapes: the source broadcasts to the target's shape. Dtypes: the same; a number fills.
 *
 * @throws MyelinError `TYPE` when the target is neither Parameter nor Buffer; `SHAPE`; `DTYPE`
 * @example
 * ```ts
 * import { Parameter, assign, zeros } from 'myelin';
 * const bias = new Parameter(zeros([3]));
 * assign(bias, 0.5);
 * console.log(bias.toArray()); // [ 0.5, 0.5, 0.5 ]
 * ```
 */
export function assign(target: Variable, source: Tensor | number): void {
  if (!(target instanceof Variable)) {
    fail('TYPE', 'assign', `the target is ${show(target)} (need a Parameter or a Buffer: other tensors are immutable)`);
  }
  scope(() => {
    if (typeof source === 'number') assignOp({ target, source: full([], source, { dtype: target.dtype }) });
    else if (!(source instanceof Tensor))
      fail('TYPE', 'assign', `the source is ${show(source)} (need a tensor or a number)`);
    // A view of the target, such as its transpose, would change while it is being read.
    else assignOp({ target, source: source.storage === target.storage ? clone(source) : source });
  });
}
