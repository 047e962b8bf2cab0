import type { Graph, Node, Value } from './graph.js';

/** Commands that overwrite nothing and need nothing of what others overwrite; and the rest, in their order. */
function untilAssigned(nodes: readonly Node[]): [early: Node[], late: Node[]] {
  const changed = new Set<Value>();
  const isLate = ({ inputs, outputs, writes }: Node): boolean => {
    if (writes.length === 0 && inputs.every(({ value }) => !changed.has(value))) return false;
    for (const value of [...writes, ...outputs.map((output) => output.value)]) changed.add(value);
    return true;
  };
  const early: Node[] = [];
  const late: Node[] = [];
  for (const node of nodes) (isLate(node) ? late : early).push(node);
  return [early, late];
}

/** Commands that overwrite something and can do so before any other; and the rest, in their order. */
function assignments(nodes: readonly Node[]): [first: Node[], rest: Node[]] {
  // What the rest makes or overwrites, and what it reads, up to here.
  const pending = new Set<Value>();
  const read = new Set<Value>();
  const isFirst = ({ inputs, writes }: Node): boolean =>
    writes.length > 0 && inputs.every(({ value }) => !pending.has(value)) && writes.every((value) => !read.has(value));
  const first: Node[] = [];
  const rest: Node[] = [];
  for (const node of nodes) {
    if (isFirst(node)) {
      first.push(node);
      continue;
    }
    rest.push(node);
    for (const { value } of node.inputs) read.add(value);
    for (const value of [...node.writes, ...node.outputs.map((output) => output.value)]) pending.add(value);
  }
  return [first, rest];
}

/**
 * Puts commands that overwrite what is bound after all those that need nothing of it, and next to each other: a run that fails,
 * or is ended, before the first of them has changed nothing. Where others need what was assigned, as the second of two steps
 * does, assignments that depend on those follow in the same way: what fails between leaves a whole number of steps.
 */
export function assignLast(graph: Graph): Graph {
  const nodes: Node[] = [];
  for (let left = graph.nodes; left.length > 0;) {
    const [early, late] = untilAssigned(left);
    const [first, rest] = assignments(late);
    nodes.push(...early, ...first);
    left = rest;
  }
  return { ...graph, nodes };
}
