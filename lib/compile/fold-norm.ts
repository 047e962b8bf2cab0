import { planOp, type Op } from '../engine/define.js';
import { dtypeInfo } from '../tensor/dtype.js';
import { sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import { writtenValues, type Graph, type Node, type Value, type View } from './graph.js';
import { lastingIn, mostCopiedBytes } from './lasting.js';
import { countReads, viewNames } from './reads.js';
import { passesOver } from './walk.js';

const foldNormOp = planOp('foldNorm', { eps: 'float' });
const linearOp = planOp('linear', { activation: ['none', 'relu'] });

/** What is linear in a weight and a bias, whose first axes are the channels of the output. */
interface Affine {
  readonly op: Op;
  readonly attrs: Node['attrs'];
  readonly x: View;
  readonly weight: View;
  readonly bias: View | undefined;
  /** Of the output. */
  readonly channelAxis: number;
}

/** A command as such; a linear layer without a bias is a product, which gets one. */
function affineOf({ op, inputs, outputs, attrs }: Node): Affine | undefined {
  const [x, weight, bias] = inputs as [View, View, View | undefined];
  const last = outputs[0]!.shape.length - 1;
  if (op.name === 'conv2d') {
    return { op, attrs, x, weight, bias: bias!.shape[0] === 0 ? undefined : bias, channelAxis: 1 };
  }
  if (op.name === 'linear') return { op, attrs, x, weight, bias, channelAxis: last };
  if (op.name !== 'matmul' || weight.shape.length !== 2) return undefined;
  const turned = { ...weight, shape: [...weight.shape].reverse(), strides: [...weight.strides].reverse() };
  return {
    op: linearOp,
    attrs: { activation: 'none' },
    x,
    weight: turned,
    bias: undefined,
    channelAxis: last,
  };
}

/** Whether the element at place i of the memory of a value belongs to channel i modulo their number. */
function isChannelsLast({ shape, strides, offset }: View, axis: number): boolean {
  const channels = shape[axis]!;
  const isPlaced = (extent: number, i: number): boolean =>
    extent === 1 || (i === axis ? strides[i] === 1 : strides[i]! % channels === 0);
  return offset === 0 && shape.every(isPlaced);
}

/** Whether a norm reads all of what a command makes, channel by channel, and writes it in the same order. */
function readsAll({ inputs, outputs }: Node, made: View, channelAxis: number): boolean {
  const [x, out] = [inputs[0]!, outputs[0]!];
  const isWhole = out.value.bytes === made.value.bytes && passesOver(x, out);
  const isSame = x.dtype === made.dtype && x.shape[1] === made.shape[channelAxis];
  return isWhole && isSame && isChannelsLast(made, channelAxis) && isChannelsLast(out, 1);
}

const bytesOf = ({ dtype, shape }: Pick<View, 'dtype' | 'shape'>): number => sizeOf(shape) * dtypeInfo(dtype).size;

function newView({ dtype }: View, shape: Shape): View {
  const value: Value = { kind: 'made', bytes: bytesOf({ dtype, shape }) };
  return { value, dtype, shape, strides: stridesOf(shape), offset: 0 };
}

/** Whether a weight may be copied: views may repeat what they hold. */
function mayCopy(weight: View): boolean {
  const bytes = bytesOf(weight);
  return bytes > 0 && bytes <= weight.value.bytes && bytes <= mostCopiedBytes;
}

/** Weights that norms have been folded into, each made once. */
class FoldedWeights {
  private readonly nameOf = viewNames();
  private readonly made = new Map<string, readonly View[]>();

  /** The weight and bias, and the command that makes them unless there is one. */
  of(
    { weight, bias }: Affine,
    { inputs, attrs }: Node,
  ): readonly [weights: readonly View[], commands: readonly Node[]] {
    const given = [weight, ...inputs.slice(1), ...(bias === undefined ? [] : [bias])];
    const name = [attrs['eps'], ...given.map(this.nameOf)].join('|');
    const before = this.made.get(name);
    if (before !== undefined) return [before, []];
    const outputs = [newView(weight, weight.shape), newView(weight, weight.shape.slice(0, 1))];
    this.made.set(name, outputs);
    return [outputs, [{ op: foldNormOp, inputs: given, attrs, outputs, writes: [], draw: undefined }]];
  }
}

/** Commands before a norm that may take it in, and how. */
class Takers {
  private readonly makers: ReadonlyMap<Value, Node>;
  private readonly reads: ReadonlyMap<Value, number>;
  private readonly written: ReadonlySet<Value>;
  private readonly isLasting: (value: Value) => boolean;

  constructor(graph: Graph) {
    this.makers = new Map(graph.nodes.flatMap((node) => node.outputs.map(({ value }) => [value, node] as const)));
    this.reads = countReads(graph);
    this.written = writtenValues(graph);
    this.isLasting = lastingIn(graph);
  }

  of(norm: Node): readonly [taker: Node, affine: Affine] | undefined {
    if (norm.op.name !== 'batchNormInference') return undefined;
    const { value } = norm.inputs[0]!;
    const taker = this.makers.get(value);
    if (taker === undefined || this.reads.get(value) !== 1) return undefined;
    const affine = affineOf(taker);
    return affine !== undefined && this.fits(norm, taker, affine) ? [taker, affine] : undefined;
  }

  private fits(norm: Node, { outputs: [made], recorded, rerun }: Node, affine: Affine): boolean {
    const { x, weight, bias, channelAxis } = affine;
    const isWide = made!.dtype === 'float32' || made!.dtype === 'float64';
    if (!isWide || recorded === true || rerun !== norm.rerun || this.written.has(x.value)) return false;
    const given = [weight, ...norm.inputs.slice(1), ...(bias === undefined ? [] : [bias])];
    if (!given.every(({ value }) => this.isLasting(value))) return false;
    return mayCopy(weight) && readsAll(norm, made!, channelAxis);
  }
}

/**
 * Folds batch norm by running statistics into the weight and bias of the convolution or linear layer before it, where nobody
 * else reads what that makes and no gradient goes through it. The commands that do so can last; results differ from unfolded
 * ones as roundings do.
 */
export function foldNorms(graph: Graph): Graph {
  const takers = new Takers(graph);
  const weights = new FoldedWeights();
  const gone = new Set<Node>();
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const found = takers.of(node);
    if (found === undefined) return [node];
    const [taker, affine] = found;
    const [folded, commands] = weights.of(affine, node);
    gone.add(taker);
    const outputs = [{ ...taker.outputs[0]!, value: node.outputs[0]!.value }];
    return [...commands, { ...taker, op: affine.op, attrs: affine.attrs, inputs: [affine.x, ...folded], outputs }];
  });
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) };
}
