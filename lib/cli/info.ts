import type { MachineInfo } from '../index.js';
import { showBytes } from '../tensor/bytes.js';

/** The text of `myelin info`. */
export async function info({ json }: { readonly json: boolean }): Promise<string> {
  // Loaded here and not above: the other commands must run where no addon loads.
  const { machineInfo } = await import('../index.js');
  const found = machineInfo();
  if (json) return `${JSON.stringify(found, null, 2)}\n`;
  const rows = Object.entries(describe(found));
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function describe({ versions, platform, cpu, isa, threads, memory, addon }: MachineInfo): Record<string, string> {
  const system = `${platform.os}-${platform.arch}`;
  return {
    myelin: versions.myelin,
    node: `${versions.node} (Node-API ${versions.nodeApi})`,
    platform: platform.libc === undefined ? system : `${system}, ${platform.libc}`,
    cpu: cpu.model,
    features: cpu.features.join(' '),
    isa: `${isa.active} (available: ${isa.available.join(' ')})`,
    threads: String(threads),
    memory: `${showBytes(memory.total)}, limit ${limit(memory)}, used ${showBytes(memory.used)}`,
    addon: addon.file,
    compiler: addon.compiler,
  };
}

const limit = ({ limit }: MachineInfo['memory']): string => (limit === null ? 'none' : showBytes(limit));
