import { arange, concat, full, ones, zeros } from 'myelin';

import { accumulate, at, build, indicesOf, type Nd } from '../support/reference';
import { everyDType, uniform, type Sample, type SampleTable } from './sample';

const copied = (shape: readonly number[], layout: 'rowMajor' | 'channelsLast'): Sample => ({
  inputs: { x: uniform(shape) },
  attrs: { layout },
  dtypes: everyDType,
  reference: (x: Nd) => x,
});

function joined(shapes: readonly (readonly number[])[], axis: number): Sample {
  const extents = shapes.map((shape) => shape[axis]!);
  const total = extents.reduce((sum, extent) => sum + extent, 0);
  return {
    inputs: { xs: shapes.map((shape) => uniform(shape)) },
    attrs: { axis },
    dtypes: everyDType,
    reference: (...xs: Nd[]) =>
      build(
        xs[0]!.dtype,
        shapes[0]!.map((extent, other) => (other === axis ? total : extent)),
        (index) => {
          let position = index[axis]!;
          const which = extents.findIndex((extent) => (position < extent ? true : ((position -= extent), false)));
          return at(
            xs[which]!,
            index.map((i, other) => (other === axis ? position : i)),
          );
        },
      ),
  };
}

const padded = (
  shape: readonly number[],
  before: readonly number[],
  after: readonly number[],
  value: number,
): Sample => ({
  inputs: { x: uniform(shape) },
  attrs: { before, after, value },
  dtypes: everyDType,
  reference: (x: Nd) =>
    build(
      x.dtype,
      shape.map((extent, axis) => before[axis]! + extent + after[axis]!),
      (index) => {
        const own = index.map((i, axis) => i - before[axis]!);
        return own.every((i, axis) => i >= 0 && i < shape[axis]!) ? at(x, own) : value;
      },
    ),
});

function unsliced(
  shape: readonly number[],
  start: readonly number[],
  step: readonly number[],
  from: readonly number[],
): Sample {
  return {
    inputs: { dout: uniform(from) },
    attrs: { shape, start, step },
    dtypes: everyDType,
    reference: (dout: Nd) =>
      accumulate(dout.dtype, shape, (add) => {
        for (const index of indicesOf(from))
          add(
            index.map((i, axis) => start[axis]! + i * step[axis]!),
            at(dout, index),
          );
      }),
  };
}

const filled = (shape: readonly number[], value: number, dtype: (typeof everyDType)[number]): Sample => ({
  inputs: {},
  attrs: { value, shape, dtype },
  dtypes: [dtype],
  order: 0,
  layouts: false,
  reference: () => build(dtype, shape, () => (dtype === 'float32' ? Math.fround(value) : value)),
});

const counted = (length: number, start: number, step: number, dtype: (typeof everyDType)[number]): Sample => ({
  inputs: {},
  attrs: { start, step, length, dtype },
  dtypes: [dtype],
  order: 0,
  layouts: false,
  reference: () => build(dtype, [length], ([i]) => start + i! * step),
});

export const move: SampleTable = {
  copy: {
    samples: [
      copied([2, 3, 4], 'rowMajor'),
      copied([2, 3, 4, 5], 'channelsLast'),
      copied([2, 3, 7], 'channelsLast'),
      copied([], 'rowMajor'),
      copied([0, 3], 'rowMajor'),
      copied([37], 'rowMajor'),
    ],
    large: copied([4, 33, 29, 31], 'channelsLast'),
    errors: [
      {
        call: () => ones([2, 3]).contiguous({ layout: 'channelsLast' }),
        code: 'SHAPE',
        op: 'contiguous',
        message: /at least three axes/,
      },
    ],
  },
  concat: {
    samples: [
      joined(
        [
          [2, 3],
          [4, 3],
        ],
        0,
      ),
      joined(
        [
          [2, 3],
          [2, 1],
          [2, 2],
        ],
        1,
      ),
      joined([[2, 3, 2]], 2),
      joined(
        [
          [0, 3],
          [2, 3],
        ],
        0,
      ),
      joined([[3], [37]], 0),
    ],
    large: joined(
      [
        [301, 107],
        [301, 200],
      ],
      1,
    ),
    errors: [
      { call: () => concat([]), code: 'VALUE', message: /at least one tensor/ },
      { call: () => concat([ones([2, 3]), ones([2, 4])]), code: 'SHAPE', message: /float32\[2,3\], float32\[2,4\]/ },
      { call: () => concat([ones([2])], { axis: 1 }), code: 'INDEX', message: /axis 1 / },
    ],
    without: { scalar: 'it needs an axis' },
  },
  padConstant: {
    samples: [
      padded([2, 3], [1, 0], [0, 2], 0),
      padded([2, 3], [0, 1], [2, 1], 1),
      padded([4], [3], [0], 0),
      padded([0, 2], [1, 0], [1, 1], 1),
      padded([2, 2, 3, 2], [0, 0, 1, 1], [0, 0, 1, 1], 0),
      padded([], [], [], 0),
    ],
    large: padded([301, 307], [1, 2], [3, 4], 0),
    errors: [],
    neverFails: 'called by pad, which refuses in its place',
  },
  sliceBackward: {
    samples: [
      unsliced([5, 4], [1, 0], [1, 1], [3, 4]),
      unsliced([5, 4], [0, 3], [2, -1], [3, 4]),
      unsliced([7], [6], [-3], [3]),
      unsliced([5, 4], [0, 0], [1, 1], [0, 4]),
    ],
    large: unsliced([301, 307], [1, 306], [1, -3], [300, 100]),
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
    without: { scalar: 'its function gives it at least one axis' },
  },
  full: {
    samples: [
      ...everyDType.map((dtype) => filled([2, 3], 1, dtype)),
      filled([], -2.5, 'float64'),
      filled([37], 0.1, 'float32'),
      filled([2], 255, 'uint8'),
      filled([0, 3], 1, 'float32'),
      filled([3], NaN, 'float32'),
    ],
    large: filled([301, 307], 0.5, 'float32'),
    errors: [
      { call: () => full([2], 300, { dtype: 'uint8' }), code: 'VALUE', message: /300 does not fit uint8/ },
      { call: () => zeros([-1]), code: 'SHAPE', op: 'zeros', message: /non-negative/ },
      { call: () => full([2], 1, { dtype: 'float17' as never }), code: 'DTYPE', message: /float17/ },
    ],
    neverEmpty: 'it has no inputs',
  },
  arange: {
    samples: [
      counted(37, 0, 1, 'float32'),
      counted(5, -2, 0.5, 'float64'),
      counted(5, 10, -3, 'int32'),
      counted(5, 0, 7, 'int64'),
      counted(0, 0, 1, 'float32'),
    ],
    large: counted(200_001, 0, 1, 'float64'),
    errors: [{ call: () => arange(0, { stop: 5, step: 0 } as never), code: 'VALUE', message: /step/ }],
    neverEmpty: 'it has no inputs',
    without: { scalar: 'it makes a vector' },
  },
};
