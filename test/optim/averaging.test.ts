import {
  addGradNoise,
  compile,
  GradientAccumulator,
  isNormOrBias,
  LayerNorm,
  Linear,
  memory,
  Parameter,
  scope,
  SGD,
  tensor,
  WeightAverage,
  withoutDecay,
  zeros,
} from 'myelin';

import { expectNoLeak } from '../support/golden';

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
