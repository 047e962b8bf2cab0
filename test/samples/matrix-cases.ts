import { add, mul, ones, transpose, type FloatDType, type Tensor } from 'myelin';

import { isFloat } from '../../lib/tensor/dtype';
import { matricesOf, type Rows } from '../support/matrices';
import type { Nd } from '../support/reference';
import { refused, type ErrorCase, type Sample } from './sample';

// What samples of factors of matrices have in common.

export type Real = Tensor<FloatDType>;
export type Shape = readonly number[];

export const notSquare = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([2, 3])), 'SHAPE', /x is float32\[2,3\] \(need a square matrix\)/),
  refused(() => call(ones([3])), 'SHAPE', /x is float32\[3\] \(need at least two axes\)/),
  ...notReal(call),
];
export const notMatrix = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([3])), 'SHAPE', /x is float32\[3\] \(need at least two axes\)/),
  ...notReal(call),
];
const notReal = (call: (x: Real) => unknown): ErrorCase[] => [
  refused(() => call(ones([2, 2], { dtype: 'int32' }) as never), 'DTYPE', /x is int32\[2,2\]/),
  refused(() => call(undefined as never), 'TYPE', /x is undefined \(need a tensor\)/),
];

// Errors grow with the condition of the matrix and its size.
export const tolerance = { relative: 64, absolute: 256 };

/** Batches keep their matrices whole in every layout; a single matrix would become another one when it is expanded. */
export const layoutsOf = (shape: Shape): Partial<Sample> => (shape.length > 2 ? {} : { repeats: false });

export const large = (sample: Sample): Sample => ({ ...sample, order: 0 });

/** A symmetric matrix; what has no halves stays, to be refused. */
export const halfSum = (x: Real): Real => (isFloat(x.dtype) ? mul(add(x, transpose(x, -2, -1)), 0.5) : x);

export const squares: readonly Shape[] = [
  [3, 3],
  [1, 1],
  [2, 3, 3],
  [2, 4, 4],
  [0, 3, 3],
  [2, 0, 0],
];

export const perMatrix = (x: Nd, f: (a: Rows) => number): Nd => ({
  dtype: x.dtype,
  shape: x.shape.slice(0, -2),
  data: matricesOf(x).map(f),
});
