import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, checkTensor } from './checks.js';
import { indexSelect, sumsOf, type IndexDType } from './indexing.js';
import { positionsOf } from './masking.js';
import { newAxis } from './new-axis.js';
import { permute } from './permute.js';
import { flatten, reshape } from './reshape.js';
import { select, slice, type SliceSpec } from './slice.js';
import { wrapIndex } from './take.js';
import { broadcastAll } from './views.js';
import { onBehalf } from './on-behalf.js';

/** A range as Python writes it, `'1:5'`, `'::-1'`, or `'...'` for all axes that are not named. */
export type RangeText = '...' | `${string}:${string}`;

/**
 * What {@link at} takes at one axis: an integer, a range (`'1:5:2'` or `[1, 5, 2]`), `null` or `':'` for all of it, `'...'`,
 * {@link newAxis}, a tensor of integers, or a tensor of bool.
 */
export type IndexSpec = SliceSpec | RangeText | typeof newAxis | Tensor<IndexDType> | Tensor<'bool'>;

const takeAtOp = defineOp({
  name: 'takeAt',
  inputs: ['x', 'indices[]'],
  attrs: { axes: 'ints' },
  save: ['indices'],
  infer: ({ x, indices }, { axes }) => ({
    dtype: x.dtype,
    shape: [...indices[0]!.shape, ...x.shape.filter((_, axis) => !axes.includes(axis))],
  }),
  grad: ({ indices, dout, spec, attrs: { axes } }) => ({
    x: addAtPlaces(dout, indices, spec.x.shape, axes),
  }),
});

const takeAtBackwardOp = defineOp({
  name: 'takeAtBackward',
  inputs: ['dout', 'indices[]'],
  attrs: { shape: 'ints', axes: 'ints' },
  save: ['indices'],
  infer: ({ dout }, { shape }) => sumsOf('takeAtBackward', dout, shape),
  grad: ({ indices, dout, attrs: { axes } }) => ({ dout: takeAtOp({ x: dout, indices }, { axes }) }),
});

function addAtPlaces(dout: Tensor, indices: readonly Tensor[], shape: Shape, axes: readonly number[]): Tensor {
  return takeAtBackwardOp({ dout, indices }, { shape, axes });
}

type Plain = SliceSpec | typeof newAxis | Tensor;

function parseRange(op: string, text: string): SliceSpec {
  const parts = text.split(':').map((part) => part.trim());
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^([+-]?\d+)?$/.test(part))) {
    fail('VALUE', op, `${show(text)} is no range (need 'start:stop' or 'start:stop:step', or '...')`, { text });
  }
  const [start, stop, step] = parts.map((part) => (part === '' ? null : Number(part)));
  return step === undefined || step === null ? [start!, stop!] : [start!, stop!, step];
}

// How many axes of the tensor a spec stands for.
const axesOf = (spec: Plain | '...'): number =>
  spec === newAxis || spec === '...' ? 0 : spec instanceof Tensor && spec.dtype === 'bool' ? spec.rank : 1;

function plain(op: string, spec: unknown): Plain | '...' {
  if (spec === '...' || spec === newAxis || spec === null) return spec;
  if (typeof spec === 'string') return parseRange(op, spec);
  if (typeof spec === 'number') return spec;
  if (spec instanceof Tensor) {
    checkDTypeOf(op, 'index', spec, ['int32', 'int64', 'bool']);
    if (spec.dtype === 'bool' && spec.rank === 0) fail('SHAPE', op, 'a mask has no axes (need at least one)');
    return spec;
  }
  if (Array.isArray(spec) && (spec.length === 2 || spec.length === 3)) return spec as unknown as SliceSpec;
  return fail(
    'TYPE',
    op,
    `an index is ${show(spec)} (need an integer, a range [start, stop, step], null, text, newAxis or a tensor: tensor([...], { dtype: 'int64' }) for a list of places)`,
  );
}

/** Specs of all axes: texts read, '...' replaced by whole axes, and missing ones added. */
function complete(op: string, x: Tensor, given: readonly unknown[]): Plain[] {
  const specs = given.map((spec) => plain(op, spec));
  const named = specs.reduce<number>((sum, spec) => sum + axesOf(spec), 0);
  const gaps = specs.filter((spec) => spec === '...').length;
  if (named > x.rank || gaps > 1) {
    fail(
      'SHAPE',
      op,
      `${gaps > 1 ? `'...' occurs ${gaps} times` : `${named} axes are indexed`} of ${describe(x)} (need at most ${gaps > 1 ? 'one' : x.rank})`,
    );
  }
  const rest = new Array<Plain>(x.rank - named).fill(null);
  if (gaps === 0) return [...(specs as Plain[]), ...rest];
  return specs.flatMap((spec) => (spec === '...' ? rest : [spec]));
}

/** An indexing taken apart: first a view, then tensors that index some of its axes. */
export interface Indexing {
  /** Numbers, ranges and new axes. */
  readonly view: Tensor;
  /** Axes of the view that are indexed by tensors, with their tensors: integers, or masks, which take several axes. */
  readonly tensors: readonly { readonly axis: number; readonly index: Tensor }[];
  /** Where the axes of the index tensors go in the result. */
  readonly place: number;
}

