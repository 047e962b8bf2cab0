import { checkTensor } from '../ops/checks.js';
import type { Variable } from '../tensor/parameter.js';

/**
 * Whether a parameter is a bias or belongs to a norm, by the usual rule: it has at most one axis, or its name ends in a
 * part that begins with «bias».
 *
 * @throws MyelinError `TYPE` for what is no tensor
 * @example
 * ```ts
 * import { isNormOrBias, Linear } from 'myelin';
 * const { weight, bias } = new Linear(2, 1).parameters();
 * console.log(isNormOrBias('weight', weight!), isNormOrBias('bias', bias!)); // false true
 * ```
 */
export function isNormOrBias(name: string, parameter: Variable): boolean {
  checkTensor('isNormOrBias', 'parameter', parameter);
  return parameter.rank <= 1 || /(^|\.)bias[^.]*$/.test(name);
}

/**
 * A parameter group without weight decay and L1 penalty, for an optimizer's `groups`.
 *
 * @param match which parameters; default those that {@link isNormOrBias} tells
 * @example
 * ```ts
 * import { AdamW, Linear, withoutDecay } from 'myelin';
 * const optimizer = new AdamW(new Linear(2, 1).parameters(), { weightDecay: 0.1, groups: [withoutDecay()] });
 * console.log(optimizer.lr); // 0.001
 * ```
 */
export function withoutDecay(match: (name: string, parameter: Variable) => boolean = isNormOrBias): {
  /** Which parameters the group takes. */
  readonly match: typeof match;
  readonly weightDecay: 0;
  readonly l1: 0;
} {
  return { match, weightDecay: 0, l1: 0 };
}
