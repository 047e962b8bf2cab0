// Peers that are C++ libraries: a small driver each, built when it is first asked for.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

type Built = { readonly program: string } | { readonly reason: string };

interface NativePeer {
  readonly name: string;
  readonly args: readonly string[];
  /** Compiles the driver if it is not there or older than its sources. */
  readonly build: (root: string) => Built;
}

function nativePeer(
  name: string,
  source: string,
  libraries: readonly string[],
  debian: string,
  ...args: readonly string[]
): NativePeer {
  const build = (root: string): Built => {
    const folder = path.join(root, 'bench', 'peers', 'native');
    const sources = [source, 'contender.h'].map((file) => path.join(folder, file));
    const program = path.join(root, 'build', 'peers', path.basename(source, '.cc'));
    const isFresh = existsSync(program) && sources.every((file) => statSync(file).mtimeMs < statSync(program).mtimeMs);
    if (isFresh) return { program };
    mkdirSync(path.dirname(program), { recursive: true });
    const [compiler = 'g++', ...prefix] = (process.env['CXX'] ?? 'g++').split(' ');
    const flags = ['-std=c++17', '-O3', '-march=native', sources[0]!, '-o', program, ...libraries];
    const { status } = spawnSync(compiler, [...prefix, ...flags], { stdio: 'ignore' });
    return status === 0 ? { program } : { reason: `its driver does not compile (Debian: apt-get install ${debian})` };
  };
  return { name, args, build };
}

export const nativePeers: readonly NativePeer[] = [
  nativePeer('oneDNN', 'onednn.cc', ['-ldnnl', '-fopenmp'], 'libdnnl-dev'),
  nativePeer('oneDNN Winograd', 'onednn.cc', ['-ldnnl', '-fopenmp'], 'libdnnl-dev', 'winograd'),
  nativePeer('OpenBLAS', 'openblas.cc', ['-lopenblas'], 'libopenblas-dev'),
];
