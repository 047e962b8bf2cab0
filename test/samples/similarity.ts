import { cosineSimilarity, normalize, ones, pairwiseDistance, type FloatDType, type Tensor } from 'myelin';

import { alongAxis, groups, sumOf, type Nd } from '../support/reference';
import { uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

type Real = Tensor<FloatDType>;
type List = readonly number[];

const lengthOf = (vector: List, p: number): number => sumOf(vector.map((x) => Math.abs(x) ** p)) ** (1 / p);
const dot = (a: List, b: List): number => sumOf(a.map((x, i) => x * b[i]!));
const tolerance = { relative: 64, absolute: 64 };
const halves = { steps: 8, scale: 4 };

// Away from 0, where lengths have no derivative.
const vectors = (shape: List): ReturnType<typeof uniform> => uniform(shape, 0.5, 2);

/** One number for each pair of vectors along an axis; those of b may be fewer, for each row of a again. */
function pairs(
  shape: List,
  axis: number,
  options: object,
  compare: (a: number[], b: number[]) => number,
  other = shape,
): Sample {
  const at = axis < 0 ? axis + shape.length : axis;
  return {
    inputs: { a: vectors(shape), b: uniform(other, -2, -0.25) },
    attrs: { ...options },
    tolerance,
    halves,
    reference: (a, b) => {
      const [left, right] = [groups(a, [at]), groups(b, [at - (shape.length - other.length)])];
      const data = left.lists.map((list, i) => compare(list, right.lists[i % right.lists.length]!));
      return { dtype: a.dtype, shape: left.shape, data };
    },
  };
}

const cosine =
  (eps: number) =>
  (a: List, b: List): number =>
    dot(a, b) / (Math.max(lengthOf(a, 2), eps) * Math.max(lengthOf(b, 2), eps));

const apart =
  (p: number, eps: number) =>
  (a: List, b: List): number =>
    lengthOf(
      a.map((x, i) => x - b[i]! + eps),
      p,
    );

const unit = (shape: List, { p, axis, eps }: { p: number; axis: number; eps: number }): Sample => ({
  inputs: { x: vectors(shape) },
  attrs: { p, axis, eps },
  tolerance,
  halves,
  reference: (x: Nd) =>
    alongAxis([x], axis, (vector) => vector.map((each) => each / Math.max(lengthOf(vector, p), eps))),
});

const refusals = (call: (a: Real, b: Real) => unknown): ErrorCase[] => [
  { call: () => call(ones([2, 3]), ones([2, 4])), code: 'SHAPE', message: /float32\[2,4\]/ },
  { call: () => call(ones([]), ones([])), code: 'SHAPE', message: /need vectors/ },
  { call: () => call(ones([2, 3], { dtype: 'int32' }) as never, ones([2, 3])), code: 'DTYPE', message: /int32\[2,3\]/ },
  { call: () => call(ones([2, 3], { dtype: 'float64' }), ones([2, 3])), code: 'DTYPE', message: /one dtype/ },
];

const without = { scalar: 'vectors have an axis' };

export const similarities: SampleTable = {
  normalize: {
    run: ({ x }, options) => normalize(x as unknown as Real, options),
    samples: [
      unit([2, 3], { p: 2, axis: 1, eps: 1e-12 }),
      unit([3, 2, 2], { p: 3, axis: 0, eps: 1e-12 }),
      unit([2, 4], { p: 2, axis: 1, eps: 100 }),
      unit([0, 3], { p: 2, axis: 1, eps: 1e-12 }),
    ],
    errors: [
      { call: () => normalize(ones([3])), code: 'INDEX', message: /axis 1/ },
      { call: () => normalize(ones([2, 3]), { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
      { call: () => normalize(ones([2, 3], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2,3\]/ },
    ],
    without,
  },
  cosineSimilarity: {
    run: ({ a, b }, options) => cosineSimilarity(a as unknown as Real, b as unknown as Real, options),
    samples: [
      pairs([2, 3], 1, {}, cosine(1e-8)),
      pairs([3, 2, 2], 0, { axis: 0 }, cosine(1e-8)),
      pairs([2, 3], -1, { axis: -1, eps: 50 }, cosine(50)),
      pairs([2, 3], -1, { axis: -1 }, cosine(1e-8), [3]),
      pairs([0, 3], 1, {}, cosine(1e-8)),
    ],
    errors: [
      ...refusals((a, b) => cosineSimilarity(a, b)),
      { call: () => cosineSimilarity(ones([2]), ones([2])), code: 'INDEX', message: /axis 1/ },
      { call: () => cosineSimilarity(ones([1, 2]), ones([1, 2]), { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
    ],
    without,
  },
  pairwiseDistance: {
    run: ({ a, b }, options) => pairwiseDistance(a as unknown as Real, b as unknown as Real, options),
    samples: [
      pairs([2, 3], 1, {}, apart(2, 1e-6)),
      pairs([3, 2, 2], 2, { p: 3, eps: 0.125 }, apart(3, 0.125)),
      pairs([3], 0, { p: 1.5 }, apart(1.5, 1e-6)),
      pairs([2, 3], 1, {}, apart(2, 1e-6), [1, 3]),
      pairs([0, 3], 1, {}, apart(2, 1e-6)),
    ],
    errors: [
      ...refusals((a, b) => pairwiseDistance(a, b)),
      { call: () => pairwiseDistance(ones([2]), ones([2]), { eps: NaN }), code: 'VALUE', message: /eps is NaN/ },
      {
        call: () => pairwiseDistance(ones([2]), ones([2]), { keepDims: 1 as never }),
        code: 'VALUE',
        message: /keepDims is 1/,
      },
    ],
    without,
  },
};
