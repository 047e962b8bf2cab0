import { defineOp } from '../engine/define.js';
import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Buffer } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { checkAtLeast, checkFraction, checkInteger, checkOneFloat, checkShapeOf } from './checks.js';
import { ones, zeros } from './creation.js';
import { batchNorm, moveRunning } from './norm.js';
import { onBehalf } from './on-behalf.js';
import { mean, sum } from './reduce.js';
import { reshape } from './reshape.js';
import { like } from './spec.js';
import { perChannel, pixelAxes, standardize, standardizeBackward } from './standardize.js';

const groupNormOp = defineOp({
  name: 'groupNorm',
  inputs: ['x', 'weight', 'bias'],
  outputs: ['out', 'mean', 'variance'],
  attrs: { groups: 'int', eps: 'float' },
  save: ['x', 'weight', 'mean', 'variance'],
  infer: ({ x }, { groups }) => {
    const statistic = { dtype: x.dtype, shape: [x.shape[0]!, groups] };
    return { out: like(x), mean: statistic, variance: statistic };
  },
  grad: ({ dout, x, weight, mean, variance, attrs: { groups, eps } }) => {
    const inputs = { gradient: dout, x, weight, mean, variance };
    const { dx, dweight, dbias } = groupNormBackwardOp(inputs, { groups, eps });
    return { x: dx, weight: dweight, bias: dbias };
  },
});

/** [B, C, …] with the elements of a group in one axis. */
const grouped = (x: TensorSpec, groups: number): Shape => [
  x.shape[0]!,
  groups,
  (x.shape[1]! / groups) * sizeOf(x.shape.slice(2)),
];

const groupNormBackwardOp = defineOp({
  name: 'groupNormBackward',
  inputs: ['gradient', 'x', 'weight', 'mean', 'variance'],
  outputs: ['dx', 'dweight', 'dbias'],
  attrs: { groups: 'int', eps: 'float' },
  save: [],
  infer: ({ x, weight }) => {
    const vector = { dtype: x.dtype, shape: weight.shape };
    return { dx: like(x), dweight: vector, dbias: vector };
  },
  grad: {
    // Mean and variance are functions of x: here they are computed from it, so that derivatives see that.
    composed: ({ gradient, x, weight }, { groups, eps }) => {
      const shape = grouped(x, groups);
      const statistics = standardize(reshape(x, shape), [2], eps);
      const g = reshape(mul(gradient, perChannel(weight, x)), shape);
      const axis = pixelAxes(x);
      return {
        dx: reshape(standardizeBackward(g, statistics, [2]), x.shape),
        dweight: sum(mul(gradient, reshape(statistics.xhat, x.shape)), { axis }),
        dbias: sum(gradient, { axis }),
      };
    },
  },
});

type Vectors = Readonly<Record<string, Tensor | undefined>>;

function checkChannels(op: string, x: Tensor, vectors: Vectors): void {
  const given = Object.entries(vectors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
  checkOneFloat(op, { x, ...Object.fromEntries(given) });
  if (x.rank < 2) fail('SHAPE', op, `x is ${describe(x)} (need [B, C] or [B, C, ...])`, { x: x.shape });
  for (const [name, vector] of given) checkShapeOf(op, name, vector, [x.shape[1]!], 'one value per channel of x');
}

function normalizeGroups(x: Tensor, groups: number, { weight, bias, eps = 1e-5 }: GroupNormOptions) {
  const channels = [x.shape[1]!];
  const scale = weight ?? ones(channels, { dtype: x.dtype });
  const shift = bias ?? zeros(channels, { dtype: x.dtype });
  return groupNormOp({ x, weight: scale, bias: shift }, { groups, eps });
}

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Scale per channel; default 1. */
  readonly weight?: Tensor | undefined;
  /** Shift per channel; default 0. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/**
 * Normalizes groups of channels of every sample to mean 0 and variance 1, then scales and shifts each channel.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the biased variance of a sample's group over its channels and
 * all places.
 *
 * Shapes: x [B, C, …]; weight and bias [C]; the result is as x. Dtypes: float dtypes, the same for all.
 *
 * @param numGroups into how many groups the channels are split, in order
 * @param options.weight scale per channel; default 1
 * @param options.bias shift per channel; default 0
 * @param options.eps added to the variance; default 1e-5
 * @throws MyelinError `SHAPE` when the channels do not divide into the groups; `DTYPE` when dtypes differ or are not float;
 *   `VALUE` for options out of range
 *
 * Source: Wu and He, "Group normalization", 2018, section 3.
 * @example
 * ```ts
 * import { groupNorm, tensor } from 'myelin';
 * console.log(groupNorm(tensor([[1, 3, 10, 30]]), 2, { eps: 0 }).toArray()); // [ [ -1, 1, -1, 1 ] ]
 * ```
 */
export function groupNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  numGroups: number,
  options?: GroupNormOptions,
): Tensor<D, S>;
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  checkChannels('groupNorm', x, { weight: options.weight, bias: options.bias });
  checkInteger('groupNorm', 'numGroups', numGroups, 1);
  checkAtLeast('groupNorm', 'eps', options.eps ?? 1e-5, 0);
  if (x.shape[1]! % numGroups !== 0) {
    fail('SHAPE', 'groupNorm', `x is ${describe(x)} (need channels that divide into ${numGroups} groups)`, {
      x: x.shape,
      numGroups,
    });
  }
  return scope(() => normalizeGroups(x, numGroups, options).out);
}

