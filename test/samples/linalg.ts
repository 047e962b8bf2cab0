import { linear as linearOf, matmul as matmulOf, ones, type DType } from 'myelin';

import { build, matmul, sumOf, type Nd } from '../support/reference';
import { signed, uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 5],
    [5, 1],
  ],
  [
    [7, 1],
    [1, 9],
  ],
  [
    [19, 23],
    [23, 37],
  ],
  [
    [2, 3, 4],
    [2, 4, 3],
  ],
  [
    [2, 1, 3, 4],
    [3, 4, 2],
  ],
  [
    [5, 2, 3],
    [1, 3, 2],
  ],
  [
    [0, 3],
    [3, 4],
  ],
  [
    [2, 0],
    [0, 4],
  ],
  [
    [2, 3],
    [3, 0],
  ],
];

const product = (a: readonly number[], b: readonly number[], dtypes: readonly DType[] = signed): Sample => ({
  inputs: { a: uniform(a), b: uniform(b) },
  dtypes,
  order: a.includes(19) ? 0 : 2,
  tolerance: { relative: 4, absolute: 4 * (a.at(-1)! + 4) },
  reference: (x, y) => matmul(x, y),
});

function affine(x: Nd, weight: Nd, bias: Nd): Nd {
  const k = weight.shape[1]!;
  const rows = { ...x, shape: [x.data.length / Math.max(1, k), k] };
  return build(x.dtype, [...x.shape.slice(0, -1), weight.shape[0]!], (index) => {
    const n = index.at(-1)!;
    const row = index.slice(0, -1).reduce((at, i, axis) => at * x.shape[axis]! + i, 0);
    return (
      sumOf(Array.from({ length: k }, (_, i) => rows.data[row * k + i]! * weight.data[n * k + i]!)) + bias.data[n]!
    );
  });
}

const map = (x: readonly number[], n: number, activation: 'none' | 'relu' = 'none'): Sample => ({
  inputs: { x: uniform(x), weight: uniform([n, x.at(-1)!]), bias: uniform([n]) },
  attrs: { activation },
  order: activation === 'none' && n < 30 ? 2 : 0,
  tolerance: { relative: 4, absolute: 4 * (x.at(-1)! + 4) },
  reference: (input, weight, bias) => {
    const out = affine(input, weight, bias);
    return activation === 'relu' ? { ...out, data: out.data.map((value) => Math.max(value, 0)) } : out;
  },
});

const innerDiffers: ErrorCase = {
  call: () => matmulOf(ones([2, 3]), ones([4, 5]) as never),
  code: 'SHAPE',
  message: /inner dimensions differ: a is float32\[2,3\], b is float32\[4,5\] \(need a\.shape\[-1\] = b\.shape\[-2\]\)/,
};

export const linalg: SampleTable = {
  matmul: {
    samples: pairs.map(([a, b]) => product(a, b)),
    large: product([301, 203], [203, 307], ['float32']),
    errors: [
      innerDiffers,
      {
        call: () => matmulOf(ones([2, 2, 3]), ones([3, 3, 2])),
        code: 'SHAPE',
        message: /batch dimensions do not broadcast/,
      },
      { call: () => matmulOf(ones([]), ones([2])), code: 'SHAPE', message: /at least one axis/ },
      {
        call: () => matmulOf(ones([2, 2], { dtype: 'uint8' }), ones([2, 2], { dtype: 'uint8' })),
        code: 'DTYPE',
        message: /uint8\[2,2\]/,
      },
    ],
  },
  linear: {
    samples: [
      map([3, 4], 5),
      map([4], 3),
      map([2, 3, 4], 5),
      map([17, 33], 35),
      map([0, 4], 5),
      map([3, 4], 5, 'relu'),
    ],
    large: map([301, 203], 307),
    errors: [
      {
        call: () => linearOf(ones([2, 3]), ones([5, 4]), ones([5])),
        code: 'SHAPE',
        message: /float32\[2,3\].*float32\[5,4\]/,
      },
      { call: () => linearOf(ones([2, 3]), ones([5, 3]), ones([4])), code: 'SHAPE', message: /bias is float32\[4\]/ },
      {
        call: () => linearOf(ones([2, 3]), ones([5, 3], { dtype: 'float64' }) as never),
        code: 'DTYPE',
        message: /float64\[5,3\]/,
      },
    ],
  },
};
