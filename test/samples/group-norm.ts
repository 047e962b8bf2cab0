import { groupNorm, instanceNorm, localResponseNorm, ones, rmsNorm, type FloatDType, type Tensor } from 'myelin';

import { at, build, meanOf, reduce, sizeOf, zip, type Nd } from '../support/reference';
import { backward, normalize, reshaped, statisticsOf, type Scheme } from './norm';
import { uniform, type Sample, type SampleTable, neverScalar } from './sample';

type List = readonly number[];

/** x with its channels split into groups, and the statistics of those. */
function split([batch, channels, ...places]: List, count: number): { shape: List; scheme: Scheme } {
  const size = channels! / count;
  const shape = [batch!, count, size, ...places];
  const ones = places.map(() => 1);
  const scheme = {
    axes: shape.map((_, axis) => axis).slice(2),
    statistics: [batch!, count],
    spread: [batch!, count, 1, ...ones],
    features: [channels!],
    featureSpread: [count, size, ...ones],
    featureOf: (index: List) => [index[1]! * size + index[2]!],
  };
  return { shape, scheme };
}

const eps = 1e-3;
const wide = (shape: List): boolean => sizeOf(shape) > 200;

function forward(shape: List, groups: number): Sample {
  const { shape: parted, scheme } = split(shape, groups);
  return {
    inputs: { x: uniform(shape), weight: uniform([shape[1]!]), bias: uniform([shape[1]!]) },
    attrs: { groups, eps },
    differentiable: 1,
    order: wide(shape) ? 0 : 2,
    tolerance: { relative: 16, absolute: 64 },
    reference: (x, weight, bias) => {
      const apart = reshaped(x, parted);
      const [mean, variance] = statisticsOf(apart, scheme);
      return [reshaped(normalize(apart, weight, bias, mean, variance, scheme), shape), mean, variance];
    },
  };
}

function toInput(shape: List, groups: number): Sample {
  const { shape: parted, scheme } = split(shape, groups);
  return {
    inputs: {
      gradient: uniform(shape),
      x: uniform(shape),
      weight: uniform([shape[1]!]),
      mean: uniform(scheme.statistics),
      variance: uniform(scheme.statistics, 0.5, 2),
    },
    attrs: { groups, eps },
    // Statistics are functions of x, and derivatives by x see that: those are checked with the op itself.
    by: ['gradient', 'weight'],
    repeats: false,
    order: wide(shape) ? 0 : 2,
    derive: (gradient, x, weight) => [gradient, x, weight, ...statisticsOf(reshaped(x, parted), scheme)],
    tolerance: { relative: 32, absolute: 256 },
    reference: (gradient, x, weight, mean, variance) => {
      const [dx, dweight, dbias] = backward(
        reshaped(gradient, parted),
        reshaped(x, parted),
        weight,
        mean,
        variance,
        scheme,
      ) as [Nd, Nd, Nd];
      return [reshaped(dx, shape), dweight, dbias];
    },
  };
}

const groupings: readonly (readonly [List, number])[] = [
  [[2, 4], 2],
  [[2, 3, 4], 1],
  [[2, 4, 3, 2], 2],
  [[1, 3, 2, 2], 3],
  [[9, 38, 2, 3], 2],
  [[2, 4, 3, 3], 2],
  [[2, 4, 9, 8], 2],
  [[0, 2, 3], 1],
];
const huge: List = [4, 34, 29, 31];
const many: List = [33, 16, 15, 17];

type Real = Tensor<FloatDType>;

function instance(shape: List): Sample {
  const { shape: parted, scheme } = split(shape, shape[1]!);
  return {
    inputs: { x: uniform(shape), weight: uniform([shape[1]!]), bias: uniform([shape[1]!]) },
    tolerance: { relative: 16, absolute: 64 },
    reference: (x, weight, bias) => {
      const apart = reshaped(x, parted);
      return reshaped(normalize(apart, weight, bias, ...statisticsOf(apart, scheme), scheme), shape);
    },
  };
}

function rms(shape: List, count: number): Sample {
  const axes = shape.map((_, axis) => axis).slice(shape.length - count);
  return {
    inputs: { x: uniform(shape), weight: uniform(shape.slice(shape.length - count)) },
    attrs: { count },
    tolerance: { relative: 8, absolute: 16 },
    halves: { steps: 8 },
    reference: (x, weight) => {
      const scale = reduce(x, axes, true, (values) => 1 / Math.sqrt(meanOf(values.map((v) => v * v)) + eps));
      return zip([x, scale, weight], (value, factor, w) => value * factor * w);
    },
  };
}

