import { asStrided, diag, diagEmbed, diagonal, ones, unfold } from 'myelin';

import { accumulate, indicesOf, position, stridesOf } from '../support/reference';
import { internal, moved, noTensor } from './moved';
import { everyDType, uniform, type Sample, type SampleTable } from './sample';

/** The index of a row-major position. */
function indexAt(flat: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(flat / stride) % shape[axis]!);
}

const dot = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);

const strided = (
  from: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Sample => ({
  ...moved(from, shape, (index) => indexAt(offset + dot(index, strides), from), { shape, strides, offset }),
  // The op is a view of what its function has made row-major.
  layouts: false,
});

const windowed = (shape: readonly number[], axis: number, size: number, step: number): Sample =>
  moved(
    shape,
    [...shape.map((extent, a) => (a === axis ? Math.floor((extent - size) / step) + 1 : extent)), size],
    (index) => index.slice(0, -1).map((i, a) => (a === axis ? i * step + index.at(-1)! : i)),
    { axis, size, step },
  );

function diagonalOf(shape: readonly number[], length: number, offset: number, axis1: number, axis2: number): Sample {
  const batch = shape.filter((_, axis) => axis !== axis1 && axis !== axis2);
  return moved(
    shape,
    [...batch, length],
    (index) => {
      const outer = index.slice(0, -1);
      const i = index.at(-1)!;
      return shape.map((_, axis) => {
        if (axis === axis1) return i - Math.min(0, offset);
        return axis === axis2 ? i + Math.max(0, offset) : outer.shift()!;
      });
    },
    { offset, axis1, axis2 },
  );
}

function embedded(shape: readonly number[], offset: number, axis1: number, axis2: number): Sample {
  const extent = shape.at(-1)! + Math.abs(offset);
  const batch = shape.slice(0, -1);
  const out = Array.from({ length: shape.length + 1 }, (_, axis) =>
    axis === axis1 || axis === axis2 ? extent : batch.shift()!,
  );
  return moved(
    shape,
    out,
    (index) => {
      const outer = index.filter((_, axis) => axis !== axis1 && axis !== axis2);
      const [row, column] = [index[axis1]!, index[axis2]!];
      return column - row === offset ? [...outer, Math.min(row, column)] : undefined;
    },
    { offset, axis1, axis2 },
  );
}

function added(from: readonly number[], shape: readonly number[], strides: readonly number[], offset: number): Sample {
  return {
    inputs: { dout: uniform(from) },
    attrs: { shape, strides, offset },
    dtypes: everyDType,
    tolerance: { relative: 8, absolute: 16 },
    reference: (dout) =>
      accumulate(dout.dtype, shape, (add) => {
        for (const index of indicesOf(from)) {
          add(indexAt(offset + dot(index, strides), shape), dout.data[position(index, from)]!);
        }
      }),
  };
}

export const windows: SampleTable = {
  asStrided: {
    samples: [
      strided([3, 4], [2, 3], [4, 1], 1),
      strided([6], [4, 3], [1, 1], 0),
      strided([], [2], [0], 0),
      strided([2, 5], [3], [-3], 9),
      strided([5], [2, 2], [0, 2], 1),
      strided([4], [0, 3], [9, 9], 0),
      strided([3], [], [], 2),
      strided([0], [0, 2], [1, 1], 0),
    ],
    errors: [
      { call: () => asStrided(ones([4]), [3], [2]), code: 'SHAPE', message: /elements 0 to 4 of float32\[4\]/ },
      { call: () => asStrided(ones([4]), [3], [-1]), code: 'SHAPE', message: /elements -2 to 0/ },
      { call: () => asStrided(ones([4]), [3], []), code: 'SHAPE', message: /one for each axis/ },
      { call: () => asStrided(ones([4]), [1], [0.5]), code: 'VALUE', message: /0\.5/ },
      { call: () => asStrided([1] as never, [1], [1]), ...noTensor },
    ],
    without: { layouts: 'the op is a view of what its function has made row-major' },
  },
  unfold: {
    samples: [
      windowed([7], 0, 3, 1),
      windowed([2, 7, 3], 1, 3, 2),
      windowed([5, 4], 0, 5, 1),
      windowed([4], 0, 0, 1),
      windowed([0, 3], 1, 2, 1),
    ],
    without: { scalar: 'it needs an axis' },
    errors: [
      { call: () => unfold(ones([3]), { size: 4 }), code: 'VALUE', message: /size is 4 on axis 0 of float32\[3\]/ },
      { call: () => unfold(ones([3]), { size: 2, step: 0 }), code: 'VALUE', message: /step is 0/ },
      { call: () => unfold(ones([3]), { size: 2, axis: 1 }), code: 'INDEX', message: /axis 1 / },
    ],
  },
  windowBackward: {
    samples: [
      added([4, 3], [6], [1, 1], 0),
      added([2, 3, 3], [2, 7], [7, 2, 1], 0),
      added([3], [2, 5], [-3], 9),
      added([0, 3], [2], [1, 1], 0),
      added([], [2, 2], [], 3),
    ],
    large: added([40, 100, 30], [40, 200], [200, 1, 3], 5),
    errors: [],
    neverFails: internal,
  },
  diagonal: {
    samples: [
      diagonalOf([3, 4], 3, 0, 0, 1),
      diagonalOf([3, 4], 2, -1, 0, 1),
      diagonalOf([3, 4], 2, 2, 0, 1),
      diagonalOf([3, 2, 4], 3, 0, 0, 2),
      diagonalOf([3, 2, 4], 3, 0, 2, 0),
      diagonalOf([3, 3], 0, 5, 0, 1),
      diagonalOf([0, 3], 0, 0, 0, 1),
    ],
    without: { scalar: 'it needs two axes' },
    errors: [
      { call: () => diagonal(ones([3])), code: 'INDEX', message: /axis 1 / },
      { call: () => diagonal(ones([3, 3]), { axis1: 1 }), code: 'VALUE', message: /both 1/ },
      { call: () => diagonal(ones([3, 3]), { offset: 0.5 }), code: 'VALUE', message: /offset is 0\.5/ },
    ],
  },
  diagEmbed: {
    run: ({ x }, { offset, axis1, axis2 }) =>
      diagEmbed(x!, { offset: offset as number, axis1: axis1 as number, axis2: axis2 as number }),
    // A bool cannot be added up.
    samples: [embedded([3], 0, 0, 1), embedded([2, 3], 1, 1, 2), embedded([2, 3], -1, 2, 0), embedded([2, 0], 0, 1, 2)],
    errors: [{ call: () => diagEmbed(ones([])), code: 'SHAPE', message: /no axes/ }],
    without: { scalar: 'it needs an axis' },
  },
  diag: {
    run: ({ x }, { offset }) => diag(x!, { offset: offset as number }),
    samples: [
      { ...embedded([3], 1, 0, 1), attrs: { offset: 1 } },
      { ...diagonalOf([3, 4], 2, 2, 0, 1), attrs: { offset: 2 } },
      { ...embedded([0], 0, 0, 1), attrs: { offset: 0 } },
    ],
    errors: [{ call: () => diag(ones([1, 1, 1])), code: 'SHAPE', message: /vector or a matrix/ }],
    without: { scalar: 'it needs an axis' },
  },
};
