// `npm run fuzz -- [--seconds 600] [commands|safetensors]`: looks for inputs that crash, with libFuzzer; without a name, both in turn.
// What is found is left in build-fuzz/findings.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { root } from './native-sources.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--seconds');
const seconds = at < 0 ? 600 : Number(args.splice(at, 2)[1]);
const compilers = ['clang++', 'clang++-14', 'clang++-15', 'clang++-16', 'clang++-17', 'clang++-18', 'clang++-19'];
const folder = join(root, 'build-fuzz');
const findings = join(folder, 'findings');
const limits = [`-max_total_time=${seconds}`, '-print_final_stats=1', `-artifact_prefix=${findings}/`];

function run(command, commandArgs, env = {}) {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status } = spawnSync(command, commandArgs, options);
  if (status !== 0) process.exit(status ?? 1);
}

function clang() {
  const compiler = compilers.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
  if (compiler === undefined) {
    console.error('fuzzing needs clang with libFuzzer: sudo apt-get install cmake clang-14 libclang-rt-14-dev');
    process.exit(1);
  }
  return compiler;
}

/** An empty folder for the inputs to begin with. */
function freshCorpus(name) {
  const corpus = join(folder, `corpus-${name}`);
  rmSync(corpus, { recursive: true, force: true });
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  return corpus;
}

function fuzzCommands() {
  const sanitize = '-DMYELIN_SANITIZE=fuzzer-no-link,address,undefined';
  const options = ['-DCMAKE_BUILD_TYPE=Release', `-DCMAKE_CXX_COMPILER=${clang()}`, sanitize];
  run('cmake', ['-S', '.', '-B', 'build-fuzz', ...options, '-DMYELIN_BASELINE_ONLY=ON', '-DMYELIN_FUZZ=ON']);
  run('cmake', ['--build', 'build-fuzz', '--parallel', String(availableParallelism()), '--target', 'commands_fuzz']);
  // Rows name ops by number, and the numbers change with every op that is added.
  const corpus = freshCorpus('commands');
  // The rows of every op's samples.
  const seeds = ['node_modules/jest/bin/jest.js', 'test/hostile/commands.test.ts', '-t', 'rows of the library'];
  run(process.execPath, seeds, { MYELIN_FUZZ_CORPUS: corpus });
  const bounds = [...limits, '-timeout=60', '-rss_limit_mb=3000', '-max_len=8192'];
  run(join(folder, 'commands_fuzz'), [corpus, ...bounds], { UBSAN_OPTIONS: 'print_stacktrace=1' });
}

function fuzzHeaders() {
  const corpus = freshCorpus('safetensors');
  const compiler = clang();
  const { stdout } = spawnSync(compiler, ['-print-runtime-dir'], { encoding: 'utf8' });
  const cpu = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  const library = join(stdout.trim(), `libclang_rt.fuzzer_no_main-${cpu}.a`);
  const addon = join(folder, 'libfuzzer.node');
  const options = ['-std=c++17', '-O1', '-shared', '-fPIC', '-Inode_modules/node-api-headers/include', '-o', addon];
  run(compiler, [...options, 'test/fuzz/libfuzzer.cc', library]);
  const bounds = [...limits, '-timeout=5', '-max_len=16384'];
  run(process.execPath, ['scripts/fuzz-header.mjs', addon, folder, corpus, ...bounds]);
}

const targets = { commands: fuzzCommands, safetensors: fuzzHeaders };
const wanted = args.length === 0 ? Object.keys(targets) : args;
const unknown = wanted.filter((name) => !Object.hasOwn(targets, name));
if (unknown.length > 0 || !(seconds > 0)) {
  console.error(`usage: npm run fuzz -- [--seconds 600] [${Object.keys(targets).join('|')}]`);
  process.exit(1);
}
for (const name of wanted) targets[name]();
