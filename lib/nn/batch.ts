import type { Maxima } from '../ops/pool-indices.js';
import { squeeze, unsqueeze } from '../ops/reshape.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/** Runs what takes batches [B, C, …] with so many axes of places on a single sample [C, …], too. */
export function asBatch<D extends FloatDType>(x: Tensor<D>, axes: number, run: (x: Tensor<D>) => Tensor<D>): Tensor<D> {
  if (x.rank !== axes + 1) return run(x);
  return scope(() => squeeze(run(unsqueeze(x, 0)), 0));
}

/** The same for what finds maxima and their places. */
export function placesAsBatch<D extends FloatDType>(
  x: Tensor<D>,
  axes: number,
  run: (x: Tensor<D>) => Maxima<D>,
): Maxima<D> {
  if (x.rank !== axes + 1) return run(x);
  return scope((): Maxima<D> => {
    const [max, indices] = run(unsqueeze(x, 0));
    return [squeeze(max, 0), squeeze(indices, 0)];
  });
}
