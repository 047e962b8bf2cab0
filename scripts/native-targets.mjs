// What binding.gyp asks for while gyp evaluates it: `node scripts/native-targets.mjs <what> [arch]` prints a list.
// gyp knows no flags per file, hence a static library per ISA; it knows no loops either, hence the generated build/native.gyp.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isasOf, nativeBenches, nativeTests, root, sources } from './native-sources.mjs';

const fromBuild = (file) => `../${file}`;

const kernelLibrary = (name, source, flags) => ({
  target_name: `kernels_${name}`,
  type: 'static_library',
  sources: [fromBuild(source)],
  cflags: flags,
  cflags_cc: sources.kernelFlags,
  xcode_settings: { OTHER_CPLUSPLUSFLAGS: [...flags, ...sources.kernelFlags] },
});

function libraries(arch) {
  const kernels = [
    kernelLibrary('reference', sources.reference, []),
    ...isasOf(arch).map((isa) => kernelLibrary(isa, sources.kernels[isa].source, sources.kernels[isa].flags)),
  ];
  const core = {
    target_name: 'core',
    type: 'static_library',
    sources: [...sources.core, ...sources.ops].map(fromBuild),
  };
  const names = [core, ...kernels].map((library) => library.target_name);
  const executables = [...nativeTests, ...nativeBenches].map(({ name, source }) => ({
    target_name: name,
    type: 'executable',
    sources: [fromBuild(source)],
    dependencies: names,
  }));
  const gyp = { includes: [fromBuild('native/gyp/settings.gypi')], targets: [core, ...kernels, ...executables] };
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(join(root, 'build/native.gyp'), JSON.stringify(gyp, null, 2));
  return names.map((name) => `build/native.gyp:${name}`);
}

const lists = {
  binding: () => sources.binding,
  libraries,
  portable: () => [sources.portable],
  wrap: () => sources.wrap.map((symbol) => `-Wl,--wrap=${symbol}`),
};

const [what, arch] = process.argv.slice(2);
console.log(lists[what](arch).join('\n'));
