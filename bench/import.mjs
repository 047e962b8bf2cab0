// `npm run bench:import`: what `require('myelin')` and `import 'myelin'` cost, from the packed tarball: many fresh processes,
// in turns with ones that do nothing, and the size of the tarball. Run `npm run prebuildify` and `npm run build` first.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 40);
const folder = mkdtempSync(join(tmpdir(), 'myelin-import-'));
const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** Milliseconds of one process from start to end. */
function cost(args) {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - started;
}

const programs = {
  'bare Node': ['-e', '0'],
  "require('myelin')": ['-e', "require('myelin')"],
  'bare Node, module': ['--input-type=module', '-e', '0'],
  "import 'myelin'": ['--input-type=module', '-e', "import 'myelin'"],
};

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
  const rows = Object.entries(times).map(([name, taken]) => {
    const sorted = taken.sort((a, b) => a - b);
    return { name, min: sorted[0], median: sorted[sorted.length >> 1] };
  });
  for (const [i, { name, min, median }] of rows.entries()) {
    const bare = rows[i & ~1];
    const over =
      i % 2 === 1 ? `, over bare Node: ${(min - bare.min).toFixed(1)} and ${(median - bare.median).toFixed(1)}` : '';
    console.log(`${name}: min ${min.toFixed(1)} ms, median ${median.toFixed(1)}${over}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
