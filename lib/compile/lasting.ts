import { isPure } from './fold.js';
import { writtenValues, type Graph, type Node, type Value, type View } from './graph.js';

/**
 * What lasts has memory of its own, so a large result may take no more than so many times what it is made of. Winograd's algorithm
 * makes thirty-six numbers of nine weights, and some more to fill panels.
 */
const mostGrowth = 6;
const large = 64 * 1024;

/** Weights are not copied, so as to be read in another form, if they are larger: whoever has such would miss the memory. */
export const mostCopiedBytes = 32 * 2 ** 20;

const bytesOf = (views: readonly View[]): number =>
  [...new Set(views.map(({ value }) => value))].reduce((bytes, value) => bytes + value.bytes, 0);

/** Whether results of so many bytes, made of these, are not too large to keep. */
export const mayKeep = (bytes: number, inputs: readonly View[]): boolean =>
  bytes <= Math.max(large, mostGrowth * bytesOf(inputs));

/** Whether a value is bound, and runs of the graph do not assign it; whoever holds a borrowed array writes it unheard. */
export function isSteady(value: Value, written: ReadonlySet<Value>): boolean {
  return value.kind === 'bound' && value.storage!.borrowed === undefined && !written.has(value);
}

/** Tells which values are steady, or can last since commands make them of nothing but such. */
export function lastingIn(graph: Graph): (value: Value) => boolean {
  const written = writtenValues(graph);
  const returned = new Set(graph.outputs.map(({ value }) => value));
  const made = new Set<Value>();
  const isLasting = (value: Value): boolean => made.has(value) || isSteady(value, written);
  const canLast = (node: Node): boolean => {
    const { inputs, outputs } = node;
    if (!isPure(node) || inputs.length === 0 || outputs.some(({ value }) => returned.has(value))) return false;
    return mayKeep(bytesOf(outputs), inputs) && inputs.every(({ value }) => isLasting(value));
  };
  for (const node of graph.nodes) if (canLast(node)) for (const { value } of node.outputs) made.add(value);
  return isLasting;
}

/**
 * Lets the results of commands last that depend on nothing but Parameters, Buffers and constants which the graph does not
 * assign, such as packed weights. These commands come first, so that a run can begin behind them.
 */
export function letLast(graph: Graph): Graph {
  const isLasting = lastingIn(graph);
  const lasts = ({ outputs }: Node): boolean => outputs.length > 0 && outputs.every(({ value }) => isLasting(value));
  const first = graph.nodes.filter(lasts).map((node) => ({ ...node, lasting: true }));
  return { ...graph, nodes: [...first, ...graph.nodes.filter((node) => !lasts(node))] };
}
