import { scaledDotProductAttention } from '../ops/attention.js';
import { probabilities } from '../ops/attention-op.js';
import { checkFraction, checkIntegers, checkOneFloat } from '../ops/checks.js';
import { zeros } from '../ops/creation.js';
import { linear, matmul } from '../ops/linalg.js';
import { chunk, concat } from '../ops/move.js';
import { permute } from '../ops/permute.js';
import { dropout } from '../ops/random.js';
import { mean } from '../ops/reduce.js';
import { expand, reshape, squeeze, unsqueeze } from '../ops/reshape.js';
import { narrow } from '../ops/views.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { mergeMasks, withOneMore, type GivenMasks, type MergedMasks } from './attention-masks.js';
import { dtypeOf, parameter, xavierNormal, xavierUniform, type AffineOptions } from './init.js';
import type { KVCache } from './kv-cache.js';
import { Linear } from './linear.js';
import { Module } from './module.js';

/** Options of {@link MultiheadAttention}. */
export interface MultiheadAttentionOptions<D extends FloatDType = FloatDType> extends AffineOptions<D> {
  /** Probability of dropping a weight in training; default 0. */
  readonly dropout?: number;
  /** Whether a learnt key and value is appended to the others; default `false`. */
  readonly addBiasKv?: boolean;
  /** Whether a key and value of zeros is appended to the others; default `false`. */
  readonly addZeroAttn?: boolean;
  /** Width of the keys; default `embedDim`. */
  readonly kdim?: number;
  /** Width of the values; default `embedDim`. */
  readonly vdim?: number;
  /** Whether inputs are [N, L, E] and not [L, N, E]; default `false`. */
  readonly batchFirst?: boolean;
}

/** Options of {@link MultiheadAttention}'s `forward`. */
export interface AttendOptions extends GivenMasks {
  /** Whether the weights are given too, which takes memory for all of them; default `true`. */
  readonly needWeights?: boolean;
  /** Whether the weights are the mean of all heads; default `true`. */
  readonly averageAttnWeights?: boolean;
  /** Keys and values of earlier tokens, to which those of this call are added; default none. */
  readonly cache?: KVCache<FloatDType> | undefined;
}

/** What {@link MultiheadAttention} gives: the output, and the weights if they are asked for. */
export type Attended<D extends FloatDType = FloatDType> = readonly [output: Tensor<D>, weights: Tensor<D> | undefined];

