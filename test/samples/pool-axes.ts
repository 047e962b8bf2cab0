import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2dWithIndices,
  maxPool3d,
  maxUnpool2d,
  ones,
  pixelShuffle,
  pixelUnshuffle,
  zeros,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { at, build, indicesOf, meanOf, sumOf, type Nd } from '../support/reference';
import {
  distinct,
  uniform,
  values,
  type ErrorCase,
  type OpSamples,
  type Sample,
  type SampleTable,
  neverScalar,
  everyDType,
  integers,
} from './sample';

type List = readonly number[];
type Real = Tensor<FloatDType>;

/** The places of one axis that are under each window. */
type Axis = readonly List[];

function windows(extent: number, kernel: number, stride: number, padding: number, dilation = 1): Axis {
  const count = Math.floor((extent + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  return Array.from({ length: count }, (_, o) =>
    Array.from({ length: kernel }, (__, k) => o * stride - padding + k * dilation),
  );
}

const adaptive = (extent: number, count: number): Axis =>
  Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * extent) / count);
    return Array.from({ length: Math.ceil(((i + 1) * extent) / count) - start }, (__, k) => start + k);
  });

/** Something of all numbers under each window; places outside are left out, and counted apart. */
function pooled(x: Nd, axes: readonly Axis[], fold: (found: number[], all: number) => number): Nd {
  return build(x.dtype, [...x.shape.slice(0, 2), ...axes.map((axis) => axis.length)], (out) => {
    const lists = axes.map((axis, i) => axis[out[2 + i]!]!);
    const all = [...indicesOf(lists.map((list) => list.length))].map((tap) => tap.map((k, i) => lists[i]![k]!));
    const inside = all.filter((place) => place.every((p, i) => p >= 0 && p < x.shape[2 + i]!));
    return fold(
      inside.map((place) => at(x, [out[0]!, out[1]!, ...place])),
      all.length,
    );
  });
}

interface Case {
  readonly x: List;
  readonly kernel: List;
  readonly stride?: List;
  readonly padding?: List;
  readonly dilation?: List;
}

const axesOf = ({ x, kernel, stride = kernel, padding = [], dilation = [] }: Case): Axis[] =>
  kernel.map((extent, i) => windows(x[2 + i]!, extent, stride[i]!, padding[i] ?? 0, dilation[i] ?? 1));

const attrsOf = ({ kernel, stride = kernel, padding = kernel.map(() => 0), dilation = kernel.map(() => 1) }: Case) => ({
  kernel,
  stride,
  padding,
  dilation,
});

const tolerance = { relative: 16, absolute: 32 };
const halves = { steps: 8, scale: 3 };

const largest = (given: Case): Sample => ({
  inputs: { x: distinct(given.x) },
  attrs: attrsOf(given),
  reference: (x) => pooled(x, axesOf(given), (found) => Math.max(...found)),
});

const average = (given: Case, countIncludePad = true): Sample => ({
  inputs: { x: uniform(given.x) },
  attrs: { ...attrsOf(given), countIncludePad },
  tolerance,
  halves,
  reference: (x) => pooled(x, axesOf(given), (found, all) => sumOf(found) / (countIncludePad ? all : found.length)),
});

const norm = (given: Case, power: number): Sample => ({
  inputs: { x: uniform(given.x, 0.5, 2) },
  attrs: { power, ...attrsOf(given) },
  tolerance,
  halves,
  reference: (x) => pooled(x, axesOf(given), (found) => sumOf(found.map((v) => v ** power)) ** (1 / power)),
});

const fitted = (x: List, size: List, fold: (found: number[]) => number): Sample => ({
  inputs: { x: distinct(x) },
  attrs: { size },
  tolerance,
  halves,
  reference: (given) =>
    pooled(
      given,
      size.map((count, i) => adaptive(x[2 + i]!, count)),
      fold,
    ),
});

const maximum = (found: number[]): number => Math.max(...found);

type Options = { stride?: never; padding?: never; dilation?: never; countIncludePad?: boolean };
type Pool = (x: Real, kernel: never, options: Options) => Tensor;

function wrongCalls(pool: Pool, rank: number): ErrorCase[] {
  const shape = [1, 1, ...new Array<number>(rank - 2).fill(4)];
  const call =
    (x: Tensor<'float32'>, kernel: unknown, options: object = {}) =>
    () =>
      pool(x, kernel as never, options);
  return [
    { call: call(ones([3, 4]), 2), code: 'SHAPE', message: /float32\[3,4\]/ },
    { call: call(ones(shape), 0), code: 'VALUE', message: /kernelSize is 0/ },
    { call: call(ones(shape), [1, 2, 3, 4]), code: 'VALUE', message: /kernelSize is/ },
    { call: call(ones(shape), 2, { stride: 0 }), code: 'VALUE', message: /stride is 0/ },
    { call: call(ones(shape), 9), code: 'SHAPE', message: /at least as large as the kernel/ },
  ];
}

