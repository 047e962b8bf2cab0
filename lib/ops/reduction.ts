import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { div } from './arithmetic.js';
import { checkOption } from './checks.js';
import { mean, sum } from './reduce.js';

/** How the losses of single samples become the result: their average, their sum, or left as they are. */
export type LossReduction = 'mean' | 'sum' | 'none';

/** Options that every loss has. */
export interface LossOptions {
  /** How single losses become the result; default `'mean'`. */
  readonly reduction?: LossReduction;
}

/** {@link mean} of what is known to be float. */
export const average = (x: Tensor, axis?: number): Tensor =>
  mean(x as Tensor<FloatDType>, axis === undefined ? {} : { axis });

/** The result of a loss; averages are weighted where weights are given. */
export function reduceLosses(losses: Tensor, reduction: LossReduction, weights?: Tensor): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return sum(losses);
  return weights === undefined ? average(losses) : div(sum(losses), sum(weights));
}

/** Refuses a reduction that does not exist. */
export const checkReduction = (op: string, reduction: LossReduction): void =>
  checkOption(op, 'reduction', reduction, ['mean', 'sum', 'none']);
