import type { Tensor } from 'myelin';
import { arange, tensor, zeros } from 'myelin';
import { inspect } from 'node:util';

const lines = (...text: string[]): string => text.join('\n');

describe('console.log(tensor)', () => {
  test('a single number', () => {
    expect(inspect(tensor(3.5))).toBe('float32[] 3.5000');
    expect(inspect(tensor(3))).toBe('float32[] 3.');
    expect(inspect(tensor(7, { dtype: 'int32' }))).toBe('int32[] 7');
  });

  test('a row', () => {
    expect(inspect(tensor([1, 2.5, -3]))).toBe('float32[3] [ 1.0000,  2.5000, -3.0000]');
    expect(inspect(tensor([1, 20, -3]))).toBe('float32[3] [ 1., 20., -3.]');
  });

  test('rows whose columns line up', () => {
    expect(
      inspect(
        tensor([
          [1, 2.5, 3],
          [-4, 5, 6],
        ]),
      ),
    ).toBe(lines('float32[2,3]', '[[ 1.0000,  2.5000,  3.0000],', ' [-4.0000,  5.0000,  6.0000]]'));
  });

  test('a blank line between matrices', () => {
    expect(inspect(arange(8, { dtype: 'float32' }).reshape([2, 2, 2]))).toBe(
      lines('float32[2,2,2]', '[[[0., 1.],', '  [2., 3.]],', '', ' [[4., 5.],', '  [6., 7.]]]'),
    );
  });

  test('the middle of large tensors is left out', () => {
    expect(inspect(arange(1000, { dtype: 'float32' }))).toBe('float32[1000] [  0.,   1.,   2., ..., 997., 998., 999.]');
    expect(inspect(arange(10_000, { dtype: 'int32' }).reshape([100, 100]))).toBe(
      lines(
        'int32[100,100]',
        '[[   0,    1,    2, ...,   97,   98,   99],',
        ' [ 100,  101,  102, ...,  197,  198,  199],',
        ' [ 200,  201,  202, ...,  297,  298,  299],',
        ' ...,',
        ' [9700, 9701, 9702, ..., 9797, 9798, 9799],',
        ' [9800, 9801, 9802, ..., 9897, 9898, 9899],',
        ' [9900, 9901, 9902, ..., 9997, 9998, 9999]]',
      ),
    );
  });

  test('two hundred elements are still shown', () => {
    expect(inspect(zeros([200], { dtype: 'uint8' }))).not.toContain('...');
    expect(inspect(zeros([201], { dtype: 'uint8' }))).toContain('...');
  });

  test('bool, and int64 beyond what a number holds', () => {
    expect(inspect(tensor([true, false]))).toBe('bool[2] [ true, false]');
    expect(inspect(tensor(BigInt64Array.of(2n ** 62n, -1n)))).toBe(
      'int64[2] [4611686018427387904,                  -1]',
    );
  });

  test('what is no finite number', () => {
    expect(inspect(tensor([NaN, Infinity, -Infinity, 0.5]))).toBe('float32[4] [   nan,    inf,   -inf, 0.5000]');
    expect(inspect(tensor([NaN]))).toBe('float32[1] [nan]');
    expect(inspect(tensor([-0, 1]))).toBe('float32[2] [-0.,  1.]');
  });

  test('very large and very small numbers', () => {
    expect(inspect(tensor([1e-7, 1.5]))).toBe('float32[2] [1.0000e-7, 1.5000e+0]');
    expect(inspect(tensor([2.5e9, 1.25]))).toBe('float32[2] [2.5000e+9, 1.2500e+0]');
  });

  test('nothing at all', () => {
    expect(inspect(zeros([0]))).toBe('float32[0] []');
    expect(inspect(zeros([2, 0]))).toBe('float32[2,0] []');
  });

  test('a disposed tensor', () => {
    const x = zeros([2]);
    x.dispose();
    expect(inspect(x)).toBe('float32[2] (disposed)');
  });

  test('views print what they show', () => {
    expect(inspect(arange(6, { dtype: 'float32' }).reshape([2, 3]).transpose(0, 1))).toBe(
      lines('float32[3,2]', '[[0., 3.],', ' [1., 4.],', ' [2., 5.]]'),
    );
  });

  test('inside of other objects, and as a string', () => {
    const x: Tensor = tensor([1, 2]);
    expect(inspect({ x })).toBe('{ x: float32[2] [1., 2.] }');
    expect(String(x)).toBe('float32[2] [1., 2.]');
  });
});
