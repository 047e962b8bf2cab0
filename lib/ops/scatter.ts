import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { normalizeAxis } from '../tensor/shape.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { type TensorSpec } from '../tensor/tensor.js';
import { div, maximum, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { checkDTypeOf, checkElement, checkOption, checkTensor, floats, numeric } from './checks.js';
import { eq, where } from './compare.js';
import { full, ones, zeros } from './creation.js';
import { checkIndex, checkPlaces, gather, type IndexDType } from './indexing.js';
import { arange } from './ranges.js';
import { expand, reshape } from './reshape.js';
import { slice, type SliceSpec } from './slice.js';
import { matchAlong } from './take.js';
import { onBehalf } from './on-behalf.js';

function inferScatter(
  op: string,
  { x, index, source }: Record<'x' | 'index' | 'source', Tensor>,
  axis: number,
): TensorSpec {
  checkPlaces(op, x, index, axis);
  if (source.dtype !== x.dtype) {
    fail('DTYPE', op, `x is ${describe(x)}, source is ${describe(source)} (need the same dtype)`);
  }
  return { dtype: x.dtype, shape: x.shape };
}

const scatterOp = defineOp({
  name: 'scatter',
  inputs: ['x', 'index', 'source'],
  attrs: { axis: 'int', mode: ['replace', 'sum'], includeSelf: 'bool' },
  save: ['index'],
  infer: (inputs, { axis }) => inferScatter('scatter', inputs, axis),
  grad: ({ index, dout, spec, needs, attrs: { axis, mode, includeSelf } }) => {
    const places = index as Tensor<IndexDType>;
    const keeps = mode === 'sum' && includeSelf;
    const picked = (): Tensor => gather(dout, places, { axis });
    const source = (): Tensor => (mode === 'sum' ? picked() : where(lastOf(places, spec.x, axis), picked(), 0));
    return {
      x: needs.x ? (keeps ? dout : scatter(dout, places, 0, { axis })) : undefined,
      source: needs.source ? source() : undefined,
    };
  },
});

// Which elements of a source stay when an index occurs more than once: the last ones.
function lastOf(index: Tensor<IndexDType>, { shape }: TensorSpec, axis: number): Tensor<'bool'> {
  const order = reshape(arange(index.size, { dtype: 'int64' }), index.shape);
  const winners = scatter(zeros(shape, { dtype: 'int64' }), index, order, { axis });
  return eq(gather(winners, index, { axis }), order);
}

const scatterCombineOp = defineOp({
  name: 'scatterCombine',
  inputs: ['x', 'index', 'source'],
  attrs: { axis: 'int', mode: ['prod', 'amax', 'amin'], includeSelf: 'bool' },
  save: ['x', 'index', 'source', 'out'],
  infer: (inputs, { axis }) => inferScatter('scatterReduce', inputs, axis),
  grad: ({ x, index, source, out, dout, attrs: { axis, mode, includeSelf } }) => {
    const places = index as Tensor<IndexDType>;
    const at = { axis };
    if (mode === 'prod') return productShares(x, places, source, dout, axis, includeSelf);
    // Those that equal the result share its gradient.
    const equal = cast(eq(x, out), dout.dtype);
    const own = includeSelf ? equal : scatter(equal, places, 0, at);
    const hit = cast(eq(source, gather(out, places, at)), dout.dtype);
    const share = div(dout, scatterAdd(own, places, hit, at));
    return { x: mul(own, share), source: mul(hit, gather(share, places, at)) };
  },
});

/** What is known of the factors that meet in one place. */
interface Meeting {
  /** How many of them are zero, and their sum: no more than a number that is zero, but one with derivatives. */
  readonly zeroCount: Tensor;
  readonly zeroSum: Tensor;
  /** Product of those that are not. */
  readonly rest: Tensor;
}

// A factor's share is the product of the others. Those that are not zero are what is left of their product by division. Of
// the zeros, one alone stands for itself, so that second derivatives are right as well, and several are flat.
function factorShare(factor: Tensor, { zeroCount, zeroSum, rest }: Meeting): Tensor {
  const isZero = eq(factor, 0);
  const otherCount = sub(zeroCount, cast(isZero, factor.dtype));
  const otherZero = where(eq(otherCount, 1), sub(zeroSum, where(isZero, factor, 0)), 0);
  const others = div(rest, where(isZero, 1, factor));
  return where(eq(otherCount, 0), others, mul(others, otherZero));
}

function productShares(
  x: Tensor,
  index: Tensor<IndexDType>,
  source: Tensor,
  dout: Tensor,
  axis: number,
  includeSelf: boolean,
): { readonly x: Tensor; readonly source: Tensor } {
  const at = { axis };
  const own = includeSelf ? x : scatter(x, index, 1, at);
  const isZero = (factor: Tensor): Tensor => cast(eq(factor, 0), dout.dtype);
  const zero = (factor: Tensor): Tensor => where(eq(factor, 0), factor, 0);
  const nonzero = (factor: Tensor): Tensor => where(eq(factor, 0), 1, factor);
  const meeting: Meeting = {
    zeroCount: scatterAdd(isZero(own), index, isZero(source), at),
    zeroSum: scatterAdd(zero(own), index, zero(source), at),
    rest: scatterReduce(nonzero(own), index, nonzero(source), 'prod', at),
  };
  const there = {
    zeroCount: gather(meeting.zeroCount, index, at),
    zeroSum: gather(meeting.zeroSum, index, at),
    rest: gather(meeting.rest, index, at),
  };
  const dx = mul(dout, factorShare(own, meeting));
  return {
    x: includeSelf ? dx : scatter(dx, index, 0, at),
    source: mul(gather(dout, index, at), factorShare(source, there)),
  };
}

/** Options of functions that scatter. */
export interface ScatterOptions {
  /** Axis along which the index points; default −1. */
  readonly axis?: number;
}

/** A source in the shape of its index: a number repeats, and of a larger tensor the first corner is taken. */
function sourceFor(op: string, x: Tensor, index: Tensor, source: Tensor | number): Tensor {
  if (typeof source === 'number') {
    checkElement(op, 'source', source, x.dtype);
    return expand(full([], source, { dtype: x.dtype }), index.shape);
  }
  checkTensor(op, 'source', source);
  if (source.rank !== index.rank || source.shape.some((extent, a) => extent < index.shape[a]!)) {
    fail(
      'SHAPE',
      op,
      `index is ${describe(index)}, source is ${describe(source)} (need no axis of the source smaller)`,
      {
        index: index.shape,
        source: source.shape,
      },
    );
  }
  const cut = source.shape.some((extent, a) => extent !== index.shape[a]);
  return cut ? slice(source, ...index.shape.map((extent): SliceSpec => [0, extent])) : source;
}

function checkArguments(op: string, x: unknown, index: unknown): void {
  checkTensor(op, 'x', x);
  checkIndex(op, index);
}

/**
 * A copy of x in which elements are replaced along one axis: out[index[i, j, …], j, …] = source[i, j, …] for axis 0. Where an
 * index occurs more than once, the last one wins, and it alone has a gradient.
 *
 * Shapes: index as many axes as x, none larger except the axis itself; source at least as large as the index → that of x.
 * Dtypes: any, the same for both; index int32 or int64.
 *
 * @param source a tensor, or one number for all
 * @param options.axis axis along which the index points; default −1
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis
 * @example
 * ```ts
 * import { scatter, tensor, zeros } from 'myelin';
 * const index = tensor([[2], [0]], { dtype: 'int32' });
 * console.log(scatter(zeros([2, 3]), index, 7, { axis: 1 }).toArray()); // [ [ 0, 0, 7 ], [ 7, 0, 0 ] ]
 * ```
 */
export function scatter<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D> | number,
  { axis = -1 }: ScatterOptions = {},
): Tensor<D> {
  checkArguments('scatter', x, index);
  const at = normalizeAxis('scatter', axis, x.rank);
  return scope(() =>
    scatterOp(
      { x, index, source: sourceFor('scatter', x, index, source) },
      { axis: at, mode: 'replace', includeSelf: true },
    ),
  ) as Tensor<D>;
}

