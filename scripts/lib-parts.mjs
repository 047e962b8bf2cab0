// Which files of lib/ the package loads at once, and which in parts that wait for their first use. Most of an import goes into
// reading functions that nobody will call, so a file that has nothing but functions to offer stays unread until one of them is
// called. The rest (classes, tables, whatever acts as it is loaded) is there from the start. Nobody has to list anything: the
// files themselves tell.
import { join, posix } from 'node:path';

import ts from 'typescript';

import { root } from './native-sources.mjs';

/** The part that is loaded at once, and the first of the others, which all later ones stand on. */
export const core = 'core';
export const base = 'ops';

/** Later parts: files that are used together. Whatever is not named here belongs to `ops`. */
const families = {
  compile: /^lib\/compile\//,
  train: /^lib\/(data|io|train)\//,
  losses: /^lib\/ops\/(ctc|loss)/,
  matrices: /^lib\/ops\/(cholesky|eigh|lstsq|lu|matrix|qr|solve|svd|triangular)\b/,
  spectra: /^lib\/ops\/(complex|fft|frequencies|signal|stft)/,
};
export const later = [base, ...Object.keys(families)];

const familyOf = (file) => Object.keys(families).find((name) => families[name].test(file)) ?? base;

/** Whether a part is there before `part` is loaded. */
export const isBelow = (other, part) => part !== core && other !== part && (other === core || other === base);

const declarationOf = (file) => join(root, file.replace(/^lib\/(.*)\.ts$/, 'dist/$1.d.ts'));

/**
 * What each file exports: by name, the parameters of a function and whether it has no properties, or undefined for any other
 * value. Declarations say so as well as sources, in a fraction of the time.
 */
function exportsOf(files) {
  const nodeNext = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const program = ts.createProgram(files.map(declarationOf), { ...nodeNext, noLib: true, types: [] });
  const checker = program.getTypeChecker();
  const functionOf = (symbol) => {
    const type = checker.getTypeOfSymbol(symbol);
    const lists = type.getCallSignatures().map(({ parameters }) => parameters);
    if (type.getConstructSignatures().length > 0 || lists.length === 0) return undefined;
    const isRest = (parameter) => parameter.valueDeclaration?.dotDotDotToken !== undefined;
    const longest = lists.reduce((a, b) => (b.length > a.length ? b : a));
    const parameters = lists.flat().some(isRest) ? '...rest' : longest.map((_, i) => `p${i}`).join(', ');
    return { parameters, plain: type.getProperties().length === 0 };
  };
  const valuesOf = (file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(declarationOf(file)));
    const values = (module ? checker.getExportsOfModule(module) : []).flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return target.flags & ts.SymbolFlags.Value ? [[symbol.name, functionOf(target)]] : [];
    });
    return new Map(values);
  };
  return new Map(files.map((file) => [file, valuesOf(file)]));
}

/** Values that a file imports or hands on: of which file, under which name there and here. */
function importsOf(source, file, exported) {
  return source.statements.flatMap((statement) => {
    const specifier = statement.moduleSpecifier?.text;
    if (!specifier?.startsWith('.') || statement.isTypeOnly || statement.importClause?.isTypeOnly) return [];
    const from = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    const values = exported.get(from);
    const bindings = statement.importClause?.namedBindings ?? statement.exportClause;
    const all = () => [...values.keys()].map((text) => ({ name: { text } }));
    return (bindings?.elements ?? all())
      .filter(({ isTypeOnly }) => !isTypeOnly)
      .map(({ propertyName, name }) => ({ from, name: (propertyName ?? name).text, local: name.text }))
      .filter(({ name }) => values.has(name));
  });
}

/** Where the functions and classes of a file are, by name. */
function declarationsOf(source) {
  const found = new Map();
  for (const statement of source.statements) {
    const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
    for (const node of declared) if (node.name?.text !== undefined) found.set(node.name.text, node);
  }
  return found;
}

function read(file, exported) {
  const source = ts.createSourceFile(file, ts.sys.readFile(join(root, file)), ts.ScriptTarget.Latest, true);
  const imports = importsOf(source, file, exported);
  const acts = source.statements.some((node) => ts.isExpressionStatement(node) || ts.isIterationStatement(node, false));
  const byLocal = new Map(imports.map((entry) => [entry.local, entry]));
  return { source, imports, byLocal, acts, declared: declarationsOf(source), handled: handled(source) };
}

/** Names that a file does more with than calling them. */
function handled(source) {
  const names = new Set();
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) return;
    const called = ts.isCallExpression(node.parent ?? node) && node.parent.expression === node;
    if (ts.isIdentifier(node) && !called) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

const isStatic = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
/** Code that is not run where it stands. */
const waits = (node) => ts.isFunctionLike(node) || (ts.isPropertyDeclaration(node) && !isStatic(node));

/** Pairs of a file and another whose functions it calls as it is loaded, by itself or by what it calls. */
function calledInLoading(sources) {
  const pairs = [];
  const followed = new Set();
  const follow = (file, name) => {
    if (followed.has(`${file}:${name}`)) return;
    followed.add(`${file}:${name}`);
    const { byLocal, declared } = sources.get(file);
    const other = byLocal.get(name);
    if (other) {
      pairs.push([file, other.from]);
      follow(other.from, other.name);
    } else if (declared.has(name)) {
      run(file, declared.get(name));
    }
  };
  const look = (file, node) => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) follow(file, node.expression.getText());
    if (!waits(node)) ts.forEachChild(node, (child) => look(file, child));
  };
  /** The body of what is called: a function, `const f = () => …` or the constructor of a class. */
  const run = (file, node) => {
    const body = node.initializer?.body ?? node.body;
    const members = node.members?.flatMap((member) =>
      ts.isConstructorDeclaration(member) ? member.body : member.initializer,
    );
    for (const code of [body, ...(members ?? [])]) if (code) look(file, code);
  };
  for (const [file, { source }] of sources) source.statements.forEach((statement) => look(file, statement));
  return pairs;
}

/** Whether another function may stand in for a value: an op has properties, which only those can tell who look at them. */
const isCallable = (value, used) => value !== undefined && (value.plain || !used);

/**
 * The part of every file. A part is loaded whole and after those it stands on; so a file that needs more of another than
 * functions to call later has it in its own part or below.
 *
 * @returns parts by file, what files export, and what they import of each other
 */
export function planParts(files, entry) {
  const exported = exportsOf(files);
  const sources = new Map(files.map((file) => [file, read(file, exported)]));
  const parts = new Map(files.map((file) => [file, file === entry || sources.get(file).acts ? core : familyOf(file)]));
  const needs = [...sources]
    .flatMap(([file, { imports, handled: used }]) =>
      imports
        .filter(({ from, name, local }) => !isCallable(exported.get(from).get(name), used.has(local)))
        .map(({ from }) => [file, from]),
    )
    .concat(calledInLoading(sources));
  for (let settled = false; !settled;) {
    settled = true;
    for (const [file, from] of needs) {
      const [part, other] = [parts.get(file), parts.get(from)];
      if (other === part || isBelow(other, part)) continue;
      parts.set(from, part === core ? core : base);
      settled = false;
    }
  }
  return { parts, exported, sources };
}
