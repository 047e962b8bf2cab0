import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { grad, memory, mul, scope, sum, zeros, type FloatDType, type Tensor } from 'myelin';

import * as publicOps from '../lib/ops';
import { isFloat } from '../lib/tensor/dtype';
import { goldenFamilies } from './golden-ops';
import type { GoldenCall } from './golden-ops/golden-call';
import { withoutGolden } from './golden-ops/without';
import type { Tolerance } from './support/compare';
import { Golden, expectGolden, expectNoLeak } from './support/golden';

const dtypes: readonly FloatDType[] = ['float32', 'float64'];

/** Tensors `<case>/<kind>0`, `<case>/<kind>1`, ... by number; numbers may be left out. */
function numbered(golden: Golden, name: string, kind: string): [number: number, key: string][] {
  const keys = Object.keys(golden.under(name)).filter((key) => new RegExp(`^${kind}\\d+$`).test(key));
  return keys
    .map((key): [number, string] => [Number(key.slice(kind.length)), `${name}/${key}`])
    .sort(([a], [b]) => a - b);
}

function outputsOf(call: GoldenCall['call'], inputs: readonly Tensor[]): readonly (Tensor | undefined)[] {
  const result = call(...inputs);
  return 'dtype' in result ? [result] : result;
}

function checkCase(golden: Golden, name: string, { call, tolerance }: GoldenCall, dtype: FloatDType): void {
  const allowed: Tolerance = { relative: 16, absolute: 16, ...tolerance?.[dtype] };
  const inputs = numbered(golden, name, 'in').map(([, key]) => golden.as(key, dtype));
  const outputs = outputsOf(call, inputs);
  for (const [i, key] of numbered(golden, name, 'out')) {
    expectGolden(`${key} in ${dtype}`, outputs[i]!, golden.get(key), allowed);
  }
  const gradients = numbered(golden, name, 'grad');
  if (gradients.length === 0) return;
  const loss = (): Tensor => {
    const results = outputsOf(call, inputs);
    const terms = numbered(golden, name, 'dout').map(([i, key]) => sum(mul(results[i]!, golden.as(key, dtype))));
    return terms.reduce((total, term) => total.add(term), zeros([], { dtype }));
  };
  const computed = grad(
    loss,
    gradients.map(([i]) => inputs[i]!),
  );
  gradients.forEach(([, key], k) => {
    if (isFloat(golden.get(key).dtype)) expectGolden(`${key} in ${dtype}`, computed[k]!, golden.get(key), allowed);
  });
}

test('every file of golden ops has its calls', () => {
  const files = readdirSync(path.join(__dirname, 'golden')).filter((file) => file.startsWith('ops-'));
  const families = files.map((file) => file.slice('ops-'.length, -'.safetensors'.length));
  expect(families.sort()).toEqual(Object.keys(goldenFamilies).sort());
});

/** What a source file imports from the library. */
function imported(file: string): string[] {
  const list = /import \{([^}]*)\} from 'myelin'/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return list.split(',').map((name) => name.trim());
}

test('every public op has a golden case, or a reason to have none', () => {
  const directory = path.join(__dirname, 'golden-ops');
  const called = new Set(readdirSync(directory).flatMap((file) => imported(path.join(directory, file))));
  const functions = Object.entries(publicOps).flatMap(([name, f]) => (typeof f === 'function' ? [name] : []));
  expect(functions.filter((name) => !called.has(name)).sort()).toEqual(Object.keys(withoutGolden).sort());
});

describe.each(Object.entries(goldenFamilies))('%s', (family, calls) => {
  let golden: Golden;
  let before: number;
  beforeAll(async () => {
    before = memory().storages;
    golden = await Golden.read(`ops-${family}`);
  });
  afterAll(() => {
    golden.dispose();
    expectNoLeak(before);
  });

  test('calls and cases are the same', () => expect(golden.cases()).toEqual(Object.keys(calls).sort()));

  test.each(Object.entries(calls))('%s', (name, given) => {
    const own: GoldenCall = typeof given === 'function' ? { call: given } : given;
    for (const dtype of dtypes) scope(() => checkCase(golden, name, own, dtype));
  });
});
