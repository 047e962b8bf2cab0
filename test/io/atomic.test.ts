import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { MyelinError } from 'myelin';

import { writeAtomically } from '../../lib/io/atomic.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  file = path.join(folder, 'target');
  await writeFile(file, 'old');
});

afterEach(() => rm(folder, { recursive: true }));

const text = async () => (await readFile(file)).toString();

it('replaces the file and leaves nothing beside it', async () => {
  await writeAtomically('test', file, [Buffer.from('n'), new Uint8Array(0), Buffer.from('ew')]);
  expect(await text()).toBe('new');
  expect(await readdir(folder)).toEqual(['target']);
});

it('keeps the old file and removes the temporary one when the contents fail half way', async () => {
  function* contents(): Generator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('no more');
  }
  await expect(writeAtomically('test', file, contents())).rejects.toThrow('no more');
  expect(await text()).toBe('old');
  expect(await readdir(folder)).toEqual(['target']);
});

it('leaves no temporary file when the target cannot be replaced', async () => {
  const taken = path.join(folder, 'taken');
  await mkdir(path.join(taken, 'full'), { recursive: true });
  const error = await writeAtomically('test', taken, [Buffer.from('new')]).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MyelinError);
  expect((error as MyelinError).code).toBe('IO');
  expect((await readdir(folder)).sort()).toEqual(['taken', 'target']);
});

it('a link stays a link, and what it points to is replaced', async () => {
  const link = path.join(folder, 'link');
  await symlink('target', link);
  await writeAtomically('test', link, [Buffer.from('new')]);
  expect(await readlink(link)).toBe('target');
  expect(await text()).toBe('new');
});

it('what is no file is refused before anything is written', async () => {
  const error = await writeAtomically('test', folder, [Buffer.from('new')]).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'IO',
    op: 'test',
    message: `test: ${folder}: is there and is no file (need the path of a file)`,
  });
});

it('many writers at once leave one of their files, whole', async () => {
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(100_000));
  await Promise.all(contents.map((content) => writeAtomically('test', file, [Buffer.from(content)])));
  expect(contents).toContain(await text());
  expect(await readdir(folder)).toEqual(['target']);
});

it('a process killed while it writes leaves the old file', async () => {
  const root = path.join(__dirname, '..', '..');
  const atomic = path.join(await mkdtemp(path.join(tmpdir(), 'myelin-atomic-')), 'atomic.js');
  const options = ['--bundle', '--platform=node', '--log-level=error', `--outfile=${atomic}`];
  execFileSync(path.join(root, 'node_modules', '.bin', 'esbuild'), [path.join(root, 'lib/io/atomic.ts'), ...options]);
  const program = `
    const { writeAtomically } = require(${JSON.stringify(atomic)});
    function* contents() {
      yield Buffer.from('half');
      process.stdout.write('written');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    writeAtomically('test', ${JSON.stringify(file)}, contents());
  `;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  expect(await readdir(folder)).toHaveLength(2);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await text()).toBe('old');
  await rm(path.dirname(atomic), { recursive: true });
});
