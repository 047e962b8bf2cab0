// native/sources.json, read and checked: every C++ file of native/ is listed there once, and what is listed exists.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
export const sources = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8'));

const listed = [
  ...sources.binding,
  ...sources.core,
  ...sources.ops,
  ...Object.values(sources.kernels).map((kernel) => kernel.source),
  sources.reference,
  sources.portable,
];

const present = readdirSync(join(root, 'native'), { recursive: true })
  .filter((file) => file.endsWith('.cc'))
  .map((file) => `native/${file}`)
  .sort();

/** C++ files that no build would compile. */
export const unlisted = present.filter((file) => !listed.includes(file));

/** Files that a build would look for in vain. */
export const missing = listed.filter((file) => !existsSync(join(root, file)));

const programs = (folder, ending) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder))
        .filter((file) => file.endsWith(ending))
        .map((file) => ({ name: file.replace('.cc', ''), source: `${folder}/${file}` }))
    : [];

/** The C++ tests and benchmarks: each file becomes an executable of its name. */
export const nativeTests = programs('test/native', '_test.cc');
export const nativeBenches = programs('bench/kernels', '.cc');

/** Names of the ISAs compiled for an architecture, baseline first as the linker should see them. */
export const isasOf = (arch) =>
  Object.keys(sources.kernels)
    .filter((isa) => sources.kernels[isa].arch === arch)
    .reverse();
