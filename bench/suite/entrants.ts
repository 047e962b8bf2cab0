// Which contenders there are on this machine, and how each is started.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

import { Contender, type Launch } from './contender.js';
import { nativePeers } from './native-peers.js';
import { own, ownEager } from './results.js';
import type { Entrant } from './runner.js';

/** A peer that can be asked for with `--peers`. */
interface Candidate {
  readonly name: string;
  /** How to start it, or why it is not there. */
  readonly launch: (root: string) => Launch | string;
}

// glibc gives big blocks back to the system and takes them again, page fault by page fault, unless told otherwise.
const keptHeap = {
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TRIM_THRESHOLD_: '8589934592',
  MALLOC_TOP_PAD_: '67108864',
};

/** OpenBLAS takes processors that it does not know for old ones; with AVX-512 its kernels for SkylakeX are the fastest. */
function openBlasCore(root: string): Record<string, string> {
  const { stdout } = spawnSync(process.execPath, [path.join(root, 'dist/cli/main.js'), 'info', '--json'], {
    encoding: 'utf8',
  });
  const hasAvx512 = stdout.includes('"avx512f"') && stdout.includes('"avx512vl"');
  return hasAvx512 ? { OPENBLAS_CORETYPE: 'SkylakeX' } : {};
}

const compiled = (root: string, file: string, ...args: readonly string[]): Launch => ({
  command: process.execPath,
  args: [path.join(root, 'build-examples', 'bench', file), ...args],
});

/** BENCH_PYTHON names a python that has torch, or several of them: `/opt/new/bin/python:/usr/bin/python3`. */
const pythons = (): Candidate[] => {
  const named = (process.env['BENCH_PYTHON'] ?? '').split(path.delimiter).filter((file) => file !== '');
  if (named.length === 0) return [{ name: 'PyTorch', launch: () => 'BENCH_PYTHON does not name a python with torch' }];
  return named.map((python) => ({
    name: 'PyTorch',
    launch: (root) => {
      if (spawnSync(python, ['-c', 'import torch, numpy']).status !== 0)
        return `${python} cannot import torch and numpy`;
      const script = path.join(root, 'bench', 'peers', 'pytorch', 'contender.py');
      return { command: python, args: [script], env: { ...keptHeap, ...openBlasCore(root) } };
    },
  }));
};

/** Peers from npm, installed in bench/peers. */
const npmPeer = (name: string, module: string, file: string, ...args: string[]): Candidate => ({
  name,
  launch: (root) => {
    try {
      createRequire(path.join(root, 'bench/peers/package.json')).resolve(module);
    } catch {
      return `${module} is not installed (npm install --prefix bench/peers --ignore-scripts)`;
    }
    return compiled(root, file, ...args);
  },
});

const nativeCandidates = nativePeers.map((peer): Candidate => ({
  name: peer.name,
  launch: (root) => {
    const built = peer.build(root);
    return 'reason' in built ? built.reason : { command: built.program, args: peer.args, env: openBlasCore(root) };
  },
}));

export const candidates = (): Candidate[] => [
  ...nativeCandidates,
  ...pythons(),
  npmPeer('onnxruntime', 'onnxruntime-node', 'peers/onnxruntime/contender.js'),
  npmPeer('tfjs-wasm', '@tensorflow/tfjs-backend-wasm', 'peers/tfjs/contender.js', 'wasm'),
  npmPeer('tfjs-cpu', '@tensorflow/tfjs', 'peers/tfjs/contender.js', 'cpu'),
];

/** An id that no other entrant has: two versions of a peer may take part. */
function idOf(name: string, version: string, taken: readonly Entrant[]): string {
  const isAlone = taken.every(({ info }) => info.id !== name);
  return isAlone ? name : `${name} ${version}`;
}

/**
 * Starts Myelin and, if wanted, the peers.
 *
 * @param peers names of those wanted, in any case; an empty list is all of them, undefined none
 * @param withEager whether Myelin takes part without `compile`, too
 */
export async function startEntrants(
  root: string,
  peers: readonly string[] | undefined,
  withEager: boolean,
): Promise<{ entrants: Entrant[]; skipped: { name: string; reason: string }[] }> {
  const entrants: Entrant[] = [];
  const skipped: { name: string; reason: string }[] = [];
  const wanted = peers?.map((name) => name.toLowerCase());
  const isWanted = (name: string): boolean => wanted?.length === 0 || wanted?.includes(name.toLowerCase()) === true;
  const myelin = (name: string, ...args: readonly string[]): Candidate => ({
    name,
    launch: () => compiled(root, 'contender/myelin.js', ...args),
  });
  const all: Candidate[] = [
    myelin(own),
    ...(withEager ? [myelin(ownEager, 'eager')] : []),
    ...candidates().filter(({ name }) => isWanted(name)),
  ];
  for (const { name, launch } of all) {
    const way = launch(root);
    if (typeof way === 'string') {
      skipped.push({ name, reason: way });
      continue;
    }
    try {
      const contender = await Contender.start(way);
      const { introduction } = contender;
      entrants.push({
        contender,
        info: { ...introduction, id: idOf(introduction.name, introduction.version, entrants) },
      });
    } catch (error) {
      if (name === own) throw error;
      skipped.push({ name, reason: `cannot be started: ${error instanceof Error ? error.message : String(error)}` });
    }
  }
  return { entrants, skipped };
}
