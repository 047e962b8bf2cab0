import { abs, add, mul, sub } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkInteger, checkIntegers, checkObject, checkPositive, checkReal } from '../ops/checks.js';
import { tensor } from '../ops/creation.js';
import { exp } from '../ops/math.js';
import { concat, stack } from '../ops/move.js';
import { normal } from '../ops/random.js';
import { arange } from '../ops/ranges.js';
import { reshape, unsqueeze } from '../ops/reshape.js';
import { sliceAxis } from '../ops/slice.js';
import { cos, sin } from '../ops/trigonometry.js';
import { narrow } from '../ops/views.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, parameter } from './init.js';
import { Module } from './module.js';

/** Where positions begin. */
export interface PositionOptions {
  /** Position of the first token; default 0. Tokens that follow those of a cache begin at its length. */
  readonly offset?: number;
}

/** Options of {@link sinusoidalPositions}. */
export interface SinusoidalOptions<D extends FloatDType = FloatDType> extends PositionOptions {
  /** Wavelengths go from 2π to 2π · base; default 10000. */
  readonly base?: number;
  /** Default float32. */
  readonly dtype?: D;
}

/** Options of {@link applyRotary}. */
export interface RotaryOptions extends PositionOptions {
  /** Wavelengths go from 2π to 2π · base; default 10000. */
  readonly base?: number;
  /** Whether pairs are neighbours, and not one of each half; default `false`. */
  readonly interleaved?: boolean;
}

/** Position times frequency, [length, width / 2 rounded up], in float64: far positions turn often. */
function angles(op: string, length: number, width: number, { offset = 0, base = 10000 }: SinusoidalOptions): Tensor {
  checkInteger(op, 'length', length, 0);
  checkInteger(op, 'width', width, 1);
  checkInteger(op, 'offset', offset, 0);
  checkPositive(op, 'base', base);
  const dtype = 'float64';
  const steps = add(arange(length, { dtype }), offset);
  const powers = mul(arange(Math.ceil(width / 2), { dtype }), (-2 * Math.log(base)) / width);
  return mul(unsqueeze(steps, 1), exp(powers));
}

/**
 * Positions as sines and cosines of wavelengths from 2π to 2π · base.
 *
 * out[t, 2i] = sin(t / base^(2i/width)), out[t, 2i + 1] = cos(t / base^(2i/width)); added to embeddings.
 *
 * Shapes: → [length, width]. Dtypes: float dtypes.
 *
 * @param options.offset position of the first row; default 0
 * @param options.base default 10000
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts or a base out of range
 * @see Vaswani and others, "Attention is all you need", 2017, section 3.5
 * @example
 * ```ts
 * import { sinusoidalPositions } from 'myelin';
 * console.log(sinusoidalPositions(1, 4).toArray()); // [ [ 0, 1, 0, 1 ] ]
 * ```
 */
export function sinusoidalPositions<D extends FloatDType = 'float32'>(
  length: number,
  width: number,
  options: SinusoidalOptions<D> = {},
): Tensor<D> {
  checkObject('sinusoidalPositions', 'options', options);
  return scope(() => {
    const turned = angles('sinusoidalPositions', length, width, options);
    const pairs = reshape(stack([sin(turned), cos(turned)], { axis: -1 }), [length, 2 * Math.ceil(width / 2)]);
    return cast(narrow(pairs, 1, 0, width), dtypeOf(options));
  });
}

/** Options of {@link LearnedPositions}. */
export interface LearnedPositionOptions<D extends FloatDType = FloatDType> {
  /** Standard deviation of the first values; default 0.02. */
  readonly std?: number;
  /** Default float32. */
  readonly dtype?: D;
}

/**
 * Adds a learnt vector to every token, one for each position.
 *
 * out[…, t, :] = x[…, t, :] + weight[offset + t]
 *
 * Shapes: x [..., T, width] → the same; weight [maxLength, width]. Dtypes: float dtypes. Values start N(0, std²).
 *
 * @param maxLength most positions
 * @param width of a token
 * @param options.std default 0.02
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless counts are positive integers; `SHAPE` for other tokens, or too many of them
 * @see Radford and others, "Language models are unsupervised multitask learners", 2019
 * @example
 * ```ts
 * import { LearnedPositions, zeros } from 'myelin';
 * console.log(new LearnedPositions(16, 8).forward(zeros([2, 5, 8])).shape); // [ 2, 5, 8 ]
 * ```
 */
export class LearnedPositions<D extends FloatDType = 'float32'> extends Module<
  readonly [x: Tensor<D>, options?: PositionOptions],
  Tensor<D>
