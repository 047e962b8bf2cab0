import { avgPool2d, globalAvgPool2d, maxPool2d, ones, type FloatDType, type Tensor } from 'myelin';

import { accumulate, at, build, indicesOf, meanOf, reduce, sumOf, type Nd, type Random } from '../support/reference';
import { distinct, uniform, values, type ErrorCase, type InputSpec, type Sample, type SampleTable } from './sample';

type Two = readonly [number, number];

interface Windows {
  readonly x: readonly [number, number, number, number];
  readonly kernel: Two;
  readonly stride: Two;
  readonly padding?: Two;
  readonly dilation?: Two;
  readonly ceilMode?: boolean;
}

function full({ padding = [0, 0], dilation = [1, 1], ceilMode = false, ...rest }: Windows): Required<Windows> {
  return { padding, dilation, ceilMode, ...rest };
}

/** PyTorch's rule: in ceil mode a last window counts if it starts inside the image or its left padding. */
function outShape(given: Windows): number[] {
  const { x, kernel, stride, padding, dilation, ceilMode } = full(given);
  const extents = [0, 1].map((i) => {
    const room = (x[2 + i]! + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!;
    const count = (ceilMode ? Math.ceil(room) : Math.floor(room)) + 1;
    return ceilMode && (count - 1) * stride[i]! >= x[2 + i]! + padding[i]! ? count - 1 : count;
  });
  return [x[0], x[1], ...extents];
}

/** Pixels under one window, as indices of the input, in row-major order; those in the padding are left out. */
function pixels(given: Windows, [b, c, oh, ow]: readonly number[]): number[][] {
  const { x, kernel, stride, padding, dilation } = full(given);
  return Array.from(indicesOf(kernel), ([kh, kw]) => [
    b!,
    c!,
    oh! * stride[0] - padding[0] + kh! * dilation[0],
    ow! * stride[1] - padding[1] + kw! * dilation[1],
  ]).filter(([, , h, w]) => h! >= 0 && h! < x[2] && w! >= 0 && w! < x[3]);
}

/** What an average divides by: with the padding, but never with what ceil mode adds beyond it. */
function divisor(given: Windows, [, , oh, ow]: readonly number[], inside: number, countIncludePad: boolean): number {
  if (!countIncludePad) return inside;
  const { x, kernel, stride, padding } = full(given);
  const extents = [oh!, ow!].map((o, i) => {
    const start = o * stride[i]! - padding[i]!;
    return Math.min(start + kernel[i]!, x[2 + i]! + padding[i]!) - start;
  });
  return extents[0]! * extents[1]!;
}

const geometries: readonly Windows[] = [
  { x: [2, 3, 4, 4], kernel: [2, 2], stride: [2, 2] },
  { x: [1, 2, 5, 6], kernel: [3, 2], stride: [1, 2], padding: [1, 1] },
  { x: [1, 2, 5, 5], kernel: [2, 2], stride: [2, 2], ceilMode: true },
  { x: [1, 1, 6, 7], kernel: [3, 3], stride: [2, 3], padding: [1, 1], ceilMode: true },
  { x: [1, 37, 4, 3], kernel: [2, 2], stride: [2, 1] },
  { x: [0, 2, 4, 4], kernel: [2, 2], stride: [2, 2] },
];
const dilated: Windows = { x: [1, 2, 7, 7], kernel: [2, 3], stride: [2, 1], dilation: [2, 2], padding: [1, 1] };
const big: Windows = { x: [4, 33, 29, 31], kernel: [3, 3], stride: [2, 2], padding: [1, 1] };

function maxAttrs(given: Windows): NonNullable<Sample['attrs']> {
  const { kernel, stride, padding, dilation, ceilMode } = full(given);
  return { kernel, stride, padding, dilation, ceilMode };
}

function maxForward(given: Windows): Sample {
  return {
    inputs: { x: distinct(given.x) },
    attrs: maxAttrs(given),
    reference: (x: Nd) => {
      const best = (out: readonly number[]): number[] =>
        pixels(given, out).reduce((winner, pixel) => (at(x, pixel) > at(x, winner) ? pixel : winner));
      return [
        build(x.dtype, outShape(given), (out) => at(x, best(out))),
        build('int32', outShape(given), (out) => best(out)[2]! * x.shape[3]! + best(out)[3]!),
      ];
    },
  };
}

/** For each window, where one of its pixels lies in the plane. */
function winners(given: Windows): InputSpec {
  const shape = outShape(given);
  const fill = (random: Random): number[] =>
    Array.from(indicesOf(shape), (out) => {
      const inside = pixels(given, out);
      const [, , h, w] = inside[random.integer(0, inside.length)]!;
      return h! * given.x[3] + w!;
    });
  return { shape, fill, dtype: 'int32' };
}

function maxBackward(given: Windows): Sample {
  const width = given.x[3];
  return {
    inputs: { gradient: uniform(outShape(given)), indices: winners(given) },
    attrs: { inputShape: given.x, ...maxAttrs(given) },
    tolerance: { relative: 4, absolute: 16 },
    reference: (dout: Nd, indices: Nd) =>
      accumulate(dout.dtype, given.x, (add) => {
        for (const [b, c, oh, ow] of indicesOf(outShape(given))) {
          const place = at(indices, [b!, c!, oh!, ow!]);
          add([b!, c!, Math.floor(place / width), place % width], at(dout, [b!, c!, oh!, ow!]));
        }
      }),
  };
}

function avgAttrs(given: Windows, countIncludePad: boolean): NonNullable<Sample['attrs']> {
  const { kernel, stride, padding, ceilMode } = full(given);
  return { kernel, stride, padding, ceilMode, countIncludePad };
}

function avgForward(given: Windows, countIncludePad: boolean): Sample {
  return {
    inputs: { x: uniform(given.x) },
    attrs: avgAttrs(given, countIncludePad),
    tolerance: { relative: 8, absolute: 8 },
    reference: (x: Nd) =>
      build(x.dtype, outShape(given), (out) => {
        const inside = pixels(given, out);
        return sumOf(inside.map((pixel) => at(x, pixel))) / divisor(given, out, inside.length, countIncludePad);
      }),
  };
}

function avgBackward(given: Windows, countIncludePad: boolean): Sample {
  return {
    inputs: { gradient: uniform(outShape(given)) },
    attrs: { inputShape: given.x, ...avgAttrs(given, countIncludePad) },
    tolerance: { relative: 8, absolute: 16 },
    reference: (dout: Nd) =>
      accumulate(dout.dtype, given.x, (add) => {
        for (const out of indicesOf(outShape(given))) {
          const inside = pixels(given, out);
          for (const pixel of inside) add(pixel, at(dout, out) / divisor(given, out, inside.length, countIncludePad));
        }
      }),
  };
}

const both = (sample: (given: Windows, countIncludePad: boolean) => Sample): Sample[] =>
  geometries.flatMap((given) => [sample(given, true), sample(given, false)]);

const wrongCalls = (
  pool: (x: Tensor<'float32'>, options: { kernelSize: number; padding?: number }) => unknown,
): ErrorCase[] => [
  { call: () => pool(ones([3, 4]), { kernelSize: 2 }), code: 'SHAPE', message: /float32\[3,4\]/ },
  { call: () => pool(ones([1, 1, 4, 4]), { kernelSize: 0 }), code: 'VALUE', message: /0/ },
  { call: () => pool(ones([1, 1, 4, 4]), { kernelSize: 2, padding: 2 }), code: 'VALUE', message: /padding/ },
  { call: () => pool(ones([1, 1, 2, 2]), { kernelSize: 5 }), code: 'SHAPE', message: /float32\[1,1,2,2\]/ },
];

const internal = 'called by gradient rules only, with what their ops have checked';

export const pool: SampleTable = {
  maxPool2d: {
    samples: [
      ...[...geometries, dilated].map(maxForward),
      {
        ...maxForward({ x: [1, 1, 2, 2], kernel: [2, 2], stride: [2, 2] }),
        inputs: { x: values([1, 1, 2, 2], [1, NaN, 3, 4]) },
        order: 0,
        reference: (x) => [build(x.dtype, [1, 1, 1, 1], () => NaN), build('int32', [1, 1, 1, 1], () => 1)],
        layouts: false,
      },
    ],
    large: maxForward(big),
    errors: wrongCalls((x, { kernelSize, ...options }) => maxPool2d(x, kernelSize, options)),
    without: { scalar: 'images have four axes' },
  },
  maxPool2dBackward: {
    samples: [...geometries, dilated].map(maxBackward),
    large: maxBackward(big),
    errors: [],
    neverFails: internal,
    without: { scalar: 'images have four axes', broadcast: 'a gradient has the shape of its input' },
  },
  avgPool2d: {
    samples: both(avgForward),
    large: avgForward(big, true),
    errors: wrongCalls((x, { kernelSize, ...options }) => avgPool2d(x, kernelSize, options)),
    without: { scalar: 'images have four axes' },
  },
  globalAvgPool2d: {
    run: ({ x }) => globalAvgPool2d(x as Tensor<FloatDType>),
    samples: [
      [2, 3, 4, 4],
      [1, 2, 1, 5],
      [0, 3, 2, 2],
    ].map((shape): Sample => ({
      inputs: { x: uniform(shape) },
      tolerance: { relative: 8, absolute: 8 },
      reference: (x) => reduce(x, [2, 3], true, meanOf),
    })),
    errors: [
      { call: () => globalAvgPool2d(ones([3, 4])), code: 'SHAPE', message: /float32\[3,4\] \(need \[B, C, H, W\]/ },
    ],
    without: { scalar: 'images have four axes' },
  },
  avgPool2dBackward: {
    samples: both(avgBackward),
    large: avgBackward(big, true),
    errors: [],
    neverFails: internal,
    without: { scalar: 'images have four axes' },
  },
};
