import * as m from 'myelin';

import { f32, ints, never, type Wrong } from './wrong';

const { tensor } = m;

export const creation: readonly Wrong[] = [
  ['rows of unequal length', 'SHAPE', 'tensor', /\[/, () => tensor([[1, 2], [3]])],
  ['an element that is no number', 'VALUE', 'tensor', /"x"/, () => tensor(never(['x']))],
  ['nothing', 'TYPE', 'tensor', /undefined/, () => tensor(never(undefined))],
  ['a dtype that does not exist', 'DTYPE', 'tensor', /float17/, () => tensor([1], { dtype: never('float17') })],
  [
    'a name out of Object.prototype as dtype',
    'DTYPE',
    'zeros',
    /toString/,
    () => m.zeros([1], { dtype: never('toString') }),
  ],
  ['300 as uint8', 'VALUE', 'tensor', /300/, () => tensor([300], { dtype: 'uint8' })],
  ['a fraction as int32', 'VALUE', 'tensor', /0\.5/, () => tensor([0.5], { dtype: 'int32' })],
  ['NaN as int64', 'VALUE', 'tensor', /NaN/, () => tensor([NaN], { dtype: 'int64' })],
  [
    'a shape that does not fit the data',
    'SHAPE',
    'tensor',
    /3 elements.*\[2, 2\]/,
    () => tensor(new Float32Array(3), { shape: [2, 2] }),
  ],
  ['a negative extent', 'SHAPE', 'zeros', /non-negative/, () => m.zeros([2, -1])],
  ['a fractional extent', 'SHAPE', 'zeros', /non-negative integers/, () => m.zeros([1.5])],
  ['NaN as extent', 'SHAPE', 'zeros', /non-negative integers/, () => m.zeros([NaN])],
  ['a shape that is a number', 'TYPE', 'zeros', /array of integers/, () => m.zeros(never(5))],
  ['nine axes', 'SHAPE', 'zeros', /at most 8 axes/, () => m.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])],
  ['more elements than can be', 'OUT_OF_MEMORY', 'zeros', /2\^40/, () => m.zeros([2 ** 21, 2 ** 21])],
  ['a negative extent of ones', 'SHAPE', 'ones', /non-negative/, () => m.ones([-1])],
  ['null for a tensor', 'TYPE', 'zerosLike', /null/, () => m.zerosLike(never(null))],
  ['a negative extent of noise', 'SHAPE', 'randn', /non-negative/, () => m.randn([-1])],
  ['a negative extent of integers', 'SHAPE', 'randint', /non-negative/, () => m.randint(0, 2, [-1])],
  ['an object', 'TYPE', 'tensor', /a Map/, () => tensor(never(new Map()))],
  ['a value that is a string', 'VALUE', 'full', /value is "1"/, () => m.full([2], never('1'))],
  ['a range without step', 'VALUE', 'arange', /step/, () => m.arange(0, 5, { step: 0 })],
  ['an endless range', 'VALUE', 'arange', /finite/, () => m.arange(Infinity)],
  ['a seed that is a fraction', 'VALUE', 'seed', /0\.5/, () => m.seed(0.5)],
  ['a negative seed', 'VALUE', 'Generator', /-1/, () => new m.Generator(-1)],
  ['more threads than can be', 'VALUE', 'setThreads', /1000/, () => m.setThreads(1000)],
  ['a fraction of a thread', 'VALUE', 'setThreads', /1\.5/, () => m.setThreads(1.5)],
  ['an ISA of another machine', 'UNSUPPORTED', 'setIsa', /"z80"/, () => m.setIsa('z80')],
];

export const wrongArguments: readonly Wrong[] = [
  ['a string for a tensor', 'TYPE', 'add', /"x"/, () => m.add(never('x'), f32([1]))],
  ['an array for a tensor', 'TYPE', 'matmul', /\[1, 2\]/, () => m.matmul(never([1, 2]), f32([2]))],
  ['null for a tensor', 'TYPE', 'sum', /null/, () => m.sum(never(null))],
  ['undefined for a tensor', 'TYPE', 'relu', /undefined/, () => m.relu(never(undefined))],
  ['a string for a bound', 'VALUE', 'clamp', /"1"/, () => f32([2]).clamp({ min: never('1') })],
  ['a class that is no number', 'VALUE', 'oneHot', /NaN/, () => m.oneHot(ints(0), NaN)],
  ['a probability above 1', 'VALUE', 'dropout', /2/, () => m.dropout(f32([2]), { p: 2 })],
  ['NaN as probability', 'VALUE', 'bernoulli', /NaN/, () => m.bernoulli([2], NaN)],
  [
    'a reduction that does not exist',
    'VALUE',
    'mse',
    /"avg"/,
    () => m.mse(f32([2]), f32([2]), { reduction: never('avg') }),
  ],
  [
    'padding that does not exist',
    'VALUE',
    'conv2d',
    /"full"/,
    () => m.conv2d(f32([1, 1, 3, 3]), f32([1, 1, 1, 1]), { padding: never('full') }),
  ],
  ['a stride of 0', 'VALUE', 'conv2d', /stride/, () => m.conv2d(f32([1, 1, 3, 3]), f32([1, 1, 1, 1]), { stride: 0 })],
  [
    'groups that do not divide',
    'SHAPE',
    'conv2d',
    /groups/,
    () => m.conv2d(f32([1, 4, 3, 3]), f32([3, 2, 1, 1]), { groups: 2 }),
  ],
  [
    'smoothing above 1',
    'VALUE',
    'crossEntropy',
    /labelSmoothing is 2/,
    () => m.crossEntropy(f32([1, 2]), ints(0), { labelSmoothing: 2 }),
  ],
  ['a negative eps', 'VALUE', 'layerNorm', /eps/, () => m.layerNorm(f32([2, 3]), [3], { eps: -1 })],
];
