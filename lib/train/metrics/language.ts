import { crossEntropy } from '../../ops/cross-entropy.js';
import { checkInteger, checkObject } from '../../ops/checks.js';
import { cast } from '../../ops/cast.js';
import { ne } from '../../ops/compare.js';
import { countNonzero } from '../../ops/reduce.js';
import { reshape } from '../../ops/reshape.js';
import { scope } from '../../tensor/scope.js';
import type { FloatDType } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkClasses, type Metric } from './metric.js';

/**
 * Perplexity of a language model: exp of the mean negative log-likelihood of the targets.
 *
 * Shapes: output [..., V] of logits, target [...] of token numbers.
 *
 * @param options.ignoreIndex target of positions that do not count, such as padding; default −100
 * @throws MyelinError `SHAPE` for outputs and targets that do not belong together
 * @example
 * ```ts
 * import { perplexity, tensor } from 'myelin';
 * const metric = perplexity();
 * metric.update(tensor([[0, 0, 0, 0]]), tensor([2], { dtype: 'int32' }));
 * console.log(metric.value().toFixed(3)); // 4.000
 * ```
 */
export function perplexity(options: { readonly ignoreIndex?: number } = {}): Metric {
  checkObject('perplexity', 'options', options);
  const { ignoreIndex = -100 } = options;
  checkInteger('perplexity', 'ignoreIndex', ignoreIndex);
  let total = 0;
  let count = 0;
  return {
    name: 'perplexity',
    reset: () => {
      total = 0;
      count = 0;
    },
    update: (output, target) =>
      scope(() => {
        checkClasses('perplexity', output, target);
        const tokens = cast(reshape(target, [target.size]), 'int64');
        const logits = reshape(output, [target.size, output.shape.at(-1)!]) as Tensor<FloatDType>;
        total += crossEntropy(logits, tokens, { ignoreIndex, reduction: 'sum' }).item();
        count += countNonzero(ne(tokens, ignoreIndex)).item();
      }),
    value: () => Math.exp(total / count),
  };
}
