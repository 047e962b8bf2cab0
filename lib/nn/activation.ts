import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh, type GeluOptions } from '../ops/activation.js';
import { div, mul } from '../ops/arithmetic.js';
import { checkNumber, checkPositive, checkReal } from '../ops/checks.js';
import { gt, where } from '../ops/compare.js';
import type { Floating } from '../ops/operands.js';
import { logSoftmax, softmax } from '../ops/softmax.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * Passes its input on unchanged: out = x. Shapes and dtypes: any.
 *
 * @example
 * ```ts
 * import { Identity, tensor } from 'myelin';
 * console.log(new Identity().forward(tensor([1, 2])).toArray()); // [ 1, 2 ]
 * ```
 */
export class Identity extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return x;
  }
}

/**
 * Rectified linear unit: out = max(x, 0). Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Nair & Hinton 2010, «Rectified Linear Units Improve Restricted Boltzmann Machines», section 2.
 * @example
 * ```ts
 * import { ReLU, tensor } from 'myelin';
 * console.log(new ReLU().forward(tensor([-1, 2])).toArray()); // [ 0, 2 ]
 * ```
 */
export class ReLU extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return relu(x);
  }
}

/**
 * Rectifier that leaks: out = x for x > 0, negativeSlope · x otherwise. Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.negativeSlope slope below 0; default 0.01
 *
 * Source: Maas, Hannun & Ng 2013, «Rectifier Nonlinearities Improve Neural Network Acoustic Models», section 2.
 * @example
 * ```ts
 * import { LeakyReLU, tensor } from 'myelin';
 * console.log(new LeakyReLU({ negativeSlope: 0.25 }).forward(tensor([-8, 2])).toArray()); // [ -2, 2 ]
 * ```
 */
export class LeakyReLU extends Module {
  constructor(private readonly options: { readonly negativeSlope?: number } = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return leakyRelu(x, this.options);
  }
}

/**
 * Exponential linear unit: out = x for x > 0, alpha · (eˣ − 1) otherwise. Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.alpha distance of the lower bound from 0; default 1
 *
 * Source: Clevert, Unterthiner & Hochreiter 2016, «Fast and Accurate Deep Network Learning by Exponential Linear Units»,
 * section 3.
 * @example
 * ```ts
 * import { ELU, tensor } from 'myelin';
 * console.log(new ELU().forward(tensor([-Infinity, 2])).toArray()); // [ -1, 2 ]
 * ```
 */
export class ELU extends Module {
  constructor(private readonly options: { readonly alpha?: number } = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return elu(x, this.options);
  }
}

/**
 * Gaussian error linear unit: out = x · Φ(x), Φ the cumulative normal distribution. Shapes: any → the same. Dtypes: float32,
 * float64.
 *
 * @param options.approximate `'tanh'` takes x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) instead; default `'none'`
 *
 * Source: Hendrycks & Gimpel 2016, «Gaussian Error Linear Units», section 2.
 * @example
 * ```ts
 * import { GELU, tensor } from 'myelin';
 * console.log(new GELU({ approximate: 'tanh' }).forward(tensor([0, 10])).toArray()); // [ 0, 10 ]
 * ```
 */
export class GELU extends Module {
  constructor(private readonly options: GeluOptions = {}) {
    super();
  }

  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return gelu(x, this.options);
  }
}

/**
 * Sigmoid-weighted linear unit, also called swish: out = x / (1 + e⁻ˣ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Elfwing, Uchibe & Doya 2018, «Sigmoid-Weighted Linear Units», section 2.
 * @example
 * ```ts
 * import { SiLU, tensor } from 'myelin';
 * console.log(new SiLU().forward(tensor([0, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export class SiLU extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return silu(x);
  }
}

/**
 * Logistic function: out = 1 / (1 + e⁻ˣ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { Sigmoid, tensor } from 'myelin';
 * console.log(new Sigmoid().forward(tensor([0, -Infinity])).toArray()); // [ 0.5, 0 ]
 * ```
 */
