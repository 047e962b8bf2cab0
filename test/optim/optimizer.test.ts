import {
  Adagrad,
  Adam,
  AdamW,
  clipGradNorm,
  cosineDecay,
  Linear,
  memory,
  mse,
  Parameter,
  RMSprop,
  scope,
  SGD,
  tensor,
  valueAndGrad,
  zeros,
} from 'myelin';

import { caught } from '../support/caught';
import { expectNoLeak, scoped } from '../support/golden';

const one = (): Parameter<'float32'> => scope(() => new Parameter(tensor([1])));

function expectError(body: () => unknown, code: string, message: string | RegExp): void {
  const error = caught(body);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
}

/** Runs a test on two parameters that start at 1, and frees them. */
function withPair(body: (pair: { a: Parameter<'float32'>; b: Parameter<'float32'> }) => void): () => void {
  return () => {
    const before = memory().storages;
    scope(() => {
      using a = one();
      using b = one();
      body({ a, b });
    });
    expectNoLeak(before);
  };
}

test(
  'the learning rate can change at any step',
  withPair(({ a }) => {
    using optimizer = new SGD({ a }, { lr: 0.5 });
    expect(optimizer.lr).toBe(0.5);
    optimizer.step({ a: tensor([1]) });
    optimizer.lr = 0.25;
    optimizer.step({ a: tensor([1]) });
    expect([optimizer.lr, optimizer.stepCount, a.item()]).toEqual([0.25, 2, 0.25]);
  }),
);

test(
  'groups keep the ratio of their rates, and the first that matches wins',
  withPair(({ a, b }) => {
    const groups = [
      { match: (name: string) => name === 'b', lr: 0.25 },
      { match: () => true, weightDecay: 1 },
    ];
    using optimizer = new SGD({ a, b }, { lr: 0.5, groups });
    optimizer.lr = 1;
    optimizer.step({ a: zeros([1]), b: tensor([1]) });
    expect([a.item(), b.item()]).toEqual([0, 0.5]);
  }),
);

test(
  'a parameter without a gradient stays as it is',
  withPair(({ a, b }) => {
    using optimizer = new Adam({ a, b });
    optimizer.step({ a: tensor([1]) });
    expect(b.item()).toBe(1);
    expect(a.item()).toBeLessThan(1);
  }),
);

test(
  'state is kept by parameter name, under the names of PyTorch',
  withPair(({ a, b }) => {
    using adam = new Adam({ a, b });
    using sgd = new SGD({ a });
    using momentum = new SGD({ a }, { momentum: 0.9 });
    using rmsprop = new RMSprop({ a }, { centered: true, momentum: 0.9 });
    using adagrad = new Adagrad({ a }, { initialAccumulatorValue: 0.5 });
    const names = (optimizer: { stateDict(): object }): string[] =>
      Object.keys(optimizer.stateDict()).filter((name) => name.includes('.'));
    expect(Object.keys(adam.stateDict()).slice(0, 3)).toEqual(['lr', 'step', 'momentum']);
    expect(Object.keys(sgd.stateDict())).toEqual(['lr', 'step']);
    const remembered = ['exp_avg', 'exp_avg_sq', 'step'];
    expect(names(adam)).toEqual(['a', 'b'].flatMap((name) => remembered.map((slot) => `${name}.${slot}`)));
    expect(names(sgd)).toEqual([]);
    expect(names(momentum)).toEqual(['a.momentum_buffer', 'a.step']);
    expect(names(rmsprop)).toEqual(['a.square_avg', 'a.grad_avg', 'a.momentum_buffer']);
    expect(names(adagrad)).toEqual(['a.sum', 'a.step']);
    expect(adagrad.stateDict()['a.sum']!.item()).toBe(0.5);
  }),
);

test(
  'a state dict restores rates and steps, and is refused when it is another optimizer’s',
  withPair(({ a, b }) => {
    const groups = [{ match: (name: string) => name === 'b', lr: 0.2 }];
    using first = new SGD({ a, b }, { lr: 0.1, groups });
    first.lr = 0.5;
    first.step({ a: zeros([1]) });
    using second = new SGD({ a, b }, { lr: 0.1, groups });
    second.loadStateDict(first.stateDict());
    expect([second.lr, second.stepCount]).toEqual([0.5, 1]);
    second.step({ b: tensor([1]) });
    expect(b.item()).toBe(0);
    using adam = new Adam({ a, b });
    expect(() => adam.loadStateDict(first.stateDict())).toThrow(
      /^loadStateDict: missing momentum, a\.exp_avg, a\.exp_avg_sq, a\.step, b/,
    );
  }),
);

