import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, sub } from './arithmetic.js';
import { checkDTypeOf, checkTensor } from './checks.js';
import { zeros } from './creation.js';
import { gather, oneHot, type IndexDType } from './indexing.js';
import { matmul } from './linalg.js';
import {
  alignBatches,
  batchOf,
  checkMatrix,
  checkSameDType,
  checkSquare,
  columnsOf,
  rowsOf,
  turned,
} from './matrices.js';
import { concat } from './move.js';
import { eye, tril, triu } from './triangle.js';
import { argmax } from './reduce.js';
import { expand, unsqueeze } from './reshape.js';
import { sliceAxis } from './slice.js';
import { triangularSolve } from './triangular.js';

type Rows = Tensor<IndexDType>;

/** Puts the rows of matrices in another order: out[i] = x[rows[i]]. */
function pickRows(x: Tensor, rows: Rows): Tensor {
  const index = expand(unsqueeze(rows, -1), [...batchOf(x), rows.shape.at(-1)!, columnsOf(x)]);
  return gather(x, index, { axis: x.rank - 2 });
}

/** The order that undoes another. */
const inverseOf = (rows: Rows): Rows =>
  rows.shape.at(-1) === 0 ? rows : argmax(oneHot(rows, rows.shape.at(-1)!), { axis: -2 });

const firstRows = (x: Tensor, count: number): Tensor => sliceAxis(x, x.rank - 2, [0, count]);
const laterRows = (x: Tensor, count: number): Tensor => sliceAxis(x, x.rank - 2, [count, null]);
const firstColumns = (x: Tensor, count: number): Tensor => sliceAxis(x, x.rank - 1, [0, count]);
const laterColumns = (x: Tensor, count: number): Tensor => sliceAxis(x, x.rank - 1, [count, null]);

/**
 * The gradient of Pᵀ x from that of both factors in one matrix (Giles 2008 for the square part). In a tall matrix the rows
 * below the square give L₂ = A₂ U⁻¹, in a wide one the columns beside it U₂ = L⁻¹ A₂: what arrives there is passed on to
 * the square part.
 */
function gradientOfRows(lu: Tensor, dout: Tensor): Tensor {
  const size = Math.min(rowsOf(lu), columnsOf(lu));
  const square = firstColumns(firstRows(lu, size), size);
  const l = tril(square, { diagonal: -1 });
  const u = triu(square);
  let dSquare = firstColumns(firstRows(dout, size), size);
  let beside: Tensor | undefined;
  if (columnsOf(lu) > size) {
    beside = triangularSolve(turned(l), laterColumns(firstRows(dout, size), size), {
      upper: true,
      unitriangular: true,
    });
    const dl = matmul(beside, turned(laterColumns(firstRows(lu, size), size)));
    dSquare = sub(dSquare, tril(dl, { diagonal: -1 }));
  }
  if (rowsOf(lu) > size) {
    beside = triangularSolve(turned(u), laterRows(firstColumns(dout, size), size), { left: false });
    const du = matmul(turned(laterRows(firstColumns(lu, size), size)), beside);
    dSquare = sub(dSquare, triu(du));
  }
  const ofL = tril(matmul(turned(unitLower(l)), tril(dSquare, { diagonal: -1 })), { diagonal: -1 });
  const ofU = triu(matmul(triu(dSquare), turned(u)));
  const left = triangularSolve(turned(l), add(ofL, ofU), { upper: true, unitriangular: true });
  const dFirst = triangularSolve(turned(u), left, { left: false });
  if (beside === undefined) return dFirst;
  return concat([dFirst, beside], { axis: columnsOf(lu) > size ? -1 : -2 });
}

const unitLower = (l: Tensor): Tensor => add(l, eye(rowsOf(l), columnsOf(l), { dtype: l.dtype }));

const luOp = defineOp({
  name: 'lu',
  inputs: ['x'],
  outputs: ['out', 'permutation'],
  attrs: {},
  save: ['out', 'permutation'],
  infer: ({ x: { dtype, shape } }) => ({
    out: { dtype, shape },
    permutation: { dtype: 'int64', shape: shape.slice(0, -1) },
  }),
  grad: ({ out, permutation, dout }) => ({ x: pickRows(gradientOfRows(out, dout), inverseOf(permutation as Rows)) }),
});

/** LU factors as {@link luFactor} gives them and {@link luSolve} takes them. */
export interface LuFactors<D extends FloatDType = FloatDType> {
  /** U on and above the diagonal; below it L, whose diagonal of ones is left out. */
  readonly lu: Tensor<D>;
  /** Row i of L · U is row `permutation[i]` of the matrix. */
  readonly permutation: Tensor<'int64'>;
}

/**
 * LU factors with partial pivoting, both in one matrix: x[permutation] = L · U.
 *
 * Shapes: [..., M, N] → lu [..., M, N], permutation [..., M] (int64; PyTorch gives LAPACK's list of exchanges instead).
 * Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for fewer than two axes; `DTYPE`
 * @see Toledo, Locality of reference in LU decomposition with partial pivoting (1997)
 * @example
 * ```ts
 * import { luFactor, tensor } from 'myelin';
 * const { lu, permutation } = luFactor(tensor([[1, 2], [2, 8]]));
 * console.log(lu.toArray(), permutation.toArray()); // [ [ 2, 8 ], [ 0.5, -2 ] ] [ 1, 0 ]
 * ```
 */
