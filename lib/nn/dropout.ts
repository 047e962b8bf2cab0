import { checkFraction } from '../ops/checks.js';
import { dropout } from '../ops/random.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Generator } from '../tensor/rng.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** Options of {@link Dropout}. */
export interface DropoutLayerOptions {
  /** Where random numbers come from; default the global one, see {@link seed}. */
  readonly generator?: Generator;
}

/**
 * Sets elements to zero at random while training, so that no unit relies on another; does nothing in inference.
 *
 * out = x · mask / (1 − p), each mask element 0 with probability p and else 1
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param p probability that an element is dropped; default 0.5
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1
 *
 * Source: Srivastava et al. 2014, «Dropout: A Simple Way to Prevent Neural Networks from Overfitting», section 4, with the
 * factor applied in training (section 10).
 * @example
 * ```ts
 * import { Dropout, ones } from 'myelin';
 * console.log(new Dropout(0.5).eval().forward(ones([2])).toArray()); // [ 1, 1 ]
 * ```
 */
export class Dropout extends Module {
  constructor(
    readonly p = 0.5,
    private readonly options: DropoutLayerOptions = {},
  ) {
    super();
    checkFraction('Dropout', 'p', p);
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return this.training && this.p > 0 ? dropout(x, { p: this.p, ...this.options }) : x;
  }
}
