import type { Graph, Node, Value } from './graph.js';

/**
 * Puts commands that overwrite what is bound after all those that need nothing of it, in their order: a run that fails, or is
 * ended, before the first of them has changed nothing.
 */
export function assignLast(graph: Graph): Graph {
  const changed = new Set<Value>();
  const isLate = ({ inputs, outputs, writes }: Node): boolean => {
    if (writes.length === 0 && inputs.every(({ value }) => !changed.has(value))) return false;
    for (const value of [...writes, ...outputs.map((output) => output.value)]) changed.add(value);
    return true;
  };
  const early: Node[] = [];
  const late: Node[] = [];
  for (const node of graph.nodes) (isLate(node) ? late : early).push(node);
  return { ...graph, nodes: [...early, ...late] };
}
