import { checkDecay } from '../ops/checks.js';
import { fail, show } from '../tensor/errors.js';

/** Refuses what are not two decay rates. */
export function checkBetas(op: string, betas: unknown): void {
  if (!Array.isArray(betas) || betas.length !== 2) fail('VALUE', op, `betas is ${show(betas)} (need two numbers)`);
  checkDecay(op, 'betas[0]', betas[0]);
  checkDecay(op, 'betas[1]', betas[1]);
}
