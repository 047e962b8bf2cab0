import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool3d,
  conv1d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  embedding,
  embeddingBag,
  groupNorm,
  instanceNorm,
  interpolate,
  localResponseNorm,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2dWithIndices,
  maxPool3d,
  maxUnpool2d,
  pixelShuffle,
  pixelUnshuffle,
  rmsNorm,
  swiglu,
  tensor,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { real, summed, type GoldenCalls } from './golden-call';

type Index = Tensor<'int64'>;
type Real = Tensor<FloatDType>;

const bags = (offsets: number[]): Index => tensor(offsets, { dtype: 'int64' });

export const layers: GoldenCalls = {
  conv1d: summed(real((x, w, bias) => conv1d(x, w, { bias, stride: 2, padding: 1, dilation: 2, groups: 2 }))),
  conv3d: summed(real((x, w, bias) => conv3d(x, w, { bias, stride: [2, 1, 1], padding: 1 }))),
  'conv-transpose1d': summed(
    real((x, w, bias) => convTranspose1d(x, w, { bias, stride: 2, padding: 1, outputPadding: 1 })),
  ),
  'conv-transpose2d': summed(real((x, w, bias) => convTranspose2d(x, w, { bias, stride: 2, padding: 1, groups: 2 }))),
  'group-norm': summed(real((x, weight, bias) => groupNorm(x, 2, { weight, bias }))),
  'instance-norm': summed(real((x, weight, bias) => instanceNorm(x, { weight, bias }))),
  'rms-norm': summed(real((x, weight) => rmsNorm(x, [4, 5], { weight, eps: 1e-3 }))),
  'local-response-norm': real((x) => localResponseNorm(x, 3, { alpha: 0.5, beta: 0.75, k: 2 })),
  'interpolate-nearest': real((x) => interpolate(x, { size: [5, 7] })),
  'interpolate-nearest-exact': real((x) => interpolate(x, { size: [5, 7], mode: 'nearestExact' })),
  'interpolate-linear': summed(real((x) => interpolate(x, { scaleFactor: 1.7, mode: 'linear' }))),
  'interpolate-bilinear': summed(real((x) => interpolate(x, { scaleFactor: [2, 1.5], mode: 'bilinear' }))),
  'interpolate-corners': summed(real((x) => interpolate(x, { size: [7, 3], mode: 'bilinear', alignCorners: true }))),
  'interpolate-bicubic': summed(real((x) => interpolate(x, { size: [7, 3], mode: 'bicubic' }))),
  'interpolate-bicubic-corners': summed(
    real((x) => interpolate(x, { size: [6, 9], mode: 'bicubic', alignCorners: true })),
  ),
  'interpolate-trilinear': summed(real((x) => interpolate(x, { size: [3, 5, 2], mode: 'trilinear' }))),
  'interpolate-area': summed(real((x) => interpolate(x, { size: 3, mode: 'area' }))),
  'max-pool1d': real((x) => maxPool1d(x, 3, { stride: 2, padding: 1, dilation: 2 })),
  'max-pool3d': real((x) => maxPool3d(x, 2, { stride: [1, 2, 1], padding: 1, ceilMode: true })),
  'max-pool2d-indices': real((x) => maxPool2dWithIndices(x, 2)[0]),
  'max-unpool2d': real((x) => maxUnpool2d(x, tensor([[[[1, 6], [8, 15]]]], { dtype: 'int64' }), 2)), // prettier-ignore
  'avg-pool1d': real((x) => avgPool1d(x, 3, { stride: 2, padding: 1, countIncludePad: false })),
  'avg-pool3d': summed(real((x) => avgPool3d(x, [2, 3, 2], { stride: 2, padding: 1, ceilMode: true }))),
  'lp-pool1d': summed(real((x) => lpPool1d(x, 3, 2))),
  'lp-pool2d': summed(real((x) => lpPool2d(x, 2, [2, 3], { stride: 1 }))),
  'adaptive-avg-pool1d': real((x) => adaptiveAvgPool1d(x, 3)),
  'adaptive-avg-pool2d': summed(real((x) => adaptiveAvgPool2d(x, [3, 4]))),
  'adaptive-max-pool1d': real((x) => adaptiveMaxPool1d(x, 3)),
  'adaptive-max-pool2d': real((x) => adaptiveMaxPool2d(x, [3, 4])),
  embedding: (x, weight) => embedding(x as Index, weight as Real),
  'embedding-bag': (x, weight, perSampleWeights) =>
    embeddingBag(x as Index, weight as Real, { offsets: bags([0, 2, 2, 5]), mode: 'sum', perSampleWeights }),
  'embedding-bag-mean': (x, weight) => embeddingBag(x as Index, weight as Real, { paddingIdx: 1 }),
  'embedding-bag-max': (x, weight) =>
    embeddingBag(x as Index, weight as Real, { offsets: bags([0, 3, 7]), mode: 'max', includeLastOffset: true }),
  'pixel-shuffle': real((x) => pixelShuffle(x, 2)),
  'pixel-unshuffle': real((x) => pixelUnshuffle(x, 2)),
  swiglu: real((x) => swiglu(x)),
};
