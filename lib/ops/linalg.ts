import { defineOp } from '../engine/define.js';
import { isFloat, type DType, type FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Promote } from '../tensor/promotion.js';
import { scope } from '../tensor/scope.js';
import { broadcastShapes, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import type { MatMulFits, MatMulShape } from '../tensor/types.js';
import { promoteAll } from './cast.js';
import { checkDTypeOf, checkTensor, fits, numeric } from './checks.js';
import { transpose } from './permute.js';
import { sum } from './reduce.js';
import { reshape, reshapesInPlace, squeeze, unsqueeze } from './reshape.js';

function inferMatMul(a: TensorSpec, b: TensorSpec): TensorSpec {
  const need = 'need a.shape[-1] = b.shape[-2]';
  if (a.shape.at(-1) !== b.shape.at(-2)) {
    fail('SHAPE', 'matmul', `inner dimensions differ: a is ${describe(a)}, b is ${describe(b)} (${need})`, {
      a: a.shape,
      b: b.shape,
    });
  }
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (batch === undefined) {
    fail('SHAPE', 'matmul', `batch dimensions do not broadcast: a is ${describe(a)}, b is ${describe(b)}`, {
      a: a.shape,
      b: b.shape,
    });
  }
  return { dtype: a.dtype, shape: [...batch, a.shape.at(-2)!, b.shape.at(-1)!] };
}

const matmulOp = defineOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  attrs: {},
  save: ['a', 'b'],
  infer: ({ a, b }) => inferMatMul(a, b),
  grad: ({ a, b, dout, needs }) => ({
    a: needs.a ? matmul(dout, transpose(b, -2, -1)) : undefined,
    b: needs.b ? gradientOfRight(a, b, dout) : undefined,
  }),
});

const stack = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);

// A matrix that a whole batch shares gets one product over all rows, not one product per batch and their sum.
function gradientOfRight(a: Tensor, b: Tensor, dout: Tensor): Tensor {
  if (a.rank > 2 && b.rank === 2) return matmul(transpose(stack(a), -2, -1), stack(dout));
  return matmul(transpose(a, -2, -1), dout);
}

/**
 * Matrix product.
 *
 * out[…, m, n] = Σₖ a[…, m, k] · b[…, k, n]
 *
 * Shapes: [M, K] × [K, N] → [M, N]; leading axes are batches and broadcast. A vector on the left is a row ([K] → [1, K]),
 * on the right a column, and that axis is missing from the result, as in NumPy and PyTorch. Views of any strides are read
 * where they lie. Dtypes: all but bool; mixed ones are promoted. Integers wrap.
 *
 * @throws MyelinError `SHAPE` when inner dimensions differ or batches do not broadcast; `DTYPE` for bool
 * @example
 * ```ts
 * import { matmul, tensor } from 'myelin';
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(matmul(a, tensor([10, 1])).toArray()); // [ 12, 34 ]
 * ```
 */
export function matmul<A extends DType, B extends DType, SA extends Shape, SB extends Shape>(
  a: Tensor<A, SA>,
  b: Tensor<B, SB> & MatMulFits<SA, SB>,
): Tensor<Promote<A, B>, MatMulShape<SA, SB>>;
export function matmul(a: Tensor, b: Tensor): Tensor {
  for (const [name, x] of Object.entries({ a, b })) checkTensor('matmul', name, x);
  return scope(() => multiply(a, b));
}

function multiply(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0) {
    fail('SHAPE', 'matmul', `needs at least one axis on both sides: a is ${describe(a)}, b is ${describe(b)}`);
  }
  const [x, y] = promoteAll('matmul', [a, b]) as [Tensor, Tensor];
  checkDTypeOf('matmul', 'their common dtype', x, numeric);
  // A batch times one matrix is one tall product: faster, where the rows of the batch follow one another in memory.
  const rows = [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!];
  if (x.rank > 2 && y.rank === 2 && reshapesInPlace(x, rows)) {
    return reshape(matmulOp({ a: reshape(x, rows), b: y }), [...x.shape.slice(0, -1), y.shape[1]!]);
  }
  const out = matmulOp({ a: a.rank === 1 ? unsqueeze(x, 0) : x, b: b.rank === 1 ? unsqueeze(y, 1) : y });
  const row = a.rank === 1 ? squeeze(out, -2) : out;
  return b.rank === 1 ? squeeze(row, -1) : row;
}

const linearOp = defineOp({
  name: 'linear',
  inputs: ['x', 'weight', 'bias'],
  attrs: { activation: ['none', 'relu'] },
  save: ['x', 'weight'],
  infer: ({ x, weight, bias }) => {
    if (weight.rank !== 2 || x.rank < 1 || x.shape.at(-1) !== weight.shape[1]) {
      fail(
        'SHAPE',
        'linear',
        `x is ${describe(x)}, weight is ${describe(weight)} (need x.shape[-1] = weight.shape[1])`,
      );
    }
    if (bias.rank !== 1 || bias.shape[0] !== weight.shape[0]) {
      fail(
        'SHAPE',
        'linear',
        `bias is ${describe(bias)}, weight is ${describe(weight)} (need one bias per row of weight)`,
      );
    }
    return { dtype: x.dtype, shape: [...x.shape.slice(0, -1), weight.shape[0]!] };
  },
  grad: ({ x, weight, dout, needs }) => {
    const [n, k] = weight.shape as [number, number];
    const rows = reshape(dout, [-1, n]);
    return {
      x: needs.x ? matmul(dout, weight) : undefined,
      weight: needs.weight ? matmul(transpose(rows, 0, 1), reshape(x, [-1, k])) : undefined,
      bias: needs.bias ? sum(rows, { axis: 0 }) : undefined,
    };
  },
});

