// Builds build/Release/myelin.node with node-gyp, offline; with --tests or --benches the C++ programs too; with --portable
// myelin_portable.node instead, which older systems load as well. Make decides what is stale.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { missing, nativeBenches, nativeTests, root, sources, unlisted } from './native-sources.mjs';

const env = {
  ...process.env,
  npm_config_nodedir: join(root, 'native/gyp'),
  npm_config_force_process_config: 'true',
  npm_config_loglevel: process.env.npm_config_loglevel ?? 'error',
};

function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

const runs = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Names what a build needs and this machine lacks, with the command that installs it. */
function checkTools() {
  if (process.platform === 'win32') {
    fail('myelin: the kernels need g++ or clang, so a build on Windows is not supported; build inside WSL.');
  }
  const python = env.npm_config_python ?? env.PYTHON ?? 'python3';
  const compiler = env.CXX?.split(' ')[0] ?? 'g++';
  const tools = {
    [`${python} (3.8 or later)`]: runs(python, '-c', 'import sys; sys.exit(sys.version_info < (3, 8))'),
    make: runs(env.MAKE ?? 'make', '--version'),
    [`${compiler} (or CXX set to another C++17 compiler)`]: runs(compiler, '--version'),
  };
  const absent = Object.keys(tools).filter((name) => !tools[name]);
  if (absent.length === 0) return;
  fail(
    [
      `myelin: the native part cannot be built here, this is missing: ${absent.join(', ')}.`,
      '  Debian, Ubuntu:  sudo apt-get install python3 make g++',
      '  Fedora:          sudo dnf install python3 make gcc-c++',
      '  Alpine:          sudo apk add python3 make g++',
      '  macOS:           xcode-select --install',
    ].join('\n'),
  );
}

function checkSources() {
  if (missing.length > 0) fail(`myelin: native/sources.json lists files that do not exist: ${missing.join(', ')}`);
  for (const file of unlisted) console.warn(`warning: ${file} is not in native/sources.json, so it is not compiled`);
}

const resolve = (request) => {
  try {
    return createRequire(import.meta.url).resolve(request);
  } catch {
    return undefined;
  }
};

/** node-gyp's program: the package's, or the one inside npm, which `npx` and `npm run` name. */
const nodeGypProgram = resolve('node-gyp/bin/node-gyp.js') ?? (process.env.npm_config_node_gyp || undefined);

/** Names the npm packages that a build needs and that are not installed. They are optional: most users never compile. */
function checkPackages() {
  const found = {
    'node-gyp': nodeGypProgram,
    'node-addon-api': resolve('node-addon-api/package.json'),
    'node-api-headers': resolve('node-api-headers/package.json'),
  };
  const absent = Object.keys(found).filter((name) => found[name] === undefined);
  if (absent.length === 0) return;
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  fail(
    [
      `myelin: the native part cannot be built here, these npm packages are missing: ${absent.join(', ')}.`,
      `  npm install --no-save ${absent.map((name) => `${name}@${devDependencies[name]}`).join(' ')}`,
    ].join('\n'),
  );
}

function nodeGyp(...args) {
  const { status } = spawnSync(process.execPath, [nodeGypProgram, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) fail(`myelin: node-gyp ${args[0]} failed; the first error above says why.`);
}

/** Everything the Makefile was made from. When it changes, configure again. */
function configuration() {
  const inputs = [
    'binding.gyp',
    'native/gyp/common.gypi',
    'native/gyp/settings.gypi',
    'scripts/native-targets.mjs',
    'package.json',
  ];
  const variables = ['CC', 'CXX', 'AR', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS', 'MYELIN_SANITIZE'];
  const hash = createHash('sha256').update(
    JSON.stringify([process.execPath, process.version, root, sources, nativeTests, nativeBenches]),
  );
  for (const file of inputs) hash.update(readFileSync(join(root, file)));
  for (const name of variables) hash.update(`${name}=${env[name] ?? ''}\n`);
  return hash.digest('hex');
}

checkTools();
checkPackages();
checkSources();

const stamp = join(root, 'build/configuration');
const wanted = configuration();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  nodeGyp('configure');
  writeFileSync(stamp, wanted);
}
const addon = process.argv.includes('--portable') ? 'myelin_portable' : 'myelin';
const programs = [
  ...(process.argv.includes('--tests') ? nativeTests : []),
  ...(process.argv.includes('--benches') ? nativeBenches : []),
];
nodeGyp('build', '--jobs=max', addon, ...programs.map(({ name }) => name));
