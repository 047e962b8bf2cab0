import {
  bartlettWindow,
  blackmanWindow,
  complexAbs,
  complexAngle,
  cosineWindow,
  exponentialWindow,
  fftConvolve,
  fftfreq,
  fftshift,
  gaussianWindow,
  generalCosineWindow,
  generalHammingWindow,
  hammingWindow,
  hannWindow,
  ifftshift,
  kaiserWindow,
  nuttallWindow,
  ones,
  polar,
  rfftfreq,
  type ConvolveMode,
  type FloatDType,
  type ShiftOptions,
  type Tensor,
  type WindowOptions,
} from 'myelin';

import { build, position, type Nd } from '../support/reference';
import { everyDType, floats, integers, uniform, type OpSamples, type Sample, type SampleTable } from './sample';

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

/** A window with a number of its own, an option of the given name. */
function shaped(name: string, run: WindowFunction, at: (i: number, m: number) => number): OpSamples {
  const own = windowed(run, at);
  const call = (): unknown => run(4, { [name]: NaN });
  return { ...own, errors: [...own.errors, { call, code: 'VALUE', message: new RegExp(`${name} is NaN`) }] };
}

/** Modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; k < 40; k++) sum += term *= x ** 2 / 4 / k ** 2;
  return sum;
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
      { inputs: { x: uniform([]) }, attrs: { axes: [] }, reference: (x: Nd) => x },
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

/** The convolution of rows [rows, m] and [rows or 1, n], of which some is kept. */
function convolved(a: Nd, b: Nd, start: number, count: number): Nd {
  const [rows, m] = a.shape as [number, number];
  const [others, n] = b.shape as [number, number];
  return build(a.dtype, [rows, count], ([row, k]) => {
    let total = 0;
    for (let j = 0; j < m; j++) {
      const i = start + k! - j;
      if (i >= 0 && i < n) total += a.data[row! * m + j]! * b.data[(row! % others) * n + i]!;
    }
    return total;
  });
}

const convolution = (
  shapes: readonly [readonly number[], readonly number[]],
  mode: ConvolveMode,
  start: number,
  count: number,
): Sample => ({
  inputs: { a: uniform(shapes[0]), b: uniform(shapes[1]) },
  attrs: { mode: ['full', 'same', 'valid'].indexOf(mode) },
  tolerance: { relative: 16, absolute: 400 },
  reference: (a, b) => convolved(a, b, start, count),
});

const rows: ShiftOptions = { axes: [-1] };
const convolutions: OpSamples = {
  run: ({ a, b }, { mode }) =>
    fftConvolve(a as Tensor<'float64'>, b as Tensor<'float64'>, {
      mode: (['full', 'same', 'valid'] as const)[mode as number]!,
      ...rows,
    }),
  samples: [
    convolution(
      [
        [2, 7],
        [2, 4],
      ],
      'full',
      0,
      10,
    ),
    convolution(
      [
        [2, 7],
        [1, 5],
      ],
      'same',
      2,
      7,
    ),
    convolution(
      [
        [1, 3],
        [1, 8],
      ],
      'same',
      3,
      3,
    ),
    convolution(
      [
        [2, 9],
        [1, 4],
      ],
      'valid',
      3,
      6,
    ),
    convolution(
      [
        [2, 4],
        [2, 9],
      ],
      'valid',
      3,
      6,
    ),
    convolution(
      [
        [3, 1],
        [1, 1],
      ],
      'full',
      0,
      1,
    ),
    {
      ...convolution(
        [
          [0, 4],
          [0, 3],
        ],
        'full',
        0,
        6,
      ),
      reference: (a) => ({ ...a, shape: [0, 6] }),
    },
  ],
  large: {
    ...convolution(
      [
        [20, 3000],
        [1, 1000],
      ],
      'full',
      0,
      3999,
    ),
    dtypes: ['float32'],
  },
  errors: [
    { call: () => fftConvolve(5 as never, ones([2])), code: 'TYPE', message: /a is 5 \(need a tensor\)/ },
    { call: () => fftConvolve(ones([2]), ones([2]).to('int64') as never), code: 'DTYPE', message: /b is int64/ },
    { call: () => fftConvolve(ones([2]), ones([2, 2])), code: 'SHAPE', message: /need as many axes/ },
    { call: () => fftConvolve(ones([2, 3]), ones([4, 3]), rows), code: 'SHAPE', message: /others that broadcast/ },
    { call: () => fftConvolve(ones([0]), ones([4])), code: 'SHAPE', message: /need numbers along the axes/ },
    {
      call: () => fftConvolve(ones([2, 3]), ones([3, 2]), { mode: 'valid' }),
      code: 'SHAPE',
      message: /for mode "valid"/,
    },
    { call: () => fftConvolve(ones([2]), ones([2]), { mode: 'no' as never }), code: 'VALUE', message: /mode is "no"/ },
    { call: () => fftConvolve(ones([2]), ones([2]), { axes: [0, -1] }), code: 'VALUE', message: /every one once/ },
    { call: () => fftConvolve(ones([2]), ones([2]), { axes: [1] }), code: 'INDEX', message: /axis 1/ },
    { call: () => fftConvolve(ones([2]), ones([2]), { axes: 0 as never }), code: 'TYPE', message: /axes is 0/ },
    { call: () => fftConvolve(ones([]), ones([])), code: 'VALUE', message: /need at least one/ },
  ],
};

