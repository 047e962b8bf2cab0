import { onesLike } from '../ops/creation.js';
import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { isTensor, Tensor } from '../tensor/tensor.js';
import { backward, settle } from './backward.js';
import { checkFunction, checkLeaves, Flat, type GradientsOf, type Tensors } from './leaves.js';
import { recording, Tape } from './tape.js';

/** What a differentiated function may return: the loss, or the loss followed by whatever else it wants kept. */
export type LossResult = Tensor | readonly [loss: Tensor, ...rest: unknown[]];

function lossOf(op: string, result: LossResult): Tensor {
  if (result instanceof Promise) {
    // Its tensors are gone, so it may well reject; the error below says why.
    result.catch(() => undefined);
    fail('TYPE', op, 'the function returned a promise (need its loss, or [loss, ...anything], at once)');
  }
  const loss: unknown = result instanceof Tensor ? result : (result as readonly unknown[] | undefined)?.[0];
  if (!isTensor(loss)) fail('TYPE', op, 'the function must return its loss, or [loss, ...anything]');
  if (loss.size !== 1) fail('SHAPE', op, `the loss is ${describe(loss)} (need one number: take its mean or sum)`);
  if (!isFloat(loss.dtype)) fail('DTYPE', op, `the loss is ${describe(loss)} (need a float dtype)`);
  return loss;
}

/**
 * Runs a function and differentiates what it returns: d loss / d leaf for every leaf.
 *
 * Ops are recorded inside the function and nowhere else. Everything made in it is freed when it ends, except what it
 * returns. A leaf that the loss does not depend on gets zeros. Regions nest, for higher derivatives.
 * A Parameter or Buffer that was used inside must not be assigned before the function ends.
 *
 * @param body returns the loss (one number), or `[loss, ...anything]` to keep more than the loss
 * @param leaves tensors to differentiate by: one, a list, or an object (`model.parameters()`)
 * @returns what the function returned, and the gradients in the structure of `leaves`
 * @throws MyelinError `SHAPE` when the loss is not one number; `DTYPE` for leaves or losses that are not float; `STATE`
 *   when the gradient needs what was assigned meanwhile
 * @example
 * ```ts
 * import { tensor, valueAndGrad } from 'myelin';
 * const w = tensor([1, 2, 3]);
 * const [loss, [dw]] = valueAndGrad(() => w.square().sum(), [w]);
 * console.log(loss.item(), dw.toArray()); // 14 [ 2, 4, 6 ]
 * ```
 */
export function valueAndGrad<R extends LossResult, const P extends Tensors>(
  body: () => R,
  leaves: P,
): [R, GradientsOf<P>] {
  return differentiate('valueAndGrad', body, leaves);
}

/** {@link valueAndGrad} on behalf of another function, which errors name. */
export function differentiate<R extends LossResult, P extends Tensors>(
  op: string,
  body: () => R,
  leaves: P,
): [R, GradientsOf<P>] {
  checkFunction(op, 'the function', body);
  const given = Flat.of(op, 'the list of leaves', leaves);
  checkLeaves(op, given.tensors);
  return scope(() => {
    const distinct = new Set(given.tensors);
    const tape = new Tape(distinct);
    const result = recording(tape, body);
    const loss = lossOf(op, result);
    const gradients = backward(tape, [[loss, onesLike(loss)]], distinct);
    return [result, given.rebuild(settle(gradients, given.tensors)) as GradientsOf<P>];
  });
}

/**
 * Like {@link valueAndGrad}, without the value.
 *
 * @example
 * ```ts
 * import { grad, tensor } from 'myelin';
 * const x = tensor(2);
 * const [dx] = grad(() => x.pow(3), [x]);
 * console.log(dx.item()); // 12
 * ```
 */
export function grad<const P extends Tensors>(body: () => LossResult, leaves: P): GradientsOf<P> {
  return scope(() => valueAndGrad(body, leaves)[1]);
}
