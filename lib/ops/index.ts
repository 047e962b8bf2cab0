import './methods.js';

export * from './activation.js';
export * from './activation-piecewise.js';
export * from './activation-random.js';
export * from './activation-smooth.js';
export * from './arithmetic.js';
export { assign } from './assign.js';
export * from './binary.js';
export * from './bitwise.js';
export type { Indexed } from './axis.js';
export { cast } from './cast.js';
export type { Pair } from './checks.js';
export * from './clamp.js';
export * from './closeness.js';
export { eq, ge, gt, le, lt, ne, where, type Choice, type Comparison } from './compare.js';
export * from './cholesky.js';
export * from './conv.js';
export * from './creation.js';
export * from './division.js';
export * from './hyperbolic.js';
export * from './differences.js';
export * from './dtypes.js';
export * from './histogram.js';
export { gather, indexSelect, oneHot, type IndexDType } from './indexing.js';
export * from './eigh.js';
export * from './einsum.js';
export { linear, matmul, matmulInteger, type MatMulIntegerOptions } from './linalg.js';
export * from './logarithms.js';
export * from './logic.js';
export * from './loss.js';
export * from './math.js';
export * from './matrix.js';
export * from './lstsq.js';
export * from './lu.js';
export { chunk, clone, concat, contiguous, pad, split, stack, tile, type Layout } from './move.js';
export * from './nan-reduce.js';
export * from './norm.js';
export type { Arithmetic, Floating, Operand, RealArithmetic } from './operands.js';
export * from './permute.js';
export * from './pool.js';
export * from './order-statistics.js';
export { prod } from './prod.js';
export * from './products.js';
export * from './quantile.js';
export { qr, type QrFactors } from './qr.js';
export * from './random.js';
export * from './ranges.js';
export {
  all,
  any,
  argmax,
  argmin,
  countNonzero,
  max,
  mean,
  min,
  sum,
  type Accumulated,
  type AxisOptions,
  type DTypeOption,
  type ReduceOptions,
} from './reduce.js';
export { expand, flatten, reshape, squeeze, unsqueeze, type KnownShape } from './reshape.js';
export * from './rounding.js';
export { cummax, cummin, cumprod, cumsum, logcumsumexp, type ScanOptions } from './scan.js';
export * from './search.js';
export { flip, select, slice, type SliceSpec } from './slice.js';
export * from './softmax.js';
export * from './special.js';
export * from './trigonometry.js';
export * from './sort.js';
export * from './statistics.js';
export * from './unique.js';
export { det, inv, logdet, slogdet, solve, type SignAndLog, type SolveOptions } from './solve.js';
export { pinv, svd, svdvals, type RankOptions, type SingularValueDecomposition } from './svd.js';
export { solveTriangular, type SolveTriangularOptions } from './triangular.js';
