import { checkpoint } from '../engine/checkpoint.js';
import type { Tensors } from '../engine/leaves.js';
import { checkModule, type AnyModule } from './module.js';

/**
 * Makes a module forget what it computes until its gradient is taken, and compute it again then: less memory for one more run
 * of its forward pass. See {@link checkpoint}.
 *
 * The module stays the same object with the same names in its state dict. Gradients are bit for bit those without. It pays for
 * blocks that are repeated, such as the layers of a Transformer: of n blocks only the inputs and one block's inside are alive.
 *
 * @param module one whose `forward` gives a tensor, or a list or object of tensors
 * @returns the module
 * @throws MyelinError `TYPE` for what is no module
 *
 * Source: Chen, Xu, Zhang & Guestrin 2016, «Training Deep Nets with Sublinear Memory Cost».
 * @example
 * ```ts
 * import { checkpointed, GELU, Linear, ones, Sequential } from 'myelin';
 * const block = () => checkpointed(new Sequential(new Linear(8, 32), new GELU(), new Linear(32, 8)));
 * const model = new Sequential(block(), block());
 * console.log(model.forward(ones([2, 8])).shape); // [ 2, 8 ]
 * ```
 */
export function checkpointed<M extends AnyModule>(module: M): M {
  checkModule('checkpointed', module);
  const forward = (module.forward as (...inputs: readonly unknown[]) => Tensors).bind(module);
  Object.defineProperty(module, 'forward', {
    value: (...inputs: readonly unknown[]) => checkpoint(() => forward(...inputs)),
    configurable: true,
    writable: true,
  });
  return module;
}
