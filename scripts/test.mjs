// `npm test`: builds what is stale, runs the C++ tests, then Jest on the best ISA of this CPU, the unit suite once more with
// every op in a plan, and, where that makes a difference, Jest on the baseline ISA. It ends with one line `N passed, N failed`
// over all of it. Arguments go to Jest:
// `npm test -- tensor` is then its only run.
//   --native   the C++ tests only
//   --cmake    the same C++ tests and one Jest run on the addon that cmake-js builds
//   --memory   that resident memory is flat over 20,000 steps of several loops, as a table
//   --stress   200 rounds of eight workers that are terminated while they train
//   --curves   that 500 steps of the benchmark's models give the same losses eager and compiled
//   --kill     that a training killed at 50 moments leaves a checkpoint that loads
//   --asan     the C++ tests, Jest and a script for leaks under AddressSanitizer and UndefinedBehaviorSanitizer;
//              with --native the C++ tests only
//   --tsan     the tests of the thread pool and of the pool of memory under ThreadSanitizer
//   --neon     the C++ tests cross-compiled for AArch64 and run in an emulator
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { nativeTests, root } from './native-sources.mjs';
import { configureNeon } from './neon.mjs';

const counted = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;
const runs = [];

function build(label, command, ...args) {
  const env = { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: availableParallelism().toString() };
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  if (status === 0) return;
  console.log(`\n${label} failed\n0 passed, 1 failed`);
  process.exit(1);
}

/** Runs a test program, passes its output on and takes note of its line of counts. A crash counts as a failure. */
async function run(label, command, args = [], env = {}) {
  const started = Date.now();
  console.log(`\n${label}`);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.once('error', () => resolve(1)).once('close', resolve));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const line of createInterface({ input: child.stdout })) {
    const [, passed, failed, skipped = 0] = counted.exec(line) ?? [];
    if (passed === undefined) console.log(line);
    else Object.assign(counts, { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) });
  }
  const status = await closed;
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  runs.push({ label, status, seconds: (Date.now() - started) / 1000, ...counts });
}

async function runNative(folder, { prefix = [], tests = nativeTests } = {}) {
  for (const { name } of tests) {
    const [command, ...args] = [...prefix, join(root, folder, name)];
    await run(name, command, args);
  }
}

const runJest = (label, args, env) => run(label, process.execPath, ['node_modules/jest/bin/jest.js', ...args], env);

// What tries every ISA by itself, and what knows none, does not run again on the baseline.
const elsewhere = [
  '--testPathIgnorePatterns',
  '/node_modules/',
  'test/ops/',
  'test/hostile/',
  'test/life/',
  'test/cli/',
];

// Tests that need a process of their own run on what is compiled.
const buildLib = () => build('compiling lib', process.execPath, 'scripts/build-lib.mjs');

function buildAddon() {
  build('building the addon', process.execPath, 'scripts/build-native.mjs', '--tests');
  buildLib();
}

function buildForNeon() {
  const options = ['-DCMAKE_EXE_LINKER_FLAGS=-static', '-DMYELIN_TESTS=ON'];
  build('configuring for AArch64', 'cmake', ...configureNeon(...options));
  build('compiling for AArch64', 'cmake', '--build', 'build-neon');
}

const libraryOf = (name) => spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout?.trim() ?? '';

/** Ends the run with what to install when a program cannot be started or gcc lacks a sanitizer. */
function need(program, library) {
  const there = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (there && (library === undefined || libraryOf(library).includes('/'))) return;
  console.log(
    `this needs ${program}${library ? ` and ${library}` : ''}: sudo apt-get install cmake g++\n0 passed, 1 failed`,
  );
  process.exit(1);
}

