import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, mul, square, sub } from './arithmetic.js';
import { rsqrt } from './math.js';
import { mean } from './reduce.js';
import { reshape } from './reshape.js';

// What norms are made of, in simple ops.

/** A tensor of mean 0 and variance 1, and what it was multiplied by. */
export interface Statistics {
  readonly xhat: Tensor;
  readonly rstd: Tensor;
}

/** Mean over some axes, which stay with an extent of 1. */
export const average = (x: Tensor, axis: readonly number[]): Tensor =>
  mean(x as Tensor<FloatDType>, { axis, keepDims: true });

/** x made to have mean 0 and variance 1 over some axes. */
export function standardize(x: Tensor, axis: readonly number[], eps: number): Statistics {
  const centered = sub(x, average(x, axis));
  const rstd = rsqrt(add(average(square(centered), axis), eps));
  return { xhat: mul(centered, rstd), rstd };
}

/** With g = gradient of xhat: dx = rstd (g − avg(g) − xhat avg(g xhat)), averages over the axes of the statistics. */
export function standardizeBackward(g: Tensor, { xhat, rstd }: Statistics, axis: readonly number[]): Tensor {
  const slope = average(mul(g, xhat), axis);
  return mul(rstd, sub(sub(g, average(g, axis)), mul(xhat, slope)));
}

/** All axes of [B, C, …] but the channels. */
export const pixelAxes = (x: TensorSpec): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** A vector of one value per channel, shaped to broadcast over [B, C, …]. */
export function perChannel(vector: Tensor, x: TensorSpec): Tensor {
  return reshape(vector, [vector.size, ...x.shape.slice(2).map(() => 1)]);
}
