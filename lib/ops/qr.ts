import { defineOp } from '../engine/define.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, sub } from './arithmetic.js';
import { checkOption } from './checks.js';
import { zeros } from './creation.js';
import { matmul } from './linalg.js';
import { batchOf, byColumns, checkMatrix, columnsOf, rowsOf, turned } from './matrices.js';
import { concat } from './move.js';
import { tril } from './triangle.js';
import { sliceAxis } from './slice.js';
import { triangularSolve } from './triangular.js';

const modes = ['reduced', 'complete'] as const;

/** The lower triangle, mirrored to the upper one. */
const mirrored = (x: Tensor): Tensor => add(tril(x), turned(tril(x, { diagonal: -1 })));

// Roberts and Roberts, QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep matrices
// (2020), equation 17: for R with as many rows as columns.
function gradientOfTall(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const m = sub(matmul(r, turned(dr)), matmul(turned(dq), q));
  return triangularSolve(turned(r), add(dq, matmul(q, mirrored(m))), { left: false });
}

// The same paper, section 5: the columns beyond the square part are Y = Q V.
function gradientOfWide(q: Tensor, r: Tensor, dq: Tensor, dr: Tensor): Tensor {
  const size = rowsOf(r);
  const square = (x: Tensor): Tensor => sliceAxis(x, x.rank - 1, [0, size]);
  const rest = (x: Tensor): Tensor => sliceAxis(x, x.rank - 1, [size, null]);
  const dv = rest(dr);
  const ofSquare = gradientOfTall(q, square(r), add(dq, matmul(matmul(q, rest(r)), turned(dv))), square(dr));
  return concat([ofSquare, matmul(q, dv)], { axis: -1 });
}

const qrOp = defineOp({
  name: 'qr',
  inputs: ['x'],
  outputs: ['out', 'r'],
  attrs: { mode: modes },
  save: ['out', 'r'],
  infer: ({ x }, { mode }) => {
    const count = mode === 'complete' ? rowsOf(x) : Math.min(rowsOf(x), columnsOf(x));
    return {
      out: byColumns(x.dtype, [...batchOf(x), rowsOf(x), count]),
      r: { dtype: x.dtype, shape: [...batchOf(x), count, columnsOf(x)] },
    };
  },
  grad: ({ out, r, dout, dr, spec, attrs: { mode } }) => {
    if (mode === 'complete' && rowsOf(spec.x) > columnsOf(spec.x)) {
      const why = 'the columns of q beyond those of x are not determined by it';
      fail('GRADIENT', 'qr', `x is ${describe(spec.x)} and mode is "complete": ${why} (need mode "reduced")`);
    }
    const given = dr ?? zeros(r.shape, { dtype: r.dtype });
    return { x: (rowsOf(spec.x) >= columnsOf(spec.x) ? gradientOfTall : gradientOfWide)(out, r, dout, given) };
  },
});

/** What {@link qr} gives: x = q · r. */
export interface QrFactors<D extends FloatDType = FloatDType> {
  readonly q: Tensor<D>;
  readonly r: Tensor<D>;
}

/**
 * QR factors by Householder reflections: x = q · r with orthonormal columns in q and an upper triangular r.
 *
 * Signs are LAPACK's: the diagonal of r may be negative. Gradients need a full column rank (of the first M columns when x
 * is wide), and exist for `'complete'` unless M > N, as in PyTorch.
 *
 * Shapes: [..., M, N] → q [..., M, K], r [..., K, N], where K = min(M, N), or M for `'complete'`. Dtypes: float dtypes.
 *
 * @param options.mode `'reduced'` or `'complete'`; default `'reduced'`
 * @throws MyelinError `SHAPE` for fewer than two axes; `DTYPE`; `VALUE` for another mode; `GRADIENT` for the gradient of a
 * complete decomposition with M > N
 * @see Schreiber and Van Loan, A storage-efficient WY representation for products of Householder transformations (1989)
 * @example
 * ```ts
 * import { qr, tensor } from 'myelin';
 * const { q, r } = qr(tensor([[3], [4]]));
 * console.log(r.toArray(), q.shape); // [ [ -5 ] ] [ 2, 1 ]
 * ```
 */
export function qr<D extends FloatDType>(
  x: Tensor<D>,
  { mode = 'reduced' }: { readonly mode?: 'reduced' | 'complete' } = {},
): QrFactors<D> {
  checkMatrix('qr', 'x', x);
  checkOption('qr', 'mode', mode, modes);
  const { out, r } = qrOp({ x }, { mode });
  return { q: out as Tensor<D>, r: r as Tensor<D> };
}

/** {@link qr} for the library's own use, where dtypes are not known to the compiler. */
export function reducedQr(x: Tensor): { readonly q: Tensor; readonly r: Tensor } {
  const { out, r } = qrOp({ x }, { mode: 'reduced' });
  return { q: out, r };
}
