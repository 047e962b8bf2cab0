import { gather, indexSelect, oneHot, ones, tensor, type DType } from 'myelin';

import { accumulate, at, build, type Nd } from '../support/reference';
import { everyDType, integers, numbers, uniform, type InputSpec, type Sample, type SampleTable } from './sample';

const indexDTypes: readonly DType[] = ['int32', 'int64'];

/** The same sample once for each dtype of its index. */
const forIndexDTypes = (sample: (dtype: DType) => Sample): Sample[] => indexDTypes.map(sample);
const indices = (shape: readonly number[], below: number, dtype: DType): InputSpec => integers(shape, 0, below, dtype);

/** Where an element of the selection comes from: the index replaces one axis by its own. */
function source(index: readonly number[], axis: number, chosen: Nd): number[] {
  const rank = chosen.shape.length;
  return [...index.slice(0, axis), at(chosen, index.slice(axis, axis + rank)), ...index.slice(axis + rank)];
}

const replaced = (shape: readonly number[], axis: number, by: readonly number[]): number[] => [
  ...shape.slice(0, axis),
  ...by,
  ...shape.slice(axis + 1),
];

function select(shape: readonly number[], chosen: readonly number[], axis: number, dtype: DType): Sample {
  return {
    inputs: { x: uniform(shape), index: indices(chosen, shape[axis]!, dtype) },
    attrs: { axis },
    dtypes: everyDType,
    reference: (x, index) => build(x.dtype, replaced(shape, axis, chosen), (i) => at(x, source(i, axis, index))),
  };
}

function selectBackward(shape: readonly number[], chosen: readonly number[], axis: number, dtype: DType): Sample {
  const picked = replaced(shape, axis, chosen);
  return {
    inputs: { dout: uniform(picked), index: indices(chosen, shape[axis]!, dtype) },
    attrs: { shape, axis },
    dtypes: numbers,
    tolerance: { relative: 4, absolute: 8 },
    reference: (dout, index) =>
      accumulate(dout.dtype, shape, (add) => {
        build(dout.dtype, picked, (i) => (add(source(i, axis, index), at(dout, i)), 0));
      }),
  };
}

const along = (index: readonly number[], axis: number, value: number): number[] =>
  index.map((i, other) => (other === axis ? value : i));

function pick(shape: readonly number[], picked: readonly number[], axis: number, dtype: DType): Sample {
  return {
    inputs: { x: uniform(shape), index: indices(picked, shape[axis]!, dtype) },
    attrs: { axis },
    dtypes: everyDType,
    reference: (x, index) => build(x.dtype, picked, (i) => at(x, along(i, axis, at(index, i)))),
  };
}

function pickBackward(shape: readonly number[], picked: readonly number[], axis: number, dtype: DType): Sample {
  return {
    inputs: { dout: uniform(picked), index: indices(picked, shape[axis]!, dtype) },
    attrs: { shape, axis },
    dtypes: numbers,
    tolerance: { relative: 4, absolute: 8 },
    reference: (dout, index) =>
      accumulate(dout.dtype, shape, (add) => {
        build(dout.dtype, picked, (i) => (add(along(i, axis, at(index, i)), at(dout, i)), 0));
      }),
  };
}

function hot(shape: readonly number[], classes: number, dtype: DType): Sample {
  return {
    inputs: { index: indices(shape, classes, dtype) },
    attrs: { classes, dtype: 'float32' },
    dtypes: ['float32'],
    order: 0,
    reference: (index) => build('float32', [...shape, classes], (i) => Number(at(index, i.slice(0, -1)) === i.at(-1))),
  };
}

const outside = { code: 'INDEX', message: /index 3 at position 1 .*extent 3/ } as const;
const wrong = () => tensor([0, 3], { dtype: 'int32' });
const internal = 'called by gradient rules only, with what their ops have checked';

export const indexing: SampleTable = {
  indexSelect: {
    samples: [
      ...forIndexDTypes((dtype) => select([4, 3, 2], [5], 0, dtype)),
      select([2, 4, 3], [3], 1, 'int32'),
      select([2, 3, 5], [2, 3], 2, 'int64'),
      select([4, 3], [], 0, 'int32'),
      select([4, 3], [0], 0, 'int32'),
    ],
    large: select([100, 307], [1001], 0, 'int32'),
    errors: [
      { ...outside, call: () => indexSelect(ones([3, 2]), wrong()) },
      { call: () => indexSelect(ones([3, 2]), ones([1]) as never), code: 'DTYPE', message: /float32\[1\]/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  indexSelectBackward: {
    samples: [
      ...forIndexDTypes((dtype) => selectBackward([4, 3, 2], [5], 0, dtype)),
      selectBackward([2, 4, 3], [3], 1, 'int32'),
      selectBackward([2, 3, 5], [2, 3], 2, 'int64'),
      selectBackward([4, 3], [0], 0, 'int32'),
    ],
    large: selectBackward([50, 307], [1001], 0, 'int32'),
    errors: [],
    neverFails: internal,
    without: { scalar: 'it needs an axis' },
  },
  gather: {
    samples: [
      ...forIndexDTypes((dtype) => pick([4, 3, 2], [2, 3, 2], 0, dtype)),
      pick([2, 4, 3], [2, 6, 2], 1, 'int32'),
      pick([2, 3], [2, 1], 1, 'int64'),
      pick([2, 3], [0, 3], 0, 'int64'),
    ],
    large: pick([301, 307], [301, 307], 1, 'int64'),
    errors: [
      { ...outside, call: () => gather(ones([1, 3]), wrong().reshape([1, 2]), { axis: 1 }) },
      { call: () => gather(ones([2, 3]), wrong(), { axis: 1 }), code: 'SHAPE', message: /float32\[2,3\].*int32\[2\]/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  gatherBackward: {
    samples: [
      ...forIndexDTypes((dtype) => pickBackward([4, 3, 2], [2, 3, 2], 0, dtype)),
      pickBackward([2, 4, 3], [2, 6, 2], 1, 'int32'),
      pickBackward([2, 3], [0, 3], 0, 'int64'),
    ],
    large: pickBackward([50, 307], [301, 307], 0, 'int64'),
    errors: [],
    neverFails: internal,
    without: { scalar: 'it needs an axis', broadcast: 'a gradient has the shape of its input' },
  },
  oneHot: {
    samples: [
      ...forIndexDTypes((dtype) => hot([7], 5, dtype)),
      hot([2, 3], 4, 'int32'),
      hot([], 3, 'int64'),
      hot([0], 3, 'int64'),
    ],
    large: hot([3001], 50, 'int64'),
    errors: [{ ...outside, call: () => oneHot(wrong(), 3) }],
  },
};
