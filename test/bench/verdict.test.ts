import type { Target } from '../../bench/suite/case.js';
import { isReached } from '../../bench/suite/findings.js';
import { limitOf } from '../../bench/suite/limits.js';
import { findingVerdict, tally, verdict } from '../../bench/suite/report/format.js';
import { openParts, verdictsOf } from '../../bench/suite/verdict.js';
import { caseOf, measured, resultsOf, rowOf } from './results.js';

const targeted = (target: Target) => ({ case: caseOf({ target }) });

test('a ratio is to the fastest of the peers that the target names', () => {
  const row = rowOf(
    [measured('Myelin', 1), measured('oneDNN', 1.2), measured('OpenBLAS', 1.1), measured('PyTorch', 0.5)],
    targeted({ ratio: { atLeast: 1, of: ['oneDNN', 'OpenBLAS'] } }),
  );
  const [only] = verdictsOf(resultsOf([row]), row);
  expect(only).toMatchObject({ what: '× OpenBLAS', needed: 1, passed: true });
  expect(only?.reached).toBeCloseTo(1.1);
});

test('two versions of a peer count as one', () => {
  const row = rowOf(
    [measured('Myelin', 1), measured('PyTorch', 2), measured('PyTorch 1.13', 0.9)],
    targeted({ ratio: { atLeast: 1, of: ['PyTorch'] } }),
  );
  expect(verdict(resultsOf([row]), row)).toBe('miss: 0.90 × PyTorch 1.13 (1)');
});

test('shares of the limit, errors and scaling', () => {
  const target: Target = { share: 0.9, error: 5e-6, scaling: 1.85 };
  const single = rowOf([measured('Myelin', 0.01)], { ...targeted(target), limit: 110 });
  const double = rowOf([measured('Myelin', 0.0053)], { ...targeted(target), limit: 200, threads: 2 });
  const results = resultsOf([single, double]);
  expect(verdict(results, single)).toBe('pass');
  expect(verdictsOf(results, double).map(({ what, passed }) => [what, passed])).toEqual([
    ['of the limit', true],
    ['error', true],
    ['× 1 thread', true],
  ]);
  const wrong = rowOf([measured('Myelin', 0.01, { error: 1e-4 })], { ...targeted(target), limit: 200 });
  expect(verdict(resultsOf([wrong]), wrong)).toBe('miss: 50 % of the limit (90 %), error 1e-4 (5e-6)');
  expect(tally(results)).toEqual({ passed: 5, missed: 0 });
});

test('what nothing was measured for stays open', () => {
  const target: Target = { ratio: { atLeast: 1, of: ['oneDNN'] }, error: 1e-5, scaling: 1.85 };
  const row = rowOf([measured('Myelin', 1), { contender: 'oneDNN', absent: 'not implemented' }], targeted(target));
  const results = resultsOf([row]);
  expect(openParts(row, verdictsOf(results, row))).toEqual(['ratio']);
  expect(verdict(results, row)).toBe('pass, but for ratio: not measured');
});

test('a ratio may be another on more than one thread', () => {
  const target: Target = { ratio: { atLeast: [1.4, 1.9], of: ['PyTorch'] } };
  const rows = [1, 2].map((threads) =>
    rowOf([measured('Myelin', 1), measured('PyTorch', 1.5)], { ...targeted(target), threads }),
  );
  expect(rows.map((row) => verdict(resultsOf(rows), row))).toEqual(['pass', 'miss: 1.50 × PyTorch (1.9)']);
});

test('what is compiled is set beside what is not: speed, memory, and the longest calls', () => {
  const target: Target = { eager: 1, memory: 1, tail: 2 };
  const mine = measured('Myelin', 1, { peak: 90, tail: 1.5 });
  const good = rowOf([mine, measured('Myelin eager', 1.1, { peak: 100 })], targeted(target));
  expect(verdict(resultsOf([good]), good)).toBe('pass');
  const bad = rowOf(
    [measured('Myelin', 1, { peak: 130, tail: 3 }), measured('Myelin eager', 0.5, { peak: 100 })],
    targeted(target),
  );
  expect(verdict(resultsOf([bad]), bad)).toBe(
    'miss: 0.50 × Myelin eager (1), 1.30 × the memory of Myelin eager (1), 3.00 × the median at p99 (2)',
  );
  const alone = rowOf([measured('Myelin', 1)], targeted(target));
  expect(openParts(alone, verdictsOf(resultsOf([alone]), alone))).toEqual(['eager', 'memory', 'tail']);
});

test('findings are reached or missed, and count', () => {
  const findings = [
    { what: 'a run', unit: 'µs', reached: 2, atMost: 2 },
    { what: 'a share', unit: '×', reached: 0.9, atLeast: 0.95 },
    { what: 'a probe that failed', unit: '', reached: NaN, atMost: 0 },
  ];
  expect(findings.map(isReached)).toEqual([true, false, false]);
  expect(findings.map(findingVerdict)).toEqual(['pass', 'miss: needs at least 0.95 ×', 'miss: needs at most 0']);
  expect(tally({ ...resultsOf([]), findings })).toEqual({ passed: 1, missed: 2 });
});

test('without a time of Myelin or without a target there is no verdict', () => {
  const absent = rowOf([{ contender: 'Myelin', absent: 'not implemented' }], targeted({ share: 0.9 }));
  const free = rowOf([measured('Myelin', 1)]);
  expect(verdictsOf(resultsOf([absent]), absent)).toEqual([]);
  expect(verdict(resultsOf([free]), free)).toBe('');
});

test('the limit of a case: peak of the instruction set, or bandwidth over a working set of its size', () => {
  const limits = {
    peaks: [
      { name: 'avx512', threads: 1, speed: 200 },
      { name: 'int8', threads: 1, speed: 800 },
    ],
    bandwidths: [
      { threads: 1, bytes: 1 << 15, read: 200, copy: 150 },
      { threads: 1, bytes: 1 << 28, read: 20, copy: 30 },
    ],
    regions: [],
  };
  expect(limitOf(limits, caseOf(), 1, 'avx512_dot')).toBe(200);
  expect(limitOf(limits, caseOf({ bound: 'int8' }), 1, 'avx512_dot')).toBe(800);
  expect(limitOf(limits, caseOf({ bound: 'read', footprint: 1 << 26 }), 1, 'avx2')).toBe(20);
  expect(limitOf(limits, caseOf({ bound: 'copy', footprint: 1 << 16 }), 1, 'avx2')).toBe(150);
  expect(limitOf(limits, caseOf(), 2, 'avx512')).toBeUndefined();
  expect(limitOf(limits, caseOf({ bound: 'none' }), 1, 'avx512')).toBeUndefined();
});
