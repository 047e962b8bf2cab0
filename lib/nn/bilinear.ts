import { add } from '../ops/arithmetic.js';
import { checkIntegers } from '../ops/checks.js';
import { matmul } from '../ops/linalg.js';
import { permute } from '../ops/permute.js';
import { reshape, squeeze, unsqueeze } from '../ops/reshape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { boundedParameters, type AffineOptions } from './init.js';
import { Module } from './module.js';

/**
 * A form that is linear in each of two inputs: out[o] = x1 · weight[o] · x2ᵀ + bias[o].
 *
 * Shapes: x1 [..., in1Features], x2 [..., in2Features] → [..., outFeatures]; weight [outFeatures, in1Features, in2Features],
 * bias [outFeatures]. Dtypes: float dtypes. Weight and bias start as U(−1/√in1Features, 1/√in1Features), as in PyTorch.
 *
 * @param options.bias whether there is a bias; default `true`
 * @param options.dtype default float32
 * @throws MyelinError `VALUE` unless all counts are positive integers; `SHAPE` when the inputs do not fit
 * @example
 * ```ts
 * import { Bilinear, ones } from 'myelin';
 * console.log(new Bilinear(3, 4, 2).forward(ones([5, 3]), ones([5, 4])).shape); // [ 5, 2 ]
 * ```
 */
export class Bilinear<D extends FloatDType = 'float32'> extends Module<readonly [x1: Tensor<D>, x2: Tensor<D>]> {
  readonly weight: Parameter<D>;
  readonly bias: Parameter<D> | undefined;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: AffineOptions<D> = {},
  ) {
    super();
    checkIntegers('Bilinear', { in1Features, in2Features, outFeatures }, 1);
    const shape = [outFeatures, in1Features, in2Features];
    ({ weight: this.weight, bias: this.bias } = boundedParameters(shape, outFeatures, in1Features, options));
  }

  override forward(x1: Tensor<D>, x2: Tensor<D>): Tensor<D> {
    const { in1Features, in2Features, outFeatures } = this;
    const lead = x1.shape.slice(0, -1);
    const fits = x1.shape.at(-1) === in1Features && x2.shape.at(-1) === in2Features;
    if (!fits || !sameShape(lead, x2.shape.slice(0, -1))) {
      const given = `x1 is ${describe(x1)}, x2 is ${describe(x2)}`;
      fail('SHAPE', 'Bilinear', `${given} (need [..., ${in1Features}] and [..., ${in2Features}])`);
    }
    return scope(() => {
      const table = reshape(permute(this.weight, [1, 0, 2]), [in1Features, outFeatures * in2Features]);
      const forms = reshape(matmul(x1, table), [...lead, outFeatures, in2Features]);
      const out = squeeze(matmul(forms, unsqueeze(x2, -1)), -1);
      return this.bias === undefined ? out : add(out, this.bias);
    }) as Tensor<D>;
  }
}
