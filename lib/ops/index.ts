import './methods-axes.js';
import './methods-elements.js';
import './methods-pairs.js';
import './methods-shapes.js';

export * from './activation.js';
export * from './activation-piecewise.js';
export * from './activation-random.js';
export * from './activation-smooth.js';
export * from './arithmetic.js';
export * from './attention.js';
export * from './bessel.js';
export * from './binary.js';
export * from './bitwise.js';
export type { Indexed } from './axis.js';
export { assign, assignAt } from './assign.js';
export { at, type IndexSpec, type RangeText } from './at.js';
export { newAxis } from './new-axis.js';
export { cast } from './cast.js';
export type { Pair, Single, Triple } from './checks.js';
export * from './clamp.js';
export * from './closeness.js';
export { eq, ge, gt, le, lt, ne, where, type Choice, type Comparison } from './compare.js';
export * from './cholesky.js';
export { complex, complexAbs, complexAngle, complexConj, complexMul, polar } from './complex.js';
export { conv2d, type Conv2dOptions } from './conv.js';
export { conv1d, conv3d, type Conv1dOptions, type Conv3dOptions } from './conv-axes.js';
export type { ConvOptions } from './conv-geometry.js';
export * from './conv-transpose.js';
export {
  borrow,
  empty,
  emptyLike,
  full,
  fullLike,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
  type CreationOptions,
  type DTypeOfArray,
  type NumberArray,
  type Scalar,
  type TensorOptions,
} from './creation.js';
export * from './division.js';
export * from './hyperbolic.js';
export * from './differences.js';
export * from './dtypes.js';
export * from './histogram.js';
export * from './grids.js';
export * from './index-update.js';
export * from './fft-axes.js';
export * from './fft-convolve.js';
export { fftfreq, fftshift, ifftshift, rfftfreq, type FrequencyOptions, type ShiftOptions } from './frequencies.js';
export * from './signal-bells.js';
export type { WindowOptions } from './signal-window.js';
export * from './signal-windows.js';
export { fft, hfft, ifft, ihfft, irfft, rfft, type FftNorm, type FftOptions } from './fft.js';
export { gather, indexSelect, oneHot, type IndexDType } from './indexing.js';
export * from './eigh.js';
export * from './einsum.js';
export * from './embedding.js';
export { linear, matmul, matmulInteger, type MatMulIntegerOptions } from './linalg.js';
export * from './logarithms.js';
export * from './logic.js';
export * from './loss.js';
export { argwhere, flatnonzero, maskedFill, maskedScatter, maskedSelect, nonzero } from './masking.js';
export * from './math.js';
export * from './matrix.js';
export * from './lstsq.js';
export * from './lu.js';
export * from './nan-reduce.js';
export { chunk, clone, concat, contiguous, split, stack, type Layout } from './move.js';
export * from './group-norm.js';
export { batchNorm, layerNorm, type BatchNormOptions, type LayerNormOptions } from './norm.js';
export * from './rms-norm.js';
export type { Arithmetic, Floating, Operand, RealArithmetic, Weak } from './operands.js';
export * from './padding.js';
export * from './patches.js';
export * from './permute.js';
export * from './pixel-shuffle.js';
export * from './pieces.js';
export * from './interpolate.js';
export * from './pool.js';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type AdaptivePair,
  type AdaptiveTriple,
} from './pool-adaptive.js';
export {
  avgPool1d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool3d,
  type LpPoolOptions,
} from './pool-axes.js';
export {
  fractionalMaxPool2d,
  fractionalMaxPool2dWithIndices,
  fractionalMaxPool3d,
  fractionalMaxPool3dWithIndices,
  type FractionalMaxPool2dOptions,
  type FractionalMaxPool3dOptions,
  type FractionalPoolOptions,
} from './pool-fractional.js';
export * from './pool-global.js';
export * from './pool-indices.js';
export * from './order-statistics.js';
export { prod } from './prod.js';
export * from './quantile.js';
export { qr, type QrFactors } from './qr.js';
export {
  bernoulli,
  dropout,
  normal,
  rand,
  randint,
  randn,
  randperm,
  uniform,
  type DropoutOptions,
  type NormalOptions,
  type RandomOptions,
  type UniformOptions,
} from './random.js';
export * from './products.js';
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
export * from './repeat.js';
export { expand, flatten, reshape, squeeze, unsqueeze, type KnownShape } from './reshape.js';
export {
  gru,
  lstm,
  rnn,
  type LstmOptions,
  type LstmResult,
  type LstmWeights,
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentWeights,
  type RnnOptions,
} from './rnn.js';
export type { SequenceLengths } from './recurrent.js';
export * from './rotate.js';
export * from './rounding.js';
export { cummax, cummin, cumprod, cumsum, logcumsumexp, type ScanOptions } from './scan.js';
export * from './search.js';
export * from './sampling.js';
export {
  putAlongAxis,
  scatter,
  scatterAdd,
  scatterReduce,
  type Reduction,
  type ScatterOptions,
  type ScatterReduceOptions,
} from './scatter.js';
export * from './segment.js';
export * from './similarity.js';
export { flip, select, slice, type SliceSpec } from './slice.js';
export * from './softmax.js';
export * from './special.js';
export * from './trigonometry.js';
export * from './sort.js';
export * from './statistics.js';
export * from './unique.js';
export * from './unpool.js';
export { det, inv, logdet, slogdet, solve, type SignAndLog, type SolveOptions } from './solve.js';
export { pinv, svd, svdvals, type RankOptions, type SingularValueDecomposition } from './svd.js';
export { istft, stft, type FrameOptions, type IstftOptions, type StftOptions } from './stft.js';
export { solveTriangular, type SolveTriangularOptions } from './triangular.js';
export { take, takeAlongAxis } from './take.js';
export * from './triangle.js';
export { broadcastTensors, broadcastTo, moveAxis, narrow, ravel, swapAxes, unflatten, view } from './views.js';
export {
  asStrided,
  diag,
  diagEmbed,
  diagonal,
  unfold,
  type DiagonalOptions,
  type StridedOptions,
  type UnfoldOptions,
} from './windows.js';
