import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format } from 'node:util';

import { transpile } from './support/transpile';

// Runs the examples of all docstrings and compares what they print with the comments that follow `console.log(…);`.

interface Example {
  readonly title: string;
  readonly code: string;
}

const lib = path.join(__dirname, '..', 'lib');

/** Name of what a docstring stands above. */
function documented(source: string, end: number): string {
  const line = source.slice(end).trimStart().split('\n')[0] ?? '';
  return /(?:function\*?|class|const|interface|type)\s+(\w+)/.exec(line)?.[1] ?? line.slice(0, 40).trim();
}

function examplesOf(file: string): Example[] {
  const source = readFileSync(path.join(lib, file), 'utf8');
  return [...source.matchAll(/\/\*\*[^]*?\*\//g)].flatMap((doc) => {
    const text = doc[0].replace(/^\s*\* ?/gm, '');
    const blocks = text.split('@example').slice(1);
    return blocks.flatMap((block, i) => {
      const code = /```ts\n([^]*?)```/.exec(block)?.[1];
      if (code === undefined) throw new Error(`${file}: an @example holds no \`\`\`ts block`);
      const name = documented(source, doc.index + doc[0].length);
      return [{ title: `${file}: ${name}${i > 0 ? ` (${i + 1})` : ''}`, code }];
    });
  });
}

/** Expected output by line of the `console.log` it belongs to; comment lines below it continue it. */
function expectations(code: string): Map<number, string> {
  const found = new Map<number, string>();
  let open: number | undefined;
  code.split('\n').forEach((line, i) => {
    const said = /console\.log\(.*\);\s*\/\/ (.*)$/.exec(line)?.[1];
    const continued = /^\s*\/\/ ?(.*)$/.exec(line)?.[1];
    if (said !== undefined) found.set((open = i), said);
    else if (continued !== undefined && open !== undefined) found.set(open, `${found.get(open)!}\n${continued}`);
    else open = undefined;
  });
  return found;
}

/** What is said of a line that prints several times. */
function ofLoop(texts: readonly string[]): string {
  return texts.length === 2 && texts[0] === texts[1] ? `${texts[0]!}, twice` : texts.join(', ');
}

type Log = (line: number, ...values: unknown[]) => void;
type Compiled = (log: Log) => Promise<void>;

function compile(code: string): Compiled {
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const body = lines.map((line, i) =>
    line.startsWith('import ') ? '' : line.replaceAll('console.log(', `print_(${i}, `),
  );
  const output = transpile(`${imports.join('\n')}\nexport async function example(print_) {\n${body.join('\n')}\n}`);
  const module = { exports: {} as { example: Compiled } };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- documentation is code here
  (new Function('require', 'exports', output) as (load: NodeJS.Require, exports: object) => void)(
    require,
    module.exports,
  );
  return module.exports.example;
}

const folder = mkdtempSync(path.join(tmpdir(), 'myelin-docs-'));
const home = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();
const examples = files.flatMap(examplesOf);

test.each(examples.map((example) => [example.title, example] as const))('%s', async (_, { code }) => {
  const printed = new Map<number, string[]>();
  await compile(code)((line, ...values) => {
    printed.set(line, [...(printed.get(line) ?? []), format(...values)]);
  });
  for (const [line, expected] of expectations(code)) expect(ofLoop(printed.get(line) ?? [])).toBe(expected);
});

test('most of what is documented has an example', () => {
  expect(examples.length).toBeGreaterThan(150);
});
