import { defineOp } from '../engine/define.js';
import { grad } from '../engine/grad.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { div, maximum, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { checkArray, checkFlag, checkInteger, checkOneFloat, checkShapeOf, checkTensor } from './checks.js';
import { tensor } from './creation.js';
import { lossOfPaths } from './ctc-paths.js';
import { sum } from './reduce.js';
import { average, checkReduction, type LossOptions } from './reduction.js';
import { reshape, unsqueeze } from './reshape.js';

const attrKinds = { blank: 'int', longest: 'int', zeroInfinity: 'bool' } as const;

const ctcOp = defineOp({
  name: 'ctc',
  inputs: ['logProbs', 'targets', 'inputLengths', 'targetLengths'],
  outputs: ['out', 'alphas'],
  attrs: attrKinds,
  save: ['logProbs', 'targets', 'inputLengths', 'targetLengths', 'alphas'],
  infer: ({ logProbs }, { longest }) => {
    const [steps, items] = logProbs.shape as [number, number];
    // Two states more, which lie before the first one and are never reached.
    const alphas = { dtype: logProbs.dtype, shape: [items, steps, 2 * longest + 3] };
    return { out: { dtype: logProbs.dtype, shape: [items] }, alphas };
  },
  grad: ({ dout, logProbs, targets, inputLengths, targetLengths, alphas, attrs }) => ({
    logProbs: ctcBackwardOp({ gradient: dout, logProbs, targets, inputLengths, targetLengths, alphas }, attrs),
  }),
});

const ctcBackwardOp = defineOp({
  name: 'ctcBackward',
  inputs: ['gradient', 'logProbs', 'targets', 'inputLengths', 'targetLengths', 'alphas'],
  attrs: attrKinds,
  save: [],
  infer: ({ logProbs }) => ({ dtype: logProbs.dtype, shape: logProbs.shape }),
  grad: {
    composed: ({ gradient, logProbs, ...labels }, attrs) => {
      const loss = (): Tensor => sum(mul(gradient, lossOfPaths(logProbs, labels, attrs)));
      return grad(loss, [logProbs])[0];
    },
  },
});

/** Lengths of sequences: as a tensor of integers, or as numbers. */
export type Lengths = Tensor | readonly number[];

/** Options of {@link ctcLoss}. */
export interface CtcOptions extends LossOptions {
  /** Class that stands for nothing; default 0. */
  readonly blank?: number;
  /** Whether labels that no path spells, because the input is too short, cost nothing instead of ∞; default `false`. */
  readonly zeroInfinity?: boolean;
}

const wholeNumbers = ['int32', 'int64', 'uint8'];

/** Lengths as the ops take them, one for each sequence. */
export function lengthsOf(op: string, name: string, lengths: Lengths, items: number): Tensor {
  const given = lengths instanceof Tensor ? lengths : listed(op, name, lengths);
  given.check(op);
  if (!wholeNumbers.includes(given.dtype)) fail('DTYPE', op, `${name} is ${describe(given)} (need integers)`);
  checkShapeOf(op, name, given, [items], 'one length per sequence');
  return cast(given, 'int64');
}

function listed(op: string, name: string, lengths: readonly number[]): Tensor {
  checkArray(op, name, lengths);
  lengths.forEach((length, i) => checkInteger(op, `${name}[${i}]`, length, 0));
  return tensor([...lengths], { dtype: 'int64' });
}

/** Refuses what are no scores of classes; those of one sequence become a batch of one. */
export function checkScores(op: string, logProbs: Tensor): Tensor {
  checkOneFloat(op, { logProbs });
  if (logProbs.rank !== 2 && logProbs.rank !== 3) {
    fail('SHAPE', op, `logProbs is ${describe(logProbs)} (need [T, N, C] or [T, C])`);
  }
  return logProbs.rank === 3 ? logProbs : unsqueeze(logProbs, 1);
}

/** Refuses a blank that is no class. */
export function checkBlank(op: string, blank: unknown, scores: Tensor): void {
  checkInteger(op, 'blank', blank, 0);
  if (blank >= scores.shape[2]!) fail('VALUE', op, `blank is ${blank} (need a class, of ${scores.shape[2]!})`);
}

