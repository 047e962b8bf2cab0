import type { DType, FloatDType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { Indexed } from './axis.js';
import { diff, type DiffOptions } from './differences.js';
import { install } from './methods.js';
import { median } from './order-statistics.js';
import { prod } from './prod.js';
import { quantile, type QuantileOptions } from './quantile.js';
import {
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
import { cumprod, cumsum, type ScanOptions } from './scan.js';
import { logSoftmax, softmax, type SoftmaxOptions } from './softmax.js';
import { argsort, sort, topk, type SortOptions, type TopkOptions } from './sort.js';
import { logSumExp, norm, std, variance, type NormOptions, type VarianceOptions } from './statistics.js';

// Methods that look at whole axes: reductions, scans, order.

install({
  softmax,
  logSoftmax,
  sum,
  mean,
  prod,
  cumsum,
  cumprod,
  max,
  min,
  argmax,
  argmin,
  any,
  all,
  countNonzero,
  sort,
  argsort,
  topk,
  median,
  quantile,
  diff,
  variance,
  std,
  norm,
  logSumExp,
});

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
    /** Scores turned into probabilities along an axis, the last by default. See {@link softmax}. */
    softmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Logarithm of the softmax along an axis, the last by default. See {@link logSoftmax}. */
    logSoftmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    /** Sum over axes, all by default, added up in the dtype that is given. See {@link sum}. */
    sum<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Sum over axes, all by default; that of integers and bools is int64. See {@link sum}. */
    sum(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Mean over axes, all by default, taken in the dtype that is given. See {@link mean}. */
    mean<E extends FloatDType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Mean over axes, all by default; of float dtypes. See {@link mean}. */
    mean(options?: ReduceOptions): Tensor<D & FloatDType>;
    /** Product over axes, all by default, multiplied in the dtype that is given. See {@link prod}. */
    prod<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    /** Product over axes, all by default; that of integers and bools is int64. See {@link prod}. */
    prod(options?: ReduceOptions): Tensor<Accumulated<D>>;
    /** Sums of all elements up to each along an axis, added up in the dtype that is given. See {@link cumsum}. */
    cumsum<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /** Sums of all elements up to each along an axis; those of integers and bools are int64. See {@link cumsum}. */
    cumsum(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /**
     * Products of all elements up to each along an axis, multiplied in the dtype that is given. See
     * {@link cumprod}.
     */
    cumprod<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    /**
     * Products of all elements up to each along an axis; those of integers and bools are int64. See
     * {@link cumprod}.
     */
    cumprod(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    /** Largest element over axes, all by default; NaN if there is one. See {@link max}. */
    max(options?: ReduceOptions): Tensor<D>;
    /** Smallest element over axes, all by default; NaN if there is one. See {@link min}. */
    min(options?: ReduceOptions): Tensor<D>;
    /** Position of the largest element, the first of several. See {@link argmax}. */
    argmax(options?: AxisOptions): Tensor<'int64'>;
    /** Position of the smallest element, the first of several. See {@link argmin}. */
    argmin(options?: AxisOptions): Tensor<'int64'>;
    /** Whether any element over axes differs from 0. See {@link any}. */
    any(options?: ReduceOptions): Tensor<'bool'>;
    /** Whether all elements over axes differ from 0. See {@link all}. */
    all(options?: ReduceOptions): Tensor<'bool'>;
    /** Number of elements over axes that differ from 0. See {@link countNonzero}. */
    countNonzero(options?: ReduceOptions): Tensor<'int64'>;
    /** Elements in order along an axis, and where each stood before. See {@link sort}. */
    sort(options?: SortOptions): Indexed<D, S>;
    /** Positions of the elements in order along an axis. See {@link argsort}. */
    argsort(options?: SortOptions): Tensor<'int64', S>;
    /** The k largest elements along an axis, and where they stand. See {@link topk}. */
    topk(k: number, options?: TopkOptions): Indexed<D>;
    /** The middle element along an axis, the lower one of two, and where it stands. See {@link median}. */
    median(options?: AxisOptions): Indexed<D>;
    /** Quantiles along an axis, interpolated between neighbours. See {@link quantile}. */
    quantile(q: number | readonly number[], options?: QuantileOptions): Tensor<D & FloatDType>;
    /** Differences of neighbours along an axis. See {@link diff}. */
    diff(options?: DiffOptions): Tensor<D>;
    /** Variance over axes, all by default; unbiased unless `correction` says otherwise. See {@link variance}. */
    variance(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Standard deviation over axes, all by default. See {@link std}. */
    std(options?: VarianceOptions): Tensor<D & FloatDType>;
    /** Vector norm over axes, all by default; Euclidean unless `p` says otherwise. See {@link norm}. */
    norm(options?: NormOptions): Tensor<D & FloatDType>;
    /** Logarithm of a sum of exponentials over axes, safe from overflow. See {@link logSumExp}. */
    logSumExp(options?: ReduceOptions): Tensor<D & FloatDType>;
  }
}

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
