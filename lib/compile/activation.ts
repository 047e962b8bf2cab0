import type { Graph, Node, Value, View } from './graph.js';
import { countReads, sameView } from './reads.js';

/** Ops whose kernels can end with an activation, before an element reaches memory. */
const takers: ReadonlySet<string> = new Set(['linear', 'linearPacked']);

// Halves are rounded between the two ops, which can make a zero of what is less than zero.
const takes = ({ op, outputs: [out] }: Node): boolean =>
  takers.has(op.name) && (out!.dtype === 'float32' || out!.dtype === 'float64');

/** Lets the command that makes what a `relu` reads, and nobody else does, apply it: to the same numbers, in registers. */
export function absorbRelu(graph: Graph): Graph {
  const reads = countReads(graph);
  const makers = new Map<Value, number>();
  const nodes: (Node | undefined)[] = [...graph.nodes];
  graph.nodes.forEach((node, at) => {
    if (takes(node)) makers.set(node.outputs[0]!.value, at);
    if (node.op.name !== 'relu') return;
    const [read] = node.inputs as [View];
    const place = makers.get(read.value);
    const maker = place === undefined ? undefined : nodes[place]!;
    if (maker === undefined || reads.get(read.value) !== 1 || !sameView(maker.outputs[0]!, read)) return;
    const attrs = { ...maker.attrs, activation: 'relu' };
    nodes[place!] = { ...maker, attrs, outputs: node.outputs, parts: [maker, node] };
    nodes[at] = undefined;
  });
  return { ...graph, nodes: nodes.filter((node) => node !== undefined) };
}
