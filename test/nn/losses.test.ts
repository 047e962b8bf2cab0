import {
  BCELoss,
  BCEWithLogitsLoss,
  crossEntropy,
  CrossEntropyLoss,
  L1Loss,
  memory,
  MSELoss,
  mul,
  nllLoss,
  NLLLoss,
  sum,
  tensor,
  valueAndGrad,
  type FloatDType,
  type Module,
  type Tensor,
} from 'myelin';

import { expectGolden, expectNoLeak, Golden, scoped } from '../support/golden';

const tolerance = { relative: 16, absolute: 16 };

type Loss = Module<readonly [input: Tensor<FloatDType>, target: Tensor]>;
type Reduction = 'mean' | 'sum' | 'none';
type Build = (reduction: Reduction, weight: Tensor | undefined) => Loss;

const losses: Readonly<Record<string, Build>> = {
  mse: (reduction) => new MSELoss({ reduction }),
  l1: (reduction) => new L1Loss({ reduction }),
  bce: (reduction) => new BCELoss({ reduction }),
  'bce-with-logits': (reduction) => new BCEWithLogitsLoss({ reduction }),
  'bce-with-logits-weight': (reduction, posWeight) => new BCEWithLogitsLoss({ reduction, posWeight }),
  nll: (reduction) => new NLLLoss({ reduction }),
  'nll-options': (reduction, weight) => new NLLLoss({ reduction, weight }),
  'cross-entropy': (reduction) => new CrossEntropyLoss({ reduction }),
  'cross-entropy-ignore': (reduction) => new CrossEntropyLoss({ reduction }),
  'cross-entropy-smooth': (reduction) => new CrossEntropyLoss({ reduction, labelSmoothing: 0.2 }),
  'cross-entropy-weight': (reduction, weight) => new CrossEntropyLoss({ reduction, weight }),
  'cross-entropy-all': (reduction, weight) => new CrossEntropyLoss({ reduction, weight, labelSmoothing: 0.2 }),
  'cross-entropy-soft': (reduction, weight) => new CrossEntropyLoss({ reduction, weight }),
  'cross-entropy-pixels': (reduction) => new CrossEntropyLoss({ reduction }),
};

const reductions = ['mean', 'sum', 'none'] as const;
const cases = Object.entries(losses).flatMap(([name, build]) =>
  reductions.map((reduction) => [`${name}-${reduction}`, build, reduction] as const),
);

let golden: Golden;
beforeAll(async () => {
  golden = await Golden.read('losses');
});
afterAll(() => golden.dispose());

test('every case of PyTorch is tested', () => {
  expect(cases.map(([name]) => name).sort()).toEqual(golden.cases());
});

describe.each(['float32', 'float64'] as const)('in %s, loss and gradient are those of PyTorch', (dtype) => {
  test.each(cases)('%s', (name, build, reduction) => {
    const before = memory().storages;
    scoped(() => {
      const names = Object.keys(golden.under(`${name}/before`));
      using loss = build(reduction, names.length === 0 ? undefined : golden.as(`${name}/before/${names[0]}`, dtype));
      expect(Object.keys(loss.stateDict())).toEqual(names);
      const [x, target, weights] = ['x', 'target', 'weights'].map((what) => golden.as(`${name}/${what}`, dtype)) as [
        Tensor<typeof dtype>,
        Tensor,
        Tensor,
      ];
      const [[, out], [dx]] = valueAndGrad(() => {
        const result = loss.forward(x, target);
        return [sum(mul(result, weights)), result] as const;
      }, [x]);
      expectGolden(`${name}/out`, out, golden.get(`${name}/out`), tolerance);
      expectGolden(`${name}/grad/x`, dx, golden.get(`${name}/grad/x`), tolerance);
    })();
    expectNoLeak(before);
  });
});

describe('rows whose target is the ignored one do not count', () => {
  const logits = tensor([
    [1, 2, 4],
    [3, 0, 1],
    [0, 5, 2],
  ]);
  const counted = tensor([
    [1, 2, 4],
    [0, 5, 2],
  ]);
  const weight = tensor([1, 2, 3]);
  const ints = (...classes: number[]): Tensor => tensor(classes, { dtype: 'int64' });

  test.each([
    ['crossEntropy', crossEntropy, {}],
    ['crossEntropy, weighted', crossEntropy, { weight }],
    ['crossEntropy, weighted and smoothed', crossEntropy, { weight, labelSmoothing: 0.1 }],
    ['nllLoss', nllLoss, {}],
    ['nllLoss, weighted', nllLoss, { weight }],
  ])('%s', (_, loss, options) => {
    const expected = loss(counted, ints(2, 1), options).item();
    expect(loss(logits, ints(2, -100, 1), options).item()).toBeCloseTo(expected, 6);
    expect(loss(logits, ints(2, 0, 1), { ...options, ignoreIndex: 0 }).item()).toBeCloseTo(expected, 6);
    expect(loss(logits, ints(-100, -100, -100), options).item()).toBeNaN();
    expect(() => loss(logits, ints(2, -100, 1), { ...options, ignoreIndex: 0 })).toThrow(/target 1 is -100/);
  });
});
