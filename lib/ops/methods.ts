import { stopGradient } from '../engine/tape.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { provideAssign } from '../tensor/parameter.js';
import type { Promote } from '../tensor/promotion.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { BroadcastShape, MatMulFits, MatMulShape, TransposedShape } from '../tensor/types.js';
import * as activation from './activation.js';
import * as arithmetic from './arithmetic.js';
import * as binary from './binary.js';
import * as bitwise from './bitwise.js';
import type { Indexed } from './axis.js';
import { assign, assignAt } from './assign.js';
import * as indexing from './at.js';
import type { IndexSpec } from './at.js';
import { cast } from './cast.js';
import * as clamping from './clamp.js';
import * as closeness from './closeness.js';
import type { ClosenessOptions } from './closeness.js';
import * as compare from './compare.js';
import * as division from './division.js';
import * as hyperbolic from './hyperbolic.js';
import * as differences from './differences.js';
import type { DiffOptions } from './differences.js';
import * as lookup from './indexing.js';
import * as linalg from './linalg.js';
import * as logarithms from './logarithms.js';
import * as logic from './logic.js';
import * as masking from './masking.js';
import * as math from './math.js';
import * as move from './move.js';
import type { Layout } from './move.js';
import type { Arithmetic, Floating, Operand, RealArithmetic } from './operands.js';
import * as permuting from './permute.js';
import * as orders from './order-statistics.js';
import * as products from './prod.js';
import * as quantiles from './quantile.js';
import type { QuantileOptions } from './quantile.js';
import * as pieces from './pieces.js';
import * as repeating from './repeat.js';
import * as rotating from './rotate.js';
import * as triangles from './triangle.js';
import * as views from './views.js';
import * as windows from './windows.js';
import * as reduce from './reduce.js';
import type { Accumulated, AxisOptions, DTypeOption, ReduceOptions } from './reduce.js';
import * as reshaping from './reshape.js';
import type { KnownShape } from './reshape.js';
import * as rounding from './rounding.js';
import * as scan from './scan.js';
import type { ScanOptions } from './scan.js';
import * as slicing from './slice.js';
import type { SliceSpec } from './slice.js';
import * as softmaxes from './softmax.js';
import type { SoftmaxOptions } from './softmax.js';
import * as special from './special.js';
import * as sorting from './sort.js';
import type { SortOptions, TopkOptions } from './sort.js';
import * as statistics from './statistics.js';
import type { NormOptions, VarianceOptions } from './statistics.js';
import * as trigonometry from './trigonometry.js';

