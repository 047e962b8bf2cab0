import { compile, seed } from 'myelin';

import { models } from '../../bench/models';
import { full } from '../support/child';

// `npm run test:curves` sets MYELIN_LIFE=full: 500 steps.
const steps = full ? 500 : 12;

// What a fusion computes in another order moves a loss by roundings, which training then spreads. Relative to the first loss.
const tolerance = 1e-3;

const batches: Readonly<Record<string, number>> = { mlp: 64, lenet: 8, resnet18: 4, charLstm: 4, gpt: 2 };

/** The losses of a training with dropout, whose learning rate falls in the middle. */
function curve(name: string, compiled: boolean): number[] {
  seed(7);
  const { train, optimizer } = models[name]!(batches[name]!, true, 0.1);
  const run = compile(train, { name });
  const step = compiled ? run.sync : train;
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    if (i === steps / 2) optimizer.lr *= 0.3;
    const loss = step();
    losses.push(loss.item());
    loss.dispose();
  }
  run.dispose();
  return losses;
}

it('every model of the benchmark is tried', () => {
  expect(Object.keys(batches).sort()).toEqual(Object.keys(models).sort());
});

it.each(Object.keys(batches))(
  '%s learns the same eager and compiled, with dropout and a change of the learning rate',
  (name) => {
    const eager = curve(name, false);
    const compiled = curve(name, true);
    const apart = Math.max(...eager.map((loss, i) => Math.abs(loss - compiled[i]!))) / eager[0]!;
    expect(eager.every(Number.isFinite)).toBe(true);
    expect(eager.at(-1)).toBeLessThan(eager[0]!);
    expect(apart).toBeLessThanOrEqual(tolerance);
  },
  full ? 1_800_000 : 120_000,
);
