import { checkIntegers } from '../ops/checks.js';
import { linear } from '../ops/linalg.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { affineParameters, type AffineOptions } from './init.js';
import { Module } from './module.js';

/**
 * Affine map of the last axis, also called a dense or fully connected layer.
 *
 * out = x · weightᵀ + bias
 *
 * Shapes: x [..., inFeatures] → [..., outFeatures]; weight [outFeatures, inFeatures], bias [outFeatures]. Dtypes: float32,
 * float64. Weight and bias start as U(−1/√inFeatures, 1/√inFeatures), as in PyTorch.
 *
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless both counts are positive integers
 * @example
 * ```ts
 * import { Linear, ones } from 'myelin';
 * const layer = new Linear(3, 2);
 * console.log(layer.forward(ones([5, 3])).shape); // [ 5, 2 ]
 * ```
 */
export class Linear<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D>;
  readonly bias: Parameter<D> | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: AffineOptions<D> = {},
  ) {
    super();
    checkIntegers('Linear', { inFeatures, outFeatures }, 1);
    ({ weight: this.weight, bias: this.bias } = affineParameters([outFeatures, inFeatures], options));
  }

  override forward(x: Tensor<D>): Tensor<D> {
    return linear<D>(x, this.weight, this.bias);
  }
}
