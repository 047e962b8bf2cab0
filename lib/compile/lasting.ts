import { isPure } from './fold.js';
import { writtenValues, type Graph, type Node, type Value, type View } from './graph.js';

/** What lasts has memory of its own, so a large result may take no more than so many times what it is made of. */
const mostGrowth = 2;
const large = 64 * 1024;

const bytesOf = (views: readonly View[]): number =>
  [...new Set(views.map(({ value }) => value))].reduce((bytes, value) => bytes + value.bytes, 0);

/** Whether a value is bound, and runs of the graph do not assign it; whoever holds a borrowed array writes it unheard. */
export function isSteady(value: Value, written: ReadonlySet<Value>): boolean {
  return value.kind === 'bound' && value.storage!.borrowed === undefined && !written.has(value);
}

/**
 * Lets the results of commands last that depend on nothing but Parameters, Buffers and constants which the graph does not
 * assign, such as packed weights. These commands come first, so that a run can begin behind them.
 */
export function letLast(graph: Graph): Graph {
  const written = writtenValues(graph);
  const returned = new Set(graph.outputs.map(({ value }) => value));
  const made = new Set<Value>();
  const lasts = (node: Node): boolean => {
    const { inputs, outputs } = node;
    if (!isPure(node) || inputs.length === 0 || outputs.some(({ value }) => returned.has(value))) return false;
    if (bytesOf(outputs) > Math.max(large, mostGrowth * bytesOf(inputs))) return false;
    return inputs.every(({ value }) => made.has(value) || isSteady(value, written));
  };
  const first: Node[] = [];
  const others: Node[] = [];
  for (const node of graph.nodes) {
    if (!lasts(node)) {
      others.push(node);
      continue;
    }
    first.push({ ...node, lasting: true });
    for (const { value } of node.outputs) made.add(value);
  }
  return { ...graph, nodes: [...first, ...others] };
}
