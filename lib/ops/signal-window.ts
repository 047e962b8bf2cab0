import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger } from './checks.js';
import { ones, type CreationOptions } from './creation.js';
import { checkFloatDType } from './frequencies.js';
import { arange } from './ranges.js';

/** Options of the windows of signals. */
export interface WindowOptions<D extends FloatDType> extends CreationOptions<D> {
  /** Whether the window is one period of a longer one, as transforms want it, or symmetric; default true. */
  readonly periodic?: boolean;
}

/** A window of n elements; `shape` gets the places i in float64 and the length of the period. */
export function windowOf<D extends FloatDType>(
  op: string,
  n: number,
  { periodic = true, dtype = 'float32' as D }: WindowOptions<D>,
  shape: (places: Tensor, period: number) => Tensor,
): Tensor<D> {
  checkInteger(op, 'n', n, 0);
  if (typeof periodic !== 'boolean') fail('TYPE', op, `periodic is ${show(periodic)} (need true or false)`);
  checkFloatDType(op, dtype);
  if (n === 1) return ones([1], { dtype });
  return scope(() => shape(arange(n, { dtype: 'float64' }), periodic ? n : n - 1).to(dtype));
}
