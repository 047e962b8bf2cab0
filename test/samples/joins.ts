import {
  blockDiag,
  dstack,
  hstack,
  ones,
  repeat,
  repeatInterleave,
  tensor,
  tensorSplit,
  tile,
  unbind,
  vstack,
} from 'myelin';

import { at, build, type Nd } from '../support/reference';
import { along, elements, internal, moved } from './moved';
import { everyDType, integers, uniform, type InputSpec, type Sample, type SampleTable } from './sample';

// What repeats elements, takes tensors apart and puts them together.

const numbersOf = (value: unknown): number[] => value as number[];

function tiled(shape: readonly number[], repeats: readonly number[]): Sample {
  const rank = Math.max(shape.length, repeats.length);
  const full = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const counts = [...new Array<number>(rank - repeats.length).fill(1), ...repeats];
  return moved(
    shape,
    full.map((extent, axis) => extent * counts[axis]!),
    (index) => index.map((i, axis) => i % full[axis]!).slice(rank - shape.length),
    { repeats },
  );
}

function interleaved(shape: readonly number[], counts: readonly number[], axis: number): Sample {
  const places = counts.flatMap((count, i) => new Array<number>(count).fill(i));
  return moved(shape, along(shape, axis, places.length), (index) => along(index, axis, places[index[axis]!]!), {
    counts,
    axis,
  });
}

const parts = (shape: readonly number[], axis: number, borders: readonly number[], attrs: Sample['attrs']): Sample => ({
  inputs: { x: uniform(shape) },
  attrs: attrs!,
  dtypes: everyDType,
  reference: (x) =>
    borders.slice(1).map((end, i) => {
      const start = borders[i]!;
      return elements(x, along(shape, axis, end - start), (index) => along(index, axis, start + index[axis]!));
    }),
});

/** Tensors joined along an axis, each seen in a shape of that rank. */
function joined(shapes: readonly (readonly number[])[], lifted: readonly (readonly number[])[], axis: number): Sample {
  const extents = lifted.map((shape) => shape[axis]!);
  return {
    inputs: { xs: shapes.map((shape) => uniform(shape)) },
    dtypes: everyDType,
    reference: (...xs: Nd[]) =>
      build(
        xs[0]!.dtype,
        along(
          lifted[0]!,
          axis,
          extents.reduce((sum, extent) => sum + extent, 0),
        ),
        (index) => {
          let place = index[axis]!;
          const which = extents.findIndex((extent) => (place < extent ? true : ((place -= extent), false)));
          return at({ ...xs[which]!, shape: lifted[which]! }, along(index, axis, place));
        },
      ),
  };
}

const blocks = (shapes: readonly (readonly [number, number] | readonly [])[]): Sample => ({
  inputs: { xs: shapes.map((shape) => uniform(shape)) },
  dtypes: everyDType,
  reference: (...xs: Nd[]) => {
    const matrices = shapes.map((shape) => (shape.length === 0 ? [1, 1] : shape));
    const total = (axis: 0 | 1): number => matrices.reduce((sum, shape) => sum + shape[axis], 0);
    return build(xs[0]!.dtype, [total(0), total(1)], ([row, column]) => {
      let [i, j] = [row!, column!];
      for (const [k, shape] of matrices.entries()) {
        const [rows, columns] = shape as [number, number];
        if (i < rows) return j >= 0 && j < columns ? at({ ...xs[k]!, shape }, [i, j]) : 0;
        i -= rows;
        j -= columns;
      }
      return 0;
    });
  },
});

const counted = (counts: readonly number[]): Sample => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const input: InputSpec = { shape: [counts.length], dtype: 'int64', fill: () => [...counts] };
  return {
    inputs: { counts: input },
    attrs: { total },
    dtypes: ['float32'],
    order: 0,
    repeats: false,
    reference: () => ({ dtype: 'int64', shape: [total], data: counts.flatMap((n, i) => new Array<number>(n).fill(i)) }),
  };
};

const wrapped = (extent: number, shape: readonly number[]): Sample => ({
  inputs: { index: integers(shape, -extent, extent, 'int32') },
  attrs: { extent },
  dtypes: ['float32'],
  order: 0,
  reference: (index) => ({ ...index, dtype: 'int64', data: index.data.map((i) => (i < 0 ? i + extent : i)) }),
});

const outsideRank = { code: 'VALUE', message: /non-negative integers/ } as const;

