import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { candidates, libc, loadAddon, packageRoot } from '../../lib/tensor/loader';
import { nativeFile } from '../../lib/tensor/native';
import { caught } from '../support/caught';

const platform = `${process.platform}-${process.arch}`;
let root: string;
beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'myelin-loader-'))));
afterEach(() => rmSync(root, { recursive: true }));

/** Puts a file where the loader looks. */
function plant(file: string, contents: string | { readonly copyOf: string }): string {
  const at = path.join(root, file);
  mkdirSync(path.dirname(at), { recursive: true });
  if (typeof contents === 'string') writeFileSync(at, contents);
  else cpSync(contents.copyOf, at);
  return at;
}

const built = 'build/Release/myelin.node';
const prebuilt = `prebuilds/${platform}/myelin.node`;

describe('the order', () => {
  test('compiled here, then prebuilt', () => {
    expect(candidates(root)).toEqual([path.join(root, built), path.join(root, prebuilt)]);
  });

  test('a prebuilt binary is taken when nothing was compiled', () => {
    const file = plant(prebuilt, { copyOf: nativeFile });
    expect(loadAddon(root).file).toBe(file);
  });

  test('what was compiled comes before what was prebuilt', () => {
    plant(prebuilt, 'not loaded');
    const file = plant(built, { copyOf: nativeFile });
    expect(loadAddon(root).file).toBe(file);
  });

  test('a broken build falls back to the prebuilt binary', () => {
    plant(built, 'broken');
    const file = plant(prebuilt, { copyOf: nativeFile });
    expect(loadAddon(root).file).toBe(file);
  });

  test('an override is the only file tried', () => {
    plant(prebuilt, { copyOf: nativeFile });
    const missing = path.join(root, 'other.node');
    expect(caught(() => loadAddon(root, missing)).details).toMatchObject({
      tried: [{ file: missing, reason: 'no such file' }],
    });
  });
});

describe('the failure', () => {
  test('names platform, libc, Node, Node-API, every file with its reason, and the fixes', () => {
    const broken = plant(built, 'broken');
    plant('prebuilds/plan9-mips/myelin.node', '');
    const { code, op, message } = caught(() => loadAddon(root));
    expect([code, op]).toEqual(['UNSUPPORTED', 'load']);
    const [first, ...rest] = message.split('\n');
    expect(first).toBe(
      `load: no native addon for ${platform} (${libc()!}, Node ${process.versions.node}, Node-API ${process.versions['napi']!})`,
    );
    expect(rest[0]).toBe('Tried:');
    expect(rest[1]).toMatch(new RegExp(`^  ${broken}: (file too short|.*invalid|.*not a mach-o)`));
    expect(rest[2]).toBe(`  ${path.join(root, prebuilt)}: no such file`);
    expect(message).toContain('glibc 2.28 or later');
    expect(message).toContain('This package holds those of plan9-mips.');
    expect(message).toContain('npx myelin build');
  });

  test('says when the package holds no prebuilt binary at all', () => {
    expect(caught(() => loadAddon(root)).message).toContain('This package holds none.');
  });
});

describe('libc', () => {
  const report = (contents: object) => jest.spyOn(process.report, 'getReport').mockReturnValue(contents);
  afterEach(() => jest.restoreAllMocks());
  const onLinux = process.platform === 'linux' ? test : test.skip;

  onLinux('glibc, with its version', () => {
    report({ header: { glibcVersionRuntime: '2.28' }, sharedObjects: [] });
    expect(libc()).toBe('glibc 2.28');
  });

  onLinux('musl, by the libraries that are loaded', () => {
    report({ header: {}, sharedObjects: ['/lib/ld-musl-x86_64.so.1'] });
    expect(libc()).toBe('musl');
    expect(caught(() => loadAddon(root)).message).toContain('(musl, Node');
  });

  onLinux('neither', () => {
    report({ header: {}, sharedObjects: ['/lib/libother.so'] });
    expect(libc()).toBe('a libc that is not glibc');
  });
});

test('the root is the nearest folder with a package.json', () => {
  plant('package.json', '{}');
  mkdirSync(path.join(root, 'dist', 'deep'), { recursive: true });
  expect(packageRoot(path.join(root, 'dist', 'deep'))).toBe(root);
});
