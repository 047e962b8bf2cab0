import { defineOp } from '../engine/define.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { defaultGenerator, type Generator, checkGenerator } from '../tensor/rng.js';
import { checkShape, normalizeAxis, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkPositive, checkReal, checkTensor, floats } from './checks.js';
import { indexSelect } from './indexing.js';
import { checkDraw, randperm, type RandomOptions } from './random.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

// Distributions whose elements may take more than one draw each, and choices. Each element has a stream of its own, so
// the same seed gives the same numbers on every machine, with any number of threads.

/** Numbers of the generator that one block yields: an element with a stream of its own takes a whole block. */
const perElement = 4;

const exponentialOp = defineOp({
  name: 'exponential',
  inputs: [],
  attrs: { rate: 'float', key: 'int', counter: 'int', shape: 'ints', dtype: floats },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

/** Options of {@link exponential}. */
export interface ExponentialOptions<D extends FloatDType = FloatDType> extends RandomOptions<D> {
  /** Events per unit, the reciprocal of the mean; default 1. */
  readonly rate?: number;
}

/**
 * Exponentially distributed numbers: −ln(1 − u) / rate for uniform u.
 *
 * Shapes: as asked. Dtypes: floats. The same seed gives the same numbers on every machine.
 *
 * @param options.rate reciprocal of the mean; default 1
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` for a rate that is not a positive number; `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { exponential } from 'myelin';
 * console.log(exponential([1000], { rate: 2 }).min().item() >= 0); // true
 * ```
 */
export function exponential<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  { rate = 1, dtype = 'float32' as D, generator = defaultGenerator }: ExponentialOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  checkDraw('exponential', shape, dtype);
  checkPositive('exponential', 'rate', rate);
  return exponentialOp({}, { rate, ...checkGenerator(generator).take(sizeOf(shape)), shape, dtype }) as Tensor<D, S>;
}

const truncatedNormalOp = defineOp({
  name: 'truncatedNormal',
  inputs: [],
  attrs: {
    mean: 'float',
    std: 'float',
    low: 'float',
    high: 'float',
    key: 'int',
    counter: 'int',
    shape: 'ints',
    dtype: floats,
  },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

/** Options of {@link truncatedNormal}. */
export interface TruncatedNormalOptions<D extends FloatDType = FloatDType> extends RandomOptions<D> {
  /** Mean before truncation; default 0. */
  readonly mean?: number;
  /** Standard deviation before truncation; default 1. */
  readonly std?: number;
  /** Least value, may be −Infinity; default two deviations below the mean. */
  readonly low?: number;
  /** Greatest value, may be Infinity; default two deviations above the mean. */
  readonly high?: number;
}

/**
 * Normally distributed numbers of an interval: the normal distribution, given that the number lies in [low, high]. Exact
 * however far out the interval lies.
 *
 * Shapes: as asked. Dtypes: floats. The same seed gives the same numbers on every machine.
 *
 * Source: Robert, "Simulation of truncated normal variables", 1995.
 *
 * @param options.mean mean before truncation; default 0
 * @param options.std standard deviation before truncation; default 1
 * @param options.low default mean − 2 std
 * @param options.high default mean + 2 std
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when mean or std is not finite, std is not positive, or the interval is empty
 * @example
 * ```ts
 * import { truncatedNormal } from 'myelin';
 * const x = truncatedNormal([1000], { low: 5, high: 6 });
 * console.log(x.min().item() >= 5, x.max().item() <= 6); // true true
 * ```
 */
export function truncatedNormal<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  {
    mean = 0,
    std = 1,
    low,
    high,
    dtype = 'float32' as D,
    generator = defaultGenerator,
  }: TruncatedNormalOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  checkDraw('truncatedNormal', shape, dtype);
  const [from, to] = [low ?? mean - 2 * std, high ?? mean + 2 * std];
  if (
    !Number.isFinite(mean) ||
    !Number.isFinite(std) ||
    !(std > 0) ||
    !(from < to) ||
    from === Infinity ||
    to === -Infinity
  ) {
    const given = `mean is ${show(mean)}, std is ${show(std)}, from ${show(from)} to ${show(to)}`;
    fail('VALUE', 'truncatedNormal', `${given} (need finite mean and std > 0, low < high)`, { mean, std, low, high });
  }
  const draws = checkGenerator(generator).take(perElement * sizeOf(shape));
  return truncatedNormalOp({}, { mean, std, low: from, high: to, ...draws, shape, dtype }) as Tensor<D, S>;
}

const eachOp = <const N extends string, const I extends string>(name: N, input: I) =>
  defineOp({
    name,
    inputs: [input],
    attrs: { key: 'int', counter: 'int' },
    save: [],
    infer: (inputs) => {
      const { dtype, shape } = Object.values(inputs as Readonly<Record<string, Tensor>>)[0]!;
      return { dtype, shape };
    },
    grad: 'none',
  });

const standardGammaOp = eachOp('standardGamma', 'concentration');
const poissonOp = eachOp('poisson', 'rate');
const bernoulliEachOp = eachOp('bernoulliEach', 'p');

/** Options of functions that draw for each element of a tensor. */
export interface GeneratorOptions {
  /** Where the numbers come from; by default what {@link seed} sets. */
  readonly generator?: Generator;
}

/**
 * Numbers from gamma distributions of scale 1, one for each concentration; multiply by a scale for others.
 *
 * Density ∝ x^(concentration − 1) · e^(−x).
 *
 * Shapes: any → the same. Dtypes: floats. No gradient. The same seed gives the same numbers on every machine.
 *
 * Source: Marsaglia, Tsang, "A simple method for generating gamma variables", 2000.
 *
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` for a concentration that is not positive; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { full, standardGamma } from 'myelin';
 * console.log(Math.abs(standardGamma(full([10000], 3)).mean().item() - 3) < 0.1); // true
 * ```
 */
export function standardGamma<D extends FloatDType, S extends Shape>(
  concentration: Tensor<D, S>,
  { generator = defaultGenerator }: GeneratorOptions = {},
): Tensor<D, S> {
  checkReal('standardGamma', 'concentration', concentration);
  const draws = checkGenerator(generator).take(perElement * concentration.size);
  return standardGammaOp({ concentration }, draws) as Tensor<D, S>;
}

/**
 * Numbers of events from Poisson distributions, one for each rate.
 *
 * P(k) = rate^k · e^(−rate) / k!
 *
 * Shapes: any → the same. Dtypes: floats. No gradient. The same seed gives the same numbers on every machine.
 *
 * Source: Knuth, "The Art of Computer Programming", volume 2, 3.4.1; Hörmann, "The transformed rejection method for generating
 * Poisson random variables", 1993.
 *
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` for a negative rate or one beyond 2^52; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { full, poisson } from 'myelin';
 * console.log(Math.abs(poisson(full([10000], 20)).mean().item() - 20) < 0.3); // true
 * ```
 */
export function poisson<D extends FloatDType, S extends Shape>(
  rate: Tensor<D, S>,
  { generator = defaultGenerator }: GeneratorOptions = {},
): Tensor<D, S> {
  checkReal('poisson', 'rate', rate);
  return poissonOp({ rate }, checkGenerator(generator).take(perElement * rate.size)) as Tensor<D, S>;
}

/**
 * Ones, each with its own probability, otherwise zeros; `bernoulli` takes one probability for all.
 *
 * Shapes: any → the same. Dtypes: floats. No gradient. The same seed gives the same numbers on every machine.
 *
 * @param p probability of a one at each place
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` for a probability outside [0, 1]; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { bernoulliEach, tensor } from 'myelin';
 * console.log(bernoulliEach(tensor([0, 1, 1])).toArray()); // [ 0, 1, 1 ]
 * ```
 */
export function bernoulliEach<D extends FloatDType, S extends Shape>(
  p: Tensor<D, S>,
  { generator = defaultGenerator }: GeneratorOptions = {},
): Tensor<D, S> {
  checkReal('bernoulliEach', 'p', p);
  return bernoulliEachOp({ p }, checkGenerator(generator).take(perElement * p.size)) as Tensor<D, S>;
}

const multinomialOp = defineOp({
  name: 'multinomial',
  inputs: ['weights'],
  attrs: { count: 'int', replacement: 'bool', key: 'int', counter: 'int' },
  save: [],
  infer: ({ weights }, { count }) => ({ dtype: 'int64', shape: withExtent(weights.shape, weights.rank - 1, count) }),
  grad: 'none',
});

/** Options of {@link multinomial}. */
export interface MultinomialOptions extends GeneratorOptions {
  /** Whether a place may be drawn more than once; default `false`. */
  readonly replacement?: boolean;
}

/**
 * Draws places of the last axis, each as likely as its weight.
 *
 * Shapes: weights [..., K] → [..., count]. Dtypes: floats → int64. Weights need not add up to 1. Without replacement, places come
 * in the order in which they were drawn. The same seed gives the same places on every machine.
 *
 * Source, without replacement: Efraimidis, Spirakis, "Weighted random sampling with a reservoir", 2006.
 *
 * @param count places to draw from each row
 * @param options.replacement whether a place may be drawn more than once; default `false`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` for negative or infinite weights, or fewer positive ones than must be drawn; `SHAPE` for a single
 * number; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { multinomial, tensor } from 'myelin';
 * console.log(multinomial(tensor([0, 3, 0]), 4, { replacement: true }).toArray()); // [ 1, 1, 1, 1 ]
 * ```
 */
export function multinomial(
  weights: Tensor<FloatDType>,
  count: number,
  { replacement = false, generator = defaultGenerator }: MultinomialOptions = {},
): Tensor<'int64'> {
  checkReal('multinomial', 'weights', weights);
  checkInteger('multinomial', 'count', count, 0);
  if (weights.rank === 0) fail('SHAPE', 'multinomial', `weights are ${describe(weights)} (need at least one axis)`);
  const classes = weights.shape.at(-1)!;
  if (!replacement && count > classes) {
    fail(
      'VALUE',
      'multinomial',
      `count is ${count} of ${classes} places (need at most ${classes} without replacement)`,
      {
        count,
      },
    );
  }
  const shape = withExtent(weights.shape, weights.rank - 1, replacement ? count : classes);
  checkShape('multinomial', withExtent(weights.shape, weights.rank - 1, count));
  const draws = checkGenerator(generator).take(perElement * sizeOf(shape));
  return multinomialOp({ weights }, { count, replacement, ...draws }) as Tensor<'int64'>;
}

/** Options of {@link shuffle}. */
export interface ShuffleOptions extends GeneratorOptions {
  /** Axis whose places change their order; default 0. */
  readonly axis?: number;
}

/**
 * Puts the places of an axis in random order, every order equally likely; what lies at a place stays together.
 *
 * Shapes: any → the same. Dtypes: all. The gradient follows the elements.
 *
 * @param options.axis default 0
 * @param options.generator default what `seed` sets
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { arange, shuffle } from 'myelin';
 * console.log(shuffle(arange(5)).sum().item()); // 10
 * ```
 */
export function shuffle<D extends DType, S extends Shape>(
  x: Tensor<D, S>,
  { axis = 0, generator = defaultGenerator }: ShuffleOptions = {},
): Tensor<D, S> {
  checkTensor('shuffle', 'x', x);
  const at = normalizeAxis('shuffle', axis, x.rank);
  return onBehalf('shuffle', () => indexSelect(x, randperm(x.shape[at]!, { generator }), { axis: at })) as Tensor<D, S>;
}
