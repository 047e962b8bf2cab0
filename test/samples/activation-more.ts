import {
  finfo,
  celu,
  glu,
  gumbelSoftmax,
  hardshrink,
  hardsigmoid,
  hardtanh,
  ones,
  prelu,
  relu6,
  rrelu,
  selu,
  softmin,
  softshrink,
  softsign,
  swiglu,
  tanhshrink,
  threshold,
  type FloatDType,
  type Tensor,
} from 'myelin';

import { alongAxis, at, build, map, sigmoid, sumOf, zip, type Nd } from '../support/reference';
import { finiteSpecials, integerInput, ints, twin } from './activation';
import { a23, refusingOthers, unary } from './elementwise';
import { uniform, type OpSamples, type RunComposed, type Sample, type SampleTable } from './sample';

type Real = Tensor<FloatDType>;

const ofOne =
  (f: (x: Real) => Tensor): RunComposed =>
  ({ x }) =>
    f(x as never);

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const mishGate = (x: number): number => Math.tanh(softplus(x));
const hardswishSlope = (x: number): number => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5);
const bounded = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

const wide = { low: -5, high: 8 };

const preluSample = (shape: readonly number[], weight: readonly number[]): Sample => ({
  inputs: { x: uniform(shape, -3, 3, [0]), weight: uniform(weight, 0.1, 0.5) },
  reference: (x, w) => {
    const slope =
      w.data.length === 1 ? { ...w, shape: [] } : { ...w, shape: [w.data.length, ...shape.slice(2).fill(1)] };
    return zip([x, slope], (value, s) => (value > 0 ? value : s * value));
  },
});

function gluReference(x: Nd): Nd {
  const half = x.shape[1]! / 2;
  const inner = x.shape.slice(2).reduce((size, extent) => size * extent, 1);
  const shape = [x.shape[0]!, half, ...x.shape.slice(2)];
  const data = Array.from({ length: x.shape[0]! * half * inner }, (_, i) => {
    const from = Math.floor(i / (half * inner)) * 2 * half * inner + (i % (half * inner));
    return x.data[from]! * sigmoid(x.data[from + half * inner]!);
  });
  return { dtype: x.dtype, shape, data };
}

/** One positive number a row, and the rest of it: what softmax of anything gives. */
function isDistribution([out]: readonly Nd[]): void {
  const rows = Math.max(out!.data.length / 5, 0);
  for (let row = 0; row < rows; row++) {
    const total = sumOf(out!.data.slice(5 * row, 5 * row + 5));
    if (Math.abs(total - 1) > 5 * finfo(out!.dtype as FloatDType).eps) throw new Error(`row ${row} sums to ${total}`);
  }
}

const drawn = (shape: readonly number[], hard: boolean): Sample => ({
  inputs: { x: uniform(shape) },
  attrs: { hard },
  order: 0,
  law: (outputs) => {
    isDistribution(outputs);
    if (hard && outputs[0]!.data.some((p) => Math.min(Math.abs(p), Math.abs(p - 1)) > 1e-6))
      throw new Error('not one-hot');
  },
});

const leaks = (shape: readonly number[]): Sample => ({
  inputs: { x: uniform(shape) },
  order: 0,
  law: ([out], [x]) => {
    for (const [i, value] of x!.data.entries()) {
      const slope = out!.data[i]! / value;
      const right = value > 0 ? slope === 1 : slope >= 0.2499 && slope <= 0.7501;
      if (!right) throw new Error(`${value} became ${out!.data[i]}`);
    }
  },
});

const composed = (samples: OpSamples, f: (x: Real) => Tensor): OpSamples => ({ ...samples, run: ofOne(f) });

