import { createHash } from 'node:crypto';

import fc from 'fast-check';
import {
  Conv2d,
  GRU,
  LSTM,
  Linear,
  Parameter,
  ReLU,
  SGD,
  Sequential,
  add,
  assign,
  attachShared,
  compile,
  crossEntropy,
  isa,
  linear,
  narrow,
  ones,
  randn,
  scope,
  seed,
  setIsa,
  setThreads,
  share,
  supportedIsas,
  tensor,
  threads,
  valueAndGrad,
  RNN,
  type Conv2dLayerOptions,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { checkGraph } from '../../lib/compile/check';
import { titleOf, type Graph } from '../../lib/compile/graph';
import { letLast } from '../../lib/compile/lasting';
import { optimize } from '../../lib/compile/optimize';
import { packWeights } from '../../lib/compile/pack';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;

const perceptron = (): Sequential => new Sequential(new Linear(30, 40), new ReLU(), new Linear(40, 10));

const graphOf = (fn: (x: Floats) => unknown, x: Floats, pass: (graph: Graph) => Graph): Graph => {
  const graph = pass(traceFunction(fn, flatten('test', 'args', [x])).graph);
  checkGraph(graph);
  return graph;
};
const titles = (graph: Graph): string[] =>
  graph.nodes.map((node) => `${titleOf(node)}${node.lasting === true ? ' lasts' : ''}`);

describe('what depends on Parameters alone', () => {
  test('comes first, and lasts', () => {
    const [weight, bias] = [new Parameter(randn([4, 3])), new Parameter(randn([4]))];
    // The second is a result, which belongs to whoever called.
    const fn = (x: Floats) => [x.sum(), bias.sum(), linear(x, weight.square().neg(), bias)];
    const expected = ['square lasts', 'neg lasts', 'sum', 'sum', 'linear'];
    expect(titles(graphOf(fn, randn([5, 3]), letLast))).toEqual(expected);
  });

  test('does not when the function assigns it, or when a result is much larger than what it is made of', () => {
    const weight = new Parameter(randn([4]));
    const assigning = (x: Floats) => {
      const sum = weight.mul(2).sum();
      assign(weight, x);
      return sum.add(x);
    };
    expect(titles(graphOf(assigning, randn([4]), letLast)).join()).not.toMatch('lasts');
    const growing = (x: Floats) => add(weight, ones([9000, 4])).mul(x);
    expect(titles(graphOf(growing, randn([4]), letLast)).join()).not.toMatch('lasts');
  });

  test('is left to a checker: what lasts comes first and is no result', () => {
    const weight = new Parameter(randn([4]));
    const graph = graphOf((x: Floats) => weight.mul(2).mul(x), randn([4]), letLast);
    expect(() => checkGraph({ ...graph, nodes: [...graph.nodes].reverse() })).toThrow(/broken/);
    expect(() => checkGraph({ ...graph, outputs: graph.nodes[0]!.outputs })).toThrow('the result is to last');
    const late = graph.nodes.map((node) => ({ ...node, lasting: true }));
    expect(() => checkGraph({ ...graph, nodes: late })).toThrow('may change from run to run');
  });
});

describe('weights', () => {
  test('are packed for several rows, once for all that read them', () => {
    const model = perceptron();
    const twice = (x: Floats) => add(model.forward(x), model.forward(x.neg()));
    expect(titles(graphOf(twice, randn([5, 30]), packWeights)).filter((title) => title === 'packWeight')).toHaveLength(
      2,
    );
    const whole = graphOf(
      (x: Floats) => model.forward(x),
      randn([5, 30]),
      (graph) => optimize(graph, () => undefined),
    );
    expect(titles(whole)).toEqual([
      'packWeight lasts',
      'packWeight lasts',
      'linearPacked[linearPacked relu]',
      'linearPacked',
    ]);
  });

  test('are read as they lie for one row, and in a step that assigns them', () => {
    const model = perceptron();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const step = (x: Floats) => {
      const [loss, gradients] = valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
      optimizer.step(gradients);
      return loss;
    };
    expect(titles(graphOf((x) => model.forward(x), randn([1, 30]), packWeights)).join()).not.toMatch('pack');
    expect(titles(graphOf(step, randn([5, 30]), packWeights)).join()).not.toMatch('pack');
  });
});

/** Bytes of what a function makes, as it stands and compiled, on several numbers of threads. */
function expectSame(run: (x: Tensor) => Tensor | readonly Tensor[], x: Tensor, packs = true): void {
  const compiled = compile(run);
  const before = threads();
  const digest = (results: Tensor | readonly Tensor[]): string =>
    [results]
      .flat()
      .reduce((hash, each) => hash.update(bytesOf(each)), createHash('sha256'))
      .digest('hex');
  try {
    const eager = scope(() => digest(run(x)));
    for (const count of [1, 2, 3, 7, 7]) {
      setThreads(count);
      expect(scope(() => digest(compiled.sync(x)))).toBe(eager);
    }
    if (packs) expect(compiled.explain(x)).toMatch(/pack\w+\(.*lasts/);
  } finally {
    setThreads(before);
    compiled.dispose();
  }
}

const dtypes: readonly FloatDType[] = ['float32', 'float64'];

test.each(dtypes)('a linear layer of packed weights gives the same bits (%s)', (dtype) => {
  const size = (max: number) => fc.integer({ min: 2, max });
  fc.assert(
    fc.property(size(200), size(150), size(90), fc.boolean(), (rows, n, k, turned) => {
      seed(rows + n + k);
      const weight = new Parameter(turned ? randn([k, n], { dtype }).transpose(0, 1) : randn([n, k], { dtype }));
      const bias = new Parameter(randn([n], { dtype }));
      expectSame((x) => linear(x as Floats, weight as never, bias as never).relu(), randn([rows, k], { dtype }));
    }),
    { numRuns: 30 },
  );
});

test.each(dtypes)('long sums, many rows and batches are added in the same order (%s)', (dtype) => {
  for (const shape of [
    [64, 2500],
    [130, 1300],
    [300, 1025],
    [3, 40, 70],
    [1000, 48],
  ] as const) {
    const k = shape.at(-1)!;
    const [weight, bias] = [new Parameter(randn([130, k], { dtype })), new Parameter(randn([130], { dtype }))];
    expectSame((x) => linear(x as Floats, weight as never, bias as never), randn(shape, { dtype }));
  }
});

const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  channels: fc.integer({ min: 1, max: 40 }),
  outChannels: fc.integer({ min: 1, max: 40 }),
  groups: fc.constantFrom(1, 1, 2, 3),
  height: fc.integer({ min: 3, max: 16 }),
  width: fc.integer({ min: 3, max: 16 }),
  // Whether 3 x 3 goes Winograd's way depends on whether its weights have been turned.
  kernelSize: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
  stride: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});

