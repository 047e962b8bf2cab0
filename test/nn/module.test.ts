import {
  BatchNorm1d,
  BatchNorm2d,
  Buffer,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  LayerNorm,
  Linear,
  MaxPool2d,
  memory,
  Module,
  ones,
  Parameter,
  relu,
  ReLU,
  scope,
  Sequential,
  Softplus,
  tensor,
  zeros,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';
import { expectNoLeak, scoped } from '../support/golden';

/** A residual network with everything that names are made of: fields, arrays, nesting, a parameter of its own. */
class Network extends Module {
  stem = new Conv2d(1, 2, 3, { padding: 1 });
  blocks: readonly [Module, Module] = [
    new Linear(2, 2),
    new Sequential(new BatchNorm1d(2), new Linear(2, 2, { bias: false })),
  ];
  scale = scope(() => new Parameter(ones([2])));
  offset = scope(() => new Buffer(zeros([2])));
  label = 'not a tensor';

  override forward(x: Tensor<'float32'>) {
    const features = relu(this.stem.forward(x)).mean({ axis: [2, 3] });
    const [first, second] = this.blocks;
    return features.add(second.forward(first.forward(features))).mul(this.scale);
  }
}

const names = [
  'scale',
  'offset',
  'stem.weight',
  'stem.bias',
  'blocks.0.weight',
  'blocks.0.bias',
  'blocks.1.0.weight',
  'blocks.1.0.bias',
  'blocks.1.0.running_mean',
  'blocks.1.0.running_var',
  'blocks.1.0.num_batches_tracked',
  'blocks.1.1.weight',
];

let before: number;
beforeEach(() => {
  before = memory({ collect: true }).storages;
});
afterEach(() => {
  expectNoLeak(before);
});

describe('names', () => {
  test('are those of PyTorch, in its order', () => {
    using model = new Network();
    expect(Object.keys(model.stateDict())).toEqual(names);
    expect(Object.keys(model.parameters())).toEqual(names.filter((name) => !/offset|running|tracked/.test(name)));
    expect(Object.keys(model.buffers())).toEqual(names.filter((name) => /offset|running|tracked/.test(name)));
  });

  test('lead to the live tensors', () => {
    using model = new Network();
    expect(model.parameters()['stem.weight']).toBe(model.stem.weight);
    expect(model.stateDict()['offset']).toBe(model.offset);
  });

  test('of modules go from the root down, each module once', () => {
    using model = new Network();
    expect([...model.namedModules().keys()]).toEqual(['', 'stem', 'blocks.0', 'blocks.1', 'blocks.1.0', 'blocks.1.1']);
    expect([...model.children().keys()]).toEqual(['stem', 'blocks.0', 'blocks.1']);
  });

  test('of what is shared: one parameter, two entries of the state dict', () => {
    const layer = new Linear(2, 2, { bias: false });
    using model = new Sequential(layer, new ReLU(), layer);
    expect(Object.keys(model.parameters())).toEqual(['0.weight']);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '2.weight']);
    expect([...model.namedModules().keys()]).toEqual(['', '0', '1']);
  });

  test('end where a module holds its parent', () => {
    class Child extends Module {
      parent?: Module;
      weight = scope(() => new Parameter(ones([1])));
      override forward(x: Tensor<'float32'>) {
        return x;
      }
    }
    const child = new Child();
    using parent = new Sequential(child);
    child.parent = parent;
    expect(Object.keys(parent.stateDict())).toEqual(['0.weight']);
  });
});

