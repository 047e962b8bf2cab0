import type { Graph, Node, Value } from './graph.js';

/** Leaves out commands whose results nobody needs. */
export function removeDeadCode(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (node.writes.length === 0 && !node.outputs.some(({ value }) => needed.has(value))) continue;
    kept.push(node);
    for (const { value } of node.inputs) needed.add(value);
  }
  return { ...graph, nodes: kept.reverse() };
}
