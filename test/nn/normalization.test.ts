import {
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LocalResponseNorm,
  ones,
  RMSNorm,
} from 'myelin';

import { testLayers, testRefusals } from '../support/layer-table';

testLayers('layers-normalization', {
  'batch-norm3d': (dtype) => new BatchNorm3d(2, { dtype }),
  'group-norm': (dtype) => new GroupNorm(2, 4, { dtype }),
  'group-norm-one': (dtype) => new GroupNorm(1, 3, { eps: 1e-2, dtype }),
  'group-norm-plain': (dtype) => new GroupNorm(4, 4, { affine: false, dtype }),
  'batch-norm3d-no-bias': (dtype) => new BatchNorm3d(2, { bias: false, dtype }),
  'group-norm-no-bias': (dtype) => new GroupNorm(2, 4, { bias: false, dtype }),
  'instance-norm2d-no-bias': (dtype) => new InstanceNorm2d(4, { affine: true, bias: false, dtype }),
  'instance-norm1d': (dtype) => new InstanceNorm1d(3, { dtype }),
  'instance-norm2d': (dtype) => new InstanceNorm2d(4, { affine: true, eps: 1e-3, dtype }),
  'instance-norm2d-running': (dtype) =>
    new InstanceNorm2d(4, { affine: true, trackRunningStats: true, momentum: 0.3, dtype }),
  'instance-norm3d': (dtype) => new InstanceNorm3d(2, { trackRunningStats: true, dtype }),
  'instance-norm1d-single': (dtype) => new InstanceNorm1d(3, { affine: true, dtype }),
  'instance-norm2d-single': (dtype) => new InstanceNorm2d(2, { trackRunningStats: true, dtype }),
  'instance-norm3d-single': (dtype) => new InstanceNorm3d(2, { dtype }),
  // The epsilon is that of float64, in which PyTorch computed.
  'rms-norm': (dtype) => new RMSNorm(5, { eps: 2 ** -52, dtype }),
  'rms-norm-shape': (dtype) => new RMSNorm([4, 5], { eps: 1e-2, dtype }),
  'rms-norm-plain': (dtype) => new RMSNorm(5, { eps: 1e-3, elementwiseAffine: false, dtype }),
  'local-response-norm': () => new LocalResponseNorm(3),
  'local-response-norm-options': () => new LocalResponseNorm(2, { alpha: 0.5, beta: 0.5, k: 2 }),
});

testRefusals({
  'groups that do not divide': [() => new GroupNorm(2, 3), 'VALUE', /numChannels is 3/],
  'no group': [() => new GroupNorm(0, 3), 'VALUE', /numGroups is 0/],
  'a negative eps': [() => new GroupNorm(1, 3, { eps: -1 }), 'VALUE', /eps is -1/],
  'a momentum above 1': [() => new InstanceNorm1d(3, { momentum: 2 }), 'VALUE', /momentum is 2/],
  'images for volumes': [() => new BatchNorm3d(2).forward(ones([1, 2, 3, 3])), 'SHAPE', /need 5 axes/],
  'another number of channels': [() => new GroupNorm(1, 3).forward(ones([1, 2, 3])), 'SHAPE', /weight is/],
  'an extent of 0': [() => new RMSNorm(0), 'VALUE', /normalizedShape is 0/],
  'another last axis': [() => new RMSNorm(3).forward(ones([2, 4])), 'SHAPE', /ends in \[3\]/],
  'no neighbours': [() => new LocalResponseNorm(0), 'VALUE', /size is 0/],
});
