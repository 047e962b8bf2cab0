import type { Graph, Value, View } from './graph.js';

/** Whether two views look at the same elements in the same way. */
export const sameView = (a: View, b: View): boolean =>
  a.value === b.value &&
  a.dtype === b.dtype &&
  a.offset === b.offset &&
  [a.shape, a.strides].join(':') === [b.shape, b.strides].join(':');

/** How many views of commands and results look at each value. */
export function countReads({ nodes, outputs }: Graph): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const { value } of [...nodes.flatMap(({ inputs }) => inputs), ...outputs]) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** Names views, so that those have one name which look at the same elements in the same way. */
export function viewNames(): (view: View) => string {
  const numbers = new Map<Value, number>();
  return ({ value, dtype, shape, strides, offset }) => {
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return [numbers.get(value), dtype, shape.join(), strides.join(), offset].join(' ');
  };
}
