import { batchNorm, layerNorm, ones } from 'myelin';

import { accumulate, at, groups, indicesOf, meanOf, sizeOf, zip, type Nd } from '../support/reference';
import { uniform, type Sample, type SampleTable } from './sample';

const eps = 1e-3;

/** Axes that one mean and variance are taken over, and the shape in which they broadcast over x. */
export interface Scheme {
  readonly axes: readonly number[];
  /** Shape of the statistics, as the op gives them. */
  readonly statistics: readonly number[];
  /** The same, with an axis of extent 1 wherever they repeat. */
  readonly spread: readonly number[];
  /** Shape of weight and bias, and how they broadcast. */
  readonly features: readonly number[];
  readonly featureSpread: readonly number[];
  /** Which of the features an element of x belongs to. */
  readonly featureOf: (index: readonly number[]) => readonly number[];
}

function perChannel(shape: readonly number[]): Scheme {
  const spread = shape.map((extent, axis) => (axis === 1 ? extent : 1));
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  return {
    axes,
    statistics: [shape[1]!],
    spread,
    features: [shape[1]!],
    featureSpread: spread,
    featureOf: (index) => [index[1]!],
  };
}

function perRow(shape: readonly number[], count: number): Scheme {
  const lead = shape.length - count;
  const axes = shape.map((_, axis) => axis).slice(lead);
  const statistics = shape.slice(0, lead);
  const features = shape.slice(lead);
  const spread = [...statistics, ...features.map(() => 1)];
  return { axes, statistics, spread, features, featureSpread: features, featureOf: (index) => index.slice(lead) };
}

export const reshaped = (x: Nd, shape: readonly number[]): Nd => ({ ...x, shape });

export function statisticsOf(x: Nd, { axes, statistics }: Scheme): [mean: Nd, variance: Nd] {
  const { lists } = groups(x, axes);
  const means = lists.map(meanOf);
  const variances = lists.map((list, i) => meanOf(list.map((value) => (value - means[i]!) ** 2)));
  const vector = (data: readonly number[]): Nd => ({ dtype: x.dtype, shape: statistics, data });
  return [vector(means), vector(variances)];
}

function standardize(x: Nd, mean: Nd, variance: Nd, { spread }: Scheme): Nd {
  return zip(
    [x, reshaped(mean, spread), reshaped(variance, spread)],
    (value, m, v) => (value - m) / Math.sqrt(v + eps),
  );
}

export function normalize(x: Nd, weight: Nd, bias: Nd, mean: Nd, variance: Nd, scheme: Scheme): Nd {
  const xhat = standardize(x, mean, variance, scheme);
  const affine = [weight, bias].map((vector) => reshaped(vector, scheme.featureSpread));
  return zip([xhat, ...affine], (value, w, b) => value * w + b);
}

/** Sums over everything but the features. */
function perFeature(x: Nd, { features, featureOf }: Scheme): Nd {
  return accumulate(x.dtype, features, (add) => {
    for (const index of indicesOf(x.shape)) add(featureOf(index), at(x, index));
  });
}

/** dx = w rstd (g − avg g − xhat avg(g xhat)) with g = dout w, averages over the axes of the statistics. */
export function backward(dout: Nd, x: Nd, weight: Nd, mean: Nd, variance: Nd, scheme: Scheme): Nd[] {
  const { axes, spread, featureSpread } = scheme;
  const xhat = standardize(x, mean, variance, scheme);
  const g = zip([dout, reshaped(weight, featureSpread)], (d, w) => d * w);
  const product = zip([g, xhat], (a, b) => a * b);
  const [averages, slopes] = [g, product].map((values) => ({
    dtype: x.dtype,
    shape: spread,
    data: groups(values, axes).lists.map(meanOf),
  }));
  const dx = zip([g, xhat, reshaped(variance, spread), averages!, slopes!], (d, h, v, average, slope) => {
    return (d - average - h * slope) / Math.sqrt(v + eps);
  });
  return [
    dx,
    perFeature(
      zip([dout, xhat], (d, h) => d * h),
      scheme,
    ),
    perFeature(dout, scheme),
  ];
}

/** Too many numbers to move one by one. */
const wide = (shape: readonly number[]): boolean => sizeOf(shape) > 60;

interface Variant {
  readonly scheme: (shape: readonly number[]) => Scheme;
  readonly attrs: NonNullable<Sample['attrs']>;
}

const batch: Variant = { scheme: perChannel, attrs: { eps } };
const layer = (normalizedDims: number): Variant => ({
  scheme: (shape) => perRow(shape, normalizedDims),
  attrs: { normalizedDims, eps },
});

