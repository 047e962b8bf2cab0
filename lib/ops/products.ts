import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Promote } from '../tensor/promotion.js';
import { scope } from '../tensor/scope.js';
import { maxRank, normalizeAxis, sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { cast, promoteAll } from './cast.js';
import { checkDTypeOf, checkInteger, checkNumber, checkTensor, numeric } from './checks.js';
import { contract, ordered, type Labelled } from './contraction.js';
import { tensor } from './creation.js';
import { diagonalOf } from './diagonal.js';
import { indexSelect } from './indexing.js';
import { matmul } from './linalg.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';

/** Two tensors of one dtype that arithmetic has a meaning for. */
function operandsOf(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  for (const [name, x] of Object.entries({ a, b })) checkTensor(op, name, x);
  const [x, y] = promoteAll(op, [a, b]) as [Tensor, Tensor];
  checkDTypeOf(op, 'their common dtype', x, numeric);
  return [x, y];
}

/**
 * Outer product of two vectors: out[i, j] = a[i] · b[j].
 *
 * Shapes: [M], [N] → [M, N]. Dtypes: all but bool; mixed ones are promoted.
 *
 * @throws MyelinError `SHAPE` for anything but vectors; `DTYPE` for bool
 * @example
 * ```ts
 * import { outer, tensor } from 'myelin';
 * console.log(outer(tensor([1, 2]), tensor([3, 4])).toArray()); // [ [ 3, 4 ], [ 6, 8 ] ]
 * ```
 */
export function outer<A extends DType, B extends DType>(a: Tensor<A>, b: Tensor<B>): Tensor<Promote<A, B>>;
export function outer(a: Tensor, b: Tensor): Tensor {
  return scope(() => {
    const [x, y] = operandsOf('outer', a, b);
    if (a.rank !== 1 || b.rank !== 1) {
      fail('SHAPE', 'outer', `a is ${describe(a)}, b is ${describe(b)} (need two vectors)`, { a: a.shape, b: b.shape });
    }
    return mul(reshape(x, [a.size, 1]), reshape(y, [1, b.size]));
  });
}

/**
 * Inner product over the last axis of both: out[…, …′] = Σₖ a[…, k] · b[…′, k].
 *
 * Shapes: [..., K], [...′, K] → [..., ...′]; a single number multiplies. Dtypes: all but bool; mixed ones are promoted.
 *
 * @throws MyelinError `SHAPE` when the last extents differ; `DTYPE` for bool
 * @example
 * ```ts
 * import { inner, tensor } from 'myelin';
 * console.log(inner(tensor([[1, 2], [3, 4]]), tensor([10, 1])).toArray()); // [ 12, 34 ]
 * ```
 */
export function inner<A extends DType, B extends DType>(a: Tensor<A>, b: Tensor<B>): Tensor<Promote<A, B>>;
export function inner(a: Tensor, b: Tensor): Tensor {
  return scope(() => {
    const [x, y] = operandsOf('inner', a, b);
    if (a.rank === 0 || b.rank === 0) return mul(x, y);
    return contractAxes('inner', x, y, [a.rank - 1], [b.rank - 1]);
  });
}

function refuseAxes(a: Tensor, b: Tensor, axes: unknown): never {
  const given = `a is ${describe(a)}, b is ${describe(b)}, axes is ${show(axes)}`;
  fail('SHAPE', 'tensordot', `${given} (need a number of axes that both have, or two lists of as many axes)`, { axes });
}

function pairedAxes(a: Tensor, b: Tensor, axes: DotAxes): readonly (readonly number[])[] {
  if (typeof axes === 'number') {
    checkInteger('tensordot', 'axes', axes, 0);
    if (axes > a.rank || axes > b.rank) refuseAxes(a, b, axes);
    const count = Array.from({ length: axes }, (_, i) => i);
    return [count.map((i) => a.rank - axes + i), count];
  }
  const [first, second] = Array.isArray(axes) ? (axes as readonly unknown[]) : [];
  if (!Array.isArray(first) || !Array.isArray(second) || first.length !== second.length) refuseAxes(a, b, axes);
  const lists = [first, second].map((list: readonly number[], side) =>
    list.map((axis) => normalizeAxis('tensordot', axis, [a, b][side]!.rank)),
  );
  if (lists.some((list) => new Set(list).size !== list.length)) {
    fail('VALUE', 'tensordot', `axes ${show(axes)} name one axis twice`, { axes });
  }
  return lists;
}

function contractAxes(op: string, a: Tensor, b: Tensor, first: readonly number[], second: readonly number[]): Tensor {
  first.forEach((axis, i) => {
    const other = second[i]!;
    if (a.shape[axis] === b.shape[other]) return;
    const given = `axis ${axis} of ${describe(a)} and axis ${other} of ${describe(b)}`;
    fail('SHAPE', op, `${given} are multiplied (need equal extents)`, { a: a.shape, b: b.shape });
  });
  const left: Labelled = {
    x: a,
    labels: a.shape.map((_, axis) => (first.includes(axis) ? `sum${first.indexOf(axis)}` : `a${axis}`)),
  };
  const right: Labelled = {
    x: b,
    labels: b.shape.map((_, axis) => (second.includes(axis) ? `sum${second.indexOf(axis)}` : `b${axis}`)),
  };
  const keep = [...left.labels, ...right.labels].filter((label) => !label.startsWith('sum'));
  const extents = new Map([left, right].flatMap(({ x, labels }) => labels.map((label, i) => [label, x.shape[i]!])));
  const product = contract(op, left, right, keep, extents);
  return ordered(product, keep);
}

/** How many of the last axes of `a` meet as many first ones of `b`, or which of both meet. */
export type DotAxes = number | readonly [a: readonly number[], b: readonly number[]];

/**
 * Product summed over several axes of both: one matrix product, without copies where strides allow.
 *
 * out[…, …′] = Σ a[…, k₁, k₂, …] · b[k₁, k₂, …, …′]
 *
 * Shapes: the axes of a that are not summed, then those of b. Dtypes: all but bool; mixed ones are promoted.
 *
 * @param options.axes a number: the last axes of `a` with the first of `b`; or a list of axes for each; default 2
 * @throws MyelinError `SHAPE` when extents or numbers of axes differ; `INDEX` for an axis that is not there; `VALUE` for
 * one named twice; `DTYPE` for bool
 * @example
 * ```ts
 * import { ones, tensordot } from 'myelin';
 * console.log(tensordot(ones([2, 3, 4]), ones([3, 5, 2]), { axes: [[0, 1], [2, 0]] }).shape); // [ 4, 5 ]
 * ```
 */
export function tensordot<A extends DType, B extends DType>(
  a: Tensor<A>,
  b: Tensor<B>,
  options?: { readonly axes?: DotAxes },
): Tensor<Promote<A, B>>;
export function tensordot(a: Tensor, b: Tensor, { axes = 2 }: { readonly axes?: DotAxes } = {}): Tensor {
  return scope(() => {
    const [x, y] = operandsOf('tensordot', a, b);
    const [first, second] = pairedAxes(x, y, axes) as [readonly number[], readonly number[]];
    return contractAxes('tensordot', x, y, first, second);
  });
}

/**
 * Kronecker product: every element of `a` times all of `b`, in blocks.
 *
 * out[i · Bᵢ + k, …] = a[i, …] · b[k, …]
 *
 * Shapes: [A₁, …], [B₁, …] → [A₁ · B₁, …]; the shorter one gets leading axes of extent 1; up to 4 axes. Dtypes: all but
 * bool; mixed ones are promoted.
 *
 * @throws MyelinError `SHAPE` for more than 4 axes; `DTYPE` for bool
 * @example
 * ```ts
 * import { kron, tensor } from 'myelin';
 * console.log(kron(tensor([1, 10]), tensor([1, 2])).toArray()); // [ 1, 2, 10, 20 ]
 * ```
 */
export function kron<A extends DType, B extends DType>(a: Tensor<A>, b: Tensor<B>): Tensor<Promote<A, B>>;
export function kron(a: Tensor, b: Tensor): Tensor {
  return scope(() => {
    const [x, y] = operandsOf('kron', a, b);
    const rank = Math.max(a.rank, b.rank);
    if (2 * rank > maxRank) {
      fail('SHAPE', 'kron', `a is ${describe(a)}, b is ${describe(b)} (need at most ${maxRank / 2} axes)`);
    }
    const lengthened = ({ shape }: Tensor): Shape => [...new Array<number>(rank - shape.length).fill(1), ...shape];
    const [left, right] = [lengthened(x), lengthened(y)];
    const product = mul(
      reshape(
        x,
        left.flatMap((extent) => [extent, 1]),
      ),
      reshape(
        y,
        right.flatMap((extent) => [1, extent]),
      ),
    );
    return reshape(
      product,
      left.map((extent, axis) => extent * right[axis]!),
    );
  });
}

/**
 * Cross product of vectors of three numbers.
 *
 * out = (a₂b₃ − a₃b₂, a₃b₁ − a₁b₃, a₁b₂ − a₂b₁)
 *
 * Shapes: both of one rank with extent 3 at the axis; the other axes broadcast. Dtypes: all but bool; mixed ones are
 * promoted.
 *
 * @param options.axis where the three numbers are; default −1
 * @throws MyelinError `SHAPE` for another extent than 3 or other ranks; `INDEX` for an axis that is not there; `DTYPE` for
 * bool
 * @example
 * ```ts
 * import { cross, tensor } from 'myelin';
 * console.log(cross(tensor([1, 0, 0]), tensor([0, 1, 0])).toArray()); // [ 0, 0, 1 ]
 * ```
 */
export function cross<A extends DType, B extends DType>(
  a: Tensor<A>,
  b: Tensor<B>,
  options?: { readonly axis?: number },
): Tensor<Promote<A, B>>;
export function cross(a: Tensor, b: Tensor, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  return scope(() => {
    const [x, y] = operandsOf('cross', a, b);
    const at = normalizeAxis('cross', axis, a.rank);
    if (a.rank !== b.rank || a.shape[at] !== 3 || b.shape[at] !== 3) {
      fail('SHAPE', 'cross', `a is ${describe(a)}, b is ${describe(b)} (need one rank and extent 3 at axis ${at})`);
    }
    const next = tensor([1, 2, 0], { dtype: 'int64' });
    const last = tensor([2, 0, 1], { dtype: 'int64' });
    const pick = (from: Tensor, index: Tensor<'int64'>): Tensor => indexSelect(from, index, { axis: at });
    return sub(mul(pick(x, next), pick(y, last)), mul(pick(x, last), pick(y, next)));
  });
}

/** Options of {@link addmm} and {@link baddbmm}. */
export interface AddmmOptions {
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
  /** Factor of the input; 0 leaves it out, whatever it holds. Default 1. */
  readonly beta?: number;
}

function addProduct(op: string, rank: number, all: readonly [Tensor, Tensor, Tensor], options: AddmmOptions): Tensor {
  const { alpha = 1, beta = 1 } = options;
  checkNumber(op, 'alpha', alpha);
  checkNumber(op, 'beta', beta);
  return scope(() => {
    const [x, a, b] = promoteAll(op, all) as [Tensor, Tensor, Tensor];
    checkDTypeOf(op, 'their common dtype', x, numeric);
    const fits = a.rank === rank && b.rank === rank && a.shape[rank - 1] === b.shape[rank - 2];
    if (!fits || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))) {
      const need = rank === 2 ? 'a [M, K] and b [K, N]' : 'a [B, M, K] and b [B, K, N]';
      fail('SHAPE', op, `a is ${describe(a)}, b is ${describe(b)} (need ${need})`, { a: a.shape, b: b.shape });
    }
    const product = matmul(a, b);
    const scaled = alpha === 1 ? product : mul(product, alpha);
    const target = product.shape;
    const padded = [...new Array<number>(Math.max(0, rank - x.rank)).fill(1), ...x.shape];
    if (x.rank > rank || padded.some((extent, axis) => extent !== 1 && extent !== target[axis])) {
      fail('SHAPE', op, `x is ${describe(x)}, the product is ${describe(product)} (need an x that broadcasts to it)`);
    }
    const sum = beta === 0 ? scaled : add(beta === 1 ? x : mul(x, beta), scaled);
    return cast(sum, x.dtype);
  });
}

