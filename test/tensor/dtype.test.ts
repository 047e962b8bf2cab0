import { add, dtypes, ones, promote, tensor, type DType } from 'myelin';

import { dtypeInfo } from '../../lib/tensor/dtype';

/** torch.promote_types, row by row in the order of `dtypes`. */
const expected: Readonly<Record<DType, readonly DType[]>> = {
  bool: ['bool', 'uint8', 'int32', 'int64', 'float32', 'float64'],
  uint8: ['uint8', 'uint8', 'int32', 'int64', 'float32', 'float64'],
  int32: ['int32', 'int32', 'int32', 'int64', 'float32', 'float64'],
  int64: ['int64', 'int64', 'int64', 'int64', 'float32', 'float64'],
  float32: ['float32', 'float32', 'float32', 'float32', 'float32', 'float64'],
  float64: ['float64', 'float64', 'float64', 'float64', 'float64', 'float64'],
};

test('promotion is that of PyTorch', () => {
  for (const a of dtypes) expect(dtypes.map((b) => promote(a, b))).toEqual(expected[a]);
});

test('ops promote by that table', () => {
  for (const a of dtypes) {
    const results = dtypes.map((b) => add(ones([2], { dtype: a }), ones([1], { dtype: b })).dtype);
    expect(results).toEqual(expected[a]);
  }
});

test('numbers take the dtype of the tensor', () => {
  for (const dtype of ['float32', 'float64', 'int32', 'int64', 'uint8'] as const) {
    expect(ones([2], { dtype }).add(1).dtype).toBe(dtype);
  }
  expect(ones([2], { dtype: 'int32' }).mul(0.5).dtype).toBe('float32');
  expect(ones([2], { dtype: 'float64' }).mul(0.5).dtype).toBe('float64');
  expect(tensor([true]).add(1).dtype).toBe('int64');
});

test('the dtype of a tensor follows from what it is made of', () => {
  expect(tensor([1, 2]).dtype).toBe('float32');
  expect(tensor([true, false]).dtype).toBe('bool');
  expect(tensor(new Float64Array(2)).dtype).toBe('float64');
  expect(tensor(new Int32Array(2)).dtype).toBe('int32');
  expect(tensor(new BigInt64Array(2)).dtype).toBe('int64');
  expect(tensor(new Uint8Array(2)).dtype).toBe('uint8');
});

test.each(dtypes)('%s: numbers come back as they went in', (dtype) => {
  const values = dtype === 'bool' ? [1, 0, 1] : [1, 0, 100];
  const x = tensor(values, { dtype });
  expect(x.dtype).toBe(dtype);
  expect(x.data()).toBeInstanceOf(dtypeInfo(dtype).create(0).constructor);
  expect(Array.from(x.data(), Number)).toEqual(values);
  expect(x.data().byteLength).toBe(3 * dtypeInfo(dtype).size);
});
