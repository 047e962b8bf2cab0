import { expand } from '../ops/reshape.js';
import type { TensorSpec, Tensor } from '../tensor/tensor.js';
import type { Op } from './define.js';
import { announce, unheard } from './tape.js';

/** Gradients of outputs to gradients of inputs; undefined stands for zero. */
export type OpaqueRule = (douts: readonly (Tensor | undefined)[]) => readonly (Tensor | undefined)[];

interface Context {
  readonly [dout: string]: Tensor | undefined;
}

/**
 * Tells the tapes of an op that exists only there: a part of a program whose gradient is `rule`, whatever is inside. Gives
 * the outputs as the program around is to see them.
 */
export function recordOpaque(
  name: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  rule: OpaqueRule,
): readonly Tensor[] {
  const names = outputs.map((_, i) => `out${i}`);
  const op: Op = {
    name,
    number: -1,
    inputs: ['inputs'],
    variadic: true,
    outputs: names,
    overwrites: [],
    single: false,
    attrs: [],
    save: [],
    infer: (): Record<string, TensorSpec> => Object.fromEntries(outputs.map((out, i) => [names[i]!, out])),
    grad: (context: Context) => ({ inputs: rule(names.map((out) => context[`d${out}`])) }),
  };
  // Fresh views: an output that is an input, or that was there before, is one thing outside and another inside.
  const views = unheard(() => outputs.map((out) => expand(out, out.shape)));
  announce(op, { inputs }, {}, views);
  return views;
}
