import { collect } from '../tensor/scope.js';
import { Variable } from '../tensor/parameter.js';
import { isTensor, Tensor } from '../tensor/tensor.js';

/** A structure of tensors that stays usable, whoever frees the original, until it is released. */
export interface Held<T> {
  readonly value: T;
  readonly release: () => void;
}

/**
 * Makes views of all tensors in arrays and plain objects, which share their memory and hold on to it. Everything else is
 * passed on as it is, Parameters and Buffers included: they belong to their modules.
 */
export function hold<T extends object>(value: T): Held<T> {
  const { result, made } = collect(() => viewsOf(value) as T);
  return { value: result, release: () => made.forEach((view) => view.dispose()) };
}

function viewsOf(value: unknown): unknown {
  if (isTensor(value)) {
    if (value instanceof Variable) return value;
    value.check('predict');
    return new Tensor(value.storage, value.dtype, value.shape, value.strides, value.offset);
  }
  if (Array.isArray(value)) return value.map(viewsOf);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, viewsOf(part)]));
}
