import { encodeAttrs } from '../engine/command.js';
import { planOp } from '../engine/define.js';
import { cells, gatesOf, type Cell } from '../ops/cells.js';
import { geometryAttrs } from '../ops/conv.js';
import { blocksOf } from '../ops/recurrent.js';
import { dtypeInfo, type DType } from '../tensor/dtype.js';
import { native } from '../tensor/native.js';
import { sizeOf, stridesOf } from '../tensor/shape.js';
import type { Graph, Node, View } from './graph.js';
import { lastingIn, mayKeep, mostCopiedBytes } from './lasting.js';
import { viewNames } from './reads.js';

const packWeightOp = planOp('packWeight', {});
const linearPackedOp = planOp('linearPacked', { activation: ['none', 'relu'] });
const packRecurrentOp = planOp('packRecurrent', { cell: cells });
const packConv2dOp = planOp('packConv2d', { inputShape: 'ints', ...geometryAttrs });
const conv2dPackedOp = planOp('conv2dPacked', { kernelShape: 'ints', ...geometryAttrs });
const recurrentPackedOp = planOp('recurrentPacked', { cell: cells, reverse: 'bool', batchFirst: 'bool', keep: 'bool' });

/** Rows of a linear layer: one alone reads the weight once, as it lies; among many, packing is a small part of the work. */
const [fewestRows, mostRows] = [2, 1024];
/** Steps of samples of a recurrent layer up to which it reads its weights as they lie; see native/ops/recurrent_forward.cc. */
const fewSteps = 16;

/** Slots of biases that a unit of a cell has. */
const biasSlots: Readonly<Record<Cell, number>> = { lstm: 4, gru: 4, tanh: 1, relu: 1 };

const isWide = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
const wholeLines = (dtype: DType, elements: number): number => {
  const units = 64 / dtypeInfo(dtype).size;
  return Math.ceil(elements / units) * units;
};

function isRowMajor({ shape, strides }: View): boolean {
  const dense = stridesOf(shape);
  return shape.every((extent, axis) => extent === 1 || strides[axis] === dense[axis]);
}

/** A command that packs weights, and how many elements it makes of them. */
interface Packing {
  readonly op: Node['op'];
  readonly inputs: readonly View[];
  readonly attrs: Node['attrs'];
  readonly elements: number;
  /** The command that takes what is packed as a last input, behind those it goes on reading. */
  readonly taker: Pick<Node, 'op' | 'inputs' | 'attrs'>;
}

function linearPacking({ inputs, outputs, attrs }: Node): Packing | undefined {
  const [x, weight] = inputs as [View, View];
  const [n, k] = weight.shape as [number, number];
  const rows = sizeOf(x.shape.slice(0, -1));
  const fits = rows >= fewestRows && rows <= mostRows && n > 1 && k > 0;
  if (!fits || !isWide(weight.dtype) || !isRowMajor(outputs[0]!) || (x.shape.length !== 2 && !isRowMajor(x))) return;
  return {
    op: packWeightOp,
    inputs: [weight],
    attrs: {},
    elements: wholeLines(weight.dtype, n) * k,
    taker: { op: linearPackedOp, inputs, attrs },
  };
}

function recurrentPacking({ inputs, attrs }: Node): Packing | undefined {
  const [x, , , ih, hh, , , projection] = inputs as [View, View, View, View, View, View, View, View];
  const cell = attrs['cell'] as Cell;
  if (attrs['keep'] === true || !isWide(x.dtype) || x.shape[0]! * x.shape[1]! <= fewSteps) return;
  const state = hh.shape[1]!;
  const hidden = hh.shape[0]! / gatesOf[cell];
  const { blocks, width } = blocksOf(x.dtype, hidden, cell);
  const perUnit = gatesOf[cell] * (ih.shape[1]! + state) + biasSlots[cell];
  const projected = sizeOf(projection.shape) > 0 ? wholeLines(x.dtype, state) * hidden : 0;
  return {
    op: packRecurrentOp,
    inputs: inputs.slice(3, 8),
    attrs: { cell },
    elements: blocks * width * perUnit + projected,
    taker: { op: recurrentPackedOp, inputs, attrs },
  };
}

function convPacking({ inputs, attrs }: Node): Packing | undefined {
  const [x, weight, bias] = inputs as [View, View, View];
  if (!isWide(weight.dtype)) return;
  const packAttrs = { inputShape: x.shape, ...attrs };
  const described = Float64Array.of(weight.shape.length, ...weight.shape, ...encodeAttrs(packConv2dOp, packAttrs));
  const elements = native.packedConvElements(dtypeInfo(weight.dtype).size, described);
  if (elements === 0) return;
  const taker = { op: conv2dPackedOp, inputs: [x, bias], attrs: { kernelShape: weight.shape, ...attrs } };
  return { op: packConv2dOp, inputs: [weight], attrs: packAttrs, elements, taker };
}

const packings: Readonly<Record<string, (node: Node) => Packing | undefined>> = {
  conv2d: convPacking,
  linear: linearPacking,
  recurrent: recurrentPacking,
};

/**
 * Packs weights that are the same from run to run, by commands of their own, which can last: the others then read them
 * as their kernels like them best.
 */
export function packWeights(graph: Graph): Graph {
  const isLasting = lastingIn(graph);
  const packed = new Map<string, View>();
  const nameOf = viewNames();
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const packing = packings[node.op.name]?.(node);
    if (packing === undefined || !packing.inputs.every(({ value }) => isLasting(value))) return [node];
    const { op, inputs, attrs, elements, taker } = packing;
    const { dtype } = inputs[0]!;
    const bytes = elements * dtypeInfo(dtype).size;
    if (bytes > mostCopiedBytes || !mayKeep(bytes, inputs)) return [node];
    const key = [op.name, Object.values(attrs).join(), ...inputs.map(nameOf)].join('|');
    const before = packed.get(key);
    const view = before ?? { value: { kind: 'made', bytes }, dtype, shape: [elements], strides: [1], offset: 0 };
    packed.set(key, view);
    const taking = { ...node, ...taker, inputs: [...taker.inputs, view] };
    if (before !== undefined) return [taking];
    return [{ op, inputs, attrs, outputs: [view], writes: [], draw: undefined }, taking];
  });
  return { ...graph, nodes };
}
