import {
  bartlettWindow,
  blackmanWindow,
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
  istft,
  kaiserWindow,
  nuttallWindow,
  rfftfreq,
  stack,
  stft,
  type FloatDType,
  type IstftOptions,
  type StftOptions,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

type Floats = Tensor<FloatDType>;
const tolerance = { float32: { relative: 64, absolute: 400 }, float64: { relative: 64, absolute: 400 } };

/** Inputs of these functions are floats; the table's type cannot say so. */
const near = (call: (...inputs: Floats[]) => Tensor): GoldenCall => ({
  call: (...inputs) => call(...(inputs as Floats[])),
  tolerance,
});

type Options = StftOptions<FloatDType> & IstftOptions<FloatDType>;

/** A function of frames whose second input, if there is one, is the window. */
const framed =
  (f: (x: Floats, options: Options) => Tensor) =>
  (options: Options): GoldenCall =>
    near((x, window) => f(x, window === undefined ? options : { ...options, window }));

const analysis = framed((x, options) => stft(x, options));
const synthesis = framed((x, options) => istft(x, options));

const windows = (periodic: boolean): GoldenCall =>
  near((x) => {
    const options = { periodic, dtype: x.dtype };
    return stack([
      hannWindow(11, options),
      hammingWindow(11, options),
      blackmanWindow(11, options),
      bartlettWindow(11, options),
      nuttallWindow(11, options),
      generalCosineWindow(11, [0.4, 0.3, 0.2, 0.1], options),
      generalHammingWindow(11, { alpha: 0.7, ...options }),
      cosineWindow(11, options),
      kaiserWindow(11, options),
      kaiserWindow(11, { beta: 0.5, ...options }),
      gaussianWindow(11, { std: 2.5, ...options }),
      exponentialWindow(11, { tau: 3, ...options }),
    ]);
  });

export const signal: GoldenCalls = {
  windows: windows(true),
  'windows-symmetric': windows(false),
  'kaiser-steep': near((x) => kaiserWindow(9, { beta: 300, periodic: false, dtype: x.dtype })),
  frequencies: (x) => {
    const options = { d: 0.25, dtype: x.dtype as FloatDType };
    return [fftfreq, rfftfreq].flatMap((make) => [1, 8, 9].map((n) => make(n, options)));
  },
  fftshift: (x) => fftshift(x, { axes: [0, 2] }),
  ifftshift: (x) => ifftshift(x, { axes: [0, 2] }),
  fftconvolve: near((a, b) => fftConvolve(a, b)),
  'fftconvolve-full': near((a, b) => fftConvolve(a, b)),
  'fftconvolve-same': near((a, b) => fftConvolve(a, b, { mode: 'same' })),
  'fftconvolve-valid': near((a, b) => fftConvolve(a, b, { mode: 'valid', axes: [1] })),
  stft: analysis({ nFft: 8 }),
  'stft-window': analysis({ nFft: 16, hopLength: 5, winLength: 11 }),
  'stft-ends': analysis({ nFft: 9, hopLength: 4, center: false, normalized: true }),
  'stft-constant': analysis({ nFft: 10, padMode: 'constant' }),
  'stft-replicate': analysis({ nFft: 6, hopLength: 2, padMode: 'replicate' }),
  'stft-two-sided': analysis({ nFft: 8, onesided: false }),
  istft: synthesis({ nFft: 8 }),
  'istft-window': synthesis({ nFft: 16, hopLength: 3, winLength: 11 }),
  'istft-ends': synthesis({ nFft: 9, hopLength: 4, center: false, normalized: true }),
  'istft-short': synthesis({ nFft: 8, length: 7 }),
  'istft-long': synthesis({ nFft: 8, length: 20 }),
  'istft-two-sided': synthesis({ nFft: 8, onesided: false }),
};
