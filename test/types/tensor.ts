// Compiled by `npm run types`, never run: what the types promise about dtypes and shapes.
import { zeros, type Buffer, type Parameter, type Tensor, type Variable } from 'myelin';

declare const parameter: Parameter<'float32', readonly [2]>;
declare const buffer: Buffer<'int64', readonly []>;

// Exact ones are also general ones.
export const general: [Tensor, Tensor<'float32'>, Variable, Parameter, Buffer] = [
  parameter,
  parameter,
  parameter,
  parameter,
  buffer,
];

// Literal shapes survive where the rule is simple, and dtypes always do.
export const product: Tensor<'float32', readonly [2, 5]> = zeros([2, 3]).matmul(zeros([3, 5]));
export const turned: Tensor<'float32', readonly [3, 2]> = zeros([2, 3]).transpose();
export const sum: Tensor<'float32', readonly [2, 3]> = zeros([2, 3])
  .add(zeros([2, 3]))
  .mul(2)
  .exp();
export const promoted: Tensor<'float64'> = zeros([2], { dtype: 'float64' }).add(zeros([2]));
export const data: Float32Array = zeros([2]).data();
export const wide: BigInt64Array = zeros([2], { dtype: 'int64' }).data();

// @ts-expect-error inner dimensions 3 and 4 differ
export const mismatch = zeros([2, 3]).matmul(zeros([4, 5]));
// @ts-expect-error a Buffer is no Parameter
export const frozen: Parameter = buffer;
// @ts-expect-error only variables can be assigned
zeros([2]).assign(1);
