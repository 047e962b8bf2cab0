import { istft, stft, type FloatDType, type IstftOptions, type StftOptions, type Tensor } from 'myelin';

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

export const signal: GoldenCalls = {
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
