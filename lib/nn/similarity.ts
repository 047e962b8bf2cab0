import { cosineSimilarity, pairwiseDistance, type CosineOptions, type DistanceOptions } from '../ops/similarity.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

type Vectors = readonly [a: Tensor<FloatDType>, b: Tensor<FloatDType>];

/**
 * The cosine of the angle between vectors: {@link cosineSimilarity} as a module.
 *
 * Shapes: both [..., N, ...], which broadcast → without the axis of vectors. Dtypes: one float dtype.
 *
 * @param options.axis axis along which vectors lie; default 1
 * @param options.eps least length of a vector; default 1e-8
 * @example
 * ```ts
 * import { CosineSimilarity, tensor } from 'myelin';
 * console.log(new CosineSimilarity().forward(tensor([[1, 0]]), tensor([[0, 2]])).toArray()); // [ 0 ]
 * ```
 */
export class CosineSimilarity extends Module<Vectors> {
  constructor(private readonly options: CosineOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
    return cosineSimilarity(a, b, this.options);
  }
}

/**
 * The distance between vectors along the last axis: {@link pairwiseDistance} as a module.
 *
 * Shapes: both [..., N], which broadcast → [...], or [..., 1] with `keepDims`. Dtypes: one float dtype.
 *
 * @param options.p exponent of the norm; default 2
 * @param options.eps added to every difference, so that distances of 0 have a gradient; default 1e-6
 * @param options.keepDims keep the last axis with extent 1; default `false`
 * @example
 * ```ts
 * import { PairwiseDistance, tensor } from 'myelin';
 * const distance = new PairwiseDistance({ p: 1, eps: 0 });
 * console.log(distance.forward(tensor([[1, 2]]), tensor([[4, 6]])).toArray()); // [ 7 ]
 * ```
 */
export class PairwiseDistance extends Module<Vectors> {
  constructor(private readonly options: DistanceOptions = {}) {
    super();
  }

  override forward<D extends FloatDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> {
    return pairwiseDistance(a, b, this.options);
  }
}
