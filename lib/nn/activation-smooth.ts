import { gumbelSoftmax, type GumbelSoftmaxOptions } from '../ops/activation-random.js';
import { glu, logSigmoid, mish, softsign, swiglu, tanhshrink, type GluOptions } from '../ops/activation-smooth.js';
import { celu, selu } from '../ops/activation.js';
import type { Floating } from '../ops/operands.js';
import { softmin } from '../ops/softmax.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { SoftmaxLayerOptions } from './activation.js';
import { Module } from './module.js';

/**
 * Self-normalizing linear unit: out = s · x for x > 0, s · α · (eˣ − 1) otherwise, s = 1.0507… and α = 1.6733…. Shapes: any →
 * the same. Dtypes: float dtypes.
 *
 * Source: Klambauer et al. 2017, «Self-Normalizing Neural Networks», equations 2 and 14.
 * @example
 * ```ts
 * import { SELU, tensor } from 'myelin';
 * console.log(new SELU().forward(tensor([0, Infinity])).toArray()); // [ 0, Infinity ]
 * ```
 */
export class SELU extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return selu(x);
  }
}

/**
 * Exponential linear unit without a kink: out = x for x > 0, alpha · (exp(x / alpha) − 1) otherwise. Shapes: any → the same.
 * Dtypes: float dtypes.
 *
 * @param options.alpha distance of the lower bound from 0; default 1
 *
 * Source: Barron 2017, «Continuously Differentiable Exponential Linear Units».
 * @example
 * ```ts
 * import { CELU, tensor } from 'myelin';
 * console.log(new CELU({ alpha: 0.5 }).forward(tensor([-Infinity, 2])).toArray()); // [ -0.5, 2 ]
 * ```
 */
export class CELU extends Module {
  constructor(private readonly options: { readonly alpha?: number } = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return celu(x, this.options);
  }
}

/**
 * A smooth rectifier that dips below 0: out = x · tanh(ln(1 + eˣ)). Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Misra 2019, «Mish: A Self Regularized Non-Monotonic Activation Function», section 3.
 * @example
 * ```ts
 * import { Mish, tensor } from 'myelin';
 * console.log(new Mish().forward(tensor([0, 100])).toArray()); // [ 0, 100 ]
 * ```
 */
export class Mish extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return mish(x);
  }
}

/**
 * Logarithm of {@link Sigmoid}: out = −ln(1 + e⁻ˣ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { LogSigmoid, tensor } from 'myelin';
 * console.log(new LogSigmoid().forward(tensor([-1000])).toArray()); // [ -1000 ]
 * ```
 */
export class LogSigmoid extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return logSigmoid(x);
  }
}

/**
 * A hyperbolic tangent that nears its bounds slowly: out = x / (1 + |x|). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { Softsign, tensor } from 'myelin';
 * console.log(new Softsign().forward(tensor([-1, 3])).toArray()); // [ -0.5, 0.75 ]
 * ```
 */
export class Softsign extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return softsign(x);
  }
}

/**
 * What the hyperbolic tangent takes away: out = x − tanh x. Shapes: any → the same. Dtypes: float dtypes.
 *
 * @example
 * ```ts
 * import { Tanhshrink, tensor } from 'myelin';
 * console.log(new Tanhshrink().forward(tensor([0, 100])).toArray()); // [ 0, 99 ]
 * ```
 */
export class Tanhshrink extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return tanhshrink(x);
  }
}

/**
 * Gated linear unit: out = a · sigmoid(b), a and b being the halves of x along an axis. Shapes: […, 2n, …] → […, n, …].
 * Dtypes: float dtypes.
 *
 * @param options.axis axis to halve; default −1, the last
 *
 * Source: Dauphin et al. 2016, «Language Modeling with Gated Convolutional Networks», section 2.
 * @example
 * ```ts
 * import { GLU, tensor } from 'myelin';
 * console.log(new GLU().forward(tensor([4, 6, 0, 100])).toArray()); // [ 2, 6 ]
 * ```
 */
export class GLU extends Module {
  constructor(private readonly options: GluOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return glu(x, this.options);
  }
}

/**
 * {@link Softmax} of the negative: outᵢ = exp(−xᵢ) / Σⱼ exp(−xⱼ). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.axis axis along which the results sum to 1; default −1, the last
 * @example
 * ```ts
 * import { Softmin, tensor } from 'myelin';
 * console.log(new Softmin().forward(tensor([0, 1000])).toArray()); // [ 1, 0 ]
 * ```
 */
export class Softmin extends Module {
  constructor(private readonly options: SoftmaxLayerOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return softmin(x, this.options);
  }
}

/**
 * Gated linear unit whose gate is {@link SiLU}: out = silu(a) · b, a and b being the halves of x along an axis. Shapes:
 * […, 2n, …] → […, n, …]. Dtypes: float dtypes.
 *
 * @param options.axis axis to halve; default −1, the last
 *
 * Source: Shazeer 2020, «GLU Variants Improve Transformer», equation 5.
 * @example
 * ```ts
 * import { SwiGLU, tensor } from 'myelin';
 * console.log(new SwiGLU().forward(tensor([100, 0, 2, 3])).toArray()); // [ 200, 0 ]
 * ```
 */
export class SwiGLU extends Module {
  constructor(private readonly options: GluOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    return swiglu(x, this.options);
  }
}

/**
 * Draws from the categorical distribution with logits x in a way that has a gradient, see {@link gumbelSoftmax}. Shapes: any of
 * at least one axis → the same. Dtypes: float dtypes.
 *
 * @param options.tau temperature; default 1
 * @param options.hard makes the result one-hot but leaves the gradient that of the soft result; default `false`
 * @param options.axis axis along which the results sum to 1; default −1, the last
 * @param options.generator default what `seed` sets
 *
 * Source: Jang, Gu & Poole 2017, «Categorical Reparameterization with Gumbel-Softmax», sections 2 and 2.2.
 * @example
 * ```ts
 * import { GumbelSoftmax, tensor } from 'myelin';
 * console.log(new GumbelSoftmax({ hard: true }).forward(tensor([0, 1000, 0])).toArray()); // [ 0, 1, 0 ]
 * ```
 */
export class GumbelSoftmax extends Module {
  constructor(private readonly options: GumbelSoftmaxOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return gumbelSoftmax(x, this.options);
  }
}
