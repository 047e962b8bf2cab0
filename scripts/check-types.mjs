// `npm run check:types`: the budgets of type instantiations (test/types/budget.json), and the messages that wrong programs get
// (test/types/wrong). Counts, never times. Ends with `N passed, N failed`.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { root } from './native-sources.mjs';

const types = join(root, 'test/types');
const results = { passed: 0, failed: 0 };

function check(label, problem) {
  results[problem === undefined ? 'passed' : 'failed']++;
  console.log(`  ${problem === undefined ? '✓' : '✗'} ${label}`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, '      '));
}

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.check.json'), ts.sys.readFile).config,
  ts.sys,
  root,
);

const filesIn = (folder, { recursive }) =>
  readdirSync(folder, { recursive })
    .filter((file) => /\.m?ts$/.test(file))
    .map((file) => join(folder, file));

/** A program of some files, and what the compiler says of them. A text given for a file stands for its contents. */
function compile(files, texts = {}) {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => texts[file] ?? readFile(file);
  host.fileExists = (file) => file in texts || fileExists(file);
  const program = ts.createProgram(files, options, host);
  const diagnostics = ts.getPreEmitDiagnostics(program);
  return { program, diagnostics };
}

const textOf = ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n');

function checkBudget(name, files, budget) {
  const { program, diagnostics } = compile(files);
  const used = program.getInstantiationCount();
  check(`${name} compiles`, diagnostics.length === 0 ? undefined : diagnostics.map(textOf).join('\n'));
  const share = `${used} of ${budget} instantiations`;
  check(`${name}: ${share}`, used <= budget ? undefined : 'over the budget: see test/types/budget.json for what to do');
}

/** Each `// error: …` is about the statement below it, and every diagnostic is expected. */
function checkMessages(file) {
  const { program, diagnostics } = compile([file]);
  const source = program.getSourceFile(file);
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line;
  const open = new Set(diagnostics);
  const lines = source.text.split('\n');
  lines.forEach((line, i) => {
    const expected = /^\s*\/\/ error: (.*)$/.exec(line)?.[1];
    if (expected === undefined) return;
    const end = lines.findIndex((below, j) => j > i && below === '');
    const here = [...open].filter(({ start }) => lineOf(start) > i && (end < 0 || lineOf(start) < end));
    for (const diagnostic of here) open.delete(diagnostic);
    const found = here.some((diagnostic) => textOf(diagnostic).includes(expected));
    check(expected, found ? undefined : `the compiler says: ${here.map(textOf).join('\n') || 'nothing'}`);
  });
  check(
    'no other message',
    open.size === 0 ? undefined : [...open].map((d) => `${lineOf(d.start) + 1}: ${textOf(d)}`).join('\n'),
  );
}

// What the README's shorter pieces speak of.
const prelude = `
import { compile, crossEntropy, memory, scope, valueAndGrad, zeros, type Adam, type Linear, type Tensor } from 'myelin';
declare const model: Linear;
declare const optimizer: Adam;
declare const x: Tensor<'float32'>;
declare const y: Tensor<'int64'>;
void [compile, crossEntropy, memory, scope, valueAndGrad, zeros, model, optimizer, x, y];
`;

/** Pieces of code with imports of their own are whole modules, the others go into a function. */
function checkReadme() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
  const texts = Object.fromEntries(
    blocks.map((code, i) => [
      join(types, `readme-${i + 1}.mts`),
      code.includes('import ') ? code : `${prelude}export async function piece(): Promise<void> {\n${code}\n}`,
    ]),
  );
  const { diagnostics } = compile(Object.keys(texts), texts);
  for (const file of Object.keys(texts)) {
    // Readers need not use every result.
    const problems = diagnostics.filter((found) => found.file?.fileName === file && found.code !== 6133);
    check(
      `README, ${file.slice(types.length + 8, -4)}. piece of code`,
      problems.length === 0 ? undefined : problems.map(textOf).join('\n'),
    );
  }
}

const budget = JSON.parse(readFileSync(join(types, 'budget.json'), 'utf8'));
checkBudget('tensor', filesIn(types, { recursive: false }), budget.tensor);
checkBudget('library', filesIn(join(root, 'lib'), { recursive: true }), budget.library);
for (const file of filesIn(join(types, 'wrong'), { recursive: false })) checkMessages(file);
checkReadme();
console.log(`\n${results.passed} passed, ${results.failed} failed`);
process.exit(results.failed > 0 ? 1 : 0);
