import { compileScripts, full, resultOf, runScript } from '../support/child';

// `npm run test:stress` sets MYELIN_LIFE=full: 200 rounds.

const rounds = full ? 200 : 4;
const seed = Number(process.env['MYELIN_SEED'] ?? 1);

jest.setTimeout(full ? 3_600_000 : 120_000);
beforeAll(compileScripts);

test('eight workers train at once and each is terminated at a random moment, again and again', async () => {
  const result = resultOf(await runScript('stress', String(rounds), String(seed)));
  const { workers, trained, errors, used, storages } = result as Record<string, number> & { used: number[] };
  if (full) {
    const summary = `${workers} workers, ${trained} of them had begun to train, seed ${seed}`;
    process.stdout.write(`\n  ${summary}; bytes in use after the first round ${used[0]}, the last ${used.at(-1)}\n`);
  }
  expect({ workers, errors, storages }).toEqual({ workers: 8 * rounds, errors: 0, storages: 0 });
  expect(trained).toBeGreaterThan(rounds);
  // What is left is working memory of the pool's threads, which the first rounds bring to its size.
  expect(used.at(-1)).toBeLessThanOrEqual(Math.max(...used.slice(0, Math.ceil(rounds / 2))));
});
