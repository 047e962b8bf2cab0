import * as m from 'myelin';

import { f32, ints, never, type Wrong } from './wrong';

const { ones, tensor } = m;

export const shapes: readonly Wrong[] = [
  [
    'shapes that do not broadcast',
    'SHAPE',
    'add',
    /float32\[2,3\].*float32\[2,4\]/,
    () => f32([2, 3]).add(f32([2, 4])),
  ],
  ['inner dimensions', 'SHAPE', 'matmul', /inner dimensions differ/, () => f32([2, 3]).matmul(never(f32([4, 5])))],
  ['reshape to another size', 'SHAPE', 'reshape', /6 elements/, () => f32([2, 3]).reshape([7])],
  ['an axis beyond the rank', 'INDEX', 'sum', /axis 2/, () => f32([2, 3]).sum({ axis: 2 })],
  ['an axis below the rank', 'INDEX', 'softmax', /axis -3/, () => f32([2, 3]).softmax({ axis: -3 })],
  ['half an axis', 'INDEX', 'mean', /0\.5/, () => f32([2, 3]).mean({ axis: 0.5 })],
  ['NaN as axis', 'INDEX', 'argmax', /NaN/, () => f32([2, 3]).argmax({ axis: NaN })],
  ['one axis twice', 'VALUE', 'sum', /twice/, () => f32([2, 3]).sum({ axis: [0, -2] })],
  ['squeezing what is wide', 'SHAPE', 'squeeze', /extent of 1/, () => f32([2, 3]).squeeze(0)],
  ['item of many', 'SHAPE', 'item', /6 elements/, () => f32([2, 3]).item()],
  ['the largest of nothing', 'SHAPE', 'max', /nothing to choose/, () => m.zeros([0]).max()],
  ['a concatenation of nothing', 'VALUE', 'concat', /at least one/, () => m.concat([])],
  [
    'targets of another length',
    'SHAPE',
    'crossEntropy',
    /int32\[3\]/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 1, 2)),
  ],
  ['an image without batch', 'SHAPE', 'maxPool2d', /float32\[3,4,4\]/, () => m.maxPool2d(f32([3, 4, 4]), 2)],
  [
    'a kernel larger than the image',
    'SHAPE',
    'conv2d',
    /at least as large/,
    () => m.conv2d(f32([1, 1, 2, 2]), f32([1, 1, 3, 3])),
  ],
];

export const dtypes: readonly Wrong[] = [
  ['a negative byte', 'DTYPE', 'neg', /uint8\[1\]/, () => ones([1], { dtype: 'uint8' }).neg()],
  [
    'the logic of numbers',
    'DTYPE',
    'logicalAnd',
    /float32\[2\]/,
    () => m.logicalAnd(never(f32([2])), tensor([true, true])),
  ],
  ['fractions as indices', 'DTYPE', 'indexSelect', /float32\[1\]/, () => m.indexSelect(f32([3]), never(f32([1])))],
  ['a softmax of integers', 'DTYPE', 'softmax', /int32\[2\]/, () => m.softmax(never(ints(1, 2)))],
  ['a gradient by integers', 'DTYPE', 'valueAndGrad', /int32\[1\]/, () => m.grad(() => f32([1]).sum(), [ints(1)])],
  [
    'weights of another dtype',
    'DTYPE',
    'linear',
    /float64/,
    () => m.linear(f32([1, 2]), never(ones([1, 2], { dtype: 'float64' }))),
  ],
  [
    'an assignment of another dtype',
    'DTYPE',
    'assign',
    /float64/,
    () => new m.Buffer(f32([1])).assign(never(ones([1], { dtype: 'float64' }))),
  ],
];

export const indices: readonly Wrong[] = [
  [
    'an index beyond the end',
    'INDEX',
    'indexSelect',
    /index 3 at position 1 .*extent 3/,
    () => m.indexSelect(f32([3]), ints(0, 3)),
  ],
  ['a negative index', 'INDEX', 'gather', /index -1 at position 0/, () => m.gather(f32([3]), ints(-1))],
  [
    'a class that does not exist',
    'INDEX',
    'crossEntropy',
    /target 1 is 7/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 7)),
  ],
  ['a negative class', 'INDEX', 'crossEntropy', /-1/, () => m.crossEntropy(f32([1, 4]), ints(-1))],
  [
    'a class that does not exist, among weighted ones',
    'INDEX',
    'crossEntropy',
    /target 1 is 7/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 7), { weight: ones([4]) }),
  ],
  [
    'a class that does not exist, by log-probabilities',
    'INDEX',
    'nllLoss',
    /target 1 is 7 \(need 0 <= class < 4/,
    () => m.nllLoss(f32([2, 4]), ints(0, 7)),
  ],
  ['a negative class, by log-probabilities', 'INDEX', 'nllLoss', /-1/, () => m.nllLoss(f32([1, 4]), ints(-1))],
  ['a hot index too high', 'INDEX', 'oneHot', /index 5/, () => m.oneHot(ints(5), 5)],
  ['a slice at a place that is not there', 'INDEX', 'slice', /index 9/, () => f32([3]).slice(9)],
];
