import * as nn from 'myelin';
import type { Tensor } from 'myelin';

import { testLayers, testRefusals } from '../support/layer-table';

testLayers(
  'layers-shaping',
  {
    unfold: () => new nn.Unfold([2, 3], { dilation: [1, 2], padding: [1, 0], stride: [2, 1] }),
    'unfold-single': () => new nn.Unfold(2),
    fold: () => new nn.Fold([4, 5], [2, 3], { dilation: [1, 2], padding: 1, stride: [2, 1] }),
    'channel-shuffle': () => new nn.ChannelShuffle(3),
    'cosine-similarity': () => new nn.CosineSimilarity(),
    'cosine-similarity-last': () => new nn.CosineSimilarity({ axis: -1, eps: 0.01 }),
    'pairwise-distance': () => new nn.PairwiseDistance(),
    'pairwise-distance-options': () => new nn.PairwiseDistance({ p: 3, eps: 0.01, keepDims: true }),
    upsample: () => new nn.Upsample({ scaleFactor: 2 }),
    'upsample-bilinear': () => new nn.Upsample({ size: [7, 9], mode: 'bilinear', alignCorners: true }),
    'upsample-recomputed': () => new nn.Upsample({ scaleFactor: 1.7, mode: 'bilinear', recomputeScaleFactor: true }),
    'upsample-linear': () => new nn.Upsample({ scaleFactor: 1.5, mode: 'linear' }),
    'pixel-shuffle': () => new nn.PixelShuffle(2),
    'pixel-unshuffle': () => new nn.PixelUnshuffle(2),
    'constant-pad1d': () => new nn.ConstantPad1d([1, 2], 3.5),
    'constant-pad2d': () => new nn.ConstantPad2d([1, -1, 0, 2], 3.5),
    'constant-pad3d': () => new nn.ConstantPad3d(1, -2),
    'zero-pad1d': () => new nn.ZeroPad1d([2, 0]),
    'zero-pad2d': () => new nn.ZeroPad2d([1, 2, 3, 0]),
    'zero-pad3d': () => new nn.ZeroPad3d([1, 0, 2, 0, 0, 1]),
    'reflection-pad1d': () => new nn.ReflectionPad1d(2),
    'reflection-pad2d': () => new nn.ReflectionPad2d([1, 2, 0, 3]),
    'reflection-pad3d': () => new nn.ReflectionPad3d(1),
    'replication-pad1d': () => new nn.ReplicationPad1d(2),
    'replication-pad2d': () => new nn.ReplicationPad2d([1, 2, 0, 3]),
    'replication-pad3d': () => new nn.ReplicationPad3d(1),
    'circular-pad1d': () => new nn.CircularPad1d(2),
    'circular-pad2d': () => new nn.CircularPad2d([1, 2, 0, 3]),
    'circular-pad3d': () => new nn.CircularPad3d(1),
    unflatten: () => new nn.Unflatten(1, [3, 2]),
    bilinear: (dtype) => new nn.Bilinear(3, 4, 2, { dtype }),
    'bilinear-no-bias': (dtype) => new nn.Bilinear(3, 2, 2, { bias: false, dtype }),
    swiglu: () => new nn.SwiGLU(),
    'embedding-max-norm': (dtype) => new nn.Embedding(5, 3, { maxNorm: 1.5, dtype }),
    'embedding-frequency': (dtype) => new nn.Embedding(5, 3, { paddingIdx: 4, scaleGradByFreq: true, dtype }),
    'embedding-bag': (dtype) => new nn.EmbeddingBag(6, 3, { dtype }),
    'embedding-bag-sum': (dtype) => new nn.EmbeddingBag(6, 3, { mode: 'sum', paddingIdx: 1, dtype }),
    'embedding-bag-weights': (dtype) => new nn.EmbeddingBag(6, 3, { mode: 'sum', includeLastOffset: true, dtype }),
    'embedding-bag-max': (dtype) => new nn.EmbeddingBag(6, 3, { mode: 'max', dtype }),
  },
  [],
);

testRefusals({
  'neither size nor scale': [() => new nn.Upsample({}), 'VALUE', /either size or scaleFactor/],
  'a fraction as a factor': [() => new nn.PixelShuffle(1.5), 'VALUE', /upscaleFactor is 1.5/],
  'half a border': [() => new nn.ZeroPad2d([1, 2]), 'VALUE', /padding is/],
  'a border around nothing': [() => new nn.ZeroPad2d(1).forward(nn.ones([2, 2])), 'SHAPE', /more than 2 axes/],
  'an axis that is no integer': [() => new nn.Unflatten(0.5, [2]), 'VALUE', /axis is 0.5/],
  'no features': [() => new nn.Bilinear(0, 1, 1), 'VALUE', /in1Features is 0/],
  'inputs that do not fit': [
    () => new nn.Bilinear(2, 3, 1).forward(nn.ones([4, 2]), nn.ones([5, 3])),
    'SHAPE',
    /x2 is float32\[5,3\]/,
  ],
  'a padding outside the table': [() => new nn.EmbeddingBag(3, 2, { paddingIdx: 3 }), 'VALUE', /paddingIdx is 3/],
  'a limit of 0': [() => new nn.Embedding(3, 2, { maxNorm: 0 }), 'VALUE', /maxNorm is 0/],
  'the largest by frequency': [
    () => new nn.EmbeddingBag(3, 2, { mode: 'max', scaleGradByFreq: true }),
    'VALUE',
    /scaleGradByFreq is true, mode is max/,
  ],
  'a table that is no matrix': [() => nn.Embedding.fromPretrained(nn.ones([3])), 'SHAPE', /weight is float32\[3\]/],
  'a patch of nothing': [() => new nn.Unfold(0), 'VALUE', /kernelSize is 0/],
  'an image of nothing': [() => new nn.Fold(0, 2), 'VALUE', /outputSize is 0/],
  'half a group': [() => new nn.ChannelShuffle(0.5), 'VALUE', /groups is 0.5/],
  'features without channels': [() => new nn.FeatureAlphaDropout().forward(nn.ones([3])), 'SHAPE', /x has 1 axes/],
  'a probability above 1': [() => new nn.DropPath(2), 'VALUE', /p <= 1|p is 2/],
  'images for signals': [() => new nn.Dropout1d().forward(nn.ones([1, 2, 3, 3])), 'SHAPE', /need 2 or 3 axes/],
});

