import { compileScripts, full, resultOf, runNode, sanitized, scriptFile } from '../support/child';

// `npm run test:memory` sets MYELIN_LIFE=full: every loop to step 20,000, within 2 % up or down. Of the workers, it is the
// memory of the whole process, looked at when the slowest of them has come to those steps.

jest.setTimeout(full ? 1_800_000 : 120_000);
beforeAll(compileScripts);

const tolerance = full ? 0.02 : 0.05;
// What V8 does for itself at moments of its own stays out: it compiles hot code on other threads, which keep a MiB or two,
// and doubles the space for new objects now and then.
const options = ['--single-threaded', '--min-semi-space-size=1', '--max-semi-space-size=1'];
const rows: string[] = [];
const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(8);

afterAll(() => {
  if (full)
    process.stdout.write(
      `\n  resident MiB at step 1,000, at the end, ratio, and the highest between\n${rows.join('\n')}\n`,
    );
});

describe('resident memory is flat from step 1,000 to the end', () => {
  test.each<[string, string, number, number?]>([
    ['a synchronous careless loop, 100 elements', 'careless', 10_000, 100],
    ['a synchronous careless loop, 64 KiB', 'careless', 5_000, 16_384],
    ['a synchronous careless loop, 4 MiB', 'careless', 1_500, 1_048_576],
    ['a loop that only awaits microtasks', 'microtasks', 5_000],
    ['a training loop', 'training', 4_000],
    ['four workers that train', 'workers', 2_000],
  ])('%s', async (name, which, steps, elements = 16_384) => {
    const outcome = await runNode(
      ...options,
      scriptFile('flat'),
      which,
      String(full ? 20_000 : steps),
      String(elements),
    );
    const { first, last, highest, storages } = resultOf(outcome) as Record<string, number>;
    const ratio = last! / first!;
    rows.push(`  ${name.padEnd(42)} ${mebi(first!)} ${mebi(last!)}   ${ratio.toFixed(3)} ${mebi(highest!)}`);
    if (!sanitized) expect(Math.abs(ratio - 1)).toBeLessThanOrEqual(tolerance);
    expect(storages).toBe(0);
  });
});
