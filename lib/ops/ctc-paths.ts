import type { FloatDType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, minimum, mul, neg, sub } from './arithmetic.js';
import { eq, gt, lt, where } from './compare.js';
import { full } from './creation.js';
import { gather, indexSelect } from './indexing.js';
import { logicalAnd } from './logic.js';
import { concat, stack } from './move.js';
import { arange } from './ranges.js';
import { reshape, squeeze, unsqueeze } from './reshape.js';
import { cumsum } from './scan.js';
import { select } from './slice.js';
import { logSumExp } from './statistics.js';
import { broadcastTo, narrow } from './views.js';

/** The labels of a batch, as the op of CTC takes them. */
export interface CtcLabels {
  readonly targets: Tensor;
  readonly inputLengths: Tensor;
  readonly targetLengths: Tensor;
}

// Logarithm of a probability that is 0, but finite, so that differences of two are.
const never = -1e30;

/** Targets one row for each sequence, whatever behind their ends. */
function padded({ targets, targetLengths }: CtcLabels, longest: number): Tensor {
  if (targets.rank === 2) return targets;
  const starts = sub(cumsum(targetLengths as Tensor<'int64'>, { axis: 0 }), targetLengths);
  const places = minimum(add(unsqueeze(starts, 1), arange(longest, { dtype: 'int64' })), targets.size - 1);
  return reshape(indexSelect(targets, reshape(places, [-1]) as Tensor<'int64'>), places.shape);
}

/** States moved by some places, with others before them. */
function moved(states: Tensor, places: number, before: number): Tensor {
  const [items, count] = states.shape as [number, number];
  const kept = Math.max(count - places, 0);
  const first = full([items, count - kept], before, { dtype: states.dtype as FloatDType });
  return concat([first, narrow(states, 1, 0, kept)], { axis: 1 });
}

/**
 * The loss of CTC, one per sequence, in ops that have derivatives of every order: a step of a sequence after the other.
 *
 * Source: Graves et al. 2006, «Connectionist Temporal Classification», equations 6 to 8.
 */
export function lossOfPaths(
  logProbs: Tensor,
  labels: CtcLabels,
  { blank, longest, zeroInfinity }: { blank: number; longest: number; zeroInfinity: boolean },
): Tensor {
  const { inputLengths, targetLengths } = labels;
  const [steps, items] = logProbs.shape as [number, number];
  const count = 2 * longest + 1;
  const blanks = full([items, 1], blank, { dtype: 'int64' });
  const classes = longest === 0 ? undefined : padded(labels, longest);
  const spelled =
    classes === undefined
      ? blanks
      : concat([reshape(stack([broadcastTo(blanks, classes.shape), classes], { axis: 2 }), [items, -1]), blanks], {
          axis: 1,
        });
  const safe = where(lt(spelled, 0), blank, minimum(spelled, logProbs.shape[2]! - 1)) as Tensor<'int64'>;
  const emitted = gather(logProbs, broadcastTo(unsqueeze(safe, 0), [steps, items, count]), { axis: 2 });
  const state = arange(count, { dtype: 'int64' });
  const leap = logicalAnd(eq(state.remainder(2), 1), logicalAnd(gt(state, 1), spelled.ne(moved(spelled, 2, -1))));
  const toll = where(leap, 0, full([], never, { dtype: logProbs.dtype as FloatDType }));
  let paths: Tensor = where(lt(state, 2), select(emitted, 0, 0), never);
  for (let t = 1; t < steps; t++) {
    const ways = stack([paths, moved(paths, 1, never), add(moved(paths, 2, never), toll)], {
      axis: 2,
    }) as Tensor<FloatDType>;
    const next = add(logSumExp(ways, { axis: 2 }), select(emitted, 0, t));
    paths = where(unsqueeze(lt(t, inputLengths), 1), next, paths);
  }
  const last = unsqueeze(mul(targetLengths, 2), 1) as Tensor<'int64'>;
  const blankEnd = squeeze(gather(paths, last, { axis: 1 }), 1);
  const before: Tensor = where(gt(last, 0), sub(last, 1), 0);
  const classEnd = squeeze(gather(paths, before as Tensor<'int64'>, { axis: 1 }), 1);
  const ends: Tensor = stack([blankEnd, where(gt(targetLengths, 0), classEnd, never)], { axis: 1 });
  const none = where(gt(targetLengths, 0), -never, full([], 0, { dtype: logProbs.dtype as FloatDType }));
  const losses = where(gt(inputLengths, 0), neg(logSumExp(ends as Tensor<FloatDType>, { axis: 1 })), none);
  return zeroInfinity ? where(gt(losses, -never / 2), 0, losses) : losses;
}
