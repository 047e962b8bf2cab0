import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Compiles the addon in the package's own folder and loads it once; the exit code. */
export function build(root: string): number {
  const run = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
  if (!run(path.join(root, 'scripts', 'build-native.mjs'))) return 1;
  const file = path.join(root, 'build', 'Release', 'myelin.node');
  if (!run('-e', 'require(process.argv[1])', file)) {
    process.stderr.write(`myelin: ${file} was compiled but does not load\n`);
    return 1;
  }
  process.stdout.write(`${file}\nFrom now on this package loads it before any prebuilt binary.\n`);
  return 0;
}
