import { cast } from '../ops/cast.js';
import { gt, lt, where } from '../ops/compare.js';
import { ones, tensor, zeros } from '../ops/creation.js';
import { logicalOr } from '../ops/logic.js';
import { normal, uniform } from '../ops/random.js';
import { any } from '../ops/reduce.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { Buffer, Parameter } from '../tensor/parameter.js';
import type { Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import { sizeOf, type Shape, checkShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** Options that all initialisers have. */
export interface InitOptions<D extends FloatDType = FloatDType> {
  /** Default float32. */
  readonly dtype?: D;
  /** Where random numbers come from; default the global one, see {@link seed}. */
  readonly generator?: Generator;
}

/** How many inputs an output sums up, and how many outputs an input reaches. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Fans of a weight [out, in, …kernel]: fanIn = in · kernel size, fanOut = out · kernel size.
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 * @example
 * ```ts
 * import { fansOf } from 'myelin';
 * console.log(fansOf([16, 3, 5, 5])); // { fanIn: 75, fanOut: 400 }
 * ```
 */
export function fansOf(shape: Shape): Fans {
  checkShape('fansOf', shape);
  const [out, input, ...kernel] = shape;
  if (out === undefined || input === undefined) {
    fail('SHAPE', 'fansOf', `${show(shape)} has no fans (need at least two axes: [out, in, ...kernel])`, { shape });
  }
  return { fanIn: input * sizeOf(kernel), fanOut: out * sizeOf(kernel) };
}

/** What follows the layer, which decides how large its weights should be. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Standard deviation by which a nonlinearity shrinks its input is made up for. `slope` is leakyRelu's. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      return fail(
        'VALUE',
        'calculateGain',
        `unknown nonlinearity ${show(nonlinearity)} (need linear, sigmoid, tanh, relu, leakyRelu or selu)`,
      );
  }
}

/** Options of the Kaiming initialisers. */
export interface KaimingOptions<D extends FloatDType = FloatDType> extends InitOptions<D> {
  /** Slope of the leaky ReLU that follows; default 0, a plain ReLU. */
  readonly a?: number;
  /** Keep the variance of activations (`fanIn`, the default) or of gradients (`fanOut`). */
  readonly mode?: 'fanIn' | 'fanOut';
  /** Default `leakyRelu`. */
  readonly nonlinearity?: Nonlinearity;
}

function kaimingStd(shape: Shape, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fansOf(shape)[mode]);
}

/** Options of the Xavier initialisers. */
export interface XavierOptions<D extends FloatDType = FloatDType> extends InitOptions<D> {
  /** Factor by which the values are larger; default 1. See {@link calculateGain}. */
  readonly gain?: number;
}

function xavierStd(shape: Shape, { gain = 1 }: XavierOptions): number {
  const { fanIn, fanOut } = fansOf(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function uniformOfStd<D extends FloatDType>(shape: Shape, std: number, options: InitOptions<D>): Tensor<D> {
  const bound = Math.sqrt(3) * std;
  return uniform(shape, { low: -bound, high: bound, ...randomOptions(options) });
}

// Float32 is what a caller who says nothing means, and so what the type parameter defaults to.
export const dtypeOf = <D extends FloatDType>({ dtype }: { readonly dtype?: D }): D => dtype ?? ('float32' as D);

function randomOptions<D extends FloatDType>(options: InitOptions<D>): { dtype: D; generator?: Generator } {
  const dtype = dtypeOf(options);
  return options.generator === undefined ? { dtype } : { dtype, generator: options.generator };
}

/**
 * Uniform values that keep the variance through a ReLU: U(−b, b), b = gain · √(3 / fan).
 *
 * Shapes: [out, in, …kernel].
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 *
 * Source: He et al. 2015, «Delving Deep into Rectifiers», section 2.2.
 * @example
 * ```ts
 * import { kaimingUniform } from 'myelin';
 * console.log(kaimingUniform([8, 6]).abs().max().item() <= 1); // true
 * ```
 */
export function kaimingUniform<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: KaimingOptions<D> = {},
): Tensor<NoInfer<D>> {
  return uniformOfStd(shape, kaimingStd(shape, options), options);
}

/**
 * Normal values that keep the variance through a ReLU: N(0, gain² / fan).
 *
 * Shapes: [out, in, …kernel].
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 *
 * Source: He et al. 2015, «Delving Deep into Rectifiers», section 2.2.
 * @example
 * ```ts
 * import { kaimingNormal } from 'myelin';
 * console.log(kaimingNormal([8, 6], { mode: 'fanOut' }).shape); // [ 8, 6 ]
 * ```
 */
export function kaimingNormal<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: KaimingOptions<D> = {},
): Tensor<NoInfer<D>> {
  return normal(shape, { std: kaimingStd(shape, options), ...randomOptions(options) });
}

/**
 * Uniform values that keep the variance forwards and backwards: U(−b, b), b = gain · √(6 / (fanIn + fanOut)).
 *
 * Shapes: [out, in, …kernel].
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 *
 * Source: Glorot & Bengio 2010, «Understanding the difficulty of training deep feedforward neural networks», equation 16.
 * @example
 * ```ts
 * import { xavierUniform } from 'myelin';
 * console.log(xavierUniform([3, 3]).abs().max().item() <= 1); // true
 * ```
 */
export function xavierUniform<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: XavierOptions<D> = {},
): Tensor<NoInfer<D>> {
  return uniformOfStd(shape, xavierStd(shape, options), options);
}

