import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import * as myelin from 'myelin';
import * as data from 'myelin/data';
import * as io from 'myelin/io';
import * as nn from 'myelin/nn';
import * as optim from 'myelin/optim';
import * as train from 'myelin/train';

// FEATURES.md says nothing that is not so, and leaves out nothing of what users build with.

const root = path.join(__dirname, '..');
const rows = readFileSync(path.join(root, 'FEATURES.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!feature|-)/.test(line))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** Names in a cell that look like exports; options and methods are told of in words. */
const namesIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

/** Whether a cell is a list of exports, perhaps after what they have in common, and no text. */
const isList = (cell: string): boolean => /^([^`]*: )?(`\w+`(, )?)+$/.test(cell);

const listed = new Set(rows.flatMap(([feature]) => (isList(feature!) ? namesIn(feature!) : [])));

it('every row has its four cells', () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const row of rows) expect([row[0], row.filter((cell) => cell !== '').length]).toEqual([row[0], 4]);
});

it('every test that it names exists', () => {
  const files = rows.flatMap(([, , , shownBy]) => [...shownBy!.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file!));
  expect(files.filter((file) => !file.endsWith('.test.ts') || !existsSync(path.join(root, file)))).toEqual([]);
  for (const [feature, , , shownBy] of rows) expect([feature, shownBy!.includes('](test/')]).toEqual([feature, true]);
});

it('every name that it lists is exported', () => {
  expect([...listed].filter((name) => !Object.hasOwn(myelin, name))).toEqual([]);
});

it.each(Object.entries({ nn, optim, train, data, io }))('every export of %s is in it', (_name, exported) => {
  expect(Object.keys(exported).filter((name) => !listed.has(name))).toEqual([]);
});
