import { add, mul } from '../ops/arithmetic.js';
import { checkFraction } from '../ops/checks.js';
import { gt, where } from '../ops/compare.js';
import { ones } from '../ops/creation.js';
import { dropout } from '../ops/random.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** Options of {@link Dropout}. */
export interface DropoutLayerOptions {
  /** Where random numbers come from; default the global one, see {@link seed}. */
  readonly generator?: Generator;
}

/** The shape of a mask with as many numbers as there are in the first `kept` axes. */
const slicesOf = (shape: Shape, kept: number): Shape => shape.map((extent, axis) => (axis < kept ? extent : 1));

/** What all dropout layers are: idle in inference, and when nothing is to be dropped. */
abstract class Dropping extends Module {
  protected constructor(
    op: string,
    readonly p: number,
    protected readonly options: DropoutLayerOptions,
  ) {
    super();
    checkFraction(op, 'p', p);
  }

  protected abstract drop<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S>;

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return this.training && this.p > 0 ? this.drop(x) : x;
  }

  /** x times a mask of as many numbers as there are in the first `kept` axes: 0 with probability p and else 1 / (1 − p). */
  protected dropSlices<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, kept: number): Tensor<D, S> {
    const shape = slicesOf(x.shape, kept);
    return scope(() => mul(x, dropout(ones(shape, { dtype: x.dtype }), { p: this.p, ...this.options }))) as Tensor<
      D,
      S
    >;
  }
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
export class Dropout extends Dropping {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout', p, options);
  }

  protected override drop<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return dropout(x, { p: this.p, ...this.options });
  }
}

/** How many of the first axes tell channels apart, by the number of axes that an input may have. */
type Apart = Readonly<Record<number, number>>;

abstract class ChannelDropout extends Dropping {
  protected abstract readonly apart: Apart;

  protected override drop<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const apart = this.apart[x.rank];
    if (apart === undefined) {
      const need = Object.keys(this.apart).join(' or ');
      fail('SHAPE', this.constructor.name, `x is ${describe(x)} (need ${need} axes)`, { x: x.shape });
    }
    return this.dropSlices(x, apart);
  }
}

/**
 * Sets whole channels of signals to zero at random while training, since neighbours in a channel tell of each other.
 *
 * Shapes: x [B, C, L], of a single sample without B → the same. Dtypes: float dtypes.
 *
 * @param p probability that a channel of a sample is dropped; default 0.5
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1; `SHAPE` for another rank
 *
 * Source: Tompson et al. 2015, «Efficient Object Localization Using Convolutional Networks», section 3.2.
 * @example
 * ```ts
 * import { Dropout1d, ones } from 'myelin';
 * console.log(new Dropout1d(1).forward(ones([1, 2, 3])).sum().item()); // 0
 * ```
 */
export class Dropout1d extends ChannelDropout {
  protected override readonly apart: Apart = { 2: 1, 3: 2 };

  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout1d', p, options);
  }
}

/**
 * {@link Dropout1d} for images: sets whole channels to zero. Shapes: x [B, C, H, W], or signals [B, C, L] as in PyTorch → the same.
 * Dtypes: float dtypes.
 *
 * @param p probability that a channel of a sample is dropped; default 0.5
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1; `SHAPE` for another rank
 * @example
 * ```ts
 * import { Dropout2d, ones } from 'myelin';
 * console.log(new Dropout2d(1).forward(ones([1, 2, 3, 3])).sum().item()); // 0
 * ```
 */
export class Dropout2d extends ChannelDropout {
  protected override readonly apart: Apart = { 3: 2, 4: 2 };

  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout2d', p, options);
  }
}

/**
 * {@link Dropout1d} for volumes: sets whole channels to zero. Shapes: x [B, C, D, H, W], of a single sample without B → the same.
 * Dtypes: float dtypes.
 *
 * @param p probability that a channel of a sample is dropped; default 0.5
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1; `SHAPE` for another rank
 * @example
 * ```ts
 * import { Dropout3d, ones } from 'myelin';
 * console.log(new Dropout3d(1).forward(ones([1, 2, 3, 3, 3])).sum().item()); // 0
 * ```
 */