/**
 * Affine map of the last axis: out = x · weightᵀ + bias.
 *
 * Shapes: x [..., K], weight [N, K], bias [N] → [..., N]. Dtypes: float dtypes, the same for all.
 *
 * @throws MyelinError `SHAPE`, `DTYPE`
 * @example
 * ```ts
 * import { linear, ones, zeros } from 'myelin';
 * console.log(linear(ones([4, 3]), ones([2, 3]), zeros([2])).shape); // [ 4, 2 ]
 * ```
 */
export function linear<D extends FloatDType>(x: Tensor<D>, weight: Tensor<D>, bias?: Tensor<D>): Tensor<D> {
  checkTensor('linear', 'x', x);
  checkTensor('linear', 'weight', weight);
  if (bias !== undefined) checkTensor('linear', 'bias', bias);
  for (const tensor of [weight, bias]) {
    if (tensor !== undefined && (tensor.dtype !== x.dtype || !isFloat(x.dtype))) {
      fail('DTYPE', 'linear', `x is ${describe(x)}, the other input is ${describe(tensor)} (need one float dtype)`);
    }
  }
  if (bias === undefined) return matmul(x, transpose(weight, 0, 1)) as Tensor<D>;
  return linearOp({ x, weight, bias }, { activation: 'none' }) as Tensor<D>;
}

// The most terms whose sum fits int32 whatever they are: 255 · 255 · 33025 < 2³¹.
const maxIntegerDepth = 33025;

const matmulIntegerOp = defineOp({
  name: 'matmulInteger',
  inputs: ['a', 'b'],
  attrs: { aZeroPoint: 'int', bZeroPoint: 'int' },
  save: [],
  infer: ({ a, b }, zeroPoints) => {
    const op = 'matmulInteger';
    for (const [name, x] of Object.entries({ a, b })) checkDTypeOf(op, name, x, ['uint8']);
    const given = `a is ${describe(a)}, b is ${describe(b)}`;
    const shapes = { a: a.shape, b: b.shape };
    if (a.rank < 1 || b.rank !== 2 || a.shape.at(-1) !== b.shape[0]) {
      fail('SHAPE', op, `${given} (need a [..., K] and b [K, N])`, shapes);
    }
    if (b.shape[0]! > maxIntegerDepth) {
      fail('SHAPE', op, `${given} (need K of at most ${maxIntegerDepth}: a longer sum may not fit int32)`, shapes);
    }
    for (const [name, value] of Object.entries(zeroPoints)) {
      if (!fits('uint8', value)) fail('VALUE', op, `${name} is ${show(value)} (need an integer from 0 to 255)`);
    }
    return { dtype: 'int32', shape: [...a.shape.slice(0, -1), b.shape[1]!] };
  },
  grad: 'none',
});

/** Options of {@link matmulInteger}. */
export interface MatMulIntegerOptions {
  /** The byte of `a` that stands for zero. Default 0. */
  readonly aZeroPoint?: number;
  /** The byte of `b` that stands for zero. Default 0. */
  readonly bZeroPoint?: number;
}

/**
 * Matrix product of quantised bytes, exact. It has no gradient.
 *
 * out[…, n] = Σₖ (a[…, k] − aZeroPoint) · (b[k, n] − bZeroPoint)
 *
 * Shapes: a [..., K], b [K, N] → [..., N], with K ≤ 33025 so that no sum can overflow. Dtypes: uint8 × uint8 → int32.
 *
 * @param options.aZeroPoint the byte of `a` that stands for zero, an integer from 0 to 255; default 0
 * @param options.bZeroPoint the same for `b`; default 0
 * @throws MyelinError `TYPE`, `DTYPE`, `SHAPE`; `VALUE` for a zero point that is no byte
 * @see the ONNX operator MatMulInteger; here with one zero point for a whole matrix
 * @example
 * ```ts
 * import { matmulInteger, tensor } from 'myelin';
 * const a = tensor([[130, 126]], { dtype: 'uint8' });
 * const b = tensor([[3], [5]], { dtype: 'uint8' });
 * console.log(matmulInteger(a, b, { aZeroPoint: 128 }).toArray()); // [ [ -4 ] ]
 * ```
 */
export function matmulInteger(
  a: Tensor<'uint8'>,
  b: Tensor<'uint8'>,
  { aZeroPoint = 0, bZeroPoint = 0 }: MatMulIntegerOptions = {},
): Tensor<'int32'> {
  for (const [name, x] of Object.entries({ a, b })) checkTensor('matmulInteger', name, x);
  return matmulIntegerOp({ a, b }, { aZeroPoint, bZeroPoint }) as Tensor<'int32'>;
}
