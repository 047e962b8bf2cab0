import * as nn from 'myelin';
import type { FloatDType, FractionalPoolOptions, Tensor } from 'myelin';

import { testLayers, testRefusals } from '../support/layer-table';

type Real = Tensor<FloatDType>;
type Found = [max: Real, indices: Tensor<'int32'>];

/** A function as a module. */
class Call extends nn.Module {
  constructor(private readonly call: (x: Real) => Real) {
    super();
  }

  override forward(x: Tensor): Real {
    return this.call(x as Real);
  }
}

interface Finds {
  withIndices(x: Real): Found;
}

/** Maxima and their places as one vector. */
const located = (pool: Finds): nn.Module =>
  new Call((x) => {
    const [max, indices] = pool.withIndices(x);
    return nn.concat([max.flatten(), nn.cast(indices, max.dtype).flatten()], { axis: 0 });
  });

/** A pool and what undoes it. */
const unpooled = (pool: Finds, unpool: nn.Module<readonly [x: Real, indices: Tensor<'int32'>]>): nn.Module =>
  new Call((x) => unpool.forward(...pool.withIndices(x)));

/** A fractional pool whose windows lie where numbers that are an input say; maxima and their places as one vector. */
const fractional = (build: (options: FractionalPoolOptions<never>) => Finds): nn.AnyModule =>
  Object.assign(new nn.Identity(), {
    forward: (x: Real, randomSamples: Real): Tensor => located(build({ randomSamples })).forward(x),
  });

testLayers('layers-pooling', {
  'max-pool2d': () => new nn.MaxPool2d(2),
  'max-pool2d-padding': () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
  'max-pool2d-dilation': () => new nn.MaxPool2d([2, 3], { stride: 1, dilation: [2, 1] }),
  'max-pool2d-ceil': () => new nn.MaxPool2d(3, { stride: 2, ceilMode: true }),
  'avg-pool2d': () => new nn.AvgPool2d(2),
  'avg-pool2d-padding': () => new nn.AvgPool2d(3, { stride: 2, padding: 1 }),
  'avg-pool2d-exclude': () => new nn.AvgPool2d([3, 2], { stride: 2, padding: 1, countIncludePad: false }),
  'avg-pool2d-ceil': () => new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
  'global-avg-pool2d': () => new nn.GlobalAvgPool2d(),
  'max-pool1d': () => new nn.MaxPool1d(3, { stride: 2, padding: 1 }),
  'max-pool3d': () => new nn.MaxPool3d(2, { stride: 1 }),
  'max-pool1d-indices': () => located(new nn.MaxPool1d(3, { stride: 2, padding: 1 })),
  'max-pool2d-indices': () => located(new nn.MaxPool2d(3, { stride: 2, padding: 1 })),
  'max-pool3d-indices': () => located(new nn.MaxPool3d([2, 3, 2], { stride: [1, 2, 1], padding: [0, 1, 1] })),
  'adaptive-max-pool1d-indices': () => located(new nn.AdaptiveMaxPool1d(3)),
  'adaptive-max-pool2d-indices': () => located(new nn.AdaptiveMaxPool2d([2, 4])),
  'adaptive-max-pool3d-indices': () => located(new nn.AdaptiveMaxPool3d([2, 3, 2])),
  'max-pool2d-single': () => new nn.MaxPool2d(2, { stride: 1 }),
  'adaptive-avg-pool1d-single': () => new nn.AdaptiveAvgPool1d(3),
  'max-unpool1d': () => unpooled(new nn.MaxPool1d(2), new nn.MaxUnpool1d(2)),
  'max-unpool2d': () => unpooled(new nn.MaxPool2d(2), new nn.MaxUnpool2d(2)),
  'max-unpool3d': () => unpooled(new nn.MaxPool3d(2), new nn.MaxUnpool3d(2)),
  'global-avg-pool1d': () => new nn.GlobalAvgPool1d(),
  'global-avg-pool3d': () => new nn.GlobalAvgPool3d(),
  'global-max-pool1d': () => new nn.GlobalMaxPool1d(),
  'global-max-pool2d': () => new nn.GlobalMaxPool2d(),
  'global-max-pool3d': () => new nn.GlobalMaxPool3d(),
  'avg-pool1d': () => new nn.AvgPool1d(2),
  'avg-pool3d': () => new nn.AvgPool3d([2, 3, 1], { padding: [1, 0, 0] }),
  'adaptive-avg-pool1d': () => new nn.AdaptiveAvgPool1d(3),
  'adaptive-avg-pool2d': () => new nn.AdaptiveAvgPool2d([2, 4]),
  'adaptive-max-pool1d': () => new nn.AdaptiveMaxPool1d(3),
  'adaptive-max-pool2d': () => new nn.AdaptiveMaxPool2d([2, 4]),
  'lp-pool1d': () => new nn.LPPool1d(2, 2),
  'lp-pool2d': () => new nn.LPPool2d(2, [2, 3], { stride: 1 }),
  'lp-pool3d': () => new nn.LPPool3d(2, [2, 3, 1], { stride: 1 }),
  'avg-pool2d-divisor': () => new nn.AvgPool2d([2, 3], { padding: 1, divisorOverride: 5 }),
  'avg-pool2d-divisor-ceil': () =>
    new nn.AvgPool2d(3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false, divisorOverride: 7 }),
  'avg-pool3d-divisor': () => new nn.AvgPool3d(2, { stride: 3, ceilMode: true, divisorOverride: 3 }),
  'adaptive-avg-pool2d-open': () => new nn.AdaptiveAvgPool2d([null, 4]),
  'adaptive-avg-pool3d': () => new nn.AdaptiveAvgPool3d([3, 4, 2]),
  'adaptive-avg-pool3d-even': () => new nn.AdaptiveAvgPool3d([2, null, 1]),
  'adaptive-max-pool3d': () => new nn.AdaptiveMaxPool3d([3, 1, 2]),
  'adaptive-max-pool3d-even': () => new nn.AdaptiveMaxPool3d([2, 4, 1]),
  'max-pool1d-indices-single': () => located(new nn.MaxPool1d(2)),
  'max-pool3d-indices-single': () => located(new nn.MaxPool3d(2, { stride: 1 })),
  'adaptive-max-pool2d-indices-single': () => located(new nn.AdaptiveMaxPool2d(2)),
  'max-unpool1d-single': () => unpooled(new nn.MaxPool1d(2), new nn.MaxUnpool1d(2)),
  'max-unpool2d-single': () => unpooled(new nn.MaxPool2d(2), new nn.MaxUnpool2d(2)),
  'max-unpool3d-single': () => unpooled(new nn.MaxPool3d(2), new nn.MaxUnpool3d(2)),
  'fractional-max-pool2d': () =>
    fractional((own) => new nn.FractionalMaxPool2d([2, 3], { ...own, outputSize: [3, 2] })),
  'fractional-max-pool2d-single': () =>
    fractional((own) => new nn.FractionalMaxPool2d(2, { ...own, outputRatio: [0.7, 0.5] })),
  'fractional-max-pool3d': () =>
    fractional((own) => new nn.FractionalMaxPool3d([1, 2, 2], { ...own, outputRatio: 0.6 })),
});

