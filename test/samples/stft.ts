import { hannWindow, istft, ones, stft, zeros, type FrameOptions, type Tensor } from 'myelin';

import { build, type Nd } from '../support/reference';
import { uniform, type ErrorCase, type OpSamples, type RunComposed, type Sample, type SampleTable } from './sample';

interface Framing {
  readonly nFft: number;
  readonly hopLength: number;
  readonly winLength: number;
  readonly center: number;
  readonly normalized: number;
  readonly onesided: number;
}

const plain: Framing = { nFft: 8, hopLength: 3, winLength: 8, center: 1, normalized: 0, onesided: 1 };
const tolerance = { relative: 16, absolute: 1000 };
const binsOf = ({ nFft, onesided }: Framing): number => (onesided === 1 ? Math.floor(nFft / 2) + 1 : nFft);
const borderOf = ({ nFft, center }: Framing): number => (center === 1 ? Math.floor(nFft / 2) : 0);

/** Attributes of a sample as options: numbers that stand for flags become them. */
function called(f: (x: Tensor<'float64'>, options: FrameOptions<'float64'>) => Tensor): RunComposed {
  return ({ x, window }, attrs) => {
    const { center, normalized, onesided, ...lengths } = attrs as unknown as Framing;
    const flags = { center: center === 1, normalized: normalized === 1, onesided: onesided === 1 };
    const options = { ...lengths, ...flags, ...(window === undefined ? {} : { window: window as Tensor<'float64'> }) };
    return f(x as Tensor<'float64'>, options);
  };
}

/** The window in the middle of a frame. */
function factors({ nFft, winLength }: Framing, window: Nd | undefined): number[] {
  const before = Math.floor((nFft - winLength) / 2);
  const inside = (k: number): boolean => k >= before && k < before + winLength;
  return Array.from({ length: nFft }, (_, k) => (inside(k) ? (window?.data[k - before] ?? 1) : 0));
}

/** What mirroring at both ends of n samples puts at place i. */
const mirrored = (i: number, n: number): number => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);

/** Of signals [rows, n]. */
function forward(framing: Framing, x: Nd, window?: Nd): Nd {
  const { nFft, hopLength, normalized } = framing;
  const [rows, n] = x.shape as [number, number];
  const border = borderOf(framing);
  const frames = 1 + Math.floor((n + 2 * border - nFft) / hopLength);
  const w = factors(framing, window);
  return build(x.dtype, [rows, binsOf(framing), frames, 2], ([row, f, t, part]) => {
    let total = 0;
    for (let k = 0; k < nFft; k++) {
      const sample = x.data[row! * n + mirrored(t! * hopLength + k - border, n)]!;
      const angle = (-2 * Math.PI * f! * k) / nFft;
      total += w[k]! * sample * (part === 0 ? Math.cos(angle) : Math.sin(angle));
    }
    return normalized === 1 ? total / Math.sqrt(nFft) : total;
  });
}

/** Of spectra [rows, F, T, 2]. */
function backward(framing: Framing, length: number, x: Nd, window?: Nd): Nd {
  const { nFft, hopLength, normalized } = framing;
  const [rows, bins, frames] = x.shape as [number, number, number];
  const half = Math.floor(nFft / 2) + 1;
  const w = factors(framing, window);
  const sampleOf = (row: number, t: number, k: number): number => {
    let total = 0;
    for (let f = 0; f < half; f++) {
      const at = ((row * bins + f) * frames + t) * 2;
      const angle = (2 * Math.PI * f * k) / nFft;
      const alone = f === 0 || 2 * f === nFft;
      const imaginary = alone ? 0 : x.data[at + 1]! * Math.sin(angle);
      total += (alone ? 1 : 2) * (x.data[at]! * Math.cos(angle) - imaginary);
    }
    return total / (normalized === 1 ? Math.sqrt(nFft) : nFft);
  };
  return build(x.dtype, [rows, length], ([row, i]) => {
    let [sum, weight] = [0, 0];
    for (let t = 0; t < frames; t++) {
      const k = i! + borderOf(framing) - t * hopLength;
      if (k < 0 || k >= nFft) continue;
      sum += w[k]! * sampleOf(row!, t, k);
      weight += w[k]! ** 2;
    }
    return weight === 0 ? 0 : sum / weight;
  });
}

function analysis(shape: readonly number[], own: Partial<Framing>, windowed: boolean): Sample {
  const framing = { ...plain, ...own };
  const window = windowed ? { window: uniform([framing.winLength], 0.5, 1.5) } : {};
  return {
    inputs: { x: uniform(shape), ...window },
    attrs: { ...framing },
    tolerance,
    reference: (x, w) => forward(framing, x, w),
  };
}

function synthesis(shape: readonly number[], own: Partial<Framing>, windowed: boolean, length: number): Sample {
  const framing = { ...plain, ...own };
  const window = windowed ? { window: uniform([framing.winLength], 0.5, 1.5) } : {};
  return {
    inputs: { x: uniform(shape), ...window },
    attrs: { ...framing, length },
    // Quotients of sums, of which those at the ends are of few terms.
    tolerance: { relative: 64, absolute: 4000 },
    reference: (x, w) => backward(framing, length, x, w),
  };
}

type Call = (options: FrameOptions<'float32'>) => unknown;

