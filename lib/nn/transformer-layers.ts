import { gelu, relu } from '../ops/activation.js';
import { add } from '../ops/arithmetic.js';
import { checkFraction, checkIntegers, checkOption } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { Dropout } from './dropout.js';
import { dtypeOf, type AffineOptions } from './init.js';
import type { KVCache } from './kv-cache.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { MultiheadAttention, type AttendOptions } from './multihead-attention.js';
import { LayerNorm } from './norm.js';

/** Options of the layers of a transformer. */
export interface TransformerLayerOptions<D extends FloatDType = FloatDType> extends AffineOptions<D> {
  /** Width of the layer between; default 2048. */
  readonly dimFeedforward?: number;
  /** Probability of dropping an element in training; default 0.1. */
  readonly dropout?: number;
  /** Function between the two maps of each token, by its name or itself; default `relu`. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor<D>) => Tensor<D>);
  /** Added to variances; default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether inputs are [N, L, E] and not [L, N, E]; default `false`. */
  readonly batchFirst?: boolean;
  /** Whether norms come before the parts they belong to, and not after; default `false`. */
  readonly normFirst?: boolean;
}

/** What an encoder is told of its scores. */
export interface EncoderMasks {
  /** [L, L] or [N · H, L, L]: `true` where a token must not look, or what is added. */
  readonly srcMask?: Tensor | undefined;
  /** [N, L]: `true` at padding. */
  readonly srcKeyPaddingMask?: Tensor | undefined;
  /** Whether a token looks at those before it only; default `false`. */
  readonly isCausal?: boolean;
  /** Keys and values of earlier tokens of this layer. */
  readonly cache?: KVCache<FloatDType> | undefined;
}

/** What a decoder is told of its scores. */
export interface DecoderMasks {
  /** [T, T] or [N · H, T, T]: `true` where a token must not look, or what is added. */
  readonly tgtMask?: Tensor | undefined;
  /** [T, S] or [N · H, T, S], for what the encoder gave. */
  readonly memoryMask?: Tensor | undefined;
  /** [N, T]: `true` at padding. */
  readonly tgtKeyPaddingMask?: Tensor | undefined;
  /** [N, S]: `true` at padding. */
  readonly memoryKeyPaddingMask?: Tensor | undefined;
  /** Whether a token looks at those before it only; default `false`. */
  readonly tgtIsCausal?: boolean;
  /** The same of what the encoder gave; default `false`. */
  readonly memoryIsCausal?: boolean;
  /** Keys and values of earlier tokens of this layer. */
  readonly cache?: KVCache<FloatDType> | undefined;
}

/** The parts that both kinds of layers have. */
abstract class TransformerLayer<D extends FloatDType, Inputs extends readonly unknown[]> extends Module<
  Inputs,
  Tensor<D>
> {
  readonly self_attn: MultiheadAttention<D>;
  readonly linear1: Linear<D>;
  readonly linear2: Linear<D>;
  readonly norm1: LayerNorm<D>;
  readonly norm2: LayerNorm<D>;
  readonly normFirst: boolean;
  private readonly activation: 'relu' | 'gelu' | ((x: Tensor<D>) => Tensor<D>);
  private readonly drop: Dropout;

  protected constructor(op: string, dModel: number, nhead: number, options: TransformerLayerOptions<D>) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', normFirst = false, bias = true } = options;
    checkIntegers(op, { dModel, dimFeedforward }, 1);
    checkFraction(op, 'dropout', dropout);
    if (typeof activation !== 'function') checkOption(op, 'activation', activation, ['relu', 'gelu']);
    const affine = { bias, dtype: dtypeOf(options) };
    this.self_attn = this.attention(dModel, nhead, options);
    this.linear1 = new Linear(dModel, dimFeedforward, affine);
    this.linear2 = new Linear(dimFeedforward, dModel, affine);
    this.norm1 = this.norm(dModel, options);
    this.norm2 = this.norm(dModel, options);
    this.normFirst = normFirst;
    this.activation = activation;
    this.drop = new Dropout(dropout);
  }

  protected attention(dModel: number, nhead: number, options: TransformerLayerOptions<D>): MultiheadAttention<D> {
    const { dropout = 0.1, batchFirst = false, bias = true } = options;
    return new MultiheadAttention<D>(dModel, nhead, { dropout, batchFirst, bias, dtype: dtypeOf(options) });
  }

  protected norm(dModel: number, options: TransformerLayerOptions<D>): LayerNorm<D> {
    const { layerNormEps: eps = 1e-5, bias = true } = options;
    return new LayerNorm<D>(dModel, { eps, bias, dtype: dtypeOf(options) });
  }

  /** x + part(x), normed before or after. */
  protected residual(x: Tensor<D>, norm: LayerNorm<D>, part: (x: Tensor<D>) => Tensor<D>): Tensor<D> {
    const sum = (share: Tensor<D>): Tensor<D> => add<Tensor<D>, Tensor<D>>(x, this.drop.forward(share));
    return this.normFirst ? sum(part(norm.forward(x))) : norm.forward(sum(part(x)));
  }

  private activate(x: Tensor<D>): Tensor<D> {
    const { activation } = this;
    if (typeof activation === 'function') return activation(x);
    return (activation === 'relu' ? relu(x) : gelu(x)) as Tensor<D>;
  }

  protected feedForward(x: Tensor<D>): Tensor<D> {
    const wide = this.linear1.forward(x);
    return this.linear2.forward(this.drop.forward(this.activate(wide)));
  }
}

