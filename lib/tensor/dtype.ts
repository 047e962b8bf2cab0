import { fail, show } from './errors.js';

/** The dtypes of whole numbers, from the narrowest to the widest. */
export const integerDTypes = ['uint8', 'int8', 'int16', 'int32', 'int64'] as const;
/** The dtypes that hold fractions, from the narrowest to the widest. */
export const floatDTypes = ['float16', 'bfloat16', 'float32', 'float64'] as const;

/** Every dtype: bool, integers and floats, each from the narrowest to the widest. */
export const dtypes = ['bool', ...integerDTypes, ...floatDTypes] as const;

/** Element types, named as NumPy and ONNX name them. */
export type DType = (typeof dtypes)[number];

/** Element types that can hold fractions, and so have gradients. */
export type FloatDType = (typeof floatDTypes)[number];

/** Element types of whole numbers. */
export type IntegerDType = (typeof integerDTypes)[number];

/**
 * Typed array that holds the elements of a dtype. `bool` is one byte per element, 0 or 1; `float16` and `bfloat16` are
 * their bits, for want of a typed array of such floats.
 */
export type TypedArrayOf<D extends DType> = {
  bool: Uint8Array;
  uint8: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  float32: Float32Array;
  float64: Float64Array;
}[D];

/** Any typed array that some dtype is stored in. */
export type TypedArray = TypedArrayOf<DType>;

interface DTypeInfo<D extends DType> {
  /** Number of the dtype in commands; must equal native/core/dtype.h. */
  readonly code: number;
  /** Bytes of one element. */
  readonly size: number;
  readonly kind: 'bool' | 'int' | 'float';
  readonly create: (length: number) => TypedArrayOf<D>;
}

const table: { readonly [D in DType]: DTypeInfo<D> } = {
  bool: { code: 0, size: 1, kind: 'bool', create: (length) => new Uint8Array(length) },
  uint8: { code: 1, size: 1, kind: 'int', create: (length) => new Uint8Array(length) },
  int8: { code: 2, size: 1, kind: 'int', create: (length) => new Int8Array(length) },
  int16: { code: 3, size: 2, kind: 'int', create: (length) => new Int16Array(length) },
  int32: { code: 4, size: 4, kind: 'int', create: (length) => new Int32Array(length) },
  int64: { code: 5, size: 8, kind: 'int', create: (length) => new BigInt64Array(length) },
  float16: { code: 6, size: 2, kind: 'float', create: (length) => new Uint16Array(length) },
  bfloat16: { code: 7, size: 2, kind: 'float', create: (length) => new Uint16Array(length) },
  float32: { code: 8, size: 4, kind: 'float', create: (length) => new Float32Array(length) },
  float64: { code: 9, size: 8, kind: 'float', create: (length) => new Float64Array(length) },
};

export function dtypeInfo<D extends DType>(dtype: D): DTypeInfo<D> {
  return table[dtype];
}

/** Refuses anything that is not the name of a dtype. */
export function checkDType(op: string, dtype: unknown): asserts dtype is DType {
  if (typeof dtype !== 'string' || !Object.hasOwn(table, dtype)) {
    fail('DTYPE', op, `unknown dtype ${show(dtype)} (need one of ${dtypes.join(', ')})`, { dtype });
  }
}

export function isFloat(dtype: DType): dtype is FloatDType {
  return table[dtype].kind === 'float';
}

/** What one element is in JavaScript. */
export type ItemOf<D extends DType> = D extends 'bool' ? boolean : number;

/** The dtype whose elements an array holds as numbers; the bits of halves do not say of which kind they are. */
export function typedArrayDType(array: unknown): DType | undefined {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Int8Array) return 'int8';
  if (array instanceof Int16Array) return 'int16';
  if (array instanceof Int32Array) return 'int32';
  if (array instanceof BigInt64Array) return 'int64';
  if (array instanceof Uint8Array) return 'uint8';
  return undefined;
}
