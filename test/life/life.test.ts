import { compileScripts, resultOf, runScript, startScript, type Outcome } from '../support/child';

jest.setTimeout(120_000);
beforeAll(compileScripts);

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

test('two workers train one Parameter in shared memory', async () => {
  expect(resultOf(await runScript('hogwild'))).toEqual({ near: true, storages: 0 });
});

describe('the process may end', () => {
  test.each<[string, string, Partial<Outcome>]>([
    ['by process.exit in a loop', 'exit', { status: 3 }],
    ['by an error that nobody catches', 'throw', { status: 1 }],
    ['by process.exit while a worker computes', 'exit-with-workers', { status: 3 }],
    ['by a signal', 'kill', { signal: 'SIGTERM' }],
    ['by SIGINT', 'interrupt', { signal: 'SIGINT' }],
    ['by a handler of SIGINT, after the op that was running', 'interrupt-handled', { status: 4 }],
    ['by a rejection that nobody handles', 'reject', { status: 1 }],
    ['by itself, with ops in its exit handler', 'exit-handler', { status: 3 }],
  ])('%s', async (_, how, expected) => {
    const outcome = await runScript('exit', how);
    expect(outcome).toMatchObject(expected);
    expect(outcome.stderr.replace(/[^]*on purpose[^]*/, '')).toBe('');
  });
});

describe('in the middle of an op that takes long', () => {
  test.each<[string, string, NodeJS.Signals, Partial<Outcome>, RegExp]>([
    ['SIGINT ends the process at once', 'plain', 'SIGINT', { signal: 'SIGINT' }, /begins $/],
    ['SIGTERM ends the process at once', 'plain', 'SIGTERM', { signal: 'SIGTERM' }, /begins $/],
    ['a handler of SIGINT waits for the op', 'handled', 'SIGINT', { status: 4 }, /begins ends handled $/],
  ])('%s', async (_, how, signal, expected, said) => {
    const { child, outcome } = startScript('mid-op', how);
    child.stdout.once('data', () => child.kill(signal));
    expect(await outcome).toMatchObject({ ...expected, stderr: '', stdout: expect.stringMatching(said) });
  });

  test.each<[string, string, number, RegExp]>([
    ['process.exit on another thread', 'exit', 3, /^$/],
    ['an error on another thread that nobody catches', 'throw', 1, /on purpose/],
  ])('%s', async (_, how, status, stderr) => {
    const expected = { status, signal: null, stdout: 'begins ', stderr: expect.stringMatching(stderr) };
    expect(await runScript('mid-op', how)).toEqual(expected);
  });

  test('worker.terminate leaves no memory and a pool that works', async () => {
    const result = resultOf(await runScript('mid-op', 'terminate')) as Record<string, number>;
    expect(result).toMatchObject({ sum: 27_000_000, storages: 0 });
    expect(result['inOp']).toBeGreaterThanOrEqual(6);
    expect(result['left']).toBeLessThanOrEqual(0);
  });
});
