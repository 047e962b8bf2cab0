import { full } from '../ops/creation.js';
import { triu } from '../ops/triangle.js';
import { checkArray, checkInteger, checkObject } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, xavierUniform } from './init.js';
import type { KVCache } from './kv-cache.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';
import {
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderMasks,
  type EncoderMasks,
  type TransformerLayerOptions,
} from './transformer-layers.js';

/** One cache for each layer of a stack. */
export interface Caches {
  /** Keys and values of earlier tokens, a cache for each layer; default none. */
  readonly caches?: readonly KVCache<FloatDType>[] | undefined;
}

function stack<L>(op: string, make: (index: number) => L, count: number): L[] {
  checkInteger(op, 'numLayers', count, 1);
  if (typeof make !== 'function') fail('TYPE', op, 'no function that makes a layer is given (need (index) => layer)');
  return Array.from({ length: count }, (_, i) => make(i));
}

function checkCaches(op: string, caches: Caches['caches'], layers: number): void {
  if (caches === undefined) return;
  checkArray(op, 'caches', caches);
  if (caches.length !== layers)
    fail('VALUE', op, `${caches.length} caches are given (need one for each of ${layers} layers)`);
}

/**
 * Layers of an encoder, one after the other, and perhaps a norm at the end.
 *
 * Shapes: those of {@link TransformerEncoderLayer}.
 *
 * @param makeLayer makes layer number `index`; PyTorch copies a given layer instead
 * @param numLayers how many
 * @param norm what comes last; default nothing
 * @throws MyelinError `VALUE` unless `numLayers` is a positive integer; `TYPE` without a function
 * @example
 * ```ts
 * import { ones, TransformerEncoder, TransformerEncoderLayer } from 'myelin';
 * const encoder = new TransformerEncoder(() => new TransformerEncoderLayer(8, 2, { dimFeedforward: 16 }), 2);
 * console.log(encoder.forward(ones([5, 1, 8])).shape); // [ 5, 1, 8 ]
 * ```
 */
export class TransformerEncoder<D extends FloatDType = 'float32'> extends Module<
  readonly [src: Tensor<D>, options?: Omit<EncoderMasks, 'cache'> & Caches],
  Tensor<D>
> {
  readonly layers: readonly TransformerEncoderLayer<D>[];

  constructor(
    makeLayer: (index: number) => TransformerEncoderLayer<D>,
    numLayers: number,
    readonly norm?: LayerNorm<D>,
  ) {
    super();
    this.layers = stack('TransformerEncoder', makeLayer, numLayers);
  }

  override forward(src: Tensor<D>, { caches, ...masks }: Omit<EncoderMasks, 'cache'> & Caches = {}): Tensor<D> {
    checkCaches('TransformerEncoder', caches, this.layers.length);
    return scope(() => {
      const last = this.layers.reduce((x, layer, i) => layer.forward(x, { ...masks, cache: caches?.[i] }), src);
      return this.norm === undefined ? last : this.norm.forward(last);
    });
  }
}

/**
 * Layers of a decoder, one after the other, and perhaps a norm at the end.
 *
 * Shapes: those of {@link TransformerDecoderLayer}.
 *
 * @param makeLayer makes layer number `index`; PyTorch copies a given layer instead
 * @param numLayers how many
 * @param norm what comes last; default nothing
 * @throws MyelinError `VALUE` unless `numLayers` is a positive integer; `TYPE` without a function
 * @example
 * ```ts
 * import { ones, TransformerDecoder, TransformerDecoderLayer } from 'myelin';
 * const decoder = new TransformerDecoder(() => new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 }), 2);
 * console.log(decoder.forward(ones([3, 1, 8]), ones([5, 1, 8])).shape); // [ 3, 1, 8 ]
 * ```
 */
export class TransformerDecoder<D extends FloatDType = 'float32'> extends Module<
  readonly [tgt: Tensor<D>, memory: Tensor<D>, options?: Omit<DecoderMasks, 'cache'> & Caches],
  Tensor<D>
