import {
  complex,
  complexConj,
  complexMul,
  fft,
  fft2,
  fftn,
  hfft,
  ifft,
  ifft2,
  ifftn,
  ihfft,
  irfft,
  irfft2,
  irfftn,
  ones,
  rfft,
  rfft2,
  rfftn,
  type FftAxesOptions,
  type FftOptions,
  type Tensor,
} from 'myelin';

import { at as element, build, position, sizeOf, type Nd } from '../support/reference';
import { floats, uniform, type ErrorCase, type OpSamples, type Sample, type SampleTable } from './sample';

/** Σ x[j] exp(sign 2πi jk / n) along an axis of pairs, as sums. */
function dft(x: Nd, axis: number, sign: number, scale = 1): Nd {
  const n = x.shape[axis]!;
  const sum = (index: readonly number[], part: number): number => {
    let total = 0;
    for (let j = 0; j < n; j++) {
      const from = index.map((i, a) => (a === axis ? j : i));
      const [re, im] = [0, 1].map((p) => x.data[position([...from.slice(0, -1), p], x.shape)]!);
      const angle = (sign * 2 * Math.PI * ((j * index[axis]!) % n)) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      total += part === 0 ? re! * c - im! * s : re! * s + im! * c;
    }
    return total * scale;
  };
  return build(x.dtype, x.shape, (index) => sum(index, index.at(-1)!));
}

/** Reals as pairs. */
function asPairs(x: Nd): Nd {
  return build(x.dtype, [...x.shape, 2], (index) =>
    index.at(-1) === 0 ? x.data[position(index.slice(0, -1), x.shape)]! : 0,
  );
}

/** What rfft keeps of the transform of reals, with the factors of the op. */
function rdft(x: Nd, edge: number, inner: number): Nd {
  const whole = dft(asPairs(x), x.shape.length - 1, -1);
  const n = x.shape.at(-1)!;
  const shape = [...x.shape.slice(0, -1), Math.floor(n / 2) + 1, 2];
  return build(x.dtype, shape, (index) => {
    const k = index.at(-2)!;
    const value = whole.data[position(index, whole.shape)]!;
    return k === 0 || 2 * k === n ? (index.at(-1) === 0 ? value * edge : 0) : value * inner;
  });
}

/** The reals of half a transform, with the factors of the op. */
function irdft(x: Nd, edge: number, inner: number, n: number): Nd {
  return build(x.dtype, [...x.shape.slice(0, -2), n], (index) => {
    let total = 0;
    for (let k = 0; k < x.shape.at(-2)!; k++) {
      const [re, im] = [0, 1].map((p) => x.data[position([...index.slice(0, -1), k, p], x.shape)]!);
      const angle = (2 * Math.PI * ((k * index.at(-1)!) % n)) / n;
      const alone = k === 0 || 2 * k === n;
      total += alone ? edge * re! * Math.cos(angle) : 2 * inner * (re! * Math.cos(angle) - im! * Math.sin(angle));
    }
    return total;
  });
}

const lengths = [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 30, 37, 64];
const tolerance = { relative: 16, absolute: 400 };

