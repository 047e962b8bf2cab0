import { inspect } from 'node:util';

import { borrow } from 'myelin';

test('shares the memory of the array, both ways of looking at it', () => {
  const array = Float32Array.of(1, 2, 3);
  using x = borrow(array);
  array[1] = 20;
  expect(x.toArray()).toEqual([1, 20, 3]);
});

test('an array whose buffer was transferred is refused, not read', () => {
  const array = new Float64Array(4);
  using x = borrow(array);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  const refusal = expect.objectContaining({ code: 'STATE', message: expect.stringMatching(/transferred or resized/) });
  expect(() => x.sum()).toThrow(refusal);
  expect(() => x.data()).toThrow(refusal);
  expect(() => x.reshape([2, 2])).toThrow(refusal);
  expect(inspect(x)).toBe('float64[4] (its array was transferred)');
});