/** Options of {@link instanceNorm}. */
export interface InstanceNormOptions extends GroupNormOptions {
  /** Average of the means of past samples. */
  readonly runningMean?: Buffer | undefined;
  /** Average of the unbiased variances of past samples. */
  readonly runningVar?: Buffer | undefined;
  /** Whether to use each sample's own statistics and update the running ones; default `true`. */
  readonly useInputStats?: boolean;
  /** Weight of these samples in the running statistics, 0 to 1; default 0.1. */
  readonly momentum?: number;
}

/**
 * Normalizes every channel of every sample to mean 0 and variance 1, then scales and shifts each channel.
 *
 * out = (x − mean) / √(variance + eps) · weight + bias, with the biased variance over the places of the channel, or with
 * running statistics. Using its own moves the running ones:
 * running = (1 − momentum) · running + momentum · (average over the batch), where variances are the unbiased ones.
 *
 * Shapes: x [B, C, …]; weight, bias and running statistics [C]; the result is as x. Dtypes: float dtypes, the same for all.
 *
 * @param options.weight scale per channel; default 1
 * @param options.bias shift per channel; default 0
 * @param options.runningMean running mean; default none
 * @param options.runningVar running variance; default none
 * @param options.useInputStats whether to use each sample's own statistics; default `true`
 * @param options.momentum weight of these samples in the running statistics; default 0.1
 * @param options.eps added to the variance; default 1e-5
 * @throws MyelinError `SHAPE` for other shapes, or when a channel has one place only; `DTYPE` when dtypes differ or are not
 *   float; `VALUE` when there are no running statistics to use, or for options out of range
 *
 * Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", 2016, equation 2.
 * @example
 * ```ts
 * import { instanceNorm, tensor } from 'myelin';
 * console.log(instanceNorm(tensor([[[1, 3], [10, 30]]]), { eps: 0 }).toArray()); // [ [ [ -1, 1 ], [ -1, 1 ] ] ]
 * ```
 */
export function instanceNorm<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: InstanceNormOptions,
): Tensor<D, S>;
export function instanceNorm(x: Tensor<FloatDType>, options: InstanceNormOptions = {}): Tensor {
  const { runningMean, runningVar, weight, bias, useInputStats = true, momentum = 0.1 } = options;
  checkChannels('instanceNorm', x, { weight, bias, runningMean, runningVar });
  checkAtLeast('instanceNorm', 'eps', options.eps ?? 1e-5, 0);
  checkFraction('instanceNorm', 'momentum', momentum);
  if (!useInputStats) return onBehalf('instanceNorm', () => batchNorm(x, { ...options, training: false }));
  const places = sizeOf(x.shape.slice(2));
  if (places < 2) {
    fail('SHAPE', 'instanceNorm', `x is ${describe(x)} (need more than one place per channel)`, { x: x.shape });
  }
  return scope(() => {
    const { out, mean: means, variance } = normalizeGroups(x, x.shape[1]!, options);
    stopGradient(() => {
      const average = (values: Tensor): Tensor => mean(values as Tensor<FloatDType>, { axis: 0 });
      moveRunning(runningMean, momentum, () => average(means));
      moveRunning(runningVar, momentum, () => mul(average(variance), places / (places - 1)));
    });
    return out;
  });
}
