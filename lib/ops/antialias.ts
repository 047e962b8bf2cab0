import type { FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { relu } from './activation.js';
import { abs, add, div, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { lt, where } from './compare.js';
import { matmul } from './linalg.js';
import { arange } from './ranges.js';
import { sum } from './reduce.js';
import { unsqueeze } from './reshape.js';
import { swapAxes } from './views.js';

// Shrinking an image by a filter that grows with what it skips, so that nothing between two pixels of the result is lost. A
// place of the result is a weighted sum of an axis: a product with a matrix of weights for each axis.

/** Keys' cubic with a = −½, at distances from 0 on. */
function cubic(distance: Tensor): Tensor {
  const near = add(mul(mul(sub(mul(distance, 1.5), 2.5), distance), distance), 1);
  const far = mul(sub(mul(add(mul(sub(distance, 5), distance), 8), distance), 4), -0.5);
  return where<Tensor, Tensor>(lt(distance, 1), near, where<Tensor, number>(lt(distance, 2), far, 0));
}

/** How much each of `extent` places counts for each of `size` places that are `scale` of them apart: [size, extent]. */
function weightsOf(extent: number, size: number, scale: number, kind: 'linear' | 'cubic'): Tensor {
  const middles = (count: number): Tensor => add(arange(count, { dtype: 'float64' }), 0.5);
  const centers = unsqueeze(mul(middles(size), scale), 1);
  const distance = abs(div(sub(middles(extent), centers), Math.max(1, scale)));
  const weights = kind === 'linear' ? relu(sub(1, distance)) : cubic(distance);
  return div(weights, sum(weights, { axis: 1, keepDims: true }));
}

/** Images [B, C, H, W] of another size, filtered by as much as they shrink. */
export function antialiased(x: Tensor, size: Shape, scales: readonly number[], kind: 'linear' | 'cubic'): Tensor {
  const [down, across] = [2, 3].map((axis, i) =>
    cast(weightsOf(x.shape[axis]!, size[i]!, scales[i]!, kind), x.dtype),
  ) as [Tensor<FloatDType>, Tensor<FloatDType>];
  return matmul(down, matmul(x as Tensor<FloatDType>, swapAxes(across, 0, 1)));
}
