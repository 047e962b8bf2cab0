import { defineOp } from '../engine/define.js';
import { checkDType, dtypes, floatDTypes, type DType, type FloatDType, type IntegerDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { defaultGenerator, type Generator, checkGenerator } from '../tensor/rng.js';
import { checkShape, sizeOf, type Shape } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { checkFraction, checkInteger, checkTensor, floats } from './checks.js';
import { floor } from './rounding.js';
import { like, likeOf } from './spec.js';

/** Options of functions that draw random tensors. */
export interface RandomOptions<D extends DType = FloatDType> {
  /** Element type; default `float32`. */
  readonly dtype?: D;
  /** Where the numbers come from; by default what {@link seed} sets. */
  readonly generator?: Generator;
}

const uniformOp = defineOp({
  name: 'uniform',
  inputs: [],
  attrs: { low: 'float', high: 'float', key: 'int', counter: 'int', shape: 'ints', dtype: floatDTypes },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

/** Refuses a shape or dtype in which no real numbers can be drawn. */
export function checkDraw(op: string, shape: Shape, dtype: DType): void {
  checkShape(op, shape);
  checkDType(op, dtype);
  if (!floats.includes(dtype)) fail('DTYPE', op, `dtype is ${dtype} (need a float dtype)`, { dtype });
}

/** Options of {@link uniform}. */
export interface UniformOptions<D extends FloatDType = FloatDType> extends RandomOptions<D> {
  /** Least value; default 0. */
  readonly low?: number;
  /** What all values are below; default 1. */
  readonly high?: number;
}

function drawUniform<D extends FloatDType, S extends Shape>(
  op: string,
  shape: S,
  { low = 0, high = 1, dtype = 'float32' as D, generator = defaultGenerator }: UniformOptions<D>,
): Tensor<D, S> {
  checkDraw(op, shape, dtype);
  if (!Number.isFinite(high - low) || high < low) {
    fail('VALUE', op, `from ${show(low)} to ${show(high)} (need finite bounds, low <= high)`, { low, high });
  }
  return uniformOp({}, { low, high, ...checkGenerator(generator).take(sizeOf(shape)), shape, dtype }) as Tensor<D, S>;
}

/**
 * Numbers that are equally likely everywhere in [low, high).
 *
 * Shapes: as asked. Dtypes: float dtypes, with as many random bits as they hold: float16 11, bfloat16 8, float32 24,
 * float64 53. The same seed gives the same numbers on every machine.
 *
 * @param options.low default 0
 * @param options.high default 1
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when bounds are not finite or high is below low
 * @example
 * ```ts
 * import { uniform } from 'myelin';
 * console.log(uniform([100], { low: -1, high: 0 }).max().item() < 0); // true
 * ```
 */
export function uniform<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  options: UniformOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return drawUniform('uniform', shape, options);
}

/**
 * Numbers that are equally likely everywhere in [0, 1).
 *
 * Shapes: as asked. Dtypes: float dtypes.
 *
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { rand } from 'myelin';
 * console.log(rand([2, 3]).shape); // [ 2, 3 ]
 * ```
 */
export function rand<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return drawUniform('rand', shape, options);
}

const normalOp = defineOp({
  name: 'normal',
  inputs: [],
  attrs: { mean: 'float', std: 'float', key: 'int', counter: 'int', shape: 'ints', dtype: floatDTypes },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

/** Options of {@link normal}. */
export interface NormalOptions<D extends FloatDType = FloatDType> extends RandomOptions<D> {
  /** Default 0. */
  readonly mean?: number;
  /** Standard deviation; default 1. */
  readonly std?: number;
}

function drawNormal<D extends FloatDType, S extends Shape>(
  op: string,
  shape: S,
  { mean = 0, std = 1, dtype = 'float32' as D, generator = defaultGenerator }: NormalOptions<D>,
): Tensor<D, S> {
  checkDraw(op, shape, dtype);
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0) {
    fail('VALUE', op, `mean is ${show(mean)}, std is ${show(std)} (need finite numbers, std >= 0)`, { mean, std });
  }
  return normalOp({}, { mean, std, ...checkGenerator(generator).take(sizeOf(shape)), shape, dtype }) as Tensor<D, S>;
}

/**
 * Normally distributed numbers.
 *
 * Shapes: as asked. Dtypes: float dtypes. The same seed gives the same numbers on every machine.
 *
 * Source: Box, Muller, "A note on the generation of random normal deviates", 1958.
 *
 * @param options.mean default 0
 * @param options.std standard deviation; default 1
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when mean or std is not finite or std is negative
 * @example
 * ```ts
 * import { normal } from 'myelin';
 * console.log(normal([3], { mean: 5, std: 0 }).toArray()); // [ 5, 5, 5 ]
 * ```
 */
export function normal<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  options: NormalOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return drawNormal('normal', shape, options);
}

/**
 * Numbers from the standard normal distribution.
 *
 * Shapes: as asked. Dtypes: float dtypes.
 *
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { randn } from 'myelin';
 * console.log(Math.abs(randn([10000]).mean().item()) < 0.1); // true
 * ```
 */
export function randn<const S extends Shape, D extends FloatDType = 'float32'>(
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return drawNormal('randn', shape, options);
}

const bernoulliOp = defineOp({
  name: 'bernoulli',
  inputs: [],
  attrs: {
    p: 'float',
    key: 'int',
    counter: 'int',
    shape: 'ints',
    dtype: dtypes,
  },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

/**
 * Ones with a given probability, otherwise zeros.
 *
 * Shapes: as asked. Dtypes: all.
 *
 * @param p probability of a one
 * @param options.dtype element type; default `float32`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when p is outside [0, 1]
 * @example
 * ```ts
 * import { bernoulli } from 'myelin';
 * console.log(bernoulli([3], 1, { dtype: 'bool' }).toArray()); // [ true, true, true ]
 * ```
 */
export function bernoulli<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  p: number,
  options: RandomOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  const { dtype = 'float32', generator = defaultGenerator } = options;
  checkShape('bernoulli', shape);
  checkDType('bernoulli', dtype);
  checkFraction('bernoulli', 'p', p);
  return bernoulliOp({}, { p, ...checkGenerator(generator).take(sizeOf(shape)), shape, dtype }) as Tensor<D, S>;
}

/**
 * Integers that are equally likely everywhere in [low, high).
 *
 * Shapes: as asked. Dtypes: integer dtypes.
 *
 * @param options.dtype element type; default `int64`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when bounds are no integers or the range is empty
 * @example
 * ```ts
 * import { randint } from 'myelin';
 * console.log(randint(5, 6, [2]).toArray()); // [ 5, 5 ]
 * ```
 */
export function randint<const S extends Shape, D extends IntegerDType = 'int64'>(
  low: number,
  high: number,
  shape: S,
  options: RandomOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  const { dtype = 'int64' as D, generator = defaultGenerator } = options;
  checkInteger('randint', 'low', low);
  checkInteger('randint', 'high', high);
  if (high <= low) fail('VALUE', 'randint', `from ${low} to ${high} (need low < high)`, { low, high });
  // Rounding a product of 53-bit numbers down never reaches the upper end.
  return scope(() => {
    const places = floor(mul(drawUniform('randint', shape, { dtype: 'float64', generator }), high - low));
    return cast(add(places, low), dtype);
  });
}

const permutationOp = defineOp({
  name: 'permutation',
  inputs: [],
  attrs: { key: 'int', counter: 'int', length: 'int' },
  save: [],
  infer: (_, { length }) => ({ dtype: 'int64', shape: [length] }),
  grad: 'none',
});

/**
 * The integers 0 … n − 1 in random order, every order equally likely.
 *
 * Shapes: → [n]. Dtypes: int64.
 *
 * Source: Durstenfeld, "Algorithm 235: random permutation", 1964.
 *
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when n is no non-negative integer
 * @example
 * ```ts
 * import { randperm } from 'myelin';
 * console.log(randperm(10).sum().item()); // 45
 * ```
 */
export function randperm(
  n: number,
  { generator = defaultGenerator }: { readonly generator?: Generator } = {},
): Tensor<'int64'> {
  checkInteger('randperm', 'n', n, 0);
  checkShape('randperm', [n]);
  return permutationOp({}, { ...checkGenerator(generator).take(n), length: n }) as Tensor<'int64'>;
}

const dropoutOp = defineOp({
  name: 'dropout',
  inputs: ['x'],
  outputs: ['out', 'mask'],
  attrs: { p: 'float', key: 'int', counter: 'int' },
  save: ['mask'],
  infer: ({ x }) => ({ out: likeOf('dropout', x, floats), mask: like(x, 'bool') }),
  grad: ({ mask, dout, attrs }) => ({ x: dropWith(dout, mask, attrs.p) }),
});

const dropoutBackwardOp = defineOp({
  name: 'dropoutBackward',
  inputs: ['dout', 'mask'],
  attrs: { p: 'float' },
  save: ['mask'],
  infer: ({ dout }) => like(dout),
  grad: ({ mask, dout, attrs }) => ({ dout: dropWith(dout, mask, attrs.p) }),
});

/** x · mask / (1 − p): what dropout does to a tensor, and to its gradient. */
export function dropWith(x: Tensor, mask: Tensor, p: number): Tensor {
  return dropoutBackwardOp({ dout: x, mask }, { p });
}

const dropoutMaskOp = defineOp({
  name: 'dropoutMask',
  inputs: ['drawn'],
  attrs: { p: 'float', shape: 'ints' },
  save: [],
  infer: (_, { shape }) => ({ dtype: 'bool', shape }),
  grad: 'none',
});

/** The mask that dropout draws for a tensor of a shape, from a key and a counter that lie in a tensor. */
export function dropoutMask(drawn: Tensor, p: number, shape: Shape): Tensor {
  return dropoutMaskOp({ drawn }, { p, shape });
}

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Probability of zeroing an element; default 0.5. */
  readonly p?: number;
  /** Whether anything is dropped at all; default `true`. */
  readonly training?: boolean;
  /** Where the numbers come from; by default what `seed` sets. */
  readonly generator?: Generator;
}

/**
 * Zeroes elements at random and scales the others up, so that sums keep their expectation: out = x · mask / (1 − p).
 *
 * Shapes: any → the same. Dtypes: float dtypes.
 *
 * Source: Srivastava and others, "Dropout: a simple way to prevent neural networks from overfitting", 2014, section 4.
 *
 * @param options.p probability of zeroing an element; default 0.5
 * @param options.training `false` returns x as it is; default `true`
 * @param options.generator default what `seed` sets
 * @throws MyelinError `VALUE` when p is outside [0, 1]; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { dropout, ones } from 'myelin';
 * console.log(dropout(ones([3]), { p: 1 }).toArray()); // [ 0, 0, 0 ]
 * ```
 */
export function dropout<D extends FloatDType, S extends Shape>(
  x: Tensor<D, S>,
  options: DropoutOptions = {},
): Tensor<D, S> {
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  checkTensor('dropout', 'x', x);
  checkFraction('dropout', 'p', p);
  if (!training || p === 0) return x;
  return scope(() => dropoutOp({ x }, { p, ...checkGenerator(generator).take(x.size) }).out) as Tensor<D, S>;
}
