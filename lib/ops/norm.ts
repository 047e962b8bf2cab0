import { checkShape } from '../tensor/shape.js';
import { defineOp } from '../engine/define.js';
import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Buffer } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { checkAtLeast, checkOneFloat, checkShapeOf } from './checks.js';
import { ones, zeros } from './creation.js';
import { rsqrt } from './math.js';
import { sum } from './reduce.js';
import { like } from './spec.js';
import { perChannel, pixelAxes, standardize, standardizeBackward } from './standardize.js';

const batchNormOp = defineOp({
  name: 'batchNorm',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['out', 'mean', 'variance'],
  attrs: { eps: 'float' },
  save: ['x', 'weight', 'mean', 'variance'],
  infer: ({ x }) => {
    const statistic = { dtype: x.dtype, shape: [x.shape[1]!] };
    return { out: like(x), mean: statistic, variance: statistic };
  },
  grad: ({ dout, x, weight, mean, variance, attrs }) => {
    const { dx, dweight, dbias } = batchNormBackwardOp({ gradient: dout, x, weight, mean, variance }, attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
});

const batchNormBackwardOp = defineOp({
  name: 'batchNormBackward',
  inputs: ['gradient', 'x', 'weight', 'mean', 'variance'],
  outputs: ['dx', 'dweight', 'dbias'],
  attrs: { eps: 'float' },
  save: [],
  infer: ({ x, weight }) => {
    const vector = { dtype: x.dtype, shape: weight.shape };
    return { dx: like(x), dweight: vector, dbias: vector };
  },
  grad: {
    // Mean and variance are functions of x: here they are computed from it, so that derivatives see that.
    composed: ({ gradient, x, weight }, { eps }) => {
      const axis = pixelAxes(x);
      const statistics = standardize(x, axis, eps);
      return {
        dx: standardizeBackward(mul(gradient, perChannel(weight, x)), statistics, axis),
        dweight: sum(mul(gradient, statistics.xhat), { axis }),
        dbias: sum(gradient, { axis }),
      };
    },
  },
});

const batchNormInferenceOp = defineOp({
  name: 'batchNormInference',
  inputs: ['x', 'weight', 'bias', 'mean', 'variance'],
  attrs: { eps: 'float' },
  save: [],
  infer: ({ x }) => like(x),
  grad: {
    composed: ({ x, weight, bias, mean, variance }, { eps }) => {
      const factor = mul(weight, rsqrt(add(variance, eps)));
      return add(mul(sub(x, perChannel(mean, x)), perChannel(factor, x)), perChannel(bias, x));
    },
  },
});

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Scale per channel; default 1. */
  readonly weight?: Tensor | undefined;
  /** Shift per channel; default 0. */
  readonly bias?: Tensor | undefined;
  /** Average of the means of past batches: updated when training, used instead of the batch's own otherwise. */
  readonly runningMean?: Buffer | undefined;
  /** Average of the unbiased variances of past batches. */
  readonly runningVar?: Buffer | undefined;
  /** Whether to use the batch's own statistics and update the running ones; default: whether there are none of those. */
  readonly training?: boolean;
  /** Weight of this batch in the running statistics, 0 to 1; default 0.1. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

function checkBatchNorm(x: Tensor, vectors: Readonly<Record<string, Tensor | undefined>>): void {
  const given = Object.entries(vectors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  checkOneFloat('batchNorm', { x, ...Object.fromEntries(given) });
  if (x.rank < 2) fail('SHAPE', 'batchNorm', `x is ${describe(x)} (need [B, C] or [B, C, ...])`, { x: x.shape });
  for (const [name, vector] of given) {
    checkShapeOf('batchNorm', name, vector, [x.shape[1]!], 'one value per channel of x');
  }
}

/** Moves a running statistic, if there is one, toward a value. */
export function moveRunning(running: Buffer | undefined, momentum: number, value: () => Tensor): void {
  if (running === undefined) return;
  scope(() => running.assign(add(mul(running, 1 - momentum), mul(value(), momentum))));
}

// The variance of the population, of which the batch is a sample, is n / (n - 1) times that of the batch.
function updateRunning(options: BatchNormOptions, batchMean: Tensor, variance: Tensor, n: number): void {
  const { runningMean, runningVar, momentum = 0.1 } = options;
  stopGradient(() => {
    moveRunning(runningMean, momentum, () => batchMean);
    moveRunning(runningVar, momentum, () => mul(variance, n / (n - 1)));
  });
}

/**
 * Normalizes every channel to mean 0 and variance 1 over the batch, then scales and shifts it.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the statistics of each channel over the batch and all pixels
 * when training, and with the running ones otherwise. Training updates the running statistics:
 * running = (1 − momentum) · running + momentum · batch, where the variance is the unbiased one.
 *
 * Shapes: x [B, C], [B, C, L] or [B, C, H, W]; weight, bias and running statistics [C]; the result is as x. Dtypes:
 * float dtypes, the same for all.
 *
 * @param options.weight scale per channel; default 1
 * @param options.bias shift per channel; default 0
 * @param options.runningMean running mean; default none
 * @param options.runningVar running variance; default none
 * @param options.training whether to use the batch's own statistics; default `true` when there are no running ones
 * @param options.momentum weight of this batch in the running statistics; default 0.1
 * @param options.eps added to the variance; default 1e-5
 * @throws MyelinError `SHAPE` for other shapes, or when training on a single value per channel; `DTYPE` when dtypes differ
 *   or are not float; `VALUE` when not training without running statistics, or for options out of range
 * @see Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithms 1 and 2
 * @example
 * ```ts
 * import { batchNorm, tensor } from 'myelin';
 * const y = batchNorm(tensor([[1], [3]]), { eps: 0 });
 * console.log(y.toArray()); // [ [ -1 ], [ 1 ] ]
 * ```
 */
export function batchNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: BatchNormOptions,
): Tensor<D, S>;
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, eps = 1e-5 } = options;
  checkBatchNorm(x, { weight, bias, runningMean, runningVar });
  checkAtLeast('batchNorm', 'eps', eps, 0);
  return scope(() => {
    const channels = [x.shape[1]!];
    const scale = weight ?? ones(channels, { dtype: x.dtype });
    const shift = bias ?? zeros(channels, { dtype: x.dtype });
    if (options.training ?? (runningMean === undefined && runningVar === undefined)) {
      const n = x.size / Math.max(1, x.shape[1]!);
      if (n < 2) {
        fail('SHAPE', 'batchNorm', `x is ${describe(x)} (need more than one value per channel when training)`, {
          x: x.shape,
        });
      }
      const { out, mean: batchMean, variance } = batchNormOp({ x, weight: scale, bias: shift }, { eps });
      updateRunning(options, batchMean, variance, n);
      return out;
    }
    if (runningMean === undefined || runningVar === undefined) {
      fail('VALUE', 'batchNorm', 'not training, and running statistics are missing (need runningMean and runningVar)');
    }
    const inputs = { x, weight: scale, bias: shift, mean: runningMean, variance: runningVar };
    return batchNormInferenceOp(inputs, { eps });
  });
}

