import {
  addmm,
  baddbmm,
  cross,
  einsum,
  inner,
  kron,
  matmul,
  multiDot,
  outer,
  tensordot,
  trace,
  type Tensor,
} from 'myelin';

import type { GoldenCalls } from './golden-call';

const scaled = { alpha: 0.5, beta: 2 };
type Three = [Tensor, Tensor, Tensor];

export const products: GoldenCalls = {
  matmul,
  'matmul-broadcast': matmul,
  'matmul-vectors': matmul,
  'matmul-integers': matmul,
  outer,
  inner,
  tensordot: (a, b) =>
    tensordot(a, b, {
      axes: [
        [0, 1],
        [2, 0],
      ],
    }),
  kron,
  cross,
  addmm: (...all) => addmm(...(all as Three), scaled),
  baddbmm: (...all) => baddbmm(...(all as Three), scaled),
  multiDot: (...matrices) => multiDot(matrices),
  trace,
  'einsum-attention': (...all) => einsum('bqhd,bkhd->bhqk', ...all),
  'einsum-chain': (...all) => einsum('ab,bc,cad,d...->...c', ...all),
  'einsum-diagonal': (x) => einsum('iij->j', x),
};
