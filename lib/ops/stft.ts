import { stopGradient } from '../engine/tape.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { abs, div, mul, square } from './arithmetic.js';
import { checkInteger, checkObject, checkOneFloat, checkReal, checkShapeOf, checkWithin } from './checks.js';
import { checkPairs } from './complex.js';
import { ones, zerosLike } from './creation.js';
import { halfInverse, halfTransform, pairTransform } from './fft-op.js';
import { scaleOf } from './fft.js';
import { stack } from './move.js';
import { onBehalf } from './on-behalf.js';
import { pad, type PadMode } from './padding.js';
import { transpose } from './permute.js';
import { min } from './reduce.js';
import { expand, reshape } from './reshape.js';
import { sliceAxis } from './slice.js';
import { addWindows, unfold } from './windows.js';

/** How {@link stft} and {@link istft} cut a signal into frames. */
export interface FrameOptions<D extends FloatDType> {
  /** Length of a frame, which is that of its transform. */
  readonly nFft: number;
  /** Distance between frames; default ⌊nFft / 4⌋. */
  readonly hopLength?: number;
  /** Length of the window, which lies in the middle of a frame; default nFft. */
  readonly winLength?: number;
  /** Factors of the samples of a frame, [winLength]; default ones. */
  readonly window?: Tensor<D>;
  /** Whether frame t has sample t · hopLength in its middle, not as its first; default true. */
  readonly center?: boolean;
  /** Whether transforms are divided by √nFft; default false. */
  readonly normalized?: boolean;
  /** Whether only the first ⌊nFft / 2⌋ + 1 frequencies are kept, of which the others are conjugates. */
  readonly onesided?: boolean;
}

/** Options of {@link stft}. */
export interface StftOptions<D extends FloatDType> extends FrameOptions<D> {
  /** What lies beyond the ends of the signal when frames are centred; default `'reflect'`. */
  readonly padMode?: PadMode;
}

/** Options of {@link istft}. */
export interface IstftOptions<D extends FloatDType> extends FrameOptions<D> {
  /** Number of samples: what is more is cut, what is missing is 0; default as many as the frames make. */
  readonly length?: number;
}

interface Frames {
  readonly nFft: number;
  readonly hop: number;
  readonly winLength: number;
  /** As long as a frame; undefined for ones. */
  readonly window: Tensor | undefined;
}

function checkFlags(op: string, flags: Readonly<Record<string, unknown>>): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (flag !== undefined && typeof flag !== 'boolean') {
      fail('TYPE', op, `${name} is ${show(flag)} (need true or false)`, { [name]: flag });
    }
  }
}

function framesOf(op: string, x: Tensor, options: FrameOptions<FloatDType>): Frames {
  const { nFft, hopLength, winLength, window, center, normalized, onesided } = options;
  checkFlags(op, { center, normalized, onesided });
  checkInteger(op, 'nFft', nFft, 1);
  const hop = hopLength ?? Math.floor(nFft / 4);
  checkInteger(op, 'hopLength', hop, 1);
  const width = winLength ?? nFft;
  checkWithin(op, 'winLength', width, 1, nFft);
  if (window !== undefined) {
    checkOneFloat(op, { x, window });
    checkShapeOf(op, 'window', window, [width], 'winLength');
  }
  return { nFft, hop, winLength: width, window: centred(window, width, nFft, x.dtype) };
}

// A window of winLength in the middle of nFft.
function centred(window: Tensor | undefined, width: number, nFft: number, dtype: DType): Tensor | undefined {
  if (width === nFft) return window;
  const before = Math.floor((nFft - width) / 2);
  return pad(window ?? ones([width], { dtype }), [[before, nFft - width - before]]);
}