/**
 * Normal values that keep the variance forwards and backwards: N(0, gain² · 2 / (fanIn + fanOut)).
 *
 * Shapes: [out, in, …kernel].
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 *
 * Source: Glorot & Bengio 2010, «Understanding the difficulty of training deep feedforward neural networks», equation 12.
 * @example
 * ```ts
 * import { calculateGain, xavierNormal } from 'myelin';
 * console.log(xavierNormal([4, 4], { gain: calculateGain('tanh') }).shape); // [ 4, 4 ]
 * ```
 */
export function xavierNormal<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: XavierOptions<D> = {},
): Tensor<NoInfer<D>> {
  return normal(shape, { std: xavierStd(shape, options), ...randomOptions(options) });
}

/** Options of {@link truncNormal}. */
export interface TruncNormalOptions<D extends FloatDType = FloatDType> extends InitOptions<D> {
  /** Default 0. */
  readonly mean?: number;
  /** Default 1. */
  readonly std?: number;
  /** Least value; default −2. */
  readonly low?: number;
  /** Greatest value; default 2. */
  readonly high?: number;
}

/**
 * Normal values, of which those outside [low, high] are drawn again.
 *
 * Shapes: any.
 *
 * @throws MyelinError `VALUE` when hardly any value would fall into the interval
 * @example
 * ```ts
 * import { truncNormal } from 'myelin';
 * console.log(truncNormal([100], { std: 0.02, low: -0.04, high: 0.04 }).abs().max().item() <= 0.04); // true
 * ```
 */
export function truncNormal<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: TruncNormalOptions<D> = {},
): Tensor<NoInfer<D>> {
  const { mean = 0, std = 1, low = -2, high = 2 } = options;
  // Each redraw keeps at least a fifteenth of what is left, so a few dozen are enough.
  if (!(std > 0 && high - low >= std && low <= mean + std && high >= mean - std)) {
    fail(
      'VALUE',
      'truncNormal',
      `[${low}, ${high}] holds too little of N(${mean}, ${std}²) (need an interval of at least one std, near the mean)`,
    );
  }
  const draw = (): Tensor<D> => normal(shape, { mean, std, ...randomOptions(options) });
  return scope(() => {
    let values = draw();
    let outside = logicalOr(lt(values, low), gt(values, high));
    while (any(outside).item()) {
      values = where(outside, draw(), values);
      outside = logicalOr(lt(values, low), gt(values, high));
    }
    return values;
  });
}

