import { defineOp } from '../engine/define.js';
import type { DType } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul } from './arithmetic.js';
import { checkDTypeOf, floats } from './checks.js';
import { unaryOp, type UnaryOp } from './pointwise.js';
import { broadcast } from './spec.js';

/** The gradient of an activation: `dout` times the slope, in one fused op. */
interface FusedGradient {
  /** Name of the fused op. */
  readonly backward: string;
  /** Whether the slope is told from the input or from the output. */
  readonly save: 'x' | 'out';
  readonly slope: (saved: Tensor) => Tensor;
}

/** Defines an activation, with its gradient as an op of its own. */
export function activation(name: string, dtypes: readonly DType[], { backward, save, slope }: FusedGradient): UnaryOp {
  const backwardOp = defineOp({
    name: backward,
    inputs: ['dout', 'saved'],
    attrs: {},
    save: [],
    infer: ({ dout, saved }) => {
      checkDTypeOf(backward, 'saved', saved, floats);
      return broadcast(backward, { saved, dout }, saved.dtype);
    },
    grad: { composed: ({ dout, saved }) => mul(dout, slope(saved)) },
  });
  return unaryOp(name, dtypes, {
    save: [save],
    grad: (context) => backwardOp({ dout: context.dout, saved: context[save] }),
  });
}
