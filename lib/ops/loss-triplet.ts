import { checkFunction } from '../engine/leaves.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { relu } from './activation.js';
import { add, minimum, sub } from './arithmetic.js';
import { checkAlike, checkFinite, checkFlag, checkPositive, checkReal } from './checks.js';
import type { MarginOptions } from './loss-margin.js';
import { checkReduction, reduceLosses } from './reduction.js';
import { pairwiseDistance } from './similarity.js';

// Losses of three vectors: an anchor should be nearer to a positive than to a negative.

/** Options of {@link tripletMarginLoss}. */
export interface TripletOptions extends MarginOptions {
  /** Exponent of the distance; default 2. */
  readonly p?: number;
  /** Added to every difference, so that distances of 0 have a gradient; default 1e-6. */
  readonly eps?: number;
  /** Whether the negative may be compared with the positive, if that is nearer to it; default `false`. */
  readonly swap?: boolean;
}

/** How far vectors are from each other, row by row. */
export type Distance<D extends FloatDType = FloatDType> = (a: Tensor<D>, b: Tensor<D>) => Tensor<D>;

interface Triplet {
  readonly anchor: Tensor<FloatDType>;
  readonly positive: Tensor<FloatDType>;
  readonly negative: Tensor<FloatDType>;
}

function tripletLoss(
  op: string,
  { anchor, positive, negative }: Triplet,
  distance: Distance,
  { margin = 1, swap = false, reduction = 'mean' }: TripletOptions,
): Tensor {
  checkAlike(op, { anchor, positive, negative });
  checkPositive(op, 'margin', margin);
  checkFlag(op, 'swap', swap);
  checkReduction(op, reduction);
  return scope(() => {
    const far = distance(anchor, negative);
    const away = swap ? minimum(far, distance(positive, negative)) : far;
    return reduceLosses(relu(add(sub(distance(anchor, positive), away), margin)), reduction);
  });
}

/**
 * How far an anchor is from being nearer to a positive than to a negative by a margin:
 *
 * lossₙ = max(0, ‖a − p‖ − ‖a − n‖ + margin)
 *
 * Shapes: all [N, D] or [D]; the result is a single number, or with reduction `'none'` one per row. Dtypes: one float dtype.
 *
 * @param options.margin by how much; default 1
 * @param options.p exponent of the distance; default 2
 * @param options.eps added to every difference, so that distances of 0 have a gradient; default 1e-6
 * @param options.swap whether the negative may be compared with the positive, if that is nearer to it; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range
 *
 * Source: Balntas et al. 2016, «Learning local feature descriptors with triplets and shallow convolutional neural networks»,
 * equations 2 and 5.
 * @example
 * ```ts
 * import { tensor, tripletMarginLoss } from 'myelin';
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[0, 2]]), tensor([[1, 0]])];
 * console.log(tripletMarginLoss(anchor, positive, negative).item().toFixed(4)); // 2.0000
 * ```
 */
export function tripletMarginLoss<D extends FloatDType>(
  anchor: Tensor<D>,
  positive: Tensor<D>,
  negative: Tensor<D>,
  options?: TripletOptions,
): Tensor<D>;
export function tripletMarginLoss(
  anchor: Tensor<FloatDType>,
  positive: Tensor<FloatDType>,
  negative: Tensor<FloatDType>,
  options: TripletOptions = {},
): Tensor {
  const { p = 2, eps = 1e-6 } = options;
  checkReal('tripletMarginLoss', 'anchor', anchor);
  if (anchor.rank < 1) fail('SHAPE', 'tripletMarginLoss', `anchor is ${describe(anchor)} (need [N, D] or [D])`);
  checkPositive('tripletMarginLoss', 'p', p);
  checkFinite('tripletMarginLoss', 'eps', eps);
  const distance: Distance = (a, b) => pairwiseDistance(a, b, { p, eps });
  return tripletLoss('tripletMarginLoss', { anchor, positive, negative }, distance, options);
}

/** Options of {@link tripletMarginWithDistanceLoss}. */
export interface TripletDistanceOptions<D extends FloatDType = FloatDType> extends MarginOptions {
  /** How far two of the three are from each other; default {@link pairwiseDistance}. */
  readonly distance?: Distance<D>;
  /** Whether the negative may be compared with the positive, if that is nearer to it; default `false`. */
  readonly swap?: boolean;
}

/**
 * {@link tripletMarginLoss} with a distance of one's own: loss = max(0, d(a, p) − d(a, n) + margin).
 *
 * Shapes: all the same; the result is a single number, or with reduction `'none'` of the shape that the distance gives. Dtypes:
 * one float dtype.
 *
 * @param options.distance how far two of the three are from each other; default {@link pairwiseDistance}
 * @param options.margin by how much; default 1
 * @param options.swap whether the negative may be compared with the positive, if that is nearer to it; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes differ; `DTYPE` when the input is not float; `VALUE` for options out of range; `TYPE`
 * when the distance is no function
 * @example
 * ```ts
 * import { cosineSimilarity, tensor, tripletMarginWithDistanceLoss, type FloatDType, type Tensor } from 'myelin';
 * const distance = <D extends FloatDType>(a: Tensor<D>, b: Tensor<D>) => cosineSimilarity(a, b).neg();
 * const [anchor, positive, negative] = [tensor([[0, 2]]), tensor([[0, 3]]), tensor([[1, 0]])];
 * console.log(tripletMarginWithDistanceLoss(anchor, positive, negative, { distance, margin: 2 }).item()); // 1
 * ```
 */
export function tripletMarginWithDistanceLoss<D extends FloatDType>(
  anchor: Tensor<D>,
  positive: Tensor<D>,
  negative: Tensor<D>,
  options?: TripletDistanceOptions<D>,
): Tensor<D>;
export function tripletMarginWithDistanceLoss(
  anchor: Tensor<FloatDType>,
  positive: Tensor<FloatDType>,
  negative: Tensor<FloatDType>,
  options: TripletDistanceOptions = {},
): Tensor {
  const { distance = pairwiseDistance, ...rest } = options;
  checkFunction('tripletMarginWithDistanceLoss', 'distance', distance);
  return tripletLoss('tripletMarginWithDistanceLoss', { anchor, positive, negative }, distance, rest);
}
