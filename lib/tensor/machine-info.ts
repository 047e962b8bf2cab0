import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

import { libc, packageRoot } from './loader.js';
import { memory } from './memory.js';
import { native, nativeFile } from './native.js';

/** What {@link machineInfo} reports. */
export interface MachineInfo {
  /** Versions: of this package, of Node and of its Node-API. */
  readonly versions: { readonly myelin: string; readonly node: string; readonly nodeApi: string };
  /** Operating system and architecture as Node names them, and the C library where there is a choice. */
  readonly platform: { readonly os: string; readonly arch: string; readonly libc: string | undefined };
  /** The processor's own name, and those of its features that kernels may use. */
  readonly cpu: { readonly model: string; readonly features: readonly string[] };
  /** Instruction set whose kernels are in force, and all that this CPU can run, best first. */
  readonly isa: { readonly active: string; readonly available: readonly string[] };
  /** Threads that one op may use. */
  readonly threads: number;
  /** Bytes: of the machine, the limit for tensors (null without one), and what they take now. */
  readonly memory: { readonly total: number; readonly limit: number | null; readonly used: number };
  /** The native addon's file, and what compiled it. */
  readonly addon: { readonly file: string; readonly compiler: string };
}

/**
 * What the library found on this machine and chose for it; `npx myelin info` prints the same. Worth adding to a bug report.
 *
 * @example
 * ```ts
 * import { isa, machineInfo } from 'myelin';
 * console.log(machineInfo().isa.active === isa()); // true
 * ```
 */
export function machineInfo(): MachineInfo {
  const { limit, used } = memory();
  return {
    versions: { myelin: packageVersion(), node: process.versions.node, nodeApi: process.versions['napi'] ?? 'unknown' },
    platform: { os: process.platform, arch: process.arch, libc: libc() },
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', features: native.cpuFeatures() },
    isa: { active: native.isa(), available: native.isas() },
    threads: native.threads(),
    memory: { total: totalmem(), limit, used },
    addon: { file: nativeFile, compiler: native.compiler() },
  };
}

function packageVersion(): string {
  const manifest = readFileSync(path.join(packageRoot(__dirname), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
