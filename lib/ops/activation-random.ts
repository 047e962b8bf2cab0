import { stopGradient } from '../engine/tape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { defaultGenerator, type Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { leakyRelu } from './activation.js';
import { add, div, mul, neg, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkAtLeast, checkPositive, checkReal } from './checks.js';
import { eq, gt, where } from './compare.js';
import { log } from './math.js';
import { uniform } from './random.js';
import { arange } from './ranges.js';
import { argmax } from './reduce.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';

// Half precision has too few numbers between 0 and 1 to draw from.
function draw(x: Tensor<FloatDType>, low: number, high: number, generator: Generator): Tensor<FloatDType> {
  return uniform(x.shape, { low, high, dtype: x.dtype === 'float64' ? 'float64' : 'float32', generator });
}

/** Options of {@link rrelu}. */
export interface RreluOptions {
  /** Least slope; default 1/8. */
  readonly lower?: number;
  /** Greatest slope; default 1/3. */
  readonly upper?: number;
  /** Whether slopes are drawn at random; default `false`. */
  readonly training?: boolean;
  /** Where the numbers come from; by default what `seed` sets. */
  readonly generator?: Generator;
}

/**
 * Rectifier that leaks at random: out = x for x > 0, slope · x otherwise, with a slope for each element that is drawn from
 * [lower, upper] in training and their mean otherwise.
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Xu and others, "Empirical evaluation of rectified activations in convolutional network", 2015, section 2.4.
 *
 * @param options.lower least slope; default 1/8
 * @param options.upper greatest slope; default 1/3
 * @param options.training whether slopes are drawn at random; default `false`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` unless 0 <= lower <= upper; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { rrelu, tensor } from 'myelin';
 * console.log(rrelu(tensor([-8, 2]), { lower: 0.25, upper: 0.75 }).toArray()); // [ -4, 2 ]
 * ```
 */
export function rrelu<D extends FloatDType, S extends Shape>(x: Tensor<D, S>, options?: RreluOptions): Tensor<D, S>;
export function rrelu(
  x: Tensor<FloatDType>,
  { lower = 1 / 8, upper = 1 / 3, training = false, generator = defaultGenerator }: RreluOptions = {},
): Tensor {
  checkReal('rrelu', 'x', x);
  checkAtLeast('rrelu', 'lower', lower, 0);
  checkAtLeast('rrelu', 'upper', upper, 0);
  if (lower > upper) fail('VALUE', 'rrelu', `lower is ${lower}, upper is ${upper} (need lower <= upper)`);
  if (!training) return leakyRelu(x, { negativeSlope: (lower + upper) / 2 });
  return scope(() => {
    const slope = cast(draw(x, lower, upper, generator), x.dtype);
    return where(gt(x, 0), x, mul(x, slope));
  });
}

/** Options of {@link gumbelSoftmax}. */
export interface GumbelSoftmaxOptions {
  /** Temperature: the lower, the closer to one-hot; default 1. */
  readonly tau?: number;
  /** Whether the result is one-hot, with the gradient of the soft one; default `false`. */
  readonly hard?: boolean;
  /** Axis along which the results sum to 1; default −1, the last. */
  readonly axis?: number;
  /** Where the numbers come from; by default what `seed` sets. */
  readonly generator?: Generator;
}

// 1 at the greatest element along an axis, 0 elsewhere.
function peaks(x: Tensor<FloatDType>, axis: number): Tensor {
  const along = x.shape.map((extent, i) => (i === axis ? extent : 1));
  const index = reshape(arange(x.shape[axis]!, { dtype: 'int64' }), along);
  return cast(eq(index, argmax(x, { axis, keepDims: true })), x.dtype);
}

/**
 * Draws from the categorical distribution with logits x in a way that has a gradient: out = softmax((x + g) / tau), the
 * elements of g being −ln(−ln u) with u uniform in [0, 1).
 *
 * Shapes: any of at least one axis; the result has the same. Dtypes: float dtypes.
 *
 * Source: Jang, Gu, Poole, "Categorical reparameterization with Gumbel-softmax", 2017, sections 2 and 2.2.
 *
 * @param options.tau temperature; default 1
 * @param options.hard makes the result one-hot but leaves the gradient that of the soft result; default `false`
 * @param options.axis axis along which the results sum to 1; default −1, the last
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` unless tau is positive; `INDEX` when x has no such axis; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { gumbelSoftmax, tensor } from 'myelin';
 * console.log(gumbelSoftmax(tensor([0, 1000, 0]), { hard: true }).toArray()); // [ 0, 1, 0 ]
 * ```
 */
export function gumbelSoftmax<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options?: GumbelSoftmaxOptions,
): Tensor<D, S>;
export function gumbelSoftmax(
  x: Tensor<FloatDType>,
  { tau = 1, hard = false, axis = -1, generator = defaultGenerator }: GumbelSoftmaxOptions = {},
): Tensor {
  checkReal('gumbelSoftmax', 'x', x);
  checkPositive('gumbelSoftmax', 'tau', tau);
  const along = normalizeAxis('gumbelSoftmax', axis, x.rank);
  return scope(() => {
    const noise = cast(neg(log(neg(log(draw(x, 0, 1, generator))))), x.dtype);
    const soft = softmax(div(add(x, noise), tau), { axis: along });
    return hard
      ? add(
          soft,
          stopGradient(() => sub(peaks(soft, along), soft)),
        )
      : soft;
  });
}