const refusals = (call: (x: Tensor<'float32'>, options?: FftOptions) => unknown, x: Tensor<'float32'>): ErrorCase[] => [
  { call: () => call(5 as never), code: 'TYPE', message: /x is 5 \(need a tensor\)/ },
  { call: () => call(ones([4, 2]).to('int32') as never), code: 'DTYPE', message: /x is int32\[4,2\]/ },
  { call: () => call(x, { axis: 7 }), code: 'INDEX', message: /axis 7/ },
  { call: () => call(x, { n: 0 }), code: 'VALUE', message: /n is 0 \(need an integer of at least 1\)/ },
  { call: () => call(x, { n: 2.5 }), code: 'VALUE', message: /n is 2.5/ },
  { call: () => call(x, { norm: 'half' as never }), code: 'VALUE', message: /norm is "half"/ },
];
const noPairs: ErrorCase = {
  call: () => fft(ones([4, 3])),
  code: 'SHAPE',
  message: /x is float32\[4,3\] \(need a last axis of extent 2/,
};

function pairsAlong(
  shape: readonly number[],
  axis: number,
  direction: 'forward' | 'inverse' = 'forward',
  scale = 1,
): Sample {
  return {
    inputs: { x: uniform(shape) },
    attrs: { axis, direction, scale },
    tolerance,
    reference: (x) => dft(x, axis, direction === 'forward' ? -1 : 1, scale),
  };
}

const fftSamples: OpSamples = {
  samples: [
    ...lengths.map((n) => pairsAlong([n, 2], 0)),
    pairsAlong([3, 8, 2], 1, 'inverse', 0.125),
    pairsAlong([6, 5, 2], 0, 'inverse'),
    pairsAlong([2, 7, 3, 2], 1),
    { ...pairsAlong([37, 3, 2], 0), dtypes: ['float64'] },
    { ...pairsAlong([300, 2], 0), order: 0, layouts: false },
    { ...pairsAlong([289, 2], 0), order: 0, layouts: false },
    { ...pairsAlong([256, 2, 2], 0, 'inverse', 0.5), order: 0, layouts: false },
    pairsAlong([0, 4, 2], 1),
  ],
  large: { ...pairsAlong([40, 1024, 2], 1), dtypes: ['float32'] },
  errors: [
    noPairs,
    ...refusals((x, options) => fft(x, options), ones([4, 2])),
    { call: () => fft(ones([0, 2])), code: 'SHAPE', message: /is empty/ },
    { call: () => fft(ones([2])), code: 'INDEX', message: /axis -1/ },
  ],
};

function reals(shape: readonly number[], edge = 1, inner = 1): Sample {
  const attrs = { edge, inner };
  return { inputs: { x: uniform(shape) }, attrs, tolerance, reference: (x) => rdft(x, edge, inner) };
}

function halves(shape: readonly number[], n: number, edge = 1, inner = 1): Sample {
  const attrs = { edge, inner, n };
  return { inputs: { x: uniform(shape) }, attrs, tolerance, reference: (x) => irdft(x, edge, inner, n) };
}

const bins = (n: number): number => Math.floor(n / 2) + 1;

const rfftSamples: OpSamples = {
  samples: [
    ...lengths.map((n) => reals([n])),
    reals([3, 10], 0.5, 2),
    reals([3, 9], 0.5, 2),
    { ...reals([2, 600]), order: 0, layouts: false },
    { ...reals([2, 74]), order: 0, layouts: false },
    reals([0, 6]),
  ],
  large: { ...reals([40, 2048]), dtypes: ['float32'] },
  errors: [
    ...refusals((x, options) => rfft(x, options), ones([4])),
    { call: () => rfft(ones([0])), code: 'SHAPE', message: /is empty/ },
  ],
};

const irfftSamples: OpSamples = {
  samples: [
    ...lengths.map((n) => halves([bins(n), 2], n)),
    halves([3, 6, 2], 10, 0.5, 2),
    halves([3, 5, 2], 9, 0.5, 2),
    { ...halves([2, 301, 2], 600), order: 0, layouts: false, tolerance: { relative: 16, absolute: 6000 } },
    halves([0, 4, 2], 6),
  ],
  large: { ...halves([40, 1025, 2], 2048), dtypes: ['float32'] },
  errors: [
    { ...noPairs, call: () => irfft(ones([4, 3])) },
    ...refusals((x, options) => irfft(x, options), ones([4, 2])),
    { call: () => irfft(ones([1, 2])), code: 'SHAPE', message: /one number on axis 0 \(need n/ },
  ],
};

/** A function of one axis: its samples have the options as attributes, −1 for a length that is left out. */
function alongAxis(
  run: (x: Tensor<'float64'>, options: FftOptions) => Tensor,
  samples: readonly Sample[],
  errors: readonly ErrorCase[],
): OpSamples {
  return {
    run: ({ x }, { n, axis }) => run(x as Tensor<'float64'>, { n: n as number, axis: axis as number }),
    samples,
    errors,
  };
}

const at = (shape: readonly number[], n: number, axis: number, reference: (x: Nd) => Nd): Sample => ({
  inputs: { x: uniform(shape) },
  attrs: { n, axis },
  dtypes: floats,
  tolerance,
  reference,
});

/** The first n numbers along the first axis, with zeros behind. */
function fitted(x: Nd, n: number): Nd {
  const shape = [n, ...x.shape.slice(1)];
  const size = sizeOf(shape);
  return { ...x, shape, data: Array.from({ length: size }, (_, i) => x.data[i] ?? 0) };
}

const conjugate = (x: Nd): Nd => ({ ...x, data: x.data.map((value, i) => (i % 2 === 0 ? value : -value)) });

type AxesFunction = (x: Tensor<'float64'>, options: FftAxesOptions) => Tensor;

/** A function of several axes: its samples have the options as attributes. */
function alongAxes(
  run: AxesFunction,
  shape: readonly number[],
  s: readonly number[],
  reference: (x: Nd) => Nd,
): OpSamples {
  const x = ones(shape, { dtype: 'float64' });
  const sample = (own: readonly number[], of: (x: Nd) => Nd): Sample => ({
    inputs: { x: uniform(own) },
    attrs: { s, axes: [-2, -1] },
    tolerance,
    reference: of,
  });
  return {
    run: ({ x: given }, attrs) => run(given as Tensor<'float64'>, attrs),
    samples: [
      sample(shape, reference),
      { ...sample([0, ...shape.slice(1)], (given) => ({ ...reference(given), data: [] })), order: 0 },
    ],
    errors: [
      { call: () => run(x, { axes: [0, 0] }), code: 'VALUE', message: /every axis once/ },
      { call: () => run(x, { axes: [] }), code: 'VALUE', message: /at least one axis/ },
      { call: () => run(x, { axes: [9] }), code: 'INDEX', message: /axis 9/ },
      { call: () => run(x, { axes: [0, 1], s: [2] }), code: 'VALUE', message: /one length for each of 2 axes/ },
      { call: () => run(x, { s: 4 as never }), code: 'VALUE', message: /need a list of lengths/ },
      { call: () => run(x, { norm: 'no' as never }), code: 'VALUE', message: /norm is "no"/ },
    ],
  };
}

const both = (x: Nd, sign: number, scale: number): Nd => dft(dft(x, 1, sign), 2, sign, scale);
const pairShape = [2, 3, 4, 2];
const forward2 = (run: AxesFunction): OpSamples => alongAxes(run, pairShape, [3, 4], (x) => both(x, -1, 1));
const inverse2 = (run: AxesFunction): OpSamples => alongAxes(run, pairShape, [3, 4], (x) => both(x, 1, 1 / 12));
const real2 = (run: AxesFunction): OpSamples => alongAxes(run, [2, 3, 5], [3, 5], (x) => dft(rdft(x, 1, 1), 1, -1));
const back2 = (run: AxesFunction): OpSamples =>
  alongAxes(run, [2, 3, 3, 2], [3, 5], (x) => irdft(dft(x, 1, 1), 1 / 15, 1 / 15, 5));

const pairOf =
  (f: (x: [number, number], y: [number, number]) => [number, number]) =>
  (x: Nd, y: Nd): Nd => {
    const read = (z: Nd, i: number): [number, number] => [z.data[i]!, z.data[i + 1]!];
    const data = Array.from({ length: x.data.length / 2 }, (_, i) => f(read(x, 2 * i), read(y, 2 * i))).flat();
    return { ...x, data };
  };

const complexSamples: SampleTable = {
  complex: {
    run: ({ re, im }) => complex(re as Tensor<'float64'>, im as Tensor<'float64'>),
    samples: [[2, 3], [], [0]].map((shape) => ({
      inputs: { re: uniform(shape), im: uniform(shape) },
      reference: (re: Nd, im: Nd) => ({
        ...re,
        shape: [...shape, 2],
        data: re.data.flatMap((x, i) => [x, im.data[i]!]),
      }),
    })),
    errors: [
      { call: () => complex(ones([2]), ones([3])), code: 'SHAPE', message: /need equal shapes/ },
      { call: () => complex(ones([2]), ones([2]).to('int64') as never), code: 'DTYPE', message: /im is int64/ },
    ],
    without: { broadcast: 'both need one shape' },
  },
  complexMul: {
    run: ({ a, b }) => complexMul(a as Tensor<'float64'>, b as Tensor<'float64'>),
    samples: [
      ...[[2, 3, 2], [2], [0, 2]].map((shape) => ({
        inputs: { a: uniform(shape), b: uniform(shape) },
        reference: pairOf(([a, b], [c, d]) => [a * c - b * d, a * d + b * c]),
        tolerance: { relative: 4, absolute: 16 },
      })),
      // One number for all: its parts lie in the first place.
      {
        inputs: { a: uniform([2, 3, 2]), b: uniform([2]) },
        reference: (a, b) =>
          build(a.dtype, a.shape, ([i, j, part]) => {
            const [re, im] = [element(a, [i!, j!, 0]), element(a, [i!, j!, 1])];
            const [c, d] = b.data as [number, number];
            return part === 0 ? re * c - im * d : re * d + im * c;
          }),
        tolerance: { relative: 4, absolute: 16 },
      },
    ],
    errors: [
      { call: () => complexMul(ones([2]), ones([3])), code: 'SHAPE', message: /b is float32\[3\] \(need a last axis/ },
    ],
    without: { scalar: 'a pair is an axis' },
  },
  complexConj: {
    run: ({ x }) => complexConj(x as Tensor<'float64'>),
    samples: [[2, 3, 2], [2], [0, 2]].map((shape) => ({
      inputs: { x: uniform(shape) },
      reference: (x: Nd) => conjugate(x),
    })),
    errors: [{ call: () => complexConj(ones([3])), code: 'SHAPE', message: /need a last axis of extent 2/ }],
    without: { scalar: 'a pair is an axis' },
  },
};

export const fourier: SampleTable = {
  ...complexSamples,
  fftn: { ...forward2((x, options) => fftn(x, options)), without: { scalar: 'a pair is an axis' } },
  fft2: { ...forward2((x, options) => fft2(x, options)), without: { scalar: 'a pair is an axis' } },
  ifftn: { ...inverse2((x, options) => ifftn(x, options)), without: { scalar: 'a pair is an axis' } },
  ifft2: { ...inverse2((x, options) => ifft2(x, options)), without: { scalar: 'a pair is an axis' } },
  rfftn: { ...real2((x, options) => rfftn(x, options)), without: { scalar: 'it needs an axis to transform' } },
  rfft2: { ...real2((x, options) => rfft2(x, options)), without: { scalar: 'it needs an axis to transform' } },
  irfftn: { ...back2((x, options) => irfftn(x, options)), without: { scalar: 'a pair is an axis' } },
  irfft2: { ...back2((x, options) => irfft2(x, options)), without: { scalar: 'a pair is an axis' } },
  fft: { ...fftSamples, without: { scalar: 'a pair is an axis' } },
  rfft: { ...rfftSamples, without: { scalar: 'it needs an axis to transform' } },
  irfft: { ...irfftSamples, without: { scalar: 'a pair is an axis' } },
  ifft: {
    ...alongAxis(
      (x, options) => ifft(x, options),
      [
        at([5, 3, 2], 5, 0, (x) => dft(x, 0, 1, 1 / 5)),
        at([5, 3, 2], 4, -2, (x) => dft(fitted(x, 4), 0, 1, 1 / 4)),
        at([3, 2], 6, 0, (x) => dft(fitted(x, 6), 0, 1, 1 / 6)),
        at([0, 3, 2], 3, 1, (x) => x),
      ],
      [{ ...noPairs, call: () => ifft(ones([4, 3])) }, ...refusals((x, options) => ifft(x, options), ones([4, 2]))],
    ),
    without: { scalar: 'a pair is an axis' },
  },
  hfft: {
    ...alongAxis(
      (x, options) => hfft(x, options),
      [
        at([4, 2], 6, 0, (x) => irdft(conjugate(x), 1, 1, 6)),
        at([4, 2], 7, -1, (x) => irdft(conjugate(x), 1, 1, 7)),
        at([0, 4, 2], 6, 1, (x) => ({ ...x, shape: [0, 6] })),
      ],
      refusals((x, options) => hfft(x, options), ones([4, 2])),
    ),
    without: { scalar: 'a pair is an axis' },
  },
  ihfft: {
    ...alongAxis(
      (x, options) => ihfft(x, options),
      [
        at([6], 6, 0, (x) => conjugate(rdft(x, 1 / 6, 1 / 6))),
        at([6], 5, -1, (x) => conjugate(rdft(fitted(x, 5), 1 / 5, 1 / 5))),
        at([0, 6], 6, 1, (x) => ({ ...x, shape: [0, 4, 2] })),
      ],
      refusals((x, options) => ihfft(x, options), ones([4])),
    ),
    without: { scalar: 'it needs an axis to transform' },
  },
};
