// `npm run fuzz -- [--seconds 600] [commands|safetensors]`: looks for inputs that crash; without a name, both in turn. What is
// found is left in build-fuzz/findings.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { root } from './native-sources.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--seconds');
const seconds = at < 0 ? 600 : Number(args.splice(at, 2)[1]);
const compilers = ['clang++', 'clang++-14', 'clang++-15', 'clang++-16', 'clang++-17', 'clang++-18', 'clang++-19'];
const corpus = join(root, 'build-fuzz/corpus');
const findings = join(root, 'build-fuzz/findings');

function run(command, commandArgs, env = {}) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status } = spawnSync(command, commandArgs, options);
  if (status !== 0) process.exit(status ?? 1);
}

function fuzzCommands() {
  const compiler = compilers.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
  if (compiler === undefined) {
    console.error(
      'fuzzing commands needs clang with libFuzzer: sudo apt-get install cmake clang-14 libclang-rt-14-dev',
    );
    process.exit(1);
  }
  const sanitize = '-DMYELIN_SANITIZE=fuzzer-no-link,address,undefined';
  const options = ['-DCMAKE_BUILD_TYPE=Release', `-DCMAKE_CXX_COMPILER=${compiler}`, sanitize];
  run('cmake', ['-S', '.', '-B', 'build-fuzz', ...options, '-DMYELIN_BASELINE_ONLY=ON', '-DMYELIN_FUZZ=ON']);
  run('cmake', ['--build', 'build-fuzz', '--parallel', String(availableParallelism()), '--target', 'commands_fuzz']);
  // Rows name ops by number, and the numbers change with every op that is added.
  rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  mkdirSync(findings, { recursive: true });
  // The rows of every op's samples.
  const seeds = ['node_modules/jest/bin/jest.js', 'test/hostile/commands.test.ts', '-t', 'rows of the library'];
  run(process.execPath, seeds, { MYELIN_FUZZ_CORPUS: corpus });
  const limits = [`-max_total_time=${seconds}`, '-timeout=60', '-rss_limit_mb=3000', '-max_len=8192'];
  run(join(root, 'build-fuzz/commands_fuzz'), [corpus, ...limits, `-artifact_prefix=${findings}/`], {
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });
}

function fuzzHeaders() {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  run(process.execPath, ['scripts/fuzz-header.mjs', String(seconds)]);
}

const targets = { commands: fuzzCommands, safetensors: fuzzHeaders };
const wanted = args.length === 0 ? Object.keys(targets) : args;
const unknown = wanted.filter((name) => !Object.hasOwn(targets, name));
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(`usage: npm run fuzz -- [--seconds 600] [${Object.keys(targets).join('|')}]`);
  process.exit(1);
}
for (const name of wanted) targets[name]();