export const signals: SampleTable = {
  fftConvolve: { ...convolutions, without: { scalar: 'it needs an axis' } },
  hannWindow: {
    ...windowed(hannWindow, (i, m) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / m)),
    without: { scalar: 'it makes a vector' },
  },
  hammingWindow: {
    ...windowed(hammingWindow, (i, m) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / m)),
    without: { scalar: 'it makes a vector' },
  },
  blackmanWindow: {
    ...windowed(
      blackmanWindow,
      (i, m) => 0.42 - 0.5 * Math.cos((2 * Math.PI * i) / m) + 0.08 * Math.cos((4 * Math.PI * i) / m),
    ),
    without: { scalar: 'it makes a vector' },
  },
  bartlettWindow: {
    ...windowed(bartlettWindow, (i, m) => 1 - Math.abs((2 * i) / m - 1)),
    without: { scalar: 'it makes a vector' },
  },
  nuttallWindow: {
    ...windowed(nuttallWindow, (i, m) => {
      const wave = (k: number): number => Math.cos((2 * Math.PI * k * i) / m);
      return 0.3635819 - 0.4891775 * wave(1) + 0.1365995 * wave(2) - 0.0106411 * wave(3);
    }),
    without: { scalar: 'it makes a vector' },
  },
  generalCosineWindow: {
    ...windowed(
      (n, options) => generalCosineWindow(n, [0.4, 0.5, 0.1], options),
      (i, m) => 0.4 - 0.5 * Math.cos((2 * Math.PI * i) / m) + 0.1 * Math.cos((4 * Math.PI * i) / m),
    ),
    errors: [
      { call: () => generalCosineWindow(4, 1 as never), code: 'TYPE', message: /factors is 1 \(need an array\)/ },
      { call: () => generalCosineWindow(4, []), code: 'VALUE', message: /factors\[0\] is undefined \(need a finite/ },
      { call: () => generalCosineWindow(4, [1, NaN]), code: 'VALUE', message: /factors\[1\] is NaN/ },
    ],
    without: { scalar: 'it makes a vector' },
  },
  generalHammingWindow: {
    ...shaped(
      'alpha',
      (n, options) => generalHammingWindow(n, { alpha: 0.7, ...options }),
      (i, m) => 0.7 - 0.3 * Math.cos((2 * Math.PI * i) / m),
    ),
    without: { scalar: 'it makes a vector' },
  },
  cosineWindow: {
    ...windowed(cosineWindow, (i, m) => Math.sin((Math.PI * (i + 0.5)) / (m + 1))),
    without: { scalar: 'it makes a vector' },
  },
  kaiserWindow: {
    ...shaped(
      'beta',
      (n, options) => kaiserWindow(n, { beta: 2, ...options }),
      (i, m) => besselI0(2 * Math.sqrt(1 - ((2 * i) / m - 1) ** 2)) / besselI0(2),
    ),
    without: { scalar: 'it makes a vector' },
  },
  gaussianWindow: {
    ...shaped(
      'std',
      (n, options) => gaussianWindow(n, { std: 2, ...options }),
      (i, m) => Math.exp(-((i - m / 2) ** 2) / 8),
    ),
    without: { scalar: 'it makes a vector' },
  },
  exponentialWindow: {
    ...shaped(
      'tau',
      (n, options) => exponentialWindow(n, { tau: 2, ...options }),
      (i, m) => Math.exp(-Math.abs(i - m / 2) / 2),
    ),
    without: { scalar: 'it makes a vector' },
  },
  fftfreq: {
    ...frequencies(
      fftfreq,
      (n) => n,
      (i, n) => (2 * i < n ? i : i - n),
    ),
    without: { scalar: 'it makes a vector' },
  },
  rfftfreq: {
    ...frequencies(
      rfftfreq,
      (n) => Math.floor(n / 2) + 1,
      (i) => i,
    ),
    without: { scalar: 'it makes a vector' },
  },
  fftshift: shifts(fftshift, (extent) => Math.floor(extent / 2)),
  ifftshift: shifts(ifftshift, (extent) => -Math.floor(extent / 2)),
  complexAbs: { ...ofPairs(complexAbs, Math.hypot), without: { scalar: 'a pair is an axis' } },
  complexAngle: { ...ofPairs(complexAngle, (re, im) => Math.atan2(im, re)), without: { scalar: 'a pair is an axis' } },
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
    without: { broadcast: 'both need one shape' },
  },
};
