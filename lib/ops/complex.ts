import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, mul, neg, sub } from './arithmetic.js';
import { hypot } from './binary.js';
import { promoteAll } from './cast.js';
import { checkDTypeOf, checkReal, checkShapeOf, checkTensor, floats } from './checks.js';
import { stack } from './move.js';
import { onBehalf } from './on-behalf.js';
import { select } from './slice.js';
import { atan2, cos, sin } from './trigonometry.js';

// There is no complex dtype. A complex tensor is a float tensor whose last axis has extent 2: real part, imaginary part,
// as torch.view_as_real lays it out, so that a vector of N complex numbers has shape [N, 2]. Functions of complex tensors
// say «pairs» for it, and count axes without the last one: axis -1 is the last axis of numbers. Gradients are those of the
// parts, with nothing conjugated: d loss / d re beside d loss / d im.

/** Refuses what is no complex tensor. */
export function checkPairs(op: string, name: string, x: TensorSpec): void {
  checkTensor(op, name, x);
  checkDTypeOf(op, name, x, floats);
  if (x.shape.length > 0 && x.shape[x.shape.length - 1] === 2) return;
  fail('SHAPE', op, `${name} is ${describe(x)} (need a last axis of extent 2: real and imaginary part)`);
}

const realOf = (x: Tensor): Tensor => select(x, -1, 0);
const imaginaryOf = (x: Tensor): Tensor => select(x, -1, 1);

/**
 * Complex numbers from their real and imaginary parts.
 *
 * Shapes: two of one shape [...] → pairs [..., 2]. Dtypes: float dtypes, promoted.
 *
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` for parts that are not float
 * @example
 * ```ts
 * import { complex, tensor } from 'myelin';
 * console.log(complex(tensor([1, 2]), tensor([3, 4])).toArray()); // [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function complex<D extends FloatDType, E extends FloatDType>(re: Tensor<D>, im: Tensor<E>): Tensor<D | E> {
  checkReal('complex', 're', re);
  checkReal('complex', 'im', im);
  return onBehalf('complex', () => stack<DType>([re, im], { axis: -1 })) as Tensor<D | E>;
}

/**
 * Product of complex numbers: (a + ib)(c + id) = (ac − bd) + i(ad + bc).
 *
 * Shapes: pairs that broadcast → pairs. Dtypes: float dtypes, promoted.
 *
 * @throws MyelinError `SHAPE` for what are no pairs or do not broadcast; `DTYPE` for dtypes that are not float
 * @example
 * ```ts
 * import { complexMul, tensor } from 'myelin';
 * console.log(complexMul(tensor([0, 1]), tensor([[0, 1], [2, 3]])).toArray()); // [ [ -1, 0 ], [ -3, 2 ] ]
 * ```
 */
export function complexMul<D extends FloatDType, E extends FloatDType>(a: Tensor<D>, b: Tensor<E>): Tensor<D | E> {
  checkPairs('complexMul', 'a', a);
  checkPairs('complexMul', 'b', b);
  return scope(() => {
    const [x, y] = promoteAll('complexMul', [a, b]) as [Tensor, Tensor];
    const [re, im, otherRe, otherIm] = [realOf(x), imaginaryOf(x), realOf(y), imaginaryOf(y)];
    return stack([sub(mul(re, otherRe), mul(im, otherIm)), add(mul(re, otherIm), mul(im, otherRe))], { axis: -1 });
  }) as Tensor<D | E>;
}

/**
 * Complex conjugates: a + ib becomes a − ib.
 *
 * Shapes: pairs → pairs. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for what are no pairs; `DTYPE` for dtypes that are not float
 * @example
 * ```ts
 * import { complexConj, tensor } from 'myelin';
 * console.log(complexConj(tensor([1, 2])).toArray()); // [ 1, -2 ]
 * ```
 */
export function complexConj<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkPairs('complexConj', 'x', x);
  return scope(() => stack<DType>([realOf(x), neg(imaginaryOf(x))], { axis: -1 })) as Tensor<D>;
}

/**
 * Absolute values of complex numbers: √(re² + im²), without overflow on the way.
 *
 * Shapes: pairs [..., 2] → [...]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for what are no pairs; `DTYPE` for dtypes that are not float
 * @example
 * ```ts
 * import { complexAbs, tensor } from 'myelin';
 * console.log(complexAbs(tensor([[3, 4], [0, -2]])).toArray()); // [ 5, 2 ]
 * ```
 */
export function complexAbs<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkPairs('complexAbs', 'x', x);
  return scope(() => hypot(realOf(x), imaginaryOf(x))) as Tensor<D>;
}

/**
 * Angles of complex numbers in [−π, π]: atan2(im, re).
 *
 * Shapes: pairs [..., 2] → [...]. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for what are no pairs; `DTYPE` for dtypes that are not float
 * @example
 * ```ts
 * import { complexAngle, tensor } from 'myelin';
 * console.log(complexAngle(tensor([[1, 0], [2, 0]])).toArray()); // [ 0, 0 ]
 * ```
 */
export function complexAngle<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
  checkPairs('complexAngle', 'x', x);
  return scope(() => atan2(imaginaryOf(x), realOf(x))) as Tensor<D>;
}

/**
 * Complex numbers from their absolute values and angles: r cos φ + i r sin φ.
 *
 * Shapes: two of one shape [...] → pairs [..., 2]. Dtypes: float dtypes, promoted.
 *
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` for dtypes that are not float
 * @example
 * ```ts
 * import { polar, tensor } from 'myelin';
 * console.log(polar(tensor([2, 3]), tensor([0, 0])).toArray()); // [ [ 2, 0 ], [ 3, 0 ] ]
 * ```
 */
export function polar<D extends FloatDType, E extends FloatDType>(r: Tensor<D>, angle: Tensor<E>): Tensor<D | E> {
  checkReal('polar', 'r', r);
  checkReal('polar', 'angle', angle);
  checkShapeOf('polar', 'angle', angle, r.shape, 'that of r');
  return scope(() => stack<DType>([mul(r, cos(angle)), mul(r, sin(angle))], { axis: -1 })) as Tensor<D | E>;
}