describe('a state dict', () => {
  test(
    'carries a model over to another one',
    scoped(() => {
      using source = new Network();
      using target = new Network();
      const x = tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
        [
          [
            [4, 3],
            [2, 0],
          ],
        ],
      ]);
      source.forward(x); // moves the running statistics
      expect(target.loadStateDict(source.stateDict())).toEqual({ missing: [], unexpected: [] });
      source.eval();
      target.eval();
      expect(target.forward(x).toArray()).toEqual(source.forward(x).toArray());
      expect(target.buffers()['blocks.1.0.num_batches_tracked']!.item()).toBe(1);
    }),
  );

  test(
    'of other names is refused, and nothing is assigned',
    scoped(() => {
      using model = new Linear(2, 1);
      const old = model.weight.toArray();
      const error = caught(() => model.loadStateDict({ weight: zeros([1, 2]), gain: ones([1]) }));
      expect(error.code).toBe('VALUE');
      expect(error.message).toBe(
        'loadStateDict: missing bias; unexpected gain (need exactly the names of stateDict())',
      );
      expect(error.details).toEqual({ missing: ['bias'], unexpected: ['gain'] });
      expect(model.weight.toArray()).toEqual(old);
    }),
  );

  test(
    'of other names loads what fits when not strict',
    scoped(() => {
      using model = new Linear(2, 1);
      const difference = model.loadStateDict({ weight: zeros([1, 2]), gain: ones([1]) }, { strict: false });
      expect(difference).toEqual({ missing: ['bias'], unexpected: ['gain'] });
      expect(model.weight.toArray()).toEqual([[0, 0]]);
    }),
  );

  test(
    'of other shapes is refused even when not strict',
    scoped(() => {
      using model = new Linear(2, 1);
      const state = { weight: zeros([2, 2]), bias: zeros([1], { dtype: 'int32' }) };
      const error = caught(() => model.loadStateDict(state, { strict: false }));
      expect(error.code).toBe('SHAPE');
      expect(error.message).toBe(
        'loadStateDict: weight is float32[2,2] (need float32[1,2]); bias is int32[1] (need float32[1])',
      );
    }),
  );

  test(
    'of another precision is converted',
    scoped(() => {
      using double = new Linear(2, 1, { dtype: 'float64' });
      using single = new Linear(2, 1);
      single.loadStateDict(double.stateDict());
      expect(single.weight.dtype).toBe('float32');
      expect(single.weight.toArray()).toEqual(double.weight.to('float32').toArray());
    }),
  );

  test(
    'with a disposed tensor is refused, and nothing is assigned',
    scoped(() => {
      using model = new Linear(2, 1);
      const old = model.weight.toArray();
      const bias = zeros([1]);
      bias.dispose();
      expect(caught(() => model.loadStateDict({ weight: zeros([1, 2]), bias })).code).toBe('DISPOSED');
      expect(model.weight.toArray()).toEqual(old);
    }),
  );
});

describe('modes', () => {
  test('reach every module', () => {
    using model = new Network();
    const modes = () => [...model.namedModules().values()].map(({ training }) => training);
    expect(modes()).toEqual(new Array(6).fill(true));
    expect(model.eval()).toBe(model);
    expect(modes()).toEqual(new Array(6).fill(false));
    model.train();
    expect(modes()).toEqual(new Array(6).fill(true));
  });

  test('freezing takes parameters out of training, but not out of the state', () => {
    using model = new Network();
    model.blocks[0].freeze();
    expect(Object.keys(model.parameters())).not.toContain('blocks.0.weight');
    expect(Object.keys(model.parameters({ frozen: true }))).toContain('blocks.0.weight');
    expect(Object.keys(model.stateDict())).toEqual(names);
    model.freeze(false);
    expect(Object.keys(model.parameters())).toContain('blocks.0.weight');
  });

  test('apply visits children before parents', () => {
    using model = new Sequential(new Sequential(new ReLU()), new Flatten());
    const visited: string[] = [];
    model.apply((module) => visited.push(module.constructor.name));
    expect(visited).toEqual(['Flatten', 'ReLU', 'Sequential', 'Sequential']);
  });
});

