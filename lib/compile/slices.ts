import { planOp } from '../engine/define.js';
import type { Graph, Node, Value, View } from './graph.js';
import { countReads, sameView } from './reads.js';

const joinOp = planOp('joinSlices', { axis: 'int' });

/** A part of a tensor: what lies there, on which axis, and from where. */
interface Part {
  readonly dout: View;
  readonly axis: number;
  readonly start: number;
}

/** What the gradient of a slice puts where, if it is a whole but for a range of one axis. */
function partOf({ op, inputs, outputs, attrs }: Node): Part | undefined {
  if (op.name !== 'sliceBackward') return undefined;
  const [dout, out] = [inputs[0]!, outputs[0]!];
  const [starts, steps] = [attrs['start'], attrs['step']] as [readonly number[], readonly number[]];
  const cut = out.shape.map((_, axis) => axis).filter((axis) => dout.shape[axis] !== out.shape[axis]);
  if (cut.length !== 1 || dout.value.kind !== 'made' || steps.some((step) => step !== 1)) return undefined;
  return { dout, axis: cut[0]!, start: starts[cut[0]!]! };
}

/** The parts in their order, when they fill the whole side by side and each has neighbours in memory. */
function sideBySide(parts: readonly Part[], { shape, strides }: View): readonly Part[] | undefined {
  const sorted = [...parts].sort((a, b) => a.start - b.start);
  const [{ axis }] = sorted as [Part];
  let next = 0;
  for (const part of sorted) {
    const extent = part.dout.shape[axis]!;
    if (part.axis !== axis || part.start !== next || (extent === 1 && strides[axis] === 1)) return undefined;
    next += extent;
  }
  return next === shape[axis] ? sorted : undefined;
}

/** Sums of gradients of slices, by the commands that make them. */
class Sums {
  private readonly makers: ReadonlyMap<Value, Node>;
  private readonly reads: ReadonlyMap<Value, number>;

  constructor(graph: Graph) {
    this.makers = new Map(graph.nodes.flatMap((node) => node.outputs.map(({ value }) => [value, node] as const)));
    this.reads = countReads(graph);
  }

  /** The commands whose sum a command forms: slices' gradients that nobody else reads, and the sums between. */
  terms(node: Node): Node[] | undefined {
    const terms: Node[] = [];
    for (const read of node.inputs) {
      const maker = this.makers.get(read.value);
      if (maker === undefined || this.reads.get(read.value) !== 1) return undefined;
      if (!sameView(maker.outputs[0]!, read)) return undefined;
      const inner = maker.op.name === 'add' ? this.terms(maker) : partOf(maker) && [];
      if (inner === undefined) return undefined;
      terms.push(...inner, maker);
    }
    return terms;
  }
}

/**
 * Puts gradients of slices side by side, where a tensor was cut into slices and all came back: else each becomes a tensor of
 * the whole size, almost all zeros, and these are added.
 */
export function joinSlices(graph: Graph): Graph {
  const sums = new Sums(graph);
  const gone = new Set<Node>();
  const nodes = [...graph.nodes].reverse().flatMap((node): Node[] => {
    const [out] = node.outputs;
    if (gone.has(node)) return [];
    if (node.op.name !== 'add' || (out!.dtype !== 'float32' && out!.dtype !== 'float64')) return [node];
    const terms = sums.terms(node);
    const parts = terms?.flatMap((term) => partOf(term) ?? []);
    const sorted = parts && sideBySide(parts, out!);
    if (sorted === undefined) return [node];
    for (const term of terms!) gone.add(term);
    const inputs = sorted.map(({ dout }) => dout);
    return [{ ...node, op: joinOp, inputs, attrs: { axis: sorted[0]!.axis }, parts: [...terms!, node] }];
  });
  return { ...graph, nodes: nodes.reverse() };
}
