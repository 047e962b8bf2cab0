import { stopGradient } from '../engine/tape.js';
import { add, div, mul } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkFlag, checkInteger, checkIntegers, checkOption, checkPositive, checkReal } from '../ops/checks.js';
import { eq, gt, where } from '../ops/compare.js';
import { embedding, embeddingBag, type EmbeddingBagOptions, type EmbeddingLookupOptions } from '../ops/embedding.js';
import { checkIndex, indexSelect, type IndexDType } from '../ops/indexing.js';
import { normal } from '../ops/random.js';
import { arange } from '../ops/ranges.js';
import { flatten, unsqueeze } from '../ops/reshape.js';
import { vectorNorm } from '../ops/statistics.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { Variable, type Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { dtypeOf, parameter } from './init.js';
import { Module, type AnyModule } from './module.js';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions<D extends FloatDType = FloatDType> {
  /** Index whose vector starts as zeros and gets no gradient; default none. */
  readonly paddingIdx?: number;
  /** Vectors longer than this are shortened before they are looked up, in the table itself; default none. */
  readonly maxNorm?: number;
  /** The p of that norm; default 2. */
  readonly normType?: number;
  /** Whether the gradient of a vector is divided by how often it is looked up; default `false`. */
  readonly scaleGradByFreq?: boolean;
  /** Default float32. */
  readonly dtype?: D;
}

/** Options of tables that exist already. */
export interface PretrainedOptions {
  /** Whether the table is excluded from training; default `true`. */
  readonly freeze?: boolean;
}

/**
 * A table of vectors, looked up by index: out[…, :] = weight[x[…], :].
 *
 * Shapes: x [...] → [..., embeddingDim]; weight [numEmbeddings, embeddingDim]. Dtypes: x int32 or int64; weight float32 or
 * float64. The weight starts as N(0, 1), as in PyTorch.
 *
 * @param options.paddingIdx index whose vector starts as zeros and gets no gradient; default none
 * @param options.maxNorm vectors longer than this are shortened before they are looked up; default none
 * @param options.normType the p of that norm; default 2
 * @param options.scaleGradByFreq whether the gradient of a vector is divided by how often it is looked up; default `false`
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
  private readonly options: EmbeddingLookupOptions;
  private readonly limit: NormLimit | undefined;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions<D> = {},
  ) {
    super();
    const { paddingIdx, scaleGradByFreq = false } = options;
    checkCounts('Embedding', numEmbeddings, embeddingDim, paddingIdx);
    checkFlag('Embedding', 'scaleGradByFreq', scaleGradByFreq);
    this.limit = limitOf('Embedding', options);
    this.options = { paddingIdx, scaleGradByFreq };
    this.weight = parameter(() => initialTable([numEmbeddings, embeddingDim], dtypeOf(options), paddingIdx));
  }

  override forward(x: Tensor<IndexDType>): Tensor<D> {
    const { weight, options, limit } = this;
    if (limit !== undefined) limitNorms(weight, x, limit);
    return embedding<D>(x, weight, options);
  }

  /**
   * A layer whose table starts as a copy of another.
   *
   * @param weight [numEmbeddings, embeddingDim], of a float dtype
   * @param options.freeze whether the table is excluded from training; default `true`; the others are those of the layer
   * @throws MyelinError `SHAPE` when the table is no matrix
   * @example
   * ```ts
   * import { Embedding, tensor } from 'myelin';
   * const table = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * console.log(table.forward(tensor([1], { dtype: 'int32' })).toArray()); // [ [ 3, 4 ] ]
   * ```
   */
  static fromPretrained<D extends FloatDType>(
    weight: Tensor<D>,
    options: Omit<EmbeddingOptions<D>, 'dtype'> & PretrainedOptions = {},
  ): Embedding<D> {
    const [rows, columns] = checkTable('Embedding', weight);
    return started(new Embedding<D>(rows, columns, { ...options, dtype: weight.dtype }), weight, options);
  }
}

/** Options of {@link EmbeddingBag}. */
export interface EmbeddingBagLayerOptions<D extends FloatDType = FloatDType> extends EmbeddingOptions<D> {
  /** What becomes of the vectors of a bag; default `'mean'`. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** Whether the last offset is the end of the last bag; default `false`. */
  readonly includeLastOffset?: boolean;
}

/**
 * Looks up bags of vectors and sums, averages or takes the largest of each, see {@link embeddingBag}.
 *
 * Shapes: x [B, N], or [N] with offsets [B] → [B, embeddingDim]; weight [numEmbeddings, embeddingDim]. Dtypes: x int32 or
 * int64; weight float dtypes. The weight starts as N(0, 1), as in PyTorch.
 *
 * @param options.mode `'sum'`, `'mean'` or `'max'`; default `'mean'`
 * @param options.paddingIdx index that does not count, and whose vector starts as zeros; default none
 * @param options.maxNorm vectors longer than this are shortened before they are looked up; default none
 * @param options.normType the p of that norm; default 2
 * @param options.includeLastOffset whether the last offset is the end of the last bag; default `false`
 * @param options.scaleGradByFreq whether the gradient of a vector is divided by how often it is looked up, not for `max`; default
 * `false`
 * @param options.dtype default float32
 * @throws MyelinError `INDEX` for an index outside the table; `VALUE` for counts that are no positive integers
 * @example
 * ```ts
 * import { EmbeddingBag, tensor } from 'myelin';
 * const bags = new EmbeddingBag(10, 4, { mode: 'sum' });
 * console.log(bags.forward(tensor([[1, 2], [3, 4]], { dtype: 'int32' })).shape); // [ 2, 4 ]
 * ```
 */