export const joins: SampleTable = {
  tile: {
    run: ({ x }, { repeats }) => tile(x!, numbersOf(repeats)),
    samples: [
      tiled([2, 3], [2, 2]),
      tiled([3], [2, 1]),
      tiled([2, 3], [3]),
      tiled([2], [0]),
      tiled([0, 2], [2, 1]),
      tiled([], [2, 3]),
    ],
    errors: [{ call: () => tile(ones([2]), [-1]), ...outsideRank }],
  },
  repeat: {
    run: ({ x }, { repeats }) => repeat(x!, numbersOf(repeats)),
    samples: [tiled([2, 3], [2, 2]), tiled([3], [2, 1]), tiled([0, 2], [2, 1]), tiled([], [2, 3])],
    errors: [
      { call: () => repeat(ones([2, 3]), [2]), code: 'SHAPE', message: /1 repeats for float32\[2,3\]/ },
      { call: () => repeat(ones([2]), [0.5]), ...outsideRank },
    ],
  },
  repeatInterleave: {
    run: ({ x }, { counts, axis }) => {
      const list = numbersOf(counts);
      const equal = list.length > 0 && list.every((count) => count === list[0]);
      const repeats = equal ? list[0]! : tensor(list, { dtype: 'int32' });
      const out = repeatInterleave(x!, repeats, axis === undefined ? {} : { axis: axis as number });
      if (typeof repeats !== 'number') repeats.dispose();
      return out;
    },
    samples: [
      interleaved([2, 3], [2, 2], 0),
      interleaved([2, 3], [0, 3, 1], 1),
      interleaved([2], [0, 0], 0),
      interleaved([0, 2], [], 0),
      // Without an axis all elements are repeated, also the only one.
      moved([], [3], () => [], { counts: [3] }),
    ],
    errors: [
      { call: () => repeatInterleave(ones([2]), -1), code: 'VALUE', message: /repeats is -1/ },
      {
        call: () => repeatInterleave(ones([2]), tensor([3, -1], { dtype: 'int32' })),
        code: 'VALUE',
        message: /the count at position 1 is -1/,
      },
      {
        call: () => repeatInterleave(ones([2]), tensor([3], { dtype: 'int32' })),
        code: 'SHAPE',
        message: /need \[2\]/,
      },
    ],
  },
  repeatIndex: {
    samples: [counted([2, 0, 3]), counted([]), counted([0])],
    large: counted(Array.from({ length: 300 }, (_, i) => i % 7)),
    errors: [],
    neverFails: internal,
    without: { scalar: 'its input is a list' },
  },
  wrapIndex: {
    samples: [wrapped(4, [5]), wrapped(2, [2, 3]), wrapped(3, [0]), wrapped(3, [])],
    large: wrapped(5, [301, 307]),
    errors: [],
    neverFails: internal,
  },
  unbind: {
    run: ({ x }, { axis }) => unbind(x!, { axis: axis as number }),
    samples: [
      {
        inputs: { x: uniform([3, 2]) },
        attrs: { axis: 1 },
        dtypes: everyDType,
        reference: (x) => [0, 1].map((place) => elements(x, [3], ([i]) => [i!, place])),
      },
      {
        inputs: { x: uniform([2, 0]) },
        attrs: { axis: 0 },
        reference: (x) => [0, 1].map(() => ({ ...x, shape: [0] })),
      },
    ],
    errors: [{ call: () => unbind(ones([]), {}), code: 'INDEX', message: /axis 0 / }],
    without: { scalar: 'it needs an axis' },
  },
  tensorSplit: {
    run: ({ x }, { sections, axis }) =>
      tensorSplit(x!, sections as number | readonly number[], { axis: axis as number }),
    samples: [
      parts([7, 2], 0, [0, 3, 5, 7], { sections: 3, axis: 0 }),
      parts([2, 5], 1, [0, 1, 3, 5], { sections: [1, 3], axis: 1 }),
      parts([2], 0, [0, 1, 2, 2], { sections: 3, axis: 0 }),
      parts([0], 0, [0, 0, 0], { sections: 2, axis: 0 }),
    ],
    errors: [
      { call: () => tensorSplit(ones([2]), 0), code: 'VALUE', message: /sections is 0/ },
      { call: () => tensorSplit(ones([2]), [0.5]), code: 'VALUE', message: /0\.5/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  hstack: {
    run: ({ xs }) => hstack(xs!),
    samples: [
      joined(
        [
          [2, 1],
          [2, 3],
        ],
        [
          [2, 1],
          [2, 3],
        ],
        1,
      ),
      joined([[2], [3]], [[2], [3]], 0),
      joined([[], [0]], [[1], [0]], 0),
    ],
    errors: [{ call: () => hstack([]), code: 'VALUE', message: /at least one tensor/ }],
  },
  vstack: {
    run: ({ xs }) => vstack(xs!),
    samples: [
      joined(
        [[3], [2, 3]],
        [
          [1, 3],
          [2, 3],
        ],
        0,
      ),
      joined(
        [[], []],
        [
          [1, 1],
          [1, 1],
        ],
        0,
      ),
      joined(
        [
          [0, 2],
          [1, 2],
        ],
        [
          [0, 2],
          [1, 2],
        ],
        0,
      ),
    ],
    errors: [{ call: () => vstack([ones([2]), ones([3])]), code: 'SHAPE', message: /equal extents/ }],
  },
  dstack: {
    run: ({ xs }) => dstack(xs!),
    samples: [
      joined(
        [[3], [1, 3]],
        [
          [1, 3, 1],
          [1, 3, 1],
        ],
        2,
      ),
      joined([[2, 0]], [[2, 0, 1]], 2),
      joined(
        [[], []],
        [
          [1, 1, 1],
          [1, 1, 1],
        ],
        2,
      ),
    ],
    large: joined(
      [
        [301, 153],
        [301, 153],
      ],
      [
        [301, 153, 1],
        [301, 153, 1],
      ],
      2,
    ),
    errors: [{ call: () => dstack([1 as never]), code: 'TYPE', message: /tensors\[0\] is 1/ }],
  },
  blockDiag: {
    run: ({ xs }) => blockDiag(xs!),
    samples: [
      blocks([
        [1, 2],
        [2, 1],
        [1, 1],
      ]),
      blocks([[], []]),
      blocks([
        [0, 2],
        [1, 0],
      ]),
    ],
    errors: [{ call: () => blockDiag([ones([1, 1, 1])]), code: 'SHAPE', message: /at most two axes/ }],
  },
};
