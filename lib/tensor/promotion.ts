import { isFloat, type DType } from './dtype.js';

// Which dtype two dtypes meet in, as torch.promote_types has it.

/** A row of the table in which the other dtype is the wider one; rows below replace what is not. */
const other = {
  bool: 'bool',
  uint8: 'uint8',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float16: 'float16',
  bfloat16: 'bfloat16',
  float32: 'float32',
  float64: 'float64',
} as const;

const integersTo = <D extends DType>(to: D) => ({ bool: to, uint8: to, int8: to, int16: to, int32: to, int64: to });

const table = {
  bool: other,
  uint8: { ...other, bool: 'uint8', int8: 'int16' },
  int8: { ...other, bool: 'int8', uint8: 'int16' },
  int16: { ...other, bool: 'int16', uint8: 'int16', int8: 'int16' },
  int32: { ...other, bool: 'int32', uint8: 'int32', int8: 'int32', int16: 'int32' },
  int64: { ...other, ...integersTo('int64') },
  float16: { ...other, ...integersTo('float16'), bfloat16: 'float32' },
  bfloat16: { ...other, ...integersTo('bfloat16'), float16: 'float32' },
  float32: { ...other, ...integersTo('float32'), float16: 'float32', bfloat16: 'float32' },
  float64: { ...other, ...integersTo('float64'), float16: 'float64', bfloat16: 'float64', float32: 'float64' },
} as const satisfies { readonly [A in DType]: { readonly [B in DType]: DType } };

type Table = typeof table;

/** The dtype in which two dtypes meet, as in PyTorch. */
export type Promote<A extends DType, B extends DType> = Table[A][B];

/** Run-time twin of {@link Promote}, for dtypes that are known to be ones. */
export function promote(a: DType, b: DType): DType {
  return table[a][b];
}

/** The dtype in which a tensor meets a number: the tensor's, except that fractions make integers float32. */
export function promoteNumber(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return 'float32';
  return dtype === 'bool' ? 'int64' : dtype;
}
