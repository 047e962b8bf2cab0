import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { cast } from './cast.js';
import { checkInteger } from './checks.js';
import { lt, ne, where } from './compare.js';
import { full } from './creation.js';
import { checkBlank, checkScores, lengthsOf, type Lengths } from './ctc.js';
import { logicalAnd } from './logic.js';
import { concat } from './move.js';
import { permute } from './permute.js';
import { arange } from './ranges.js';
import { argmax, sum } from './reduce.js';
import { unsqueeze } from './reshape.js';
import { cumsum } from './scan.js';
import { putAlongAxis } from './scatter.js';
import { narrow } from './views.js';

/** Labels of sequences. */
export interface DecodedLabels {
  /** Classes of each label, [N, T], and −1 after the last of them. */
  readonly labels: Tensor<'int64'>;
  /** Classes of each label, how many, [N]. */
  readonly lengths: Tensor<'int64'>;
}

/** Options of {@link ctcGreedyDecode}. */
export interface CtcDecodeOptions {
  /** Class that stands for nothing; default 0. */
  readonly blank?: number;
  /** Steps of each sequence; default all. */
  readonly inputLengths?: Lengths;
}

function stepsOf(op: string, scores: Tensor, { inputLengths }: CtcDecodeOptions): Tensor {
  const [steps, items] = scores.shape as [number, number];
  return lengthsOf(op, 'inputLengths', inputLengths ?? new Array<number>(items).fill(steps), items);
}

/**
 * Labels that the likeliest class of every step spells: repetitions count once, and blanks not at all.
 *
 * Shapes: logProbs [T, N, C] → labels [N, T] and lengths [N]; [T, C] is taken as [T, 1, C]. Dtypes: logProbs of a float dtype.
 *
 * @param logProbs scores of classes, such as logarithms of probabilities
 * @param options.blank class that stands for nothing; default 0
 * @param options.inputLengths steps of each sequence; default all
 * @throws MyelinError `SHAPE`, `DTYPE` or `VALUE`
 *
 * Source: Graves et al. 2006, «Connectionist Temporal Classification», section 3.2 (best path decoding).
 * @example
 * ```ts
 * import { cast, ctcGreedyDecode, oneHot, tensor } from 'myelin';
 * const scores = cast(oneHot(tensor([1, 1, 0, 1, 2], { dtype: 'int32' }), 3), 'float32');
 * const { labels, lengths } = ctcGreedyDecode(scores);
 * console.log(labels.toArray(), lengths.toArray()); // [ [ 1, 1, 2, -1, -1 ] ] [ 3 ]
 * ```
 */
export function ctcGreedyDecode(logProbs: Tensor, options: CtcDecodeOptions = {}): DecodedLabels {
  const { blank = 0 } = options;
  return scope(() => {
    const scores = checkScores('ctcGreedyDecode', logProbs);
    checkBlank('ctcGreedyDecode', blank, scores);
    const [steps, items] = scores.shape as [number, number];
    const best = permute(argmax(scores, { axis: 2 }), [1, 0]);
    const first = full([items, Math.min(steps, 1)], -1, { dtype: 'int64' });
    const before = concat([first, narrow(best, 1, 0, Math.max(steps - 1, 0))], { axis: 1 });
    const spelled = logicalAnd(ne(best, before), ne(best, blank));
    const ends = unsqueeze(stepsOf('ctcGreedyDecode', scores, options), 1);
    const within = logicalAnd(spelled, lt(arange(steps, { dtype: 'int64' }), ends));
    const counted = cumsum(cast(within, 'int64'), { axis: 1 });
    // What is not spelled goes to a place behind the last.
    const places = where(within, counted.sub(1), steps) as Tensor<'int64'>;
    const all = putAlongAxis(full([items, steps + 1], -1, { dtype: 'int64' }), places, best, { axis: 1 });
    const labels = narrow(all, 1, 0, steps).clone();
    return { labels, lengths: sum(cast(within, 'int64'), { axis: 1 }) };
  });
}

