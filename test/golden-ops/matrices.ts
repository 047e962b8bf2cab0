import {
  cond,
  lstsq,
  matmul,
  matrixExp,
  matrixNorm,
  matrixPower,
  matrixRank,
  mul,
  slice,
  tensor,
  tensorinv,
  tensorsolve,
  transpose,
  type FloatDType,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

type Real = Tensor<FloatDType>;

/** Inputs of these functions are floats; the table's type cannot say so. */
const loose = (call: (...inputs: Real[]) => ReturnType<GoldenCall['call']>): GoldenCall => ({
  call: (...inputs) => call(...(inputs as Real[])),
  tolerance: { float32: { relative: 2048, absolute: 4096 }, float64: { relative: 2048, absolute: 4096 } },
});

function lowRank(x: Real): Real {
  const columns: Real = slice(x, null, [0, 2]);
  return matmul(columns, transpose(columns, 0, 1));
}

const factors = (x: Real): Real => tensor([[[1]], [[9]]], { dtype: x.dtype });

export const matrices: GoldenCalls = {
  'matrixNorm-fro': loose((x) => matrixNorm(x)),
  'matrixNorm-nuc': loose((x) => matrixNorm(x, { ord: 'nuc' })),
  'matrixNorm-one': loose((x) => matrixNorm(x, { ord: 1 })),
  'matrixNorm-least-row': loose((x) => matrixNorm(x, { ord: -Infinity })),
  'matrixNorm-spectral': loose((x) => matrixNorm(x, { ord: 2 })),
  cond: loose((x) => cond(x)),
  'cond-fro': loose((x) => cond(x, { p: 'fro' })),
  matrixRank: loose((x) => matrixRank(lowRank(x), { rtol: 1e-5 })),
  matrixPower: loose((x) => matrixPower(x, 5)),
  'matrixPower-negative': loose((x) => matrixPower(x, -3)),
  matrixExp: loose((x) => matrixExp(mul(x, factors(x)))),
  lstsq: loose((a, b) => lstsq(a, b).solution),
  'lstsq-wide': loose((a, b) => lstsq(a, b).solution),
  'lstsq-low-rank': loose((x, b) => lstsq(lowRank(x), b, { driver: 'gelsd', rcond: 1e-4 }).solution),
  tensorinv: loose((x) => tensorinv(x)),
  tensorsolve: loose((a, b) => tensorsolve(a, b)),
};
