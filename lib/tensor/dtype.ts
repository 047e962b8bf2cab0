import { fail, show } from './errors.js';

/** Element types, named as NumPy and ONNX name them. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

/** Element types that can hold fractions, and so have gradients. */
export type FloatDType = 'float32' | 'float64';

/** Typed array that holds the elements of a dtype. `bool` is one byte per element, 0 or 1. */
export type TypedArrayOf<D extends DType> = {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}[D];

/** Any typed array that some dtype is stored in. */
export type TypedArray = TypedArrayOf<DType>;

interface DTypeInfo<D extends DType> {
  /** Number of the dtype in commands; must equal native/core/dtype.h. */
  readonly code: number;
  /** Bytes of one element. */
  readonly size: number;
  readonly kind: 'bool' | 'int' | 'float';
  /** Position in the promotion order within and across kinds. */
  readonly rank: number;
  readonly create: (length: number) => TypedArrayOf<D>;
}

const table: { readonly [D in DType]: DTypeInfo<D> } = {
  bool: { code: 0, size: 1, kind: 'bool', rank: 0, create: (length) => new Uint8Array(length) },
  uint8: { code: 1, size: 1, kind: 'int', rank: 1, create: (length) => new Uint8Array(length) },
  int32: { code: 4, size: 4, kind: 'int', rank: 3, create: (length) => new Int32Array(length) },
  int64: { code: 5, size: 8, kind: 'int', rank: 4, create: (length) => new BigInt64Array(length) },
  float32: { code: 8, size: 4, kind: 'float', rank: 5, create: (length) => new Float32Array(length) },
  float64: { code: 9, size: 8, kind: 'float', rank: 6, create: (length) => new Float64Array(length) },
};

/** Every dtype, from the narrowest to the widest. */
export const dtypes: readonly DType[] = ['bool', 'uint8', 'int32', 'int64', 'float32', 'float64'];

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

/** The dtype in which two dtypes meet: the wider of the more general kind, as in PyTorch. */
export type Promote<A extends DType, B extends DType> = A extends B
  ? A
  : 'float64' extends A | B
    ? 'float64'
    : 'float32' extends A | B
      ? 'float32'
      : 'int64' extends A | B
        ? 'int64'
        : 'int32' extends A | B
          ? 'int32'
          : 'uint8';

/** Run-time twin of {@link Promote}. */
export function promote(a: DType, b: DType): DType {
  return table[a].rank >= table[b].rank ? a : b;
}

/** What one element is in JavaScript. */
export type ItemOf<D extends DType> = D extends 'bool' ? boolean : number;
