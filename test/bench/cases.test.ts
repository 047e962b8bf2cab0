import { speedOf } from '../../bench/suite/case.js';
import { cases, chooseCases } from '../../bench/suite/cases/index.js';

test('names are unique: rows of two results are matched by them', () => {
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test('every case says how much work it is', () => {
  for (const { name, work, bound, footprint } of cases) {
    expect([name, Number.isFinite(work) && work > 0]).toEqual([name, true]);
    if (bound === 'read' || bound === 'copy') expect(footprint).toBeGreaterThan(0);
  }
});

test('a filter takes what contains one of its texts, in name or family', () => {
  expect(chooseCases({ filter: 'DEPTHWISE, eager add' }).map(({ name }) => name)).toEqual([
    'conv depthwise 3×3 C128 28² forward',
    'conv depthwise 3×3 C128 28² both gradients',
    'eager add of 100 elements, result dropped',
    'eager add of 100 elements, recorded',
    'eager add of 100 elements, sum, backward',
  ]);
  expect(chooseCases({ filter: 'training' }).every(({ kind }) => kind === 'train')).toBe(true);
  expect(chooseCases({ filter: 'nothing of the kind' })).toEqual([]);
  expect(chooseCases({ filter: ' , ' })).toEqual(cases.filter(({ args }) => args['compiled'] !== 1));
});

test('--quick is a choice from every family that Myelin has', () => {
  const quick = chooseCases({ quick: true });
  expect(quick.length).toBeLessThan(30);
  expect(new Set(quick.map(({ family }) => family)).size).toBeGreaterThan(8);
});

test('--models are whole models compiled, each with a target', () => {
  const models = chooseCases({ models: true });
  expect(models.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['train', 'infer', 'latency', 'encoder']));
  for (const { name, args, target } of models) expect([name, args['compiled'], target?.eager]).toEqual([name, 1, 1]);
  const quick = chooseCases({ models: true, quick: true });
  expect(new Set(quick.map(({ family }) => family))).toEqual(new Set(models.map(({ family }) => family)));
});

test('speeds follow from the seconds of a call', () => {
  expect(speedOf({ unit: 'GFLOP/s', work: 3 }, 0.5)).toBe(6);
  expect(speedOf({ unit: 'µs', work: 1000 }, 0.001)).toBe(1);
});