describe('layers that drop', () => {
  const twice = (layer: nn.Module, x: Tensor<'float32'>): number[] => {
    nn.seed(4711);
    return [...layer.forward(x).contiguous().data()].map(Number);
  };

  /** Whether each of 32 channels of 6 places has one value. */
  const areWhole = (dropped: readonly number[]): boolean =>
    Array.from({ length: 32 }, (_, i) => new Set(dropped.slice(6 * i, 6 * i + 6))).every(({ size }) => size === 1);

  test.each([
    [new nn.Dropout1d(0.5), [8, 4, 6]],
    [new nn.Dropout2d(0.5), [8, 4, 2, 3]],
    [new nn.Dropout3d(0.5), [8, 4, 1, 2, 3]],
    [new nn.Dropout1d(0.5), [32, 6]],
    [new nn.Dropout2d(0.5), [8, 4, 6]],
    [new nn.Dropout3d(0.5), [32, 1, 2, 3]],
  ])('drop whole channels, and scale up the others', (layer, shape) => {
    const dropped = twice(layer, nn.ones(shape));
    expect(areWhole(dropped)).toBe(true);
    expect(new Set(dropped)).toEqual(new Set([0, 2]));
  });

  test('drop whole samples', () => {
    const dropped = twice(new nn.DropPath(0.75), nn.ones([64, 3]));
    expect(new Set(Array.from({ length: 64 }, (_, i) => String(dropped.slice(3 * i, 3 * i + 3))))).toEqual(
      new Set(['0,0,0', '4,4,4']),
    );
  });

  test('drop whole channels to the lower bound of SELU', () => {
    const dropped = twice(new nn.FeatureAlphaDropout(0.5), nn.ones([8, 4, 2, 3]));
    expect(areWhole(dropped)).toBe(true);
    expect(new Set(dropped).size).toBe(2);
  });

  test.each([
    [new nn.AlphaDropout(0.3), [100_000]],
    [new nn.FeatureAlphaDropout(0.3), [1000, 100]],
  ])('keep mean and variance, with alpha', (layer, shape) => {
    const found = twice(layer, nn.randn(shape));
    const mean = found.reduce((a, b) => a + b, 0) / found.length;
    const variance = found.reduce((a, b) => a + (b - mean) ** 2, 0) / found.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  const idle = [
    new nn.Dropout1d(),
    new nn.Dropout2d(),
    new nn.Dropout3d(),
    new nn.AlphaDropout(),
    new nn.FeatureAlphaDropout(),
    new nn.DropPath(),
  ];

  test.each(idle)('do nothing in inference', (layer) => {
    const x = nn.ones([2, 3]);
    expect(layer.eval().forward(x)).toBe(x);
  });
});

test.each([nn.Embedding, nn.EmbeddingBag])('tables start as copies of others, frozen unless said otherwise', (kind) => {
  nn.scope(() => {
    const weight = nn.tensor([[1, 2], [3, 4], [5, 6]], { dtype: 'float64' }); // prettier-ignore
    using frozen = kind.fromPretrained(weight, { paddingIdx: 1 });
    using trained = kind.fromPretrained(weight, { freeze: false });
    expect(frozen.weight.toArray()).toEqual(weight.toArray());
    expect([frozen, trained].map((layer) => Object.keys(layer.parameters()))).toEqual([[], ['weight']]);
    trained.weight.assign(0);
    expect(weight.at(0, 0).item()).toBe(1);
  });
});

// Not compared with PyTorch, whose bags take the count of another index on CPUs.
test.each(['sum', 'mean'] as const)('gradients of bags by frequency are those of an Embedding: %s', (mode) => {
  nn.scope(() => {
    const x = nn.tensor([[1, 3, 1], [1, 4, 3]], { dtype: 'int32' }); // prettier-ignore
    using bag = new nn.EmbeddingBag(6, 2, { mode, scaleGradByFreq: true });
    using table = new nn.Embedding(6, 2, { scaleGradByFreq: true });
    table.weight.assign(bag.weight);
    const weights = nn.randn([2, 2]);
    const [found] = nn.grad(() => bag.forward(x).mul(weights).sum(), [bag.weight]);
    const [wanted] = nn.grad(() => table.forward(x)[mode]({ axis: 1 }).mul(weights).sum(), [table.weight]);
    expect(nn.allclose(found, wanted, { rtol: 1e-6 })).toBe(true);
  });
});