/**
 * Short-time Fourier transform: the spectra of overlapping frames of a signal.
 *
 * out[f, t] = Σₖ window[k] · x[t · hopLength + k] · exp(−2πi fk / nFft), x starting nFft / 2 samples before the signal when
 * frames are centred
 *
 * Shapes: [..., N] → pairs [..., F, T, 2] with F = ⌊nFft/2⌋ + 1 (nFft when not one-sided) and T = 1 + ⌊N / hopLength⌋, or
 * 1 + ⌊(N − nFft) / hopLength⌋ when not centred. Dtypes: float dtypes.
 *
 * Source: Allen, Rabiner, "A unified approach to short-time Fourier analysis and synthesis", 1977.
 *
 * @param options.nFft length of a frame
 * @param options.hopLength distance between frames; default ⌊nFft / 4⌋
 * @param options.winLength length of the window, which lies in the middle of a frame; default nFft
 * @param options.window factors of the samples of a frame, [winLength]; default ones
 * @param options.center whether frame t has sample t · hopLength in its middle, not as its first; default true
 * @param options.padMode what lies beyond the ends when frames are centred, as in {@link pad}; default `'reflect'`
 * @param options.normalized whether to divide by √nFft; default false
 * @param options.onesided whether to keep only the frequencies that are not conjugates of others; default true
 * @throws MyelinError `SHAPE` for a signal shorter than a frame or its border, or a window of another length than winLength;
 * `VALUE` for lengths that are not positive or a winLength above nFft; `DTYPE` for dtypes that are not one float dtype
 * @example
 * ```ts
 * import { stft, tensor } from 'myelin';
 * const clicks = tensor([1, 0, 0, 0, 2, 0, 0, 0]);
 * const spectra = stft(clicks, { nFft: 4, hopLength: 4, center: false });
 * console.log(spectra.shape, spectra.at(null, 1).toArray()); // [ 3, 2, 2 ] [ [ 2, 0 ], [ 2, 0 ], [ 2, 0 ] ]
 * ```
 */
export function stft<D extends FloatDType>(x: Tensor<D>, options: StftOptions<D>): Tensor<D> {
  checkReal('stft', 'x', x);
  checkObject('stft', 'options', options);
  const { center = true, padMode = 'reflect', normalized = false, onesided = true } = options;
  return onBehalf('stft', () => {
    const { nFft, hop, window } = framesOf('stft', x, options);
    if (x.rank === 0) fail('SHAPE', 'stft', `x is ${describe(x)} (need at least one axis)`);
    const border = center ? Math.floor(nFft / 2) : 0;
    const signal = border > 0 ? pad<DType>(x, [[border, border]], { mode: padMode }) : x;
    if (signal.shape.at(-1)! < nFft) {
      fail('SHAPE', 'stft', `x is ${describe(x)} (need at least ${nFft - 2 * border} samples for nFft ${nFft})`);
    }
    const cut: Tensor = unfold(signal, { size: nFft, step: hop });
    const frames = window === undefined ? cut : mul(cut, window);
    const spectra = spectraOf(frames, onesided, scaleOf('stft', normalized ? 'ortho' : 'backward', 'forward', nFft));
    return transpose(spectra, -3, -2);
  }) as Tensor<D>;
}

// Of frames along the last axis.
function spectraOf(frames: Tensor, onesided: boolean, scale: number): Tensor {
  if (onesided) return halfTransform(frames, scale, scale);
  return pairTransform(stack([frames, zerosLike(frames)], { axis: -1 }), frames.rank - 1, 'forward', scale);
}

/**
 * Inverse of {@link stft}: the signal whose frames come closest to the given spectra.
 *
 * out[i] = Σₜ window[k] · frameₜ[k] / Σₜ window[k]², k = i − t · hopLength, frameₜ the inverse transform of x[:, t]
 *
 * Shapes: pairs [..., F, T, 2] → [..., length]; without a length hopLength · (T − 1) samples and, unless frames are centred,
 * nFft more. Dtypes: float dtypes.
 *
 * Source: Griffin, Lim, "Signal estimation from modified short-time Fourier transform", 1984.
 *
 * @param options.nFft length of a frame
 * @param options.hopLength distance between frames, at most winLength; default ⌊nFft / 4⌋
 * @param options.winLength length of the window, which lies in the middle of a frame; default nFft
 * @param options.window what the frames were multiplied by, [winLength]; default ones
 * @param options.center whether frame t has sample t · hopLength in its middle, not as its first; default true
 * @param options.normalized whether the spectra were divided by √nFft; default false
 * @param options.onesided whether F is ⌊nFft/2⌋ + 1, not nFft; default whether F is not nFft
 * @param options.length number of samples: what is more is cut, what is missing is 0; default as many as the frames make
 * @throws MyelinError `SHAPE` for what are no spectra of nFft, or a window of another length than winLength; `VALUE` for windows
 * that add up to 0 at some sample, lengths that are not positive or a hopLength above winLength; `DTYPE` for dtypes that are
 * not one float dtype
 * @example
 * ```ts
 * import { istft, ones, stft } from 'myelin';
 * const frames = { nFft: 4, hopLength: 2 };
 * console.log(istft(stft(ones([6]), frames), frames).toArray()); // [ 1, 1, 1, 1, 1, 1 ]
 * ```
 */
