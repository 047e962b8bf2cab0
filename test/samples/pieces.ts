import {
  chunk,
  clone,
  contiguous,
  flatten,
  flip,
  ones,
  select,
  split,
  squeeze,
  stack,
  transpose,
  unsqueeze,
  type Layout,
} from 'myelin';

import { at, build, type Nd } from '../support/reference';
import { along, elements, moved, noAxis, noTensor } from './moved';
import { everyDType, uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

type Attrs = NonNullable<Sample['attrs']>;

const without = (list: readonly number[], axis: number): number[] => list.filter((_, other) => other !== axis);
const inserted = (list: readonly number[], axis: number, value: number): number[] => [
  ...list.slice(0, axis),
  value,
  ...list.slice(axis),
];

/** The same elements in another shape. */
const seen = (from: readonly number[], to: readonly number[], attrs: Attrs = {}): Sample => ({
  inputs: { x: uniform(from) },
  attrs,
  dtypes: everyDType,
  reference: (x) => ({ ...x, shape: to }),
});

const same = (attrs: Attrs = {}): Sample[] => [[2, 3, 4], [], [0, 3], [37]].map((shape) => seen(shape, shape, attrs));

function cut(shape: readonly number[], axis: number, borders: readonly number[], attrs: Attrs): Sample {
  const piece = (x: Nd, start: number, end: number): Nd =>
    elements(x, along(shape, axis, end - start), (index) => along(index, axis, start + index[axis]!));
  return {
    inputs: { x: uniform(shape) },
    attrs,
    dtypes: everyDType,
    reference: (x) => borders.slice(1).map((end, i) => piece(x, borders[i]!, end)),
  };
}

const flipped = (shape: readonly number[], axes: readonly number[], axis: readonly number[] = axes): Sample =>
  moved(shape, shape, (index) => index.map((i, a) => (axes.includes(a) ? shape[a]! - 1 - i : i)), { axis });

const selected = (shape: readonly number[], axis: number, place: number, index = place): Sample =>
  moved(shape, without(shape, axis), (rest) => inserted(rest, axis, place), { axis, index });

function stacked(count: number, shape: readonly number[], axis: number): Sample {
  return {
    inputs: { xs: Array.from({ length: count }, () => uniform(shape)) },
    attrs: { axis },
    dtypes: everyDType,
    reference: (...xs) =>
      build(xs[0]!.dtype, inserted(shape, axis, count), (index) => at(xs[index[axis]!]!, without(index, axis))),
  };
}

const swapped = (shape: readonly number[], a: number, b: number): Sample => {
  const swap = (list: readonly number[]): number[] => along(along(list, a, list[b]!), b, list[a]!);
  return moved(shape, swap(shape), swap, { a, b });
};

const listOf = (value: unknown): number[] => value as number[];
const refuses = (call: () => unknown, code: ErrorCase['code'], message: RegExp): ErrorCase => ({ call, code, message });

export const pieces: SampleTable = {
  chunk: {
    run: ({ x }, { count, axis }) => chunk(x!, count as number, { axis: axis as number }),
    samples: [
      cut([5], 0, [0, 3, 5], { count: 2, axis: 0 }),
      cut([2, 7], 1, [0, 3, 6, 7], { count: 3, axis: -1 }),
      cut([0, 2], 0, [0, 0], { count: 2, axis: 0 }),
    ],
    errors: [
      refuses(() => chunk(ones([4]), 0), 'VALUE', /count is 0/),
      { call: () => chunk(ones([4]), 2, { axis: 5 }), ...noAxis },
    ],
    without: { scalar: 'it needs an axis' },
  },
  split: {
    run: ({ x }, { extents, axis }) => split(x!, extents as number[], { axis: axis as number }),
    samples: [
      cut([5, 2], 0, [0, 2, 4, 5], { extents: 2, axis: 0 }),
      cut([2, 6], 1, [0, 1, 1, 6], { extents: [1, 0, 5], axis: -1 }),
      cut([2, 0], 1, [0, 0], { extents: 3, axis: 1 }),
    ],
    large: cut([301, 307], 1, [0, 200, 307], { extents: 200, axis: 1 }),
    errors: [
      refuses(() => split(ones([4]), [1, 2]), 'VALUE', /add up to 4/),
      { call: () => split(1 as never, 2), ...noTensor },
    ],
    without: { scalar: 'it needs an axis' },
  },
  clone: { run: ({ x }) => clone(x!), samples: same(), errors: [{ call: () => clone(1 as never), ...noTensor }] },
  contiguous: {
    run: ({ x }, { layout }) => contiguous(x!, { layout: layout as Layout }),
    samples: [...same({ layout: 'rowMajor' }), seen([2, 3, 2, 2], [2, 3, 2, 2], { layout: 'channelsLast' })],
    errors: [refuses(() => contiguous(ones([2, 3]), { layout: 'channelsLast' }), 'SHAPE', /at least three axes/)],
  },
  flatten: {
    run: ({ x }, { start, end }) => flatten(x!, { start: start as number, end: end as number }),
    samples: [
      seen([2, 3, 4], [24], { start: 0, end: -1 }),
      seen([2, 3, 4, 2], [2, 12, 2], { start: 1, end: 2 }),
      seen([], [1], { start: 0, end: -1 }),
      seen([2, 0, 3], [2, 0], { start: 1, end: -1 }),
    ],
    errors: [
      refuses(() => flatten(ones([2, 3]), { start: 1, end: 0 }), 'VALUE', /comes before start/),
      { call: () => flatten(ones([2, 3]), { start: 5 }), ...noAxis },
    ],
  },
  flip: {
    run: ({ x }, { axis }) => flip(x!, listOf(axis)),
    samples: [
      flipped([2, 3, 4], [0]),
      flipped([2, 3, 4], [1, 2], [1, -1]),
      flipped([], []),
      flipped([0, 3], [0, 1]),
      flipped([37], [0]),
    ],
    errors: [{ call: () => flip(ones([2, 3]), 5), ...noAxis }],
  },
  select: {
    run: ({ x }, { axis, index }) => select(x!, axis as number, index as number),
    samples: [selected([2, 3, 4], 1, 2), selected([2, 3], 0, 1, -1), selected([4], 0, 3), selected([3, 0], 0, 1)],
    errors: [
      refuses(() => select(ones([2, 3]), 0, 2), 'INDEX', /2/),
      refuses(() => select(ones([2, 3]), 0, 0.5), 'VALUE', /index is 0\.5/),
    ],
    without: { scalar: 'it needs an axis' },
  },
  squeeze: {
    run: ({ x }, { axis }) => (axis === undefined ? squeeze(x!) : squeeze(x!, listOf(axis))),
    samples: [
      seen([1, 3, 1], [3]),
      seen([1, 3, 1], [1, 3], { axis: [-1] }),
      seen([1, 2, 1, 1], [2, 1], { axis: [0, 2] }),
      seen([1, 1], []),
      seen([], []),
      seen([1, 0], [0]),
    ],
    errors: [
      refuses(() => squeeze(ones([2, 3]), 1), 'SHAPE', /extent of 1/),
      { call: () => squeeze(ones([1]), 5), ...noAxis },
    ],
  },
  stack: {
    run: ({ xs }, { axis }) => stack(xs!, { axis: axis as number }),
    samples: [
      stacked(2, [2, 3], 0),
      stacked(3, [2, 3], 1),
      stacked(2, [4], 1),
      stacked(3, [], 0),
      stacked(2, [0, 2], 1),
    ],
    errors: [
      refuses(() => stack([ones([2]), ones([3])]), 'SHAPE', /equal shapes/),
      refuses(() => stack([]), 'VALUE', /at least one/),
    ],
    without: { broadcast: 'both need one shape' },
  },
  transpose: {
    run: ({ x }, { a, b }) => transpose(x!, a as number, b as number),
    samples: [
      swapped([2, 3], 0, 1),
      swapped([2, 3, 4], 2, 0),
      swapped([2, 3, 4, 2], 1, 2),
      swapped([0, 3], 0, 1),
      swapped([5], 0, 0),
    ],
    errors: [{ call: () => transpose(ones([2, 3]), 0, 5), ...noAxis }],
    without: { scalar: 'it needs two axes to exchange' },
  },
  unsqueeze: {
    run: ({ x }, { axis }) => unsqueeze(x!, axis as number),
    samples: [
      seen([2, 3], [1, 2, 3], { axis: 0 }),
      seen([2, 3], [2, 3, 1], { axis: -1 }),
      seen([], [1], { axis: 0 }),
      seen([0, 3], [0, 1, 3], { axis: 1 }),
    ],
    errors: [{ call: () => unsqueeze(ones([2, 3]), 5), ...noAxis }],
  },
};