testRefusals({
  'a window of nothing': [() => new nn.MaxPool1d(0), 'VALUE', /kernelSize is 0/],
  'no windows': [() => new nn.AdaptiveAvgPool2d(0), 'VALUE', /outputSize is 0/],
  'fewer windows than one': [() => new nn.AdaptiveMaxPool3d([1, null, 0]), 'VALUE', /outputSize is 0/],
  'a divisor of nothing': [
    () => new nn.AvgPool2d(2, { divisorOverride: 0 }).forward(nn.ones([1, 1, 2, 2])),
    'VALUE',
    /divisorOverride is 0/,
  ],
  'an infinite power': [() => new nn.LPPool2d(Infinity, 2), 'VALUE', /normType is Infinity/],
  'a fraction of more than the whole': [
    () => new nn.FractionalMaxPool2d(2, { outputRatio: 1.5 }),
    'VALUE',
    /outputRatio is 1.5/,
  ],
  'a fraction of nothing said': [() => new nn.FractionalMaxPool3d(2, {}), 'VALUE', /neither outputSize nor/],
});

const pools: readonly (readonly [layer: nn.Module, shape: number[]])[] = [
  [new nn.MaxPool1d(2), [2, 6]],
  [new nn.MaxPool2d(2), [2, 4, 6]],
  [new nn.MaxPool3d(2), [2, 2, 4, 6]],
  [new nn.AvgPool1d(2), [2, 6]],
  [new nn.AvgPool2d(2), [2, 4, 6]],
  [new nn.AvgPool3d(2), [2, 2, 4, 6]],
  [new nn.LPPool1d(2, 2), [2, 6]],
  [new nn.LPPool2d(2, 2), [2, 4, 6]],
  [new nn.LPPool3d(2, 2), [2, 2, 4, 6]],
  [new nn.AdaptiveAvgPool1d(3), [2, 5]],
  [new nn.AdaptiveAvgPool2d(3), [2, 4, 5]],
  [new nn.AdaptiveAvgPool3d(2), [2, 3, 4, 5]],
  [new nn.AdaptiveMaxPool1d(3), [2, 5]],
  [new nn.AdaptiveMaxPool2d(3), [2, 4, 5]],
  [new nn.AdaptiveMaxPool3d(2), [2, 3, 4, 5]],
];

test.each(pools)('pools take single samples, case %#', (layer, shape) => {
  nn.scope(() => {
    const x = nn.randn(shape);
    const wanted = layer.forward(x.unsqueeze(0)).squeeze(0);
    expect(layer.forward(x).shape).toEqual(wanted.shape);
    expect(layer.forward(x).toArray()).toEqual(wanted.toArray());
  });
});

test('fractional pools draw anew in each call, and the same from the same seed', () => {
  nn.scope(() => {
    const layer = new nn.FractionalMaxPool2d(2, { outputRatio: 0.7 });
    const x = nn.randn([1, 2, 20, 20]);
    const run = (pool: (x: Real) => Tensor): unknown[] => [pool(x), pool(x)].map((out) => out.toArray());
    const seeded = (pool: (x: Real) => Tensor): unknown[] => {
      nn.seed(6);
      return run(pool);
    };
    const [first, second] = seeded((image) => layer.forward(image));
    expect(second).not.toEqual(first);
    expect(seeded((image) => layer.forward(image))).toEqual([first, second]);
    using compiled = nn.compile((image: Tensor<'float32'>) => layer.forward(image));
    expect(seeded((image) => compiled.sync(image as Tensor<'float32'>))).toEqual([first, second]);
  });
});
