import { ones } from 'myelin';

import { at, build, type Nd } from '../support/reference';
import { everyDType, uniform, type OpSamples, type Sample, type SampleTable } from './sample';

const ofDType = (sample: Omit<Sample, 'dtypes'>): Sample => ({ dtypes: everyDType, ...sample });

const reshaped = (from: readonly number[], to: readonly number[]): Sample =>
  ofDType({
    inputs: { x: uniform(from) },
    attrs: { shape: to },
    // The op is a view: what cannot be one is made contiguous before it, by the function of the same name.
    layouts: false,
    reference: (x: Nd) => ({ ...x, shape: to }),
  });

const permuted = (shape: readonly number[], axes: readonly number[]): Sample =>
  ofDType({
    inputs: { x: uniform(shape) },
    attrs: { axes },
    reference: (x: Nd) =>
      build(
        x.dtype,
        axes.map((axis) => shape[axis]!),
        (index) =>
          at(
            x,
            shape.map((_, axis) => index[axes.indexOf(axis)]!),
          ),
      ),
  });

const expanded = (from: readonly number[], to: readonly number[]): Sample =>
  ofDType({
    inputs: { x: uniform(from) },
    attrs: { shape: to },
    reference: (x: Nd) =>
      build(x.dtype, to, (index) => {
        const own = index.slice(to.length - from.length);
        return at(
          x,
          own.map((i, axis) => (from[axis] === 1 ? 0 : i)),
        );
      }),
  });

interface Range {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly shape: readonly number[];
}

const sliced = (shape: readonly number[], range: Range): Sample =>
  ofDType({
    inputs: { x: uniform(shape) },
    attrs: { ...range },
    reference: (x: Nd) =>
      build(x.dtype, range.shape, (index) =>
        at(
          x,
          index.map((i, axis) => range.start[axis]! + i * range.step[axis]!),
        ),
      ),
  });

const views = (samples: readonly Sample[], errors: OpSamples['errors']): OpSamples => ({ samples, errors });

export const view: SampleTable = {
  reshape: {
    ...views(
      [
        reshaped([2, 3, 4], [4, 6]),
        reshaped([6], [1, 2, 3]),
        reshaped([1, 1], []),
        reshaped([], [1, 1]),
        reshaped([0, 3], [3, 0, 2]),
      ],
      [
        { call: () => ones([2, 3]).reshape([4]), code: 'SHAPE', message: /float32\[2,3\] has 6 elements/ },
        { call: () => ones([2, 3]).reshape([-1, 4]), code: 'SHAPE', message: /float32\[2,3\] has 6 elements/ },
        { call: () => ones([2, 3]).reshape([-1, -1]), code: 'SHAPE', message: /non-negative/ },
        { call: () => ones([2, 3]).reshape('6' as never), code: 'TYPE', message: /array of integers/ },
      ],
    ),
    without: { layouts: 'the op is a view of what its function has made row-major' },
  },
  permute: views(
    [permuted([2, 3, 4], [2, 0, 1]), permuted([2, 3], [1, 0]), permuted([], []), permuted([0, 3], [1, 0])],
    [
      { call: () => ones([2, 3]).permute([0]), code: 'VALUE', message: /each of the 2 axes/ },
      { call: () => ones([2, 3]).permute([0, 0]), code: 'VALUE', message: /one axis twice/ },
      { call: () => ones([2, 3]).permute([0, 2]), code: 'INDEX', message: /axis 2 / },
    ],
  ),
  expand: views(
    [
      expanded([1, 3], [2, 3]),
      expanded([3], [2, 4, 3]),
      expanded([], [2, 2]),
      expanded([2, 1, 3], [2, 4, 3]),
      expanded([1], [0]),
      expanded([0, 1], [2, 0, 3]),
    ],
    [
      { call: () => ones([2, 3]).expand([2, 4]), code: 'SHAPE', message: /does not broadcast to \[2, 4\]/ },
      { call: () => ones([2, 3]).expand([3]), code: 'SHAPE', message: /does not broadcast/ },
    ],
  ),
  slice: views(
    [
      sliced([5, 4], { start: [1, 0], step: [1, 1], shape: [3, 4] }),
      sliced([5, 4], { start: [0, 3], step: [2, -1], shape: [3, 4] }),
      sliced([7], { start: [6], step: [-3], shape: [3] }),
      sliced([5, 4], { start: [0, 0], step: [1, 1], shape: [0, 4] }),
      sliced([0, 3], { start: [0, 1], step: [1, 1], shape: [0, 2] }),
      sliced([], { start: [], step: [], shape: [] }),
    ],
    [
      { call: () => ones([2, 3]).slice(2), code: 'INDEX', message: /index 2 is outside axis 0 of float32\[2,3\]/ },
      { call: () => ones([2, 3]).slice([0, 2, 0]), code: 'VALUE', message: /step is 0/ },
      { call: () => ones([2, 3]).slice(null, null, 0), code: 'SHAPE', message: /3 specs/ },
      { call: () => ones([2, 3]).slice([0.5, 2]), code: 'VALUE', message: /0\.5/ },
    ],
  ),
};
