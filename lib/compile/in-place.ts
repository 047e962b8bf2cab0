import { isElementwise } from '../engine/define.js';
import { lastingValues, type Graph, type Node, type Value, type View } from './graph.js';
import { fusedOp } from './tile-program.js';
import { passesOver } from './walk.js';

/** Whether the program of a fused command has read a value for the last time when it makes another. */
function readsBefore({ parts = [] }: Node, value: Value, made: Value): boolean {
  const making = parts.findIndex(({ outputs }) => outputs.some((view) => view.value === made));
  return parts.every(({ inputs }, at) => at <= making || !inputs.some((view) => view.value === value));
}

/** Whether a command may write an output onto an input: every element is read before the one in its place is written. */
export function mayOverwrite(node: Node, made: View, value: Value): boolean {
  const fused = node.op === fusedOp;
  if (!fused && !isElementwise(node.op)) return false;
  if (value.kind !== 'made' || value.bytes !== made.value.bytes) return false;
  const reads = node.inputs.filter((view) => view.value === value);
  const straight = reads.every((view) => view.dtype === made.dtype && passesOver(view, made));
  return straight && reads.length > 0 && (!fused || readsBefore(node, value, made.value));
}

/** The commands, by number, that read each value last; a value that is returned is not among them. */
export function lastReaders({ nodes, outputs }: Graph): Map<Value, number> {
  const last = new Map<Value, number>();
  nodes.forEach(({ inputs }, at) => {
    for (const { value } of inputs) last.set(value, at);
  });
  for (const { value } of outputs) last.delete(value);
  return last;
}

/** Lets element-wise commands write onto inputs that nobody reads after them: that memory is at hand in the cache. */
export function writeInPlace(graph: Graph): Graph {
  const last = lastReaders(graph);
  const returned = new Set(graph.outputs.map(({ value }) => value));
  const lasting = lastingValues(graph);
  const nodes = graph.nodes.map((node, at): Node => {
    const inPlace = new Map<Value, Value>();
    for (const made of node.outputs) {
      if (returned.has(made.value)) continue;
      const taken = new Set(inPlace.values());
      const free = (value: Value): boolean => last.get(value) === at && !taken.has(value) && !lasting.has(value);
      const found = node.inputs.find(({ value }) => free(value) && mayOverwrite(node, made, value));
      if (found !== undefined) inPlace.set(made.value, found.value);
    }
    return inPlace.size === 0 ? node : { ...node, inPlace };
  });
  return { ...graph, nodes };
}
