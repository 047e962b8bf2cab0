import * as m from 'myelin';

import { f32, never, type Wrong } from './wrong';

const { tensor } = m;

function disposed(): m.Tensor<'float32'> {
  const x = f32([2]);
  x.dispose();
  return x;
}

export const states: readonly Wrong[] = [
  ['a disposed tensor in an op', 'DISPOSED', 'add', /float32\[2\] was disposed/, () => disposed().add(1)],
  ['a disposed tensor in a view', 'DISPOSED', 'reshape', /was disposed/, () => disposed().reshape([1, 2])],
  ['a disposed tensor that is read', 'DISPOSED', 'data', /was disposed/, () => disposed().data()],
  ['a disposed tensor among many', 'DISPOSED', 'concat', /was disposed/, () => m.concat([f32([2]), disposed()])],
  [
    'a disposed Parameter',
    'DISPOSED',
    'assign',
    /was disposed/,
    () => {
      const weight = new m.Parameter(f32([2]));
      weight.dispose();
      weight.assign(1);
    },
  ],
  ['an assignment to what is immutable', 'TYPE', 'assign', /immutable/, () => m.assign(never(f32([2])), 1)],
  ['a scope for a promise', 'STATE', 'scope', /scopeAsync/, () => m.scope(async () => 1)],
  ['a loss that is no number', 'SHAPE', 'valueAndGrad', /the loss is float32\[2\]/, () => m.grad(() => f32([2]), [])],
  [
    'an integer too large for a number',
    'VALUE',
    'item',
    /does not fit/,
    () => tensor(BigInt64Array.of(2n ** 60n)).item(),
  ],
];

const layer = () => new m.Linear(2, 3);

export const modules: readonly Wrong[] = [
  ['a layer of no outputs', 'VALUE', 'Linear', /-1/, () => new m.Linear(2, -1)],
  ['a layer of half an input', 'VALUE', 'Linear', /1\.5/, () => new m.Linear(1.5, 2)],
  ['inputs of the wrong width', 'SHAPE', 'linear', /float32\[1,5\]/, () => layer().forward(f32([1, 5]))],
  ['a dropout above 1', 'VALUE', 'Dropout', /p is 1\.5/, () => new m.Dropout(1.5)],
  [
    'a state dict with a name missing',
    'VALUE',
    'loadStateDict',
    /bias/,
    () => layer().loadStateDict({ weight: f32([3, 2]) }),
  ],
  [
    'a state dict of another shape',
    'SHAPE',
    'loadStateDict',
    /float32\[2,3\]/,
    () => layer().loadStateDict({ weight: f32([2, 3]), bias: f32([3]) }),
  ],
  ['a negative rate', 'VALUE', 'Adam', /lr/, () => new m.Adam(layer().parameters(), { lr: -1 })],
  ['NaN as rate', 'VALUE', 'SGD', /NaN/, () => new m.SGD(layer().parameters(), { lr: NaN })],
  ['betas of 1', 'VALUE', 'Adam', /beta/, () => new m.Adam(layer().parameters(), { betas: [1, 0.999] })],
  ['nothing to train', 'VALUE', 'Adam', /no parameters/, () => new m.Adam({})],
  [
    'a gradient for nobody',
    'VALUE',
    'SGD',
    /no parameter "other"/,
    () => new m.SGD(layer().parameters(), { lr: 1 }).step({ other: f32([1]) }),
  ],
  [
    'a gradient of another shape',
    'SHAPE',
    'SGD',
    /the gradient of bias is float32\[4\]/,
    () => new m.SGD(layer().parameters(), { lr: 1 }).step({ bias: f32([4]) }),
  ],
  ['batches of 0', 'VALUE', 'DataLoader', /batchSize is 0/, () => new m.DataLoader([{ x: 1 }], { batchSize: 0 })],
  ['data that cannot be read', 'TYPE', 'DataLoader', /42/, () => new m.DataLoader(never(42), { batchSize: 1 })],
  [
    'a dataset of unequal lengths',
    'SHAPE',
    'TensorDataset',
    /3/,
    () => new m.TensorDataset({ x: f32([3, 1]), y: f32([2]) }),
  ],
  [
    'a sample that is not there',
    'INDEX',
    'TensorDataset.get',
    /no sample 5/,
    () => new m.TensorDataset({ x: f32([3]) }).get(5),
  ],
];