/**
 * A copy of x to which elements are added along one axis: out[index[i, j, …], j, …] += source[i, j, …] for axis 0. Sums are
 * added in the order of the source, so they do not depend on threads.
 *
 * Shapes: index as many axes as x, none larger except the axis itself; source at least as large as the index → that of x.
 * Dtypes: all but bool, the same for both; integers wrap; index int32 or int64.
 *
 * @param options.axis axis along which the index points; default −1
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis
 * @example
 * ```ts
 * import { scatterAdd, tensor, zeros } from 'myelin';
 * const index = tensor([2, 0, 2], { dtype: 'int32' });
 * console.log(scatterAdd(zeros([3]), index, tensor([1, 2, 3])).toArray()); // [ 2, 0, 4 ]
 * ```
 */
export function scatterAdd<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D> | number,
  options: ScatterOptions = {},
): Tensor<D> {
  return combined('scatterAdd', x, index, source, 'sum', options) as Tensor<D>;
}

/** How values that meet in one place become one. */
export type Reduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/** Options of {@link scatterReduce}. */
export interface ScatterReduceOptions extends ScatterOptions {
  /** Whether the element of x itself takes part; default `true`. */
  readonly includeSelf?: boolean;
}

/** The scatter of a reduction, with everything checked. */
export function combined(
  op: string,
  x: Tensor,
  index: Tensor<IndexDType>,
  source: Tensor | number,
  mode: Reduction,
  { axis = -1, includeSelf = true }: ScatterReduceOptions,
): Tensor {
  checkArguments(op, x, index);
  checkOption(op, 'reduce', mode, ['sum', 'prod', 'mean', 'amax', 'amin']);
  if (typeof includeSelf !== 'boolean') fail('TYPE', op, `includeSelf is ${show(includeSelf)} (need true or false)`);
  if (mode === 'mean') checkDTypeOf(op, 'x', x, floats);
  else if (mode !== 'amax' && mode !== 'amin') checkDTypeOf(op, 'x', x, numeric);
  const at = normalizeAxis(op, axis, x.rank);
  return onBehalf(op, () => {
    const inputs = { x, index, source: sourceFor(op, x, index, source) };
    if (mode === 'sum') return scatterOp(inputs, { axis: at, mode, includeSelf });
    if (mode !== 'mean') return scatterCombineOp(inputs, { axis: at, mode, includeSelf });
    const total = scatterOp(inputs, { axis: at, mode: 'sum', includeSelf });
    return cast(div(total, countsOf(x, index, at, includeSelf)), x.dtype);
  });
}

