import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { neg } from './arithmetic.js';
import { matmul } from './linalg.js';
import { alignBatches, checkMatrix, checkSameDType, checkSquare, columnsOf, rowsOf, turned } from './matrices.js';
import { tril, triu } from './triangle.js';

/** The part of a gradient that falls on what a triangular solver reads. */
function onTriangle(x: Tensor, upper: boolean, unit: boolean): Tensor {
  if (upper) return triu(x, { diagonal: unit ? 1 : 0 });
  return tril(x, { diagonal: unit ? -1 : 0 });
}

const solveTriangularOp = defineOp({
  name: 'solveTriangular',
  inputs: ['a', 'b'],
  attrs: { upper: 'bool', unitriangular: 'bool' },
  save: ['a', 'out'],
  infer: ({ b: { dtype, shape } }) => ({ dtype, shape }),
  // Giles, An extended collection of matrix derivative results (2008), section 2.3.1.
  grad: ({ a, out, dout, needs, attrs: { upper, unitriangular } }) => {
    const db = triangularSolve(turned(a), dout, { upper: !upper, unitriangular });
    return {
      a: needs.a ? neg(onTriangle(matmul(db, turned(out)), upper, unitriangular)) : undefined,
      b: db,
    };
  },
});

/** Options of {@link solveTriangular}. */
export interface SolveTriangularOptions {
  /** Whether `a` is upper triangular. Default false. */
  readonly upper?: boolean;
  /** Whether `a` stands left of the unknown, a · x = b, or right, x · a = b. Default true. */
  readonly left?: boolean;
  /** Takes the diagonal of `a` to be ones. Default false. */
  readonly unitriangular?: boolean;
}

/**
 * Solves a · x = b (or x · a = b) for a triangular matrix `a`.
 *
 * The other triangle of `a`, and with `unitriangular` its diagonal, is not read. A zero on the diagonal gives infinities,
 * as in PyTorch.
 *
 * Shapes: a [..., N, N], b [..., N, K] ([..., K, N] on the right) → as b; batches broadcast. Dtypes: float dtypes, one for
 * both.
 *
 * @param options.upper whether `a` is upper triangular; default false
 * @param options.left whether `a` stands left of x; default true
 * @param options.unitriangular takes the diagonal of `a` to be ones; default false
 * @throws MyelinError `SHAPE` for matrices that do not fit; `DTYPE`
 * @example
 * ```ts
 * import { solveTriangular, tensor } from 'myelin';
 * const l = tensor([[2, 0], [1, 4]]);
 * console.log(solveTriangular(l, tensor([[2], [9]])).toArray()); // [ [ 1 ], [ 2 ] ]
 * ```
 */
export function solveTriangular<D extends FloatDType>(
  a: Tensor<D>,
  b: Tensor<D>,
  options?: SolveTriangularOptions,
): Tensor<D>;
export function solveTriangular(a: Tensor, b: Tensor, options: SolveTriangularOptions = {}): Tensor {
  return triangularSolve(a, b, options);
}

/** {@link solveTriangular} for the library's own use, where dtypes are not known to the compiler. */
export function triangularSolve(
  a: Tensor,
  b: Tensor,
  { upper = false, left = true, unitriangular = false }: SolveTriangularOptions = {},
): Tensor {
  checkSquare('solveTriangular', 'a', a);
  checkMatrix('solveTriangular', 'b', b);
  checkSameDType('solveTriangular', { a, b });
  if ((left ? rowsOf(b) : columnsOf(b)) !== rowsOf(a)) {
    const need = left ? 'b.shape[-2]' : 'b.shape[-1]';
    fail('SHAPE', 'solveTriangular', `a is ${describe(a)}, b is ${describe(b)} (need ${need} = a.shape[-1])`);
  }
  return scope(() => {
    const [x, y] = alignBatches('solveTriangular', ['a', 'b'], a, b);
    if (left) return solveTriangularOp({ a: x, b: y }, { upper, unitriangular });
    return turned(solveTriangularOp({ a: turned(x), b: turned(y) }, { upper: !upper, unitriangular }));
  });
}