export class Dropout3d extends ChannelDropout {
  protected override readonly apart: Apart = { 4: 1, 5: 2 };

  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout3d', p, options);
  }
}

// What SELU tends to for large negative inputs: −scale · alpha (Klambauer et al. 2017, equation 14).
const saturation = -1.7580993408473766;

/** Dropout to the lower bound of SELU, which keeps mean and variance. */
abstract class SaturatingDropout extends Dropping {
  protected abstract maskShape(shape: Shape): Shape;

  protected override drop<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    const { p } = this;
    const kept = 1 - p;
    const a = kept === 0 ? 0 : 1 / Math.sqrt(kept + saturation ** 2 * kept * p);
    const given: Tensor = x;
    const shape = this.maskShape(x.shape);
    return scope(() => {
      const mask = gt(dropout(ones(shape, { dtype: x.dtype }), { p, ...this.options }), 0);
      return add(mul(where(mask, given, saturation), a), -a * p * saturation);
    }) as Tensor<D, S>;
  }
}

/**
 * Dropout that keeps mean 0 and variance 1, for networks of {@link SELU}: dropped elements become the lower bound of SELU,
 * and everything is scaled and shifted.
 *
 * out = a · (x · mask + α′ · (1 − mask)) + b with α′ = −1.7581, a = (q + α′² · q · p)^(−½), q = 1 − p, b = −a · p · α′
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param p probability that an element is dropped; default 0.5
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1
 *
 * Source: Klambauer et al. 2017, «Self-Normalizing Neural Networks», section «New Dropout Technique».
 * @example
 * ```ts
 * import { AlphaDropout, ones } from 'myelin';
 * console.log(new AlphaDropout(0.2).eval().forward(ones([2])).toArray()); // [ 1, 1 ]
 * ```
 */
export class AlphaDropout extends SaturatingDropout {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('AlphaDropout', p, options);
  }

  protected override maskShape(shape: Shape): Shape {
    return shape;
  }
}

/**
 * {@link AlphaDropout} of whole channels, since neighbours in a channel tell of each other.
 *
 * Shapes: x [B, C, …] → the same. Dtypes: float dtypes.
 *
 * @param p probability that a channel of a sample is dropped; default 0.5
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1; `SHAPE` for fewer than two axes
 * @example
 * ```ts
 * import { FeatureAlphaDropout, ones } from 'myelin';
 * console.log(new FeatureAlphaDropout(0.2).eval().forward(ones([1, 2])).toArray()); // [ [ 1, 1 ] ]
 * ```
 */
export class FeatureAlphaDropout extends SaturatingDropout {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('FeatureAlphaDropout', p, options);
  }

  protected override maskShape(shape: Shape): Shape {
    if (shape.length < 2) {
      fail('SHAPE', 'FeatureAlphaDropout', `x has ${shape.length} axes (need [B, C, ...])`, { x: shape });
    }
    return slicesOf(shape, 2);
  }
}

/**
 * Leaves whole samples out at random while training: put at the end of a residual branch, it makes networks of random depth.
 *
 * out[b] = x[b] · mask[b] / (1 − p)
 *
 * Shapes: x [B, …] → the same. Dtypes: float dtypes.
 *
 * @param p probability that a sample is dropped; default 0.1
 * @param options.generator where random numbers come from; default the global one
 * @throws MyelinError `VALUE` unless 0 ≤ p ≤ 1
 *
 * Source: Huang et al. 2016, «Deep Networks with Stochastic Depth», section 3.
 * @example
 * ```ts
 * import { DropPath, ones } from 'myelin';
 * console.log(new DropPath(1).forward(ones([2, 3])).sum().item()); // 0
 * ```
 */
export class DropPath extends Dropping {
  constructor(p = 0.1, options: DropoutLayerOptions = {}) {
    super('DropPath', p, options);
  }

  protected override drop<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return this.dropSlices(x, 1);
  }
}