/**
 * A matrix plus a matrix product: out = beta · x + alpha · (a × b).
 *
 * Shapes: a [M, K], b [K, N], x broadcasts to [M, N] → [M, N]. Dtypes: all but bool; mixed ones are promoted.
 *
 * @param options.alpha factor of the product; default 1
 * @param options.beta factor of x; 0 leaves it out, whatever it holds; default 1
 * @throws MyelinError `SHAPE`; `DTYPE` for bool
 * @example
 * ```ts
 * import { addmm, ones } from 'myelin';
 * console.log(addmm(ones([2]), ones([2, 3]), ones([3, 2]), { alpha: 2 }).toArray()); // [ [ 7, 7 ], [ 7, 7 ] ]
 * ```
 */
export function addmm<D extends DType>(x: Tensor<D>, a: Tensor<D>, b: Tensor<D>, options?: AddmmOptions): Tensor<D>;
export function addmm(x: Tensor, a: Tensor, b: Tensor, options: AddmmOptions = {}): Tensor {
  return addProduct('addmm', 2, [x, a, b], options);
}

/**
 * {@link addmm} for batches: out = beta · x + alpha · (a × b), matrix by matrix.
 *
 * Shapes: a [B, M, K], b [B, K, N], x broadcasts to [B, M, N] → [B, M, N]. Dtypes: all but bool; mixed ones are promoted.
 *
 * @param options.alpha factor of the product; default 1
 * @param options.beta factor of x; 0 leaves it out, whatever it holds; default 1
 * @throws MyelinError `SHAPE`; `DTYPE` for bool
 * @example
 * ```ts
 * import { baddbmm, ones } from 'myelin';
 * console.log(baddbmm(ones([1]), ones([2, 1, 3]), ones([2, 3, 1]), { beta: 5 }).toArray()); // [ [ [ 8 ] ], [ [ 8 ] ] ]
 * ```
 */
