import * as m from 'myelin';

import { f32, ints, never, type Wrong } from './wrong';

const { zeros } = m;

export const ordering: readonly Wrong[] = [
  [
    'an order that is no flag',
    'VALUE',
    'sort',
    /descending is "yes" \(need true or false\)/,
    () => m.sort(f32([2]), { descending: never('yes') }),
  ],
  [
    'sorting along an axis that is not there',
    'INDEX',
    'sort',
    /axis 1 is outside a tensor of rank 1/,
    () => m.sort(f32([2]), { axis: 1 }),
  ],
  ['sorting what is no tensor', 'TYPE', 'argsort', /x is \[2, 1\]/, () => m.argsort(never([2, 1]))],
  ['the largest four of three', 'VALUE', 'topk', /k is 4, x is float32\[3\]/, () => m.topk(f32([3]), 4)],
  ['the largest half', 'VALUE', 'topk', /k is 0\.5/, () => m.topk(f32([3]), 0.5)],
  ['the fourth of three', 'VALUE', 'kthvalue', /k is 4, x is float32\[3\]/, () => m.kthvalue(f32([3]), 4)],
  ['the zeroth, where places begin at one', 'VALUE', 'kthvalue', /k is 0/, () => m.kthvalue(f32([3]), 0)],
  ['the median of nothing', 'SHAPE', 'median', /x is float32\[0\]: nothing to choose from/, () => m.median(zeros([0]))],
  [
    'the mode of nothing along an axis',
    'SHAPE',
    'mode',
    /x is float32\[0\]: nothing to choose from/,
    () => m.mode(zeros([0])),
  ],
  ['a quantile above 1', 'VALUE', 'quantile', /q is 1\.5/, () => m.quantile(f32([3]), 1.5)],
  ['a quantile of integers', 'DTYPE', 'quantile', /x is int32\[2\]/, () => m.quantile(never(ints(1, 2)), 0.5)],
  [
    'an interpolation that does not exist',
    'VALUE',
    'quantile',
    /interpolation is "cubic"/,
    () => m.quantile(f32([3]), 0.5, { interpolation: never('cubic') }),
  ],
  [
    'a running sum along no axis',
    'INDEX',
    'cumsum',
    /axis 3 is outside a tensor of rank 1/,
    () => m.cumsum(f32([2]), { axis: 3 }),
  ],
  ['a running maximum of a string', 'TYPE', 'cummax', /x is "x"/, () => m.cummax(never('x'))],
  ['a difference of negative order', 'VALUE', 'diff', /n is -1/, () => m.diff(f32([3]), { n: -1 })],
  ['no bins', 'VALUE', 'histogram', /bins is 0/, () => m.histogram(f32([3]), { bins: 0 })],
  [
    'a range that runs backwards',
    'VALUE',
    'histogram',
    /range is \[2, 1\]/,
    () => m.histogram(f32([3]), { range: [2, 1] }),
  ],
  ['negative integers to count', 'VALUE', 'bincount', /x holds -1/, () => m.bincount(ints(-1))],
  ['fractions to count', 'DTYPE', 'bincount', /x is float32\[2\]/, () => m.bincount(never(f32([2])))],
  [
    'weights for other integers',
    'SHAPE',
    'bincount',
    /weights is float32\[3\]/,
    () => m.bincount(ints(0, 1), { weights: f32([3]) }),
  ],
  [
    'unique along an axis that is not there',
    'INDEX',
    'unique',
    /axis 4 is outside a tensor of rank 1/,
    () => m.unique(f32([2]), { axis: 4 }),
  ],
  [
    'boundaries that are a matrix',
    'SHAPE',
    'bucketize',
    /boundaries is float32\[2,2\]/,
    () => m.bucketize(f32([2]), f32([2, 2])),
  ],
  ['positions among bools of a number', 'TYPE', 'nonzero', /x is 5/, () => m.nonzero(never(5))],
];