export const activationMore: SampleTable = refusingOthers({
  hardtanh: unary((x) => bounded(x, -1, 2), {
    attrs: { minVal: -1, maxVal: 2 },
    kinks: [-1, 2],
    errors: [
      integerInput(() => hardtanh(ints())),
      { call: () => hardtanh(a23(), { minVal: 2 }), code: 'VALUE', message: /minVal is 2, maxVal is 1/ },
    ],
  }),
  relu6: composed(
    unary((x) => bounded(x, 0, 6), { ...wide, kinks: [0, 6], errors: [integerInput(() => relu6(ints()))] }),
    relu6,
  ),
  hardsigmoid: composed(
    unary((x) => bounded(x + 3, 0, 6) / 6, {
      ...wide,
      kinks: [-3, 3],
      errors: [integerInput(() => hardsigmoid(ints()))],
    }),
    hardsigmoid,
  ),
  hardswish: unary((x) => (x * bounded(x + 3, 0, 6)) / 6, { ...wide, kinks: [-3, 3], specials: finiteSpecials }),
  hardswishBackward: {
    ...twin(hardswishSlope, { saved: (shape) => uniform(shape, -5, 5, [-3, 3]) }),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  celu: composed(
    unary((x) => (x > 0 ? x : 1.5 * Math.expm1(x / 1.5)), {
      kinks: [0],
      errors: [
        integerInput(() => celu(ints())),
        { call: () => celu(a23(), { alpha: 0 }), code: 'VALUE', message: /alpha is 0/ },
      ],
    }),
    (x) => celu(x, { alpha: 1.5 }),
  ),
  selu: composed(
    unary((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), {
      kinks: [0],
      errors: [integerInput(() => selu(ints()))],
    }),
    selu,
  ),
  mish: unary((x) => x * mishGate(x), { specials: finiteSpecials }),
  mishBackward: {
    ...twin((x) => mishGate(x) + x * sigmoid(x) * (1 - mishGate(x) ** 2)),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  logSigmoid: unary((x) => -softplus(-x)),
  softsign: composed(
    unary((x) => x / (1 + Math.abs(x)), {
      kinks: [0],
      specials: [NaN, 0, -0, 1, -1, 0.5, -2.5, 1e-30, -1e-30, 7, -8],
      errors: [integerInput(() => softsign(ints()))],
    }),
    softsign,
  ),
  tanhshrink: composed(
    unary((x) => x - Math.tanh(x), {
      tolerance: { absolute: 4 },
      halves: { steps: 2, scale: 3 },
      errors: [integerInput(() => tanhshrink(ints()))],
    }),
    tanhshrink,
  ),
  softshrink: composed(
    unary((x) => x - bounded(x, -0.5, 0.5), {
      kinks: [-0.5, 0.5],
      errors: [
        integerInput(() => softshrink(ints())),
        { call: () => softshrink(a23(), { lambd: -1 }), code: 'VALUE', message: /lambd is -1/ },
      ],
    }),
    softshrink,
  ),
  hardshrink: composed(
    unary((x) => (Math.abs(x) <= 0.5 ? 0 : x), {
      kinks: [-0.5, 0.5],
      errors: [
        integerInput(() => hardshrink(ints())),
        { call: () => hardshrink(a23(), { lambd: NaN }), code: 'VALUE', message: /lambd is NaN/ },
      ],
    }),
    hardshrink,
  ),
  threshold: composed(
    unary((x) => (x <= 0.5 ? 20 : x), {
      kinks: [0.5],
      errors: [
        integerInput(() => threshold(ints(), 0, 0)),
        { call: () => threshold(a23(), 0, '1' as never), code: 'VALUE', message: /value is "1"/ },
      ],
    }),
    (x) => threshold(x, 0.5, 20),
  ),
  prelu: {
    samples: [
      preluSample([2, 3, 4], [3]),
      preluSample([2, 3, 4, 2], [3]),
      preluSample([5], [1]),
      preluSample([], []),
      preluSample([0, 3], [3]),
    ],
    run: ({ x, weight }) => prelu(x! as never, weight! as never),
    errors: [
      { call: () => prelu(a23(), ones([2])), code: 'SHAPE', message: /weight is float32\[2\].*\[3\]/ },
      { call: () => prelu(a23(), ints()), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  },
  rrelu: {
    samples: [[2, 3], [], [0, 3]].map(leaks),
    run: ofOne((x) => rrelu(x, { lower: 0.25, upper: 0.75, training: true })),
    errors: [
      integerInput(() => rrelu(ints())),
      { call: () => rrelu(a23(), { lower: 1 }), code: 'VALUE', message: /lower is 1/ },
    ],
    without: { secondOrder: 'every call draws other numbers' },
  },
  glu: {
    samples: [
      [2, 4],
      [3, 2, 2],
      [0, 4],
    ].map((shape): Sample => ({ inputs: { x: uniform(shape) }, reference: gluReference })),
    run: ofOne((x) => glu(x, { axis: 1 })),
    errors: [
      { call: () => glu(a23()), code: 'SHAPE', message: /float32\[2,3\].*even extent of axis 1/ },
      { call: () => glu(a23(), { axis: 2 }), code: 'INDEX', message: /2/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  swiglu: {
    samples: [
      [2, 4],
      [3, 2, 2],
      [0, 4],
    ].map((shape): Sample => ({
      inputs: { x: uniform(shape) },
      halves: { steps: 4 },
      reference: (x) => {
        const n = shape[1]! / 2;
        const half = (index: readonly number[], from: number): number =>
          at(
            x,
            index.map((i, axis) => (axis === 1 ? i + from : i)),
          );
        return build(
          x.dtype,
          shape.map((extent, axis) => (axis === 1 ? n : extent)),
          (index) => {
            const a = half(index, 0);
            return (a / (1 + Math.exp(-a))) * half(index, n);
          },
        );
      },
    })),
    run: ofOne((x) => swiglu(x, { axis: 1 })),
    errors: [
      { call: () => swiglu(a23()), code: 'SHAPE', message: /float32\[2,3\].*even extent of axis 1/ },
      { call: () => swiglu(a23(), { axis: 2 }), code: 'INDEX', message: /2/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
  softmin: {
    samples: [[2, 3], [3], [0, 3]].map((shape): Sample => ({
      inputs: { x: uniform(shape) },
      tolerance: { relative: 8 },
      reference: (x) =>
        alongAxis([map(x, (value) => Math.exp(-value))], shape.length - 1, (list) => list.map((e) => e / sumOf(list))),
    })),
    run: ofOne(softmin),
    errors: [integerInput(() => softmin(ints()))],
    without: { scalar: 'it needs an axis' },
  },
  gumbelSoftmax: {
    samples: [drawn([3, 5], false), drawn([2, 2, 5], true), drawn([0, 5], false)],
    run: ({ x }, { hard }) => gumbelSoftmax(x! as never, { hard: hard as boolean }),
    errors: [
      integerInput(() => gumbelSoftmax(ints())),
      { call: () => gumbelSoftmax(a23(), { tau: 0 }), code: 'VALUE', message: /tau is 0/ },
    ],
    without: { scalar: 'it needs an axis', secondOrder: 'every call draws other numbers' },
  },
});
