import { cast } from '../ops/cast.js';
import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** Tensors by name, as files hold them. */
export type StateDict = Readonly<Record<string, Tensor>>;

/** Names that a state dict lacks, and names that only it has. */
export interface StateDictDifference {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

/** Assigns variables from tensors of the same names; everything is checked before anything is assigned. */
export function assignState(
  own: Readonly<Record<string, Variable>>,
  state: StateDict,
  strict: boolean,
): StateDictDifference {
  const missing = Object.keys(own).filter((name) => !Object.hasOwn(state, name));
  const unexpected = Object.keys(state).filter((name) => !Object.hasOwn(own, name));
  if (strict) checkNames(missing, unexpected);
  const pairs = Object.entries(own)
    .filter(([name]) => Object.hasOwn(state, name))
    .map(([name, target]) => ({ name, target, source: state[name]! }));
  const unfit = pairs.filter(({ target, source }) => !fits(target, source));
  if (unfit.length > 0) {
    const list = unfit.map(({ name, target, source }) => `${name} is ${describe(source)} (need ${describe(target)})`);
    fail('SHAPE', 'loadStateDict', list.join('; '), { names: unfit.map(({ name }) => name) });
  }
  for (const { source } of pairs) source.check('loadStateDict');
  scope(() => {
    for (const { target, source } of pairs) target.assign(cast(source, target.dtype));
  });
  return { missing, unexpected };
}

function checkNames(missing: readonly string[], unexpected: readonly string[]): void {
  const parts: string[] = [];
  if (missing.length > 0) parts.push(`missing ${missing.join(', ')}`);
  if (unexpected.length > 0) parts.push(`unexpected ${unexpected.join(', ')}`);
  if (parts.length === 0) return;
  fail('VALUE', 'loadStateDict', `${parts.join('; ')} (need exactly the names of stateDict())`, {
    missing,
    unexpected,
  });
}

/** Float dtypes convert into each other, and so do the others; a float never silently loses its fraction. */
function fits(target: Tensor, source: Tensor): boolean {
  return sameShape(target.shape, source.shape) && isFloat(target.dtype) === isFloat(source.dtype);
}
