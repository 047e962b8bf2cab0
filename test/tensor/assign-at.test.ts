import {
  Buffer,
  Parameter,
  arange,
  assignAt,
  memory,
  newAxis,
  ones,
  scope,
  tensor,
  valueAndGrad,
  zeros,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';

const int = (list: readonly number[]): Tensor<'int32'> => tensor([...list], { dtype: 'int32' });

test('numbers, ranges and new axes overwrite a part', () => {
  const x = new Buffer(zeros([2, 4]));
  x.assignAt([0, '1:3'], tensor([1, 2]))
    .assignAt([':', -1], 9)
    .assignAt(['...', newAxis, 0], 5);
  expect(x.toArray()).toEqual([
    [5, 1, 2, 9],
    [5, 0, 0, 9],
  ]);
});

test('a range that runs backwards is written backwards', () => {
  const x = new Buffer(zeros([4]));
  x.assignAt(['::-2'], tensor([1, 2]));
  expect(x.toArray()).toEqual([0, 2, 0, 1]);
});

test('index tensors name places, the last of equal ones wins', () => {
  const x = new Buffer(zeros([3, 2]));
  x.assignAt([int([2, 0, -1])], tensor([[1], [2], [3]]));
  expect(x.toArray()).toEqual([
    [2, 2],
    [0, 0],
    [3, 3],
  ]);
  x.assignAt([int([0, 1]), int([1, 0])], 7);
  expect(x.toArray()).toEqual([
    [2, 7],
    [7, 0],
    [3, 3],
  ]);
});

test('what is assigned has the shape that at gives, wherever the index axes go', () => {
  const x = new Buffer(zeros([2, 3, 2]));
  const index = int([2, 0]);
  const part = arange(8).reshape([2, 2, 2]).to('float32');
  x.assignAt([':', index], part);
  expect(x.at(':', index).toArray()).toEqual(part.toArray());
  const apart = arange(4).reshape([2, 2]).to('float32');
  x.assignAt([int([0, 1]), '::2', int([1, 0])], apart);
  expect(x.at(int([0, 1]), '::2', int([1, 0])).toArray()).toEqual(apart.toArray());
});

test('masks overwrite where they hold', () => {
  const x = new Buffer(
    tensor([
      [-1, 2],
      [3, -4],
    ]),
  );
  x.assignAt([x.lt(0)], 0);
  expect(x.toArray()).toEqual([
    [0, 2],
    [3, 0],
  ]);
  x.assignAt([tensor([false, true])], tensor([8, 9]));
  expect(x.toArray()).toEqual([
    [0, 2],
    [8, 9],
  ]);
});

test('a part of the target may be the source', () => {
  const x = new Buffer(tensor([1, 2, 3, 4]));
  x.assignAt(['1:'], x.at(':-1'));
  expect(x.toArray()).toEqual([1, 1, 2, 3]);
});

test('nothing is written when an index points outside', () => {
  const x = new Buffer(zeros([3]));
  const error = caught(() => x.assignAt([int([0, 3])], 1));
  expect(error.code).toBe('INDEX');
  expect(error.message).toMatch(/^assignAt: .*index 3 at position 1 is outside an axis of extent 3/);
  expect(x.toArray()).toEqual([0, 0, 0]);
});

test.each([
  ['TYPE', /Parameter or a Buffer/, (): unknown => assignAt(zeros([2]) as never, [0], 1)],
  ['TYPE', /need an array of what at takes/, (): unknown => new Buffer(zeros([2])).assignAt(0 as never, 1)],
  ['TYPE', /source is "1"/, (): unknown => new Buffer(zeros([2])).assignAt([0], '1' as never)],
  [
    'SHAPE',
    /float32\[3\] does not broadcast to \[2\]/,
    (): unknown => new Buffer(zeros([2])).assignAt([':'], ones([3])),
  ],
  ['SHAPE', /does not broadcast to \[1\]/, (): unknown => new Buffer(zeros([2])).assignAt([int([0])], ones([3]))],
  [
    'DTYPE',
    /need the same dtype/,
    (): unknown => new Buffer(zeros([2])).assignAt([int([0])], ones([1], { dtype: 'float64' })),
  ],
  ['DTYPE', /need the same dtype/, (): unknown => new Buffer(zeros([2])).assignAt([0], ones([], { dtype: 'float64' }))],
  ['INDEX', /index 2 is outside axis 0/, (): unknown => new Buffer(zeros([2])).assignAt([2], 1)],
] as const)('refuses wrong calls: %s %s', (code, message, call) => {
  const error = caught(call);
  expect(error.code).toBe(code);
  expect(error.op).toBe('assignAt');
  expect(error.message).toMatch(message);
});

test('the tape sees that what a gradient needs was overwritten', () => {
  const w = new Parameter(ones([3]));
  for (const specs of [[0], [int([1])]]) {
    const run = (): unknown =>
      valueAndGrad(() => {
        const loss = w.square().sum();
        w.assignAt(specs, 2);
        return loss;
      }, [w]);
    expect(caught(run).code).toBe('STATE');
  }
});

test('leaves nothing alive', () => {
  const x = new Buffer(zeros([3, 3]));
  const index = int([1]);
  const before = memory({ collect: true }).storages;
  x.assignAt([0, ':'], 1).assignAt([':', index], 2);
  expect(memory().storages).toBeLessThanOrEqual(before);
  scope(() => x.at(index).toArray());
});
