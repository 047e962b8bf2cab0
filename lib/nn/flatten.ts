import { checkInteger } from '../ops/checks.js';
import { flatten } from '../ops/reshape.js';
import { unflatten } from '../ops/views.js';
import type { FloatDType } from '../tensor/dtype.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** Options of {@link Flatten}. */
export interface FlattenOptions {
  /** First axis that is merged; default 1, which keeps the batch. */
  readonly start?: number;
  /** Last axis that is merged; default −1. */
  readonly end?: number;
}

/**
 * Merges neighbouring axes into one, row-major.
 *
 * Shapes: x [B, …] → [B, product of the rest]. Dtypes: any.
 *
 * @param options.start first axis that is merged; default 1
 * @param options.end last axis that is merged; default −1
 * @throws MyelinError `INDEX` when x has no such axis; `VALUE` when `end` comes before `start`
 * @example
 * ```ts
 * import { Flatten, ones } from 'myelin';
 * console.log(new Flatten().forward(ones([2, 3, 4, 4])).shape); // [ 2, 48 ]
 * ```
 */
export class Flatten extends Module {
  private readonly options: FlattenOptions;

  constructor({ start = 1, end = -1 }: FlattenOptions = {}) {
    super();
    this.options = { start, end };
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return flatten(x, this.options);
  }
}

/**
 * Splits one axis into several, row-major: the opposite of {@link Flatten}.
 *
 * Shapes: x [..., N, ...] → [..., *unflattenedSize, ...], whose product is N. Dtypes: any.
 *
 * @param axis axis that is split
 * @param unflattenedSize extents of the new axes
 * @throws MyelinError `INDEX` when x has no such axis; `SHAPE` when extents do not multiply to N
 * @example
 * ```ts
 * import { ones, Unflatten } from 'myelin';
 * console.log(new Unflatten(1, [2, 3]).forward(ones([5, 6])).shape); // [ 5, 2, 3 ]
 * ```
 */
export class Unflatten extends Module {
  constructor(
    readonly axis: number,
    readonly unflattenedSize: Shape,
  ) {
    super();
    checkInteger('Unflatten', 'axis', axis);
    checkShape('Unflatten', unflattenedSize);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return unflatten(x, this.axis, this.unflattenedSize);
  }
}