> {
  readonly weight: Parameter<D>;

  constructor(
    readonly maxLength: number,
    readonly width: number,
    options: LearnedPositionOptions<D> = {},
  ) {
    super();
    checkIntegers('LearnedPositions', { maxLength, width }, 1);
    const { std = 0.02 } = options;
    this.weight = parameter<D>(() => normal([maxLength, width], { std, dtype: dtypeOf(options) }));
  }

  override forward(x: Tensor<D>, { offset = 0 }: PositionOptions = {}): Tensor<D> {
    checkReal('LearnedPositions', 'x', x);
    checkInteger('LearnedPositions', 'offset', offset, 0);
    const [steps = 0, width = 0] = x.shape.slice(-2);
    if (x.rank < 2 || width !== this.width || offset + steps > this.maxLength) {
      const need = `[..., T, ${this.width}] with T <= ${this.maxLength - offset}`;
      fail('SHAPE', 'LearnedPositions', `x is ${describe(x)}, offset is ${offset} (need ${need})`, { x: x.shape });
    }
    return scope<Tensor>(() => add(x, narrow(this.weight, 0, offset, steps))) as Tensor<D>;
  }
}

/**
 * Turns pairs of features by angles that grow with the position, so that products of queries and keys depend on how far
 * apart they are.
 *
 * (a, b) becomes (a cos θ − b sin θ, a sin θ + b cos θ), θ = t / base^(2i/D) for pair i at position t. A pair is features i
 * and i + D/2, or 2i and 2i + 1 when `interleaved`.
 *
 * Shapes: x [..., T, D], D even → the same. Dtypes: float dtypes.
 *
 * @param options.offset position of the first token; default 0
 * @param options.base default 10000
 * @param options.interleaved whether pairs are neighbours; default `false`
 * @throws MyelinError `SHAPE` without two axes, or when D is odd; `DTYPE` when x is not float; `VALUE` for options out of range
 * @see Su and others, "RoFormer: enhanced transformer with rotary position embedding", 2021, section 3.2
 * @example
 * ```ts
 * import { applyRotary, tensor } from 'myelin';
 * const x = tensor([[1, 0], [1, 0]]);
 * console.log(applyRotary(x).at(0).toArray()); // [ 1, 0 ]
 * ```
 */
export function applyRotary<D extends FloatDType>(x: Tensor<D>, options: RotaryOptions = {}): Tensor<D> {
  checkReal('applyRotary', 'x', x);
  checkObject('applyRotary', 'options', options);
  const [steps = 0, width = 0] = x.shape.slice(-2);
  if (x.rank < 2 || width % 2 !== 0 || width === 0) {
    fail('SHAPE', 'applyRotary', `x is ${describe(x)} (need [..., T, D] with even D)`, { x: x.shape });
  }
  return scope(() => {
    const turned = angles('applyRotary', steps, width, options);
    const [c, s] = [cast(cos(turned), x.dtype), cast(sin(turned), x.dtype)];
    const { interleaved = false } = options;
    const half = width / 2;
    const [a, b] = interleaved
      ? [sliceAxis(x, x.rank - 1, [0, null, 2]), sliceAxis(x, x.rank - 1, [1, null, 2])]
      : [narrow(x, -1, 0, half), narrow(x, -1, half, half)];
    const first = sub(mul(a, c), mul(b, s));
    const second = add(mul(a, s), mul(b, c));
    if (!interleaved) return concat([first, second], { axis: -1 });
    return reshape(stack([first, second], { axis: -1 }), x.shape);
  }) as Tensor<D>;
}

/** A geometric sequence of one slope a head; heads that are no power of two take every other one of a finer sequence. */
function slopes(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const sequence = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count));
  const finer = sequence(2 * whole).filter((_, i) => i % 2 === 0);
  return [...sequence(whole), ...finer].slice(0, heads);
}

/**
 * A mask that is added to scores and makes far keys count less: attention with linear biases.
 *
 * out[h, i, j] = −slopeₕ · |i + offset − j|, slopes 2^(−8/H), 2^(−16/H), … for a power of two H of heads.
 *
 * Shapes: → [heads, queries, keys], an `attnMask` of {@link scaledDotProductAttention}. Dtypes: float dtypes.
 *
 * @param options.offset position of the first query; default `keys − queries`, so that the last query is at the last key
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts out of range
 * @see Press, Smith and Lewis, "Train short, test long: attention with linear biases enables input length extrapolation", 2022
 * @example
 * ```ts
 * import { alibiBias } from 'myelin';
 * console.log(alibiBias(8, 1, 3).at(0).toArray()); // [ [ -1, -0.5, 0 ] ]
 * ```
 */
export function alibiBias<D extends FloatDType = 'float32'>(
  heads: number,
  queries: number,
  keys: number,
  options: PositionOptions & { readonly dtype?: D } = {},
): Tensor<D> {
  checkInteger('alibiBias', 'heads', heads, 1);
  checkIntegers('alibiBias', { queries, keys }, 0);
  const { offset = Math.max(0, keys - queries) } = options;
  checkInteger('alibiBias', 'offset', offset, 0);
  return scope(() => {
    const dtype = dtypeOf(options);
    const at = add(unsqueeze(arange(queries, { dtype }), 1), offset);
    const distance = abs(sub(at, arange(keys, { dtype })));
    return mul(reshape(tensor(slopes(heads), { dtype }), [heads, 1, 1]), sub(0, distance));
  }) as Tensor<D>;
}