export class Sigmoid extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return sigmoid(x);
  }
}

/**
 * Hyperbolic tangent: out = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { Tanh, tensor } from 'myelin';
 * console.log(new Tanh().forward(tensor([0, Infinity])).toArray()); // [ 0, 1 ]
 * ```
 */
export class Tanh extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return tanh(x);
  }
}

/**
 * A smooth max(x, 0): out = ln(1 + e^(beta · x)) / beta, and x where beta · x is above the threshold. Shapes: any → the same.
 * Dtypes: float dtypes.
 *
 * @param options.beta how sharp the bend is; default 1
 * @param options.threshold where the straight line begins; default 20
 * @throws MyelinError `VALUE` unless `beta` is positive and `threshold` a number
 *
 * Source: Dugas et al. 2001, «Incorporating Second-Order Functional Knowledge for Better Option Pricing», equation 3.
 * @example
 * ```ts
 * import { Softplus, tensor } from 'myelin';
 * console.log(new Softplus({ beta: 2 }).forward(tensor([-Infinity, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export class Softplus extends Module {
  private readonly beta: number;
  private readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {}) {
    super();
    checkPositive('Softplus', 'beta', beta);
    checkNumber('Softplus', 'threshold', threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  override forward(x: Tensor<FloatDType>): Tensor<FloatDType> {
    const { beta, threshold } = this;
    // From 20 on, softplus and its argument are the same number in all dtypes but float64.
    const isExact = threshold >= 20 && x.dtype !== 'float64';
    if (beta === 1 && isExact) return softplus(x);
    return scope<Tensor<FloatDType>>(() => {
      const scaled = mul<Tensor<FloatDType>, number>(x, beta);
      const smooth = div(softplus(scaled), beta);
      return isExact ? smooth : where(gt(scaled, threshold), x, smooth);
    });
  }
}

/** Options of {@link Softmax} and {@link LogSoftmax}. */
export interface SoftmaxLayerOptions {
  /** Axis along which probabilities sum to 1; default −1, the last. */
  readonly axis?: number;
}

/**
 * Turns scores into probabilities along an axis: outᵢ = exp(xᵢ) / Σⱼ exp(xⱼ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.axis axis along which the results sum to 1; default −1, the last
 * @example
 * ```ts
 * import { Softmax, tensor } from 'myelin';
 * console.log(new Softmax().forward(tensor([0, 0])).toArray()); // [ 0.5, 0.5 ]
 * ```
 */
export class Softmax extends Module {
  constructor(private readonly options: SoftmaxLayerOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return softmax(x, this.options);
  }
}

/**
 * {@link Softmax} over the channels at each place of an image.
 *
 * Shapes: x [B, C, H, W], of a single sample without B → the same. Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for another number of axes
 * @example
 * ```ts
 * import { ones, Softmax2d } from 'myelin';
 * console.log(new Softmax2d().forward(ones([2, 1, 1])).flatten().toArray()); // [ 0.5, 0.5 ]
 * ```
 */
export class Softmax2d extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    checkReal('Softmax2d', 'x', x);
    if (x.rank !== 3 && x.rank !== 4)
      fail('SHAPE', 'Softmax2d', `x is ${describe(x)} (need [B, C, H, W] or [C, H, W])`);
    return softmax(x, { axis: -3 });
  }
}

/**
 * Logarithm of {@link Softmax}: outᵢ = xᵢ − ln Σⱼ exp(xⱼ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.axis axis along which the exponentials of the results sum to 1; default −1, the last
 * @example
 * ```ts
 * import { LogSoftmax, tensor } from 'myelin';
 * console.log(new LogSoftmax().forward(tensor([0, 1000])).toArray()); // [ -1000, 0 ]
 * ```
 */
export class LogSoftmax extends Module {
  constructor(private readonly options: SoftmaxLayerOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return logSoftmax(x, this.options);
  }
}
