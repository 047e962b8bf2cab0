import {
  bce,
  bceWithLogits,
  concat,
  cosineEmbeddingLoss,
  cosineSimilarity,
  ctcLoss,
  type CtcOptions,
  diceLoss,
  type FloatDType,
  focalLoss,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  hingeLoss,
  huberLoss,
  infoNce,
  klDiv,
  logSoftmax,
  type LossReduction,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  narrow,
  poissonNllLoss,
  select,
  smoothL1Loss,
  softMarginLoss,
  stopGradient,
  sub,
  type Tensor,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
  tverskyLoss,
} from 'myelin';

import { summed, type GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;
type Loss = (inputs: readonly Real[], reduction: LossReduction) => Tensor;

const sequences = (
  [logits, targets]: readonly Real[],
  reduction: LossReduction,
  options: CtcOptions,
  lengths: readonly number[] = [9, 8, 4],
  labels: readonly number[] = [4, 3, 0],
): Tensor => ctcLoss(logSoftmax(logits!), targets!, lengths, labels, { reduction, ...options });

/** The labels of sequences without what stands behind their ends. */
const flat = (targets: Tensor, labels: readonly number[]): Tensor =>
  concat(labels.map((length, n) => narrow(select(targets, 0, n), 0, 0, length)));

const losses: Readonly<Record<string, Loss>> = {
  'smooth-l1': ([x, t], reduction) => smoothL1Loss(x!, t!, { reduction }),
  'smooth-l1-beta': ([x, t], reduction) => smoothL1Loss(x!, t!, { reduction, beta: 0.3 }),
  huber: ([x, t], reduction) => huberLoss(x!, t!, { reduction }),
  'huber-delta': ([x, t], reduction) => huberLoss(x!, t!, { reduction, delta: 0.4 }),
  'bce-weight': ([p, t, w], reduction) => bce(p!, stopGradient(t!), { reduction, weight: stopGradient(w!) }),
  'bce-with-logits-weights': ([x, t, w], reduction) =>
    bceWithLogits(x!, stopGradient(t!), { reduction, weight: stopGradient(w!), posWeight: stopGradient(w!).add(1) }),
  'kl-div': ([x, t], reduction) => klDiv(x!, t!, { reduction }),
  'kl-div-log': ([x, t], reduction) => klDiv(x!, t!, { reduction, logTarget: true }),
  'poisson-nll': ([x, t], reduction) => poissonNllLoss(x!, stopGradient(t!), { reduction }),
  'poisson-nll-full': ([x, t], reduction) => poissonNllLoss(x!, t!, { reduction, full: true }),
  'poisson-nll-rate': ([x, t], reduction) => poissonNllLoss(x!, t!, { reduction, logInput: false, eps: 1e-3 }),
  'gaussian-nll': ([x, t, v], reduction) => gaussianNllLoss(x!, t!, v!, { reduction }),
  'gaussian-nll-full': ([x, t, v], reduction) => gaussianNllLoss(x!, t!, v!, { reduction, full: true }),
  'squared-hinge': ([x, t], reduction) => hingeLoss(x!, t!, { reduction, squared: true }),
  'hinge-embedding': ([x, t], reduction) => hingeEmbeddingLoss(x!, t!, { reduction }),
  'hinge-embedding-margin': ([x, t], reduction) => hingeEmbeddingLoss(x!, t!, { reduction, margin: 1.7 }),
  'soft-margin': ([x, t], reduction) => softMarginLoss(x!, t!, { reduction }),
  'multi-margin': ([x, t], reduction) => multiMarginLoss(x!, t!, { reduction }),
  'multi-margin-options': ([x, t, w], reduction) =>
    multiMarginLoss(x!, t!, { reduction, p: 2, margin: 0.5, weight: stopGradient(w!) }),
  'multilabel-margin': ([x, t], reduction) => multilabelMarginLoss(x!, t!, { reduction }),
  'multilabel-soft-margin': ([x, t], reduction) => multilabelSoftMarginLoss(x!, stopGradient(t!), { reduction }),
  'multilabel-soft-margin-weight': ([x, t, w], reduction) =>
    multilabelSoftMarginLoss(x!, stopGradient(t!), { reduction, weight: stopGradient(w!) }),
  'margin-ranking': ([a, b, t], reduction) => marginRankingLoss(a!, b!, t!, { reduction }),
  'margin-ranking-margin': ([a, b, t], reduction) => marginRankingLoss(a!, b!, t!, { reduction, margin: 0.6 }),
  triplet: ([a, p, n], reduction) => tripletMarginLoss(a!, p!, n!, { reduction }),
  'triplet-options': ([a, p, n], reduction) =>
    tripletMarginLoss(a!, p!, n!, { reduction, margin: 2, p: 3, eps: 1e-4, swap: true }),
  'triplet-distance': ([a, p, n], reduction) => tripletMarginWithDistanceLoss(a!, p!, n!, { reduction }),
  'triplet-distance-options': ([a, p, n], reduction) =>
    tripletMarginWithDistanceLoss(a!, p!, n!, {
      reduction,
      distance: (x, y) => sub<number, Real>(1, cosineSimilarity(x, y)),
      margin: 0.5,
      swap: true,
    }),
  'cosine-embedding': ([a, b, t], reduction) => cosineEmbeddingLoss(a!, b!, t!, { reduction }),
  'cosine-embedding-margin': ([a, b, t], reduction) => cosineEmbeddingLoss(a!, b!, t!, { reduction, margin: -0.4 }),
  focal: ([x, t], reduction) => focalLoss(x!, t!, { reduction }),
  'focal-options': ([x, t], reduction) => focalLoss(x!, t!, { reduction, alpha: -1, gamma: 1.5 }),
  dice: ([p, t], reduction) => diceLoss(p!, t!, { reduction }),
  tversky: ([p, t], reduction) => tverskyLoss(p!, t!, { reduction, alpha: 0.3, beta: 0.7, smooth: 0.5 }),
  'info-nce': ([q, k], reduction) => infoNce(q!, k!, { reduction }),
  'info-nce-options': ([q, k], reduction) => infoNce(q!, k!, { reduction, temperature: 0.5, symmetric: true }),
  ctc: (inputs, reduction) => sequences(inputs, reduction, {}),
  'ctc-blank': ([x, t], reduction) => sequences([x!, flat(t!, [4, 3, 0]) as Real], reduction, { blank: 4 }),
  'ctc-short': (inputs, reduction) => sequences(inputs, reduction, { zeroInfinity: true }, [9, 2, 4], [4, 3, 2]),
};

const reductions = ['mean', 'none'] as const;

export const lossCalls: GoldenCalls = {
  ...Object.fromEntries(
    Object.entries(losses).flatMap(([name, loss]) =>
      reductions.map((reduction) => [
        `${name}-${reduction}`,
        summed((...inputs) => loss(inputs as readonly Real[], reduction)),
      ]),
    ),
  ),
  'kl-div-batchmean': summed((x, t) => klDiv(x as Real, t, { reduction: 'batchmean' })),
};
