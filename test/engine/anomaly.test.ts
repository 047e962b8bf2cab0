import {
  Linear,
  checkpoint,
  detectAnomaly,
  full,
  grad,
  isRecording,
  memory,
  tensor,
  valueAndGrad,
  vjp,
  where,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';

const f64 = (data: number | number[]): Tensor<'float64'> => tensor(data, { dtype: 'float64' });

/** The line of this file that an error names. */
function lineOf(message: string): number {
  return Number(/anomaly\.test\.ts:(\d+):\d+/.exec(message)?.[1]);
}

/** The line on which this is called. */
function here(): number {
  return Number(/anomaly\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)?.[1]);
}

test('names the op and the line of the first NaN', () => {
  const x = f64([-1, 4]);
  let line = 0;
  const error = caught(() =>
    detectAnomaly(() => {
      const root = ((line = here()), x.sqrt());
      return root.add(1);
    }),
  );
  expect(error).toMatchObject({ code: 'ANOMALY', op: 'sqrt', details: { flaw: 'NaN' } });
  expect(error.message).toMatch(/^sqrt: made NaN in its result, float64\[2\], at /);
  expect(lineOf(error.message)).toBe(line);
});

test('names the forward op, and where it was called, when its gradient goes wrong', () => {
  const x = f64([0, 4]);
  let line = 0;
  const error = caught(() =>
    detectAnomaly(() =>
      valueAndGrad(() => {
        const root = ((line = here()), x.sqrt());
        return root.mul(2).sum();
      }, x),
    ),
  );
  expect(error).toMatchObject({ code: 'ANOMALY', op: 'sqrt' });
  expect(error.message).toMatch(/^sqrt: its gradient made an infinity in dx, float64\[2\]; it was called at /);
  expect(lineOf(error.message)).toBe(line);
});

test('finds what layers do, and says where the layer was called', () => {
  const layer = new Linear(2, 1);
  layer.weight.assign(Infinity);
  const error = caught(() => detectAnomaly(() => layer.forward(tensor([[0, 0]]))));
  expect(error.code).toBe('ANOMALY');
  expect(lineOf(error.message)).toBe(here() - 2);
});

test('lets infinities pass that are wanted, or that were there', () => {
  const scores = tensor([1, 2]);
  const masked = detectAnomaly(() => where(tensor([true, false]), scores, full([], -Infinity)).softmax());
  expect(masked.toArray()).toEqual([1, 0]);
  expect(detectAnomaly(() => tensor([Infinity]).mul(2)).item()).toBe(Infinity);
  expect(detectAnomaly(() => tensor([0]).log(), { infinity: false }).item()).toBe(-Infinity);
  expect(caught(() => detectAnomaly(() => tensor([0]).log())).op).toBe('log');
});

test('a NaN that came with the data is refused where it is used', () => {
  const error = caught(() => detectAnomaly(() => tensor([NaN]).exp()));
  expect(error.message).toMatch(/^exp: was given NaN and gives it on in its result/);
});

test('a gradient through what was recorded before', () => {
  const [, pullback] = vjp((x) => x.sqrt(), f64([0]));
  const error = caught(() => detectAnomaly(() => pullback(f64([1]))));
  expect(error.message).toMatch(/sqrt: its gradient made an infinity.*detectAnomaly was not around/);
  pullback.dispose();
});

test('changes nothing when all is well, frees what it looked with, and ends with its function', () => {
  const x = f64([1, 2]);
  const before = memory({ collect: true }).storages;
  const found = detectAnomaly(() => grad(() => checkpoint((h) => h.exp(), x).sum(), x));
  expect(found.toArray()).toEqual(grad(() => x.exp().sum(), x).toArray());
  found.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before + 1);
  expect(isRecording()).toBe(false);
  expect(x.neg().sqrt().toArray()).toEqual([NaN, NaN]);
});

test('refuses promises and what is no function', () => {
  expect(caught(() => detectAnomaly(async () => 1))).toMatchObject({ code: 'TYPE', op: 'detectAnomaly' });
  expect(caught(() => detectAnomaly(5 as never))).toMatchObject({ code: 'TYPE', op: 'detectAnomaly' });
});
