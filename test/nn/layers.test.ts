import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Embedding,
  Flatten,
  Identity,
  LayerNorm,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from 'myelin';

import { testLayers, type Layers } from '../support/layer-table';

const layers: Layers = {
  linear: (dtype) => new Linear(5, 3, { dtype }),
  'linear-no-bias': (dtype) => new Linear(5, 3, { bias: false, dtype }),
  'linear-batch': (dtype) => new Linear(3, 4, { dtype }),
  'linear-vector': (dtype) => new Linear(3, 4, { dtype }),
  conv2d: (dtype) => new Conv2d(3, 4, 3, { dtype }),
  'conv2d-stride': (dtype) => new Conv2d(2, 3, 3, { stride: 2, padding: 1, dtype }),
  'conv2d-pairs': (dtype) => new Conv2d(2, 3, [3, 2], { stride: [1, 2], padding: [2, 1], dilation: [2, 1], dtype }),
  'conv2d-groups': (dtype) => new Conv2d(4, 6, 3, { padding: 1, groups: 2, dtype }),
  'conv2d-depthwise': (dtype) => new Conv2d(3, 3, 3, { padding: 1, groups: 3, dtype }),
  'conv2d-same': (dtype) => new Conv2d(2, 3, [4, 3], { padding: 'same', dilation: [1, 2], dtype }),
  'conv2d-valid': (dtype) => new Conv2d(2, 3, 2, { padding: 'valid', dtype }),
  'conv2d-no-bias': (dtype) => new Conv2d(2, 3, 1, { bias: false, dtype }),
  'conv2d-wide': (dtype) => new Conv2d(9, 17, 3, { padding: 1, dtype }),
  'batch-norm1d': (dtype) => new BatchNorm1d(4, { dtype }),
  'batch-norm1d-time': (dtype) => new BatchNorm1d(3, { eps: 1e-3, dtype }),
  'batch-norm2d': (dtype) => new BatchNorm2d(3, { momentum: 0.3, dtype }),
  'batch-norm2d-cumulative': (dtype) => new BatchNorm2d(3, { momentum: null, dtype }),
  'batch-norm2d-plain': (dtype) => new BatchNorm2d(3, { affine: false, dtype }),
  'batch-norm2d-no-stats': (dtype) => new BatchNorm2d(3, { trackRunningStats: false, dtype }),
  'layer-norm': (dtype) => new LayerNorm(5, { dtype }),
  'layer-norm-shape': (dtype) => new LayerNorm([4, 5], { eps: 1e-3, dtype }),
  'layer-norm-no-bias': (dtype) => new LayerNorm(5, { bias: false, dtype }),
  'layer-norm-plain': (dtype) => new LayerNorm(5, { elementwiseAffine: false, dtype }),
  embedding: (dtype) => new Embedding(6, 3, { dtype }),
  'embedding-padding': (dtype) => new Embedding(5, 3, { paddingIdx: 1, dtype }),
  flatten: () => new Flatten(),
  'flatten-middle': () => new Flatten({ start: 1, end: 2 }),
  identity: () => new Identity(),
  sequential: (dtype) =>
    new Sequential(
      new Conv2d(1, 4, 3, { dtype }),
      new BatchNorm2d(4, { dtype }),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(16, 3, { dtype }),
    ),
};

testLayers('layers', layers, ['batch-norm2d-cumulative']);