/** Takes an indexing apart. The view is one of the memory of x. */
export function planIndexing(op: string, x: Tensor, given: readonly unknown[]): Indexing {
  const specs = complete(op, x, given);
  const anyTensor = specs.some((spec) => spec instanceof Tensor);
  const basic = specs.flatMap((spec): SliceSpec[] => {
    if (spec === newAxis) return [];
    return spec instanceof Tensor ? new Array<SliceSpec>(axesOf(spec)).fill(null) : [spec];
  });
  const sliced = slice(x, ...basic);
  const shape: number[] = [];
  const tensors: { axis: number; index: Tensor }[] = [];
  const places: { readonly spec: number; readonly axis: number }[] = [];
  let next = 0;
  specs.forEach((spec, i) => {
    // Beside tensors, integers are index tensors too, as in NumPy: they count for where the axes of the index go.
    if (spec instanceof Tensor || (anyTensor && typeof spec === 'number')) places.push({ spec: i, axis: shape.length });
    if (spec instanceof Tensor) tensors.push({ axis: shape.length, index: spec });
    if (spec === newAxis) shape.push(1);
    else if (typeof spec !== 'number') for (let k = 0; k < axesOf(spec); k++) shape.push(sliced.shape[next++]!);
  });
  const together = places.every(({ spec }, i) => i === 0 || spec === places[i - 1]!.spec + 1);
  for (const { axis, index } of tensors) checkMaskShape(op, shape, axis, index);
  return { view: reshape(sliced, shape), tensors, place: together ? (places[0]?.axis ?? 0) : 0 };
}

function checkMaskShape(op: string, shape: Shape, axis: number, mask: Tensor): void {
  if (mask.dtype !== 'bool' || mask.shape.every((extent, k) => extent === shape[axis + k])) return;
  fail(
    'SHAPE',
    op,
    `mask is ${describe(mask)} (need shape [${shape.slice(axis, axis + mask.rank).join(',')}]: the axes it stands at)`,
    {
      mask: mask.shape,
    },
  );
}

/** Index tensors of an indexing as int64 tensors of one shape, each of one axis. */
export function indexTensors(op: string, { view, tensors }: Indexing): { axes: number[]; indices: Tensor[] } {
  const found = tensors.flatMap(({ axis, index }) => {
    if (index.dtype !== 'bool') return [{ axis, index: wrapIndex(index, view.shape[axis]!) }];
    const positions = positionsOf(index);
    return index.shape.map((_, k) => ({ axis: axis + k, index: select(positions, 1, k) }));
  });
  return {
    axes: found.map(({ axis }) => axis),
    indices: broadcastAll(
      op,
      found.map(({ index }) => index),
    ),
  };
}

/** The order of axes that moves `count` of them from one place to another. */
export function movedAxes(rank: number, from: number, count: number, to: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const moved = axes.splice(from, count);
  axes.splice(to, 0, ...moved);
  return axes;
}

function pick(op: string, plan: Indexing): Tensor {
  const { view, tensors, place } = plan;
  const [only] = tensors;
  if (tensors.length === 1 && only !== undefined) {
    const { axis, index } = only;
    const mask = index.dtype === 'bool';
    const flat = mask && index.rank > 1 ? flatten(view, { start: axis, end: axis + index.rank - 1 }) : view;
    const places = mask ? reshape(positionsOf(flatten(index)), [-1]) : wrapIndex(index, view.shape[axis]!);
    const out = indexSelect(flat, places, { axis });
    return place === axis ? out : permute(out, movedAxes(out.rank, axis, places.rank, place));
  }
  const { axes, indices } = indexTensors(op, plan);
  const out = takeAtOp({ x: view, indices }, { axes });
  return place === 0 ? out : permute(out, movedAxes(out.rank, 0, indices[0]!.rank, place));
}

/**
 * Part of a tensor, by one index for each axis; axes without one are taken whole. NumPy's rules.
 *
 * - an integer takes one place and drops the axis; negative ones count from the end
 * - a range takes part of the axis: text `'1:5'`, `'::-1'`, or `[start, stop, step]` with `null` for an open side
 * - `null` or `':'` takes it whole, `'...'` all axes that are not named, `newAxis` makes an axis of extent 1
 * - a tensor of integers takes places in its order, as often as they occur; its axes take the place of the axis. Several
 *   broadcast against each other and name places together: their axes come where the first one stood, or first of all when
 *   something other than tensors and integers stands between them
 * - a tensor of bool takes the places where it holds: its axes become one, whose extent depends on the numbers
 *
 * An array is always a range: a list of places is a tensor.
 *
 * Shapes: as the indices say. Dtypes: all. A view unless tensors index; the gradient adds up where a place is taken more than
 * once.
 *
 * @throws MyelinError `INDEX` for a place that is not there (ranges are cut instead); `SHAPE` for more indices than axes, masks
 * of another shape than their axes, or index tensors that do not broadcast; `VALUE` for text that is no range; `DTYPE` for a
 * tensor of other numbers
 * @example
 * ```ts
 * import { at, newAxis, tensor } from 'myelin';
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(at(x, ':', '::2').toArray(), at(x, '...', -1).toArray()); // [ [ 1, 3 ], [ 4, 6 ] ] [ 3, 6 ]
 * console.log(x.at(newAxis, 0).shape, x.at(x.gt(4)).toArray()); // [ 1, 3 ] [ 5, 6 ]
 * console.log(x.at(':', tensor([2, 0], { dtype: 'int32' })).toArray()); // [ [ 3, 1 ], [ 6, 4 ] ]
 * ```
 */
export function at<D extends DType>(x: Tensor<D>, ...specs: readonly IndexSpec[]): Tensor<D> {
  checkTensor('at', 'x', x);
  return onBehalf('at', () => {
    const plan = planIndexing('at', x, specs);
    return plan.tensors.length === 0 ? plan.view : pick('at', plan);
  }) as Tensor<D>;
}