test(
  'momentum can be set, but for groups that have their own, and is part of the state',
  withPair(({ a, b }) => {
    const groups = [{ match: (name: string) => name === 'b', momentum: 0.5 }];
    using first = new SGD({ a, b }, { lr: 1, momentum: 0.9, groups });
    first.step({ a: tensor([1]), b: tensor([1]) });
    first.momentum = 0.25;
    using second = new SGD({ a, b }, { lr: 1, momentum: 0.9, groups });
    second.loadStateDict(first.stateDict());
    expect(second.momentum).toBe(0.25);
    const before = [a.item(), b.item()];
    second.step({ a: zeros([1]), b: zeros([1]) });
    expect([before[0]! - a.item(), before[1]! - b.item()]).toEqual([0.25, 0.5]);
    second.momentum = 0;
    second.step({ a: zeros([1]) });
    expect(before[0]! - a.item()).toBe(0.25);
  }),
);

describe('refuses', () => {
  const a = one();
  afterAll(() => a.dispose());

  test.each([
    ['no parameters', () => new SGD({}), 'VALUE', /^SGD: there are no parameters/],
    ['a negative rate', () => new Adam({ a }, { lr: -1 }), 'VALUE', 'Adam: lr is -1 (need a number >= 0)'],
    ['a rate that is no number', () => new AdamW({ a }, { lr: NaN }), 'VALUE', 'AdamW: lr is NaN (need a number >= 0)'],
    ['a beta of 1', () => new Adam({ a }, { betas: [1, 0] }), 'VALUE', 'Adam: betas[0] is 1 (need 0 <= betas[0] < 1)'],
    [
      'a momentum that was none',
      () => {
        using sgd = new SGD({ a });
        sgd.momentum = 0.9;
      },
      'VALUE',
      /^SGD: there is no momentum/,
    ],
    [
      'a momentum of 1',
      () => {
        using adam = new Adam({ a });
        adam.momentum = 1;
      },
      'VALUE',
      'Adam: momentum is 1 (need 0 <= momentum < 1)',
    ],
    ['nesterov alone', () => new SGD({ a }, { nesterov: true }), 'VALUE', /^SGD: nesterov with momentum 0/],
    ['a bad alpha', () => new RMSprop({ a }, { alpha: 2 }), 'VALUE', 'RMSprop: alpha is 2 (need 0 <= alpha < 1)'],
    ['a negative eps', () => new Adagrad({ a }, { eps: -1 }), 'VALUE', 'Adagrad: eps is -1 (need a number >= 0)'],
    ['a group of none', () => new SGD({ a }, { groups: [{ match: () => false }] }), 'VALUE', /^SGD: group 0 matches/],
    [
      'a rate relative to 0',
      () => new SGD({ a }, { lr: 0, groups: [{ match: () => true, lr: 1 }] }),
      'VALUE',
      /own lr/,
    ],
    ['nothing to clip', () => clipGradNorm({}, 1), 'VALUE', 'clipGradNorm: there are no gradients'],
    [
      'a norm that is not finite, if asked to',
      () => scope(() => clipGradNorm({ a: tensor([3, -Infinity]) }, 1, { errorIfNonfinite: true })),
      'ANOMALY',
      'clipGradNorm: the norm of the gradients is Infinity (need a finite one)',
    ],
    ['a limit of 0', () => clipGradNorm({ a }, 0), 'VALUE', 'clipGradNorm: maxNorm is 0 (need a positive number)'],
    ['a schedule of no steps', () => cosineDecay(1, { steps: 0 }), 'VALUE', /^cosineDecay: steps is 0/],
  ] as const)('%s', (_, body, code, message) => {
    expectError(body, code, message);
  });

  test.each([
    ['an unknown gradient', { c: [1] }, 'VALUE', 'SGD: there is no parameter "c" (need one of a)'],
    ['a gradient of another shape', { a: [1, 2] }, 'SHAPE', 'SGD: the gradient of a is float32[2] (need float32[1])'],
  ] as const)('%s', (_, grads, code, message) => {
    scope(() => {
      using optimizer = new SGD({ a });
      const tensors = Object.entries(grads).map(([name, values]) => [name, tensor(values)] as const);
      expectError(() => optimizer.step(Object.fromEntries(tensors)), code, message);
      expect(optimizer.stepCount).toBe(0);
    });
  });
});

test(
  'training a layer ends near the solution and leaves no memory behind',
  scoped(() => {
    const before = memory({ collect: true }).storages;
    scope(() => {
      using model = new Linear(2, 1);
      using optimizer = new Adam(model.parameters(), { lr: 0.05 });
      const x = tensor([
        [1, 0],
        [0, 1],
        [1, 1],
        [2, 1],
      ]);
      const y = tensor([[1], [-2], [-1], [0]]);
      const schedule = cosineDecay(0.05, { steps: 400 });
      let last = Infinity;
      const live: number[] = [];
      for (let step = 0; step < 400; step++) {
        scope(() => {
          const [loss, grads] = valueAndGrad(() => mse(model.forward(x), y), model.parameters());
          optimizer.lr = schedule(step);
          optimizer.step(clipGradNorm(grads, 10).grads);
          last = loss.item();
        });
        live.push(memory().storages);
      }
      expect(last).toBeLessThan(1e-3);
      expect(new Set(live).size).toBe(1);
    });
    expectNoLeak(before);
  }),
);