describe.each(dtypes)('a convolution of packed weights gives the same bits (%s)', (dtype) => {
  const conv = (
    channels: number,
    outChannels: number,
    kernelSize: ConstructorParameters<typeof Conv2d>[2],
    options: Conv2dLayerOptions = {},
  ) => {
    const layer = new Conv2d(channels, outChannels, kernelSize, { ...options, dtype });
    return (x: Tensor) => layer.forward(x as Floats).relu();
  };

  test('of any shape', () => {
    fc.assert(
      fc.property(geometry, ({ batch, channels, outChannels, groups, height, width, kernelSize, stride, dilation }) => {
        const layer = conv(2 * groups * channels, groups * outChannels, kernelSize, {
          groups,
          stride,
          dilation,
          padding: 2,
        });
        // Groups of few channels would grow by too much.
        expectSame(layer, randn([batch, 2 * groups * channels, height, width], { dtype }), outChannels > 15);
      }),
      { numRuns: 40 },
    );
  });

  test.each<
    [
      name: string,
      shape: readonly number[],
      outChannels: number,
      size: ConstructorParameters<typeof Conv2d>[2],
      options: Conv2dLayerOptions,
    ]
  >([
    ["Winograd's, more panels than blocks of tiles", [1, 70, 16, 16], 150, 3, { padding: 1 }],
    ["Winograd's, more blocks of tiles than panels", [2, 64, 32, 32], 64, 3, { padding: 1 }],
    ["Winograd's, in groups", [2, 128, 24, 24], 128, 3, { padding: 1, groups: 2 }],
    ["Winograd's, in phases", [2, 80, 24, 24], 80, 3, { padding: 2, dilation: 2 }],
    ['many channels, few pixels', [1, 300, 4, 4], 300, 3, { padding: 1 }],
    ['strips of rows', [2, 130, 30, 33], 40, 5, { padding: 2 }],
    ['one product', [3, 70, 9, 9], 90, 1, {}],
  ])('%s', (_, shape, outChannels, size, options) => {
    const layer = conv(shape[1]!, outChannels, size, options);
    expectSame(layer, randn(shape, { dtype }));
    const [images, channels, height, width] = shape as [number, number, number, number];
    expectSame(layer, randn([images, height, width, channels], { dtype }).permute([0, 3, 1, 2]));
  });
});

