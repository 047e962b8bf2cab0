import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { promoteAll } from './cast.js';
import { checkDTypeOf, numeric } from './checks.js';
import { contract, contractionOrder, ordered, sumOut, type Labelled } from './contraction.js';
import { diagonalOf } from './diagonal.js';
import { extentsOf, parse } from './einsum-parse.js';
import { permute } from './permute.js';
import { reshape } from './reshape.js';

/** Moves two axes that bear one label to the end and takes their diagonal, until every label is there once. */
function takeDiagonals({ x, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second]!);
  const rest = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const diagonal = diagonalOf(permute(x, [...rest, first, second]));
  return takeDiagonals({ x: diagonal, labels: [...rest.map((axis) => labels[axis]!), labels[second]!] });
}

/** Drops axes of extent 1 that repeat to the extent of the others, which is what leaving them out of a product means. */
function dropRepeated({ x, labels }: Labelled, extents: ReadonlyMap<string, number>): Labelled {
  const kept = labels.filter((label, axis) => x.shape[axis] === extents.get(label));
  if (kept.length === labels.length) return { x, labels };
  const shape = x.shape.filter((extent, axis) => extent === extents.get(labels[axis]!));
  return { x: reshape(x, shape), labels: kept };
}

/**
 * Einstein's summation: products of operands, summed over every index that the result does not name.
 *
 * `einsum('ij,jk->ik', a, b)` is out[i, k] = Σⱼ a[i, j] · b[j, k]. Each operand has a term with one letter for each axis.
 * A letter twice in one term takes a diagonal; a letter that occurs in no other term and not in the result is summed; `...`
 * stands for any further axes, which broadcast. Without `->` the result has the axes of `...`, then the letters that occur
 * once, in alphabetical order. Spaces mean nothing.
 *
 * Operands are multiplied two at a time, each time as one batched matrix product: up to eight in the order of fewest
 * multiplications, more in an order that keeps what is in between small. Where nothing is multiplied the result is a view.
 *
 * Shapes: equal letters have equal extents, or 1, which repeats. Dtypes: all but bool; mixed ones are promoted.
 *
 * @throws MyelinError `VALUE` for a malformed expression; `SHAPE` for operands that do not fit it, and for products of more
 * than 8 axes; `DTYPE` for bool
 * @example
 * ```ts
 * import { einsum, tensor } from 'myelin';
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(einsum('ij,jk->ik', a, a).toArray()); // [ [ 7, 10 ], [ 15, 22 ] ]
 * console.log(einsum('ii', a).item(), einsum('ij->j', a).toArray()); // 5 [ 4, 6 ]
 * ```
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  return scope(() => {
    const tensors = promoteAll('einsum', operands);
    if (tensors[0] !== undefined) checkDTypeOf('einsum', 'the common dtype', tensors[0], numeric);
    const expression = parse(equation, tensors);
    const extents = extentsOf(equation, expression.operands, tensors);
    const live = tensors.map((x, i) => dropRepeated(takeDiagonals({ x, labels: expression.operands[i]! }), extents));
    const order = contractionOrder(
      live.map(({ labels }) => labels),
      expression.output,
      extents,
    );
    const open = new Map(live.entries());
    for (const [first, second] of order) {
      const [a, b] = [open.get(first)!, open.get(second)!];
      open.delete(second);
      open.delete(first);
      const keep = [...expression.output, ...[...open.values()].flatMap(({ labels }) => labels)];
      open.set(first, contract('einsum', a, b, keep, extents));
    }
    const [last] = open.values();
    return ordered(sumOut(last!, expression.output), expression.output);
  });
}
