import { isElementwise, planOp } from '../engine/define.js';
import { dtypeInfo } from '../tensor/dtype.js';
import type { Graph, Node, Value, View } from './graph.js';
import { passesOver } from './walk.js';

const statisticsOp = planOp('batchNormStatistics', { eps: 'float' });
const factorsOp = planOp('batchNormFactors', { eps: 'float' });
const scaleShiftOp = planOp('scaleShiftBy', {});

/** A new vector of as many numbers as there are channels. */
function vectorFor({ dtype, shape }: View): View {
  const channels = shape[1]!;
  const value: Value = { kind: 'made', bytes: channels * dtypeInfo(dtype).size };
  return { value, dtype, shape: [channels], strides: [1], offset: 0 };
}

/** A vector of channels as it is repeated over pixels. */
function overPixels(vector: View, image: View): View {
  const ones = image.shape.slice(2).map(() => 1);
  return { ...vector, shape: [...vector.shape, ...ones], strides: [1, ...ones] };
}

/** What batch norm computes for each channel, and what for each pixel. */
function split(node: Node): Node[] {
  const { op, inputs, outputs, attrs } = node;
  const [x, ...vectors] = inputs as [View, ...View[]];
  const [out, ...statistics] = outputs as [View, ...View[]];
  const factors = [vectorFor(x), vectorFor(x)];
  const training = op.name === 'batchNorm';
  return [
    {
      ...node,
      op: training ? statisticsOp : factorsOp,
      inputs: training ? inputs : vectors,
      outputs: [...factors, ...statistics],
      attrs,
    },
    {
      ...node,
      op: scaleShiftOp,
      inputs: [x, ...factors.map((factor) => overPixels(factor, x))],
      outputs: [out],
      attrs: {},
    },
  ];
}

/**
 * Takes batch norm apart where an element-wise command comes first to read what it makes: what is done to each pixel can then
 * run together with that.
 */
export function splitBatchNorm(graph: Graph): Graph {
  const readers = new Map<Value, readonly [Node, View]>();
  for (const node of [...graph.nodes].reverse()) for (const view of node.inputs) readers.set(view.value, [node, view]);
  const isWorthIt = ({ op, inputs, outputs }: Node): boolean => {
    if (op.name !== 'batchNorm' && op.name !== 'batchNormInference') return false;
    const [x, out] = [inputs[0]!, outputs[0]!];
    const reader = readers.get(out.value);
    if (reader === undefined || !isElementwise(reader[0].op) || out.value.bytes === 0) return false;
    const wide = out.dtype === 'float32' || out.dtype === 'float64';
    return wide && passesOver(x, out) && passesOver(reader[1], reader[0].outputs[0]!);
  };
  return { ...graph, nodes: graph.nodes.flatMap((node) => (isWorthIt(node) ? split(node) : [node])) };
}