const ctcBeamOp = defineOp({
  name: 'ctcBeam',
  inputs: ['logProbs', 'inputLengths'],
  outputs: ['labels', 'lengths', 'scores'],
  attrs: { blank: 'int', beamWidth: 'int', topPaths: 'int' },
  save: [],
  infer: ({ logProbs }, { topPaths }) => {
    const [steps, items] = logProbs.shape as [number, number];
    return {
      labels: { dtype: 'int64', shape: [items, topPaths, steps] },
      lengths: { dtype: 'int64', shape: [items, topPaths] },
      scores: { dtype: logProbs.dtype, shape: [items, topPaths] },
    };
  },
  grad: 'none',
});

/** Labels of sequences, several for each, likeliest first. */
export interface BeamLabels<D extends FloatDType = FloatDType> extends DecodedLabels {
  /** Logarithms of the probabilities of the labels, as far as their paths were followed, [N, topPaths]. */
  readonly scores: Tensor<D>;
}

/** Options of {@link ctcBeamDecode}. */
export interface CtcBeamOptions extends CtcDecodeOptions {
  /** Beginnings of labels that are followed at a time; default 16. */
  readonly beamWidth?: number;
  /** Labels that are given for each sequence, at most the width of the beam; default 1. */
  readonly topPaths?: number;
}

/**
 * The likeliest labels, where all ways of stretching a label to the sequence count together: a search through the beginnings of
 * labels, of which the best are kept at every step. With a beam wide enough for all of them it is exact.
 *
 * Shapes: logProbs [T, N, C] → labels [N, topPaths, T], −1 after the last class; lengths and scores [N, topPaths]; [T, C] is taken
 * as [T, 1, C]. Where there are fewer labels than asked for, the others are empty and have a score of −∞. Dtypes: logProbs and
 * scores of a float dtype, which is added up in float64.
 *
 * @param logProbs logarithms of probabilities, from {@link logSoftmax}
 * @param options.blank class that stands for nothing; default 0
 * @param options.inputLengths steps of each sequence; default all
 * @param options.beamWidth beginnings that are followed at a time; default 16
 * @param options.topPaths labels that are given for each sequence; default 1
 * @throws MyelinError `SHAPE`, `DTYPE` or `VALUE`; `INDEX` for a length beyond the steps there are
 *
 * Source: Hannun et al. 2014, «First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs»,
 * algorithm 1, without a language model.
 * @example
 * ```ts
 * import { ctcBeamDecode, ctcGreedyDecode, log, tensor } from 'myelin';
 * const logProbs = log(tensor([[0.6, 0.4], [0.6, 0.4]]));
 * // Blank twice is the likeliest path, with 0.36; but 1 has three, 0.16 + 0.24 + 0.24.
 * console.log(ctcGreedyDecode(logProbs).lengths.item(), ctcBeamDecode(logProbs).labels.toArray()); // 0 [ [ [ 1, -1 ] ] ]
 * ```
 */
export function ctcBeamDecode<D extends FloatDType>(logProbs: Tensor<D>, options?: CtcBeamOptions): BeamLabels<D>;
export function ctcBeamDecode(logProbs: Tensor, options: CtcBeamOptions = {}): BeamLabels {
  const op = 'ctcBeamDecode';
  const { blank = 0, beamWidth = 16, topPaths = 1 } = options;
  return scope(() => {
    const scores = checkScores(op, logProbs);
    checkBlank(op, blank, scores);
    checkInteger(op, 'beamWidth', beamWidth, 1);
    checkInteger(op, 'topPaths', topPaths, 1);
    if (topPaths > beamWidth) fail('VALUE', op, `topPaths is ${topPaths} (need at most beamWidth, ${beamWidth})`);
    const inputLengths = stepsOf(op, scores, options);
    return ctcBeamOp({ logProbs: scores, inputLengths }, { blank, beamWidth, topPaths });
  }) as unknown as BeamLabels;
}