const withPadding = (pool: Pool, rank: number): ErrorCase => ({
  call: () => pool(ones([1, 1, ...new Array<number>(rank - 2).fill(4)]), 2 as never, { padding: 2 as never }),
  code: 'VALUE',
  message: /half of the kernel/,
});

const entry = (pool: Pool, rank: number, samples: readonly Sample[]): OpSamples => ({
  run: ({ x }, { kernel, ...options }) => pool(x as unknown as Real, kernel as never, options),
  samples,
  errors: [...wrongCalls(pool, rank), withPadding(pool, rank)],
});

const powers = (
  pool: (x: Real, power: number, kernel: never, options: Options) => Tensor,
  rank: number,
  samples: readonly Sample[],
): OpSamples => ({
  run: ({ x }, { power, kernel, stride }) =>
    pool(x as unknown as Real, power as number, kernel as never, { stride: stride as never }),
  samples,
  errors: [
    ...wrongCalls((x, kernel, options) => pool(x, 2, kernel, options), rank),
    { call: () => pool(ones([1, 1, 4, 4].slice(0, rank)), NaN, 2 as never, {}), code: 'VALUE', message: /normType/ },
  ],
});

const adaptiveEntry = (
  pool: (x: Real, size: never) => Tensor,
  rank: number,
  samples: readonly Sample[],
): OpSamples => ({
  run: ({ x }, { size }) => pool(x as unknown as Real, size as never),
  samples,
  errors: [
    { call: () => pool(ones([3, 4]), 2 as never), code: 'SHAPE', message: /float32\[3,4\]/ },
    { call: () => pool(zeros([1, 1, 0, 0].slice(0, rank)), 2 as never), code: 'SHAPE', message: /something in it/ },
    { call: () => pool(ones([1, 1, 4, 4].slice(0, rank)), 0 as never), code: 'VALUE', message: /outputSize is 0/ },
  ],
});

const signals: readonly Case[] = [
  { x: [2, 3, 7], kernel: [2] },
  { x: [1, 2, 8], kernel: [3], stride: [2], padding: [1] },
  { x: [0, 2, 5], kernel: [2] },
];
const volumes: readonly Case[] = [
  { x: [1, 2, 4, 4, 3], kernel: [2, 2, 1] },
  { x: [2, 1, 5, 3, 4], kernel: [3, 2, 2], stride: [2, 1, 2], padding: [1, 1, 0] },
  { x: [0, 2, 2, 2, 2], kernel: [2, 2, 2] },
];
const dilated: Case = { x: [1, 2, 9], kernel: [3], stride: [1], padding: [1], dilation: [2] };

/** Places of the plane that two-by-two windows found; each in a window of its own. */
const found = values([1, 1, 2, 2], [1, 6, 8, 15], 'int32');

const unpooled: Sample = {
  inputs: { x: uniform([1, 1, 2, 2]), indices: found },
  reference: (x, indices) =>
    build(x.dtype, [1, 1, 4, 4], ([, , h, w]) => {
      const place = indices.data.indexOf(h! * 4 + w!);
      return place < 0 ? 0 : x.data[place]!;
    }),
};

