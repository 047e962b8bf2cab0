import * as library from 'myelin';
import { readdirSync } from 'node:fs';

import { ops, unclaimedNativeOps } from '../../lib/engine/define';
import { families, samples } from '../samples';

const composed = Object.entries(samples).flatMap(([name, { run }]) =>
  run === undefined || ops.has(name) ? [] : [name],
);

test('every op has samples, and every native body has an op', () => {
  expect(Object.keys(samples).sort()).toEqual([...ops.keys(), ...composed].sort());
  expect(unclaimedNativeOps()).toEqual([]);
});

test('samples of composed functions are named after what the library exports', () => {
  for (const name of composed) expect([name, typeof Reflect.get(library, name)]).toEqual([name, 'function']);
});

test('every family has a test of its name, and no name is in two families', () => {
  const tests = readdirSync(__dirname).map((file) => file.replace(/\.test\.ts$/, ''));
  expect(tests.filter((name) => name !== 'coverage').sort()).toEqual(Object.keys(families).sort());
  const names = Object.values(families).flatMap((family) => Object.keys(family));
  expect(names.sort()).toEqual(Object.keys(samples).sort());
});
