// Bundles the parts that lib-parts.mjs plans. The first is dist/index.js; a later one, dist/parts/<name>.js, is a function of
// what it needs of the parts before it, and what it returns is called through functions of the same names that load it.
import { join } from 'node:path';

import { build, transform } from 'esbuild';

import { base, core, isBelow, later } from './lib-parts.mjs';
import { root } from './native-sources.mjs';

/** Node would read past white space and long names; what stack traces show, names of functions and classes, stays. */
const size = { minifyWhitespace: true, minifyIdentifiers: true, minifySyntax: true, lineLimit: 160 };

/** Text of `{ a, b: c }` for pairs of key and value. */
const braces = (pairs) => `{ ${pairs.map(([key, value]) => (key === value ? key : `${key}: ${value}`)).join(', ')} }`;

/** The function that loads a later part. */
const loaderOf = (part) => `load_${part}`;
const loaders = later.map(loaderOf).join(', ');

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A number as source maps write it: five bits a digit, the lowest first, the sign before them. */
function quantity(number) {
  let rest = number < 0 ? -number * 2 + 1 : number * 2;
  let text = '';
  do {
    text += digits[(rest & 31) | (rest > 31 ? 32 : 0)];
    rest >>= 5;
  } while (rest > 0);
  return text;
}

/** A comment that leads each line of generated code to a line of a file. */
function mapComment(file, lines) {
  const mappings = lines.map((line, i) => `AA${quantity(line - (lines[i - 1] ?? 0))}A`).join(';');
  const map = JSON.stringify({ version: 3, sources: [join(root, file)], names: [], mappings });
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
}

/** Makes names unique within a part: files may export different things under one name. */
function uniqueNames(wanted) {
  const taken = new Map();
  for (const { from, name } of wanted) {
    const files = taken.get(name) ?? taken.set(name, []).get(name);
    if (!files.includes(from)) files.push(from);
  }
  return (from, name) => {
    const place = taken.get(name).indexOf(from);
    return place === 0 ? name : `${name}$${place}`;
  };
}

export class Bundler {
  /** `common`: options of every build. */
  constructor({ parts, exported, sources }, common) {
    this.parts = parts;
    this.exported = exported;
    this.sources = sources;
    this.common = common;
    const crossings = [...sources].flatMap(([file, { imports }]) =>
      imports.filter(({ from }) => parts.get(from) !== parts.get(file)).map((entry) => ({ ...entry, file })),
    );
    /** By part: what others want of it. */
    this.wanted = new Map(
      [core, ...later].map((part) => [part, crossings.filter(({ from }) => parts.get(from) === part)]),
    );
    this.nameIn = new Map([...this.wanted].map(([part, wanted]) => [part, uniqueNames(wanted)]));
  }

  /** `[key, file, name]` of all that others want of a part. */
  shared(part) {
    const keyOf = this.nameIn.get(part);
    return [...new Map(this.wanted.get(part).map(({ from, name }) => [keyOf(from, name), { from, name }]))];
  }

  /** What stands in a part for a file of another one. */
  standIn(file, part) {
    const other = this.parts.get(file);
    const keyOf = this.nameIn.get(other);
    const wanted = this.wanted.get(other).filter(({ from }) => from === file);
    const names = [...new Set(wanted.map(({ name }) => name))];
    if (isBelow(other, part)) {
      const pairs = names.map((name) => [keyOf(file, name), name]);
      return `const ${braces(pairs)} = ${other}; export { ${names.join(', ')} };`;
    }
    const functions = names.filter((name) => this.exported.get(file).get(name) !== undefined);
    const code = functions.map((name) => {
      const { parameters } = this.exported.get(file).get(name);
      return `export function ${name}(${parameters}) { return (0, load().${keyOf(file, name)})(${parameters}); }`;
    });
    const lines = functions.map((name) => this.lineOf(file, name));
    return [`import { ${loaderOf(other)} as load } from 'parts';`, ...code, mapComment(file, [0, ...lines])].join('\n');
  }