> {
  readonly layers: readonly TransformerDecoderLayer<D>[];

  constructor(
    makeLayer: (index: number) => TransformerDecoderLayer<D>,
    numLayers: number,
    readonly norm?: LayerNorm<D>,
  ) {
    super();
    this.layers = stack('TransformerDecoder', makeLayer, numLayers);
  }

  override forward(
    tgt: Tensor<D>,
    memory: Tensor<D>,
    { caches, ...masks }: Omit<DecoderMasks, 'cache'> & Caches = {},
  ): Tensor<D> {
    checkCaches('TransformerDecoder', caches, this.layers.length);
    return scope(() => {
      const last = this.layers.reduce((x, layer, i) => layer.forward(x, memory, { ...masks, cache: caches?.[i] }), tgt);
      return this.norm === undefined ? last : this.norm.forward(last);
    });
  }
}

/** Options of {@link Transformer}. */
export interface TransformerOptions<D extends FloatDType = FloatDType> extends TransformerLayerOptions<D> {
  /** Width of a token; default 512. */
  readonly dModel?: number;
  /** Heads of attention; default 8. */
  readonly nhead?: number;
  /** Layers of the encoder; default 6. */
  readonly numEncoderLayers?: number;
  /** Layers of the decoder; default 6. */
  readonly numDecoderLayers?: number;
}

/** What {@link Transformer} is told of its scores. */
export interface TransformerMasks extends Omit<EncoderMasks, 'cache' | 'isCausal'>, Omit<DecoderMasks, 'cache'> {
  /** Whether a token of the source looks at those before it only; default `false`. */
  readonly srcIsCausal?: boolean;
}

/**
 * Encoder and decoder: a sequence is read and another written.
 *
 * out = decoder(tgt, encoder(src)), each with a norm at the end. Embeddings, positions and the last map to a vocabulary are
 * the user's. Matrices start Xavier uniform, as in PyTorch.
 *
 * Shapes: src [S, N, E] and tgt [T, N, E], or [N, S, E] and [N, T, E] with `batchFirst` → as tgt. Dtypes: float dtypes.
 *
 * @param options.dModel E; default 512
 * @param options.nhead heads; default 8
 * @param options.numEncoderLayers default 6
 * @param options.numDecoderLayers default 6
 * @param options those of {@link TransformerEncoderLayer} for the rest
 * @throws MyelinError `VALUE` for counts or probabilities out of range; `TYPE` for options that are no object
 * @see Vaswani and others, "Attention is all you need", 2017
 * @example
 * ```ts
 * import { ones, Transformer } from 'myelin';
 * const model = new Transformer({ dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16 });
 * console.log(model.forward(ones([5, 1, 8]), ones([3, 1, 8]), { tgtIsCausal: true }).shape); // [ 3, 1, 8 ]
 * ```
 */
export class Transformer<D extends FloatDType = 'float32'> extends Module<
  readonly [src: Tensor<D>, tgt: Tensor<D>, options?: TransformerMasks],
  Tensor<D>
> {
  readonly encoder: TransformerEncoder<D>;
  readonly decoder: TransformerDecoder<D>;

  constructor(options: TransformerOptions<D> = {}) {
    super();
    checkObject('Transformer', 'options', options);
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6, layerNormEps: eps = 1e-5 } = options;
    const norm = (): LayerNorm<D> =>
      new LayerNorm<D>(dModel, { eps, bias: options.bias ?? true, dtype: dtypeOf(options) });
    const encoderLayer = () => new TransformerEncoderLayer<D>(dModel, nhead, options);
    const decoderLayer = () => new TransformerDecoderLayer<D>(dModel, nhead, options);
    this.encoder = new TransformerEncoder<D>(encoderLayer, numEncoderLayers, norm());
    this.decoder = new TransformerDecoder<D>(decoderLayer, numDecoderLayers, norm());
    scope(() => {
      for (const each of Object.values(this.parameters())) {
        if (each.rank > 1) each.assign(xavierUniform(each.shape, { dtype: each.dtype as FloatDType }));
      }
    });
  }

  override forward(src: Tensor<D>, tgt: Tensor<D>, options: TransformerMasks = {}): Tensor<D> {
    const { srcMask, srcKeyPaddingMask, srcIsCausal = false, ...rest } = options;
    return scope(() => {
      const memory = this.encoder.forward(src, { srcMask, srcKeyPaddingMask, isCausal: srcIsCausal });
      return this.decoder.forward(tgt, memory, rest);
    });
  }

  /**
   * A mask [size, size] that is added: −∞ where a token would look ahead, else 0.
   *
   * @throws MyelinError `SHAPE` for an impossible size
   */
  static generateSquareSubsequentMask(size: number): Tensor<'float32'> {
    return scope(() => triu(full([size, size], -Infinity), { diagonal: 1 }));
  }
}