// Each method is the function of the same name with the tensor as its first argument; its doc is the function's.
const methods = {
  ...pick(arithmetic, ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'neg', 'abs', 'sign', 'square']),
  ...pick(compare, ['eq', 'ne', 'lt', 'le', 'gt', 'ge']),
  ...pick(logic, [
    'logicalAnd',
    'logicalOr',
    'logicalXor',
    'logicalNot',
    'isnan',
    'isinf',
    'isfinite',
    'isposinf',
    'isneginf',
    'signbit',
  ]),
  ...pick(math, ['exp', 'exp2', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt', 'rsqrt', 'cbrt', 'reciprocal']),
  ...pick(trigonometry, ['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinc']),
  ...pick(hyperbolic, ['sinh', 'cosh', 'asinh', 'acosh', 'atanh']),
  ...pick(special, ['erf', 'erfc', 'erfinv', 'lgamma', 'digamma']),
  ...pick(logarithms, ['logAddExp', 'logAddExp2', 'xlogy', 'logit']),
  ...pick(binary, ['hypot', 'copysign', 'fmax', 'fmin', 'ldexp', 'lerp']),
  ...pick(division, ['fmod', 'remainder', 'floorDivide', 'truncDivide', 'gcd', 'lcm']),
  ...pick(bitwise, ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'bitwiseNot', 'bitwiseLeftShift', 'bitwiseRightShift']),
  ...pick(closeness, ['isclose', 'allclose', 'equal']),
  ...pick(rounding, ['floor', 'ceil', 'round', 'trunc', 'frac']),
  ...pick(activation, ['relu', 'sigmoid', 'tanh']),
  ...pick(clamping, ['clamp', 'nanToNum']),
  ...pick(softmaxes, ['softmax', 'logSoftmax']),
  ...pick(reduce, ['sum', 'mean', 'max', 'min', 'argmax', 'argmin', 'any', 'all', 'countNonzero']),
  ...pick(products, ['prod']),
  ...pick(scan, ['cumsum', 'cumprod']),
  ...pick(sorting, ['sort', 'argsort', 'topk']),
  ...pick(orders, ['median']),
  ...pick(quantiles, ['quantile']),
  ...pick(differences, ['diff']),
  ...pick(statistics, ['variance', 'std', 'norm', 'logSumExp']),
  ...pick(reshaping, ['reshape', 'flatten', 'squeeze', 'unsqueeze', 'expand']),
  ...pick(permuting, ['permute', 'transpose']),
  ...pick(slicing, ['slice', 'flip', 'select']),
  ...pick(indexing, ['at']),
  ...pick(views, ['view', 'ravel', 'unflatten', 'swapAxes', 'moveAxis', 'broadcastTo', 'narrow']),
  ...pick(windows, ['unfold', 'diagonal']),
  ...pick(masking, ['nonzero', 'maskedFill', 'maskedSelect']),
  ...pick(lookup, ['gather', 'indexSelect']),
  ...pick(repeating, ['tile', 'repeat', 'repeatInterleave']),
  ...pick(move, ['split', 'chunk']),
  ...pick(pieces, ['unbind']),
  ...pick(rotating, ['roll']),
  ...pick(triangles, ['tril', 'triu']),
  ...pick(move, ['contiguous', 'clone']),
  ...pick(linalg, ['matmul']),
  to: cast,
  detach: (x: Tensor): Tensor => stopGradient(x),
};

function pick<T extends object, K extends keyof T>(module: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, module[name]])) as Pick<T, K>;
}

