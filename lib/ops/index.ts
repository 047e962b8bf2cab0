import './methods.js';

export * from './activation.js';
export * from './arithmetic.js';
export { assign } from './assign.js';
export { cast } from './cast.js';
export type { Pair } from './checks.js';
export { eq, ge, gt, le, lt, ne, where, type Choice, type Comparison } from './compare.js';
export * from './conv.js';
export * from './creation.js';
export { gather, indexSelect, oneHot, type IndexDType } from './indexing.js';
export * from './einsum.js';
export { linear, matmul, matmulInteger, type MatMulIntegerOptions } from './linalg.js';
export * from './logic.js';
export * from './loss.js';
export * from './math.js';
export { chunk, clone, concat, contiguous, pad, split, stack, tile, type Layout } from './move.js';
export * from './norm.js';
export type { Arithmetic, Floating, Operand, RealArithmetic } from './operands.js';
export * from './permute.js';
export * from './pool.js';
export * from './products.js';
export * from './random.js';
export * from './ranges.js';
export {
  all,
  any,
  argmax,
  argmin,
  max,
  mean,
  min,
  prod,
  sum,
  type Accumulated,
  type AxisOptions,
  type ReduceOptions,
} from './reduce.js';
export { expand, flatten, reshape, squeeze, unsqueeze, type KnownShape } from './reshape.js';
export * from './rounding.js';
export { flip, select, slice, type SliceSpec } from './slice.js';
export * from './softmax.js';
export * from './statistics.js';
