import { defineOp, type GradContext, type Gradients, type Op } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf } from './checks.js';
import { broadcast, likeOf } from './spec.js';

type NoAttrs = Readonly<Record<never, never>>;

/** An op of one tensor, or of two that broadcast. */
export type UnaryOp = ((inputs: { readonly x: Tensor }) => Tensor) & { readonly op: Op };
export type BinaryOp = ((inputs: { readonly a: Tensor; readonly b: Tensor }) => Tensor) & { readonly op: Op };

/** How gradients pass through an op: what the rule reads, and the rule. */
interface Rule<I extends string, S extends string, G> {
  readonly save: readonly S[];
  readonly grad: (context: GradContext<I, 'out', NoAttrs, S>) => G;
}

/** Defines an op of one tensor whose result has its shape and dtype. Without a rule it has no gradient. */
export function unaryOp<const S extends 'x' | 'out' = never>(
  name: string,
  dtypes: readonly DType[],
  rule?: Rule<'x', S, Tensor>,
) {
  return defineOp({
    name,
    inputs: ['x'],
    attrs: {},
    save: rule?.save ?? [],
    infer: ({ x }) => likeOf(name, x, dtypes),
    grad: rule === undefined ? 'none' : (context) => ({ x: rule.grad(context) }),
  });
}

/** Defines an op of two tensors of one dtype, which is that of the result. Without a rule it has no gradient. */
export function binaryOp<const S extends 'a' | 'b' | 'out' = never>(
  name: string,
  dtypes: readonly DType[],
  rule?: Rule<'a' | 'b', S, Gradients<'a' | 'b'>>,
) {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    attrs: {},
    save: rule?.save ?? [],
    infer: ({ a, b }) => {
      checkDTypeOf(name, 'a', a, dtypes);
      checkDTypeOf(name, 'b', b, dtypes);
      return broadcast(name, { a, b }, a.dtype);
    },
    grad: rule?.grad ?? 'none',
  });
}
