import {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  prelu,
  relu6,
  softshrink,
  threshold,
  type HardtanhOptions,
  type ShrinkOptions,
} from '../ops/activation-piecewise.js';
import { rrelu, type RreluOptions } from '../ops/activation-random.js';
import { checkInteger, checkNumber } from '../ops/checks.js';
import { full } from '../ops/creation.js';
import type { Floating } from '../ops/operands.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * Rectifier with a ceiling: out = min(max(x, 0), 6). Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Krizhevsky 2010, «Convolutional Deep Belief Networks on CIFAR-10».
 * @example
 * ```ts
 * import { ReLU6, tensor } from 'myelin';
 * console.log(new ReLU6().forward(tensor([-1, 2, 8])).toArray()); // [ 0, 2, 6 ]
 * ```
 */
export class ReLU6 extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return relu6(x);
  }
}

/**
 * A hyperbolic tangent of straight lines: out = min(max(x, minVal), maxVal). Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.minVal least value; default −1
 * @param options.maxVal greatest value; default 1
 * @example
 * ```ts
 * import { Hardtanh, tensor } from 'myelin';
 * console.log(new Hardtanh().forward(tensor([-2, 0.5, 3])).toArray()); // [ -1, 0.5, 1 ]
 * ```
 */
export class Hardtanh extends Module {
  constructor(private readonly options: HardtanhOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return hardtanh(x, this.options);
  }
}

/**
 * A logistic function of straight lines: out = min(max(x + 3, 0), 6) / 6. Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Howard et al. 2019, «Searching for MobileNetV3», section 5.2.
 * @example
 * ```ts
 * import { Hardsigmoid, tensor } from 'myelin';
 * console.log(new Hardsigmoid().forward(tensor([-4, 0, 4])).toArray()); // [ 0, 0.5, 1 ]
 * ```
 */
export class Hardsigmoid extends Module {
  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return hardsigmoid(x);
  }
}

/**
 * {@link SiLU} of straight lines and a parabola: out = x · min(max(x + 3, 0), 6) / 6. Shapes: any → the same. Dtypes: float
 * dtypes.
 *
 * Source: Howard et al. 2019, «Searching for MobileNetV3», section 5.2.
 * @example
 * ```ts
 * import { Hardswish, tensor } from 'myelin';
 * console.log(new Hardswish().forward(tensor([0, 4])).toArray()); // [ 0, 4 ]
 * ```
 */
export class Hardswish extends Module {
  override forward<D extends DType, S extends Shape>(x: Tensor<D, S>): Tensor<Floating<D>, S> {
    return hardswish(x);
  }
}

/**
 * Moves every element toward 0 by lambd, small ones to 0. Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.lambd default 0.5
 * @example
 * ```ts
 * import { Softshrink, tensor } from 'myelin';
 * console.log(new Softshrink().forward(tensor([-2, 0.25, 2])).toArray()); // [ -1.5, 0, 1.5 ]
 * ```
 */
export class Softshrink extends Module {
  constructor(private readonly options: ShrinkOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return softshrink(x, this.options);
  }
}

/**
 * Turns elements of at most lambd in magnitude into 0. Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.lambd default 0.5
 * @example
 * ```ts
 * import { Hardshrink, tensor } from 'myelin';
 * console.log(new Hardshrink().forward(tensor([-2, 0.25, 2])).toArray()); // [ -2, 0, 2 ]
 * ```
 */
export class Hardshrink extends Module {
  constructor(private readonly options: ShrinkOptions = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return hardshrink(x, this.options);
  }
}

/**
 * Replaces what does not exceed a threshold: out = x where x > threshold, otherwise value. Shapes: any → the same. Dtypes:
 * float dtypes.
 *
 * @param threshold what elements must exceed to stay
 * @param value what the others become
 * @throws MyelinError `VALUE` when either is no number
 * @example
 * ```ts
 * import { tensor, Threshold } from 'myelin';
 * console.log(new Threshold(0.5, 20).forward(tensor([-1, 0.5, 2])).toArray()); // [ 20, 20, 2 ]
 * ```
 */
export class Threshold extends Module {
  constructor(
    readonly threshold: number,
    readonly value: number,
  ) {
    super();
    checkNumber('Threshold', 'threshold', threshold);
    checkNumber('Threshold', 'value', value);
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return threshold(x, this.threshold, this.value);
  }
}

/** Options of {@link PReLU}. */
export interface PReLULayerOptions<D extends FloatDType = FloatDType> {
  /** Count of slopes: 1, or that of the channels; default 1. */
  readonly numParameters?: number;
  /** What slopes start as; default 0.25. */
  readonly init?: number;
  /** Default float32. */
  readonly dtype?: D;
}

/**
 * Rectifier with learned slopes: out = x for x > 0, weight · x otherwise.
 *
 * Shapes: x any → the same, channels along axis 1; weight [numParameters]. Dtypes: float dtypes.
 *
 * @param options.numParameters 1, or the count of channels; default 1
 * @param options.init what slopes start as; default 0.25
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless numParameters is a positive integer and init a number
 *
 * Source: He et al. 2015, «Delving Deep into Rectifiers», section 2.1.
 * @example
 * ```ts
 * import { PReLU, tensor } from 'myelin';
 * console.log(new PReLU({ init: 0.5 }).forward(tensor([-4, 2])).toArray()); // [ -2, 2 ]
 * ```
 */
export class PReLU<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D>;

  constructor({ numParameters = 1, init = 0.25, dtype = 'float32' as D }: PReLULayerOptions<D> = {}) {
    super();
    checkInteger('PReLU', 'numParameters', numParameters, 1);
    checkNumber('PReLU', 'init', init);
    this.weight = new Parameter<D, readonly [number]>(full([numParameters], init, { dtype }));
  }

  override forward(x: Tensor<FloatDType>): Tensor<FloatDType> {
    return prelu(x, this.weight);
  }
}

/**
 * Rectifier that leaks at random in training: out = x for x > 0, slope · x otherwise, each slope drawn from [lower, upper];
 * in inference their mean.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * @param options.lower least slope; default 1/8
 * @param options.upper greatest slope; default 1/3
 * @param options.generator where random numbers come from; default the global one, see {@link seed}
 *
 * Source: Xu et al. 2015, «Empirical Evaluation of Rectified Activations in Convolutional Network», section 2.4.
 * @example
 * ```ts
 * import { RReLU, tensor } from 'myelin';
 * console.log(new RReLU({ lower: 0.25, upper: 0.75 }).eval().forward(tensor([-8, 2])).toArray()); // [ -4, 2 ]
 * ```
 */
export class RReLU extends Module {
  constructor(private readonly options: Omit<RreluOptions, 'training'> = {}) {
    super();
  }

  override forward<D extends FloatDType, S extends Shape>(x: Tensor<D, S>): Tensor<D, S> {
    return rrelu(x, { ...this.options, training: this.training });
  }
}