  /** Where a file defines a name, counted from 0. */
  lineOf(file, name) {
    const { source, declared } = this.sources.get(file);
    const node = declared.get(name);
    return node === undefined ? 0 : source.getLineAndCharacterOfPosition(node.getStart()).line;
  }

  /** The functions that load later parts: real in the first part, handed on to the others. */
  loaders(part) {
    if (part !== core) return `export const { ${loaders} } = core.parts;`;
    const functions = later.map((name) => {
      const needs = name === base ? 'core()' : `core(), ${loaderOf(base)}()`;
      return `let ${name}; export function ${loaderOf(name)}() { return ${name} ??= require('./parts/${name}.js')(${needs}); }`;
    });
    return ['let core;', 'export function provide(values) { core = values; }', ...functions].join('\n');
  }

  plugin(part) {
    const setup = (build_) => {
      build_.onResolve({ filter: /^parts$/ }, () => ({ path: 'parts', namespace: 'parts' }));
      build_.onLoad({ filter: /^parts$/, namespace: 'parts' }, () => ({ contents: this.loaders(part) }));
      build_.onResolve({ filter: /^\.\/parts\// }, ({ path }) => ({ path, external: true }));
      build_.onResolve({ filter: /^\..*\.[jt]s$/ }, ({ path, importer, resolveDir }) => {
        const file = join(resolveDir, path)
          .slice(root.length + 1)
          .replace(/js$/, 'ts');
        if (importer === '' || !this.parts.has(file) || this.parts.get(file) === part) return undefined;
        return { path: file, namespace: 'stand-in', sideEffects: false };
      });
      build_.onLoad({ filter: /./, namespace: 'stand-in' }, ({ path }) => ({ contents: this.standIn(path, part) }));
    };
    return { name: 'parts', setup };
  }

  /** A part's code and source map. `finish` may change the code before names within functions are shortened. */
  async bundle(part, contents, output, finish = (code) => code) {
    const { outputFiles } = await build({
      ...this.common,
      stdin: { contents, resolveDir: root, sourcefile: 'exports.js' },
      outfile: output,
      format: 'cjs',
      sourcemap: 'inline',
      sourcesContent: false,
      write: false,
      plugins: [this.plugin(part)],
      logOverride: { 'commonjs-variable-in-esm': 'silent' },
    });
    return transform(finish(outputFiles[0].text), {
      ...size,
      target: this.common.target,
      sourcemap: 'external',
      sourcesContent: false,
      sourcefile: output,
    });
  }

  /** Code of the first part, whose exports are `names` of the entry. */
  first(entry, names, output, finish) {
    const imports = this.shared(core).map(([key, { from, name }], i) => [key, `inner${i}`, from, name]);
    const contents = [
      `import { ${names.join(', ')} } from './${entry}';`,
      `import { provide, ${loaders} } from 'parts';`,
      ...imports.map(([, local, from, name]) => `import { ${name} as ${local} } from './${from}';`),
      `provide(() => (${braces([...imports, ['parts', `{ ${loaders} }`]])}));`,
      `module.exports = { ${names.join(', ')} };`,
    ];
    return this.bundle(core, contents.join('\n'), output, finish);
  }

  /** Code of a later part: a function, in brackets so that it is read once, and not a second time when it is called. */
  async later(part, output) {
    const shared = this.shared(part).map(([key, { from, name }], i) => [key, `outer${i}`, from, name]);
    const imports = shared.map(([, local, from, name]) => `import { ${name} as ${local} } from './${from}';`);
    const contents = [...imports, `module.exports = ${braces(shared)};`].join('\n');
    const { code, map } = await this.bundle(part, contents, output);
    const head = `module.exports = (function (core${part === base ? '' : `, ${base}`}) {const module = {};\n`;
    const { mappings, ...rest } = JSON.parse(map);
    return {
      code: `${head}${code}return module.exports;\n});\n`,
      map: JSON.stringify({ ...rest, mappings: `;${mappings}` }),
    };
  }
}
