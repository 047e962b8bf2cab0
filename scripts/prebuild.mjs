// `npm run prebuildify`: prebuilds/<platform>-<arch>/myelin.node, one stripped binary with every ISA of the architecture, that
// loads on old systems too. It is linked from the objects of the ordinary build, which stays as it is. `-- --arch arm64` on
// another architecture cross-compiles with CMake and Debian's g++-aarch64-linux-gnu.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { configureNeon } from './neon.mjs';
import { root } from './native-sources.mjs';

const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });
const { arch } = values;
const cross = arch !== process.arch;
const platform = cross ? 'linux' : process.platform;

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}

/** Compiles and links; the file that comes of it. */
function compile() {
  if (!cross) {
    run(process.execPath, 'scripts/build-native.mjs', '--portable');
    return join(root, 'build/Release/myelin_portable.node');
  }
  if (arch !== 'arm64') {
    console.error(`no cross-compiler is known for ${arch} on ${process.arch} (known: arm64)`);
    process.exit(1);
  }
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  run('cmake', ...configureNeon(`-DCMAKE_JS_INC=${headers}`, '-DMYELIN_PORTABLE=ON'));
  run('cmake', '--build', 'build-neon', '--target', 'myelin', '--parallel', availableParallelism().toString());
  return join(root, 'build-neon/myelin.node');
}

const built = compile();
const output = join(root, 'prebuilds', `${platform}-${arch}`, 'myelin.node');
mkdirSync(join(output, '..'), { recursive: true });
// A file of its own: overwriting one that a process has loaded would crash it.
rmSync(output, { force: true });
copyFileSync(built, output);
run(cross ? 'aarch64-linux-gnu-strip' : 'strip', ...(platform === 'darwin' ? ['-x'] : []), output);
console.log(`${relative(root, output)}: ${(statSync(output).size / 1e6).toFixed(2)} MB`);
if (platform === 'linux') run(process.execPath, 'scripts/check-glibc.mjs', output);
