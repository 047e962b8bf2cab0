import {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
  ones,
  type FloatDType,
  type FractionalPoolOptions,
  type Tensor,
} from 'myelin';

import { at, build, indicesOf, position, type Nd } from '../support/reference';
import {
  distinct,
  neverScalar,
  uniform,
  type ErrorCase,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

type List = readonly number[];
type Real = Tensor<FloatDType>;

/** Where windows along an axis begin, PyTorch's rule. */
function startsOf(sample: number, extent: number, count: number, kernel: number): List {
  const step = count === 1 ? 0 : (extent - kernel) / (count - 1);
  return Array.from({ length: count }, (_, i) =>
    i === count - 1 ? extent - kernel : Math.floor((i + sample) * step) - Math.floor(sample * step),
  );
}

/** The largest under each window, and its place among the last axes. */
function pooled(x: Nd, samples: Nd, size: List, kernel: List): readonly [Nd, Nd] {
  const axes = size.length;
  const extents = x.shape.slice(2);
  const shape = [...x.shape.slice(0, 2), ...size];
  const best = (out: readonly number[]): number[] => {
    const [b, c] = out as [number, number];
    const starts = size.map((count, i) => {
      // Images are sampled column first, volumes depth first.
      const sample = at(samples, [b, c, axes === 2 ? 1 - i : i]);
      return startsOf(sample, extents[i]!, count, kernel[i]!)[out[2 + i]!]!;
    });
    const places = [...indicesOf(kernel)].map((tap) => tap.map((k, i) => starts[i]! + k));
    const value = (place: List): number => at(x, [b, c, ...place]);
    return places.reduce((found, place) => (value(place) > value(found) ? place : found));
  };
  return [
    build(x.dtype, shape, (out) => at(x, [out[0]!, out[1]!, ...best(out)])),
    build('int32', shape, (out) => position(best(out), extents)),
  ];
}

interface Case {
  readonly x: List;
  readonly kernel: List;
  readonly size?: List;
  readonly ratio?: List;
}

const sample = ({ x, kernel, size, ratio }: Case, withPlaces: boolean): Sample => {
  const axes = x.length - 2;
  const counts = size ?? ratio!.map((share, i) => Math.floor(share * x[2 + i]!));
  return {
    inputs: { x: distinct(x), randomSamples: uniform([...x.slice(0, 2), axes], 0, 1) },
    attrs: { kernel, ...(size && { size }), ...(ratio && { ratio }) },
    by: ['x'],
    differentiable: 1,
    reference: (image, samples) => {
      const [max, places] = pooled(image, samples, counts, kernel);
      return withPlaces ? [max, places] : max;
    },
  };
};

type Pool = (x: Real, kernel: never, options: FractionalPoolOptions<never>) => Tensor | readonly Tensor[];

function family(pool: Pool, cases: readonly Case[], large: Case, withPlaces: boolean): OpSamples {
  const axes = large.x.length - 2;
  const ready = ones([1, 1, 4, 4, 4].slice(0, 2 + axes));
  const refused = (options: object, code: ErrorCase['code'], message: RegExp, x: Real = ready): ErrorCase => ({
    call: () => pool(x, 2 as never, options),
    code,
    message,
  });
  return {
    run: ({ x, randomSamples }, { kernel, size, ratio }) =>
      pool(x as unknown as Real, kernel as never, {
        ...(size !== undefined && { outputSize: size as never }),
        ...(ratio !== undefined && { outputRatio: ratio as never }),
        randomSamples: randomSamples as unknown as Real,
      }),
    samples: cases.map((given) => sample(given, withPlaces)),
    large: sample(large, withPlaces),
    errors: [
      refused({ outputSize: 2 }, 'SHAPE', /float32\[3,4\]/, ones([3, 4])),
      refused({}, 'VALUE', /neither outputSize nor outputRatio/),
      refused({ outputSize: 2, outputRatio: 0.5 }, 'VALUE', /both given/),
      refused({ outputSize: 0 }, 'VALUE', /outputSize is 0/),
      refused({ outputRatio: 1 }, 'VALUE', /outputRatio is 1/),
      refused({ outputSize: 4 }, 'SHAPE', /need at least one window, and at most/),
      refused({ outputRatio: 0.1 }, 'SHAPE', /need at least one window/),
      refused({ outputSize: 2, randomSamples: ones([1, 1, 5]) }, 'SHAPE', /randomSamples is float32\[1,1,5\]/),
    ],
  };
}

const images: readonly Case[] = [
  { x: [2, 3, 6, 7], kernel: [2, 3], size: [3, 4] },
  { x: [1, 2, 9, 5], kernel: [2, 2], ratio: [0.6, 0.5] },
  { x: [1, 1, 3, 4], kernel: [3, 2], size: [1, 1] },
  { x: [0, 2, 5, 5], kernel: [2, 2], size: [2, 3] },
];
const volumes: readonly Case[] = [
  { x: [2, 2, 4, 3, 5], kernel: [2, 1, 2], size: [2, 3, 3] },
  { x: [1, 2, 5, 4, 6], kernel: [2, 2, 3], ratio: [0.5, 0.6, 0.4] },
  { x: [0, 1, 4, 4, 4], kernel: [2, 2, 2], size: [2, 2, 2] },
];
const image: Case = { x: [2, 40, 34, 31], kernel: [2, 2], size: [20, 23] };
const volume: Case = { x: [1, 30, 14, 15, 16], kernel: [2, 2, 2], size: [8, 9, 10] };

export const poolFractional: SampleTable = neverScalar('it needs channels of places', {
  fractionalMaxPool2d: family(fractionalMaxPool2d, images, image, false),
  fractionalMaxPool2dWithIndices: family(fractionalMaxPool2dWithIndices, images, image, true),
  fractionalMaxPool3d: family(fractionalMaxPool3d, volumes, volume, false),
  fractionalMaxPool3dWithIndices: family(fractionalMaxPool3dWithIndices, volumes, volume, true),
});
