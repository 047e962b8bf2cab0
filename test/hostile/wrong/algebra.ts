import * as m from 'myelin';

import { f32, never, type Wrong } from './wrong';

const { tensor } = m;

export const algebra: readonly Wrong[] = [
  ['an equation that is no text', 'TYPE', 'einsum', /the expression is 5/, () => m.einsum(never(5), f32([2]))],
  [
    'an equation of two operands for one tensor',
    'VALUE',
    'einsum',
    /the expression "i,j->ij" names 2 operands, 1 were given/,
    () => m.einsum('i,j->ij', f32([2])),
  ],
  [
    'a letter of two extents',
    'SHAPE',
    'einsum',
    /"i" of "i,i->" has extents 2 and 3 in float32\[2\], float32\[3\]/,
    () => m.einsum('i,i->', f32([2]), f32([3])),
  ],
  [
    'an output letter from nowhere',
    'VALUE',
    'einsum',
    /the expression "i->k" has "k" in its result but in no operand/,
    () => m.einsum('i->k', f32([2])),
  ],
  [
    'an equation with a sign that has no meaning',
    'VALUE',
    'einsum',
    /the expression "i%->i" holds "%" in the term "i%"/,
    () => m.einsum('i%->i', f32([2])),
  ],
  ['a matrix that is not square', 'SHAPE', 'inv', /x is float32\[2,3\]/, () => m.inv(f32([2, 3]))],
  [
    'a matrix without an inverse',
    'VALUE',
    'inv',
    /x is singular: pivot 2 of its LU factors is 0/,
    () => m.inv(f32([2, 2])),
  ],
  ['a determinant of a vector', 'SHAPE', 'det', /x is float32\[2\]/, () => m.det(f32([2]))],
  [
    'a matrix that is not positive definite',
    'VALUE',
    'cholesky',
    /x is not positive definite: its leading minor of order 2 is not positi/,
    () =>
      m.cholesky(
        tensor([
          [1, 2],
          [2, 1],
        ]),
      ),
  ],
  [
    'a factorization of integers',
    'DTYPE',
    'qr',
    /x is int32\[2,2\]/,
    () =>
      m.qr(
        never(
          tensor(
            [
              [1, 2],
              [3, 4],
            ],
            { dtype: 'int32' },
          ),
        ),
      ),
  ],
  [
    'right-hand sides of another height',
    'SHAPE',
    'solve',
    /a is float32\[2,2\], b is float32\[3\]/,
    () => m.solve(m.eye(2), f32([3])),
  ],
  [
    'a singular system',
    'VALUE',
    'solve',
    /x is singular: pivot 2 of its LU factors is 0/,
    () => m.solve(f32([2, 2]), f32([2])),
  ],
  ['an eigenvalue of a rectangle', 'SHAPE', 'eigh', /x is float32\[2,3\]/, () => m.eigh(f32([2, 3]))],
  ['singular values of a vector', 'SHAPE', 'svd', /x is float32\[3\]/, () => m.svd(f32([3]))],
  [
    'a mode of QR that does not exist',
    'VALUE',
    'qr',
    /mode is "thin"/,
    () => m.qr(f32([2, 2]), { mode: never('thin') }),
  ],
  ['half a power of a matrix', 'VALUE', 'matrixPower', /exponent is 0\.5/, () => m.matrixPower(m.eye(2), 0.5)],
  [
    'a norm that does not exist',
    'VALUE',
    'matrixNorm',
    /ord is "max"/,
    () => m.matrixNorm(m.eye(2), { ord: never('max') }),
  ],
  [
    'least squares of other heights',
    'SHAPE',
    'lstsq',
    /a is float32\[3,2\], b is float32\[4,1\]/,
    () => m.lstsq(f32([3, 2]), f32([4, 1])),
  ],
  ['a trace of a vector', 'SHAPE', 'trace', /x is float32\[2\]/, () => m.trace(f32([2]))],
  [
    'a cross product in two dimensions',
    'SHAPE',
    'cross',
    /a is float32\[2\], b is float32\[2\]/,
    () => m.cross(f32([2]), f32([2])),
  ],
  [
    'an outer product of matrices',
    'SHAPE',
    'outer',
    /a is float32\[2,2\], b is float32\[2\]/,
    () => m.outer(f32([2, 2]), f32([2])),
  ],
  ['a product of no matrices', 'VALUE', 'multiDot', /got \[\]/, () => m.multiDot([])],
  [
    'an integer product of floats',
    'DTYPE',
    'matmulInteger',
    /a is float32\[2,2\]/,
    () => m.matmulInteger(never(f32([2, 2])), never(f32([2, 2]))),
  ],
  [
    'a batch of matrices that do not broadcast',
    'SHAPE',
    'baddbmm',
    /a is float32\[3,2,2\], b is float32\[2,2,2\]/,
    () => m.baddbmm(f32([2, 2, 2]), f32([3, 2, 2]), f32([2, 2, 2])),
  ],
];
