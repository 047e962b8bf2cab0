import { isTensor, type Tensor } from '../tensor/tensor.js';
import { fail, show } from '../tensor/errors.js';

/** Tensors inside nested arrays and plain objects, in order, and what is around them. */
export interface Flattened {
  readonly tensors: readonly Tensor[];
  /** Values other than tensors, and the places of tensors: equal for values of equal structure. */
  readonly key: string;
  /** The same structure around other tensors. */
  rebuild(tensors: readonly unknown[]): unknown;
}

type Build = (tensors: readonly unknown[]) => unknown;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A number as text that no other number has. */
export const showExactly = (value: unknown): string => (Object.is(value, -0) ? '-0' : String(value));

/** Takes a value apart; `what` names it in the error for what cannot be taken apart. */
export function flatten(op: string, what: string, value: unknown): Flattened {
  const tensors: Tensor[] = [];
  const keys: string[] = [];
  const around = new Set<unknown>();
  // What is inside `item`; refuses to go round in circles.
  const inside = <T>(item: object, path: string, body: () => T): T => {
    if (around.has(item)) fail('TYPE', op, `${path} is part of itself (need a structure that ends)`);
    around.add(item);
    const parts = body();
    around.delete(item);
    return parts;
  };
  const visit = (item: unknown, path: string): Build => {
    if (isTensor(item)) {
      const index = tensors.push(item) - 1;
      keys.push('tensor');
      return (others) => others[index];
    }
    if (Array.isArray(item)) {
      keys.push(`[${item.length}`);
      const parts = inside(item, path, () => item.map((part: unknown, i) => visit(part, `${path}[${i}]`)));
      return (others) => parts.map((build) => build(others));
    }
    if (typeof item === 'object' && item !== null && isPlain(item)) {
      keys.push(`{${JSON.stringify(Object.keys(item))}`);
      const parts = inside(item, path, () =>
        Object.entries(item).map(([name, part]) => [name, visit(part, `${path}.${name}`)] as const),
      );
      return (others) => Object.fromEntries(parts.map(([name, build]) => [name, build(others)]));
    }
    if (typeof item === 'function' || typeof item === 'symbol' || (typeof item === 'object' && item !== null)) {
      fail('TYPE', op, `${path} is ${show(item)} (need tensors and plain values, in arrays and plain objects)`);
    }
    keys.push(typeof item === 'string' ? JSON.stringify(item) : `${typeof item}:${showExactly(item)}`);
    return () => item;
  };
  const build = visit(value, what);
  return { tensors, key: keys.join(' '), rebuild: build };
}
