import { assignAt } from '../ops/assign.js';
import { checkIntegers, checkShapeOf, checkTensor } from '../ops/checks.js';
import { zeros } from '../ops/creation.js';
import { narrow } from '../ops/views.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Buffer } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { buffer, dtypeOf } from './init.js';

/** Options of {@link KVCache}. */
export interface KVCacheOptions<D extends FloatDType = FloatDType> {
  /** Width of a head of values; default that of the keys. */
  readonly valueWidth?: number;
  /** Dtype of what is kept; default float32. */
  readonly dtype?: D;
}

/**
 * Keys and values of the tokens so far, so that a decoder computes only those of the next one.
 *
 * All memory is taken at once and none later: 2 · batch · heads · maxLength · width elements. What attention is given are
 * views of it. One cache serves one layer and one sequence, or a batch of them of equal length; `reset` starts another.
 *
 * @param batch sequences
 * @param heads heads of keys
 * @param maxLength most tokens
 * @param width of a head
 * @param options.valueWidth width of a head of values; default `width`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless all counts are positive integers
 * @example
 * ```ts
 * import { KVCache, MultiheadAttention, ones } from 'myelin';
 * const attention = new MultiheadAttention(8, 2, { batchFirst: true }).eval();
 * const cache = new KVCache(1, 2, 16, 4);
 * for (let token = 0; token < 3; token++) {
 *   const x = ones([1, 1, 8]);
 *   attention.forward(x, x, x, { cache, needWeights: false });
 * }
 * console.log(cache.length); // 3
 * ```
 */
export class KVCache<D extends FloatDType = 'float32'> {
  readonly keys: Buffer;
  readonly values: Buffer;
  private used = 0;

  constructor(
    readonly batch: number,
    readonly heads: number,
    readonly maxLength: number,
    readonly width: number,
    options: KVCacheOptions<D> = {},
  ) {
    const { valueWidth = width } = options;
    checkIntegers('KVCache', { batch, heads, maxLength, width, valueWidth }, 1);
    const dtype = dtypeOf(options);
    this.keys = buffer(() => zeros([batch, heads, maxLength, width], { dtype }));
    this.values = buffer(() => zeros([batch, heads, maxLength, valueWidth], { dtype }));
  }

  /** Tokens so far. */
  get length(): number {
    return this.used;
  }

  /**
   * Adds the keys [batch, heads, T, width] and values of T tokens, and gives all so far, as views.
   *
   * @throws MyelinError `SHAPE` when they are of another shape; `VALUE` when there is no room for them
   */
  append(keys: Tensor, values: Tensor): { readonly keys: Tensor; readonly values: Tensor } {
    checkTensor('KVCache', 'keys', keys);
    checkTensor('KVCache', 'values', values);
    const count = keys.shape[2] ?? 0;
    const what = 'those of the cache, and as many keys as values';
    checkShapeOf('KVCache', 'keys', keys, [this.batch, this.heads, count, this.width], what);
    checkShapeOf('KVCache', 'values', values, [this.batch, this.heads, count, this.values.shape[3]!], what);
    const end = this.used + count;
    if (end > this.maxLength) {
      const room = this.maxLength - this.used;
      fail(
        'VALUE',
        'KVCache',
        `${count} tokens are too many (need at most ${room}: ${this.used} of ${this.maxLength} are used)`,
      );
    }
    const place = [':', ':', [this.used, end]] as const;
    assignAt(this.keys, place, keys);
    assignAt(this.values, place, values);
    this.used = end;
    return { keys: narrow(this.keys, 2, 0, end), values: narrow(this.values, 2, 0, end) };
  }

  /** Forgets all tokens; the memory stays. */
  reset(): void {
    this.used = 0;
  }

  /** Gives the memory back. */
  dispose(): void {
    this.keys.dispose();
    this.values.dispose();
  }
}
