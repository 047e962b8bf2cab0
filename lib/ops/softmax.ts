import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, neg, sub } from './arithmetic.js';
import { checkReal } from './checks.js';
import { exp } from './math.js';
import { sum } from './reduce.js';
import { like } from './spec.js';

/** The gradient of a function along an axis, told from its result, in one fused op. */
interface FusedGradient {
  /** Name of the fused op. */
  readonly backward: string;
  readonly composed: (dout: Tensor, result: Tensor, axis: number) => Tensor;
}

function axisOp(name: string, { backward, composed }: FusedGradient) {
  const backwardOp = defineOp({
    name: backward,
    inputs: ['dout', 'result'],
    attrs: { axis: 'int' },
    save: [],
    infer: ({ result }) => like(result),
    grad: { composed: ({ dout, result }, { axis }) => composed(dout, result, axis) },
  });
  return defineOp({
    name,
    inputs: ['x'],
    attrs: { axis: 'int' },
    save: ['out'],
    infer: ({ x }) => like(x),
    grad: ({ out, dout, attrs }) => ({ x: backwardOp({ dout, result: out }, attrs) }),
  });
}

const softmaxOp = axisOp('softmax', {
  backward: 'softmaxBackward',
  composed: (dout, result, axis) => {
    const product = mul(dout, result);
    return sub(product, mul(result, sum(product, { axis, keepDims: true })));
  },
});

const logSoftmaxOp = axisOp('logSoftmax', {
  backward: 'logSoftmaxBackward',
  composed: (dout, result, axis) => sub(dout, mul(exp(result), sum(dout, { axis, keepDims: true }))),
});

function along(op: ReturnType<typeof axisOp>, x: Tensor, axis: number): Tensor {
  checkReal(op.op.name, 'x', x);
  return op({ x }, { axis: normalizeAxis(op.op.name, axis, x.rank) });
}

/** Options of {@link softmax} and {@link logSoftmax}. */
export interface SoftmaxOptions {
  /** Axis along which the results sum to 1; default −1, the last. */
  readonly axis?: number;
}

/**
 * Turns scores into probabilities along an axis.
 *
 * outᵢ = exp(xᵢ − max x) / Σⱼ exp(xⱼ − max x), which never overflows.
 *
 * Shapes: any of at least one axis; the result has the same. Dtypes: float dtypes.
 *
 * @param options.axis axis whose elements sum to 1; default −1, the last
 * @throws MyelinError `DTYPE` when `x` is not float; `INDEX` when it has no such axis
 * @example
 * ```ts
 * import { softmax, tensor } from 'myelin';
 * console.log(softmax(tensor([0, 0])).toArray()); // [ 0.5, 0.5 ]
 * ```
 */
export function softmax<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, options?: SoftmaxOptions): Tensor<D, S>;
export function softmax(x: Tensor, { axis = -1 }: SoftmaxOptions = {}): Tensor {
  return along(softmaxOp, x, axis);
}

/**
 * Logarithm of {@link softmax}, accurate where the probability itself would round to 0.
 *
 * outᵢ = xᵢ − log Σⱼ exp(xⱼ)
 *
 * Shapes: any of at least one axis; the result has the same. Dtypes: float dtypes.
 *
 * @param options.axis axis whose elements' exponentials sum to 1; default −1, the last
 * @throws MyelinError `DTYPE` when `x` is not float; `INDEX` when it has no such axis
 * @example
 * ```ts
 * import { logSoftmax, tensor } from 'myelin';
 * console.log(logSoftmax(tensor([0, 1000])).toArray()); // [ -1000, 0 ]
 * ```
 */
export function logSoftmax<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: SoftmaxOptions,
): Tensor<D, S>;
export function logSoftmax(x: Tensor, { axis = -1 }: SoftmaxOptions = {}): Tensor {
  return along(logSoftmaxOp, x, axis);
}

/**
 * {@link softmax} of the negative: the smallest element gets the most.
 *
 * outᵢ = exp(−xᵢ) / Σⱼ exp(−xⱼ)
 *
 * Shapes: any of at least one axis; the result has the same. Dtypes: float dtypes.
 *
 * @param options.axis axis whose elements sum to 1; default −1, the last
 * @throws MyelinError `DTYPE` when `x` is not float; `INDEX` when it has no such axis
 * @example
 * ```ts
 * import { softmin, tensor } from 'myelin';
 * console.log(softmin(tensor([0, 1000])).toArray()); // [ 1, 0 ]
 * ```
 */
export function softmin<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, options?: SoftmaxOptions): Tensor<D, S>;
export function softmin(x: Tensor, { axis = -1 }: SoftmaxOptions = {}): Tensor {
  checkReal('softmin', 'x', x);
  const along = normalizeAxis('softmin', axis, x.rank);
  return scope(() => softmaxOp({ x: neg(x) }, { axis: along }));
}
