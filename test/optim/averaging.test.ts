import {
  addGradNoise,
  BatchNorm1d,
  compile,
  GradientAccumulator,
  isNormOrBias,
  LayerNorm,
  Linear,
  memory,
  Parameter,
  scope,
  Sequential,
  SGD,
  tensor,
  WeightAverage,
  withoutDecay,
  zeros,
  type WeightAverageOptions,
} from 'myelin';

import { expectAllGolden, expectNoLeak, Golden } from '../support/golden';

/** A test that frees all it makes. */
const tidy = (body: () => void) => () => {
  const before = memory().storages;
  scope(body);
  expectNoLeak(before);
};

describe.each([
  ['equal weights', {}, [1, 2, 11 / 3]],
  ['a decay', { decay: 0.5 }, [1, 2, 4.5]],
] as const)('averages with %s', (_, options, expected) => {
  test.each(['eager', 'compiled'])('%s, swapped in and out, and saved', (how) => {
    tidy(() => {
      using model = new Linear(1, 1, { bias: false });
      using average = new WeightAverage(model, options);
      const compiled = compile(() => average.update());
      [1, 3, 7].forEach((value, i) => {
        model.weight.assign(value);
        if (how === 'compiled') compiled.sync();
        else average.update();
        expect(average.stateDict()['weight']!.item()).toBeCloseTo(expected[i]!, 5);
      });
      compiled.dispose();
      const kept = average.stateDict()['weight']!.item();
      average.swap();
      expect([model.weight.item(), average.stateDict()['weight']!.item()]).toEqual([kept, 7]);
      average.swap();
      using other = new WeightAverage(model, options);
      other.loadStateDict(average.stateDict());
      expect([other.count, other.stateDict()['weight']!.item()]).toEqual([3, kept]);
    })();
  });
});

describe('averages are those of PyTorch', () => {
  const averages: Readonly<Record<string, WeightAverageOptions>> = {
    equal: {},
    'equal-buffers': { buffers: true },
    decay: { decay: 0.9 },
    'decay-buffers': { decay: 0.75, buffers: true },
  };
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read('averaging');
  });
  afterAll(() => golden.dispose());

  test('every case of PyTorch is tested', () => {
    expect(Object.keys(averages).sort()).toEqual(golden.cases());
  });

  test.each(
    Object.entries(averages).flatMap(([name, options]) => [false, true].map((c) => [name, c, options] as const)),
  )('%s, compiled: %s', (name, isCompiled, options) => {
    tidy(() => {
      const dtype = 'float64';
      using model = new Sequential(new Linear(3, 2, { dtype }), new BatchNorm1d(2, { dtype }));
      using average = new WeightAverage(model, options);
      using compiled = compile(() => average.update());
      for (let update = 0; update < 4; update++) {
        model.loadStateDict(golden.under(`${name}/${update}/value`), { strict: false });
        if (isCompiled) compiled.sync();
        else average.update();
        const { n_averaged: count, ...found } = average.stateDict();
        expect(count!.item()).toBe(update + 1);
        const wanted = golden.under(`${name}/${update}/average`);
        expectAllGolden(`${name}/${update}`, found, wanted, { relative: 16, absolute: 16 });
      }
    })();
  });
});

test(
  'gradients of several batches give their weighted mean, and then begin anew',
  tidy(() => {
    using a = new Parameter(zeros([2]));
    using accumulator = new GradientAccumulator({ a });
    accumulator.add({ a: tensor([1, 2]) });
    accumulator.add({ a: tensor([5, 2]) }, 3);
    expect(accumulator.take()['a']!.toArray()).toEqual([4, 2]);
    accumulator.add({ a: tensor([1, 1]) });
    expect(accumulator.take()['a']!.toArray()).toEqual([1, 1]);
  }),
);

test(
  'noise of deviation 0 changes nothing, and other noise has its deviation',
  tidy(() => {
    expect(addGradNoise({ a: tensor([1, 2]) }, 0)['a']!.toArray()).toEqual([1, 2]);
    const noise = addGradNoise({ a: zeros([10000]) }, 0.5)['a']!;
    expect(noise.square().mean().item()).toBeCloseTo(0.25, 1);
  }),
);

test(
  'biases and norms do not decay, and parameters join late',
  tidy(() => {
    using norm = new LayerNorm(2);
    using linear = new Linear(2, 1);
    expect(Object.entries(norm.parameters()).map(([name, p]) => isNormOrBias(name, p))).toEqual([true, true]);
    const { weight, bias } = linear.parameters();
    using optimizer = new SGD({ weight: weight! }, { lr: 1, weightDecay: 0.5 });
    optimizer.addParameters({ bias: bias! }, { groups: [withoutDecay()] });
    bias!.assign(2);
    weight!.assign(2);
    optimizer.step({ weight: zeros([1, 2]), bias: zeros([1]) });
    expect([weight!.toArray(), bias!.toArray()]).toEqual([[[1, 1]], [2]]);
    expect(() => optimizer.addParameters({ bias: bias! })).toThrow(/"bias" is a parameter already/);
    expect(() => new SGD({ weight: weight! }, { rate: 1 } as never)).toThrow(/there is no option "rate"/);
  }),
);
