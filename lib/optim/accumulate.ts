import { buffer } from '../nn/init.js';
import { add, div } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkAtLeast, checkNumber, checkObject, checkReal } from '../ops/checks.js';
import { full, zerosLike } from '../ops/creation.js';
import { clone } from '../ops/move.js';
import { normal } from '../ops/random.js';
import type { FloatDType } from '../tensor/dtype.js';
import type { Buffer } from '../tensor/parameter.js';
import type { Generator } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { NamedGradients } from './clip.js';
import { checkGradients, checkParameters, type NamedParameters } from './optimizer.js';

/**
 * Sums gradients over several batches, so that a step can be made for all of them together.
 *
 * `add` and `take` can be parts of compiled functions.
 *
 * @param parameters what to train, by name: `model.parameters()`
 * @throws MyelinError `VALUE` when there are none
 * @example
 * ```ts
 * import { GradientAccumulator, Linear, mse, ones, SGD, valueAndGrad } from 'myelin';
 * const model = new Linear(2, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const accumulator = new GradientAccumulator(model.parameters());
 * for (let batch = 0; batch < 4; batch++) {
 *   const [, grads] = valueAndGrad(() => mse(model.forward(ones([8, 2])), ones([8, 1])), model.parameters());
 *   accumulator.add(grads);
 * }
 * optimizer.step(accumulator.take());
 * console.log(optimizer.stepCount); // 1
 * ```
 */
export class GradientAccumulator {
  private readonly parameters: NamedParameters;
  private readonly sums: ReadonlyMap<string, Buffer>;
  private readonly weight: Buffer = buffer(() => full([], 0, { dtype: 'float64' }));

  constructor(parameters: NamedParameters) {
    checkParameters('GradientAccumulator', parameters);
    this.parameters = parameters;
    this.sums = new Map(
      Object.entries(parameters).map(([name, parameter]) => [name, buffer(() => zerosLike(parameter))]),
    );
  }

  /**
   * Adds the gradients of a batch; names that are left out count as 0.
   *
   * @param weight how much the batch counts in the mean, such as its number of samples; default 1
   * @throws MyelinError `VALUE` for a name that is no parameter; `SHAPE` when a gradient is not like its parameter
   */
  add(gradients: NamedGradients, weight = 1): void {
    checkGradients('GradientAccumulator', gradients, new Map(Object.entries(this.parameters)));
    checkNumber('GradientAccumulator', 'weight', weight);
    scope(() => {
      for (const [name, gradient] of Object.entries(gradients)) {
        const sum = this.sums.get(name)!;
        sum.assign(add(sum, weight === 1 ? gradient : gradient.mul(weight)));
      }
      this.weight.assign(add(this.weight, weight));
    });
  }

  /** The weighted mean of what was added since the last time, by parameter name; the sums begin anew. */
  take(): Record<string, Tensor<FloatDType>> {
    return scope(() => {
      const means = [...this.sums].map(([name, sum]) => {
        const mean = div(sum as Tensor<FloatDType>, cast(this.weight, sum.dtype as FloatDType));
        sum.assign(0);
        return [name, mean] as const;
      });
      this.weight.assign(0);
      return Object.fromEntries(means);
    });
  }

  /** Frees the sums. */
  dispose(): void {
    for (const sum of this.sums.values()) sum.dispose();
    this.weight.dispose();
  }

  /** Frees the sums at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Adds normally distributed noise to gradients. The given gradients stay as they are.
 *
 * @param grads by parameter name, as {@link valueAndGrad} returns them
 * @param std standard deviation of the noise; the paper lets it fall as √(η / (1 + t)^0.55) with the step t
 * @param options.generator where random numbers come from; default the global one, see {@link seed}
 * @throws MyelinError `VALUE` for a negative deviation; `DTYPE` for gradients that are not float
 *
 * Source: Neelakantan et al. 2015, «Adding Gradient Noise Improves Learning for Very Deep Networks», section 3.
 * @example
 * ```ts
 * import { addGradNoise, tensor } from 'myelin';
 * console.log(addGradNoise({ w: tensor([3, 4]) }, 0.01)['w']?.shape); // [ 2 ]
 * ```
 */
export function addGradNoise(
  grads: NamedGradients,
  std: number,
  options: { readonly generator?: Generator } = {},
): Record<string, Tensor<FloatDType>> {
  checkObject('addGradNoise', 'grads', grads);
  checkAtLeast('addGradNoise', 'std', std, 0);
  for (const [name, gradient] of Object.entries(grads)) checkReal('addGradNoise', name, gradient);
  return scope(() =>
    Object.fromEntries(
      Object.entries(grads).map(([name, gradient]) => {
        const noise = normal(gradient.shape, { std, dtype: gradient.dtype as FloatDType, ...options });
        return [name, std === 0 ? clone(gradient as Tensor<FloatDType>) : add(gradient as Tensor<FloatDType>, noise)];
      }),
    ),
  );
}