export const poolAxes: SampleTable = neverScalar('inputs have a batch, channels and places', {
  maxPool1d: entry(maxPool1d, 3, [...signals, dilated].map(largest)),
  maxPool3d: entry(maxPool3d, 5, volumes.map(largest)),
  avgPool1d: entry(avgPool1d, 3, [...signals.map((given) => average(given)), average(signals[1]!, false)]),
  avgPool3d: entry(avgPool3d, 5, [...volumes.map((given) => average(given)), average(volumes[1]!, false)]),
  lpPool1d: powers(lpPool1d, 3, [norm(signals[0]!, 2), norm(signals[0]!, 3), norm(signals[2]!, 2)]),
  lpPool2d: powers(lpPool2d, 4, [
    norm({ x: [1, 2, 4, 5], kernel: [2, 3], stride: [2, 1] }, 2),
    norm({ x: [0, 2, 4, 4], kernel: [2, 2] }, 1),
  ]),
  adaptiveAvgPool1d: adaptiveEntry(adaptiveAvgPool1d, 3, [
    fitted([2, 3, 6], [3], meanOf),
    fitted([1, 2, 7], [3], meanOf),
    fitted([1, 2, 3], [5], meanOf),
    fitted([0, 2, 3], [2], meanOf),
  ]),
  adaptiveAvgPool2d: adaptiveEntry(adaptiveAvgPool2d, 4, [
    fitted([2, 3, 4, 6], [2, 3], meanOf),
    fitted([1, 2, 5, 7], [3, 2], meanOf),
    fitted([0, 2, 3, 3], [2, 2], meanOf),
  ]),
  adaptiveMaxPool1d: adaptiveEntry(adaptiveMaxPool1d, 3, [
    fitted([2, 3, 6], [3], maximum),
    fitted([1, 2, 7], [3], maximum),
    fitted([0, 2, 3], [2], maximum),
  ]),
  adaptiveMaxPool2d: adaptiveEntry(adaptiveMaxPool2d, 4, [
    fitted([2, 3, 4, 6], [2, 3], maximum),
    fitted([1, 2, 5, 7], [3, 2], maximum),
    fitted([0, 2, 3, 3], [2, 2], maximum),
  ]),
  maxPool2dWithIndices: {
    run: ({ x }) => maxPool2dWithIndices(x as unknown as Real, 2),
    samples: [
      [2, 3, 4, 4],
      [0, 2, 4, 4],
    ].map((shape): Sample => ({
      inputs: { x: distinct(shape) },
      differentiable: 1,
      reference: (x) => {
        const axes = axesOf({ x: shape, kernel: [2, 2] });
        const places = build(x.dtype, shape, ([, , h, w]) => h! * 4 + w!);
        const best = pooled(x, axes, maximum);
        const where = build('int32', best.shape, ([b, c, h, w]) => {
          const plane = [0, 1, 2, 3].map((k) => [b!, c!, 2 * h! + (k >> 1), 2 * w! + (k & 1)]);
          return at(
            places,
            plane.find((index) => at(x, index) === at(best, [b!, c!, h!, w!]))!,
          );
        });
        return [best, where];
      },
    })),
    errors: [{ call: () => maxPool2dWithIndices(ones([3, 4]), 2), code: 'SHAPE', message: /float32\[3,4\]/ }],
  },
  pixelShuffle: {
    run: ({ x }) => pixelShuffle(x as unknown as Real, 2),
    samples: [
      [1, 8, 2, 3],
      [4, 2, 2],
      [0, 4, 2, 2],
    ].map((shape): Sample => ({
      inputs: { x: integers(shape, 0, 2) },
      dtypes: everyDType,
      reference: (x) => {
        const lead = shape.slice(0, -3);
        const [channels, height, width] = shape.slice(-3) as [number, number, number];
        return build(x.dtype, [...lead, channels / 4, height * 2, width * 2], (index) => {
          const [c, h, w] = index.slice(-3) as [number, number, number];
          return at(x, [...index.slice(0, -3), 4 * c + 2 * (h % 2) + (w % 2), h >> 1, w >> 1]);
        });
      },
    })),
    errors: [
      { call: () => pixelShuffle(ones([2, 2]), 2), code: 'SHAPE', message: /\[\.\.\., C, H, W\]/ },
      { call: () => pixelShuffle(ones([3, 2, 2]), 2), code: 'SHAPE', message: /divide by 4/ },
      { call: () => pixelShuffle(ones([4, 2, 2]), 0), code: 'VALUE', message: /upscaleFactor is 0/ },
    ],
  },
  pixelUnshuffle: {
    run: ({ x }) => pixelUnshuffle(x as unknown as Real, 2),
    samples: [
      [1, 2, 4, 6],
      [2, 4, 2],
      [0, 1, 2, 2],
    ].map((shape): Sample => ({
      inputs: { x: integers(shape, 0, 2) },
      dtypes: everyDType,
      reference: (x) => {
        const lead = shape.slice(0, -3);
        const [channels, height, width] = shape.slice(-3) as [number, number, number];
        return build(x.dtype, [...lead, channels * 4, height / 2, width / 2], (index) => {
          const [c, h, w] = index.slice(-3) as [number, number, number];
          return at(x, [...index.slice(0, -3), c >> 2, 2 * h + ((c >> 1) & 1), 2 * w + (c & 1)]);
        });
      },
    })),
    errors: [
      { call: () => pixelUnshuffle(ones([2, 2]), 2), code: 'SHAPE', message: /\[\.\.\., C, H, W\]/ },
      { call: () => pixelUnshuffle(ones([1, 3, 2]), 2), code: 'SHAPE', message: /divide by 2/ },
      { call: () => pixelUnshuffle(ones([4, 2, 2]), 0), code: 'VALUE', message: /downscaleFactor is 0/ },
    ],
  },
  maxUnpool2d: {
    run: ({ x, indices }) => maxUnpool2d(x as unknown as Real, indices as unknown as Tensor<'int32'>, 2),
    samples: [unpooled],
    neverEmpty: 'as scatter',
    without: { broadcast: 'each value has its index' },
    errors: [
      {
        call: () => maxUnpool2d(ones([2, 2]), zeros([2, 2], { dtype: 'int32' }), 2),
        code: 'SHAPE',
        message: /float32\[2,2\]/,
      },
      {
        call: () => maxUnpool2d(ones([1, 1, 2, 2]), zeros([1, 1, 2, 2], { dtype: 'int32' }).add(16) as never, 2),
        code: 'INDEX',
        message: /16/,
      },
    ],
  },
});