const refusals = (call: Call): ErrorCase[] => [
  { call: () => call(undefined as never), code: 'TYPE', message: /options is undefined \(need an object\)/ },
  { call: () => call({ nFft: 0 }), code: 'VALUE', message: /nFft is 0 \(need an integer of at least 1\)/ },
  { call: () => call({} as never), code: 'VALUE', message: /nFft is undefined/ },
  { call: () => call({ nFft: 8, hopLength: 0 }), code: 'VALUE', message: /hopLength is 0/ },
  { call: () => call({ nFft: 3 }), code: 'VALUE', message: /hopLength is 0/ },
  {
    call: () => call({ nFft: 8, winLength: 9 }),
    code: 'VALUE',
    message: /winLength is 9 \(need an integer of at most 8/,
  },
  { call: () => call({ nFft: 8, winLength: 0.5 }), code: 'VALUE', message: /winLength is 0.5/ },
  {
    call: () => call({ nFft: 8, window: ones([7]) }),
    code: 'SHAPE',
    message: /window is float32\[7\] \(need shape \[8\]/,
  },
  { call: () => call({ nFft: 8, window: 5 as never }), code: 'TYPE', message: /window is 5 \(need a tensor\)/ },
  {
    call: () => call({ nFft: 8, window: hannWindow(8, { dtype: 'float64' }) as never }),
    code: 'DTYPE',
    message: /one dtype/,
  },
  { call: () => call({ nFft: 8, center: 1 as never }), code: 'TYPE', message: /center is 1 \(need true or false\)/ },
  { call: () => call({ nFft: 8, onesided: 'no' as never }), code: 'TYPE', message: /onesided is "no"/ },
];

const stftSamples: OpSamples = {
  run: called((x, options) => stft(x, options)),
  samples: [
    analysis([2, 17], {}, true),
    analysis([1, 12], { nFft: 5, winLength: 5, hopLength: 2, normalized: 1 }, false),
    analysis([2, 13], { center: 0, winLength: 5 }, true),
    analysis([2, 9], { onesided: 0, winLength: 6 }, false),
    analysis([1, 7], { nFft: 1, winLength: 1, hopLength: 1 }, false),
    { ...analysis([0, 12], {}, false), reference: (x) => ({ ...x, shape: [0, 5, 5, 2] }) },
  ],
  large: { ...analysis([20, 3000], { nFft: 32, winLength: 32 }, true), dtypes: ['float32'] },
  errors: [
    ...refusals((options) => stft(ones([20]), options)),
    { call: () => stft(ones([20]).to('int32') as never, { nFft: 4 }), code: 'DTYPE', message: /x is int32/ },
    { call: () => stft(ones([]), { nFft: 4 }), code: 'SHAPE', message: /need at least one axis/ },
    { call: () => stft(ones([7]), { nFft: 8, center: false }), code: 'SHAPE', message: /need at least 8 samples/ },
    { call: () => stft(ones([4]), { nFft: 8 }), code: 'SHAPE', message: /need at most 3 for reflect/ },
    { call: () => stft(ones([9]), { nFft: 8, padMode: 'no' as never }), code: 'VALUE', message: /mode is "no"/ },
  ],
};

const istftSamples: OpSamples = {
  run: called((x, options) => istft(x, options)),
  samples: [
    synthesis([2, 5, 4, 2], {}, true, 9),
    synthesis([1, 3, 4, 2], { nFft: 5, winLength: 5, hopLength: 2, normalized: 1 }, false, 7),
    synthesis([2, 5, 3, 2], { center: 0 }, true, 14),
    synthesis([1, 8, 3, 2], { onesided: 0, winLength: 6, hopLength: 2 }, false, 4),
    synthesis([1, 5, 3, 2], {}, false, 5),
    synthesis([1, 5, 3, 2], {}, true, 20),
    { ...synthesis([0, 5, 3, 2], {}, false, 6), reference: (x) => ({ ...x, shape: [0, 6] }) },
  ],
  large: { ...synthesis([20, 17, 300, 2], { nFft: 32, winLength: 32 }, true, 897), dtypes: ['float32'] },
  errors: [
    ...refusals((options) => istft(ones([5, 3, 2]), options)),
    { call: () => istft(ones([5, 3]), { nFft: 8 }), code: 'SHAPE', message: /need a last axis of extent 2/ },
    { call: () => istft(ones([5, 2]), { nFft: 8 }), code: 'SHAPE', message: /need \[\.\.\., 5, frames, 2\]/ },
    { call: () => istft(ones([4, 3, 2]), { nFft: 8 }), code: 'SHAPE', message: /need \[\.\.\., 5, frames, 2\]/ },
    { call: () => istft(zeros([5, 0, 2]), { nFft: 8 }), code: 'SHAPE', message: /at least one frame/ },
    {
      call: () => istft(ones([5, 3, 2]), { nFft: 8, onesided: false }),
      code: 'SHAPE',
      message: /need \[\.\.\., 8, fr/,
    },
    { call: () => istft(ones([5, 1, 2]), { nFft: 8 }), code: 'SHAPE', message: /no sample inside/ },
    {
      call: () => istft(ones([5, 3, 2]), { nFft: 8, hopLength: 9 }),
      code: 'VALUE',
      message: /hopLength is 9 .*at most 8/,
    },
    { call: () => istft(ones([5, 3, 2]), { nFft: 8, length: 0 }), code: 'VALUE', message: /length is 0/ },
    {
      call: () => istft(ones([5, 3, 2]), { nFft: 8, window: hannWindow(8), hopLength: 8 }),
      code: 'VALUE',
      message: /squares of windows add up to 0 at some sample/,
    },
  ],
};

export const shortTime: SampleTable = {
  stft: {
    ...stftSamples,
    without: { scalar: 'it needs an axis to transform', broadcast: 'the window is that of each frame' },
  },
  istft: { ...istftSamples, without: { scalar: 'a pair is an axis', broadcast: 'the window is that of each frame' } },
};
