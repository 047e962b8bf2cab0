import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkElement, checkOption, checkTensor } from './checks.js';
import { concat } from './move.js';
import { expand } from './reshape.js';
import { slice, sliceAxis, type SliceSpec } from './slice.js';
import { withExtent } from './spec.js';
import { onBehalf } from './on-behalf.js';

const padConstantOp = defineOp({
  name: 'padConstant',
  inputs: ['x'],
  attrs: { before: 'ints', after: 'ints', value: 'float' },
  save: [],
  infer: ({ x }, { before, after }) => ({
    dtype: x.dtype,
    shape: x.shape.map((extent, axis) => before[axis]! + extent + after[axis]!),
  }),
  grad: ({ dout, spec, attrs: { before } }) => ({
    x: slice(dout, ...before.map((start, axis): SliceSpec => [start, start + spec.x.shape[axis]!])),
  }),
});

/** What a border holds: one value, or elements of the tensor itself. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** Options of {@link pad}. */
export interface PadOptions {
  /** What the border holds; default `'constant'`. */
  readonly mode?: PadMode;
  /** Value of a constant border; default 0. */
  readonly value?: number;
}

type Widths = readonly (readonly [before: number, after: number])[];

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger);
}

/** Widths of all axes. */
function checkWidths(x: Tensor, widths: Widths, mode: PadMode): Widths {
  const list: unknown = widths;
  if (!Array.isArray(list) || !list.every(isPair)) {
    fail('VALUE', 'pad', `widths are ${show(list)} (need pairs of integers [before, after])`, { widths: list });
  }
  if (widths.length > x.rank) {
    fail('SHAPE', 'pad', `${widths.length} widths for ${describe(x)} (need at most one per axis)`);
  }
  const whole = x.shape.map((_, axis) => widths[axis - x.rank + widths.length] ?? ([0, 0] as const));
  whole.forEach((pair, axis) => checkPair(x, axis, pair, mode));
  return whole;
}

function checkPair(x: Tensor, axis: number, [before, after]: Widths[number], mode: PadMode): void {
  const extent = x.shape[axis]!;
  const given = `widths [${before}, ${after}] on axis ${axis} of ${describe(x)}`;
  if (extent + Math.min(before, 0) + Math.min(after, 0) < 0) {
    fail('SHAPE', 'pad', `${given} (need to cut at most what is there)`, { before, after });
  }
  const limits = { constant: Infinity, reflect: extent - 1, replicate: extent > 0 ? Infinity : 0, circular: extent };
  const most = Math.max(0, limits[mode]);
  if (Math.max(before, after) > most) {
    fail('SHAPE', 'pad', `${given} (need at most ${most} for ${mode})`, { before, after });
  }
}

function crop(x: Tensor, widths: Widths): Tensor {
  if (widths.every(([before, after]) => before >= 0 && after >= 0)) return x;
  const ranges = widths.map(([before, after], axis): SliceSpec => [
    Math.max(0, -before),
    x.shape[axis]! - Math.max(0, -after),
  ]);
  return slice(x, ...ranges);
}

function borders(x: Tensor, axis: number, before: number, after: number, mode: PadMode): [Tensor, Tensor] {
  const extent = x.shape[axis]!;
  const part = (spec: SliceSpec): Tensor => sliceAxis(x, axis, spec);
  if (mode === 'circular') return [part([extent - before, extent]), part([0, after])];
  if (mode === 'replicate') {
    const repeated = (place: number, count: number): Tensor =>
      expand(part([place, place + 1]), withExtent(x.shape, axis, count));
    return [repeated(0, before), repeated(extent - 1, after)];
  }
  const end = extent - 2 - after;
  return [part([before, 0, -1]), part([extent - 2, end < 0 ? null : end, -1])];
}

function extend(x: Tensor, axis: number, [before, after]: readonly [number, number], mode: PadMode): Tensor {
  const [ahead, behind] = [Math.max(0, before), Math.max(0, after)];
  if (ahead === 0 && behind === 0) return x;
  const [first, last] = borders(x, axis, ahead, behind, mode);
  return concat([...(ahead > 0 ? [first] : []), x, ...(behind > 0 ? [last] : [])], { axis });
}

/**
 * Puts a border around a tensor; negative widths cut off instead.
 *
 * The border holds one value (`constant`), the elements next to the edge mirrored at it (`reflect`), the edge repeated
 * (`replicate`), or the elements of the other side (`circular`).
 *
 * Shapes: extent N with widths [before, after] → before + N + after. Dtypes: all.
 *
 * @param widths one [before, after] per axis, for the last axes if there are fewer
 * @param options.mode `'constant'`, `'reflect'` (widths below N), `'replicate'` or `'circular'` (widths up to N); default
 * `'constant'`
 * @param options.value what a constant border holds; default 0
 * @throws MyelinError `VALUE` for widths that are no integers or a value that the dtype cannot hold; `SHAPE` for more widths
 * than axes, or wider ones than the mode allows
 * @example
 * ```ts
 * import { pad, tensor } from 'myelin';
 * const x = tensor([1, 2, 3]);
 * console.log(pad(x, [[1, 2]], { value: 9 }).toArray()); // [ 9, 1, 2, 3, 9, 9 ]
 * console.log(pad(x, [[2, -1]], { mode: 'reflect' }).toArray()); // [ 3, 2, 1, 2 ]
 * ```
 */
export function pad<D extends DType>(
  x: Tensor<D>,
  widths: readonly (readonly [before: number, after: number])[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor<D> {
  checkTensor('pad', 'x', x);
  checkOption('pad', 'mode', mode, ['constant', 'reflect', 'replicate', 'circular']);
  checkElement('pad', 'value', value, x.dtype);
  const whole = checkWidths(x, widths, mode);
  if (mode === 'constant') {
    const before = whole.map(([width]) => Math.max(0, width));
    const after = whole.map(([, width]) => Math.max(0, width));
    return onBehalf('pad', () => padConstantOp({ x: crop(x, whole) }, { before, after, value })) as Tensor<D>;
  }
  return onBehalf('pad', () => {
    const extended = whole.reduce<Tensor>((wider, pair, axis) => extend(wider, axis, pair, mode), x);
    // Borders come from the whole tensor, so what is cut goes last.
    const cuts = whole.map(([before, after]) => [Math.min(0, before), Math.min(0, after)] as const);
    return crop(extended, cuts);
  }) as Tensor<D>;
}
