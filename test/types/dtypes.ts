// Compiled by `npm run types`, never run: dtypes are exact.
import {
  add,
  cast,
  empty,
  emptyLike,
  ones,
  sum,
  tensor,
  zeros,
  type DType,
  type Promote,
  type Tensor,
  type TypedArrayOf,
} from 'myelin';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

const float = zeros([2]);
const double = zeros([2], { dtype: 'float64' });
const integer = zeros([2], { dtype: 'int32' });
const long = ones([2], { dtype: 'int64' });
const byte = ones([2], { dtype: 'uint8' });
const flag = ones([2], { dtype: 'bool' });

// What is made has the dtype and the shape that were asked for, or those of another tensor.
const hollow = empty([2, 3], { dtype: 'int32' });
holds<Same<typeof hollow, Tensor<'int32', readonly [2, 3]>>>();
export const alike: Tensor<'float64', readonly [2, 3]> = emptyLike(hollow, { dtype: 'float64' });

// What an array of each dtype is in JavaScript.
holds<Same<ReturnType<typeof float.data>, TypedArrayOf<'float32'>>>();
holds<Same<ReturnType<typeof double.data>, TypedArrayOf<'float64'>>>();
export const arrays: [Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8Array] = [
  float.data(),
  double.data(),
  integer.data(),
  long.data(),
  byte.data(),
  flag.data(),
];

// Promotion follows the table that the library itself uses.
export const promoted: [
  Tensor<'float64'>,
  Tensor<'float32'>,
  Tensor<'int64'>,
  Tensor<'int32'>,
  Tensor<'uint8'>,
  Tensor<'float32'>,
] = [add(float, double), add(float, long), add(integer, long), add(byte, integer), add(byte, flag), add(float, flag)];

// For every pair: the same either way, and with itself the same.
type Pairs = { [A in DType]: { [B in DType]: Same<Promote<A, B>, Promote<B, A>> } };
holds<Same<Pairs, { [A in DType]: { [B in DType]: true } }>>();
holds<Same<{ [D in DType]: Promote<D, D> }, { [D in DType]: D }>>();

// All ten keep their dtype through creation, casts and views.
const each = <D extends DType>(dtype: D) =>
  [zeros([2], { dtype }), cast(float, dtype), float.to(dtype).reshape([2])] as const;
holds<Same<ReturnType<typeof each<'bfloat16'>>[0], Tensor<'bfloat16', readonly [2]>>>();
export const all: { [D in DType]: Tensor<D> } = {
  bool: each('bool')[1],
  uint8: each('uint8')[1],
  int8: each('int8')[1],
  int16: each('int16')[1],
  int32: each('int32')[1],
  int64: each('int64')[1],
  float16: each('float16')[1],
  bfloat16: each('bfloat16')[1],
  float32: each('float32')[1],
  float64: each('float64')[2],
};

// Numbers are weak: they take the tensor's dtype.
export const weak: [Tensor<'float64'>, Tensor<'uint8'>] = [add(double, 1), add(byte, 1)];

// Literals of JavaScript, typed arrays, casts.
export const made: [Tensor<'float32'>, Tensor<'bool'>, Tensor<'int32'>, Tensor<'int64'>] = [
  tensor([1, 2]),
  tensor([true]),
  tensor(Int32Array.of(1)),
  cast(float, 'int64'),
];

// Sums of small integers are wide.
export const total: Tensor<'int64'> = sum(byte);

// @ts-expect-error a shape that differs
export const shape: Tensor<'float32', readonly [3]> = zeros([2]);
// @ts-expect-error an option of another library's
sum(float, { dim: 0 });
// @ts-expect-error options are an object
sum(float, 0);

// Shapes are gradual: what is not known is a number, and never an error.
declare const n: number;
export const gradual: Tensor<'float32'> = zeros([n, 3]).matmul(zeros([n, 5]));
