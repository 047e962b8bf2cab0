import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { machineInfo } from 'myelin';

const root = path.join(__dirname, '..', '..');

function myelin(args: readonly string[], env: NodeJS.ProcessEnv = {}, folder = root) {
  return spawnSync(process.execPath, [path.join(folder, 'dist', 'cli', 'main.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

describe('myelin', () => {
  test.each([[['--help']], [['-h']], [['build', '--help']]])('%j prints the usage', (args) => {
    const { status, stdout, stderr } = myelin(args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: myelin <command>\n/);
    for (const word of ['build', 'info', '--json', '--help', '--version']) expect(stdout).toContain(word);
  });

  test.each([['--version'], ['-v']])('%s prints the version', (flag) => {
    const { status, stdout } = myelin([flag]);
    expect(status).toBe(0);
    expect(stdout).toBe(`${machineInfo().versions.myelin}\n`);
  });

  test.each([
    [[], 'no command'],
    [['biuld'], `unknown command 'biuld' (need build or info)`],
    [['info', 'more', 'words'], `info takes no argument, got 'more words'`],
    [['build', '--json'], `build has no option '--json'`],
    [['info', '--jsno'], `Unknown option '--jsno'`],
  ])('%j is refused', (args, message) => {
    const { status, stdout, stderr } = myelin(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')[0]).toBe(`myelin: ${message}`);
    expect(stderr).toContain('Usage:');
  });
});

describe('myelin info', () => {
  const env = { MYELIN_ISA: 'reference', MYELIN_THREADS: '1', MYELIN_MEMORY_LIMIT: '1GiB' };

  test('prints a row for each thing', () => {
    const { status, stdout, stderr } = myelin(['info'], env);
    expect([status, stderr]).toEqual([0, '']);
    const rows = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/, 2)),
    );
    expect(Object.keys(rows)).toEqual(
      ['myelin', 'node', 'platform', 'cpu', 'features', 'isa', 'threads', 'memory', 'addon', 'compiler'], // prettier-ignore
    );
    expect(rows['isa']).toMatch(/^reference \(available: .*reference\)$/);
    expect(rows['threads']).toBe('1');
    expect(rows['memory']).toContain('limit 1.0 GiB, used 0 bytes');
  });

  test('--json prints what machineInfo() returns', () => {
    const { status, stdout } = myelin(['info', '--json'], env);
    expect(status).toBe(0);
    const { versions, platform, cpu } = machineInfo();
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ versions, platform, cpu },
      isa: { active: 'reference' },
      memory: { limit: 2 ** 30, used: 0 },
    });
  });

  test('says why no addon loads', () => {
    const { status, stdout, stderr } = myelin(['info'], { MYELIN_ADDON: 'nowhere.node' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^myelin: load: no native addon for [^]*nowhere\.node: no such file/);
  });
});

describe('myelin build', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'myelin-cli-'));
  beforeAll(() => {
    for (const part of ['package.json', 'binding.gyp', 'native', 'scripts', 'dist']) {
      cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('names the packages that it needs and does not find', () => {
    const { status, stderr } = myelin(['build'], { npm_config_node_gyp: '' }, folder);
    expect(status).toBe(1);
    expect(stderr).toContain('node-gyp, node-addon-api, node-api-headers');
    expect(stderr).toMatch(/npm install --no-save node-gyp@\S+ node-addon-api@\S+ node-api-headers@\S+/);
  });

  test('names the tools that it needs and does not find', () => {
    const { status, stderr } = myelin(
      ['build'],
      { PATH: folder, npm_config_python: 'no-python', CXX: 'no-compiler' },
      folder,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/this is missing: no-python .*make.*no-compiler/);
  });
});
