import { conv2d, ones } from 'myelin';

import { accumulate, at, indicesOf, type Nd } from '../support/reference';
import { uniform, type InputSpec, type Sample, type SampleTable } from './sample';

interface Geometry {
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number, number];
  readonly stride?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly padding?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

function full({
  stride = [1, 1],
  padding = [0, 0, 0, 0],
  dilation = [1, 1],
  groups = 1,
  ...shapes
}: Geometry): Required<Geometry> {
  return { stride, padding, dilation, groups, ...shapes };
}

function outShape(given: Geometry): number[] {
  const { x, weight, stride, padding, dilation } = full(given);
  const extents = [0, 1].map((i) => {
    const room = x[2 + i]! + padding[i]! + padding[2 + i]! - dilation[i]! * (weight[2 + i]! - 1) - 1;
    return Math.floor(room / stride[i]!) + 1;
  });
  return [x[0], weight[0], ...extents];
}

type Term = (out: readonly number[], x: readonly number[], weight: readonly number[]) => void;

/** Calls `term` for every product that a convolution adds up: the indices of its result and of its two factors. */
function visitProducts(given: Geometry, term: Term): void {
  const { x, weight, stride, padding, dilation, groups } = full(given);
  const perGroup = weight[0] / groups;
  for (const out of indicesOf(outShape(given))) {
    const [b, o, oh, ow] = out as [number, number, number, number];
    for (const [c, kh, kw] of indicesOf(weight.slice(1)) as Iterable<[number, number, number]>) {
      const h = oh * stride[0] - padding[0] + kh * dilation[0];
      const w = ow * stride[1] - padding[1] + kw * dilation[1];
      if (h < 0 || h >= x[2] || w < 0 || w >= x[3]) continue;
      term(out, [b, Math.floor(o / perGroup) * weight[1] + c, h, w], [o, c, kh, kw]);
    }
  }
}

const geometries: readonly Geometry[] = [
  { x: [2, 3, 5, 4], weight: [4, 3, 3, 2] },
  { x: [1, 2, 5, 5], weight: [3, 2, 3, 3], padding: [1, 1, 1, 1] },
  { x: [1, 2, 7, 6], weight: [2, 2, 3, 3], stride: [2, 2], padding: [1, 0, 2, 1] },
  { x: [1, 1, 7, 7], weight: [2, 1, 2, 3], dilation: [2, 2], padding: [1, 1, 1, 1] },
  { x: [2, 4, 4, 4], weight: [6, 2, 3, 3], groups: 2, padding: [1, 1, 1, 1] },
  { x: [1, 5, 5, 4], weight: [5, 1, 3, 3], groups: 5, padding: [1, 1, 1, 1] },
  { x: [2, 3, 3, 3], weight: [4, 3, 1, 1] },
  { x: [1, 3, 4, 4], weight: [2, 3, 4, 4] },
  { x: [0, 2, 4, 4], weight: [3, 2, 3, 3] },
];

const wide: readonly Geometry[] = [
  { x: [1, 17, 9, 11], weight: [19, 17, 3, 3], padding: [1, 1, 1, 1] },
  { x: [2, 33, 6, 7], weight: [35, 33, 1, 1] },
];

const big: Geometry = { x: [4, 16, 29, 31], weight: [32, 16, 3, 3], padding: [1, 1, 1, 1] };

const attrsOf = (given: Geometry): NonNullable<Sample['attrs']> => {
  const { stride, padding, dilation, groups } = full(given);
  return { stride, padding, dilation, groups };
};

const error = (given: Geometry): Sample['tolerance'] => ({
  relative: 4,
  absolute: 8 * (given.weight[1] * given.weight[2] * given.weight[3] + 8),
});

const input = (shape: readonly number[]): InputSpec => uniform(shape, -1, 1);

function forward(given: Geometry, order: 0 | 2, biased: boolean): Sample {
  return {
    inputs: { x: input(given.x), weight: input(given.weight), bias: input(biased ? [given.weight[0]] : [0]) },
    attrs: attrsOf(given),
    order,
    by: biased ? ['x', 'weight', 'bias'] : ['x', 'weight'],
    tolerance: error(given)!,
    reference: (x: Nd, weight: Nd, bias: Nd) =>
      accumulate(x.dtype, outShape(given), (add) => {
        if (biased) for (const out of indicesOf(outShape(given))) add(out, bias.data[out[1]!]!);
        visitProducts(given, (out, i, j) => add(out, at(x, i) * at(weight, j)));
      }),
  };
}

function toInput(given: Geometry, order: 0 | 2): Sample {
  return {
    inputs: { gradient: input(outShape(given)), weight: input(given.weight) },
    attrs: { inputShape: given.x, ...attrsOf(given) },
    order,
    tolerance: error(given)!,
    reference: (dout: Nd, weight: Nd) =>
      accumulate(dout.dtype, given.x, (add) =>
        visitProducts(given, (out, i, j) => add(i, at(dout, out) * at(weight, j))),
      ),
  };
}

function toWeight(given: Geometry, order: 0 | 2): Sample {
  return {
    inputs: { x: input(given.x), gradient: input(outShape(given)) },
    attrs: { kernelShape: given.weight, ...attrsOf(given) },
    order,
    tolerance: { relative: 4, absolute: 2000 },
    reference: (x: Nd, dout: Nd) =>
      accumulate(dout.dtype, given.weight, (add) =>
        visitProducts(given, (out, i, j) => add(j, at(dout, out) * at(x, i))),
      ),
  };
}

const all = <T>(sample: (given: Geometry, order: 0 | 2) => T): T[] => [
  ...geometries.map((given) => sample(given, 2)),
  ...wide.map((given) => sample(given, 0)),
];

const internal = 'called by gradient rules only, with what their ops have checked';

export const conv: SampleTable = {
  conv2d: {
    samples: [...all((given, order) => forward(given, order, true)), forward(geometries[0]!, 2, false)],
    large: forward(big, 0, true),
    errors: [
      {
        call: () => conv2d(ones([1, 3, 5, 5]), ones([4, 2, 3, 3])),
        code: 'SHAPE',
        message: /channels differ: x is float32\[1,3,5,5\], weight is float32\[4,2,3,3\]/,
      },
      {
        call: () => conv2d(ones([1, 3, 2, 2]), ones([4, 3, 3, 3])),
        code: 'SHAPE',
        message: /padded image at least as large as the kernel/,
      },
      { call: () => conv2d(ones([3, 5, 5]), ones([4, 3, 3, 3])), code: 'SHAPE', message: /float32\[3,5,5\]/ },
      {
        call: () => conv2d(ones([1, 3, 5, 5]), ones([4, 3, 3, 3]), { bias: ones([3]) }),
        code: 'SHAPE',
        message: /bias is float32\[3\]/,
      },
      {
        call: () => conv2d(ones([1, 3, 5, 5]), ones([4, 3, 3, 3], { dtype: 'float64' }) as never),
        code: 'DTYPE',
        message: /float64\[4,3,3,3\]/,
      },
    ],
    without: { scalar: 'images have four axes' },
  },
  conv2dDInput: {
    samples: all(toInput),
    large: toInput(big, 0),
    errors: [],
    neverFails: internal,
    without: { scalar: 'images have four axes' },
  },
  conv2dDWeight: {
    samples: all(toWeight),
    large: toWeight(big, 0),
    errors: [],
    neverFails: internal,
    without: { scalar: 'images have four axes' },
  },
};
