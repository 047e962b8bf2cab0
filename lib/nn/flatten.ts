import { flatten } from '../ops/reshape.js';
import type { FloatDType } from '../tensor/dtype.js';
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