export class EmbeddingBag<D extends FloatDType = 'float32'> extends Module<readonly [x: Tensor<IndexDType>]> {
  readonly weight: Parameter<D>;
  private readonly options: EmbeddingBagOptions;
  private readonly limit: NormLimit | undefined;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingBagLayerOptions<D> = {},
  ) {
    super();
    const { mode = 'mean', paddingIdx, includeLastOffset = false, scaleGradByFreq = false } = options;
    checkCounts('EmbeddingBag', numEmbeddings, embeddingDim, paddingIdx);
    checkOption('EmbeddingBag', 'mode', mode, ['sum', 'mean', 'max']);
    checkFlag('EmbeddingBag', 'scaleGradByFreq', scaleGradByFreq);
    if (scaleGradByFreq && mode === 'max') {
      fail('VALUE', 'EmbeddingBag', 'scaleGradByFreq is true, mode is max (need "sum" or "mean")');
    }
    this.options = { mode, paddingIdx, includeLastOffset, scaleGradByFreq };
    this.limit = limitOf('EmbeddingBag', options);
    this.weight = parameter(() => initialTable([numEmbeddings, embeddingDim], dtypeOf(options), paddingIdx));
  }

  /**
   * The reduced rows of each bag.
   *
   * @param offsets where each bag begins, for indices of one axis
   * @param perSampleWeights a factor for each index, for sums only
   */
  override forward(x: Tensor<IndexDType>, offsets?: Tensor<IndexDType>, perSampleWeights?: Tensor<D>): Tensor<D> {
    const { weight, limit } = this;
    if (limit !== undefined) limitNorms(weight, x, limit);
    return embeddingBag<D>(x, weight, { ...this.options, offsets, perSampleWeights });
  }

  /**
   * A layer whose table starts as a copy of another, see {@link Embedding.fromPretrained}.
   *
   * @param weight [numEmbeddings, embeddingDim], of a float dtype
   * @param options.freeze whether the table is excluded from training; default `true`; the others are those of the layer
   * @throws MyelinError `SHAPE` when the table is no matrix
   */
  static fromPretrained<D extends FloatDType>(
    weight: Tensor<D>,
    options: Omit<EmbeddingBagLayerOptions<D>, 'dtype'> & PretrainedOptions = {},
  ): EmbeddingBag<D> {
    const [rows, columns] = checkTable('EmbeddingBag', weight);
    return started(new EmbeddingBag<D>(rows, columns, { ...options, dtype: weight.dtype }), weight, options);
  }
}

function checkTable(op: string, weight: Tensor): readonly [rows: number, columns: number] {
  checkReal(op, 'weight', weight);
  const [rows, columns] = weight.shape;
  if (weight.rank === 2) return [rows!, columns!];
  return fail('SHAPE', op, `weight is ${describe(weight)} (need [numEmbeddings, embeddingDim])`);
}

/** The layer with a table that is there already. */
function started<L extends AnyModule & { readonly weight: Parameter }>(
  layer: L,
  weight: Tensor,
  { freeze = true }: PretrainedOptions,
): L {
  checkFlag(layer.constructor.name, 'freeze', freeze);
  layer.weight.assign(weight);
  return layer.freeze(freeze);
}

interface NormLimit {
  readonly maxNorm: number;
  readonly normType: number;
}

function limitOf(op: string, { maxNorm, normType = 2 }: EmbeddingOptions): NormLimit | undefined {
  checkPositive(op, 'normType', normType);
  if (maxNorm === undefined) return undefined;
  checkPositive(op, 'maxNorm', maxNorm);
  return { maxNorm, normType };
}

/** Shortens, in the table itself, the vectors that are about to be looked up. */
function limitNorms(weight: Parameter, x: Tensor<IndexDType>, { maxNorm, normType }: NormLimit): void {
  checkIndex('Embedding', x);
  const table: Tensor = weight;
  if (!(table instanceof Variable)) {
    fail('TYPE', 'Embedding', `maxNorm with a weight of ${describe(table)} that is made anew (need a plain table)`);
  }
  stopGradient(() =>
    scope(() => {
      const index = flatten(x);
      const rows = indexSelect(table, index) as Tensor<FloatDType>;
      const norms = vectorNorm(rows, { ord: normType, axis: 1, keepDims: true });
      const factors = where(gt(norms, maxNorm), div(maxNorm, add(norms, 1e-7)), 1);
      weight.assignAt([index], cast(mul(rows, factors), weight.dtype));
    }),
  );
}

function checkCounts(op: string, numEmbeddings: number, embeddingDim: number, paddingIdx: number | undefined): void {
  checkIntegers(op, { numEmbeddings, embeddingDim }, 1);
  if (paddingIdx === undefined) return;
  checkInteger(op, 'paddingIdx', paddingIdx, 0);
  if (paddingIdx < numEmbeddings) return;
  fail('VALUE', op, `paddingIdx is ${paddingIdx} (need one below numEmbeddings, ${numEmbeddings})`, { paddingIdx });
}

/** N(0, 1), but zeros in the row of the padding. */
function initialTable<D extends FloatDType>(shape: Shape, dtype: D, paddingIdx?: number): Tensor<D> {
  const table: Tensor<D> = normal(shape, { dtype });
  if (paddingIdx === undefined) return table;
  const isPadding = eq(unsqueeze(arange(shape[0]!), 1), paddingIdx);
  return where(isPadding, 0, table) as Tensor<D>;
}