function attend<D extends FloatDType>(
  layer: MultiheadAttention<D>,
  query: Tensor<D>,
  keys: Tensor<D>,
  options: AttendOptions,
): Tensor<D> {
  return layer.forward(query, keys, keys, { ...options, needWeights: false })[0];
}

/**
 * A layer of a transformer's encoder: self-attention, then a map of each token, each added to what came in and normed.
 *
 * x = norm1(x + selfAttention(x)), out = norm2(x + linear2(activation(linear1(x)))); with `normFirst` the norms are inside
 * the brackets, before the parts. In training parts are dropped at random.
 *
 * Shapes: [L, N, E], or [N, L, E] with `batchFirst`, or [L, E] → the same. Dtypes: float dtypes.
 *
 * @param dModel E
 * @param nhead heads, a divisor of E
 * @param options.dimFeedforward width between the two maps; default 2048
 * @param options.dropout probability of dropping an element in training; default 0.1
 * @param options.activation `relu` (default), `gelu` or a function
 * @param options.layerNormEps added to variances; default 1e-5
 * @param options.batchFirst whether N comes first; default `false`
 * @param options.normFirst whether norms come first; default `false`
 * @param options.bias whether maps and norms have biases; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` for counts or probabilities out of range
 * @see Vaswani and others, "Attention is all you need", 2017, section 3.1; Xiong and others, "On layer normalization in the
 *   transformer architecture", 2020, for norms that come first
 * @example
 * ```ts
 * import { ones, TransformerEncoderLayer } from 'myelin';
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * console.log(layer.forward(ones([1, 5, 8]), { isCausal: true }).shape); // [ 1, 5, 8 ]
 * ```
 */
export class TransformerEncoderLayer<D extends FloatDType = 'float32'> extends TransformerLayer<
  D,
  readonly [src: Tensor<D>, options?: EncoderMasks]
> {
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions<D> = {}) {
    super('TransformerEncoderLayer', dModel, nhead, options);
  }

  override forward(src: Tensor<D>, options: EncoderMasks = {}): Tensor<D> {
    const { srcMask: attnMask, srcKeyPaddingMask: keyPaddingMask, isCausal, cache } = options;
    const masks = { attnMask, keyPaddingMask, isCausal, cache };
    return scope(() => {
      const attended = this.residual(src, this.norm1, (x) => attend(this.self_attn, x, x, masks));
      return this.residual(attended, this.norm2, (x) => this.feedForward(x));
    });
  }
}

/**
 * A layer of a transformer's decoder: self-attention, attention to what the encoder gave, then a map of each token, each
 * added to what came in and normed.
 *
 * Shapes: tgt [T, N, E] and memory [S, N, E], or [N, T, E] and [N, S, E] with `batchFirst` → as tgt. Dtypes: float dtypes.
 *
 * @param dModel E
 * @param nhead heads, a divisor of E
 * @param options those of {@link TransformerEncoderLayer}
 * @throws MyelinError `VALUE` for counts or probabilities out of range
 * @see Vaswani and others, "Attention is all you need", 2017, section 3.1
 * @example
 * ```ts
 * import { ones, TransformerDecoderLayer } from 'myelin';
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * console.log(layer.forward(ones([1, 3, 8]), ones([1, 5, 8]), { tgtIsCausal: true }).shape); // [ 1, 3, 8 ]
 * ```
 */
export class TransformerDecoderLayer<D extends FloatDType = 'float32'> extends TransformerLayer<
  D,
  readonly [tgt: Tensor<D>, memory: Tensor<D>, options?: DecoderMasks]
> {
  readonly multihead_attn: MultiheadAttention<D>;
  readonly norm3: LayerNorm<D>;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions<D> = {}) {
    super('TransformerDecoderLayer', dModel, nhead, options);
    this.multihead_attn = this.attention(dModel, nhead, options);
    this.norm3 = this.norm(dModel, options);
  }

  override forward(tgt: Tensor<D>, memory: Tensor<D>, options: DecoderMasks = {}): Tensor<D> {
    const { tgtMask, tgtKeyPaddingMask, tgtIsCausal, memoryMask, memoryKeyPaddingMask, memoryIsCausal, cache } =
      options;
    const own = { attnMask: tgtMask, keyPaddingMask: tgtKeyPaddingMask, isCausal: tgtIsCausal, cache };
    const cross = { attnMask: memoryMask, keyPaddingMask: memoryKeyPaddingMask, isCausal: memoryIsCausal };
    return scope(() => {
      const attended = this.residual(tgt, this.norm1, (x) => attend(this.self_attn, x, x, own));
      const informed = this.residual(attended, this.norm2, (x) => attend(this.multihead_attn, x, memory, cross));
      return this.residual(informed, this.norm3, (x) => this.feedForward(x));
    });
  }
}
