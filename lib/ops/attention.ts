import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { checkGenerator, defaultGenerator, type Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import { broadcastShapes, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { attentionOp } from './attention-op.js';
import { cast } from './cast.js';
import { checkFinite, checkFraction, checkObject, checkOneFloat, checkTensor } from './checks.js';
import { expand, reshape } from './reshape.js';

const name = 'scaledDotProductAttention';

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions {
  /** Which keys a query looks at (bool), or what is added to the scores (float); default all. */
  readonly attnMask?: Tensor | undefined;
  /** Whether query i looks at the keys 0 … i only; default `false`. */
  readonly isCausal?: boolean;
  /** Probability of dropping a weight; default 0. */
  readonly dropoutP?: number;
  /** Factor of the scores; default 1/√D. */
  readonly scale?: number | undefined;
  /** Whether a head of keys and values may serve several heads of queries; default `false`. */
  readonly enableGqa?: boolean;
  /** Where dropout's random numbers come from; by default what `seed` sets. */
  readonly generator?: Generator;
}

function refuse(q: Tensor, k: Tensor, v: Tensor, need: string): never {
  const given = `query is ${describe(q)}, key is ${describe(k)}, value is ${describe(v)}`;
  fail('SHAPE', name, `${given} (need ${need})`, { query: q.shape, key: k.shape, value: v.shape });
}

function checkMatrices(q: Tensor, k: Tensor, v: Tensor): void {
  checkOneFloat(name, { query: q, key: k, value: v });
  if (q.rank < 2 || k.rank < 2 || v.rank < 2) refuse(q, k, v, '[..., T, D], [..., S, D] and [..., S, E]');
  if (q.shape.at(-1) !== k.shape.at(-1)) refuse(q, k, v, 'query.shape[-1] = key.shape[-1]');
  if (k.shape.at(-2) !== v.shape.at(-2)) refuse(q, k, v, 'key.shape[-2] = value.shape[-2]');
}

/** Axes before the last two that all of some tensors broadcast to. */
function leadOf(shapes: readonly Shape[]): Shape | undefined {
  return shapes.reduce<Shape | undefined>((all, shape) => all && broadcastShapes(all, shape), []);
}

interface Leads {
  readonly queries: Shape;
  readonly keys: Shape;
}

/** What axes before the last two become: those of keys have fewer heads when groups of queries share them. */
function leads(q: Tensor, k: Tensor, v: Tensor, enableGqa: boolean): Leads {
  const [queries, keys, values] = [q.shape.slice(0, -2), k.shape.slice(0, -2), v.shape.slice(0, -2)];
  if (!enableGqa) {
    const lead = leadOf([queries, keys, values]) ?? refuse(q, k, v, 'batches and heads that broadcast');
    return { queries: lead, keys: lead };
  }
  const [heads = 1, keyHeads = 1, valueHeads = 1] = [queries, keys, values].map((shape) => shape.at(-1));
  if (keyHeads !== valueHeads || (keyHeads === 0 ? heads !== 0 : heads % keyHeads !== 0)) {
    refuse(q, k, v, 'as many heads of keys as of values, and a multiple of them for queries');
  }
  const batch = leadOf([queries, keys, values].map((shape) => shape.slice(0, -1)));
  if (batch === undefined) refuse(q, k, v, 'batches that broadcast');
  return { queries: [...batch, heads], keys: [...batch, keyHeads] };
}

/** A tensor [..., T, D] as [B, H, T, D], its leading axes broadcast to `lead`. */
function toHeads(x: Tensor, lead: Shape): Tensor {
  const rest = x.shape.slice(-2);
  const whole = expand(x, [...lead, ...rest]);
  if (lead.length === 2) return whole;
  return reshape(whole, [sizeOf(lead.slice(0, -1)), lead.at(-1) ?? 1, ...rest]);
}

function checkMask(mask: Tensor, q: Tensor, shape: Shape): void {
  checkTensor(name, 'attnMask', mask);
  if (mask.dtype !== 'bool' && mask.dtype !== q.dtype && mask.dtype !== 'float32') {
    fail('DTYPE', name, `attnMask is ${describe(mask)} (need bool, float32 or ${q.dtype}, the dtype of query)`);
  }
  const common = broadcastShapes(mask.shape, shape);
  if (common === undefined || sizeOf(common) !== sizeOf(shape) || common.length !== shape.length) {
    fail('SHAPE', name, `attnMask is ${describe(mask)} (need what broadcasts to the scores, [${shape.join(',')}])`);
  }
}

function checkOptions({ attnMask, isCausal, dropoutP = 0, scale }: AttentionOptions): void {
  checkFraction(name, 'dropoutP', dropoutP);
  if (scale !== undefined) checkFinite(name, 'scale', scale);
  if (isCausal === true && attnMask !== undefined) {
    fail('VALUE', name, 'both attnMask and isCausal are given (need one of them)');
  }
}

/**
 * Lets every query take a mean of the values, weighted by how well their keys fit it, without a matrix of all weights.
 *
 * out = dropout(softmax(scale · q kᵀ + mask)) v, row by row. A query all of whose keys are masked gets zeros, as in PyTorch.
 * Memory grows with T + S, not with T · S, unless the gradient of the mask or a second derivative is asked for.
 *
 * Shapes: query [..., T, D], key [..., S, D], value [..., S, E] → [..., T, E]; what comes before broadcasts. With
 * `enableGqa` the axis before T, the heads, may have a multiple of the keys' extent: query head i looks at head
 * ⌊i · G / H⌋ of G. Dtypes: float dtypes, the same for all.
 *
 * @param options.attnMask of a shape that broadcasts to [..., T, S]: bool, `true` where a query looks at a key, or a float
 *   that is added to the scores; default none
 * @param options.isCausal whether query i looks at the keys 0 … i only; default `false`
 * @param options.dropoutP probability of dropping a weight, the others being scaled up; default 0
 * @param options.scale factor of the scores; default 1/√D
 * @param options.enableGqa whether heads of queries share heads of keys; default `false`
 * @param options.generator where dropout's random numbers come from; default what `seed` sets
 * @throws MyelinError `SHAPE` when the tensors do not fit each other; `DTYPE` when they are not of one float dtype, or the
 *   mask of none that is allowed; `VALUE` for both a mask and `isCausal`, or a probability outside [0, 1]
 * @see Vaswani and others, "Attention is all you need", 2017, section 3.2.1; Dao and others, "FlashAttention", 2022
 * @example
 * ```ts
 * import { scaledDotProductAttention, tensor } from 'myelin';
 * const q = tensor([[1, 0], [0, 1]]);
 * const v = tensor([[1], [3]]);
 * const causal = scaledDotProductAttention(q, q, v, { isCausal: true, scale: 0 });
 * console.log(causal.toArray()); // [ [ 1 ], [ 2 ] ]
 * ```
 */
export function scaledDotProductAttention<D extends FloatDType>(
  query: Tensor<D>,
  key: Tensor<D>,
  value: Tensor<D>,
  options: AttentionOptions = {},
): Tensor<D> {
  checkMatrices(query, key, value);
  checkObject(name, 'options', options);
  checkOptions(options);
  const { attnMask, isCausal = false, dropoutP: p = 0, enableGqa = false, generator = defaultGenerator } = options;
  const lead = leads(query, key, value, enableGqa);
  const [steps = 0, width = 0] = query.shape.slice(-2);
  const scores = [...lead.queries, steps, key.shape.at(-2)!];
  if (attnMask !== undefined) checkMask(attnMask, query, scores);
  return scope(() => {
    const [q, k, v] = [toHeads(query, lead.queries), toHeads(key, lead.keys), toHeads(value, lead.keys)];
    const masks = attnMask === undefined ? [] : [maskOf(attnMask, q, lead.queries, scores)];
    const source = p === 0 ? { key: 0, counter: 0 } : checkGenerator(generator).take(sizeOf(scores));
    const scale = options.scale ?? 1 / Math.sqrt(width);
    const { out } = attentionOp({ q, k, v, masks }, { scale, causal: isCausal, p, ...source });
    return reshape(out, [...lead.queries, steps, value.shape.at(-1)!]);
  }) as Tensor<D>;
}

function maskOf(mask: Tensor, q: Tensor, lead: Shape, scores: Shape): Tensor {
  const typed = mask.dtype === 'bool' || mask.dtype === q.dtype ? mask : cast(mask, q.dtype as FloatDType);
  return toHeads(expand(typed, scores), lead);
}
