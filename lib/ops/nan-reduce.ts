import type { DType, FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { cast } from './cast.js';
import { checkReal, checkTensor, floats } from './checks.js';
import { where } from './compare.js';
import { isnan, logicalNot } from './logic.js';
import { sum, type Accumulated, type ReduceOptions } from './reduce.js';

/**
 * Sum over axes with NaN counted as 0: {@link sum} without what is missing.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: floats stay; integers and bools give int64,
 * wrapping. The gradient of a NaN is 0.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there
 * @example
 * ```ts
 * import { nansum, tensor } from 'myelin';
 * console.log(nansum(tensor([1, NaN, 3])).item()); // 4
 * ```
 */
export function nansum<D extends DType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<Accumulated<D>> {
  checkTensor('nansum', 'x', x);
  if (!floats.includes(x.dtype)) return sum(x, options);
  return scope(() => sum(where(isnan(x), 0, x), options)) as Tensor<Accumulated<D>>;
}

/**
 * Mean over axes of what is not NaN; NaN where nothing else is.
 *
 * Shapes: any → without the reduced axes (extent 1 with `keepDims`). Dtypes: float dtypes. The gradient of a NaN is 0.
 *
 * @param options.axis axis or axes; default all
 * @param options.keepDims keep reduced axes with extent 1; default `false`
 * @throws MyelinError `INDEX` for an axis that is not there; `DTYPE` for integers and bool
 * @example
 * ```ts
 * import { nanmean, tensor } from 'myelin';
 * console.log(nanmean(tensor([1, NaN, 3])).item()); // 2
 * ```
 */
export function nanmean<D extends FloatDType>(x: Tensor<D>, options: ReduceOptions = {}): Tensor<D> {
  checkReal('nanmean', 'x', x);
  return scope(() => {
    const numbers = sum(logicalNot(isnan(x)), options);
    return div(nansum(x, options), cast(numbers, x.dtype));
  }) as Tensor<D>;
}
