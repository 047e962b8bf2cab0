import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * Modules one after another: out = fₙ(… f₂(f₁(x))).
 *
 * State-dict names begin with the position: `0.weight`, `2.bias`. What passes between the modules is freed on the way.
 *
 * @example
 * ```ts
 * import { Linear, ones, ReLU, Sequential } from 'myelin';
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * console.log(model.forward(ones([3, 4])).shape, Object.keys(model.parameters())[2]); // [ 3, 2 ] 2.weight
 * ```
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: readonly Module[]) {
    super();
    this.layers = layers;
  }

  override forward(x: Tensor): Tensor<FloatDType> {
    return scope(() => this.layers.reduce((value, layer) => layer.forward(value), x)) as Tensor<FloatDType>;
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    return Object.entries(this.layers);
  }
}
