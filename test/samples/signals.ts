import {
  bartlettWindow,
  blackmanWindow,
  complexAbs,
  complexAngle,
  fftfreq,
  fftshift,
  hammingWindow,
  hannWindow,
  ifftshift,
  ones,
  polar,
  rfftfreq,
  type FloatDType,
  type ShiftOptions,
  type Tensor,
  type WindowOptions,
} from 'myelin';

import { build, position, type Nd } from '../support/reference';
import { everyDType, floats, integers, uniform, type OpSamples, type SampleTable } from './sample';

const noInputs = 'it has no inputs';

type WindowFunction = (n: number, options: WindowOptions<FloatDType>) => Tensor;

/** A window of n elements; `at` is element i of a period m. */
function windowed(run: WindowFunction, at: (i: number, m: number) => number): OpSamples {
  const element = (i: number, n: number, periodic: boolean): number => (n === 1 ? 1 : at(i, periodic ? n : n - 1));
  return {
    run: (_, { n, periodic, dtype }) => run(n as number, { periodic: periodic === 1, dtype: dtype as FloatDType }),
    samples: [0, 1, 2, 7, 8].flatMap((n) =>
      floats.flatMap((dtype) =>
        [1, 0].map((periodic) => ({
          inputs: {},
          attrs: { n, periodic, dtype },
          dtypes: [dtype],
          order: 0 as const,
          reference: () => build(dtype, [n], ([i]) => element(i!, n, periodic === 1)),
        })),
      ),
    ),
    errors: [
      { call: () => run(-1, {}), code: 'VALUE', message: /n is -1 \(need an integer of at least 0\)/ },
      { call: () => run(4, { periodic: 'no' as never }), code: 'TYPE', message: /periodic is "no"/ },
      { call: () => run(4, { dtype: 'int64' as never }), code: 'DTYPE', message: /dtype is "int64" \(need a float/ },
    ],
    neverEmpty: noInputs,
  };
}

function frequencies(
  run: typeof fftfreq,
  length: (n: number) => number,
  at: (i: number, n: number) => number,
): OpSamples {
  return {
    run: (_, { n, d, dtype }) => run(n as number, { d: d as number, dtype: dtype as FloatDType }),
    samples: [1, 2, 7, 8].flatMap((n) =>
      floats.map((dtype) => ({
        inputs: {},
        attrs: { n, d: 0.3, dtype },
        dtypes: [dtype],
        order: 0 as const,
        reference: () => build(dtype, [length(n)], ([i]) => at(i!, n) / (n * 0.3)),
      })),
    ),
    errors: [
      { call: () => run(0), code: 'VALUE', message: /n is 0 \(need an integer of at least 1\)/ },
      { call: () => run(4, { d: 0 }), code: 'VALUE', message: /d is 0 \(need a positive number\)/ },
      { call: () => run(4, { dtype: 'bool' as never }), code: 'DTYPE', message: /dtype is "bool" \(need a float/ },
    ],
    neverEmpty: noInputs,
  };
}

function shifts(run: (x: Tensor, options?: ShiftOptions) => Tensor, by: (extent: number) => number): OpSamples {
  const reference = (x: Nd, axes: readonly number[]): Nd =>
    build(x.dtype, x.shape, (index) => {
      const from = index.map((i, axis) => {
        const extent = x.shape[axis]!;
        return axes.includes(axis) ? (i + extent - by(extent)) % extent : i;
      });
      return x.data[position(from, x.shape)]!;
    });
  return {
    run: ({ x }, { axes }) => run(x!, { axes: axes as number[] }),
    samples: [
      ...[
        [4, 5],
        [3, 2],
        [0, 3],
      ].map((shape) => ({
        inputs: { x: integers(shape, 0, 2) },
        attrs: { axes: [0, 1] },
        dtypes: everyDType,
        reference: (x: Nd) => reference(x, [0, 1]),
      })),
      { inputs: { x: uniform([5, 2]) }, attrs: { axes: [0] }, reference: (x: Nd) => reference(x, [0]) },
    ],
    errors: [
      { call: () => run(5 as never), code: 'TYPE', message: /x is 5 \(need a tensor\)/ },
      { call: () => run(ones([2]), { axes: [3] }), code: 'INDEX', message: /axis 3/ },
      {
        call: () => run(ones([2]), { axes: 0 as never }),
        code: 'VALUE',
        message: /axes are 0 \(need a list of axes\)/,
      },
    ],
  };
}

const ofPairs = (run: (x: Tensor<'float64'>) => Tensor, f: (re: number, im: number) => number): OpSamples => ({
  run: ({ x }) => run(x as Tensor<'float64'>),
  samples: [[2, 3, 2], [2], [0, 2]].map((shape) => ({
    inputs: { x: uniform(shape, -3, 3, [0]) },
    reference: (x: Nd) =>
      build(x.dtype, shape.slice(0, -1), (index) => {
        const at = position([...index, 0], shape);
        return f(x.data[at]!, x.data[at + 1]!);
      }),
  })),
  errors: [{ call: () => run(ones([3]) as never), code: 'SHAPE', message: /need a last axis of extent 2/ }],
});

export const signals: SampleTable = {
  hannWindow: windowed(hannWindow, (i, m) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / m)),
  hammingWindow: windowed(hammingWindow, (i, m) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / m)),
  blackmanWindow: windowed(
    blackmanWindow,
    (i, m) => 0.42 - 0.5 * Math.cos((2 * Math.PI * i) / m) + 0.08 * Math.cos((4 * Math.PI * i) / m),
  ),
  bartlettWindow: windowed(bartlettWindow, (i, m) => 1 - Math.abs((2 * i) / m - 1)),
  fftfreq: frequencies(
    fftfreq,
    (n) => n,
    (i, n) => (2 * i < n ? i : i - n),
  ),
  rfftfreq: frequencies(
    rfftfreq,
    (n) => Math.floor(n / 2) + 1,
    (i) => i,
  ),
  fftshift: shifts(fftshift, (extent) => Math.floor(extent / 2)),
  ifftshift: shifts(ifftshift, (extent) => -Math.floor(extent / 2)),
  complexAbs: ofPairs(complexAbs, Math.hypot),
  complexAngle: ofPairs(complexAngle, (re, im) => Math.atan2(im, re)),
  polar: {
    run: ({ r, angle }) => polar(r as Tensor<'float64'>, angle as Tensor<'float64'>),
    samples: [[2, 3], [], [0]].map((shape) => ({
      inputs: { r: uniform(shape), angle: uniform(shape) },
      reference: (r: Nd, angle: Nd) => ({
        ...r,
        shape: [...shape, 2],
        data: r.data.flatMap((x, i) => [x * Math.cos(angle.data[i]!), x * Math.sin(angle.data[i]!)]),
      }),
    })),
    errors: [
      { call: () => polar(ones([2]), ones([3])), code: 'SHAPE', message: /angle is float32\[3\] \(need shape \[2\]/ },
      { call: () => polar(ones([2]).to('int64') as never, ones([2])), code: 'DTYPE', message: /r is int64/ },
    ],
  },
};