const layerNormOp = defineOp({
  name: 'layerNorm',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['out', 'mean', 'variance'],
  attrs: { normalizedDims: 'int', eps: 'float' },
  save: ['x', 'weight', 'mean', 'variance'],
  infer: ({ x }, { normalizedDims }) => {
    const statistic = { dtype: x.dtype, shape: x.shape.slice(0, x.rank - normalizedDims) };
    return { out: { dtype: x.dtype, shape: x.shape }, mean: statistic, variance: statistic };
  },
  grad: ({ dout, x, weight, mean, variance, attrs }) => {
    const { dx, dweight, dbias } = layerNormBackwardOp({ gradient: dout, x, weight, mean, variance }, attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
});

const layerNormBackwardOp = defineOp({
  name: 'layerNormBackward',
  inputs: ['gradient', 'x', 'weight', 'mean', 'variance'],
  outputs: ['dx', 'dweight', 'dbias'],
  attrs: { normalizedDims: 'int', eps: 'float' },
  save: [],
  infer: ({ x, weight }) => {
    const vector = { dtype: x.dtype, shape: weight.shape };
    return { dx: { dtype: x.dtype, shape: x.shape }, dweight: vector, dbias: vector };
  },
  grad: {
    composed: ({ gradient, x, weight }, { normalizedDims, eps }) => {
      const axes = x.shape.map((_, axis) => axis);
      const [rows, features] = [axes.slice(0, -normalizedDims), axes.slice(-normalizedDims)];
      const statistics = standardize(x, features, eps);
      return {
        dx: standardizeBackward(mul(gradient, weight), statistics, features),
        dweight: sum(mul(gradient, statistics.xhat), { axis: rows }),
        dbias: sum(gradient, { axis: rows }),
      };
    },
  },
});

/** Refuses a tensor that does not end in the extents to normalize, and what is given for each feature if it has others. */
export function checkNormalized(
  op: string,
  x: Tensor,
  normalizedShape: Shape,
  vectors: Readonly<Record<string, Tensor | undefined>>,
): void {
  const given = Object.entries(vectors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  checkOneFloat(op, { x, ...Object.fromEntries(given) });
  checkShape(op, normalizedShape);
  const count = normalizedShape.length;
  const last = x.shape.slice(x.rank - count);
  if (count === 0 || last.length !== count || last.some((extent, i) => extent !== normalizedShape[i])) {
    fail('SHAPE', op, `x is ${describe(x)} (need a shape that ends in [${normalizedShape.join(',')}])`, {
      x: x.shape,
      normalizedShape,
    });
  }
  for (const [name, vector] of given) checkShapeOf(op, name, vector, normalizedShape, 'one value per feature');
}

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Scale per feature, of shape `normalizedShape`; default 1. */
  readonly weight?: Tensor | undefined;
  /** Shift per feature, of shape `normalizedShape`; default 0. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/**
 * Normalizes the last axes of every sample to mean 0 and variance 1, then scales and shifts each feature.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the biased variance over the last axes.
 *
 * Shapes: x [..., *normalizedShape]; weight and bias normalizedShape; the result is as x. Dtypes: float dtypes, the
 * same for all.
 *
 * @param normalizedShape the extents of the axes to normalize, which must be the last ones of `x`
 * @param options.weight scale per feature; default 1
 * @param options.bias shift per feature; default 0
 * @param options.eps added to the variance; default 1e-5
 * @throws MyelinError `SHAPE` when `x` does not end in `normalizedShape`; `DTYPE` when dtypes differ or are not float;
 *   `VALUE` when eps is negative
 * @see Ba, Kiros and Hinton, "Layer Normalization", 2016, section 3
 * @example
 * ```ts
 * import { layerNorm, tensor } from 'myelin';
 * const y = layerNorm(tensor([[1, 3], [10, 30]]), [2], { eps: 0 });
 * console.log(y.toArray()); // [ [ -1, 1 ], [ -1, 1 ] ]
 * ```
 */
export function layerNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  normalizedShape: Shape,
  options?: LayerNormOptions,
): Tensor<D, S>;
export function layerNorm(x: Tensor, normalizedShape: Shape, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  checkNormalized('layerNorm', x, normalizedShape, { weight, bias });
  checkAtLeast('layerNorm', 'eps', eps, 0);
  const normalizedDims = normalizedShape.length;
  return scope(() => {
    const scale = weight ?? ones(normalizedShape, { dtype: x.dtype });
    const shift = bias ?? zeros(normalizedShape, { dtype: x.dtype });
    return layerNormOp({ x, weight: scale, bias: shift }, { normalizedDims, eps }).out;
  });
}