describe('a summary', () => {
  const build = () =>
    new Sequential(new Conv2d(1, 4, 3), new BatchNorm2d(4), new ReLU(), new Flatten(), new Linear(144, 10));

  function printed(body: () => void): string {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      body();
      return String(log.mock.calls[0]![0]);
    } finally {
      log.mockRestore();
    }
  }

  test('shows layers, output shapes and parameters', () => {
    using model = build();
    model.layers[0]!.freeze();
    expect(printed(() => model.summary([2, 1, 8, 8]))).toBe(
      [
        'Layer            Output shape  Parameters',
        '─────────────────────────────────────────',
        'Sequential       [2, 10]',
        '  0 Conv2d       [2, 4, 6, 6]          40',
        '  1 BatchNorm2d  [2, 4, 6, 6]           8',
        '  2 ReLU         [2, 4, 6, 6]',
        '  3 Flatten      [2, 144]',
        '  4 Linear       [2, 10]            1,450',
        '─────────────────────────────────────────',
        'Parameters: 1,498 (0.01 MiB)',
        'Trainable: 1,458, frozen: 40',
      ].join('\n'),
    );
  });

  test('leaves the model as it was', () => {
    using model = build();
    printed(() => model.summary([2, 1, 8, 8]));
    expect(model.layers.map(({ training }) => training)).toEqual(new Array(5).fill(true));
    expect(model.buffers()['1.num_batches_tracked']!.item()).toBe(0);
    expect(model.layers.some((layer) => Object.hasOwn(layer, 'forward'))).toBe(false);
  });

  test('without an input shows no shapes', () => {
    using model = new Linear(3, 2);
    expect(printed(() => model.summary())).toBe(
      [
        'Layer   Parameters',
        '──────────────────',
        'Linear           8',
        '──────────────────',
        'Parameters: 8 (0.00 MiB)',
      ].join('\n'),
    );
  });

  test('takes tensors for models that take other things than images', () => {
    using model = new Linear(3, 2);
    using x = ones([4, 3]);
    expect(printed(() => model.summary([x]))).toContain('[4, 2]');
    expect(x.disposed).toBe(false);
  });

  test('restores the model when it does not fit the input', () => {
    using model = build();
    expect(caught(() => model.summary([2, 3, 8, 8])).code).toBe('SHAPE');
    expect(model.layers.every(({ training }) => training)).toBe(true);
  });
});

describe('layers', () => {
  test(
    'drop about a fraction p when training and scale up the rest',
    scoped(() => {
      const dropout = new Dropout(0.25);
      const values = dropout.forward(ones([10_000])).data();
      const kept = values.filter((value) => value !== 0);
      expect(kept.every((value) => value === Math.fround(1 / 0.75))).toBe(true);
      expect(kept.length / values.length).toBeCloseTo(0.75, 1);
      const x = ones([3]);
      expect(dropout.eval().forward(x)).toBe(x);
    }),
  );

  test.each([
    ['Linear', () => new Linear(0, 1), 'VALUE', 'Linear: inFeatures is 0 (need an integer of at least 1)'],
    ['Conv2d', () => new Conv2d(3, 4, 3, { groups: 2 }), 'VALUE', /^Conv2d: 3 input and 4 output channels/],
    ['Conv2d', () => new Conv2d(1, 1, 0), 'VALUE', /kernelSize is 0/],
    ['Embedding', () => new Embedding(3, 2, { paddingIdx: 3 }), 'VALUE', /^Embedding: paddingIdx is 3/],
    ['Dropout', () => new Dropout(1.5), 'VALUE', 'Dropout: p is 1.5 (need 0 <= p <= 1)'],
    ['Softplus', () => new Softplus({ beta: 0 }), 'VALUE', 'Softplus: beta is 0 (need a positive number)'],
  ] as const)('refuse options that make no sense: %s', (_, body, code, message) => {
    const error = caught(body);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test.each([
    ['Linear', () => new Linear(2, 2), [3, 3], /^linear: x is float32\[3,3\]/],
    ['Conv2d', () => new Conv2d(2, 2, 3), [1, 3, 4, 4], /^conv2d: channels differ/],
    ['MaxPool2d', () => new MaxPool2d(3), [1, 1, 2, 2], /^maxPool2d: x is float32\[1,1,2,2\]/],
    ['BatchNorm1d', () => new BatchNorm1d(2), [1, 2], /need more than one value per channel/],
    ['BatchNorm2d', () => new BatchNorm2d(2), [3, 2], 'BatchNorm2d: x is float32[3,2] (need 4 axes)'],
    ['LayerNorm', () => new LayerNorm(3), [3, 2], /need a shape that ends in \[3\]/],
  ] as const)('refuse inputs that do not fit: %s', (_, build, shape, message) => {
    scope(() => {
      using layer: Module = build();
      const error = caught(() => layer.forward(ones(shape)));
      expect(error.code).toBe('SHAPE');
      expect(error.message).toMatch(message);
    });
  });
});
