import {
  broadcastTensors,
  broadcastTo,
  moveAxis,
  narrow,
  ones,
  pad,
  ravel,
  roll,
  rot90,
  swapAxes,
  unflatten,
  view,
  type PadMode,
} from 'myelin';

import { stridesOf } from '../support/reference';
import { along, elements, moved, noAxis, noTensor } from './moved';
import { everyDType, uniform, type Sample, type SampleTable } from './sample';

const numbersOf = (value: unknown): number[] => value as number[];

/** The index in another shape of as many elements. */
function refold(index: readonly number[], from: readonly number[], to: readonly number[]): number[] {
  const flat = index.reduce((sum, i, axis) => sum + i * stridesOf(from)[axis]!, 0);
  return stridesOf(to).map((stride, axis) => Math.floor(flat / stride) % to[axis]!);
}

const reshaped = (from: readonly number[], to: readonly number[], attrs: Sample['attrs'] = {}): Sample =>
  moved(from, to, (index) => refold(index, to, from), attrs);

const permuted = (shape: readonly number[], axes: readonly number[], attrs: Sample['attrs']): Sample =>
  moved(
    shape,
    axes.map((axis) => shape[axis]!),
    (index) => shape.map((_, axis) => index[axes.indexOf(axis)]!),
    attrs,
  );

/** Where a border of a mode lies in the tensor, by brute force: one step after the other. */
function bordered(place: number, extent: number, mode: PadMode): number | undefined {
  if (place >= 0 && place < extent) return place;
  if (mode === 'constant') return undefined;
  if (mode === 'replicate') return place < 0 ? 0 : extent - 1;
  if (mode === 'circular') return bordered(place < 0 ? place + extent : place - extent, extent, mode);
  return bordered(place < 0 ? -place : 2 * (extent - 1) - place, extent, mode);
}

function padded(shape: readonly number[], before: readonly number[], after: readonly number[], mode: PadMode): Sample {
  return moved(
    shape,
    shape.map((extent, axis) => before[axis]! + extent + after[axis]!),
    (index) => {
      const places = index.map((i, axis) => bordered(i - before[axis]!, shape[axis]!, mode));
      return places.every((place) => place !== undefined) ? places : undefined;
    },
    { before, after, mode },
  );
}

const rolled = (shape: readonly number[], shifts: readonly number[], axes: readonly number[]): Sample =>
  moved(
    shape,
    shape,
    (index) =>
      axes.reduce<number[]>(
        (from, axis, i) =>
          along(from, axis, (((from[axis]! - shifts[i]!) % shape[axis]!) + shape[axis]!) % shape[axis]!),
        [...index],
      ),
    { shifts, axes },
  );

/** A quarter turn of the first two axes moves row i, column j from column j, row N − 1 − i. */
function turned(shape: readonly number[], turns: number): Sample {
  const [rows, columns, ...rest] = shape as [number, number];
  const odd = turns % 2 !== 0;
  const from: Readonly<Record<number, (i: number, j: number) => [number, number]>> = {
    0: (i, j) => [i, j],
    1: (i, j) => [j, columns - 1 - i],
    2: (i, j) => [rows - 1 - i, columns - 1 - j],
    3: (i, j) => [rows - 1 - j, i],
  };
  return moved(
    shape,
    [odd ? columns : rows, odd ? rows : columns, ...rest],
    ([i, j, ...others]) => [...from[((turns % 4) + 4) % 4]!(i!, j!), ...others],
    { turns },
  );
}

