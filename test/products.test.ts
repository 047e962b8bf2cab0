import { einsum, matmul, ones, permute, scope, slice, transpose, type Tensor } from 'myelin';

import { setRecorder } from '../lib/engine/dispatch';
import { difference, read } from './support/compare';
import { einsum as plainEinsum } from './support/einsum';
import { place } from './support/layouts';
import { Random, sizeOf, type Nd } from './support/reference';

/** Names of the ops that run inside a function. */
function opsOf(body: () => unknown): string[] {
  const names: string[] = [];
  setRecorder((op) => names.push(op.name));
  try {
    scope(body);
  } finally {
    setRecorder(undefined);
  }
  return names;
}

const x = (...shape: number[]): Tensor => ones(shape);

describe('products read views where they lie', () => {
  test.each<[string, () => unknown]>([
    ['transposed matrices', () => matmul(transpose(x(3, 2)), transpose(x(4, 3)))],
    ['a batch with its axes exchanged', () => matmul(permute(x(3, 5, 2), [1, 2, 0]), x(5, 3, 4))],
    ['a strided batch times one matrix', () => matmul(permute(x(3, 5, 2), [1, 2, 0]), x(3, 4))],
    ['an expanded matrix', () => matmul(x(1, 3).expand([2, 3]), x(3, 4))],
    ['every second row, backwards', () => matmul(slice(x(6, 3), [null, null, -2]), x(3, 4))],
    ['a batch that repeats', () => matmul(x(1, 2, 3).expand([4, 2, 3]), x(4, 3, 2))],
    ['attention scores', () => einsum('bqhd,bkhd->bhqk', x(2, 3, 4, 5), x(2, 6, 4, 5))],
    ['attention values', () => einsum('bhqk,bkhd->bqhd', x(2, 4, 3, 6), x(2, 6, 4, 5))],
    ['two summed axes', () => einsum('abij,cij->abc', x(2, 3, 4, 5), x(6, 4, 5))],
    ['two summed axes, exchanged on both sides', () => einsum('jia,jib->ab', x(4, 5, 2), x(4, 5, 3))],
  ])('%s', (_, body) => {
    const names = opsOf(body);
    expect(names.filter((name) => name === 'matmul')).toHaveLength(1);
    expect(names).not.toContain('copy');
  });
});

/** A random expression of up to four operands, with shapes that fit it. */
function randomExpression(random: Random): { equation: string; shapes: number[][] } {
  const letters = Array.from('abcdef');
  const extents = new Map(letters.map((letter) => [letter, random.integer(1, 4)]));
  const terms = Array.from({ length: random.integer(1, 5) }, () =>
    Array.from({ length: random.integer(0, 5) }, () => letters[random.integer(0, letters.length)]!).join(''),
  );
  const used = Array.from(new Set(terms.join('')));
  const output = random
    .shuffle(used)
    .slice(0, random.integer(0, used.length + 1))
    .join('');
  const shapes = terms.map((term) =>
    Array.from(term).map((letter) => {
      // Now and then an axis of extent 1 that repeats; not on a diagonal, whose extents must be equal.
      const single = term.indexOf(letter) === term.lastIndexOf(letter) && random.integer(0, 8) === 0;
      return single ? 1 : extents.get(letter)!;
    }),
  );
  return { equation: `${terms.join()}->${output}`, shapes };
}

test('einsum equals plain loops on random expressions', () => {
  const random = new Random(20260);
  for (let i = 0; i < 400; i++) {
    const { equation, shapes } = randomExpression(random);
    const operands = shapes.map((shape): Nd => ({
      dtype: 'float64',
      shape,
      data: Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1)),
    }));
    const layouts = ['contiguous', 'transposed', 'stepped', 'reversed'] as const;
    scope(() => {
      const tensors = operands.map((operand) => place(operand, layouts[random.integer(0, 4)]!));
      const got = read(einsum(equation, ...tensors));
      const found = difference(got, plainEinsum(equation, operands), { relative: 64, absolute: 4096 });
      expect([equation, shapes, found]).toEqual([equation, shapes, undefined]);
    });
  }
});
