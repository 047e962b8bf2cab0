import {
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  CELU,
  Conv2d,
  ELU,
  Embedding,
  Flatten,
  GELU,
  GLU,
  GlobalAvgPool2d,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  MaxPool2d,
  memory,
  Mish,
  mul,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  sum,
  Tanh,
  Tanhshrink,
  Threshold,
  valueAndGrad,
  type FloatDType,
  type Module,
  type Tensor,
} from 'myelin';

import type { Tolerance } from '../support/compare';
import { expectAllGolden, expectGolden, expectNoLeak, Golden, scoped } from '../support/golden';

// Sums of up to 153 products of numbers around 1, taken in another order than PyTorch's.
const tolerance: Tolerance = { relative: 16, absolute: 64 };

type Build = (dtype: FloatDType) => Module;

const layers: Readonly<Record<string, Build>> = {
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
  'max-pool2d': () => new MaxPool2d(2),
  'max-pool2d-padding': () => new MaxPool2d(3, { stride: 2, padding: 1 }),
  'max-pool2d-dilation': () => new MaxPool2d([2, 3], { stride: 1, dilation: [2, 1] }),
  'max-pool2d-ceil': () => new MaxPool2d(3, { stride: 2, ceilMode: true }),
  'avg-pool2d': () => new AvgPool2d(2),
  'avg-pool2d-padding': () => new AvgPool2d(3, { stride: 2, padding: 1 }),
  'avg-pool2d-exclude': () => new AvgPool2d([3, 2], { stride: 2, padding: 1, countIncludePad: false }),
  'avg-pool2d-ceil': () => new AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
  'global-avg-pool2d': () => new GlobalAvgPool2d(),
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
  relu: () => new ReLU(),
  'leaky-relu': () => new LeakyReLU(),
  'leaky-relu-steep': () => new LeakyReLU({ negativeSlope: 0.3 }),
  elu: () => new ELU(),
  'elu-alpha': () => new ELU({ alpha: 0.5 }),
  gelu: () => new GELU(),
  'gelu-tanh': () => new GELU({ approximate: 'tanh' }),
  silu: () => new SiLU(),
  sigmoid: () => new Sigmoid(),
  tanh: () => new Tanh(),
  softplus: () => new Softplus(),
  'softplus-beta': () => new Softplus({ beta: 2 }),
  relu6: () => new ReLU6(),
  hardtanh: () => new Hardtanh(),
  'hardtanh-options': () => new Hardtanh({ minVal: -0.5, maxVal: 2 }),
  hardsigmoid: () => new Hardsigmoid(),
  hardswish: () => new Hardswish(),
  softshrink: () => new Softshrink(),
  hardshrink: () => new Hardshrink({ lambd: 0.75 }),
  threshold: () => new Threshold(0.25, 20),
  prelu: (dtype) => new PReLU({ dtype }),
  'prelu-channels': (dtype) => new PReLU({ numParameters: 3, dtype }),
  rrelu: () => new RReLU({ lower: 0.25, upper: 0.25 }),
  selu: () => new SELU(),
  celu: () => new CELU({ alpha: 0.5 }),
  mish: () => new Mish(),
  'log-sigmoid': () => new LogSigmoid(),
  softsign: () => new Softsign(),
  tanhshrink: () => new Tanhshrink(),
  glu: () => new GLU(),
  softmin: () => new Softmin(),
  softmax: () => new Softmax(),
  'softmax-first': () => new Softmax({ axis: 0 }),
  'log-softmax': () => new LogSoftmax({ axis: 1 }),
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

let golden: Golden;
beforeAll(async () => {
  golden = await Golden.read('layers');
});
afterAll(() => golden.dispose());

test('every case of PyTorch is tested', () => {
  expect(Object.keys(layers).sort()).toEqual(golden.cases());
});

/** Output and all gradients of the weighted sum of the output, as PyTorch's `backward` gives them. */
function differentiate(
  name: string,
  module: Module,
  dtype: FloatDType,
): { out: Tensor; grads: Record<string, Tensor> } {
  const x = golden.as(`${name}/x`, dtype);
  const weights = golden.as(`${name}/weights`, dtype);
  const leaves = { ...module.parameters(), ...(golden.has(`${name}/grad/x`) ? { x } : {}) };
  const [[, out], grads] = valueAndGrad(() => {
    const result = module.forward(x);
    return [sum(mul(result, weights)), result] as const;
  }, leaves);
  return { out, grads };
}

describe.each(['float32', 'float64'] as const)('in %s, output, gradients and state are those of PyTorch', (dtype) => {
  test.each(Object.entries(layers))('%s', (name, build) => {
    const before = memory().storages;
    scoped(() => {
      using module = build(dtype);
      const state = golden.under(`${name}/before`);
      expect(Object.keys(module.stateDict()).sort()).toEqual(Object.keys(state).sort());
      module.loadStateDict(state);
      const { out, grads } = differentiate(name, module, dtype);
      expectGolden(`${name}/out`, out, golden.get(`${name}/out`), tolerance);
      expectAllGolden(`${name}/grad`, grads, golden.under(`${name}/grad`), tolerance);
      expectAllGolden(`${name}/after`, module.buffers(), golden.under(`${name}/after`), tolerance);
      const inference = module.eval().forward(golden.as(`${name}/x`, dtype));
      expectGolden(`${name}/eval`, inference, golden.get(`${name}/eval`), tolerance);
    })();
    expectNoLeak(before);
  });
});