export const arrange: SampleTable = {
  view: {
    run: ({ x }, { shape }) => view(x!, numbersOf(shape)),
    samples: [
      reshaped([2, 3, 4], [4, 6], { shape: [4, -1] }),
      reshaped([], [1, 1], { shape: [1, 1] }),
      reshaped([0, 3], [3, 0], { shape: [3, 0] }),
    ].map((sample): Sample => ({ ...sample, layouts: false })),
    errors: [
      { call: () => view(ones([2, 3]).transpose(), [6]), code: 'SHAPE', message: /strides \[1, 3\] cannot be seen as/ },
      { call: () => view(ones([2, 3]), [5]), code: 'SHAPE', message: /6 elements/ },
    ],
    without: { layouts: 'it refuses what is not contiguous' },
  },
  ravel: {
    run: ({ x }) => ravel(x!),
    samples: [reshaped([2, 3], [6]), reshaped([], [1]), reshaped([0, 2], [0])],
    errors: [{ call: () => ravel(1 as never), ...noTensor }],
  },
  unflatten: {
    run: ({ x }, { axis, extents }) => unflatten(x!, axis as number, numbersOf(extents)),
    samples: [
      reshaped([2, 12], [2, 3, 4], { axis: 1, extents: [3, -1] }),
      reshaped([0, 2], [0, 1, 2], { axis: -1, extents: [1, 2] }),
    ],
    errors: [
      { call: () => unflatten(ones([2, 12]), 1, [5, -1]), code: 'SHAPE', message: /product of 12/ },
      { call: () => unflatten(ones([4]), 0, 4 as never), code: 'TYPE', message: /need a list/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  swapAxes: {
    run: ({ x }, { a, b }) => swapAxes(x!, a as number, b as number),
    samples: [permuted([2, 3, 4], [2, 1, 0], { a: 0, b: -1 }), permuted([0, 3], [1, 0], { a: 0, b: 1 })],
    errors: [{ call: () => swapAxes(ones([2, 3]), 0, 5), ...noAxis }],
    without: { scalar: 'it needs an axis' },
  },
  moveAxis: {
    run: ({ x }, { from, to }) => moveAxis(x!, numbersOf(from), numbersOf(to)),
    samples: [
      permuted([2, 3, 4], [1, 2, 0], { from: [0], to: [-1] }),
      permuted([2, 3, 4], [2, 1, 0], { from: [0, 2], to: [2, 0] }),
      permuted([0, 3], [1, 0], { from: [0], to: [1] }),
    ],
    errors: [
      { call: () => moveAxis(ones([2, 3]), 0, 5), ...noAxis },
      { call: () => moveAxis(ones([2, 3]), [0, 1], 0), code: 'VALUE', message: /as many places/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  broadcastTo: {
    run: ({ x }, { shape }) => broadcastTo(x!, numbersOf(shape)),
    samples: [
      moved([1, 3], [2, 4, 3], ([, , k]) => [0, k!], { shape: [2, 4, 3] }),
      moved([], [2], () => [], { shape: [2] }),
      moved([1], [0], () => undefined, { shape: [0] }),
      moved([0, 1], [2, 0, 3], () => undefined, { shape: [2, 0, 3] }),
    ],
    large: moved([301, 1], [301, 307], ([i]) => [i!, 0], { shape: [301, 307] }),
    errors: [{ call: () => broadcastTo(ones([2]), [3]), code: 'SHAPE', op: 'expand', message: /does not broadcast/ }],
  },
  broadcastTensors: {
    run: ({ xs }) => broadcastTensors(...xs!),
    samples: [
      {
        inputs: { xs: [uniform([2, 1]), uniform([3]), uniform([])] },
        dtypes: everyDType,
        reference: (a, b, c) => [
          elements(a, [2, 3], ([i]) => [i!, 0]),
          elements(b, [2, 3], ([, j]) => [j!]),
          elements(c, [2, 3], () => []),
        ],
      },
      { inputs: { xs: [uniform([]), uniform([])] }, dtypes: everyDType, reference: (a, b) => [a, b] },
      { inputs: { xs: [uniform([0, 1])] }, reference: (x) => [x] },
    ],
    errors: [
      { call: () => broadcastTensors(ones([2]), ones([3])), code: 'SHAPE', message: /float32\[2\], float32\[3\]/ },
    ],
  },
  narrow: {
    run: ({ x }, { axis, start, length }) => narrow(x!, axis as number, start as number, length as number),
    samples: [
      moved([5, 3], [2, 3], ([i, j]) => [i! + 2, j!], { axis: 0, start: -3, length: 2 }),
      moved([2, 5], [2, 0], () => undefined, { axis: 1, start: 5, length: 0 }),
      moved([0, 5], [0, 1], () => undefined, { axis: 1, start: 0, length: 1 }),
    ],
    errors: [{ call: () => narrow(ones([3]), 0, 2, 2), code: 'INDEX', message: /2 to 4 are outside axis 0/ }],
    without: { scalar: 'it needs an axis' },
  },
  pad: {
    run: ({ x }, { before, after, mode }) =>
      pad(
        x!,
        numbersOf(before).map((width, axis) => [width, numbersOf(after)[axis]!] as const),
        { mode: mode as PadMode },
      ),
    samples: [
      padded([2, 3], [1, 0], [0, 2], 'constant'),
      padded([3, 4], [-1, 2], [2, -3], 'constant'),
      padded([3, 4], [2, 0], [1, 3], 'reflect'),
      padded([3, 4], [-1, 2], [2, -1], 'reflect'),
      padded([3, 4], [2, 0], [5, 3], 'replicate'),
      padded([2, 3, 2], [0, 3, 1], [0, 1, 2], 'circular'),
      padded([0, 2], [0, 1], [0, 1], 'reflect'),
      padded([], [], [], 'constant'),
    ],
    errors: [
      { call: () => pad(ones([2]), [[-1, -2]]), code: 'SHAPE', message: /cut at most what is there/ },
      { call: () => pad(ones([2]), [[2, 0]], { mode: 'reflect' }), code: 'SHAPE', message: /at most 1 for reflect/ },
      { call: () => pad(ones([2]), [[3, 0]], { mode: 'circular' }), code: 'SHAPE', message: /at most 2 for circular/ },
      { call: () => pad(ones([0]), [[1, 0]], { mode: 'replicate' }), code: 'SHAPE', message: /at most 0/ },
      { call: () => pad(ones([2]), [[0.5, 0]]), code: 'VALUE', message: /pairs of integers/ },
      { call: () => pad(ones([2]), [[1, 0]], { mode: 'mirror' as never }), code: 'VALUE', message: /mode is "mirror"/ },
      {
        call: () =>
          pad(ones([2]), [
            [0, 0],
            [1, 1],
          ]),
        code: 'SHAPE',
        message: /2 widths for float32\[2\]/,
      },
      {
        call: () => pad(ones([2], { dtype: 'uint8' }), [[1, 1]], { value: 300 }),
        code: 'VALUE',
        message: /300 does not fit uint8/,
      },
    ],
  },
  roll: {
    run: ({ x }, { shifts, axes }) => roll(x!, numbersOf(shifts), { axis: numbersOf(axes) }),
    samples: [
      rolled([5], [2], [0]),
      rolled([2, 5], [-3], [1]),
      rolled([3, 4], [4, -9], [0, 1]),
      rolled([0, 3], [1], [0]),
      rolled([], [], []),
    ],
    errors: [
      { call: () => roll(ones([2, 3]), [1, 2], { axis: 0 }), code: 'VALUE', message: /one shift for each axis/ },
      { call: () => roll(ones([2, 3]), 0.5), code: 'VALUE', message: /0\.5/ },
    ],
  },
  rot90: {
    run: ({ x }, { turns }) => rot90(x!, turns as number),
    samples: [...[0, 1, 2, 3, -1].map((turns) => turned([2, 3], turns)), turned([2, 3, 2], 1), turned([0, 3], 1)],
    errors: [
      { call: () => rot90(ones([2, 3]), 1, { axes: [0, 0] }), code: 'VALUE', message: /need two/ },
      { call: () => rot90(ones([2]), 1), code: 'INDEX', message: /axis 1 / },
    ],
    without: { scalar: 'it needs a plane' },
  },
};