declare module '../tensor/tensor.js' {
  interface Tensor<D extends DType, S extends Shape> {
    add<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    sub<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    mul<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    div<B extends Operand>(other: B, options?: { readonly roundingMode?: null }): RealArithmetic<Tensor<D, S>, B>;
    div<B extends Operand>(
      other: B,
      options: { readonly roundingMode: 'trunc' | 'floor' },
    ): Arithmetic<Tensor<D, S>, B>;
    pow<B extends Operand>(exponent: B): Arithmetic<Tensor<D, S>, B>;
    maximum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    minimum<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    fmod<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    remainder<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    floorDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    truncDivide<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    gcd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    lcm<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    fmax<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    fmin<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseAnd<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseOr<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseXor<B extends Operand>(other: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseLeftShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseRightShift<B extends Operand>(bits: B): Arithmetic<Tensor<D, S>, B>;
    bitwiseNot(): Tensor<D, S>;
    hypot<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    copysign<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    logAddExp<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    logAddExp2<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    xlogy<B extends Operand>(other: B): RealArithmetic<Tensor<D, S>, B>;
    atan2<B extends Operand>(x: B): RealArithmetic<Tensor<D, S>, B>;
    ldexp<B extends Operand>(exponent: B): RealArithmetic<Tensor<D, S>, B>;
    lerp<B extends Tensor<FloatDType>, W extends Operand>(
      this: Tensor<D & FloatDType, S>,
      end: B,
      weight: W,
    ): Arithmetic<Tensor<D, S>, B>;
    isclose<B extends Operand>(other: B, options?: ClosenessOptions): compare.Comparison<Tensor<D, S>, B>;
    allclose(other: Operand, options?: ClosenessOptions): boolean;
    equal(other: Tensor): boolean;
    neg(): Tensor<D, S>;
    eq<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    ne<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    lt<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    le<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    gt<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    ge<B extends Operand>(other: B): compare.Comparison<Tensor<D, S>, B>;
    logicalAnd<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    logicalOr<T extends Shape>(this: Tensor<'bool', S>, other: Tensor<'bool', T>): Tensor<'bool', BroadcastShape<S, T>>;
    logicalXor<T extends Shape>(
      this: Tensor<'bool', S>,
      other: Tensor<'bool', T>,
    ): Tensor<'bool', BroadcastShape<S, T>>;
    logicalNot(this: Tensor<'bool', S>): Tensor<'bool', S>;
    isnan(): Tensor<'bool', S>;
    isinf(): Tensor<'bool', S>;
    isfinite(): Tensor<'bool', S>;
    isposinf(): Tensor<'bool', S>;
    isneginf(): Tensor<'bool', S>;
    signbit(): Tensor<'bool', S>;
    exp(): Tensor<Floating<D>, S>;
    exp2(): Tensor<Floating<D>, S>;
    expm1(): Tensor<Floating<D>, S>;
    log(): Tensor<Floating<D>, S>;
    log1p(): Tensor<Floating<D>, S>;
    log2(): Tensor<Floating<D>, S>;
    log10(): Tensor<Floating<D>, S>;
    sqrt(): Tensor<Floating<D>, S>;
    rsqrt(): Tensor<Floating<D>, S>;
    cbrt(): Tensor<Floating<D>, S>;
    reciprocal(): Tensor<Floating<D>, S>;
    sin(): Tensor<Floating<D>, S>;
    cos(): Tensor<Floating<D>, S>;
    tan(): Tensor<Floating<D>, S>;
    asin(): Tensor<Floating<D>, S>;
    acos(): Tensor<Floating<D>, S>;
    atan(): Tensor<Floating<D>, S>;
    sinc(): Tensor<Floating<D>, S>;
    sinh(): Tensor<Floating<D>, S>;
    cosh(): Tensor<Floating<D>, S>;
    asinh(): Tensor<Floating<D>, S>;
    acosh(): Tensor<Floating<D>, S>;
    atanh(): Tensor<Floating<D>, S>;
    erf(): Tensor<Floating<D>, S>;
    erfc(): Tensor<Floating<D>, S>;
    erfinv(): Tensor<Floating<D>, S>;
    lgamma(): Tensor<Floating<D>, S>;
    digamma(): Tensor<Floating<D>, S>;
    logit(options?: logarithms.LogitOptions): Tensor<D & FloatDType, S>;
    abs(): Tensor<D, S>;
    sign(): Tensor<D, S>;
    square(): Tensor<D, S>;
    floor(): Tensor<D, S>;
    ceil(): Tensor<D, S>;
    round(options?: rounding.RoundOptions): Tensor<D, S>;
    trunc(): Tensor<D, S>;
    frac(): Tensor<D & FloatDType, S>;
    relu(): Tensor<D, S>;
    sigmoid(): Tensor<Floating<D>, S>;
    tanh(): Tensor<Floating<D>, S>;
    clamp(options?: clamping.ClampOptions): Tensor<D, S>;
    nanToNum(options?: clamping.NanToNumOptions): Tensor<D, S>;
    softmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    logSoftmax(options?: SoftmaxOptions): Tensor<D & FloatDType, S>;
    sum<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    sum(options?: ReduceOptions): Tensor<Accumulated<D>>;
    mean<E extends FloatDType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    mean(options?: ReduceOptions): Tensor<D & FloatDType>;
    prod<E extends DType>(options: ReduceOptions & DTypeOption<E>): Tensor<E>;
    prod(options?: ReduceOptions): Tensor<Accumulated<D>>;
    cumsum<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    cumsum(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    cumprod<E extends DType>(options: ScanOptions & DTypeOption<E>): Tensor<E, S>;
    cumprod(options?: ScanOptions): Tensor<Accumulated<D>, S>;
    max(options?: ReduceOptions): Tensor<D>;
    min(options?: ReduceOptions): Tensor<D>;
    argmax(options?: AxisOptions): Tensor<'int64'>;
    argmin(options?: AxisOptions): Tensor<'int64'>;
    any(options?: ReduceOptions): Tensor<'bool'>;
    all(options?: ReduceOptions): Tensor<'bool'>;
    countNonzero(options?: ReduceOptions): Tensor<'int64'>;
    sort(options?: SortOptions): Indexed<D, S>;
    argsort(options?: SortOptions): Tensor<'int64', S>;
    topk(k: number, options?: TopkOptions): Indexed<D>;
    median(options?: AxisOptions): Indexed<D>;
    quantile(q: number | readonly number[], options?: QuantileOptions): Tensor<D & FloatDType>;
    diff(options?: DiffOptions): Tensor<D>;
    variance(options?: VarianceOptions): Tensor<D & FloatDType>;
    std(options?: VarianceOptions): Tensor<D & FloatDType>;
    norm(options?: NormOptions): Tensor<D & FloatDType>;
    logSumExp(options?: ReduceOptions): Tensor<D & FloatDType>;
    reshape<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    flatten(options?: { readonly start?: number; readonly end?: number }): Tensor<D>;
    squeeze(axis?: number | readonly number[]): Tensor<D>;
    unsqueeze(axis: number): Tensor<D>;
    permute(axes: readonly number[]): Tensor<D>;
    transpose(): Tensor<D, TransposedShape<S>>;
    transpose(a: number, b: number): Tensor<D>;
    expand<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    slice(...specs: readonly SliceSpec[]): Tensor<D>;
    flip(axis?: number | readonly number[]): Tensor<D>;
    select(axis: number, index: number): Tensor<D>;
    at(...specs: readonly IndexSpec[]): Tensor<D>;
    view<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    ravel(): Tensor<D>;
    unflatten(axis: number, extents: Shape): Tensor<D>;
    swapAxes(a: number, b: number): Tensor<D>;
    moveAxis(from: number | readonly number[], to: number | readonly number[]): Tensor<D>;
    broadcastTo<const T extends Shape>(shape: T): Tensor<D, KnownShape<T>>;
    narrow(axis: number, start: number, length: number): Tensor<D>;
    unfold(options: windows.UnfoldOptions): Tensor<D>;
    diagonal(options?: windows.DiagonalOptions): Tensor<D>;
    nonzero(): Tensor<'int64'>;
    maskedFill(mask: Tensor<'bool'>, value: Tensor<D> | number): Tensor<D>;
    maskedSelect(mask: Tensor<'bool'>): Tensor<D>;
    gather(index: Tensor<lookup.IndexDType>, options?: pieces.AlongOptions): Tensor<D>;
    indexSelect(index: Tensor<lookup.IndexDType>, options?: pieces.AlongOptions): Tensor<D>;
    tile(repeats: readonly number[]): Tensor<D>;
    repeat(repeats: readonly number[]): Tensor<D>;
    repeatInterleave(repeats: number | Tensor<lookup.IndexDType>, options?: { readonly axis?: number }): Tensor<D>;
    split(extents: number | readonly number[], options?: pieces.AlongOptions): Tensor<D>[];
    chunk(count: number, options?: pieces.AlongOptions): Tensor<D>[];
    unbind(options?: pieces.AlongOptions): Tensor<D>[];
    roll(shifts: number | readonly number[], options?: { readonly axis?: number | readonly number[] }): Tensor<D>;
    tril(options?: triangles.DiagonalLimit): Tensor<D, S>;
    triu(options?: triangles.DiagonalLimit): Tensor<D, S>;
    contiguous(options?: { readonly layout?: Layout }): Tensor<D, S>;
    clone(): Tensor<D, S>;
    matmul<B extends DType, T extends Shape>(
      other: Tensor<B, T> & MatMulFits<S, T>,
    ): Tensor<Promote<D, B>, MatMulShape<S, T>>;
    /** This tensor in another dtype; see {@link cast}. */
    to<E extends DType>(dtype: E): Tensor<E, S>;
    /** This tensor as a constant; see {@link stopGradient}. */
    detach(): Tensor<D, S>;
  }
}

type Method = (self: Tensor, ...rest: never[]) => unknown;

function install(name: string, method: Method): void {
  if (name in Tensor.prototype) fail('STATE', 'load', `a tensor has a method ${name} already`);
  const value = function (this: Tensor, ...rest: never[]): unknown {
    return method(this, ...rest);
  };
  Object.defineProperty(value, 'name', { value: name });
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

for (const [name, method] of Object.entries(methods)) install(name, method as Method);
provideAssign(assign, assignAt);

// A file without exports counts as CommonJS in the bundle, and so would all that it imports.
export {};