export function istft<D extends FloatDType>(x: Tensor<D>, options: IstftOptions<D>): Tensor<D> {
  checkPairs('istft', 'x', x);
  checkObject('istft', 'options', options);
  return scope(() => {
    const frames = framesOf('istft', x, options);
    checkSpectra(x, frames, options);
    const { normalized = false } = options;
    const scale = scaleOf('istft', normalized ? 'ortho' : 'backward', 'inverse', frames.nFft);
    const bins = sliceAxis(x, x.rank - 3, [0, Math.floor(frames.nFft / 2) + 1]);
    const pieces = halfInverse(transpose(bins, -3, -2), scale, scale, frames.nFft);
    return overlapped(pieces, frames, options);
  }) as Tensor<D>;
}

function checkSpectra(
  x: Tensor,
  { nFft, hop, winLength }: Frames,
  { onesided, length }: IstftOptions<FloatDType>,
): void {
  checkWithin('istft', 'hopLength', hop, 1, winLength);
  if (length !== undefined) checkInteger('istft', 'length', length, 1);
  const whole = x.rank < 3 ? undefined : x.shape.at(-3);
  const bins = (onesided ?? whole !== nFft) ? Math.floor(nFft / 2) + 1 : nFft;
  if (whole === bins && x.shape.at(-2)! > 0) return;
  fail('SHAPE', 'istft', `x is ${describe(x)} (need [..., ${bins}, frames, 2] for nFft ${nFft}, at least one frame)`);
}

// Adds up frames [..., T, nFft] where they lie in the signal, and divides by what their windows add up to there.
function overlapped(pieces: Tensor, { nFft, hop, window }: Frames, options: IstftOptions<FloatDType>): Tensor {
  const count = pieces.shape.at(-2)!;
  const whole = nFft + hop * (count - 1);
  const border = (options.center ?? true) ? Math.floor(nFft / 2) : 0;
  const end = options.length === undefined ? whole - border : border + options.length;
  if (end <= border)
    fail('SHAPE', 'istft', `${count} frames of ${nFft} have no sample inside (need more, or a length)`);
  const kept = (sums: Tensor): Tensor => sliceAxis(sums, sums.rank - 1, [border, Math.min(end, whole)]);

  const batch = pieces.shape.slice(0, -2);
  const rows = batch.reduce((product, extent) => product * extent, 1);
  const lying = reshape(window === undefined ? pieces : mul(pieces, window), [rows, count, nFft]);
  const sums = kept(addWindows(lying, [rows, whole], [whole, hop, 1], 0));
  const squares = window === undefined ? ones([nFft], { dtype: pieces.dtype }) : square(window);
  const weights = kept(addWindows(expand(squares, [count, nFft]), [whole], [hop, 1], 0));
  refuseGaps(weights);
  const signal = pad(div(sums, weights), [[0, Math.max(0, end - whole)]]);
  return reshape(signal, [...batch, end - border]);
}

// PyTorch's limit.
const leastWeight = 1e-11;

// A compiled function, whose window is known in its runs only, gives infinities and NaNs there.
function refuseGaps(weights: Tensor): void {
  if (!weights.storage.known) return;
  const least = stopGradient(() => scope(() => Number(min(abs(weights)).item())));
  if (least < leastWeight) {
    fail('VALUE', 'istft', `squares of windows add up to ${least} at some sample (need ${leastWeight} everywhere)`);
  }
}