function forwardSample(shape: readonly number[], { scheme, attrs }: Variant): Sample {
  const { features } = scheme(shape);
  return {
    inputs: { x: uniform(shape), weight: uniform(features), bias: uniform(features) },
    attrs,
    differentiable: 1,
    order: wide(shape) ? 0 : 2,
    tolerance: { relative: 16, absolute: 64 },
    reference: (x, weight, bias) => {
      const [mean, variance] = statisticsOf(x, scheme(shape));
      return [normalize(x, weight, bias, mean, variance, scheme(shape)), mean, variance];
    },
  };
}

function backwardSample(shape: readonly number[], { scheme, attrs }: Variant): Sample {
  const { features, statistics } = scheme(shape);
  return {
    inputs: {
      gradient: uniform(shape),
      x: uniform(shape),
      weight: uniform(features),
      mean: uniform(statistics),
      variance: uniform(statistics, 0.5, 2),
    },
    attrs,
    // Statistics are functions of x, and derivatives by x see that: those are checked with the op itself.
    by: ['gradient', 'weight'],
    repeats: false,
    order: wide(shape) ? 0 : 2,
    derive: (gradient, x, weight) => [gradient, x, weight, ...statisticsOf(x, scheme(shape))],
    tolerance: { relative: 32, absolute: 256 },
    reference: (gradient, x, weight, mean, variance) => backward(gradient, x, weight, mean, variance, scheme(shape)),
  };
}

function inference(shape: readonly number[]): Sample {
  const channels = [shape[1]!];
  return {
    inputs: {
      x: uniform(shape),
      weight: uniform(channels),
      bias: uniform(channels),
      mean: uniform(channels),
      variance: uniform(channels, 0.5, 2),
    },
    attrs: { eps },
    order: wide(shape) ? 0 : 2,
    tolerance: { relative: 16, absolute: 64 },
    reference: (x, weight, bias, mean, variance) => normalize(x, weight, bias, mean, variance, perChannel(shape)),
  };
}

const batchShapes = [
  [4, 3],
  [2, 3, 4],
  [2, 3, 3, 2],
  [3, 37, 2, 2],
  [2, 3, 3, 3],
  [3, 2, 5, 17],
];
const layerShapes: readonly (readonly [readonly number[], number])[] = [
  [[4, 5], 1],
  [[2, 3, 4], 2],
  [[2, 3, 4], 1],
  [[5], 1],
  [[3, 67], 1],
  [[0, 4], 1],
];
const internal = 'called by gradient rules only, with what their ops have checked';

export const norm: SampleTable = {
  batchNorm: {
    samples: batchShapes.map((shape) => forwardSample(shape, batch)),
    large: forwardSample([4, 33, 29, 31], batch),
    errors: [
      { call: () => batchNorm(ones([3])), code: 'SHAPE', message: /float32\[3\]/ },
      { call: () => batchNorm(ones([1, 3])), code: 'SHAPE', message: /more than one value per channel/ },
      { call: () => batchNorm(ones([4, 3]), { weight: ones([2]) }), code: 'SHAPE', message: /weight is float32\[2\]/ },
      { call: () => batchNorm(ones([4, 3]), { eps: -1 }), code: 'VALUE', message: /eps is -1/ },
    ],
    neverEmpty: 'statistics need values',
    without: { scalar: 'it needs an axis of features' },
  },
  batchNormBackward: {
    samples: batchShapes.map((shape) => backwardSample(shape, batch)),
    large: backwardSample([4, 33, 29, 31], batch),
    errors: [],
    neverFails: internal,
    neverEmpty: 'statistics need values',
    without: { scalar: 'it needs an axis of features' },
  },
  batchNormInference: {
    samples: [...batchShapes, [0, 3, 2]].map(inference),
    large: inference([4, 33, 29, 31]),
    errors: [],
    neverFails: 'batchNorm checks for it',
    without: { scalar: 'it needs an axis of features' },
  },
  layerNorm: {
    samples: layerShapes.map(([shape, count]) => forwardSample(shape, layer(count))),
    large: forwardSample([301, 307], layer(1)),
    errors: [
      { call: () => layerNorm(ones([2, 3]), [4]), code: 'SHAPE', message: /ends in \[4\]/ },
      {
        call: () => layerNorm(ones([2, 3]), [3], { weight: ones([2]) }),
        code: 'SHAPE',
        message: /weight is float32\[2\]/,
      },
      { call: () => layerNorm(ones([2, 3], { dtype: 'int32' }) as never, [3]), code: 'DTYPE', message: /int32\[2,3\]/ },
    ],
    without: { scalar: 'it needs an axis of features' },
  },
  layerNormBackward: {
    samples: layerShapes.map(([shape, count]) => backwardSample(shape, layer(count))),
    large: backwardSample([301, 307], layer(1)),
    errors: [],
    neverFails: internal,
    without: { scalar: 'it needs an axis of features' },
  },
};
