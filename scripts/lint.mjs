// `npm run lint`: ESLint, Prettier and clang-format, and every C++ file listed; `npm run format` (--fix) repairs what it can.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { missing, root, unlisted } from './native-sources.mjs';

const fix = process.argv.includes('--fix');
let failures = 0;

function check(label, command, ...args) {
  console.log(`${label} …`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failures++;
}

function cppFiles() {
  return ['native', 'test/native', 'bench/kernels', 'bench/peers/native'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => /\.(cc|h|inl)$/.test(file))
      .map((file) => join(folder, file)),
  );
}

const bin = (name) => join(root, 'node_modules/.bin', name);
check('eslint', bin('eslint'), '.', '--max-warnings=0', ...(fix ? ['--fix'] : []));
check('prettier', bin('prettier'), '.', '--log-level=warn', fix ? '--write' : '--check');
if (spawnSync('clang-format', ['--version']).status === 0) {
  check('clang-format', 'clang-format', ...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...cppFiles());
} else if (process.env.CI) {
  console.error('clang-format is not installed');
  failures++;
} else {
  console.log('clang-format … skipped: it is not installed (apt-get install clang-format)');
}
for (const file of [...unlisted, ...missing]) {
  console.error(`native/sources.json and the tree disagree about ${file}`);
  failures++;
}
process.exit(failures > 0 ? 1 : 0);
