import { defineOp } from '../engine/define.js';
import { describe, fail } from '../tensor/errors.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkDTypeOf, floats } from './checks.js';
import { checkPairs } from './complex.js';

// The three transforms that native code knows; lib/ops/fft.ts makes all others of them. All are linear, so their gradients
// are transforms again.

/** Sign of the exponent: minus for `forward`. */
export type Direction = 'forward' | 'inverse';

function refuseEmpty(op: string, x: TensorSpec, n: number | undefined): void {
  if (n === undefined || n < 1) fail('SHAPE', op, `x is ${describe(x)} (need at least one number to transform)`);
}

const fftOp = defineOp({
  name: 'fft',
  inputs: ['x'],
  attrs: { axis: 'int', direction: ['forward', 'inverse'], scale: 'float' },
  save: [],
  infer: ({ x }, { axis }) => {
    checkPairs('fft', 'x', x);
    refuseEmpty('fft', x, x.rank > 1 ? x.shape[axis] : undefined);
    return { dtype: x.dtype, shape: x.shape };
  },
  // The adjoint of a symmetric complex matrix is its conjugate: the transform of the other direction.
  grad: ({ dout, attrs: { axis, direction, scale } }) => ({
    x: pairTransform(dout, axis, direction === 'forward' ? 'inverse' : 'forward', scale),
  }),
});

/** out = scale · Σ x exp(∓2πi jk/n) along an axis of pairs. */
export function pairTransform(x: Tensor, axis: number, direction: Direction, scale: number): Tensor {
  return fftOp({ x }, { axis, direction, scale });
}

const rfftOp = defineOp({
  name: 'rfft',
  inputs: ['x'],
  attrs: { edge: 'float', inner: 'float' },
  save: [],
  infer: ({ x }) => {
    checkDTypeOf('rfft', 'x', x, floats);
    refuseEmpty('rfft', x, x.shape.at(-1));
    return { dtype: x.dtype, shape: [...x.shape.slice(0, -1), Math.floor(x.shape.at(-1)! / 2) + 1, 2] };
  },
  grad: ({ dout, spec, attrs: { edge, inner } }) => ({
    x: halfInverse(dout, edge, inner / 2, spec.x.shape.at(-1)!),
  }),
});

/**
 * The first n / 2 + 1 numbers of the transform of n reals along the last axis. Those that stand for themselves alone, at 0
 * and, when n is even, n / 2, are multiplied by `edge`; those between, which also stand for their conjugates, by `inner`.
 */
export function halfTransform(x: Tensor, edge: number, inner: number): Tensor {
  return rfftOp({ x }, { edge, inner });
}

const irfftOp = defineOp({
  name: 'irfft',
  inputs: ['x'],
  attrs: { edge: 'float', inner: 'float', n: 'int' },
  save: [],
  infer: ({ x }, { n }) => {
    checkPairs('irfft', 'x', x);
    refuseEmpty('irfft', x, x.rank > 1 ? n : undefined);
    const bins = Math.floor(n / 2) + 1;
    if (x.shape.at(-2) !== bins) fail('SHAPE', 'irfft', `x is ${describe(x)} (need ${bins} pairs for ${n} reals)`);
    return { dtype: x.dtype, shape: [...x.shape.slice(0, -2), n] };
  },
  grad: ({ dout, attrs: { edge, inner } }) => ({ x: halfTransform(dout, edge, 2 * inner) }),
});

/** The way back to n reals, not divided by n, with the same factors: edge · x[0] + inner · 2 Re Σ x[k] exp(2πi jk/n) … */
export function halfInverse(x: Tensor, edge: number, inner: number, n: number): Tensor {
  return irfftOp({ x }, { edge, inner, n });
}
