import { fail } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { div, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { checkInteger } from './checks.js';
import { tensor } from './creation.js';
import { reshape } from './reshape.js';

/** Where the windows of a pool of averages are, of which a divisor of one's own is asked for. */
interface Summed {
  readonly kernel: Shape;
  readonly stride: Shape;
  readonly padding: Shape;
  /** What is pooled, along each axis. */
  readonly extents: Shape;
}

/** Refuses a divisor that is none. */
export function checkDivisor(op: string, divisor: number | undefined): void {
  if (divisor === undefined) return;
  checkInteger(op, 'divisorOverride', divisor);
  if (divisor === 0) fail('VALUE', op, 'divisorOverride is 0 (need another number)');
}

/** Averages that count their padding, with another divisor: windows that hang over the edge have fewer places than others. */
export function divided(averages: Tensor, divisor: number, { extents, kernel, stride, padding }: Summed): Tensor {
  const counts = extents.map((extent, i) =>
    Array.from({ length: averages.shape[2 + i]! }, (_, o) => {
      const start = o * stride[i]! - padding[i]!;
      return Math.min(start + kernel[i]!, extent + padding[i]!) - start;
    }),
  );
  const whole = kernel.reduce((product, extent) => product * extent, 1);
  if (counts.every((list, i) => list.every((count) => count === kernel[i]!))) return mul(averages, whole / divisor);
  const along = (list: readonly number[], i: number): Tensor =>
    reshape(cast(tensor(list), averages.dtype), [list.length, ...extents.slice(i + 1).map(() => 1)]);
  return div(
    counts.reduce<Tensor>((sums, list, i) => mul(sums, along(list, i)), averages),
    divisor,
  );
}