function response(shape: List, size: number): Sample {
  return {
    inputs: { x: uniform(shape) },
    attrs: { size },
    tolerance: { relative: 16, absolute: 16 },
    halves: { steps: 8 },
    reference: (x) =>
      build(x.dtype, shape, (index) => {
        const first = index[1]! - Math.floor(size / 2);
        let squares = 0;
        for (let c = Math.max(0, first); c < Math.min(shape[1]!, first + size); c++) {
          squares += at(x, [index[0]!, c, ...index.slice(2)]) ** 2;
        }
        return at(x, index) / (0.5 + (0.1 * squares) / size) ** 0.75;
      }),
  };
}

const internal = 'called by gradient rules only, with what their ops have checked';
const wrongChannels = /weight is float32\[2\]/;

export const groupNorms: SampleTable = neverScalar('it needs an axis of features', {
  groupNorm: {
    samples: groupings.map(([shape, groups]) => forward(shape, groups)),
    large: forward(many, 4),
    errors: [
      { call: () => groupNorm(ones([3]), 1), code: 'SHAPE', message: /float32\[3\]/ },
      { call: () => groupNorm(ones([1, 3, 2]), 2), code: 'SHAPE', message: /divide into 2 groups/ },
      { call: () => groupNorm(ones([1, 3, 2]), 0), code: 'VALUE', message: /numGroups is 0/ },
      { call: () => groupNorm(ones([4, 3]), 1, { weight: ones([2]) }), code: 'SHAPE', message: wrongChannels },
      { call: () => groupNorm(ones([4, 3]), 1, { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
    ],
  },
  groupNormBackward: {
    samples: groupings.map(([shape, groups]) => toInput(shape, groups)),
    large: toInput(huge, 2),
    errors: [],
    neverFails: internal,
  },
  instanceNorm: {
    run: ({ x, weight, bias }) => instanceNorm(x as unknown as Real, { weight, bias, eps }),
    samples: [instance([2, 3, 4]), instance([1, 2, 3, 2]), instance([0, 2, 3])],
    errors: [
      { call: () => instanceNorm(ones([3])), code: 'SHAPE', message: /float32\[3\]/ },
      { call: () => instanceNorm(ones([4, 3, 1])), code: 'SHAPE', message: /more than one place per channel/ },
      { call: () => instanceNorm(ones([4, 3, 2]), { weight: ones([2]) }), code: 'SHAPE', message: wrongChannels },
      { call: () => instanceNorm(ones([4, 3, 2]), { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
      { call: () => instanceNorm(ones([4, 3, 2]), { momentum: 2 }), code: 'VALUE', message: /momentum is 2/ },
      {
        call: () => instanceNorm(ones([4, 3, 2]), { useInputStats: false }),
        code: 'VALUE',
        message: /running statistics are missing/,
      },
    ],
  },
  rmsNorm: {
    run: ({ x, weight }, { count }) =>
      rmsNorm(x as unknown as Real, x!.shape.slice(x!.shape.length - (count as number)), { weight, eps }),
    samples: [rms([4, 5], 1), rms([2, 3, 4], 2), rms([0, 4], 1), rms([5], 1)],
    errors: [
      { call: () => rmsNorm(ones([2, 3]), [4]), code: 'SHAPE', message: /ends in \[4\]/ },
      { call: () => rmsNorm(ones([2, 3]), [3], { weight: ones([2]) }), code: 'SHAPE', message: wrongChannels },
      { call: () => rmsNorm(ones([2, 3]), [3], { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
    ],
  },
  localResponseNorm: {
    run: ({ x }, { size }) =>
      localResponseNorm(x as unknown as Real, size as number, { alpha: 0.1, beta: 0.75, k: 0.5 }),
    samples: [response([2, 5, 3], 3), response([1, 4, 2, 2], 2), response([0, 2, 3], 3), response([1, 2, 2, 1, 2], 5)],
    errors: [
      { call: () => localResponseNorm(ones([2, 3]), 2), code: 'SHAPE', message: /\[B, C, \.\.\.\]/ },
      { call: () => localResponseNorm(ones([2, 3, 4]), 0), code: 'VALUE', message: /size is 0/ },
      { call: () => localResponseNorm(ones([2, 3, 4]), 2, { beta: NaN }), code: 'VALUE', message: /beta is NaN/ },
    ],
  },
});
