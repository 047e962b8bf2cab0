import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { fail } from './errors.js';

/** Why one file could not be loaded. */
interface Failure {
  readonly file: string;
  readonly reason: string;
}

/** Node-API version that the addon is compiled for. */
const nodeApi = 9;

/** Folder of the nearest package.json: the package's, from its sources and from its bundle alike. */
export function packageRoot(from: string): string {
  let folder = from;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) return from;
    folder = parent;
  }
  return folder;
}

/** Where the addon may be, in this order: compiled on this machine, else the prebuilt binary of this platform. */
export function candidates(root: string): string[] {
  return [
    path.join(root, 'build', 'Release', 'myelin.node'),
    path.join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'myelin.node'),
  ];
}

/** The first of the files that loads, and what it exports. */
export function loadAddon(root: string, override?: string): { readonly file: string; readonly addon: unknown } {
  const failures: Failure[] = [];
  for (const file of override === undefined ? candidates(root) : [path.resolve(override)]) {
    if (!existsSync(file)) {
      failures.push({ file, reason: 'no such file' });
      continue;
    }
    try {
      return { file, addon: require(file) };
    } catch (error) {
      failures.push({ file, reason: reasonOf(error, file) });
    }
  }
  return refuse(root, failures);
}

function reasonOf(error: unknown, file: string): string {
  const { message = String(error) } = error as { message?: string };
  return message.split('\n')[0]!.replace(`${file}: `, '');
}

function refuse(root: string, failures: readonly Failure[]): never {
  const host = { platform: process.platform, arch: process.arch, libc: libc(), node: process.versions.node };
  const system = [host.libc, `Node ${host.node}`, `Node-API ${process.versions['napi'] ?? 'unknown'}`];
  const prebuilt = prebuiltPlatforms(root);
  const lines = [
    `no native addon for ${host.platform}-${host.arch} (${system.filter((part) => part !== undefined).join(', ')})`,
    'Tried:',
    ...failures.map(({ file, reason }) => `  ${file}: ${reason}`),
    'Fixes:',
    `  • Prebuilt binaries need Linux on x64 or arm64 with glibc 2.28 or later, and Node 20.17 or later (Node-API ${nodeApi}).`,
    `    This package holds ${prebuilt.length > 0 ? `those of ${prebuilt.join(', ')}` : 'none'}.`,
    '  • Anywhere else, and on musl: compile it once with `npx myelin build` (it says what it needs).',
    '  • In a container, install the package in the image it runs in; files built for another platform do not load.',
  ];
  return fail('UNSUPPORTED', 'load', lines.join('\n'), { ...host, tried: failures });
}

function prebuiltPlatforms(root: string): string[] {
  const folder = path.join(root, 'prebuilds');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The C library that Node runs on, such as `glibc 2.36` or `musl`; undefined where the question has no meaning. */
export function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // The report asks the network for names unless it is told not to, where it can be told.
  const { report } = process as { report: NodeJS.ProcessReport & { excludeNetwork?: boolean } };
  report.excludeNetwork = true;
  const { header, sharedObjects } = report.getReport() as unknown as {
    header: { glibcVersionRuntime?: string };
    sharedObjects?: readonly string[];
  };
  if (header.glibcVersionRuntime !== undefined) return `glibc ${header.glibcVersionRuntime}`;
  return sharedObjects?.some((file) => file.includes('musl')) ? 'musl' : 'a libc that is not glibc';
}
