import { ops, planOp } from '../engine/define.js';
import type { Graph, Node, Value, View } from './graph.js';
import { viewNames } from './reads.js';

const geluAndSlopeOp = planOp('geluAndSlope', {});

/** Whether a command is a GELU of what the graph made, and its result lies as that does. */
function canKeepSlope({ op, inputs: [x], outputs: [out] }: Node): boolean {
  if (op.name !== 'gelu' || x!.value.kind !== 'made' || x!.dtype !== 'float32') return false;
  return x!.strides.join() === out!.strides.join();
}

/**
 * Where the derivative of a GELU is wanted, too, has one command make both: they have an exponential and a polynomial in common.
 * The derivative takes the place of the input, which need not be kept, and the way back multiplies by it.
 */
export function keepSlopes(graph: Graph): Graph {
  const nameOf = viewNames();
  const makers = new Map<string, number>();
  const nodes: Node[] = [...graph.nodes];
  graph.nodes.forEach((node, at) => {
    if (canKeepSlope(node)) makers.set(nameOf(node.inputs[0]!), at);
    if (node.op.name !== 'geluBackward') return;
    const [dout, x] = node.inputs as [View, View];
    const place = makers.get(nameOf(x));
    if (place === undefined) return;
    const maker = nodes[place]!;
    const [out, known] = maker.outputs as [View, View?];
    const value: Value = { kind: 'made', bytes: out.value.bytes };
    const slope = known ?? { ...out, value };
    nodes[place] = { ...graph.nodes[place]!, op: geluAndSlopeOp, outputs: [out, slope], parts: [graph.nodes[place]!] };
    nodes[at] = { ...node, op: ops.get('mul')!, inputs: [dout, slope] };
  });
  return { ...graph, nodes };
}
