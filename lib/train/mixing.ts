import { add, div, mul, sub } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkDTypeOf, checkFraction, checkInteger, checkObject, checkPositive, checkTensor } from '../ops/checks.js';
import { clamp } from '../ops/clamp.js';
import { ge, lt, where } from '../ops/compare.js';
import { full } from '../ops/creation.js';
import { indexSelect, oneHot } from '../ops/indexing.js';
import { logicalAnd } from '../ops/logic.js';
import { sqrt } from '../ops/math.js';
import { arange } from '../ops/ranges.js';
import { rand, randperm } from '../ops/random.js';
import { reshape } from '../ops/reshape.js';
import { floor } from '../ops/rounding.js';
import { standardGamma } from '../ops/sampling.js';
import { isFloat, type FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { defaultGenerator, type Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Supervised } from './run.js';

/** A batch whose targets are probabilities, as {@link crossEntropy} takes them. */
export interface SoftBatch extends Supervised {
  readonly x: Tensor<FloatDType>;
  /** [N, C]. */
  readonly y: Tensor<FloatDType>;
}

/**
 * Targets that leave every class a chance: (1 − smoothing) for the right one, and smoothing / C for each.
 *
 * {@link crossEntropy} does the same by its option `labelSmoothing`; this is for other losses, and for {@link mixup}.
 *
 * Shapes: target [...] of class numbers → [..., classes]. Dtypes: int32, int64 or uint8 → float32.
 *
 * @param options.classes how many classes there are
 * @param options.smoothing share that is spread over all classes, 0 to 1; default 0.1
 * @throws MyelinError `VALUE` for wrong options; `INDEX` for a target that is no class
 *
 * Source: Szegedy et al. 2016, «Rethinking the Inception Architecture», section 7.
 * @example
 * ```ts
 * import { smoothLabels, tensor } from 'myelin';
 * console.log(smoothLabels(tensor([1], { dtype: 'int32' }), { classes: 2, smoothing: 0.5 }).toArray()); // [ [ 0.25, 0.75 ] ]
 * ```
 */
export function smoothLabels(
  target: Tensor,
  options: { readonly classes: number; readonly smoothing?: number },
): Tensor<'float32'> {
  checkObject('smoothLabels', 'options', options);
  const { classes, smoothing = 0.1 } = options;
  checkFraction('smoothLabels', 'smoothing', smoothing);
  return scope(() => add(mul(hardTargets('smoothLabels', target, classes), 1 - smoothing), smoothing / classes));
}

function hardTargets(op: string, target: Tensor, classes: number): Tensor<'float32'> {
  checkTensor(op, 'target', target);
  checkInteger(op, 'classes', classes, 1);
  checkDTypeOf(op, 'target', target, ['int32', 'int64', 'uint8']);
  return oneHot(cast(target, 'int64'), classes);
}

/** Options of {@link mixup} and {@link cutmix}. */
export interface MixOptions {
  /** How many classes there are; not needed where targets are probabilities already. */
  readonly classes?: number;
  /** Both parameters of the beta distribution of the share. */
  readonly alpha?: number;
  /** Default what `seed` sets. */
  readonly generator?: Generator;
}

/** A batch with its checked parts, and the other samples that it is mixed with. */
function prepare(op: string, batch: Supervised, options: MixOptions) {
  checkObject(op, 'batch', batch);
  checkObject(op, 'options', options);
  const { classes, alpha = 1, generator = defaultGenerator } = options;
  checkPositive(op, 'alpha', alpha);
  const { x, y } = batch;
  checkTensor(op, 'x', x);
  checkTensor(op, 'y', y);
  if (!isFloat(x.dtype) || x.rank === 0) fail('DTYPE', op, `x is ${describe(x)} (need samples of a float dtype)`);
  if (y.shape[0] !== x.shape[0]) fail('SHAPE', op, `x is ${describe(x)}, y is ${describe(y)} (need one target each)`);
  if (!isFloat(y.dtype) && classes === undefined) fail('VALUE', op, 'classes is missing (need how many there are)');
  const soft = (isFloat(y.dtype) ? y : hardTargets(op, y, classes!)) as Tensor<FloatDType>;
  const order = randperm(x.shape[0]!, { generator });
  const other = (z: Tensor<FloatDType>): Tensor<FloatDType> => indexSelect(z, order);
  const image = x as Tensor<FloatDType>;
  return { x: image, y: soft, otherX: other(image), otherY: other(soft), share: betaOf(alpha, generator), generator };
}

/** A number from Beta(α, α), by two gamma numbers. Source: Devroye 1986, «Non-Uniform Random Variate Generation», IX.4. */
function betaOf(alpha: number, generator: Generator): Tensor<'float64'> {
  const [a, b] = [0, 1].map(() => standardGamma(full([], alpha, { dtype: 'float64' }), { generator }));
  return div(a!, add(a!, b!));
}

const blend = (a: Tensor<FloatDType>, b: Tensor<FloatDType>, share: Tensor): Tensor<FloatDType> => {
  const weight = cast(share, a.dtype);
  return add(mul(a, weight), mul(b, sub(1, weight)));
};

/**
 * Mixes every sample of a batch, and its target, with another one: λ · a + (1 − λ) · b, with one λ from Beta(α, α) per batch.
 *
 * Made for `transform` of a {@link DataLoader}. A resumed training repeats it exactly where batches are not made ahead, which
 * they are not for data in memory.
 *
 * Shapes: x [N, …], y [N] of class numbers or [N, C] of probabilities → x [N, …], y [N, C]. Dtypes: x a float dtype; y int32,
 * int64, uint8 or a float dtype.
 *
 * @param options.classes how many classes there are; not needed where targets are probabilities already
 * @param options.alpha both parameters of the beta distribution; default 1, where every share is as likely
 * @param options.generator default what `seed` sets
 * @throws MyelinError `TYPE`, `VALUE`, `DTYPE`, `SHAPE`
 *
 * Source: Zhang, Cissé, Dauphin & Lopez-Paz 2018, «mixup: Beyond Empirical Risk Minimization», section 2.
 * @example
 * ```ts
 * import { mixup, tensor } from 'myelin';
 * const batch = { x: tensor([[0], [1]]), y: tensor([0, 1], { dtype: 'int32' }) };
 * const { x, y } = mixup(batch, { classes: 2 });
 * console.log(x.shape, y.sum({ axis: 1 }).toArray()); // [ 2, 1 ] [ 1, 1 ]
 * ```
 */
export function mixup(batch: Supervised, options: MixOptions = {}): SoftBatch {
  return scope(() => {
    const { x, y, otherX, otherY, share } = prepare('mixup', batch, options);
    return { x: blend(x, otherX, share), y: blend(y, otherY, share) };
  });
}

/** Where the rectangle begins and ends along one axis: a share of its extent about a place, as far as it lies inside. */
function span(extent: number, side: Tensor, generator: Generator): readonly [first: Tensor, end: Tensor] {
  const middle = floor(mul(rand([], { dtype: 'float64', generator }), extent));
  const half = floor(div(floor(mul(side, extent)), 2));
  const inside = (place: Tensor): Tensor => clamp(place as Tensor<'float64'>, { min: 0, max: extent });
  return [inside(sub(middle, half)), inside(add(middle, half))];
}

/** Which of the places 0 … extent − 1 lie in a span. */
function within([first, end]: readonly [Tensor, Tensor], extent: number): Tensor<'bool'> {
  const places = arange(0, extent, { dtype: 'float64' });
  return logicalAnd(ge(places, first), lt(places, end));
}

/**
 * Puts a rectangle of another image into every image of a batch, and mixes the targets by area; one rectangle per batch, whose
 * area is 1 − λ of the image, with λ from Beta(α, α), as far as it lies inside.
 *
 * Made for `transform` of a {@link DataLoader}. A resumed training repeats it exactly where batches are not made ahead, which
 * they are not for data in memory.
 *
 * Shapes: x [N, …, H, W], y [N] of class numbers or [N, C] of probabilities → x [N, …, H, W], y [N, C]. Dtypes: as
 * {@link mixup}.
 *
 * @param options.classes how many classes there are; not needed where targets are probabilities already
 * @param options.alpha both parameters of the beta distribution; default 1, where every share is as likely
 * @param options.generator default what `seed` sets
 * @throws MyelinError `TYPE`, `VALUE`, `DTYPE`, `SHAPE`
 *
 * Source: Yun et al. 2019, «CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features», section 3.
 * @example
 * ```ts
 * import { cutmix, rand, tensor } from 'myelin';
 * const batch = { x: rand([2, 3, 8, 8]), y: tensor([0, 1], { dtype: 'int32' }) };
 * const { x, y } = cutmix(batch, { classes: 2 });
 * console.log(x.shape, y.sum({ axis: 1 }).toArray()); // [ 2, 3, 8, 8 ] [ 1, 1 ]
 * ```
 */
export function cutmix(batch: Supervised, options: MixOptions = {}): SoftBatch {
  return scope(() => {
    const { x, y, otherX, otherY, share, generator } = prepare('cutmix', batch, options);
    if (x.rank < 3) fail('SHAPE', 'cutmix', `x is ${describe(x)} (need images [N, …, H, W])`);
    const [height, width] = x.shape.slice(-2) as [number, number];
    const side = sqrt(sub(1, share));
    const [rows, columns] = [span(height, side, generator), span(width, side, generator)];
    const mask = logicalAnd(reshape(within(rows, height), [height, 1]), within(columns, width));
    const area = mul(sub(rows[1], rows[0]), sub(columns[1], columns[0]));
    const kept = sub(1, div(area, height * width));
    return { x: where(mask, otherX, x), y: blend(y, otherY, kept) };
  });
}
