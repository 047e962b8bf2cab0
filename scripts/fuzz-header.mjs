// Fuzzes the parser of safetensors headers, which is TypeScript, with libFuzzer inside of this process:
// `node scripts/fuzz-header.mjs <addon> <folder> <corpus> <libFuzzer's options>`. Counters are put where the parser branches.
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { build } from 'esbuild';
import ts from 'typescript';

import { root } from './native-sources.mjs';

const require = createRequire(import.meta.url);
const [addon, folder, corpus, ...options] = process.argv.slice(2);
const target = join(folder, 'safetensors-header.cjs');
const lazy = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken];
let places = 0;

/** The code with a counter of its own in every block, arm of a condition and body of a function. */
function instrument(file, code) {
  const make = ts.factory;
  const raise = () => {
    const counters = make.createPropertyAccessExpression(make.createIdentifier('globalThis'), 'reached');
    return make.createPostfixIncrement(make.createElementAccessExpression(counters, places++));
  };
  const counted = (expression) => make.createParenthesizedExpression(make.createComma(raise(), expression));
  const block = (...statements) => make.createBlock([make.createExpressionStatement(raise()), ...statements], true);
  const asBlock = (statement) =>
    statement === undefined || ts.isBlock(statement) || ts.isIfStatement(statement) ? statement : block(statement);

  function edited(node) {
    if (ts.isConditionalExpression(node)) {
      const [yes, no] = [counted(node.whenTrue), counted(node.whenFalse)];
      return make.updateConditionalExpression(node, node.condition, node.questionToken, yes, node.colonToken, no);
    }
    if (ts.isBinaryExpression(node) && lazy.includes(node.operatorToken.kind)) {
      return make.updateBinaryExpression(node, node.left, node.operatorToken, counted(node.right));
    }
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node;
      const rest = [parameters, type, equalsGreaterThanToken, counted(body)];
      return make.updateArrowFunction(node, modifiers, typeParameters, ...rest);
    }
    if (ts.isIfStatement(node)) {
      return make.updateIfStatement(node, node.expression, asBlock(node.thenStatement), asBlock(node.elseStatement));
    }
    if (ts.isForStatement(node)) {
      const { initializer, condition, incrementor, statement } = node;
      return make.updateForStatement(node, initializer, condition, incrementor, asBlock(statement));
    }
    return ts.isBlock(node) && node.pos >= 0 ? block(...node.statements) : node;
  }

  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
  const { transformed } = ts.transform(source, [
    (context) => {
      const visit = (node) => edited(ts.visitEachChild(node, visit, context));
      return (file) => ts.visitNode(file, visit);
    },
  ]);
  return ts.createPrinter().printFile(transformed[0]);
}

const counters = {
  name: 'counters',
  setup({ onLoad }) {
    onLoad({ filter: /lib.io.safetensors-header\.ts$/ }, async ({ path }) => ({
      contents: instrument(path, await readFile(path, 'utf8')),
      loader: 'ts',
    }));
  },
};

await build({
  absWorkingDir: root,
  entryPoints: ['test/fuzz/safetensors-header.ts'],
  outfile: target,
  bundle: true,
  platform: 'node',
  logLevel: 'warning',
  plugins: [counters],
});
globalThis.reached = new Uint8Array(places);
const { fuzz, seeds, dictionary } = require(target);
for (const [i, seed] of seeds().entries()) writeFileSync(join(corpus, `seed-${i}`), seed);
const words = join(folder, 'safetensors.dict');
writeFileSync(words, dictionary());

console.log(`${places} places in the parser are counted`);
require(addon).run(['fuzz-header', corpus, `-dict=${words}`, ...options], globalThis.reached, (input) => {
  try {
    fuzz(input);
  } catch (error) {
    console.error(error);
    throw error;
  }
});
