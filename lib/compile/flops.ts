import { sizeOf } from '../tensor/shape.js';
import type { Node, View } from './graph.js';

type Inputs = readonly View[];

const size = (view: View | undefined): number => (view === undefined ? 0 : sizeOf(view.shape));
const rowsOf = ({ shape }: View): number => shape.at(-2)!;

/** Multiply-adds of a matrix product, or a linear layer. */
const product = ({ inputs, outputs }: Node): number => size(outputs[0]) * inputs[0]!.shape.at(-1)!;

/** Of a convolution with so many pixels of output in all channels, whose kernel has this shape. */
const convolution = (pixels: View | undefined, [, ...perPixel]: readonly number[]): number =>
  size(pixels) * sizeOf(perPixel);
const kernelOf = ({ attrs }: Node): readonly number[] => attrs['kernelShape'] as readonly number[];

/** Of the steps of a recurrent layer: each multiplies every weight once for every sample. */
function recurrence([x, , , ...weights]: Inputs): number {
  const [inputWeight, stateWeight, , , projection] = weights;
  return x!.shape[0]! * x!.shape[1]! * (size(inputWeight) + size(stateWeight) + size(projection));
}

/** Of scores and of the weighted sums of values. */
function attended([q, k, v]: Inputs): number {
  const queries = sizeOf(q!.shape.slice(0, -1));
  return queries * rowsOf(k!) * (q!.shape.at(-1)! + v!.shape.at(-1)!);
}

/** Of commands that are bound by them. */
const multiplyAdds: Readonly<Record<string, (node: Node) => number>> = {
  matmul: product,
  linear: product,
  linearPacked: product,
  conv2d: ({ inputs, outputs }) => convolution(outputs[0], inputs[1]!.shape),
  conv2dPacked: (node) => convolution(node.outputs[0], kernelOf(node)),
  conv2dDInput: ({ inputs }) => convolution(inputs[0], inputs[1]!.shape),
  conv2dDWeight: (node) => convolution(node.inputs[1], kernelOf(node)),
  recurrent: ({ inputs }) => recurrence(inputs),
  recurrentPacked: ({ inputs }) => recurrence(inputs),
  recurrentBackward: ({ inputs }) => 2 * recurrence(inputs),
  attention: ({ inputs }) => attended(inputs),
  // Scores once more, and a gradient for each factor of either product.
  attentionBackward: ({ inputs: [, ...inputs] }) => 2.5 * attended(inputs),
};

/**
 * Floating-point operations of a command: two for each multiply-add of a product, a convolution, attention or a recurrent layer,
 * however it is computed and whatever a mask leaves out; of other commands one for each element of their largest operand.
 */
export function flopsOf(node: Node): number {
  const { op, inputs, outputs, parts } = node;
  if (parts !== undefined) return parts.reduce((sum, part) => sum + flopsOf(part), 0);
  const count = multiplyAdds[op.name];
  return count === undefined ? Math.max(0, ...[...inputs, ...outputs].map(size)) : 2 * count(node);
}

/** A number of operations as people read it: `51.4 MFLOP`. */
export function showFlops(flops: number): string {
  const steps = ['', 'k', 'M', 'G', 'T', 'P'] as const;
  const step = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, flops)) / 3)));
  return `${Number((flops / 1000 ** step).toPrecision(3))} ${steps[step]!}FLOP`;
}