export function baddbmm<D extends DType>(x: Tensor<D>, a: Tensor<D>, b: Tensor<D>, options?: AddmmOptions): Tensor<D>;
export function baddbmm(x: Tensor, a: Tensor, b: Tensor, options: AddmmOptions = {}): Tensor {
  return addProduct('baddbmm', 3, [x, a, b], options);
}

/** For chains of matrices i to j: where to split for fewest multiplications (Cormen et al., Introduction to Algorithms). */
function bestSplits(extents: readonly number[]): number[][] {
  const count = extents.length - 1;
  const cost = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const split = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (let length = 1; length < count; length++) {
    for (let i = 0; i + length < count; i++) {
      const j = i + length;
      cost[i]![j] = Infinity;
      for (let k = i; k < j; k++) {
        const total = cost[i]![k]! + cost[k + 1]![j]! + extents[i]! * extents[k + 1]! * extents[j + 1]!;
        if (total < cost[i]![j]!) [cost[i]![j], split[i]![j]] = [total, k];
      }
    }
  }
  return split;
}

function checkChain(matrices: readonly Tensor[]): void {
  matrices.forEach((x, i) => {
    const end = i === 0 || i === matrices.length - 1;
    if (x.rank !== 2 && !(end && x.rank === 1)) {
      fail('SHAPE', 'multiDot', `input ${i} is ${describe(x)} (need matrices; vectors only first and last)`);
    }
  });
}

