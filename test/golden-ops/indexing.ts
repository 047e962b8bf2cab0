import {
  argwhere,
  at,
  cast,
  flatnonzero,
  gather,
  indexAdd,
  indexCopy,
  indexFill,
  indexReduce,
  indexSelect,
  maskedFill,
  maskedScatter,
  maskedSelect,
  newAxis,
  nonzero,
  oneHot,
  putAlongAxis,
  scatter,
  scatterAdd,
  scatterReduce,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentProd,
  segmentSum,
  take,
  takeAlongAxis,
  where,
  type FloatDType,
  type Reduction,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;
type Index = Tensor<'int64'>;
type Mask = Tensor<'bool'>;

/** A function of a tensor, indices, and what goes there; the table's type cannot say which dtypes they have. */
const indexed =
  (f: (x: Real, index: Index, source: Real) => Tensor): GoldenCall['call'] =>
  (...inputs) =>
    f(...(inputs as [Real, Index, Real]));
const indexedTwice =
  (f: (x: Real, first: Index, second: Index) => Tensor): GoldenCall['call'] =>
  (...inputs) =>
    f(...(inputs as [Real, Index, Index]));
const masked =
  (f: (x: Real, mask: Mask, source: Real) => Tensor): GoldenCall['call'] =>
  (...inputs) =>
    f(...(inputs as [Real, Mask, Real]));

const reduced = (reduce: Reduction, includeSelf = true): GoldenCall['call'] =>
  indexed((x, index, source) => scatterReduce(x, index, source, reduce, { axis: 1, includeSelf }));
const reducedRows = (reduce: Reduction, includeSelf = true): GoldenCall['call'] =>
  indexed((x, index, source) => indexReduce(x, index, source, reduce, { includeSelf }));

export const indexing: GoldenCalls = {
  'index-select': indexed((x, index) => indexSelect(x, index, { axis: 1 })),
  gather: indexed((x, index) => gather(x, index)),
  'gather-first': indexed((x, index) => gather(x, index, { axis: 0 })),
  take: indexed((x, index) => take(x, index)),
  'take-along-dim': indexed((x, index) => takeAlongAxis(x, index, { axis: 1 })),
  'take-along-axis': indexed((x, index) => takeAlongAxis(x, index)),
  'one-hot': (index) => oneHot(index as Index, 6, { dtype: 'int64' }),
  scatter: indexed((x, index, source) => scatter(x, index, source)),
  'scatter-number': indexed((x, index) => scatter(x, index, 2.5)),
  'scatter-add': indexed((x, index, source) => scatterAdd(x, index, source)),
  'scatter-sum': reduced('sum', false),
  'scatter-prod': reduced('prod'),
  'scatter-mean': reduced('mean'),
  'scatter-amax': reduced('amax'),
  'scatter-amin': reduced('amin', false),
  'put-along-axis': indexed((x, index, source) => putAlongAxis(x, index, source)),
  'index-add': indexed((x, index, source) => indexAdd(x, index, source)),
  'index-copy': indexed((x, index, source) => indexCopy(x, index, source)),
  'index-fill': indexed((x, index) => indexFill(x, index, 2.5, { axis: 1 })),
  'index-reduce-mean': reducedRows('mean', false),
  'index-reduce-prod': reducedRows('prod'),
  'index-reduce-amax': reducedRows('amax'),
  'index-reduce-amin': reducedRows('amin'),
  'masked-select': masked(maskedSelect),
  'masked-select-broadcast': masked(maskedSelect),
  'masked-fill': masked((x, mask) => maskedFill(x, mask, -1.5)),
  'masked-fill-tensor': masked((x, mask, value) => maskedFill(x, mask, value)),
  'masked-scatter': masked((x, mask, source) => maskedScatter(x, mask, source)),
  nonzero,
  argwhere,
  flatnonzero,
  where: (condition, a, b) => where(cast(condition, 'bool'), a, b),
  'segment-sum': indexed((x, ids) => segmentSum(x, ids)),
  'segment-mean': indexed((x, ids) => segmentMean(x, ids)),
  'segment-prod': indexed((x, ids) => segmentProd(x, ids)),
  'segment-max': indexed((x, ids) => segmentMax(x, ids)),
  'segment-min': indexed((x, ids) => segmentMin(x, ids)),
  'segment-sum-any-order': indexed((x, ids) => segmentSum(x, ids, { numSegments: 5 })),
  'at-ranges': (x) => at(x, '1:4', null, newAxis, -1),
  'at-steps': (x) => at(x, '...', '1::2'),
  'at-one-index': indexed((x, index) => at(x, null, index)),
  'at-two-indices': indexedTwice((x, i, j) => at(x, i, null, j)),
  'at-next-indices': indexedTwice((x, i, j) => at(x, null, i, j)),
  'at-mask': masked((x, mask) => at(x, mask)),
  'at-mask-inside': masked((x, mask) => at(x, null, mask, [1, null])),
  'at-mixed': indexed((x, index) => at(x, -1, [0, 3], index, newAxis)),
};