export function luFactor<D extends FloatDType>(x: Tensor<D>): LuFactors<D> {
  checkMatrix('luFactor', 'x', x);
  const { out, permutation } = luOp({ x });
  return { lu: out as Tensor<D>, permutation: permutation as Tensor<'int64'> };
}

/** What {@link lu} gives: x = p · l · u. */
export interface LuMatrices<D extends FloatDType = FloatDType> {
  readonly p: Tensor<D>;
  readonly l: Tensor<D>;
  readonly u: Tensor<D>;
}

/**
 * LU factors with partial pivoting as three matrices: x = p · l · u.
 *
 * Shapes: [..., M, N] → p [..., M, M] (a permutation), l [..., M, K] (unit lower triangular), u [..., K, N] (upper
 * triangular), with K = min(M, N). Dtypes: float dtypes.
 *
 * @throws MyelinError `SHAPE` for fewer than two axes; `DTYPE`
 * @example
 * ```ts
 * import { lu, tensor } from 'myelin';
 * const { p, l, u } = lu(tensor([[1, 2], [2, 8]]));
 * console.log(p.toArray(), l.toArray(), u.toArray()); // [ [ 0, 1 ], [ 1, 0 ] ] [ [ 1, 0 ], [ 0.5, 1 ] ] [ [ 2, 8 ], [ 0, -2 ] ]
 * ```
 */
export function lu<D extends FloatDType>(x: Tensor<D>): LuMatrices<D>;
export function lu(x: Tensor): LuMatrices {
  checkMatrix('lu', 'x', x);
  return scope(() => {
    const { out, permutation } = luOp({ x });
    const [m, n] = [rowsOf(x), columnsOf(x)];
    const size = Math.min(m, n);
    const l = add(tril(firstColumns(out, size), { diagonal: -1 }), eye(m, size, { dtype: x.dtype }));
    const p =
      m === 0 ? zeros([...batchOf(x), 0, 0], { dtype: x.dtype }) : oneHot(permutation as Rows, m, { dtype: x.dtype });
    return { p: turned(p), l, u: triu(firstRows(out, size)) } as LuMatrices;
  });
}

/** Options of {@link luSolve}. */
export interface LuSolveOptions {
  /** Whether the matrix stands left of the unknown, a · x = b, or right, x · a = b. Default true. */
  readonly left?: boolean;
  /** Solves with the transposed matrix. Default false. */
  readonly transposed?: boolean;
}

function checkFactors(factors: LuFactors): void {
  if (typeof factors !== 'object' || factors === null) {
    fail('TYPE', 'luSolve', `factors is ${show(factors)} (need what luFactor gives)`);
  }
  checkSquare('luSolve', 'lu', factors.lu);
  checkTensor('luSolve', 'permutation', factors.permutation);
  checkDTypeOf('luSolve', 'permutation', factors.permutation, ['int64', 'int32']);
}

/**
 * Solves a · x = b given the LU factors of `a`: for many right-hand sides that come one after another.
 *
 * Shapes: lu [..., N, N], b [..., N, K] ([..., K, N] on the right) → as b; batches broadcast. Dtypes: float dtypes, one for
 * both.
 *
 * @param options.left whether the matrix stands left of x; default true
 * @param options.transposed solves with the transposed matrix; default false
 * @throws MyelinError `SHAPE` for matrices that do not fit; `DTYPE`; `TYPE`
 * @example
 * ```ts
 * import { luFactor, luSolve, tensor } from 'myelin';
 * const factors = luFactor(tensor([[1, 2], [2, 8]]));
 * console.log(luSolve(factors, tensor([[5], [18]])).toArray()); // [ [ 1 ], [ 2 ] ]
 * ```
 */
export function luSolve<D extends FloatDType>(factors: LuFactors<D>, b: Tensor<D>, options?: LuSolveOptions): Tensor<D>;
export function luSolve(factors: LuFactors, b: Tensor, options: LuSolveOptions = {}): Tensor {
  return solveWith(factors, b, options);
}

function solveWith(factors: LuFactors, b: Tensor, { left = true, transposed = false }: LuSolveOptions): Tensor {
  checkFactors(factors);
  checkMatrix('luSolve', 'b', b);
  checkSameDType('luSolve', { lu: factors.lu, b });
  return scope(() => {
    // x · a = b is aᵀ · xᵀ = bᵀ.
    if (!left) return turned(solveWith(factors, turned(b), { transposed: !transposed }));
    if (rowsOf(b) !== rowsOf(factors.lu)) {
      fail('SHAPE', 'luSolve', `lu is ${describe(factors.lu)}, b is ${describe(b)} (need b of as many rows as lu)`);
    }
    const [matrix, right] = alignBatches('luSolve', ['lu', 'b'], factors.lu, b);
    const rows = expand(factors.permutation, matrix.shape.slice(0, -1)) as Rows;
    const solveU = (y: Tensor): Tensor =>
      triangularSolve(transposed ? turned(matrix) : matrix, y, { upper: !transposed });
    const solveL = (y: Tensor): Tensor =>
      triangularSolve(transposed ? turned(matrix) : matrix, y, {
        upper: transposed,
        unitriangular: true,
      });
    if (transposed) return pickRows(solveL(solveU(right)), inverseOf(rows));
    return solveU(solveL(pickRows(right, rows)));
  });
}