/**
 * Product of a chain of matrices, in the order that takes the fewest multiplications.
 *
 * Shapes: [M, K₁], [K₁, K₂], …, [Kₙ, N] → [M, N]; the first may be a vector (a row) and the last (a column), whose axis is
 * missing from the result. Dtypes: all but bool; mixed ones are promoted.
 *
 * @throws MyelinError `VALUE` for fewer than two; `SHAPE` for what is no matrix, or when inner dimensions differ; `DTYPE` for
 * bool
 * @example
 * ```ts
 * import { multiDot, ones } from 'myelin';
 * console.log(multiDot([ones([1, 50]), ones([50, 2]), ones([2, 3])]).toArray()); // [ [ 100, 100, 100 ] ]
 * ```
 */
export function multiDot<D extends DType>(matrices: readonly Tensor<D>[]): Tensor<D>;
export function multiDot(matrices: readonly Tensor[]): Tensor {
  return scope(() => {
    if (!Array.isArray(matrices) || matrices.length < 2) {
      fail('VALUE', 'multiDot', `got ${show(matrices)} (need a list of two or more matrices)`);
    }
    const all = promoteAll('multiDot', matrices);
    checkDTypeOf('multiDot', 'the common dtype', all[0]!, numeric);
    checkChain(all);
    const last = all.length - 1;
    const row = all[0]!.rank === 1;
    const column = all[last]!.rank === 1;
    if (row) all[0] = reshape(all[0]!, [1, all[0]!.size]);
    if (column) all[last] = reshape(all[last]!, [all[last]!.size, 1]);
    all.forEach((x, i) => {
      if (i === 0 || all[i - 1]!.shape[1] === x.shape[0]) return;
      fail(
        'SHAPE',
        'multiDot',
        `inputs ${i - 1} and ${i} are ${describe(all[i - 1]!)}, ${describe(x)} (need [M, K], [K, N])`,
      );
    });
    const split = bestSplits([all[0]!.shape[0]!, ...all.map((x) => x.shape[1]!)]);
    const product = (i: number, j: number): Tensor =>
      i === j ? all[i]! : matmul(product(i, split[i]![j]!), product(split[i]![j]! + 1, j));
    const out = product(0, last);
    return reshape(out, [...(row ? [] : [out.shape[0]!]), ...(column ? [] : [out.shape[1]!])]);
  });
}

/**
 * Sum of the main diagonal: out[…] = Σᵢ x[…, i, i].
 *
 * Shapes: [..., M, N] → [...]. Dtypes: all but bool.
 *
 * @throws MyelinError `SHAPE` for fewer than two axes; `DTYPE` for bool
 * @example
 * ```ts
 * import { tensor, trace } from 'myelin';
 * console.log(trace(tensor([[1, 2], [3, 4]])).item()); // 5
 * ```
 */
export function trace<D extends DType>(x: Tensor<D>): Tensor<D> {
  checkTensor('trace', 'x', x);
  checkDTypeOf('trace', 'x', x, numeric);
  if (x.rank < 2) fail('SHAPE', 'trace', `x is ${describe(x)} (need at least two axes)`, { shape: x.shape });
  return scope(() => cast(sum(diagonalOf(x), { axis: -1 }), x.dtype));
}
