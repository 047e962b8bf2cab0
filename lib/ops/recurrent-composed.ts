import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { gt, where } from './compare.js';
import { zeros } from './creation.js';
import { matmul } from './linalg.js';
import { relu, sigmoid, tanh } from './activation.js';
import { chunk, stack } from './move.js';
import { transpose } from './permute.js';
import type { Cell } from './cells.js';
import type { LayerInputs } from './recurrent.js';
import { unsqueeze } from './reshape.js';
import { select } from './slice.js';

// A recurrent layer in simpler ops, step by step: what second derivatives of the fused op are taken of.

interface State {
  readonly h: Tensor;
  readonly c: Tensor;
}

/** What weights make of the input and of the state, [B, gates · H] each. */
interface Products {
  readonly x: Tensor;
  readonly h: Tensor;
}

type Step = (products: Products, last: State) => State;

const steps: Readonly<Record<Cell, Step>> = {
  lstm: ({ x, h }, last) => {
    const [i, f, g, o] = chunk(add(x, h), 4, { axis: -1 }) as [Tensor, Tensor, Tensor, Tensor];
    const c = add(mul(sigmoid(f), last.c), mul(sigmoid(i), tanh(g)));
    return { h: mul(sigmoid(o), tanh(c)), c };
  },
  gru: ({ x, h }, last) => {
    const [xr, xz, xn] = chunk(x, 3, { axis: -1 }) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = chunk(h, 3, { axis: -1 }) as [Tensor, Tensor, Tensor];
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    return { h: add(n, mul(sigmoid(add(xz, hz)), sub(last.h, n))), c: last.c };
  },
  tanh: ({ x, h }, last) => ({ h: tanh(add(x, h)), c: last.c }),
  relu: ({ x, h }, last) => ({ h: relu(add(x, h)), c: last.c }),
};

const given = (x: Tensor): boolean => x.rank !== 1 || x.size > 0;

/** x · weightᵀ + bias, where the bias may be missing. */
function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const product = matmul(x, transpose(weight, 0, 1));
  return given(bias) ? add(product, bias) : product;
}

/** What the op `recurrent` gives; `cn` of an LSTM only. */
export function recurrentOfOps(
  inputs: LayerInputs,
  cell: Cell,
  reverse: boolean,
): { readonly out: Tensor; readonly hn: Tensor; readonly cn: Tensor | undefined } {
  const { x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr, lengths } = inputs;
  const [length, batch] = x.shape as [number, number];
  const { dtype } = x;
  const width = weightHh.shape[1]!;
  return scope(() => {
    const products = affine(x, weightIh, biasIh);
    const nothing = zeros([batch, width], { dtype });
    let state: State = {
      h: given(h0) ? h0 : nothing,
      c: given(c0) ? c0 : zeros([batch, cell === 'lstm' ? weightHh.shape[0]! / 4 : 0], { dtype }),
    };
    const outs: Tensor[] = Array.from({ length }, () => nothing);
    for (let i = 0; i < length; i++) {
      const time = reverse ? length - 1 - i : i;
      const step = steps[cell]({ x: select(products, 0, time), h: affine(state.h, weightHh, biasHh) }, state);
      const next = given(weightHr) ? { ...step, h: matmul(step.h, transpose(weightHr, 0, 1)) } : step;
      const goesOn = given(lengths) ? unsqueeze(gt(lengths, time), 1) : undefined;
      outs[time] = goesOn === undefined ? next.h : where(goesOn, next.h, 0);
      state = goesOn === undefined ? next : { h: where(goesOn, next.h, state.h), c: where(goesOn, next.c, state.c) };
    }
    const out = length === 0 ? zeros([0, batch, width], { dtype }) : stack(outs);
    return { out, hn: state.h, cn: cell === 'lstm' ? state.c : undefined };
  });
}
