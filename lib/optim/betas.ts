import { checkAtLeast, checkDecay, checkTwoNumbers } from '../ops/checks.js';
import { commonAttrs, commonDefaults, eachElement, singleNumber, type OptimizerOptions } from './optimizer.js';

// What Adam and its kin have in common: averages of gradients and of their squares.

/** Options of optimizers that keep averages. */
export interface BetaOptions extends OptimizerOptions {
  /** How much of the averages of gradients and of their squares is kept, each in [0, 1); default [0.9, 0.999]. */
  readonly betas: readonly [mean: number, square: number];
  /** Added to what steps are divided by; default 1e-8 where nothing else is said. */
  readonly eps: number;
}

export const betaDefaults = { ...commonDefaults, betas: [0.9, 0.999], eps: 1e-8 } as const;

/** Refuses what are not two decay rates. */
export function checkBetas(op: string, betas: unknown): void {
  checkTwoNumbers(op, 'betas', betas);
  checkDecay(op, 'betas[0]', betas[0]);
  checkDecay(op, 'betas[1]', betas[1]);
}

/** Refuses betas and an eps out of range. */
export function checkAverages(op: string, { betas, eps }: BetaOptions): void {
  checkBetas(op, betas);
  checkAtLeast(op, 'eps', eps, 0);
}

/** The averages and the number of steps. */
export const averages = () => ({ exp_avg: eachElement(), exp_avg_sq: eachElement(), step: singleNumber() });

/** The momentum of such optimizers: how much of the average of gradients is kept. */
export const firstBeta = ({ betas }: Pick<BetaOptions, 'betas'>): number => betas[0];

/** The options as ops take them. */
export const betaAttrs = (options: BetaOptions) => ({
  ...commonAttrs(options),
  beta2: options.betas[1],
  eps: options.eps,
});
