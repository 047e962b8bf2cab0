import { fail } from '../tensor/errors.js';
import { maxRank, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { cast } from './cast.js';
import { matmul } from './linalg.js';
import { permute } from './permute.js';
import { sum } from './reduce.js';
import { reshape, reshapesInPlace } from './reshape.js';

/** A tensor whose axes have names. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

type Extents = ReadonlyMap<string, number>;

const without = (labels: readonly string[], other: readonly string[]): string[] =>
  labels.filter((label) => !other.includes(label));
const within = (labels: readonly string[], other: readonly string[]): string[] =>
  labels.filter((label) => other.includes(label));

/** Puts the named axes in another order. */
export function ordered({ x, labels }: Labelled, order: readonly string[]): Tensor {
  const axes = order.map((label) => labels.indexOf(label));
  return axes.every((axis, i) => axis === i) ? x : permute(x, axes);
}

/** Sums over the axes whose names are not in `keep`. */
export function sumOut({ x, labels }: Labelled, keep: readonly string[]): Labelled {
  const lost = without(labels, keep);
  if (lost.length === 0) return { x, labels };
  const total = sum(x, { axis: lost.map((label) => labels.indexOf(label)) });
  return { x: cast(total, x.dtype), labels: within(labels, keep) };
}

/** Labels in the order in which their axes lie in memory, the farthest apart first: then they merge without a copy. */
function asStored({ x, labels }: Labelled, group: readonly string[]): string[] {
  const stride = (label: string): number => Math.abs(x.strides[labels.indexOf(label)]!);
  return [...group].sort((a, b) => stride(b) - stride(a));
}

const sizeOfGroup = (group: readonly string[], extents: Extents): number =>
  sizeOf(group.map((label) => extents.get(label)!));

/** The operand as matrices: the batch axes, then each group merged into one axis. */
function asMatrices(operand: Labelled, batch: readonly string[], groups: readonly string[][], extents: Extents) {
  const x = ordered(operand, [...batch, ...groups.flat()]);
  // A batch of more axes than fit beside a matrix becomes one axis.
  const batches = batch.length + 2 > maxRank ? [batch] : batch.map((label) => [label]);
  const shape = [...batches, ...groups].map((group) => sizeOfGroup(group, extents));
  return { x, shape, free: reshapesInPlace(x, shape) };
}

// The order of the summed axes is free as long as both sides share it: the first that spares a copy on both is taken.
function matricesOf(a: Labelled, b: Labelled, batch: readonly string[], summed: readonly string[], extents: Extents) {
  const shared = [...batch, ...summed];
  const left = asStored(a, without(a.labels, shared));
  const right = asStored(b, without(b.labels, shared));
  const choices = [asStored(a, summed), asStored(b, summed)].map((order) => ({
    left: asMatrices(a, batch, [left, order], extents),
    right: asMatrices(b, batch, [order, right], extents),
  }));
  const chosen = choices.find((choice) => choice.left.free && choice.right.free) ?? choices[0]!;
  return {
    product: matmul(reshape(chosen.left.x, chosen.left.shape), reshape(chosen.right.x, chosen.right.shape)),
    labels: [...batch, ...left, ...right],
  };
}

/** Multiplies where nothing is summed: each operand gets an axis of extent 1 for what it lacks. */
function multiplyAligned(a: Labelled, b: Labelled, labels: readonly string[], extents: Extents): Labelled {
  const [x, y] = [a, b].map((operand) =>
    reshape(
      ordered(operand, within(labels, operand.labels)),
      labels.map((label) => (operand.labels.includes(label) ? extents.get(label)! : 1)),
    ),
  ) as [Tensor, Tensor];
  return { x: mul(x, y), labels };
}

function checkRank(op: string, labels: readonly string[]): void {
  if (labels.length <= maxRank) return;
  fail('SHAPE', op, `a product of two operands has ${labels.length} axes (need at most ${maxRank})`);
}

/**
 * The product of two operands, summed over every label that is not in `keep`: one batched matrix product, on views
 * wherever strides allow.
 */
export function contract(op: string, first: Labelled, second: Labelled, keep: readonly string[], extents: Extents) {
  const a = sumOut(first, [...keep, ...second.labels]);
  const b = sumOut(second, [...keep, ...a.labels]);
  const common = within(a.labels, b.labels);
  const summed = without(common, keep);
  const batch = within(common, keep);
  const labels = [...batch, ...without(a.labels, common), ...without(b.labels, common)];
  checkRank(op, labels);
  if (summed.length === 0) return multiplyAligned(a, b, labels, extents);
  const found = matricesOf(a, b, batch, summed, extents);
  const shape = found.labels.map((label) => extents.get(label)!);
  return { x: reshape(found.product, shape), labels: found.labels };
}

/** Which two of a list of operands to multiply next; the product takes the place of the first. */
export type Step = readonly [first: number, second: number];

/** Labels that a product of some operands still needs: those of the result and of the others. */
function needed(product: readonly string[], others: readonly (readonly string[])[], output: readonly string[]) {
  return product.filter((label) => output.includes(label) || others.some((other) => other.includes(label)));
}

const union = (a: readonly string[], b: readonly string[]): string[] => [...a, ...without(b, a)];

interface Plan {
  readonly cost: number;
  readonly labels: readonly string[];
  /** The two sets, as bits, that the last product joins; 0 for a single operand. */
  readonly split: number;
}

/** The order of least multiplications, found over all sets of operands by dynamic programming. */
function optimalTree(operands: readonly (readonly string[])[], output: readonly string[], extents: Extents): Plan[] {
  const all = 2 ** operands.length - 1;
  const plans = new Array<Plan>(all + 1);
  for (let set = 1; set <= all; set++) {
    const others = operands.filter((_, i) => (set & (1 << i)) === 0);
    const single = operands.findIndex((_, i) => set === 1 << i);
    if (single >= 0) {
      plans[set] = { cost: 0, labels: needed(operands[single]!, others, output), split: 0 };
      continue;
    }
    for (let part = (set - 1) & set; part > set - part; part = (part - 1) & set) {
      const [a, b] = [plans[part]!, plans[set - part]!];
      const product = union(a.labels, b.labels);
      const cost = a.cost + b.cost + sizeOfGroup(product, extents);
      if ((plans[set]?.cost ?? Infinity) <= cost) continue;
      plans[set] = { cost, labels: needed(product, others, output), split: part };
    }
  }
  return plans;
}

function stepsOfTree(plans: readonly Plan[], count: number): Step[] {
  const steps: Step[] = [];
  // The product of a set takes the place of its operand of lowest number.
  const visit = (set: number): number => {
    const { split } = plans[set]!;
    if (split === 0) return Math.log2(set);
    const pair = [visit(split), visit(set - split)].sort((a, b) => a - b) as [number, number];
    steps.push(pair);
    return pair[0];
  };
  visit(2 ** count - 1);
  return steps;
}

/** At each step the two operands whose product grows memory least. */
function greedySteps(operands: readonly (readonly string[])[], output: readonly string[], extents: Extents): Step[] {
  const live = new Map(operands.map((labels, i) => [i, labels]));
  const steps: Step[] = [];
  while (live.size > 1) {
    let best: { readonly growth: number; readonly step: Step; readonly labels: string[] } | undefined;
    for (const [i, a] of live) {
      for (const [j, b] of live) {
        if (j <= i) continue;
        const others = [...live].filter(([k]) => k !== i && k !== j).map(([, labels]) => labels);
        const labels = needed(union(a, b), others, output);
        const growth = sizeOfGroup(labels, extents) - sizeOfGroup(a, extents) - sizeOfGroup(b, extents);
        if (best === undefined || growth < best.growth) best = { growth, step: [i, j], labels };
      }
    }
    steps.push(best!.step);
    live.set(best!.step[0], best!.labels);
    live.delete(best!.step[1]);
  }
  return steps;
}

const mostOperandsPlanned = 8;

/** The order in which operands are multiplied, two at a time. */
export function contractionOrder(
  operands: readonly (readonly string[])[],
  output: readonly string[],
  extents: Extents,
): Step[] {
  if (operands.length < 2) return [];
  if (operands.length > mostOperandsPlanned) return greedySteps(operands, output, extents);
  return stepsOfTree(optimalTree(operands, output, extents), operands.length);
}
