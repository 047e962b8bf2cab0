import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..');

/** Runs a script in a fresh process, as a user of the built package would. */
function node(script: string, { module = false, env = {} }: { module?: boolean; env?: Record<string, string> } = {}) {
  const args = [...(module ? ['--input-type=module'] : []), '-e', script];
  return spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
};
const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => `myelin${entry.slice(1)}`);

describe('the package', () => {
  test.each(entries)('%s: import and require give the same classes', (entry) => {
    const { stdout, stderr } = node(
      `import { createRequire } from 'node:module';
       import * as imported from '${entry}';
       const required = createRequire(import.meta.url)('${entry}');
       const main = await import('myelin');
       const names = Object.keys(required);
       console.log(names.length > 0 && names.every((name) => imported[name] === required[name] && main[name] === required[name]));`,
      { module: true },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('true\n');
  });

  // Each of Node's modules takes milliseconds to load: those that few programs need wait until they are used.
  test('importing it loads no module of Node that can wait', () => {
    const { stdout, stderr } = node(
      `const before = new Set(process.moduleLoadList);
       require('myelin');
       const loaded = process.moduleLoadList.filter((name) => !before.has(name) && name.startsWith('NativeModule '));
       console.log(loaded.map((name) => name.slice(13)).join());`,
    );
    expect(stderr).toBe('');
    expect(
      stdout
        .trim()
        .split(',')
        .filter(
          (name) => !name.startsWith('internal/') && !['', 'os', 'path', 'fs', 'util', 'async_hooks'].includes(name),
        ),
    ).toEqual([]);
  });

  test('importing it loads nothing but the first part; the others come with their first use', () => {
    const { stdout, stderr } = node(
      `const path = require('node:path');
       const myelin = require('myelin');
       const parts = () => Object.keys(require.cache).filter((file) => path.basename(path.dirname(file)) === 'parts');
       const atFirst = parts().length;
       myelin.zeros([2]).add(1);
       console.log(atFirst, parts().map((file) => path.basename(file)).join());`,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('0 ops.js\n');
    // A constant exported beside an op draws its file, and all that this file calls, into the first part.
    expect(statSync(path.join(root, 'dist/index.js')).size).toBeLessThan(200_000);
  });

  test('what waits for its part has its own name, here and in a stack trace, and says what is wrong with a call', () => {
    const { stdout, stderr } = node(
      `const myelin = require('myelin');
       const check = (name, error) => error instanceof myelin.MyelinError || console.log(name, error);
       for (const [name, value] of Object.entries(myelin)) {
         if (typeof value !== 'function' || /^class/.test(String(value))) continue;
         if (value.name !== name) console.log(name, 'is called', value.name);
         Promise.try ??= async (f) => f();
         try {
           value({}, {})?.catch?.((error) => check(name, error));
         } catch (error) {
           check(name, error);
         }
       }
       try {
         myelin.svd(myelin.zeros([3]));
       } catch ({ message, stack }) {
         console.log(message, [...stack.matchAll(/at (?:Object\\.)?svd /g)].length);
       }`,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('svd: x is float32[3] (need at least two axes) 2\n');
  });

  test('says what it tried when the addon cannot be loaded', () => {
    const { stderr, status } = node(`require('myelin')`, { env: { MYELIN_ADDON: 'nowhere.node' } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/MyelinError: load: no native addon for \w+-\w+ \(.*Node \d+/);
    expect(stderr).toContain('nowhere.node');
    expect(stderr).toContain('npx myelin build');
  });

  test.each([
    ['MYELIN_ISA', 'pentium', /MYELIN_ISA=pentium is not one of .*reference/],
    ['MYELIN_THREADS', 'many', /MYELIN_THREADS=many is not a positive integer/],
    ['MYELIN_THREADS', '0', /MYELIN_THREADS=0 is not a positive integer/],
  ])('refuses %s=%s', (name, value, message) => {
    const { stderr, status } = node(`require('myelin')`, { env: { [name]: value } });
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });

  test('a worker leaves the ISA and the threads as the main thread has set them', () => {
    const { stdout, stderr } = node(
      `const { Worker } = require('node:worker_threads');
       const { isa, setIsa, setThreads, threads } = require('myelin');
       setIsa('reference');
       setThreads(1);
       new Worker("require('myelin')", { eval: true }).once('exit', () => console.log(isa(), threads()));`,
      { env: { MYELIN_ISA: process.arch === 'x64' ? 'sse2' : 'neon', MYELIN_THREADS: '2' } },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('reference 1\n');
  });

  test('MYELIN_ISA and MYELIN_THREADS are obeyed', () => {
    const env = { MYELIN_ISA: 'reference', MYELIN_THREADS: '1' };
    const { stdout } = node(`const { isa, threads } = require('myelin'); console.log(isa(), threads())`, { env });
    expect(stdout).toBe('reference 1\n');
  });
});
