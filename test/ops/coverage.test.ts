import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ops, unclaimedNativeOps } from '../../lib/engine/define';
import * as exported from '../../lib/ops';
import { families, samples } from '../samples';

/** Functions that a sample cannot express, because they give no tensors, and the test that tries each instead. */
const exempt: Readonly<Record<string, string>> = {
  canCast: 'tensor/dtype.test.ts',
  finfo: 'tensor/dtype.test.ts',
  iinfo: 'tensor/dtype.test.ts',
  promoteTypes: 'tensor/dtype.test.ts',
  resultType: 'tensor/dtype.test.ts',
};

const functions = Object.entries(exported).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));

test('every op and every function that the library exports has samples, and nothing else has', () => {
  const known = new Set([...ops.keys(), ...functions.filter((name) => !Object.hasOwn(exempt, name))]);
  expect(Object.keys(samples).sort()).toEqual([...known].sort());
});

test('every native body has an op', () => expect(unclaimedNativeOps()).toEqual([]));

test.each(Object.entries(exempt))('%s is tried in %s', (name, file) => {
  expect(functions).toContain(name);
  expect(readFileSync(join(__dirname, '..', file), 'utf8')).toMatch(new RegExp(`\\b${name}\\(`));
});

test('every family has a test of its name, and no name is in two families', () => {
  const tests = readdirSync(__dirname).map((file) => file.replace(/\.test\.ts$/, ''));
  expect(tests.filter((name) => name !== 'coverage').sort()).toEqual(Object.keys(families).sort());
  const names = Object.values(families).flatMap((family) => Object.keys(family));
  expect(names.sort()).toEqual(Object.keys(samples).sort());
});
