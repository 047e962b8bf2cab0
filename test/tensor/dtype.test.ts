import { readFileSync } from 'node:fs';
import path from 'node:path';

import { add, borrow, canCast, dtypes, finfo, iinfo, ones, promoteTypes, resultType, tensor, type DType } from 'myelin';

import { dtypeInfo, floatDTypes, integerDTypes } from '../../lib/tensor/dtype';
import { caught } from '../support/caught';

type Row<T> = Readonly<Record<DType, T>>;

/** What scripts/golden_dtypes.py had PyTorch say. */
interface Golden {
  readonly promoteTypes: Row<Row<DType>>;
  readonly canCast: Row<Row<boolean>>;
  readonly withInteger: Row<DType>;
  readonly withFraction: Row<DType>;
  readonly finfo: Readonly<Record<string, object>>;
  readonly iinfo: Readonly<Record<string, { readonly bits: number; readonly min: string; readonly max: string }>>;
}

const golden = JSON.parse(readFileSync(path.join(__dirname, '..', 'golden', 'dtypes.json'), 'utf8')) as Golden;

const tableOf = <T>(f: (a: DType, b: DType) => T): Row<Row<T>> =>
  Object.fromEntries(dtypes.map((a) => [a, Object.fromEntries(dtypes.map((b) => [b, f(a, b)]))])) as Row<Row<T>>;

test('promotion is that of PyTorch', () => {
  expect(tableOf(promoteTypes)).toEqual(golden.promoteTypes);
});

test('ops promote by that table', () => {
  const sums = tableOf((a, b) => add(ones([2], { dtype: a }), ones([1], { dtype: b })).dtype);
  expect(sums).toEqual(tableOf((a, b) => (a === 'bool' && b === 'bool' ? sums.bool.bool : golden.promoteTypes[a][b])));
});

test('canCast is that of PyTorch', () => {
  expect(tableOf(canCast)).toEqual(golden.canCast);
});

test('numbers take the dtype of the tensor', () => {
  for (const dtype of dtypes) {
    const x = ones([2], { dtype });
    expect([dtype, resultType(x, 3), resultType(0.5, x)]).toEqual([
      dtype,
      golden.withInteger[dtype],
      golden.withFraction[dtype],
    ]);
    expect([x.add(3).dtype, x.mul(0.5).dtype]).toEqual([golden.withInteger[dtype], golden.withFraction[dtype]]);
  }
  expect(resultType(ones([], { dtype: 'int16' }), ones([2], { dtype: 'uint8' }))).toBe('int16');
});

test.each(floatDTypes)('finfo of %s is that of PyTorch', (dtype) => {
  expect(finfo(dtype)).toEqual({ dtype, ...golden.finfo[dtype] });
});

test.each(integerDTypes)('iinfo of %s is that of PyTorch', (dtype) => {
  const { bits, min, max } = iinfo(dtype);
  expect({ bits, min: String(min), max: String(max) }).toEqual(golden.iinfo[dtype]);
  expect(typeof min).toBe(dtype === 'int64' ? 'bigint' : 'number');
});

test('questions about dtypes that do not exist or are of another kind are refused', () => {
  const calls = [
    () => promoteTypes('float8' as DType, 'bool'),
    () => canCast('bool', 'x' as DType),
    () => finfo('int8' as 'float16'),
    () => iinfo('bool' as 'int8'),
  ];
  for (const call of calls) expect(caught(call).code).toBe('DTYPE');
  expect(caught(() => resultType(1, 2)).code).toBe('TYPE');
});

test('the dtype of a tensor follows from what it is made of', () => {
  expect(tensor([1, 2]).dtype).toBe('float32');
  expect(tensor([true, false]).dtype).toBe('bool');
  for (const dtype of dtypes.filter((name) => name !== 'bool')) {
    const array = dtypeInfo(dtype).create(2);
    if (!(array instanceof Uint16Array)) expect(tensor(array).dtype).toBe(dtype);
  }
});

test('arrays of bits need to be told what the bits mean', () => {
  const bits = Uint16Array.of(0x3c00, 0x3f80);
  expect(tensor(bits, { dtype: 'float16' }).toArray()).toEqual([1, 1.875]);
  expect(tensor(bits, { dtype: 'bfloat16' }).toArray()).toEqual([0.0078125, 1]);
  expect(borrow(bits, { dtype: 'bfloat16' }).toArray()).toEqual([0.0078125, 1]);
  // @ts-expect-error neither of the dtypes that bits can be of
  expect(caught(() => tensor(bits)).message).toMatch(/float16 or bfloat16/);
  // @ts-expect-error neither here does the call say of which
  expect(caught(() => borrow(bits)).message).toMatch(/float16 or bfloat16/);
});

test.each(dtypes)('%s: numbers come back as they went in', (dtype) => {
  const values = dtype === 'bool' ? [1, 0, 1] : [1, 0, 100];
  const x = tensor(values, { dtype });
  expect(x.dtype).toBe(dtype);
  expect(x.data()).toBeInstanceOf(dtypeInfo(dtype).create(0).constructor);
  expect(x.toArray()).toEqual(dtype === 'bool' ? [true, false, true] : values);
  expect(x.data().byteLength).toBe(3 * dtypeInfo(dtype).size);
});
