// `node scripts/run.mjs examples/digits/main.ts [arguments]`: builds what is stale, then runs the file as users would run it,
// as plain JavaScript that imports the built package.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { root } from './native-sources.mjs';

function node(cwd, ...args) {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const [file, ...args] = process.argv.slice(2);
const tsc = 'node_modules/typescript/bin/tsc';
node(root, 'scripts/build-native.mjs');
node(root, 'scripts/build-lib.mjs');
node(root, tsc, '-p', 'tsconfig.examples.json');
node(process.cwd(), '--enable-source-maps', join(root, 'build-examples', file.replace(/\.ts$/, '.js')), ...args);
