import {
  avgPool2d,
  batchNorm,
  bce,
  bceWithLogits,
  cast,
  conv2d,
  crossEntropy,
  elu,
  gelu,
  globalAvgPool2d,
  l1Loss,
  layerNorm,
  leakyRelu,
  linear,
  logSoftmax,
  matmulInteger,
  maxPool2d,
  mse,
  nllLoss,
  relu,
  reshape,
  silu,
  softmax,
  softplus,
  stopGradient,
  type FloatDType,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;

/** Inputs of these functions are floats; the table's type cannot say so. */
const real =
  (f: (x: Real, y: Real, z: Real) => Tensor): GoldenCall['call'] =>
  (...inputs) =>
    f(...(inputs as [Real, Real, Real]));

/** Sums of many terms, which cancel. */
const summed = (call: GoldenCall['call']): GoldenCall => {
  const tolerance = { relative: 64, absolute: 128 };
  return { call, tolerance: { float32: tolerance, float64: tolerance } };
};

export const network: GoldenCalls = {
  relu,
  gelu: (x) => gelu(x),
  'gelu-tanh': (x) => gelu(x, { approximate: 'tanh' }),
  silu,
  softplus,
  'leaky-relu': real((x) => leakyRelu(x, { negativeSlope: 0.2 })),
  elu: real((x) => elu(x, { alpha: 1.5 })),
  softmax: real((x) => softmax(x, { axis: 1 })),
  'log-softmax': real((x) => logSoftmax(x)),
  linear: summed(real(linear)),
  'matmul-integer': (a, b) => matmulInteger(cast(a, 'uint8'), cast(b, 'uint8'), { aZeroPoint: 3, bZeroPoint: 7 }),
  conv2d: summed(real((x, weight, bias) => conv2d(x, weight, { bias, stride: 2, padding: 1, groups: 2 }))),
  'max-pool2d': real((x) => maxPool2d(x, 3, { stride: 2, padding: 1 })),
  'avg-pool2d': real((x) => avgPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false })),
  'global-avg-pool2d': real((x) => reshape(globalAvgPool2d(x), [2, 3])),
  'batch-norm': summed(real((x, weight, bias) => batchNorm(x, { weight, bias }))),
  'layer-norm': summed(real((x, weight, bias) => layerNorm(x, [4, 5], { weight, bias }))),
  mse: real((x, target) => mse(x, target)),
  'l1-loss': real((x, target) => l1Loss(x, target, { reduction: 'sum' })),
  bce: real((p, target) => bce(p, stopGradient(target))),
  'bce-with-logits': real((x, target) => bceWithLogits(x, stopGradient(target), { reduction: 'none' })),
  'cross-entropy': real((x, target) => crossEntropy(x, target, { labelSmoothing: 0.1 })),
  'nll-loss': real((x, target) => nllLoss(logSoftmax(x), target, { reduction: 'none' })),
};
