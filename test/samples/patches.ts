import { channelShuffle, col2im, im2col, ones, pixelShuffle, pixelUnshuffle, type PatchOptions } from 'myelin';

import { accumulate, at, build, indicesOf, type Nd } from '../support/reference';
import { everyDType, integers, neverScalar, numbers, uniform, type Sample, type SampleTable } from './sample';

type List = readonly number[];
type Two = readonly [number, number];

interface Case {
  readonly image: List;
  readonly kernel: Two;
  readonly dilation: Two;
  readonly padding: Two;
  readonly stride: Two;
}

const plain = { dilation: [1, 1], padding: [0, 0], stride: [1, 1] } as const;

const cases: readonly Case[] = [
  { ...plain, image: [2, 2, 3, 4], kernel: [2, 2] },
  { image: [1, 2, 4, 5], kernel: [2, 3], dilation: [2, 1], padding: [1, 0], stride: [1, 2] },
  { image: [2, 5, 5], kernel: [2, 2], dilation: [1, 2], padding: [2, 1], stride: [3, 2] },
  { ...plain, image: [1, 3, 3], kernel: [3, 3] },
  { ...plain, image: [0, 2, 3, 3], kernel: [2, 1] },
];

const countsOf = ({ image, kernel, dilation, padding, stride }: Case): List =>
  image
    .slice(-2)
    .map((extent, i) => Math.floor((extent + 2 * padding[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1);

const columnsOf = (given: Case): List => {
  const [channels] = given.image.slice(-3);
  const [down, across] = countsOf(given) as Two;
  return [...given.image.slice(0, -3), channels! * given.kernel[0] * given.kernel[1], down * across];
};

/** Calls `term` for every place of the columns that is inside of the image, and that place. */
function visit(given: Case, term: (column: List, pixel: List) => void): void {
  const [, across] = countsOf(given) as Two;
  const [height, width] = given.image.slice(-2) as [number, number];
  const [high, wide] = given.kernel;
  const place = (axis: 0 | 1, patch: number, element: number): number =>
    patch * given.stride[axis] + element * given.dilation[axis] - given.padding[axis];
  for (const column of indicesOf(columnsOf(given))) {
    const [row, patch] = column.slice(-2) as [number, number];
    const h = place(0, Math.floor(patch / across), Math.floor(row / wide) % high);
    const w = place(1, patch % across, row % wide);
    const inside = h >= 0 && h < height && w >= 0 && w < width;
    if (inside) term(column, [...column.slice(0, -2), Math.floor(row / (high * wide)), h, w]);
  }
}

const attrsOf = ({ image, kernel, dilation, padding, stride }: Case) => ({
  size: image.slice(-2),
  kernel,
  dilation,
  padding,
  stride,
});

const toColumns = (given: Case): Sample => ({
  inputs: { x: integers(given.image, 0, 2) },
  dtypes: everyDType,
  attrs: attrsOf(given),
  reference: (x) =>
    accumulate(x.dtype, columnsOf(given), (add) => visit(given, (column, pixel) => add(column, at(x, pixel)))),
});

const toImage = (given: Case): Sample => ({
  inputs: { x: integers(columnsOf(given), 0, 5) },
  dtypes: numbers,
  attrs: attrsOf(given),
  reference: (x) =>
    accumulate(x.dtype, given.image, (add) => visit(given, (column, pixel) => add(pixel, at(x, column)))),
});

type Attrs = Readonly<Record<string, unknown>>;
const patch = ({ kernel, dilation, padding, stride }: Attrs): readonly [kernel: Two, options: PatchOptions] => [
  kernel as Two,
  { dilation: dilation as Two, padding: padding as Two, stride: stride as Two },
];

const shuffled = (shape: List, groups: number): Sample => ({
  inputs: { x: integers(shape, 0, 2) },
  dtypes: everyDType,
  attrs: { groups },
  reference: (x: Nd) =>
    build(x.dtype, shape, ([b, c, ...place]) =>
      at(x, [b!, (c! % groups) * (shape[1]! / groups) + Math.floor(c! / groups), ...place]),
    ),
});

export const patches: SampleTable = neverScalar('images have channels and two axes of places', {
  im2col: {
    run: ({ x }, attrs) => im2col(x!, ...patch(attrs)),
    samples: [
      ...cases.map(toColumns),
      { ...toColumns(cases[1]!), inputs: { x: uniform(cases[1]!.image) }, dtypes: ['float64'] },
    ],
    errors: [
      { call: () => im2col(ones([3, 4]), 2), code: 'SHAPE', message: /float32\[3,4\]/ },
      { call: () => im2col(ones([1, 3, 4]), 4), code: 'SHAPE', message: /at least as large as a patch/ },
      { call: () => im2col(ones([1, 3, 4]), 0), code: 'VALUE', message: /kernelSize is 0/ },
      { call: () => im2col(ones([1, 3, 4]), 2, { stride: 0 }), code: 'VALUE', message: /stride is 0|a number/ },
    ],
  },
  col2im: {
    run: ({ x }, attrs) => col2im(x!, attrs['size'] as unknown as Two, ...patch(attrs)),
    samples: cases.map(toImage),
    errors: [
      { call: () => col2im(ones([3, 4]), 3, 2), code: 'SHAPE', message: /KH·KW = 4/ },
      { call: () => col2im(ones([4]), 3, 2), code: 'SHAPE', message: /float32\[4\]/ },
      { call: () => col2im(ones([4, 5]), 3, 2), code: 'SHAPE', message: /need 4 columns/ },
      { call: () => col2im(ones([4, 1]), 1, 2), code: 'SHAPE', message: /at least as large as a patch/ },
      { call: () => col2im(ones([4, 4], { dtype: 'bool' }), 3, 2), code: 'DTYPE', message: /bool\[4,4\]/ },
      { call: () => col2im(ones([4, 4]), 0, 2), code: 'VALUE', message: /outputSize is 0/ },
    ],
  },
  pixelShuffle: {
    run: ({ x }) => pixelShuffle(x!, 2),
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
    run: ({ x }) => pixelUnshuffle(x!, 2),
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
  channelShuffle: {
    run: ({ x }, { groups }) => channelShuffle(x!, groups as number),
    samples: [shuffled([2, 6, 3], 3), shuffled([1, 4], 2), shuffled([1, 2, 2, 2], 1), shuffled([0, 4, 2], 2)],
    errors: [
      { call: () => channelShuffle(ones([2, 3]), 2), code: 'SHAPE', message: /groups is 2/ },
      { call: () => channelShuffle(ones([2]), 1), code: 'SHAPE', message: /float32\[2\]/ },
      { call: () => channelShuffle(ones([2, 4]), 0), code: 'VALUE', message: /groups is 0/ },
    ],
  },
});
