import { Parameter, expectNoLeaks, ones, scope, trackLeaks, valueAndGrad, zeros, type Tensor } from 'myelin';
import { inspect } from 'node:util';

import { caught } from '../support/caught';

const here = /leaks\.test\.ts:\d+/;

test('groups what is left by function and line', () => {
  using tracker = trackLeaks();
  const kept: Tensor[] = [];
  for (let i = 0; i < 3; i++) kept.push(zeros([256]));
  kept.push(kept[0]!.add(1));
  const report = tracker.report();
  expect(report.sites).toEqual([
    { op: expect.any(String), where: expect.stringMatching(here), count: 3, bytes: 3072, forgotten: 0 },
    { op: expect.any(String), where: expect.stringMatching(here), count: 1, bytes: 1024, forgotten: 0 },
  ]);
  expect(report).toMatchObject({ count: 4, bytes: 4096 });
  expect(report.toString()).toMatch(
    /^4 tensors of 4\.0 KiB are left:\n {2}3 of 3\.0 KiB by \w+ at .*leaks\.test\.ts:\d+:\d+\)?\n {2}1 of 1\.0 KiB by \w+/,
  );
  expect(inspect(report)).toBe(String(report));
  for (const x of kept) x.dispose();
  expect(tracker.report().count).toBe(0);
});

test('names the function of the line', () => {
  function leaky(): Tensor {
    return ones([2]);
  }
  let x: Tensor | undefined;
  const { sites } = trackLeaks(() => void (x = leaky()));
  expect(sites[0]!.where).toMatch(/^leaky \(.*leaks\.test\.ts/);
  x!.dispose();
});

test('tells what is forgotten from what is held', () => {
  const held: Tensor[] = [];
  const report = trackLeaks(() => {
    for (let i = 0; i < 100; i++) ones([4]);
    held.push(ones([4]));
  });
  expect(report.count).toBe(101);
  // The last few may still lie in registers of the loop.
  expect(report.sites[0]!.forgotten).toBeGreaterThanOrEqual(98);
  expect(report.toString()).toMatch(/forgotten: not disposed/);
  held[0]!.dispose();
});

test('scopes, gradients and views leave nothing', () => {
  const x = ones([3]);
  const report = trackLeaks(() => {
    scope(() => {
      valueAndGrad(() => x.mul(x).sum(), [x]);
      x.reshape([3, 1]).add(1);
    });
  });
  expect(String(report)).toBe('no tensors are left');
  x.dispose();
});

test('a Parameter counts when it is made under watch, under its own name', () => {
  const outside = new Parameter(ones([2]));
  const report = trackLeaks(() => {
    outside.assign(3);
    scope(() => void new Parameter(ones([2])));
  });
  expect(report.sites).toMatchObject([{ op: 'Parameter', count: 1, bytes: 8 }]);
  outside.dispose();
});

test('trackers nest, and see only what is made while they are open', () => {
  using before = ones([1]);
  using outer = trackLeaks();
  using a = ones([1]);
  const inner = trackLeaks();
  using b = ones([1]);
  inner.stop();
  using c = ones([1]);
  expect([inner.report().count, outer.report().count]).toEqual([1, 3]);
  expect([before, a, b, c].length).toBe(4);
});

test('many short-lived tensors do not pile up', () => {
  const report = trackLeaks(() => {
    for (let i = 0; i < 2000; i++) ones([1]).dispose();
  });
  expect(report.count).toBe(0);
});

test('expectNoLeaks passes results on, and does not count them', async () => {
  const { y } = expectNoLeaks(() => ({ y: ones([2]) }));
  expect(y.toArray()).toEqual([1, 1]);
  y.dispose();
  await expect(expectNoLeaks(async () => Promise.resolve(5))).resolves.toBe(5);
});

test('expectNoLeaks fails with the report, and with what the function throws', async () => {
  const kept: Tensor[] = [];
  const leak = (): void => void kept.push(ones([2]));
  expect(caught(() => expectNoLeaks(leak))).toMatchObject({
    code: 'LEAK',
    op: 'expectNoLeaks',
    message: expect.stringMatching(/^expectNoLeaks: 1 tensors of 8 bytes are left:\n.*leaks\.test\.ts/) as string,
  });
  await expect(
    expectNoLeaks(async () => {
      await Promise.resolve();
      leak();
    }),
  ).rejects.toMatchObject({ code: 'LEAK' });
  expect(() =>
    expectNoLeaks(() => {
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  for (const x of kept) x.dispose();
});

test('an asynchronous function is watched until it settles', async () => {
  let x: Tensor | undefined;
  const report = await trackLeaks(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    x = ones([2]);
  });
  expect(report.count).toBe(1);
  x!.dispose();
});

test('what is no function is refused', () => {
  expect(caught(() => trackLeaks(5 as never))).toMatchObject({ code: 'TYPE', op: 'trackLeaks' });
  expect(caught(() => trackLeaks(undefined as never))).toMatchObject({ code: 'TYPE', op: 'trackLeaks' });
  expect(caught(() => expectNoLeaks('x' as never))).toMatchObject({ code: 'TYPE', op: 'expectNoLeaks' });
});
