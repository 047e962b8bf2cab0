import * as m from 'myelin';
import type { FloatDType, LossReduction, Tensor } from 'myelin';

import { summed, type GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;
type Loss = (inputs: readonly Real[], reduction: LossReduction) => Tensor;

const stop = m.stopGradient;

const sequences = (
  [logits, targets]: readonly Real[],
  reduction: LossReduction,
  options: m.CtcOptions,
  lengths: readonly number[] = [9, 8, 4],
  labels: readonly number[] = [4, 3, 0],
): Tensor => m.ctcLoss(m.logSoftmax(logits!), targets!, lengths, labels, { reduction, ...options });

/** The labels of sequences without what stands behind their ends. */
const flat = (targets: Tensor, labels: readonly number[]): Tensor =>
  m.concat(labels.map((length, n) => m.narrow(m.select(targets, 0, n), 0, 0, length)));

const losses: Readonly<Record<string, Loss>> = {
  'smooth-l1': ([x, t], reduction) => m.smoothL1Loss(x!, t!, { reduction }),
  'smooth-l1-beta': ([x, t], reduction) => m.smoothL1Loss(x!, t!, { reduction, beta: 0.3 }),
  huber: ([x, t], reduction) => m.huberLoss(x!, t!, { reduction }),
  'huber-delta': ([x, t], reduction) => m.huberLoss(x!, t!, { reduction, delta: 0.4 }),
  'bce-weight': ([p, t, w], reduction) => m.bce(p!, stop(t!), { reduction, weight: stop(w!) }),
  'bce-with-logits-weights': ([x, t, w], reduction) =>
    m.bceWithLogits(x!, stop(t!), { reduction, weight: stop(w!), posWeight: stop(w!).add(1) }),
  'kl-div': ([x, t], reduction) => m.klDiv(x!, t!, { reduction }),
  'kl-div-log': ([x, t], reduction) => m.klDiv(x!, t!, { reduction, logTarget: true }),
  'poisson-nll': ([x, t], reduction) => m.poissonNllLoss(x!, stop(t!), { reduction }),
  'poisson-nll-full': ([x, t], reduction) => m.poissonNllLoss(x!, t!, { reduction, full: true }),
  'poisson-nll-rate': ([x, t], reduction) => m.poissonNllLoss(x!, t!, { reduction, logInput: false, eps: 1e-3 }),
  'gaussian-nll': ([x, t, v], reduction) => m.gaussianNllLoss(x!, t!, v!, { reduction }),
  'gaussian-nll-full': ([x, t, v], reduction) => m.gaussianNllLoss(x!, t!, v!, { reduction, full: true }),
  'squared-hinge': ([x, t], reduction) => m.hingeLoss(x!, t!, { reduction, squared: true }),
  'hinge-embedding': ([x, t], reduction) => m.hingeEmbeddingLoss(x!, t!, { reduction }),
  'hinge-embedding-margin': ([x, t], reduction) => m.hingeEmbeddingLoss(x!, t!, { reduction, margin: 1.7 }),
  'soft-margin': ([x, t], reduction) => m.softMarginLoss(x!, t!, { reduction }),
  'multi-margin': ([x, t], reduction) => m.multiMarginLoss(x!, t!, { reduction }),
  'multi-margin-options': ([x, t, w], reduction) =>
    m.multiMarginLoss(x!, t!, { reduction, p: 2, margin: 0.5, weight: stop(w!) }),
  'multilabel-margin': ([x, t], reduction) => m.multilabelMarginLoss(x!, t!, { reduction }),
  'multilabel-soft-margin': ([x, t], reduction) => m.multilabelSoftMarginLoss(x!, stop(t!), { reduction }),
  'multilabel-soft-margin-weight': ([x, t, w], reduction) =>
    m.multilabelSoftMarginLoss(x!, stop(t!), { reduction, weight: stop(w!) }),
  'margin-ranking': ([a, b, t], reduction) => m.marginRankingLoss(a!, b!, t!, { reduction }),
  'margin-ranking-margin': ([a, b, t], reduction) => m.marginRankingLoss(a!, b!, t!, { reduction, margin: 0.6 }),
  triplet: ([a, p, n], reduction) => m.tripletMarginLoss(a!, p!, n!, { reduction }),
  'triplet-options': ([a, p, n], reduction) =>
    m.tripletMarginLoss(a!, p!, n!, { reduction, margin: 2, p: 3, eps: 1e-4, swap: true }),
  'cosine-embedding': ([a, b, t], reduction) => m.cosineEmbeddingLoss(a!, b!, t!, { reduction }),
  'cosine-embedding-margin': ([a, b, t], reduction) => m.cosineEmbeddingLoss(a!, b!, t!, { reduction, margin: -0.4 }),
  focal: ([x, t], reduction) => m.focalLoss(x!, t!, { reduction }),
  'focal-options': ([x, t], reduction) => m.focalLoss(x!, t!, { reduction, alpha: -1, gamma: 1.5 }),
  dice: ([p, t], reduction) => m.diceLoss(p!, t!, { reduction }),
  tversky: ([p, t], reduction) => m.tverskyLoss(p!, t!, { reduction, alpha: 0.3, beta: 0.7, smooth: 0.5 }),
  'info-nce': ([q, k], reduction) => m.infoNce(q!, k!, { reduction }),
  'info-nce-options': ([q, k], reduction) => m.infoNce(q!, k!, { reduction, temperature: 0.5, symmetric: true }),
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
  'kl-div-batchmean': summed((x, t) => m.klDiv(x as Real, t, { reduction: 'batchmean' })),
};