/** Three tensors of heads [N, H, T, D]. */
interface Projected {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

const name = 'MultiheadAttention';

/**
 * Attention of several heads, each to its own projection of queries, keys and values.
 *
 * out = concat(headᵢ) · out_proj, headᵢ = softmax(QᵢKᵢᵀ/√d) Vᵢ, of which Q, K and V are the inputs times in_proj_weight's
 * thirds (or times q_proj_weight, k_proj_weight and v_proj_weight when their widths differ).
 *
 * Shapes: query [L, N, E], key [S, N, kdim], value [S, N, vdim] → [L, N, E] and weights [N, L, S], or [N, H, L, S] for each
 * head; with `batchFirst` N comes first; without a batch, N is left out. Dtypes: float dtypes. In masks `true` means *not*
 * to look, as in PyTorch's layers. Weights start Xavier uniform and biases 0, as in PyTorch. Without `needWeights` the fused
 * {@link scaledDotProductAttention} does the work. A query all of whose keys are masked gets zeros.
 *
 * @param embedDim E, a multiple of `numHeads`
 * @param options.dropout probability of dropping a weight in training; default 0
 * @param options.bias whether projections have biases; default `true`
 * @param options.addBiasKv whether a learnt key and value is appended; default `false`
 * @param options.addZeroAttn whether a key and value of zeros is appended; default `false`
 * @param options.kdim width of the keys; default E
 * @param options.vdim width of the values; default E
 * @param options.batchFirst whether N comes first; default `false`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless counts are positive integers and E is a multiple of `numHeads`
 * @see Vaswani and others, "Attention is all you need", 2017, section 3.2.2
 * @example
 * ```ts
 * import { MultiheadAttention, ones } from 'myelin';
 * const attention = new MultiheadAttention(8, 2, { batchFirst: true });
 * const x = ones([1, 5, 8]);
 * const [out, weights] = attention.forward(x, x, x);
 * console.log(out.shape, weights?.shape); // [ 1, 5, 8 ] [ 1, 5, 5 ]
 * ```
 */
export class MultiheadAttention<D extends FloatDType = 'float32'> extends Module<
  readonly [query: Tensor<D>, key: Tensor<D>, value: Tensor<D>, options?: AttendOptions],
  Attended<D>
> {
  readonly in_proj_weight: Parameter<D> | undefined;
  readonly q_proj_weight: Parameter<D> | undefined;
  readonly k_proj_weight: Parameter<D> | undefined;
  readonly v_proj_weight: Parameter<D> | undefined;
  readonly in_proj_bias: Parameter<D> | undefined;
  readonly bias_k: Parameter<D> | undefined;
  readonly bias_v: Parameter<D> | undefined;
  readonly out_proj: Linear<D>;
  private readonly dropout: number;
  private readonly addZeroAttn: boolean;
  private readonly batchFirst: boolean;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions<D> = {},
  ) {
    super();
    const { dropout: p = 0, bias = true, addBiasKv = false, addZeroAttn = false, batchFirst = false } = options;
    const { kdim = embedDim, vdim = embedDim } = options;
    checkIntegers(name, { embedDim, numHeads, kdim, vdim }, 1);
    if (embedDim % numHeads !== 0) {
      fail(
        'VALUE',
        name,
        `embedDim is ${embedDim}, numHeads is ${numHeads} (need embedDim to be a multiple of numHeads)`,
      );
    }
    checkFraction(name, 'dropout', p);
    this.dropout = p;
    this.addZeroAttn = addZeroAttn;
    this.batchFirst = batchFirst;
    const dtype = dtypeOf(options);
    const weight = (rows: number, columns: number): Parameter<D> =>
      parameter<D>(() => xavierUniform([rows, columns], { dtype }));
    if (kdim === embedDim && vdim === embedDim) {
      this.in_proj_weight = weight(3 * embedDim, embedDim);
    } else {
      this.q_proj_weight = weight(embedDim, embedDim);
      this.k_proj_weight = weight(embedDim, kdim);
      this.v_proj_weight = weight(embedDim, vdim);
    }
    if (bias) this.in_proj_bias = parameter<D>(() => zeros([3 * embedDim], { dtype }));
    if (addBiasKv) {
      this.bias_k = parameter<D>(() => xavierNormal([1, 1, embedDim], { dtype }));
      this.bias_v = parameter<D>(() => xavierNormal([1, 1, embedDim], { dtype }));
    }
    this.out_proj = new Linear(embedDim, embedDim, { bias, dtype });
    scope(() => this.out_proj.bias?.assign(0));
  }

  override forward(query: Tensor<D>, key: Tensor<D>, value: Tensor<D>, options: AttendOptions = {}): Attended<D> {
    checkOneFloat(name, { query, key, value });
    const single = query.rank === 2;
    const rank = single ? 2 : 3;
    for (const [what, x] of Object.entries({ query, key, value })) {
      if (x.rank !== rank) fail('SHAPE', name, `${what} is ${describe(x)} (need three tensors [L, N, E], or [L, E])`);
    }
    return scope(() => {
      if (!single) return this.attend(query, key, value, options);
      const axis = this.batchFirst ? 0 : 1;
      const one = query === key && key === value ? unsqueeze(query, axis) : undefined;
      const [q, k, v] = [query, key, value].map((x) => one ?? unsqueeze(x, axis)) as [Tensor<D>, Tensor<D>, Tensor<D>];
      const padding = options.keyPaddingMask;
      const masks = { ...options, keyPaddingMask: padding && unsqueeze(padding, 0) };
      const [out, weights] = this.attend(q, k, v, masks);
      return [squeeze(out, axis), weights && squeeze(weights, 0)] as const;
    });
  }

