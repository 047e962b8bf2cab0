// `node scripts/check-glibc.mjs [files]`: fails when a prebuilt Linux binary asks for a newer glibc than the floor, for a
// libstdc++ at all (it is linked in), or shows other symbols than Node-API's two. Without files: all in prebuilds/.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { readElf } from './elf.mjs';
import { root } from './native-sources.mjs';

/** The oldest glibc that Node 20's own binaries run on. */
const floor = [2, 28];
const allowedExports = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

const glibc = (version) => /^GLIBC_(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
const newer = (a, b) => a[0] - b[0] || a[1] - b[1];

function check(file) {
  const { machine, needs, exports } = readElf(readFileSync(file));
  const problems = [];
  let highest = [0, 0];
  for (const { symbol, version = '', file: library } of needs) {
    const wanted = glibc(version);
    if (wanted !== undefined && newer(wanted, highest) > 0) highest = wanted;
    if (wanted !== undefined && newer(wanted, floor) > 0) {
      problems.push(
        `${symbol} needs ${version} of ${library} (the floor is ${floor.join('.')}): add it to "wrap" in ` +
          'native/sources.json and to native/glibc_compat.cc',
      );
    }
    if (/^(GLIBCXX|CXXABI)_/.test(version)) problems.push(`${symbol} needs ${version} of ${library}, to be linked in`);
  }
  for (const symbol of exports.filter((name) => !allowedExports.includes(name))) {
    problems.push(`${symbol} is exported (only ${allowedExports.join(' and ')} may be)`);
  }
  if (!exports.includes(allowedExports[0])) problems.push(`${allowedExports[0]} is missing`);
  console.log(`${relative(root, file)}: ${machine}, needs glibc ${highest.join('.')}, ${problems.length} problems`);
  for (const problem of problems) console.error(`  ${problem}`);
  return problems.length === 0;
}

function prebuilt() {
  const folder = join(root, 'prebuilds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((platform) => platform.startsWith('linux-'))
    .map((platform) => join(folder, platform, 'myelin.node'));
}

const files = process.argv.length > 2 ? process.argv.slice(2) : prebuilt();
if (files.length === 0) console.error('no prebuilt binary to check: run `npm run prebuildify` first');
const good = files.map(check);
process.exit(good.length > 0 && good.every(Boolean) ? 0 : 1);
