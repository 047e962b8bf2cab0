// `npm run bench:import`: what `require('myelin')` and `import 'myelin'` cost, from the packed tarball: many fresh processes,
// in turns with ones that do nothing, and the size of the tarball. Run `npm run prebuildify` and `npm run build` first.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 40);
const folder = mkdtempSync(join(tmpdir(), 'myelin-import-'));
const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** Milliseconds of one process from start to end, and how long it kept processors busy: busy machines add less to that. */
function cost(args) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { elapsed: performance.now() - started, busy: Number(stdout) / 1000 };
}

const tell = `const { user, system } = process.cpuUsage(); process.getBuiltinModule('fs').writeSync(1, String(user + system))`;
const programs = {
  'bare Node': ['-e', tell],
  "require('myelin')": ['-e', `require('myelin'); ${tell}`],
  'bare Node, module': ['--input-type=module', '-e', tell],
  "import 'myelin'": ['--input-type=module', '-e', `import 'myelin'; ${tell}`],
};

/** The least and the middle one. */
function summary(times) {
  const sorted = times.sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1]];
}

/** A line for a program; that of a program that imports also says what it costs more than bare Node. */
function report(name, taken, bare) {
  const parts = ['elapsed', 'busy'].map((kind) => {
    const of = (runs) => summary(runs.map((run) => run[kind]));
    const [least, middle] = of(taken).map((time, i) => (bare === undefined ? time : time - of(bare)[i]));
    return `${kind} ${least.toFixed(1)} ms (median ${middle.toFixed(1)})`;
  });
  console.log(`${name}${bare === undefined ? '' : ', over bare Node'}: ${parts.join(', ')}`);
}

for (const [folder, command] of [
  ['prebuilds', 'npm run prebuildify'],
  ['dist', 'npm run build'],
]) {
  if (existsSync(join(root, folder))) continue;
  console.error(`bench:import measures what would be published, and there is no ${folder}: run \`${command}\` first.`);
  process.exit(1);
}

try {
  npm(root, 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  console.log(`tarball: ${(statSync(join(folder, tarball)).size / 1e6).toFixed(2)} MB`);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm(folder, 'install', '--silent', '--ignore-scripts', '--offline', `./${tarball}`);

  const times = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(programs)) times[name].push(cost(args));
  }
  const rows = Object.entries(times);
  rows.forEach(([name, taken], i) => report(name, taken, i % 2 === 1 ? rows[i - 1][1] : undefined));
} finally {
  rmSync(folder, { recursive: true });
}