// How many values meet in each place: 1 where nothing is scattered to.
function countsOf(x: Tensor, index: Tensor<IndexDType>, axis: number, includeSelf: boolean): Tensor {
  const dtype = x.dtype === 'float64' ? 'float64' : 'float32';
  const own = includeSelf ? ones(x.shape, { dtype }) : zeros(x.shape, { dtype });
  const counts = scatterAdd(own, index, 1, { axis });
  return includeSelf ? counts : maximum(counts, 1);
}

/**
 * A copy of x in which elements along one axis are combined with those scattered to them.
 *
 * out[p] = reduce(x[p], source[i] for all i that index to p), x[p] left out without `includeSelf`. Places that nothing is
 * scattered to keep x.
 *
 * Shapes: index as many axes as x, none larger except the axis itself; source at least as large as the index → that of x.
 * Dtypes: all but bool (`amax` and `amin` also bool, `mean` floats only), the same for both; index int32 or int64. Among
 * equal extremes the gradient is shared.
 *
 * @param reduce `'sum'`, `'prod'`, `'mean'`, `'amax'` or `'amin'`
 * @param options.axis axis along which the index points; default −1
 * @param options.includeSelf whether x takes part; default `true`
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for an index below 0 or beyond the axis; `VALUE` for
 * another reduction
 * @example
 * ```ts
 * import { ones, scatterReduce, tensor } from 'myelin';
 * const index = tensor([0, 0, 2], { dtype: 'int32' });
 * console.log(scatterReduce(ones([3]), index, tensor([2, 5, -1]), 'amax').toArray()); // [ 5, 1, 1 ]
 * ```
 */
export function scatterReduce<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D> | number,
  reduce: Reduction,
  options: ScatterReduceOptions = {},
): Tensor<D> {
  return combined('scatterReduce', x, index, source, reduce, options) as Tensor<D>;
}

/**
 * A copy of x in which elements along one axis are replaced, as NumPy's `put_along_axis`: the index broadcasts over the other
 * axes, and the source over the index.
 *
 * Shapes: x and index of one rank, broadcast on all axes but the one; source broadcasts to the index → that of x (broadcast).
 * Dtypes: any, the same for both; index int32 or int64, negative ones count from the end.
 *
 * @param source a tensor, or one number for all
 * @param options.axis axis along which the index points; default −1
 * @throws MyelinError `SHAPE` when shapes do not broadcast; `DTYPE`; `INDEX` for an index outside the axis
 * @example
 * ```ts
 * import { argmax, putAlongAxis, tensor } from 'myelin';
 * const x = tensor([[1, 5], [4, 2]]);
 * console.log(putAlongAxis(x, argmax(x, { axis: 1, keepDims: true }), 0).toArray()); // [ [ 1, 0 ], [ 0, 2 ] ]
 * ```
 */
export function putAlongAxis<D extends DType>(
  x: Tensor<D>,
  index: Tensor<IndexDType>,
  source: Tensor<D> | number,
  { axis = -1 }: ScatterOptions = {},
): Tensor<D> {
  checkArguments('putAlongAxis', x, index);
  const at = normalizeAxis('putAlongAxis', axis, x.rank);
  return onBehalf('putAlongAxis', () => {
    const [whole, places] = matchAlong('putAlongAxis', x, index, at);
    const value = typeof source === 'number' ? source : expand(source, places.shape);
    return scatter(whole, places, value, { axis: at });
  }) as Tensor<D>;
}