// How long a label can be.
function longestOf(targets: Tensor, lengths: Lengths): number {
  if (targets.rank === 2) return targets.shape[1]!;
  return lengths instanceof Tensor ? targets.size : Math.min(targets.size, Math.max(0, ...lengths));
}

/**
 * How unlikely sequences are to spell their labels, when nobody knows at which step which class is meant: the sum over all
 * ways to stretch a label to the length of the sequence, with blanks between (connectionist temporal classification).
 *
 * lossₙ = −log Σ_paths Π_t exp(logProbs[t, n, path_t]); the mean is that of lossₙ / max(length of label n, 1)
 *
 * The gradient by logProbs is the derivative itself, −(probability that the label passes a class at a step). That of PyTorch
 * has exp(logProbs) added, which {@link logSoftmax} takes away again: behind it both are the same.
 *
 * Shapes: logProbs [T, N, C], targets [N, S], or [ΣS] one behind the other, and lengths [N]; or logProbs [T, C], targets [S]
 * and lengths [1]. The result is a single number, or with reduction `'none'` one per sequence. Dtypes: logProbs of a float
 * dtype; targets and lengths int32, int64 or uint8, lengths also as numbers.
 *
 * @param logProbs logarithms of probabilities, from {@link logSoftmax}
 * @param targets classes of the labels, none of them blank
 * @param inputLengths steps of each sequence
 * @param targetLengths classes of each label
 * @param options.blank class that stands for nothing; default 0
 * @param options.zeroInfinity whether labels that no path spells cost nothing instead of ∞; default `false`
 * @param options.reduction `'mean'`, `'sum'` or `'none'`; default `'mean'`
 * @throws MyelinError `SHAPE` when shapes do not fit; `DTYPE`; `INDEX` for a length that is too large or a target that is no
 *   class; `VALUE` for options out of range
 *
 * Source: Graves et al. 2006, «Connectionist Temporal Classification», section 4.
 * @example
 * ```ts
 * import { ctcLoss, log, tensor } from 'myelin';
 * const logProbs = log(tensor([[[0.5, 0.5]], [[0.5, 0.5]]]));
 * const targets = tensor([[1]], { dtype: 'int32' });
 * console.log(ctcLoss(logProbs, targets, [2], [1]).item().toFixed(4)); // 0.2877
 * ```
 */
export function ctcLoss<D extends FloatDType>(
  logProbs: Tensor<D>,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options?: CtcOptions,
): Tensor<D>;
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CtcOptions = {},
): Tensor {
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  return scope(() => {
    const scores = checkScores('ctcLoss', logProbs);
    checkTensor('ctcLoss', 'targets', targets);
    if (!wholeNumbers.includes(targets.dtype)) {
      fail('DTYPE', 'ctcLoss', `targets is ${describe(targets)} (need integers)`);
    }
    const items = scores.shape[1]!;
    if (targets.rank !== 1 && (targets.rank !== 2 || targets.shape[0] !== items)) {
      fail('SHAPE', 'ctcLoss', `targets is ${describe(targets)} (need [${items}, S], or all in one row)`);
    }
    checkBlank('ctcLoss', blank, scores);
    checkFlag('ctcLoss', 'zeroInfinity', zeroInfinity);
    checkReduction('ctcLoss', reduction);
    const lengths = lengthsOf('ctcLoss', 'targetLengths', targetLengths, items);
    const labels = {
      targets: cast(targets, 'int64'),
      inputLengths: lengthsOf('ctcLoss', 'inputLengths', inputLengths, items),
      targetLengths: lengths,
    };
    const longest = longestOf(targets, targetLengths);
    const losses = ctcOp({ logProbs: scores, ...labels }, { blank, longest, zeroInfinity }).out;
    if (reduction === 'sum') return sum(losses);
    if (reduction === 'mean') return average(div(losses, cast(maximum(lengths, 1), losses.dtype)));
    return logProbs.rank === 2 ? reshape(losses, []) : losses;
  });
}
