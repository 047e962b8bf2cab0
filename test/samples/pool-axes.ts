import {
  adaptiveAvgPool1d,
  adaptiveAvgPool3d,
  adaptiveMaxPool3d,
  adaptiveMaxPool3dWithIndices,
  lpPool3d,
  adaptiveMaxPool1dWithIndices,
  adaptiveMaxPool2dWithIndices,
  globalAvgPool1d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  maxPool1dWithIndices,
  maxPool3dWithIndices,
  maxUnpool1d,
  maxUnpool3d,
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

/** Sums of windows divided by 5; those that hang over the edge have fewer places. */
const dividedBy5 = (given: Case, axes: readonly Axis[] = axesOf(given), ceilMode = false): Sample => ({
  inputs: { x: uniform(given.x) },
  attrs: { ...attrsOf(given), ceilMode, divisorOverride: 5 },
  tolerance,
  halves,
  reference: (x) => pooled(x, axes, (found) => sumOf(found) / 5),
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

type Options = {
  stride?: never;
  padding?: never;
  dilation?: never;
  countIncludePad?: boolean;
  divisorOverride?: number;
};
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

const noDivisor = (pool: Pool, rank: number): ErrorCase => ({
  call: () => pool(ones([1, 1, 4, 4, 4].slice(0, rank)), 2 as never, { divisorOverride: 0 }),
  code: 'VALUE',
  message: /divisorOverride is 0/,
});

/** Windows of two places, of which the last may hang over the end. */
const hanging = (extent: number): Axis =>
  Array.from({ length: Math.ceil(extent / 2) }, (_, i) => [2 * i, 2 * i + 1].filter((place) => place < extent));

const entry = (pool: Pool, rank: number, samples: readonly Sample[], errors: readonly ErrorCase[] = []): OpSamples => ({
  run: ({ x }, { kernel, ...options }) => pool(x as unknown as Real, kernel as never, options),
  samples,
  errors: [...wrongCalls(pool, rank), withPadding(pool, rank), ...errors],
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
    { call: () => pool(ones([1, 1, 4, 4, 4].slice(0, rank)), NaN, 2 as never, {}), code: 'VALUE', message: /normType/ },
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
    { call: () => pool(zeros([1, 1, 0, 0, 0].slice(0, rank)), 2 as never), code: 'SHAPE', message: /something in it/ },
    { call: () => pool(ones([1, 1, 4, 4, 4].slice(0, rank)), 0 as never), code: 'VALUE', message: /outputSize is 0/ },
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

/** Maxima of windows, and where they are among all places of a channel. */
function located(x: Nd, axes: readonly Axis[]): readonly Nd[] {
  const extents = x.shape.slice(2);
  const numbered = build(x.dtype, x.shape, (index) =>
    index.slice(2).reduce((place, i, axis) => place * extents[axis]! + i, 0),
  );
  const best = pooled(x, axes, maximum);
  const places = build('int32', best.shape, ([b, c, ...out]) => {
    const lists = axes.map((axis, i) => axis[out[i]!]!.filter((p) => p >= 0 && p < extents[i]!));
    const all = [...indicesOf(lists.map((list) => list.length))].map((tap) => tap.map((k, i) => lists[i]![k]!));
    const wanted = at(best, [b!, c!, ...out]);
    return at(numbered, [b!, c!, ...all.find((place) => at(x, [b!, c!, ...place]) === wanted)!]);
  });
  return [best, places];
}

const withPlaces = (
  pool: (x: Real, attrs: { kernel: never; size: never; options: Options }) => [Tensor, Tensor],
  rank: number,
  cases: readonly (readonly [x: List, attrs: object, axes: readonly Axis[]])[],
): OpSamples => ({
  run: ({ x }, { kernel, size, ...options }) =>
    pool(x as unknown as Real, { kernel: kernel as never, size: size as never, options }),
  samples: cases.map(([shape, attrs, axes]): Sample => ({
    inputs: { x: distinct(shape) },
    attrs: attrs as Sample['attrs'] & object,
    differentiable: 1,
    reference: (x) => located(x, axes),
  })),
  errors: [
    {
      call: () => pool(ones([3, 4]), { kernel: 2 as never, size: 2 as never, options: {} }),
      code: 'SHAPE',
      message: /float32\[3,4\]/,
    },
    {
      call: () => pool(ones([1, 1, 4, 4, 4].slice(0, rank)), { kernel: 0 as never, size: 0 as never, options: {} }),
      code: 'VALUE',
      message: /Size is 0/,
    },
  ],
});

const windowed = (given: Case) => [given.x, attrsOf(given), axesOf(given)] as const;
const sized = (x: List, size: List) => [x, { size }, size.map((count, i) => adaptive(x[2 + i]!, count))] as const;

const wholly = (pool: (x: Real) => Tensor, rank: number, fold: (found: number[]) => number): OpSamples => ({
  run: ({ x }) => pool(x as unknown as Real),
  samples: [[2, 3, 4, 2, 3].slice(0, rank), [1, 1, 1, 1, 1].slice(0, rank), [0, 2, 2, 3, 2].slice(0, rank)].map(
    (shape): Sample => ({
      inputs: { x: distinct(shape) },
      tolerance,
      halves,
      reference: (x) =>
        pooled(
          x,
          shape.slice(2).map((extent) => [Array.from({ length: extent }, (_, i) => i)]),
          fold,
        ),
    }),
  ),
  errors: [
    { call: () => pool(ones([3, 4])), code: 'SHAPE', message: /float32\[3,4\]/ },
    ...(fold === maximum
      ? [
          {
            call: () => pool(zeros([1, 2, 0, 2, 2].slice(0, rank))),
            code: 'SHAPE',
            message: /something in it/,
          } as const,
        ]
      : []),
  ],
});

/** Maxima of windows of two along every axis, put back; places are in windows of their own. */
const unpooling = (
  unpool: (x: Real, indices: Tensor<'int32'>, kernel: number) => Tensor,
  shape: List,
  places: List,
): OpSamples => {
  const rank = shape.length;
  const indices = (extents: List) => zeros(extents, { dtype: 'int32' }) as Tensor<'int32'>;
  const one = new Array<number>(rank).fill(1);
  return {
    run: ({ x, indices: given }) => unpool(x as unknown as Real, given as unknown as Tensor<'int32'>, 2),
    samples: [
      {
        inputs: { x: uniform(shape), indices: values(shape, places, 'int32') },
        reference: (x, given) => {
          const out = [...shape.slice(0, 2), ...shape.slice(2).map((extent) => 2 * extent)];
          let place = 0;
          return build(x.dtype, out, () => {
            const from = given.data.indexOf(place++);
            return from < 0 ? 0 : x.data[from]!;
          });
        },
      },
    ],
    neverEmpty: 'as scatter',
    without: { broadcast: 'each value has its index' },
    errors: [
      { call: () => unpool(ones([2, 2]), indices([2, 2]), 2), code: 'SHAPE', message: /float32\[2,2\]/ },
      { call: () => unpool(ones(one), indices(one).add(16), 2), code: 'INDEX', message: /16/ },
    ],
  };
};

export const poolAxes: SampleTable = neverScalar('inputs have a batch, channels and places', {
  maxPool1d: entry(maxPool1d, 3, [...signals, dilated].map(largest)),
  maxPool3d: entry(maxPool3d, 5, volumes.map(largest)),
  avgPool1d: entry(avgPool1d, 3, [...signals.map((given) => average(given)), average(signals[1]!, false)]),
  avgPool3d: entry(
    avgPool3d,
    5,
    [
      ...volumes.map((given) => average(given)),
      average(volumes[1]!, false),
      ...volumes.map((given) => dividedBy5(given)),
      dividedBy5({ x: [1, 2, 5, 3, 3], kernel: [2, 2, 2] }, [5, 3, 3].map(hanging), true),
    ],
    [noDivisor(avgPool3d, 5)],
  ),
  lpPool1d: powers(lpPool1d, 3, [norm(signals[0]!, 2), norm(signals[0]!, 3), norm(signals[2]!, 2)]),
  lpPool2d: powers(lpPool2d, 4, [
    norm({ x: [1, 2, 4, 5], kernel: [2, 3], stride: [2, 1] }, 2),
    norm({ x: [0, 2, 4, 4], kernel: [2, 2] }, 1),
  ]),
  lpPool3d: powers(lpPool3d, 5, [
    norm({ x: [1, 2, 4, 3, 4], kernel: [2, 3, 2], stride: [2, 1, 1] }, 2),
    norm({ x: [0, 2, 2, 2, 2], kernel: [2, 2, 2] }, 3),
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
  adaptiveAvgPool3d: adaptiveEntry(adaptiveAvgPool3d, 5, [
    fitted([2, 1, 2, 4, 6], [2, 2, 3], meanOf),
    fitted([1, 2, 3, 5, 4], [2, 3, 2], meanOf),
    fitted([0, 2, 2, 3, 3], [2, 2, 2], meanOf),
  ]),
  adaptiveMaxPool3d: adaptiveEntry(adaptiveMaxPool3d, 5, [
    fitted([2, 1, 2, 4, 6], [2, 2, 3], maximum),
    fitted([1, 2, 3, 5, 4], [2, 3, 2], maximum),
    fitted([0, 2, 2, 3, 3], [2, 2, 2], maximum),
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
  maxPool1dWithIndices: withPlaces((x, { kernel, options }) => maxPool1dWithIndices(x, kernel, options), 3, [
    ...signals.map(windowed),
    windowed(dilated),
  ]),
  maxPool3dWithIndices: withPlaces(
    (x, { kernel, options }) => maxPool3dWithIndices(x, kernel, options),
    5,
    volumes.map(windowed),
  ),
  adaptiveMaxPool1dWithIndices: withPlaces((x, { size }) => adaptiveMaxPool1dWithIndices(x, size), 3, [
    sized([2, 3, 6], [3]),
    sized([1, 2, 7], [3]),
    sized([0, 2, 3], [2]),
  ]),
  adaptiveMaxPool2dWithIndices: withPlaces((x, { size }) => adaptiveMaxPool2dWithIndices(x, size), 4, [
    sized([2, 3, 4, 6], [2, 3]),
    sized([1, 2, 5, 7], [3, 2]),
    sized([0, 2, 3, 3], [2, 2]),
  ]),
  adaptiveMaxPool3dWithIndices: withPlaces((x, { size }) => adaptiveMaxPool3dWithIndices(x, size), 5, [
    sized([2, 1, 2, 4, 6], [2, 2, 3]),
    sized([1, 2, 3, 5, 4], [2, 3, 2]),
    sized([0, 2, 2, 3, 3], [2, 2, 2]),
  ]),
  globalAvgPool1d: wholly(globalAvgPool1d, 3, meanOf),
  globalAvgPool3d: wholly(globalAvgPool3d, 5, meanOf),
  globalMaxPool1d: wholly(globalMaxPool1d, 3, maximum),
  globalMaxPool2d: wholly(globalMaxPool2d, 4, maximum),
  globalMaxPool3d: wholly(globalMaxPool3d, 5, maximum),
  maxUnpool1d: unpooling(maxUnpool1d, [1, 1, 3], [1, 2, 5]),
  maxUnpool2d: unpooling(maxUnpool2d, [1, 1, 2, 2], [1, 6, 8, 15]),
  maxUnpool3d: unpooling(maxUnpool3d, [1, 1, 1, 1, 2], [5, 14]),
});
