// Fails if an object compiled for an ISA defines a weak symbol: the linker may use it for the baseline's twin, and an old CPU
// would then meet instructions that it does not have. Looks at every build that is there.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { isasOf, root } from './native-sources.mjs';

const kernelObject = /native\/kernels\/[^/]*\.o$/;
const weak = / [VWuvw] /;
let failures = 0;

for (const folder of ['build', 'build-cmake', 'build-neon']) {
  if (!existsSync(join(root, folder))) continue;
  const objects = readdirSync(join(root, folder), { recursive: true }).filter((file) => kernelObject.test(file));
  const expected = isasOf(folder === 'build-neon' ? 'arm64' : process.arch).length + 1;
  for (const object of objects) {
    const symbols = execFileSync('nm', ['--demangle', '--defined-only', join(root, folder, object)], {
      encoding: 'utf8',
    });
    for (const symbol of symbols.split('\n').filter((line) => weak.test(line))) {
      console.error(`${folder}/${object}: ${symbol.slice(17)}`);
      failures++;
    }
  }
  console.log(`${folder}: ${objects.length} kernel objects`);
  if (objects.length !== expected) {
    console.error(`${folder}: expected ${expected} kernel objects, one for each ISA and the reference`);
    failures++;
  }
}
process.exit(failures > 0 ? 1 : 0);
