// `npm run build`: TypeScript's declarations for every file of lib/, and the JavaScript as one bundle and a few parts that wait
// for their first use, because Node loads a file in a few milliseconds and a hundred of them in fifty. The sub-path entries hand out the bundle's own objects, so that
// `require` and `import` of any entry give the same classes.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { build } from 'esbuild';

import { Bundler } from './bundle-parts.mjs';
import { later, planParts } from './lib-parts.mjs';
import { root } from './native-sources.mjs';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const main = 'dist/index.js';
const entries = Object.values(manifest.exports).flatMap((entry) => entry.require?.default.slice(2) ?? []);
const sourceOf = (output) => output.replace(/^dist\/(.*)js$/, 'lib/$1ts');

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.17',
  packages: 'external',
  logLevel: 'warning',
};

function write(file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function declarations() {
  const tsc = 'node_modules/typescript/bin/tsc';
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

/** The names that each entry exports, in the order of `entries`. */
async function exportedNames() {
  const { metafile } = await build({
    ...common,
    entryPoints: entries.map(sourceOf),
    outdir: 'dist',
    outbase: 'lib',
    format: 'esm',
    metafile: true,
    write: false,
  });
  return entries.map((entry) => metafile.outputs[entry].exports.sort());
}

/** A file of JavaScript and its source map, which leads to lib/, and the package holds that. */
function writeScript(output, { code, map }) {
  write(output, `${code}//# sourceMappingURL=${basename(output)}.map\n`);
  write(`${output}.map`, map);
}

/** The library in its parts. Exports are plain properties: esbuild would make a getter of each, which takes longer to load. */
async function bundleLibrary(names) {
  const files = readdirSync(join(root, 'lib'), { recursive: true })
    .map((file) => `lib/${file}`)
    .filter((file) => file.endsWith('.ts') && !file.startsWith('lib/cli/'));
  const bundler = new Bundler(planParts(files, sourceOf(main)), common);
  writeScript(main, await bundler.first(sourceOf(main), names, main, restoreNames));
  rmSync(join(root, 'dist/parts'), { recursive: true, force: true });
  for (const part of later) writeScript(`dist/parts/${part}.js`, await bundler.later(part, `dist/parts/${part}.js`));
}

/** The command line loads the library from its own file, and only where a command needs it. */
function bundleCommandLine(output) {
  const options = {
    entryPoints: ['lib/cli/main.ts'],
    external: ['../index.js'],
    minifyWhitespace: true,
    lineLimit: 160,
  };
  return build({ ...common, ...options, outfile: output, format: 'cjs', sourcemap: true, sourcesContent: false });
}

/** A bundle renames exports that share a name with something of another file: gives them their own name back. */
function restoreNames(code) {
  const [, exported] = /module\.exports = \{(.*?)\}/s.exec(code);
  const pairs = exported
    .split(',')
    .map((entry) => entry.trim().split(': '))
    .filter(([name, inside = name]) => name !== inside || new RegExp(`var ${inside} = class _${inside}\\b`).test(code))
    .map(([name, inside = name]) => `['${name}', ${inside}]`);
  const footer = `for (const [value, export_] of [${pairs.join(', ')}])
  if (typeof export_ === 'function') Object.defineProperty(export_, 'name', { value, configurable: true });
`;
  return code.replace(/(?=\/\/# sourceMappingURL)/, footer);
}

/** The CommonJS file of a sub-path: some of the bundle's exports, in a form that tools can read the names of. */
function subPath(entry, names) {
  const list = names.join(', ');
  const target = relative(dirname(entry), main);
  write(entry, `'use strict';\nconst { ${list} } = require('${target}');\nmodule.exports = { ${list} };\n`);
}

/**
 * The file for `import`. It asks for the bundle by `require` and lists the names itself: Node would read the whole bundle
 * once more to find them.
 */
function moduleOf(entry, names) {
  const list = names.join(', ');
  const loaded = `import { createRequire } from 'node:module';
export const { ${list} } = createRequire(import.meta.url)('./index.js');
`;
  const target = relative(dirname(entry), main).replace(/js$/, 'mjs');
  write(entry.replace(/js$/, 'mjs'), entry === main ? loaded : `export { ${list} } from '${target}';\n`);
}

declarations();
const names = await exportedNames();
await bundleLibrary(names[entries.indexOf(main)]);
await bundleCommandLine('dist/cli/main.js');
chmodSync(join(root, 'dist/cli/main.js'), 0o755);
entries.forEach((entry, i) => {
  if (entry !== main) subPath(entry, names[i]);
  moduleOf(entry, names[i]);
});
