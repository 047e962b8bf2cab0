import { defineOp } from '../engine/define.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { slice, type SliceSpec } from './view.js';

const sliceBackwardOp = defineOp({
  name: 'sliceBackward',
  inputs: ['dout'],
  attrs: { shape: 'ints', start: 'ints', step: 'ints' },
  save: [],
  infer: ({ dout }, { shape }) => ({ dtype: dout.dtype, shape }),
  grad: ({ dout, spec, attrs }) => ({ dout: sliceAgain(dout, spec.dout.shape, attrs.start, attrs.step) }),
});

// The range that `slice` took; one that runs backwards to the first element has an open end.
function sliceAgain(x: Tensor, shape: Shape, start: readonly number[], step: readonly number[]): Tensor {
  const specs = shape.map((extent, axis): SliceSpec => {
    const stop = start[axis]! + extent * step[axis]!;
    return [start[axis]!, stop < 0 ? null : stop, step[axis]!];
  });
  return slice(x, ...specs);
}

/** Puts the gradient of a slice where the slice was taken, and zeros elsewhere. */
export function sliceBackward(dout: Tensor, shape: Shape, start: readonly number[], step: readonly number[]): Tensor {
  return sliceBackwardOp({ dout }, { shape, start, step });
}
