import { defineOp } from '../engine/define.js';
import { describe, fail, show } from '../tensor/errors.js';
import { Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { broadcastShapes, sameShape, type Shape } from '../tensor/shape.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';
import { indexTensors, movedAxes, planIndexing, type Indexing, type IndexSpec } from './at.js';
import { full } from './creation.js';
import { clone } from './move.js';
import { permute } from './permute.js';
import { expand } from './reshape.js';
import { onBehalf } from './on-behalf.js';

const assignOp = defineOp({
  name: 'assign',
  inputs: ['target', 'source'],
  outputs: [],
  attrs: {},
  save: [],
  infer: ({ target, source }) => {
    const common = broadcastShapes(target.shape, source.shape);
    if (common === undefined || !sameShape(common, target.shape)) {
      fail('SHAPE', 'assign', `${describe(source)} does not broadcast to ${describe(target)}`);
    }
    if (source.dtype !== target.dtype) {
      fail('DTYPE', 'assign', `target is ${describe(target)}, source is ${describe(source)} (need the same dtype)`);
    }
    return {};
  },
  grad: 'none',
});

/**
 * Overwrites a Parameter or Buffer in place; its views show the new contents.
 *
 * Shapes: the source broadcasts to the target's shape. Dtypes: the same; a number fills.
 *
 * @throws MyelinError `TYPE` when the target is neither Parameter nor Buffer; `SHAPE`; `DTYPE`
 * @example
 * ```ts
 * import { Parameter, assign, zeros } from 'myelin';
 * const bias = new Parameter(zeros([3]));
 * assign(bias, 0.5);
 * console.log(bias.toArray()); // [ 0.5, 0.5, 0.5 ]
 * ```
 */
export function assign(target: Variable, source: Tensor | number): void {
  checkTarget('assign', target);
  scope(() => assignOp({ target, source: sourceOf('assign', target, source) }));
}

function checkTarget(op: string, target: unknown): asserts target is Variable {
  if (target instanceof Variable) return;
  fail('TYPE', op, `the target is ${show(target)} (need a Parameter or a Buffer: other tensors are immutable)`);
}

function sourceOf(op: string, target: Tensor, source: unknown): Tensor {
  if (typeof source === 'number') return full([], source, { dtype: target.dtype });
  if (!isTensor(source)) fail('TYPE', op, `the source is ${show(source)} (need a tensor or a number)`);
  // A view of the target, such as its transpose, would change while it is being read.
  return source.storage === target.storage ? clone(source) : source;
}

const assignAtOp = defineOp({
  name: 'assignAt',
  inputs: ['target', 'source', 'indices[]'],
  outputs: [],
  attrs: { axes: 'ints' },
  save: [],
  infer: ({ target, source }) => {
    if (source.dtype === target.dtype) return {};
    return fail(
      'DTYPE',
      'assignAt',
      `target is ${describe(target)}, source is ${describe(source)} (need the same dtype)`,
    );
  },
  grad: 'none',
});

/**
 * Overwrites part of a Parameter or Buffer in place; its views show the new contents. Where index tensors name a place more
 * than once, the last one wins. Nothing is written when an index points outside.
 *
 * Shapes: the source broadcasts to the shape of `target.at(...specs)`. Dtypes: the same; a number fills.
 *
 * @param specs what `at` takes: integers, ranges, masks, index tensors
 * @throws MyelinError `TYPE` when the target is neither Parameter nor Buffer; `SHAPE`; `DTYPE`; `INDEX`, as `at` does
 * @example
 * ```ts
 * import { Buffer, assignAt, tensor, zeros } from 'myelin';
 * const x = new Buffer(zeros([2, 3]));
 * assignAt(x, [0, '1:'], tensor([5, 6]));
 * x.assignAt([':', tensor([0], { dtype: 'int32' })], 9);
 * console.log(x.toArray()); // [ [ 9, 5, 6 ], [ 9, 0, 0 ] ]
 * ```
 */
export function assignAt(target: Variable, specs: readonly IndexSpec[], source: Tensor | number): void {
  checkTarget('assignAt', target);
  if (!Array.isArray(specs)) fail('TYPE', 'assignAt', `specs are ${show(specs)} (need an array of what at takes)`);
  onBehalf('assignAt', () => {
    const plan = planIndexing('assignAt', target, specs);
    const value = sourceOf('assignAt', target, source);
    if (plan.tensors.length === 0) assignInto(plan.view, value);
    else assignToPlaces(plan, value);
  });
}

function checkBroadcast(source: Tensor, shape: Shape): void {
  const common = broadcastShapes(shape, source.shape);
  if (common !== undefined && sameShape(common, shape)) return;
  fail(
    'SHAPE',
    'assignAt',
    `${describe(source)} does not broadcast to [${shape.join(',')}], the part that is assigned`,
  );
}

function assignInto(target: Tensor, source: Tensor): void {
  checkBroadcast(source, target.shape);
  if (source.dtype !== target.dtype) {
    fail('DTYPE', 'assignAt', `target is ${describe(target)}, source is ${describe(source)} (need the same dtype)`);
  }
  assignOp({ target, source });
}

function assignToPlaces(plan: Indexing, source: Tensor): void {
  const { view, place } = plan;
  const { axes, indices } = indexTensors('assignAt', plan);
  const picked = indices[0]!.shape;
  const rest = view.shape.filter((_, axis) => !axes.includes(axis));
  const shape = [...rest.slice(0, place), ...picked, ...rest.slice(place)];
  checkBroadcast(source, shape);
  const ordered = permute(expand(source, shape), movedAxes(shape.length, place, picked.length, 0));
  assignAtOp({ target: view, source: ordered, indices }, { axes });
}
