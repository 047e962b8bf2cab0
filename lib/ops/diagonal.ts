import type { Tensor } from '../tensor/tensor.js';
import { reshape } from './reshape.js';
import { sliceAxis } from './slice.js';

/** The main diagonal of the matrices in the last two axes, as the last axis; a view where strides allow. */
export function diagonalOf(x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const batch = x.shape.slice(0, -2);
  const length = Math.min(rows, columns);
  if (length === 0) return reshape(sliceAxis(x, x.rank - 2, [0, 0]), [...batch, 0]);
  // A square part first: then places columns + 1 apart in it are the diagonal.
  const flat = reshape(sliceAxis(x, x.rank - 2, [0, length]), [...batch, length * columns]);
  return sliceAxis(flat, flat.rank - 1, [0, (length - 1) * (columns + 1) + 1, columns + 1]);
}
