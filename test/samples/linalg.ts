import { linear as linearOf, matmul as matmulOf, matmulInteger, ones, zeros, type DType } from 'myelin';

import { build, matmul, position, sumOf, type Nd } from '../support/reference';
import {
  integers,
  numbers,
  uniform,
  values,
  refused,
  type ErrorCase,
  type InputSpec,
  type Sample,
  type SampleTable,
} from './sample';

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

const product = (a: readonly number[], b: readonly number[], dtypes: readonly DType[] = numbers): Sample => ({
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

const bytes = (shape: readonly number[]): InputSpec => integers(shape, 0, 256);
const allBytes = (shape: readonly number[], byte: number): InputSpec => values(shape, [byte]);

const quantised = (a: InputSpec, b: InputSpec, aZeroPoint = 0, bZeroPoint = 0): Sample => ({
  inputs: { a, b },
  attrs: { aZeroPoint, bZeroPoint },
  dtypes: ['uint8'],
  order: 0,
  tolerance: { relative: 0, absolute: 0 },
  reference: (x, y) => {
    const [k, n] = y.shape as [number, number];
    const rows = x.shape.slice(0, -1);
    return build('int32', [...rows, n], (index) => {
      const row = position(index.slice(0, -1), rows);
      const term = (i: number): number =>
        (x.data[row * k + i]! - aZeroPoint) * (y.data[i * n + index.at(-1)!]! - bZeroPoint);
      return sumOf(Array.from({ length: k }, (_, i) => term(i)));
    });
  },
});

const byteMatrix = (shape: readonly [number, number]) => ones(shape, { dtype: 'uint8' });

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
        call: () => matmulOf(ones([2, 2], { dtype: 'bool' }), ones([2, 2], { dtype: 'bool' })),
        code: 'DTYPE',
        message: /bool\[2,2\]/,
      },
    ],
    without: { scalar: 'it needs an axis on both sides' },
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
    without: { scalar: 'it needs an axis on both sides' },
  },
  matmulInteger: {
    samples: [
      quantised(bytes([2, 3]), bytes([3, 4])),
      quantised(bytes([5, 1]), bytes([1, 7]), 3, 250),
      quantised(bytes([7]), bytes([7, 2]), 255, 255),
      quantised(bytes([2, 3, 67]), bytes([67, 9]), 128, 127),
      ...[15, 16, 17, 63, 64, 65, 130].map((k) => quantised(bytes([3, k]), bytes([k, 70]), 100, 200)),
      quantised(allBytes([1, 33025], 255), allBytes([33025, 1], 255)),
      quantised(allBytes([1, 33025], 255), allBytes([33025, 1], 0), 0, 255),
      quantised(allBytes([1, 33025], 0), allBytes([33025, 1], 0), 255, 255),
      quantised(values([4, 66], [0, 255]), values([66, 4], [255, 255, 255, 255, 255, 0]), 255, 0),
      quantised(bytes([3, 0]), bytes([0, 4]), 1, 2),
      quantised(bytes([0, 3]), bytes([3, 4])),
      quantised(bytes([2, 3]), bytes([3, 0])),
    ],
    large: quantised(bytes([301, 203]), bytes([203, 307]), 12, 34),
    errors: [
      refused(() => matmulInteger(byteMatrix([2, 3]), byteMatrix([4, 5])), 'SHAPE', /uint8\[2,3\], b is uint8\[4,5\]/),
      refused(() => matmulInteger(ones([], { dtype: 'uint8' }), byteMatrix([1, 1])), 'SHAPE', /need a \[\.\.\., K\]/),
      refused(() => matmulInteger(byteMatrix([1, 2]), ones([2], { dtype: 'uint8' })), 'SHAPE', /b \[K, N\]/),
      refused(
        () => matmulInteger(zeros([1, 33026], { dtype: 'uint8' }), zeros([33026, 1], { dtype: 'uint8' })),
        'SHAPE',
        /at most 33025/,
      ),
      refused(() => matmulInteger(ones([2, 2]) as never, byteMatrix([2, 2])), 'DTYPE', /a is float32\[2,2\]/),
      refused(() => matmulInteger(byteMatrix([2, 2]), [[1]] as never), 'TYPE', /b is .* \(need a tensor\)/),
      ...[-1, 256, 0.5, NaN, '1' as never].flatMap((point) => [
        refused(
          () => matmulInteger(byteMatrix([2, 2]), byteMatrix([2, 2]), { aZeroPoint: point }),
          'VALUE',
          /aZeroPoint is .* \(need an integer from 0 to 255\)/,
        ),
        refused(
          () => matmulInteger(byteMatrix([2, 2]), byteMatrix([2, 2]), { bZeroPoint: point }),
          'VALUE',
          /bZeroPoint is/,
        ),
      ]),
    ],
    without: { scalar: 'it needs an axis on both sides' },
  },
};
