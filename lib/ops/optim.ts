import { defineOp } from '../engine/define.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, floats } from './checks.js';

// One step of an optimizer is one op for many parameters. It writes into its inputs: parameters, and what the optimizer
// remembers of each. Learning rate and step are tensors, so that they can change from one run of a plan to the next.

type Lists = Readonly<Record<string, readonly Tensor[]>>;

// Every list has one tensor per parameter, of its shape and dtype; all but the gradients lie in memory as it does.
function checkLists(op: string, params: readonly Tensor[], lists: Lists): void {
  params.forEach((param, i) => checkDTypeOf(op, `params[${i}]`, param, floats));
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== params.length) {
      fail('SHAPE', op, `${list.length} ${name} for ${params.length} params (need one for each)`);
    }
    list.forEach((x, i) => {
      const param = params[i]!;
      if (sameShape(x.shape, param.shape) && x.dtype === param.dtype) return;
      const given = `params[${i}] is ${describe(param)}, ${name}[${i}] is ${describe(x)}`;
      fail(x.dtype === param.dtype ? 'SHAPE' : 'DTYPE', op, `${given} (need equal shapes and dtypes)`);
    });
  }
}

function checkScalars(op: string, scalars: Readonly<Record<string, Tensor>>): void {
  for (const [name, x] of Object.entries(scalars)) {
    if (x.rank !== 0 || x.dtype !== 'float64') fail('SHAPE', op, `${name} is ${describe(x)} (need float64[])`);
  }
}

/**
 * Stochastic gradient descent on all parameters at once, in place.
 *
 * g = grad + weightDecay · param; with momentum v = momentum · v + (1 − dampening) · g, which starts as g at step 1, and
 * g = v (Nesterov: g + momentum · v); param −= lr · g. `velocities` is empty when momentum is 0.
 */
export const sgdStep = defineOp({
  name: 'sgdStep',
  inputs: ['params[]', 'grads[]', 'velocities[]', 'lr', 'step'],
  outputs: [],
  overwrites: ['params', 'velocities'],
  attrs: { momentum: 'float', dampening: 'float', weightDecay: 'float', nesterov: 'bool' },
  save: [],
  infer: ({ params, grads, velocities, lr, step }, { momentum }) => {
    checkLists('sgdStep', params, momentum === 0 ? { grads } : { grads, velocities });
    checkScalars('sgdStep', { lr, step });
    return {};
  },
  grad: 'none',
});

/**
 * Adam on all parameters at once, in place; `decoupled` makes it AdamW.
 *
 * g = grad + weightDecay · param (AdamW: param −= lr · weightDecay · param instead); m = β₁ m + (1 − β₁) g;
 * v = β₂ v + (1 − β₂) g²; param −= lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps), where t is the step, counted from 1.
 */
export const adamStep = defineOp({
  name: 'adamStep',
  inputs: ['params[]', 'grads[]', 'means[]', 'squares[]', 'lr', 'step'],
  outputs: [],
  overwrites: ['params', 'means', 'squares'],
  attrs: { beta1: 'float', beta2: 'float', eps: 'float', weightDecay: 'float', decoupled: 'bool' },
  save: [],
  infer: ({ params, grads, means, squares, lr, step }) => {
    checkLists('adamStep', params, { grads, means, squares });
    checkScalars('adamStep', { lr, step });
    return {};
  },
  grad: 'none',
});

/**
 * RMSprop on all parameters at once, in place.
 *
 * g = grad + weightDecay · param; s = α s + (1 − α) g²; centered: m = α m + (1 − α) g and s − m² in place of s;
 * u = g / (√s + eps); with momentum u = b = momentum · b + u; param −= lr · u. `means` is empty unless centered, and
 * `velocities` when momentum is 0.
 */
export const rmspropStep = defineOp({
  name: 'rmspropStep',
  inputs: ['params[]', 'grads[]', 'squares[]', 'means[]', 'velocities[]', 'lr', 'step'],
  outputs: [],
  overwrites: ['params', 'squares', 'means', 'velocities'],
  attrs: { alpha: 'float', eps: 'float', weightDecay: 'float', momentum: 'float', centered: 'bool' },
  save: [],
  infer: ({ params, grads, squares, means, velocities, lr, step }, { momentum, centered }) => {
    const lists = { grads, squares, ...(centered ? { means } : {}), ...(momentum === 0 ? {} : { velocities }) };
    checkLists('rmspropStep', params, lists);
    checkScalars('rmspropStep', { lr, step });
    return {};
  },
  grad: 'none',
});

/**
 * Adagrad on all parameters at once, in place.
 *
 * g = grad + weightDecay · param; s = s + g²; param −= lr / (1 + (t − 1) · lrDecay) · g / (√s + eps), where t is the step,
 * counted from 1.
 */
export const adagradStep = defineOp({
  name: 'adagradStep',
  inputs: ['params[]', 'grads[]', 'squares[]', 'lr', 'step'],
  outputs: [],
  overwrites: ['params', 'squares'],
  attrs: { lrDecay: 'float', eps: 'float', weightDecay: 'float' },
  save: [],
  infer: ({ params, grads, squares, lr, step }) => {
    checkLists('adagradStep', params, { grads, squares });
    checkScalars('adagradStep', { lr, step });
    return {};
  },
  grad: 'none',
});