test("many channels go Winograd's way where their weights have been turned", () => {
  const layer = new Conv2d(256, 256, 3, { padding: 1 });
  const x = randn([1, 256, 8, 8]);
  const compiled = compile((input: Floats) => layer.forward(input));
  const before = threads();
  const bytes = [1, 2, 3, 7].map((count) => {
    setThreads(count);
    return scope(() => bytesOf(compiled.sync(x)));
  });
  setThreads(before);
  expect(bytes.every((each) => each.equals(bytes[0]!))).toBe(true);
  const expected = scope(() => layer.forward(x).data());
  const got = scope(() => compiled.sync(x).data());
  expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-5);
  compiled.dispose();
});

test('a convolution of few pixels that goes by tiles across strides packs nothing: the same bits', () => {
  const layer = new Conv2d(64, 64, 5, { stride: 2, padding: 2 });
  const x = randn([8, 64, 32, 32]);
  const compiled = compile((input: Floats) => layer.forward(input).relu());
  const expected = scope(() => bytesOf(layer.forward(x).relu()));
  expect(scope(() => bytesOf(compiled.sync(x))).equals(expected)).toBe(true);
  compiled.dispose();
});

test('a product of packed weights reads images that have gaps', () => {
  const layer = new Conv2d(20, 30, 1);
  const inner = (x: Floats) => layer.forward(narrow(narrow(x, 2, 1, 5), 3, 2, 4)).relu();
  const compiled = compile(inner);
  const x = randn([2, 7, 8, 20]).permute([0, 3, 1, 2]);
  scope(() => {
    const expected = inner(x).data();
    const got = compiled.sync(x).data();
    expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
  });
  expect(compiled.explain(x)).toMatch(/conv2dPacked/);
  compiled.dispose();
});

test('what lasts is packed anew for the kernels of another ISA', () => {
  const layers = [new Conv2d(40, 50, 3, { padding: 1 }), new Conv2d(50, 20, 2), new Linear(15, 70)];
  const model = new Sequential(...layers);
  const compiled = compile((x: Floats) => model.forward(x));
  const x = randn([2, 40, 16, 16]);
  const before = isa();
  for (const name of [...supportedIsas(), ...supportedIsas()]) {
    setIsa(name);
    scope(() => expect(bytesOf(compiled.sync(x))).toEqual(bytesOf(model.forward(x))));
  }
  setIsa(before);
  compiled.dispose();
});

const layers = {
  'an LSTM': () => new LSTM(20, 300),
  'an LSTM with a projection, both ways': () => new LSTM(20, 70, { projSize: 30, bidirectional: true }),
  'a GRU': () => new GRU(20, 300, { batchFirst: true }),
  'a plain layer': () => new RNN(20, 90, { nonlinearity: 'relu' }),
};

describe.each(Object.entries(layers))('%s of packed weights gives the same bits', (_, create) => {
  test.each([
    [20, 1],
    [20, 5],
    [3, 40],
  ])('for %d steps and %d samples', (steps, batch) => {
    const layer = create();
    expectSame((x) => layer.forward(x as Floats)[0], randn([steps, batch, 20]));
  });
});

describe('what lasts is made anew', () => {
  test('after every way to assign a Parameter', async () => {
    const model = perceptron();
    const x = randn([5, 30]);
    const predict = compile((input: Floats) => model.forward(input));
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    const loss = () => crossEntropy(model.forward(x), tensor([0, 1, 2, 3, 4], { dtype: 'int64' }));
    const update = () => {
      const [value, gradients] = valueAndGrad(loss, model.parameters());
      optimizer.step(gradients);
      return value;
    };
    const step = compile(update);
    const other = perceptron();
    const [first] = Object.values(model.parameters()) as [Parameter];
    const changes: readonly (() => unknown)[] = [
      () => undefined,
      () => assign(first, 0.25),
      () => update(),
      () => step.sync(),
      () => step(),
      () => model.loadStateDict(other.stateDict()),
      () => attachShared(first, share(first)),
      // What others write into shared memory is not heard of.
      () => new Float32Array(share(first).memory).fill(0.5),
    ];
    const seen = new Set<string>();
    for (const change of changes) {
      await change();
      const expected = bytesOf(model.forward(x));
      expect(bytesOf(predict.sync(x))).toEqual(expected);
      expect(bytesOf(await predict(x))).toEqual(expected);
      seen.add(expected.toString('base64'));
    }
    expect(seen.size).toBeGreaterThan(5);
    [predict, step].forEach((each) => each.dispose());
  });
});
