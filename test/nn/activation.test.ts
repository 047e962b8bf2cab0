import * as nn from 'myelin';
import type { AdaptiveLogSoftmaxOptions, FloatDType, Tensor } from 'myelin';

import { testLayers, testRefusals } from '../support/layer-table';

type Labels = Tensor<'int64'>;

/** Log probabilities of targets, the loss, and log probabilities of all classes, as one vector. */
function adaptive(
  sizes: readonly [features: number, classes: number, cutoffs: number[]],
  options: AdaptiveLogSoftmaxOptions,
) {
  return (dtype: FloatDType): nn.AnyModule => {
    const module = new nn.AdaptiveLogSoftmaxWithLoss<FloatDType>(...sizes, { ...options, dtype });
    const plain = module.forward.bind(module);
    const forward = (x: Tensor<FloatDType>, target: Labels): Tensor =>
      nn.scope(() => nn.concat([...plain(x, target), module.logProb(x)].map((part) => nn.reshape(part, [-1]))));
    return Object.assign(module, { forward });
  };
}

testLayers('layers-activation', {
  relu: () => new nn.ReLU(),
  'leaky-relu': () => new nn.LeakyReLU(),
  'leaky-relu-steep': () => new nn.LeakyReLU({ negativeSlope: 0.3 }),
  elu: () => new nn.ELU(),
  'elu-alpha': () => new nn.ELU({ alpha: 0.5 }),
  gelu: () => new nn.GELU(),
  'gelu-tanh': () => new nn.GELU({ approximate: 'tanh' }),
  silu: () => new nn.SiLU(),
  sigmoid: () => new nn.Sigmoid(),
  tanh: () => new nn.Tanh(),
  softplus: () => new nn.Softplus(),
  'softplus-threshold': () => new nn.Softplus({ beta: 2, threshold: 0.5 }),
  'softplus-large': () => new nn.Softplus(),
  'softplus-beta': () => new nn.Softplus({ beta: 2 }),
  relu6: () => new nn.ReLU6(),
  hardtanh: () => new nn.Hardtanh(),
  'hardtanh-options': () => new nn.Hardtanh({ minVal: -0.5, maxVal: 2 }),
  hardsigmoid: () => new nn.Hardsigmoid(),
  hardswish: () => new nn.Hardswish(),
  softshrink: () => new nn.Softshrink(),
  hardshrink: () => new nn.Hardshrink({ lambd: 0.75 }),
  threshold: () => new nn.Threshold(0.25, 20),
  prelu: (dtype) => new nn.PReLU({ dtype }),
  'prelu-channels': (dtype) => new nn.PReLU({ numParameters: 3, dtype }),
  rrelu: () => new nn.RReLU({ lower: 0.25, upper: 0.25 }),
  selu: () => new nn.SELU(),
  celu: () => new nn.CELU({ alpha: 0.5 }),
  mish: () => new nn.Mish(),
  'log-sigmoid': () => new nn.LogSigmoid(),
  softsign: () => new nn.Softsign(),
  tanhshrink: () => new nn.Tanhshrink(),
  glu: () => new nn.GLU(),
  softmin: () => new nn.Softmin(),
  softmax: () => new nn.Softmax(),
  'softmax-first': () => new nn.Softmax({ axis: 0 }),
  'log-softmax': () => new nn.LogSoftmax({ axis: 1 }),
  softmax2d: () => new nn.Softmax2d(),
  'softmax2d-single': () => new nn.Softmax2d(),
  'adaptive-log-softmax': adaptive([8, 12, [3, 7]], { divValue: 2 }),
  'adaptive-log-softmax-single': adaptive([6, 9, [4]], { divValue: 1.5, headBias: true }),
});

const clusters = () => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], { divValue: 2 });
const classes = (...list: readonly number[]): Labels => nn.tensor(list, { dtype: 'int64' });

testRefusals({
  'a signal for an image': [() => new nn.Softmax2d().forward(nn.ones([2, 3])), 'SHAPE', /need \[B, C, H, W\]/],
  'no clusters': [() => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, []), 'VALUE', /cutoffs is \[\]/],
  'cutoffs that fall': [() => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [4, 3]), 'VALUE', /cutoffs is \[4, 3\]/],
  'a cluster of nothing': [() => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [12]), 'VALUE', /from 1 to 11/],
  'a cluster without features': [
    () => new nn.AdaptiveLogSoftmaxWithLoss(8, 12, [2, 4]),
    'VALUE',
    /the number of features of cluster 1 is 0/,
  ],
  'more targets than samples': [() => clusters().forward(nn.ones([2, 8]), classes(1, 2, 3)), 'SHAPE', /int64\[3\]/],
  'a target that is no class': [() => clusters().forward(nn.ones([2, 8]), classes(1, 12)), 'INDEX', /target 1 is 12/],
  'a negative target': [() => clusters().forward(nn.ones([2, 8]), classes(-1, 3)), 'INDEX', /target 0 is -1/],
});

test('clusters: probabilities add up to 1, and the likeliest class is predicted', () => {
  nn.scope(() => {
    nn.seed(2);
    using layer = clusters();
    for (const weight of Object.values(layer.parameters())) weight.assign(weight.mul(9));
    const x = nn.randn([40, 8]);
    const all = layer.logProb(x);
    expect(nn.allclose(all.exp().sum({ axis: 1 }), nn.ones([40]), { rtol: 1e-5 })).toBe(true);
    const predicted = layer.predict(x);
    expect(predicted.toArray()).toEqual(all.argmax({ axis: 1 }).toArray());
    expect(new Set(predicted.data()).size).toBeGreaterThan(4);
  });
});

test('clusters: a compiled function refuses a target that is no class in its run', () => {
  nn.scope(() => {
    using layer = clusters();
    using loss = nn.compile((x: Tensor<'float32'>, target: Labels) => layer.forward(x, target)[1]);
    const x = nn.ones([2, 8]);
    expect(loss.sync(x, classes(0, 11)).item()).toBeCloseTo(layer.forward(x, classes(0, 11))[1].item(), 5);
    for (const wrong of [12, -1]) expect(() => loss.sync(x, classes(0, wrong))).toThrow(/INDEX|target/);
  });
});
