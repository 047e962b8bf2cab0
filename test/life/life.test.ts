import { compileScripts, runScript, type Outcome } from '../support/child';

jest.setTimeout(120_000);
beforeAll(compileScripts);

function resultOf(outcome: Outcome): Record<string, unknown> {
  if (outcome.status !== 0) throw new Error(`status ${outcome.status} ${outcome.signal}\n${outcome.stderr}`);
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
}

/** Resident memory may end at most 5 % above where it was at step 1,000. */
function expectFlat({ first, last }: Record<string, unknown>): void {
  expect((last as number) / (first as number)).toBeLessThan(1.05);
}

describe('resident memory from step 1,000 to step 10,000', () => {
  test.each([
    ['100 elements', 100],
    ['64 KiB', 16_384],
    ['4 MiB', 1_048_576],
  ])('is flat in a careless loop on tensors of %s', async (_, elements) => {
    const result = resultOf(await runScript('careless', String(elements), '10000'));
    expectFlat(result);
    expect(result).toMatchObject({ result: 1, storages: 1 });
  });

  test('is flat in a training loop, which leaves nothing', async () => {
    const result = resultOf(await runScript('training', '10000'));
    expectFlat(result);
    expect(result['after']).toBe(result['held']);
    expect(result['storages']).toBe(0);
    const losses = result['losses'] as number[];
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });
});

test('hundreds of thousands of tensors at once', async () => {
  const result = resultOf(await runScript('many'));
  expect(result).toMatchObject({ peak: 300_001, after: 1, storages: 0 });
});

test('workers run at once, end, and are terminated in the middle of an op', async () => {
  const done = Array.from({ length: 4 }, () => ({ sum: 90_000, storages: 0 }));
  expect(resultOf(await runScript('workers'))).toEqual({
    finished: done,
    terminated: ['terminated', 'terminated', 'terminated', 'terminated'],
    again: done,
    sum: 500_000,
    storages: 0,
  });
});

describe('the process may end', () => {
  test.each<[string, string, Partial<Outcome>]>([
    ['by process.exit in a loop', 'exit', { status: 3 }],
    ['by an error that nobody catches', 'throw', { status: 1 }],
    ['by process.exit while a worker computes', 'exit-with-workers', { status: 3 }],
    ['by a signal', 'kill', { signal: 'SIGTERM' }],
    ['by itself, with ops in its exit handler', 'exit-handler', { status: 3 }],
  ])('%s', async (_, how, expected) => {
    const outcome = await runScript('exit', how);
    expect(outcome).toMatchObject(expected);
    expect(outcome.stderr.replace(/[^]*on purpose[^]*/, '')).toBe('');
  });
});
