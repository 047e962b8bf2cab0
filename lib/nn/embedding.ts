import { stopGradient } from '../engine/tape.js';
import { checkInteger } from '../ops/checks.js';
import { eq, where } from '../ops/compare.js';
import { arange } from '../ops/ranges.js';
import { indexSelect, type IndexDType } from '../ops/indexing.js';
import { normal } from '../ops/random.js';
import { flatten, reshape, unsqueeze } from '../ops/reshape.js';
import { select } from '../ops/slice.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, parameter } from './init.js';
import { Module } from './module.js';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions<D extends FloatDType = FloatDType> {
  /** Index whose vector starts as zeros and gets no gradient; default none. */
  readonly paddingIdx?: number;
  /** Default float32. */
  readonly dtype?: D;
}

/**
 * A table of vectors, looked up by index: out[…, :] = weight[x[…], :].
 *
 * Shapes: x [...] → [..., embeddingDim]; weight [numEmbeddings, embeddingDim]. Dtypes: x int32 or int64; weight float32 or
 * float64. The weight starts as N(0, 1), as in PyTorch.
 *
 * @param options.paddingIdx index whose vector starts as zeros and gets no gradient; default none
 * @param options.dtype default float32
 * @throws MyelinError `INDEX` for an index outside the table; `VALUE` for counts that are no positive integers
 * @example
 * ```ts
 * import { Embedding, tensor } from 'myelin';
 * const table = new Embedding(10, 4);
 * console.log(table.forward(tensor([[1, 2], [3, 4]], { dtype: 'int32' })).shape); // [ 2, 2, 4 ]
 * ```
 */
export class Embedding<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D>;
  private readonly paddingIdx: number | undefined;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions<D> = {},
  ) {
    super();
    const { paddingIdx } = options;
    checkInteger('Embedding', 'numEmbeddings', numEmbeddings, 1);
    checkInteger('Embedding', 'embeddingDim', embeddingDim, 1);
    if (paddingIdx !== undefined) checkInteger('Embedding', 'paddingIdx', paddingIdx, 0);
    if (paddingIdx !== undefined && paddingIdx >= numEmbeddings) {
      fail('VALUE', 'Embedding', `paddingIdx is ${paddingIdx} (need one below numEmbeddings, ${numEmbeddings})`, {
        paddingIdx,
      });
    }
    this.paddingIdx = paddingIdx;
    this.weight = parameter(() => initialTable([numEmbeddings, embeddingDim], dtypeOf(options), paddingIdx));
  }

  override forward(x: Tensor<IndexDType>): Tensor<D> {
    return scope(() => this.lookUp(x)) as Tensor<D>;
  }

  private lookUp(x: Tensor<IndexDType>): Tensor {
    const weight: Tensor = this.weight;
    const out = reshape(indexSelect(weight, flatten(x)), [...x.shape, this.embeddingDim]);
    const padding = this.paddingIdx;
    if (padding === undefined) return out;
    // Taken from outside the tape, the padding's vector is a constant.
    const constant = stopGradient(() => select(weight, 0, padding));
    return where(unsqueeze(eq(x, padding), -1), constant, out);
  }
}

/** N(0, 1), but zeros in the row of the padding. */
function initialTable<D extends FloatDType>(shape: Shape, dtype: D, paddingIdx?: number): Tensor<D> {
  const table: Tensor<D> = normal(shape, { dtype });
  if (paddingIdx === undefined) return table;
  const isPadding = eq(unsqueeze(arange(shape[0]!), 1), paddingIdx);
  return where(isPadding, 0, table) as Tensor<D>;
}
