import { checkDType, dtypeInfo, isFloat, type DType, type FloatDType, type IntegerDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import { bfloat16, float16 } from '../tensor/half.js';
import { promote, promoteNumber, type Promote } from '../tensor/promotion.js';
import type { Operand } from './operands.js';
import { checkTensor } from './checks.js';

/**
 * The dtype in which elements of two dtypes meet.
 *
 * The wider of both, where bool is narrower than integers and those are narrower than floats; what neither holds goes to
 * the next that does: uint8 and int8 meet in int16, float16 and bfloat16 in float32. The table is that of PyTorch.
 *
 * @throws MyelinError `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { promoteTypes } from 'myelin';
 * console.log(promoteTypes('uint8', 'int8'), promoteTypes('int64', 'float16')); // int16 float16
 * ```
 */
export function promoteTypes<A extends DType, B extends DType>(a: A, b: B): Promote<A, B> {
  checkDType('promoteTypes', a);
  checkDType('promoteTypes', b);
  return promote(a, b) as Promote<A, B>;
}

/**
 * The dtype of arithmetic on two operands, of which a number has none of its own: it takes the tensor's, except that a
 * fraction makes integers float32, and an integer makes bools int64.
 *
 * Tensors of shape [] count like all others.
 *
 * @throws MyelinError `TYPE` when neither is a tensor
 * @example
 * ```ts
 * import { ones, resultType } from 'myelin';
 * const x = ones([2], { dtype: 'int8' });
 * console.log(resultType(x, 3), resultType(x, 0.5), resultType(x, ones([], { dtype: 'float16' }))); // int8 float32 float16
 * ```
 */
export function resultType(a: Operand, b: Operand): DType {
  if (typeof a === 'number') {
    checkTensor('resultType', 'b', b);
    return promoteNumber(b.dtype, a);
  }
  checkTensor('resultType', 'a', a);
  if (typeof b === 'number') return promoteNumber(a.dtype, b);
  checkTensor('resultType', 'b', b);
  return promote(a.dtype, b.dtype);
}

const kinds = ['bool', 'int', 'float'];

/**
 * Whether a result of one dtype may be stored as another: floats as any float, integers as any integer or float, bools as
 * anything. Values may overflow or lose precision; what changes its kind downward is refused. {@link cast} does both.
 *
 * @throws MyelinError `DTYPE` for an unknown dtype
 * @example
 * ```ts
 * import { canCast } from 'myelin';
 * console.log(canCast('float64', 'float16'), canCast('float32', 'int64')); // true false
 * ```
 */
export function canCast(from: DType, to: DType): boolean {
  checkDType('canCast', from);
  checkDType('canCast', to);
  return kinds.indexOf(dtypeInfo(from).kind) <= kinds.indexOf(dtypeInfo(to).kind);
}

/** What {@link finfo} tells of a float dtype. */
export interface FloatInfo {
  readonly dtype: FloatDType;
  /** Bits of one element. */
  readonly bits: number;
  /** Distance from 1 to the next larger float. */
  readonly eps: number;
  /** Largest finite float. */
  readonly max: number;
  /** Smallest finite float: −max. */
  readonly min: number;
  /** Smallest positive float of full precision. */
  readonly tiny: number;
  /** Another name of {@link FloatInfo.tiny}. */
  readonly smallestNormal: number;
  /** Power of ten of the last decimal digit that can be relied on near 1. */
  readonly resolution: number;
}

function floatInfo(dtype: FloatDType, mantissa: number, least: number): FloatInfo {
  const max = (2 - 2 ** -mantissa) * 2 ** (1 - least);
  const resolution = Number(`1e-${Math.floor(mantissa * Math.log10(2))}`);
  const tiny = 2 ** least;
  const bits = dtypeInfo(dtype).size * 8;
  return { dtype, bits, eps: 2 ** -mantissa, max, min: -max, tiny, smallestNormal: tiny, resolution };
}

const floatFormats: { readonly [D in FloatDType]: { readonly mantissa: number; readonly least: number } } = {
  float16,
  bfloat16,
  float32: { mantissa: 23, least: -126 },
  float64: { mantissa: 52, least: -1022 },
};

/**
 * Limits of a float dtype: `bits`, `eps`, `max`, `min`, `tiny` (also `smallestNormal`), `resolution`.
 *
 * @throws MyelinError `DTYPE` for what is no float dtype
 * @example
 * ```ts
 * import { finfo } from 'myelin';
 * console.log(finfo('float16').max, finfo('bfloat16').eps); // 65504 0.0078125
 * ```
 */
export function finfo(dtype: FloatDType): FloatInfo {
  checkDType('finfo', dtype);
  if (!isFloat(dtype)) fail('DTYPE', 'finfo', `dtype is ${String(dtype)} (need a float dtype)`, { dtype });
  const { mantissa, least } = floatFormats[dtype];
  return floatInfo(dtype, mantissa, least);
}

/** What {@link iinfo} tells of an integer dtype. */
export interface IntegerInfo<D extends IntegerDType = IntegerDType> {
  readonly dtype: D;
  /** Bits of one element. */
  readonly bits: number;
  /** Smallest and largest integer; a bigint for int64, whose limits are no JavaScript numbers. */
  readonly min: D extends 'int64' ? bigint : number;
  readonly max: D extends 'int64' ? bigint : number;
}

/**
 * Limits of an integer dtype: `bits`, `min`, `max`; those of int64 are bigints.
 *
 * @throws MyelinError `DTYPE` for what is no integer dtype
 * @example
 * ```ts
 * import { iinfo } from 'myelin';
 * console.log(iinfo('int8').min, iinfo('int64').max); // -128 9223372036854775807n
 * ```
 */
export function iinfo<D extends IntegerDType>(dtype: D): IntegerInfo<D> {
  checkDType('iinfo', dtype);
  const { kind, size } = dtypeInfo<DType>(dtype);
  if (kind !== 'int') fail('DTYPE', 'iinfo', `dtype is ${dtype} (need an integer dtype)`, { dtype });
  const bits = size * 8;
  const min = dtype === 'uint8' ? 0n : -(2n ** BigInt(bits - 1));
  const max = min + 2n ** BigInt(bits) - 1n;
  const limit = (value: bigint) => (dtype === 'int64' ? value : Number(value)) as IntegerInfo<D>['min'];
  return { dtype, bits, min: limit(min), max: limit(max) };
}