// Sanitized builds have folders of their own, and kernels of the baseline ISA only: the wide ones compile for minutes.
async function runAsan(args) {
  need('cmake', 'libasan.so');
  const options = ['SANITIZE=address,undefined', 'TESTS=ON', 'BASELINE_ONLY=ON'].map(
    (option) => `--CDMYELIN_${option}`,
  );
  build('configuring with sanitizers', 'npx', 'cmake-js', 'configure', '-O', 'build-asan', ...options);
  build('building with sanitizers', 'npx', 'cmake-js', 'build', '-O', 'build-asan');
  const env = {
    MYELIN_ADDON: join(root, 'build-asan/Release/myelin.node'),
    MYELIN_LIFE: 'sanitized',
    LD_PRELOAD: libraryOf('libasan.so'),
  };
  const nativeOnly = args[0] === '--native';
  if (args.length === 0 || nativeOnly) await runNative('build-asan');
  if (nativeOnly) return;
  buildLib();
  // Node, Jest and workers that are terminated leave blocks of their own; leaks of ours show in a script that ends by itself.
  // Each of Node's own allocations would note the thirty callers that it has.
  const quiet = { ...env, ASAN_OPTIONS: 'detect_leaks=0:malloc_context_size=8', UBSAN_OPTIONS: 'print_stacktrace=1' };
  await runJest('jest with sanitizers', ['--testTimeout=300000', ...args], quiet);
  await runJest('leaks', ['test/life/leaks.test.ts'], { ...quiet, MYELIN_LEAKS: 'detect_leaks=1' });
}

// What threads share stands alone, so nothing else is compiled.
const threaded = {
  pool_test: ['native/core/pool.cc'],
  memory_test: ['native/core/pool.cc', 'native/core/scratch.cc', 'native/core/storage.cc'],
};

async function runTsan() {
  need('g++', 'libtsan.so');
  mkdirSync(join(root, 'build-tsan'), { recursive: true });
  const tests = nativeTests.filter(({ name }) => Object.hasOwn(threaded, name));
  for (const { name, source } of tests) {
    const options = [
      '-std=c++17',
      '-O1',
      '-g',
      '-fsanitize=thread',
      '-Inative',
      '-pthread',
      '-o',
      `build-tsan/${name}`,
    ];
    build(`building ${name} with ThreadSanitizer`, 'g++', ...options, source, ...threaded[name]);
  }
  await runNative('build-tsan', { tests });
}

const [mode, ...rest] = process.argv.slice(2);
const life = {
  '--memory': 'test/life/flat.test.ts',
  '--stress': 'test/life/stress.test.ts',
  '--curves': 'test/compile/curves.test.ts',
  '--kill': 'test/train/interrupt.test.ts',
}[mode];
if (mode === '--native') {
  build('building the C++ tests', process.execPath, 'scripts/build-native.mjs', '--tests');
  await runNative('build/Release');
} else if (mode === '--neon') {
  buildForNeon();
  // gemm_test covers code without SIMD and takes an emulator ten minutes.
  const tests = nativeTests.filter(({ name }) => name !== 'gemm_test');
  await runNative('build-neon', { prefix: ['qemu-aarch64'], tests });
} else if (mode === '--cmake') {
  build('building with cmake-js', 'npm', 'run', 'build:cmake', '--', '--CDMYELIN_TESTS=ON');
  buildLib();
  await runNative('build-cmake');
  await runJest('jest, addon of cmake-js', rest, { MYELIN_ADDON: join(root, 'build-cmake/Release/myelin.node') });
} else if (life !== undefined) {
  buildAddon();
  await runJest(life, [life, ...rest], { MYELIN_LIFE: 'full' });
} else if (mode === '--asan') {
  await runAsan(rest);
} else if (mode === '--tsan') {
  await runTsan();
} else if (mode !== undefined) {
  buildAddon();
  await runJest('jest', [mode, ...rest]);
} else {
  buildAddon();
  await runNative('build/Release');
  await runJest('jest, best ISA', []);
  await runJest('jest, ops in plans', ['-c', 'jest.deferred.config.cjs']);
  await runJest('jest, baseline ISA', elsewhere, { MYELIN_ISA: process.arch === 'x64' ? 'sse2' : 'neon' });
}

const total = { passed: 0, failed: 0, skipped: 0 };
const width = Math.max(0, ...runs.map(({ label }) => label.length));
console.log();
for (const { label, seconds, ...counts } of runs) {
  console.log(`  ${label.padEnd(width)}  ${counts.passed} passed, ${counts.failed} failed  (${seconds.toFixed(1)} s)`);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 || total.passed === 0 || runs.some(({ status }) => status !== 0) ? 1 : 0);
