import { encodeAttrs } from '../engine/command.js';
import { isElementwise, planOp } from '../engine/define.js';
import { dtypeInfo } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { Graph, Node, Value, View } from './graph.js';
import { mayOverwrite } from './in-place.js';
import { fuse, fusedOp } from './tile-program.js';
import { passesOver } from './walk.js';

/** A product and element-wise ops behind it as one command: see native/ops/chain.cc. */
const chainOp = planOp('chain', { parts: 'floats' });

/** Ops that hand on pieces of their result while these are in the cache. */
const products: ReadonlySet<string> = new Set(['conv2d', 'conv2dPacked', 'linear', 'matmul']);

/** Terms of a sum up to which a matrix product waits for memory, so that a pass over its result counts. */
const fewTerms = 256;
/** A first factor of fewer bytes is passed by panels of the second, which form no whole rows: see native/ops/gemm_driver.cc. */
const fewBytes = 2 ** 20;

/** Whether what follows is faster piece by piece. */
function pays({ op, inputs: [x], outputs: [out] }: Node): boolean {
  if (op.name.startsWith('conv2d')) return true;
  const terms = x!.shape.at(-1)!;
  const rows = sizeOf(out!.shape.slice(op.name === 'matmul' ? -2 : 0, -1));
  return terms <= fewTerms && rows * terms * dtypeInfo(out!.dtype).size > fewBytes;
}

function isProduct({ op, outputs: [out], lasting }: Node): boolean {
  if (!products.has(op.name) || lasting === true || sizeOf(out!.shape) === 0) return false;
  return out!.dtype === 'float32' || out!.dtype === 'float64';
}

function isFollower({ op, outputs, writes, draw, lasting }: Node): boolean {
  if (op === fusedOp) return true;
  const isPlain = writes.length === 0 && draw === undefined && lasting !== true;
  return isElementwise(op) && isPlain && sizeOf(outputs[0]!.shape) > 0;
}

/** Whether a command reads all of a value, once, in the order of its memory. */
function readsThrough({ inputs, outputs: [out] }: Node, value: Value): boolean {
  const reads = inputs.filter((view) => view.value === value);
  return reads.length > 0 && reads.every((view) => sizeOf(view.shape) === sizeOf(out!.shape) && passesOver(view, out!));
}

const listed = (numbers: readonly number[]): number[] => [numbers.length, ...numbers];

/**
 * One command for a product and what follows, which `isNeeded` tells whether others read the result of the product, too: then it
 * keeps memory of its own, and lies else where one of the outputs will.
 */
function chain(product: Node, follower: Node, isNeeded: boolean): Node | undefined {
  const program = follower.op === fusedOp ? follower : fuse([follower], () => true);
  const [made] = product.outputs as [View];
  const place = program.inputs.findIndex(({ value }) => value === made.value);
  const others = program.inputs.filter(({ value }) => value !== made.value);
  if (others.length !== program.inputs.length - 1) return undefined;
  const outputs = isNeeded ? [...program.outputs, flat(made)] : program.outputs;
  const home = isNeeded
    ? program.outputs.length
    : program.outputs.findIndex((out) => mayOverwrite(program, out, made.value));
  if (home < 0) return undefined;
  const parts = [
    ...[product.op.number, product.inputs.length, place, program.outputs.length, home],
    ...[listed(made.shape), listed(made.strides), listed(encodeAttrs(product.op, product.attrs))].flat(),
    ...listed(program.attrs['program'] as readonly number[]),
  ];
  const inputs = [...product.inputs, ...others];
  return {
    op: chainOp,
    inputs,
    attrs: { parts },
    outputs,
    writes: [],
    draw: undefined,
    parts: [product, ...program.parts!],
  };
}

/** A value as a row of all its elements. */
function flat({ value, dtype, shape }: View): View {
  return { value, dtype, shape: [sizeOf(shape)], strides: [1], offset: 0 };
}

/** Where a graph makes and reads its values. */
class Places {
  private readonly makers = new Map<Value, number>();
  private readonly readers = new Map<Value, number[]>();
  private readonly returned: ReadonlySet<Value>;
  private readonly writers: readonly number[];

  constructor(private readonly graph: Graph) {
    graph.nodes.forEach(({ inputs, outputs }, at) => {
      for (const { value } of outputs) this.makers.set(value, at);
      for (const value of new Set(inputs.map((view) => view.value))) {
        this.readers.set(value, [...(this.readers.get(value) ?? []), at]);
      }
    });
    this.returned = new Set(graph.outputs.map(({ value }) => value));
    this.writers = graph.nodes.flatMap(({ writes }, at) => (writes.length > 0 ? [at] : []));
  }

  /** The last product that a command reads as it was made, before anybody else does. */
  productBefore(at: number): number | undefined {
    const node = this.graph.nodes[at]!;
    const places = node.inputs.flatMap(({ value }) => this.makers.get(value) ?? []);
    const last = Math.max(...places);
    const maker = this.graph.nodes[last];
    if (maker === undefined || !isProduct(maker)) return undefined;
    const { value } = maker.outputs[0]!;
    if (this.readers.get(value)![0] !== at || !readsThrough(node, value)) return undefined;
    return this.writers.some((writer) => last < writer && writer < at) ? undefined : last;
  }

  /** Whether commands behind the first reader of a value read it, or whoever called does. */
  isNeededLater(value: Value): boolean {
    return this.readers.get(value)!.length > 1 || this.returned.has(value);
  }
}

/**
 * Makes one command of a product and the element-wise ops behind it: they run on each piece of its result as soon as it is
 * there, to the same numbers. `isWorthIt` tells for which products.
 */
export function chainProducts(graph: Graph, isWorthIt = pays): Graph {
  const places = new Places(graph);
  const nodes: (Node | undefined)[] = [...graph.nodes];
  graph.nodes.forEach((node, at) => {
    const place = isFollower(node) ? places.productBefore(at) : undefined;
    if (place === undefined) return;
    const product = graph.nodes[place]!;
    if (!isWorthIt(product)) return;
    const joined = chain(product, node, places.isNeededLater(product.outputs[0]!.value));
    if (joined === undefined) return;
    nodes[at] = joined;
    nodes[place] = undefined;
  });
  return { ...graph, nodes: nodes.filter((node) => node !== undefined) };
}
