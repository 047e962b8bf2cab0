import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { broadcastShapes } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, div, maximum, mul, sub } from './arithmetic.js';
import { checkAtLeast, checkFinite, checkFlag, checkNumber, checkOneFloat, checkReal } from './checks.js';
import { onBehalf } from './on-behalf.js';
import { sum } from './reduce.js';
import { norm } from './statistics.js';

// How near vectors are to each other.

function checkVectors(op: string, a: Tensor, b: Tensor): void {
  checkOneFloat(op, { a, b });
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape !== undefined && shape.length > 0) return;
  fail('SHAPE', op, `a is ${describe(a)}, b is ${describe(b)} (need vectors of shapes that broadcast)`);
}

/** Options of {@link normalize}. */
export interface NormalizeOptions {
  /** Exponent of the norm; default 2. */
  readonly p?: number;
  /** Axis along which vectors lie; default 1. */
  readonly axis?: number;
  /** Least norm that vectors are divided by; default 1e-12. */
  readonly eps?: number;
}

/**
 * Vectors made as long as 1: out = x / max(‖x‖, eps).
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.p exponent of the norm; default 2
 * @param options.axis axis along which vectors lie; default 1
 * @param options.eps least norm that vectors are divided by; default 1e-12
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool; `VALUE` for options out of range
 * @example
 * ```ts
 * import { normalize, tensor } from 'myelin';
 * console.log(normalize(tensor([[3, 4]], { dtype: 'float64' })).toArray()); // [ [ 0.6, 0.8 ] ]
 * ```
 */
export function normalize<D extends FloatDType>(x: Tensor<D>, options?: NormalizeOptions): Tensor<D>;
export function normalize(x: Tensor<FloatDType>, { p = 2, axis = 1, eps = 1e-12 }: NormalizeOptions = {}): Tensor {
  checkReal('normalize', 'x', x);
  checkNumber('normalize', 'p', p);
  checkAtLeast('normalize', 'eps', eps, 0);
  return onBehalf('normalize', () => div(x, maximum(norm(x, { p, axis, keepDims: true }), eps)));
}

/** Options of {@link cosineSimilarity}. */
export interface CosineOptions {
  /** Axis along which vectors lie; default 1. */
  readonly axis?: number;
  /** Least length of a vector; default 1e-8. */
  readonly eps?: number;
}

/**
 * The cosine of the angle between vectors: a · b / (max(‖a‖, eps) · max(‖b‖, eps)).
 *
 * Shapes: both [..., N, ...], which broadcast → without the axis of vectors. Dtypes: one float dtype.
 *
 * @param options.axis axis along which vectors lie; default 1
 * @param options.eps least length of a vector; default 1e-8
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `INDEX` for an axis that is not there; `DTYPE` when dtypes differ or
 * are not float; `VALUE` for an eps below 0
 * @example
 * ```ts
 * import { cosineSimilarity, tensor } from 'myelin';
 * console.log(cosineSimilarity(tensor([[3, 4]]), tensor([[4, 3]])).toArray().map((x) => x.toFixed(2))); // [ '0.96' ]
 * ```
 */
export function cosineSimilarity<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>, options?: CosineOptions): Tensor<D>;
export function cosineSimilarity(
  a: Tensor<FloatDType>,
  b: Tensor<FloatDType>,
  { axis = 1, eps = 1e-8 }: CosineOptions = {},
): Tensor {
  checkVectors('cosineSimilarity', a, b);
  checkAtLeast('cosineSimilarity', 'eps', eps, 0);
  const length = (x: Tensor<FloatDType>): Tensor => maximum(norm(x, { axis, keepDims: true }), eps);
  return onBehalf('cosineSimilarity', () => sum(mul(div(a, length(a)), div(b, length(b))), { axis }));
}

/** Options of {@link pairwiseDistance}. */
export interface DistanceOptions {
  /** Exponent of the norm; default 2. */
  readonly p?: number;
  /** Added to every difference, so that distances of 0 have a gradient; default 1e-6. */
  readonly eps?: number;
  /** Keep the last axis with extent 1; default `false`. */
  readonly keepDims?: boolean;
}

/**
 * The distance between vectors along the last axis: ‖a − b + eps‖.
 *
 * Shapes: both [..., N], which broadcast → [...], or [..., 1] with `keepDims`. Dtypes: one float dtype.
 *
 * @param options.p exponent of the norm; default 2
 * @param options.eps added to every difference, so that distances of 0 have a gradient; default 1e-6
 * @param options.keepDims keep the last axis with extent 1; default `false`
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE` when dtypes differ or are not float; `VALUE` for options
 * out of range
 * @example
 * ```ts
 * import { pairwiseDistance, tensor } from 'myelin';
 * console.log(pairwiseDistance(tensor([[1, 2]]), tensor([[4, 6]])).item().toFixed(3)); // 5.000
 * ```
 */
export function pairwiseDistance<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options?: DistanceOptions,
): Tensor<D>;
export function pairwiseDistance(
  a: Tensor<FloatDType>,
  b: Tensor<FloatDType>,
  { p = 2, eps = 1e-6, keepDims = false }: DistanceOptions = {},
): Tensor {
  checkVectors('pairwiseDistance', a, b);
  checkNumber('pairwiseDistance', 'p', p);
  checkFinite('pairwiseDistance', 'eps', eps);
  checkFlag('pairwiseDistance', 'keepDims', keepDims);
  return onBehalf('pairwiseDistance', () => norm(add(sub(a, b), eps), { p, axis: -1, keepDims }));
}
