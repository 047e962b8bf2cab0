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

/** Takes a value apart; `what` names it in the error for what cannot be taken apart. */
export function flatten(op: string, what: string, value: unknown): Flattened {
  const tensors: Tensor[] = [];
  const keys: string[] = [];
  const visit = (item: unknown, path: string): Build => {
    if (isTensor(item)) {
      const index = tensors.push(item) - 1;
      keys.push('tensor');
      return (others) => others[index];
    }
    if (Array.isArray(item)) {
      keys.push(`[${item.length}`);
      const parts = item.map((part: unknown, i) => visit(part, `${path}[${i}]`));
      return (others) => parts.map((build) => build(others));
    }
    if (typeof item === 'object' && item !== null && isPlain(item)) {
      keys.push(`{${Object.keys(item).join(',')}`);
      const parts = Object.entries(item).map(([name, part]) => [name, visit(part, `${path}.${name}`)] as const);
      return (others) => Object.fromEntries(parts.map(([name, build]) => [name, build(others)]));
    }
    if (typeof item === 'object' && item !== null) {
      fail('TYPE', op, `${path} is ${show(item)} (need tensors and plain values, in arrays and plain objects)`);
    }
    keys.push(typeof item === 'function' ? 'function' : `${typeof item}:${String(item)}`);
    return () => item;
  };
  const build = visit(value, what);
  return { tensors, key: keys.join(' '), rebuild: build };
}
