import {
  conv1d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  ones,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { accumulate, at, indicesOf, sizeOf, type Nd } from '../support/reference';
import { uniform, type ErrorCase, type RunComposed, type Sample, type SampleTable, neverScalar } from './sample';

type List = readonly number[];

/** A convolution over any number of axes; of a transposed one, `x` is the result. */
interface Geometry {
  readonly x: List;
  readonly weight: List;
  readonly stride: List;
  readonly padding: List;
  readonly dilation: List;
  readonly groups: number;
}

/** Calls `term` for every product that a convolution adds up: the indices of its result and of its two factors. */
function visitProducts(given: Geometry, outShape: List, term: (out: List, x: List, weight: List) => void): void {
  const { x, weight, stride, padding, dilation, groups } = given;
  const perGroup = weight[0]! / groups;
  for (const out of indicesOf(outShape)) {
    for (const [c, ...tap] of indicesOf(weight.slice(1)) as Iterable<[number, ...number[]]>) {
      const place = tap.map((k, i) => out[2 + i]! * stride[i]! - padding[i]! + k * dilation[i]!);
      if (place.some((p, i) => p < 0 || p >= x[2 + i]!)) continue;
      const group = Math.floor(out[1]! / perGroup);
      term(out, [out[0]!, group * weight[1]! + c, ...place], [out[1]!, c, ...tap]);
    }
  }
}

interface Case {
  readonly x: List;
  readonly weight: List;
  readonly stride?: number | List;
  readonly padding?: number | List | 'same';
  readonly outputPadding?: number | List;
  readonly dilation?: number | List;
  readonly groups?: number;
  readonly biased?: boolean;
  readonly order?: 0 | 2;
}

const each = (value: number | List, n: number): List => (typeof value === 'number' ? new Array(n).fill(value) : value);

function geometryOf({ x, weight, stride = 1, padding = 0, dilation = 1, groups = 1 }: Case): Geometry {
  const n = x.length - 2;
  const gaps = each(dilation, n);
  const before = padding === 'same' ? gaps.map((gap, i) => (gap * (weight[2 + i]! - 1)) >> 1) : each(padding, n);
  return { x, weight, stride: each(stride, n), padding: before, dilation: gaps, groups };
}

function outShape(given: Case): number[] {
  const { x, weight, stride, padding, dilation } = geometryOf(given);
  const extents = stride.map((step, i) => {
    if (given.padding === 'same') return x[2 + i]!;
    return Math.floor((x[2 + i]! + 2 * padding[i]! - dilation[i]! * (weight[2 + i]! - 1) - 1) / step) + 1;
  });
  return [x[0]!, weight[0]!, ...extents];
}

function transposedShape(given: Case): number[] {
  const { x, weight, stride, padding, dilation, groups } = geometryOf(given);
  const added = each(given.outputPadding ?? 0, stride.length);
  const extents = stride.map(
    (step, i) => (x[2 + i]! - 1) * step - 2 * padding[i]! + dilation[i]! * (weight[2 + i]! - 1) + added[i]! + 1,
  );
  return [x[0]!, weight[1]! * groups, ...extents];
}

const options = ({ stride, padding, outputPadding, dilation, groups }: Case): NonNullable<Sample['attrs']> => {
  const given = { stride, padding, outputPadding, dilation, groups };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
};

function sampleOf(given: Case, outChannels: number, reference: (x: Nd, weight: Nd, bias?: Nd) => Nd): Sample {
  const { x, weight, biased = true, order = 2 } = given;
  const small = (shape: List) => uniform(shape, -1, 1);
  return {
    inputs: { x: small(x), weight: small(weight), ...(biased ? { bias: small([outChannels]) } : {}) },
    attrs: options(given),
    order,
    tolerance: { relative: 4, absolute: 8 * (sizeOf(weight) / Math.min(weight[0]!, weight[1]!) + 8) },
    reference,
  };
}

const forward = (given: Case): Sample =>
  sampleOf(given, given.weight[0]!, (x, weight, bias) => {
    const shape = outShape(given);
    return accumulate(x.dtype, shape, (add) => {
      for (const out of indicesOf(shape)) add(out, bias?.data[out[1]!] ?? 0);
      visitProducts(geometryOf(given), shape, (out, i, j) => add(out, at(x, i) * at(weight, j)));
    });
  });

const transposed = (given: Case): Sample => {
  const shape = transposedShape(given);
  return sampleOf(given, shape[1]!, (x, weight, bias) =>
    accumulate(x.dtype, shape, (add) => {
      for (const out of indicesOf(shape)) add(out, bias?.data[out[1]!] ?? 0);
      visitProducts({ ...geometryOf(given), x: shape }, x.shape, (i, out, j) => add(out, at(x, i) * at(weight, j)));
    }),
  );
};

type Real = Tensor<FloatDType>;
type Convolution = (x: Real, weight: Real, options: object) => Tensor;

const run =
  (convolution: Convolution): RunComposed =>
  ({ x, weight, bias }, attrs) =>
    convolution(x as unknown as Real, weight as unknown as Real, { ...attrs, bias });

/** What all convolutions refuse, by the number of spatial axes; the kernel of `transposed` ones begins with the input. */
function wrongCalls(convolution: Convolution, n: number, isTransposed = false): ErrorCase[] {
  const shape = (a: number, b: number, extent: number): number[] => [a, b, ...new Array<number>(n).fill(extent)];
  const weight = (input: number, out: number, extent: number): number[] =>
    isTransposed ? shape(input, out, extent) : shape(out, input, extent);
  const call =
    (x: List, w: List, given: object = {}): (() => unknown) =>
    () =>
      convolution(ones(x), ones(w), given);
  const x = shape(1, 4, 5);
  return [
    { call: call([4, 5], weight(4, 2, 3)), code: 'SHAPE', message: /float32\[4,5\]/ },
    { call: call(x, weight(3, 2, 3)), code: 'SHAPE', message: /channels differ/ },
    { call: call(x, weight(4, 2, 3), { groups: 0 }), code: 'VALUE', message: /groups is 0/ },
    { call: call(x, weight(4, 2, 3), { stride: 0 }), code: 'VALUE', message: /stride is 0/ },
    { call: call(x, weight(4, 2, 3), { padding: 'full' }), code: 'VALUE', message: /padding is/ },
    { call: call(x, weight(4, 2, 3), { dilation: [1, 1, 1, 1] }), code: 'VALUE', message: /dilation is/ },
    { call: call(x, weight(4, 2, 3), { bias: ones([3]) }), code: 'SHAPE', message: /bias is float32\[3\]/ },
    {
      call: call(x, weight(4, 2, 3), { bias: ones([2], { dtype: 'float64' }) }),
      code: 'DTYPE',
      message: /bias is float64\[2\]/,
    },
  ];
}

const tooLarge = (convolution: Convolution, n: number): ErrorCase => ({
  call: () => convolution(ones([1, 1, ...new Array(n).fill(2)]), ones([1, 1, ...new Array(n).fill(3)]), {}),
  code: 'SHAPE',
  message: /at least as large as the kernel/,
});

const run1d: Convolution = (x, weight, given) => conv1d(x, weight, given);
const run3d: Convolution = (x, weight, given) => conv3d(x, weight, given);
const spread1d: Convolution = (x, weight, given) => convTranspose1d(x, weight, given);
const spread2d: Convolution = (x, weight, given) => convTranspose2d(x, weight, given);
const spread3d: Convolution = (x, weight, given) => convTranspose3d(x, weight, given);

const wrongOutputPadding = (convolution: Convolution, n: number): ErrorCase => ({
  call: () =>
    convolution(ones([1, 1, ...new Array(n).fill(2)]), ones([1, 1, ...new Array(n).fill(3)]), { outputPadding: 1 }),
  code: 'VALUE',
  message: /outputPadding below the stride or the dilation/,
});

const nothingLeft = (convolution: Convolution, n: number): ErrorCase => ({
  call: () => convolution(ones([1, 1, ...new Array(n).fill(1)]), ones([1, 1, ...new Array(n).fill(1)]), { padding: 1 }),
  code: 'SHAPE',
  message: /padding leaves something/,
});

export const convAxes: SampleTable = neverScalar('inputs have a batch, channels and places', {
  conv1d: {
    run: run(run1d),
    samples: [
      forward({ x: [2, 3, 7], weight: [4, 3, 3] }),
      forward({ x: [1, 2, 9], weight: [3, 2, 3], stride: 2, padding: 1, dilation: 2 }),
      forward({ x: [2, 4, 6], weight: [6, 2, 2], groups: 2, biased: false }),
      forward({ x: [1, 3, 6], weight: [3, 1, 4], groups: 3, padding: 'same' }),
      forward({ x: [0, 2, 4], weight: [3, 2, 3] }),
    ],
    large: forward({ x: [4, 32, 999], weight: [24, 32, 5], padding: 2, order: 0 }),
    errors: [...wrongCalls(run1d, 1), tooLarge(run1d, 1)],
    without: { scalar: 'signals have three axes' },
  },
  conv3d: {
    run: run(run3d),
    samples: [
      forward({ x: [2, 2, 3, 4, 3], weight: [3, 2, 2, 3, 2] }),
      forward({
        x: [1, 1, 5, 4, 6],
        weight: [2, 1, 3, 2, 2],
        stride: [2, 1, 2],
        padding: [1, 0, 1],
        dilation: [1, 2, 1],
      }),
      forward({ x: [1, 4, 3, 3, 2], weight: [4, 2, 2, 1, 2], groups: 2, padding: 'same', biased: false }),
      forward({
        x: [1, 2, 7, 2, 2],
        weight: [2, 1, 3, 1, 1],
        groups: 2,
        stride: [2, 1, 1],
        dilation: [2, 1, 1],
        order: 0,
      }),
      forward({ x: [0, 2, 3, 3, 3], weight: [3, 2, 2, 2, 2] }),
    ],
    large: forward({ x: [2, 8, 9, 15, 16], weight: [16, 8, 3, 3, 3], padding: 1, order: 0 }),
    errors: [...wrongCalls(run3d, 3), tooLarge(run3d, 3)],
    without: { scalar: 'volumes have five axes' },
  },
  convTranspose1d: {
    run: run(spread1d),
    samples: [
      transposed({ x: [2, 3, 5], weight: [3, 4, 3] }),
      transposed({ x: [1, 2, 4], weight: [2, 3, 3], stride: 2, padding: 1, outputPadding: 1 }),
      transposed({ x: [1, 4, 3], weight: [4, 2, 2], groups: 2, dilation: 3, biased: false }),
      transposed({ x: [0, 2, 4], weight: [2, 3, 3] }),
    ],
    large: transposed({ x: [4, 24, 999], weight: [24, 32, 5], padding: 2, order: 0 }),
    errors: [...wrongCalls(spread1d, 1, true), wrongOutputPadding(spread1d, 1), nothingLeft(spread1d, 1)],
    without: { scalar: 'signals have three axes' },
  },
  convTranspose2d: {
    run: run(spread2d),
    samples: [
      transposed({ x: [2, 3, 3, 4], weight: [3, 4, 3, 2] }),
      transposed({ x: [1, 2, 3, 3], weight: [2, 3, 4, 4], stride: 2, padding: 1 }),
      // Windows side by side, which overlap from above to below.
      transposed({ x: [1, 2, 3, 4], weight: [2, 3, 3, 2], stride: 2 }),
      transposed({ x: [1, 2, 3, 2], weight: [2, 2, 3, 3], stride: [3, 2], padding: [1, 0], outputPadding: [2, 1] }),
      transposed({ x: [1, 1, 3, 3], weight: [1, 2, 2, 2], dilation: [3, 2], outputPadding: [2, 1], biased: false }),
      transposed({ x: [1, 3, 4, 3], weight: [3, 1, 3, 3], stride: 2, groups: 3, padding: 1 }),
      transposed({ x: [2, 3, 3, 4], weight: [3, 5, 2, 3], stride: [2, 3] }),
      transposed({ x: [1, 2, 2, 3], weight: [2, 20, 2, 2], stride: 2 }),
      transposed({ x: [1, 2, 3, 2], weight: [2, 3, 2, 2], stride: 2, outputPadding: 1 }),
      transposed({ x: [0, 2, 4, 4], weight: [2, 3, 3, 3] }),
    ],
    large: transposed({
      x: [2, 16, 24, 25],
      weight: [16, 24, 3, 3],
      stride: 2,
      padding: 1,
      outputPadding: 1,
      order: 0,
    }),
    errors: [...wrongCalls(spread2d, 2, true), wrongOutputPadding(spread2d, 2), nothingLeft(spread2d, 2)],
    without: { scalar: 'images have four axes' },
  },
  convTranspose3d: {
    run: run(spread3d),
    samples: [
      transposed({ x: [2, 2, 3, 2, 2], weight: [2, 3, 2, 3, 2] }),
      transposed({
        x: [1, 2, 2, 3, 2],
        weight: [2, 2, 3, 2, 3],
        stride: [3, 1, 2],
        padding: [1, 0, 1],
        outputPadding: [2, 0, 1],
      }),
      transposed({ x: [1, 1, 3, 2, 2], weight: [1, 2, 2, 2, 2], dilation: [3, 1, 2], outputPadding: [2, 0, 1] }),
      transposed({ x: [1, 4, 2, 2, 2], weight: [4, 1, 2, 2, 2], stride: 2, groups: 2, biased: false }),
      transposed({ x: [0, 2, 2, 2, 2], weight: [2, 3, 2, 2, 2] }),
    ],
    large: transposed({ x: [2, 8, 6, 11, 12], weight: [8, 12, 3, 3, 3], stride: [1, 2, 2], padding: 1, order: 0 }),
    errors: [...wrongCalls(spread3d, 3, true), wrongOutputPadding(spread3d, 3), nothingLeft(spread3d, 3)],
    without: { scalar: 'volumes have five axes' },
  },
});