/**
 * A matrix whose rows (or columns, if there are more rows) are orthonormal, times `gain`.
 *
 * Shapes: [rows, …], where all axes after the first count as columns.
 *
 * @throws MyelinError `SHAPE` for fewer than two axes
 *
 * Source: Saxe et al. 2014, «Exact solutions to the nonlinear dynamics of learning in deep linear neural networks».
 * @example
 * ```ts
 * import { matmul, orthogonal } from 'myelin';
 * const q = orthogonal([3, 3]);
 * console.log(Math.abs(matmul(q, q.transpose(0, 1)).sum().item() - 3) < 1e-5); // true
 * ```
 */
export function orthogonal<D extends FloatDType = 'float32'>(
  shape: Shape,
  options: XavierOptions<D> = {},
): Tensor<NoInfer<D>> {
  const { gain = 1 } = options;
  checkShape('orthogonal', shape);
  if (shape.length < 2) fail('SHAPE', 'orthogonal', `${show(shape)} is no matrix (need at least two axes)`, { shape });
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  return scope(() => {
    const data = normal([count, length], randomOptions({ ...options, dtype: 'float64' })).data();
    const vectors = Array.from({ length: count }, (_, i) => data.subarray(i * length, (i + 1) * length));
    orthonormalize(vectors);
    const at = (row: number, column: number): number =>
      rows <= columns ? vectors[row]![column]! : vectors[column]![row]!;
    const values = Float64Array.from(
      { length: rows * columns },
      (_, i) => gain * at(Math.floor(i / columns), i % columns),
    );
    return cast(tensor(values, { shape }), dtypeOf(options));
  });
}

/** Gram–Schmidt, twice over each vector: once leaves what rounding puts back. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, i) => {
    for (const previous of [...vectors.slice(0, i), ...vectors.slice(0, i)]) {
      const along = dot(vector, previous);
      for (let k = 0; k < vector.length; k++) vector[k]! -= along * previous[k]!;
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < vector.length; k++) vector[k]! /= norm;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** A Parameter that starts with the values an initialiser makes. */
export function parameter<D extends FloatDType>(initialize: () => Tensor<D>): Parameter<D> {
  return scope(() => new Parameter(initialize()));
}

/** A Buffer with the values that a function makes. */
export function buffer(initialize: () => Tensor): Buffer {
  return scope(() => new Buffer(initialize()));
}

/** Options of layers that multiply by a weight. */
export interface AffineOptions<D extends FloatDType = FloatDType> {
  /** Whether something is added to the product; default `true`. */
  readonly bias?: boolean;
  /** Dtype of the parameters, and so of the inputs; default float32. */
  readonly dtype?: D;
}

/** A weight and a bias of as many values as there are outputs, both U(−1/√fanIn, 1/√fanIn) as in PyTorch. */
export function boundedParameters<D extends FloatDType>(
  shape: Shape,
  outputs: number,
  fanIn: number,
  options: AffineOptions<D>,
): { weight: Parameter<D>; bias: Parameter<D> | undefined } {
  const dtype = dtypeOf(options);
  const bound = 1 / Math.sqrt(fanIn);
  const draw = (extents: Shape): Parameter<D> =>
    parameter<D>(() => uniform(extents, { low: -bound, high: bound, dtype }));
  return { weight: draw(shape), bias: options.bias === false ? undefined : draw([outputs]) };
}

/** The weight [out, in, …kernel] and the bias that PyTorch's linear and convolution layers start with. */
export function affineParameters<D extends FloatDType>(
  shape: Shape,
  options: AffineOptions<D>,
): { weight: Parameter<D>; bias: Parameter<D> | undefined } {
  return boundedParameters(shape, shape[0]!, fansOf(shape).fanIn, options);
}

/** A weight of ones and a bias of zeros, as far as a norm has them: neither unless it is affine. */
export function normParameters<D extends FloatDType>(
  shape: Shape,
  affine: boolean,
  options: AffineOptions<D>,
): { weight: Parameter<D> | undefined; bias: Parameter<D> | undefined } {
  if (!affine) return { weight: undefined, bias: undefined };
  const { bias = true } = options;
  const dtype = dtypeOf(options);
  return {
    weight: parameter<D>(() => ones(shape, { dtype })),
    bias: bias ? parameter<D>(() => zeros(shape, { dtype })) : undefined,
  };
}
