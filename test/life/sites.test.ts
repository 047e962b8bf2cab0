import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { compileScripts, resultOf, runNode, scriptFile } from '../support/child';

// That reports of the built package name the user's own line, wherever user and package lie.

const root = path.resolve(__dirname, '..', '..');
// A project of its own, with a folder named like one of the package's, that has the package among its dependencies.
const project = mkdtempSync(path.join(tmpdir(), 'myelin-sites-'));
const places = {
  'beside the package': path.join(project, 'dist', 'sites.js'),
  'inside the repository': path.join(root, 'build', 'examples-of-sites', 'sites.js'),
};

beforeAll(() => {
  compileScripts();
  mkdirSync(path.join(project, 'node_modules'));
  symlinkSync(root, path.join(project, 'node_modules', 'myelin'));
  for (const file of Object.values(places)) {
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(scriptFile('sites'), file);
  }
});

afterAll(() => {
  rmSync(project, { recursive: true });
  rmSync(path.dirname(places['inside the repository']), { recursive: true });
});

describe.each(Object.entries(places))('a script %s', (_, file) => {
  test.each([[[]], [['--enable-source-maps']]])('run with %j', async (options) => {
    const { leaks, anomalies } = resultOf(await runNode(...options, file)) as Record<string, unknown[]>;
    const lines = readFileSync(file, 'utf8').split('\n');
    const marks = [
      /^ones at leaky .*push.*ones/,
      /^zeros at .*push.*zeros/,
      /^\w+ at .*forward/,
      /NaN.*sqrt/,
      /d.*sqrt/,
    ];
    const sites = [...leaks!.flat(), ...anomalies!].map((site) => {
      const [, line] = new RegExp(`${file}:(\\d+):\\d+\\)?$`).exec(String(site)) ?? [];
      return `${String(site)} ${lines[Number(line) - 1]}`;
    });
    expect(sites).toEqual(marks.map((mark) => expect.stringMatching(mark)));
  });
});
