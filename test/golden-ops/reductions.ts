import {
  all,
  aminmax,
  any,
  argmax,
  argmin,
  argsort,
  bincount,
  bucketize,
  countNonzero,
  cummax,
  cummin,
  cumprod,
  cumsum,
  cumulativeTrapezoid,
  diff,
  histc,
  histogram,
  isin,
  kthvalue,
  logcumsumexp,
  logSumExp,
  max,
  maxWithIndices,
  mean,
  median,
  min,
  minWithIndices,
  mode,
  nanmean,
  nanmedian,
  nanquantile,
  nansum,
  norm,
  prod,
  quantile,
  searchsorted,
  sort,
  std,
  stdMean,
  sum,
  topk,
  trapezoid,
  unique,
  uniqueConsecutive,
  variance,
  varMean,
  vectorNorm,
  type FloatDType,
  type Indexed,
  type DType,
  type Tensor,
  type Unique,
} from 'myelin';

import type { GoldenCalls } from './golden-call';

const pair = ({ values, indices }: Indexed<DType>) => [values, indices];
const all3 = ({ values, inverse, counts }: Unique<DType>) => [values, inverse, counts];
const real = (x: Tensor): Tensor<FloatDType> => x as Tensor<FloatDType>;
const qs = [0.1, 0.5, 0.95];

export const reductions: GoldenCalls = {
  'sum-dtype': (x) => sum(x, { axis: 1, dtype: 'int32' }),
  prod: (x) => prod(x, { axis: 1 }),
  any: (x) => any(x, { axis: 0 }),
  all: (x) => all(x, { axis: 1, keepDims: true }),
  max: (x) => pair(maxWithIndices(x, { axis: 1 })),
  min: (x) => pair(minWithIndices(x, { axis: 0 })),
  amax: (x) => max(x, { axis: [0, 2] }),
  amin: (x) => min(x, { axis: 1, keepDims: true }),
  aminmax: (x) => {
    const { min: least, max: most } = aminmax(x, { axis: 1 });
    return [least, most];
  },
  argmax: (x) => argmax(x, { axis: 1 }),
  argmin: (x) => argmin(x),
  sum: (x) => sum(x, { axis: [0, 2], keepDims: true }),
  mean: (x) => mean(real(x), { axis: 1 }),
  var: (x) => variance(real(x), { axis: 1 }),
  std: (x) => std(real(x), { axis: [0, 1], correction: 2 }),
  norm: (x) => norm(real(x), { axis: 1 }),
  'var-mean': (x) => {
    const { variance, mean } = varMean(real(x), { axis: [0, 2], correction: 0 });
    return [variance, mean];
  },
  'std-mean': (x) => {
    const { std, mean } = stdMean(real(x), { axis: 1 });
    return [std, mean];
  },
  'norm-3': (x) => vectorNorm(real(x), { ord: 3, axis: [0, 2] }),
  'norm-half': (x) => vectorNorm(real(x), { ord: 0.5, axis: 1 }),
  'norm-0': (x) => vectorNorm(real(x), { ord: 0, axis: 1 }),
  'log-sum-exp': (x) => logSumExp(real(x), { axis: [0, 1] }),
  nansum: (x) => nansum(x, { axis: 1 }),
  nanmean: (x) => nanmean(real(x), { axis: 1 }),
  'count-nonzero': (x) => countNonzero(x, { axis: 1 }),
  cumsum: (x) => cumsum(x, { axis: 1 }),
  cumprod: (x) => cumprod(x, { axis: 1 }),
  logcumsumexp: (x) => logcumsumexp(real(x), { axis: 0 }),
  cummax: (x) => pair(cummax(x, { axis: 1 })),
  'cummax-ties': (x) => pair(cummax(x, { axis: 1 })),
  'cummin-nan': (x) => pair(cummin(x, { axis: 1 })),
  diff: (x) => diff(x, { n: 2, axis: 0 }),
  trapezoid: (y, x) => trapezoid(real(y), { x: x, axis: 0 }),
  'cumulative-trapezoid': (y) => cumulativeTrapezoid(real(y), { dx: 0.5 }),
  sort: (x) => pair(sort(x, { axis: 1 })),
  'sort-stable': (x) => pair(sort(x, { axis: 0, descending: true })),
  'sort-nan': (x) => pair(sort(x, { axis: 1, descending: true })),
  argsort: (x) => argsort(x),
  topk: (x) => pair(topk(x, 3, { axis: 0 })),
  'topk-smallest': (x) => pair(topk(x, 4, { largest: false })),
  kthvalue: (x) => pair(kthvalue(x, 3, { axis: 0 })),
  median: (x) => pair(median(x, { axis: 1 })),
  nanmedian: (x) => nanmedian(x, { axis: 1 }).values,
  mode: (x) => mode(x, { axis: 1 }).values,
  quantile: (x) => quantile(real(x), qs, { axis: 1 }),
  'quantile-midpoint': (x) => quantile(real(x), 0.3, { axis: 0, interpolation: 'midpoint' }),
  'quantile-nearest': (x) => quantile(real(x), 0.3, { interpolation: 'nearest' }),
  nanquantile: (x) => nanquantile(real(x), qs, { axis: 1, keepDims: true }),
  searchsorted: (rows, x) => searchsorted(rows, x, { right: true }),
  bucketize,
  isin,
  bincount: (x) => bincount(x, { minLength: 12 }),
  'bincount-weights': (x, weights) => bincount(x, { weights }),
  histogram: (x) => {
    const { hist, edges } = histogram(real(x), { bins: 7 });
    return [hist, edges];
  },
  'histogram-density': (x, weights) => {
    const { hist, edges } = histogram(real(x), { bins: 5, range: [-1, 2], weights, density: true });
    return [hist, edges];
  },
  histc: (x) => histc(real(x), { bins: 8, min: -2, max: 2 }),
  unique: (x) => all3(unique(x, { returnInverse: true, returnCounts: true })),
  'unique-rows': (x) => all3(unique(x, { axis: 0, returnInverse: true, returnCounts: true })),
  'unique-consecutive': (x) => all3(uniqueConsecutive(x, { returnInverse: true, returnCounts: true })),
};
