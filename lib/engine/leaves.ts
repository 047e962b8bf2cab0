import { isFloat } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';

/** Tensors to differentiate by: a list, or an object such as `model.parameters()`. */
export type Leaves = readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** One tensor, or several in a list or an object: what functions that are transformed take and return. */
export type Tensors = Tensor | Leaves;

/** A tensor of the same dtype and shape that is no Parameter, whatever the other is. */
export type LikeOf<T extends Tensor> = Tensor<T['dtype'], T['shape']>;

/** One gradient per leaf, in the same structure. */
export type GradientsOf<P extends Tensors> = P extends Tensor
  ? LikeOf<P>
  : { [K in keyof P]: P[K] extends Tensor ? LikeOf<P[K]> : never };

/** How a function is called with tensors: with the one, with those of a list one by one, or with the object. */
export type ArgumentsOf<P extends Tensors> = P extends Tensor ? [x: P] : P extends readonly Tensor[] ? P : [inputs: P];

/** Tensors as a list, and the way back into the structure that they came in. */
export class Flat {
  private constructor(
    readonly tensors: readonly Tensor[],
    private readonly keys: readonly string[] | 'one' | 'list',
  ) {}

  /** `what` names the value in the error for what holds anything but tensors. */
  static of(op: string, what: string, value: unknown): Flat {
    if (isTensor(value)) return new Flat([value], 'one');
    if (value instanceof Promise) {
      // Its tensors are gone, so it may well reject; the error below says why.
      value.catch(() => undefined);
      fail('TYPE', op, `${what} is a promise (need tensors at once)`);
    }
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
    if (entries === undefined)
      fail('TYPE', op, `${what} is ${show(value)} (need a tensor, or a list or object of them)`);
    const tensors = entries.map(([key, tensor]: [string, unknown]) => {
      if (!isTensor(tensor)) fail('TYPE', op, `${what} has ${show(tensor)} at ${key} (need tensors)`, { key });
      return tensor;
    });
    return new Flat(tensors, Array.isArray(value) ? 'list' : entries.map(([key]) => key));
  }

  /** Other items, one for each tensor, in the structure of the tensors. */
  rebuild(items: readonly unknown[]): unknown {
    if (this.keys === 'one') return items[0];
    if (this.keys === 'list') return items;
    return Object.fromEntries(this.keys.map((key, i) => [key, items[i]]));
  }

  /** Calls a function with tensors of this structure, as {@link ArgumentsOf} says. */
  call<R>(fn: (...inputs: never) => R, tensors: readonly Tensor[]): R {
    const args = this.keys === 'list' ? tensors : [this.rebuild(tensors)];
    return fn(...(args as never));
  }

  /** Items of a value of the same structure; refuses any other. */
  match(op: string, what: string, value: unknown): readonly Tensor[] {
    const other = Flat.of(op, what, value);
    if (String(other.keys) === String(this.keys) && other.tensors.length === this.tensors.length) return other.tensors;
    fail('TYPE', op, `${what} has another structure than it belongs to (need ${this.structure()})`);
  }

  private structure(): string {
    if (this.keys === 'one') return 'one tensor';
    if (this.keys === 'list') return `a list of ${this.tensors.length}`;
    return `an object with ${this.keys.join(', ')}`;
  }
}

/** Refuses what cannot be differentiated by. */
export function checkLeaves(op: string, leaves: readonly unknown[]): asserts leaves is readonly Tensor[] {
  for (const leaf of leaves) {
    if (!isTensor(leaf)) fail('TYPE', op, 'can only differentiate by tensors (need a list or an object of them)');
    leaf.check(op);
    if (!isFloat(leaf.dtype)) fail('DTYPE', op, `cannot differentiate by ${describe(leaf)} (need a float dtype)`);
  }
}

/** Refuses what is not a function. */
export function checkFunction(op: string, name: string, value: unknown): void {
  if (typeof value !== 'function') fail('TYPE', op, `${name} is ${show(value)} (need a function)`);
}
