import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, sub } from './elementwise.js';
import { exp } from './math.js';
import { sum } from './reduce.js';
import { checkDTypeOf, checkTensor, floats, like } from './support.js';

const softmaxOp = defineOp({
  name: 'softmax',
  inputs: ['x'],
  attrs: { axis: 'int' },
  save: ['out'],
  infer: ({ x }) => like(x),
  grad: ({ out, dout, attrs }) => ({ x: softmaxBackward(dout, out, attrs.axis) }),
});

const logSoftmaxOp = defineOp({
  name: 'logSoftmax',
  inputs: ['x'],
  attrs: { axis: 'int' },
  save: ['out'],
  infer: ({ x }) => like(x),
  grad: ({ out, dout, attrs }) => ({ x: logSoftmaxBackward(dout, out, attrs.axis) }),
});

const softmaxBackwardOp = defineOp({
  name: 'softmaxBackward',
  inputs: ['dout', 'result'],
  attrs: { axis: 'int' },
  save: [],
  infer: ({ result }) => like(result),
  grad: {
    composed: ({ dout, result }, { axis }) => {
      const product = mul(dout, result);
      return sub(product, mul(result, sum(product, { axis, keepDims: true })));
    },
  },
});

const logSoftmaxBackwardOp = defineOp({
  name: 'logSoftmaxBackward',
  inputs: ['dout', 'result'],
  attrs: { axis: 'int' },
  save: [],
  infer: ({ result }) => like(result),
  grad: {
    composed: ({ dout, result }, { axis }) => sub(dout, mul(exp(result), sum(dout, { axis, keepDims: true }))),
  },
});

function softmaxBackward(dout: Tensor, result: Tensor, axis: number): Tensor {
  return softmaxBackwardOp({ dout, result }, { axis });
}

function logSoftmaxBackward(dout: Tensor, result: Tensor, axis: number): Tensor {
  return logSoftmaxBackwardOp({ dout, result }, { axis });
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
 * Shapes: any of at least one axis; the result has the same. Dtypes: float32, float64.
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
  checkTensor('softmax', 'x', x);
  checkDTypeOf('softmax', 'x', x, floats);
  return softmaxOp({ x }, { axis: normalizeAxis('softmax', axis, x.rank) });
}

/**
 * Logarithm of {@link softmax}, accurate where the probability itself would round to 0.
 *
 * outᵢ = xᵢ − log Σⱼ exp(xⱼ)
 *
 * Shapes: any of at least one axis; the result has the same. Dtypes: float32, float64.
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
  checkTensor('logSoftmax', 'x', x);
  checkDTypeOf('logSoftmax', 'x', x, floats);
  return logSoftmaxOp({ x }, { axis: normalizeAxis('logSoftmax', axis, x.rank) });
}