  private attend(query: Tensor<D>, key: Tensor<D>, value: Tensor<D>, options: AttendOptions): Attended<D> {
    const { needWeights = true, averageAttnWeights = true, cache } = options;
    const past = cache?.length ?? 0;
    const projected = this.project(query, key, value);
    const { q } = projected;
    let { k, v } = projected;
    if (cache !== undefined) ({ keys: k, values: v } = cache.append(k, v));
    const [batch = 0, heads = 0, queries = 0] = q.shape;
    let masks = mergeMasks(name, options, [batch, heads, queries, k.shape[2]!], q.dtype as FloatDType, past);
    for (const [moreKeys, moreValues] of this.extra(batch)) {
      masks = withOneMore(masks, queries, k.shape[2]!);
      k = concat([k, moreKeys], { axis: 2 });
      v = concat([v, moreValues], { axis: 2 });
    }
    const p = this.training ? this.dropout : 0;
    const [mixed, weights] = needWeights
      ? mixWithWeights({ q, k, v }, masks, p)
      : [mix({ q, k, v }, masks, p), undefined];
    const out = this.out_proj.forward(this.joined(mixed) as Tensor<D>);
    return [out, weights && ((averageAttnWeights ? mean(weights, { axis: 1 }) : weights) as Tensor<D>)];
  }

  /** Queries, keys and values of all heads. Inputs that are one and the same tensor are multiplied once. */
  private project(query: Tensor<D>, key: Tensor<D>, value: Tensor<D>): Projected {
    const { in_proj_weight: weight, in_proj_bias: bias, embedDim } = this;
    if (weight !== undefined && query === key && key === value) {
      const [q, k, v] = chunk(linear<D>(query, weight, bias), 3, { axis: -1 }) as [Tensor<D>, Tensor<D>, Tensor<D>];
      return { q: this.split(q), k: this.split(k), v: this.split(v) };
    }
    const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
    const [q, k, v] = [query, key, value].map((x, i) => {
      const part = own[i] ?? narrow(weight!, 0, i * embedDim, embedDim);
      return this.split(linear<D>(x, part, bias && narrow(bias, 0, i * embedDim, embedDim)));
    }) as [Tensor, Tensor, Tensor];
    return { q, k, v };
  }

  /** Keys and values beside those of the inputs, [N, H, 1, D]. */
  private extra(batch: number): (readonly [keys: Tensor, values: Tensor])[] {
    const { bias_k: k, bias_v: v, embedDim, numHeads } = this;
    const width = embedDim / numHeads;
    const repeated = (x: Tensor): Tensor => expand(reshape(x, [1, numHeads, 1, width]), [batch, numHeads, 1, width]);
    const all: (readonly [Tensor, Tensor])[] = [];
    if (k !== undefined && v !== undefined) all.push([repeated(k), repeated(v)]);
    if (!this.addZeroAttn) return all;
    const zero = zeros([batch, numHeads, 1, width], { dtype: this.out_proj.weight.dtype });
    return [...all, [zero, zero]];
  }

  /** [L, N, E] or [N, L, E] as [N, H, L, D], a view. */
  private split(x: Tensor): Tensor {
    const [first = 0, second = 0] = x.shape;
    const heads = reshape(x, [first, second, this.numHeads, this.embedDim / this.numHeads]);
    return permute(heads, this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  private joined(x: Tensor): Tensor {
    const [batch = 0, , steps = 0] = x.shape;
    const turned = permute(x, this.batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]);
    return reshape(turned, this.batchFirst ? [batch, steps, this.embedDim] : [steps, batch, this.embedDim]);
  }
}

function mix({ q, k, v }: Projected, masks: MergedMasks, dropoutP: number): Tensor {
  return scaledDotProductAttention(q as Tensor<FloatDType>, k as Tensor<FloatDType>, v as Tensor<FloatDType>, {
    ...masks,
    dropoutP,
  });
}

function mixWithWeights({ q, k, v }: Projected, masks: MergedMasks, p: number): [Tensor, Tensor<FloatDType>] {
  const settings = { scale: 1 / Math.sqrt(q.shape[3]!), causal: masks.isCausal === true };
  const weights = dropout(probabilities(q, k, masks.attnMask, settings) as Tensor<FloatDType>, { p });
  return [matmul(weights, v), weights];
}
