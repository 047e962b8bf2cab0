import { defineOp, type Attrs } from '../engine/define.js';
import { stopGradient } from '../engine/tape.js';
import { describe, fail } from '../tensor/errors.js';
import { isDense, stridesOf, type Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { add, div, mul, sub } from './arithmetic.js';
import { eq, where } from './compare.js';
import { ones } from './creation.js';
import { matmul } from './linalg.js';
import { exp } from './math.js';
import { transpose } from './permute.js';
import { dropWith, dropoutMask } from './random.js';
import { max, sum } from './reduce.js';
import { reshape } from './reshape.js';
import { tril } from './triangle.js';

const attentionAttrs = { scale: 'float', causal: 'bool', p: 'float' } as const;
type Settings = Attrs<typeof attentionAttrs>;

/** [B, H, T, D] in the order in memory of another such tensor, heads before steps or after, with rows unbroken. */
function headsSpec({ dtype, strides }: Tensor, shape: Shape): TensorSpec {
  const [batch, heads, steps, width] = shape as [number, number, number, number];
  if (strides[1]! >= strides[2]! || strides[3] !== 1) return { dtype, shape };
  const [b = 0, t = 0, h = 0, d = 0] = stridesOf([batch, steps, heads, width]);
  const turned = [b, h, t, d];
  return isDense(shape, turned) ? { dtype, shape, strides: turned } : { dtype, shape };
}

function checkHeads(op: string, inputs: Readonly<Record<string, Tensor>>): void {
  for (const [name, x] of Object.entries(inputs)) {
    if (x.rank !== 4)
      fail('SHAPE', op, `${name} is ${describe(x)} (need [batch, heads, steps, width])`, { [name]: x.shape });
  }
}

interface Matrices {
  readonly q: Tensor;
  readonly k: Tensor;
  /** The probabilities after dropout. */
  readonly dropped: Tensor;
  /** Gradient of the scores. */
  readonly slopes: Tensor;
  readonly dout: Tensor;
}

interface Operands {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly masks: readonly Tensor[];
  readonly drawn: Tensor;
}

/** Heads of queries beside the head of keys that they share: [B, H, T, D] as [B, G, H / G, T, D]. */
function grouped(x: Tensor, keyHeads: number): Tensor {
  const [batch = 0, heads = 0, ...rest] = x.shape;
  return reshape(x, [batch, keyHeads, keyHeads === 0 ? 1 : heads / keyHeads, ...rest]);
}

const last = { axis: -1, keepDims: true } as const;

/** Probabilities of all queries and keys, dropout left out; 0 for queries whose keys are all masked. */
export function probabilities(
  q: Tensor,
  k: Tensor,
  mask: Tensor | undefined,
  { scale, causal }: Omit<Settings, 'p'>,
): Tensor {
  let scores = mul(matmul(q, transpose(k, -2, -1)), scale);
  if (mask !== undefined)
    scores = mask.dtype === 'bool' ? where(mask as Tensor<'bool'>, scores, -Infinity) : add(scores, mask);
  if (causal) scores = where(tril(ones([q.shape.at(-2)!, k.shape.at(-2)!], { dtype: 'bool' })), scores, -Infinity);
  const shift = stopGradient(() => {
    const greatest = max(scores, last);
    return where(eq(greatest, -Infinity), 0, greatest);
  });
  const powers = exp(sub(scores, shift));
  const total = sum(powers, last);
  return div(powers, where(eq(total, 0), 1, total));
}

/** What the gradients are made of, with matrices of all queries and keys, in groups of heads. */
function matricesOf(gradient: Tensor, { q, k, v, masks, drawn }: Operands, settings: Settings): Matrices {
  const heads = k.shape[1]!;
  const group = (x: Tensor): Tensor => grouped(x, heads);
  const drop = (x: Tensor): Tensor =>
    settings.p === 0 ? x : dropWith(x, group(dropoutMask(drawn, settings.p, scoresShape(q, k))), settings.p);
  const p = probabilities(group(q), group(k), masks[0] && group(masks[0]), settings);
  const dp = drop(matmul(group(gradient), transpose(group(v), -2, -1)));
  const slopes = mul(p, sub(dp, sum(mul(p, dp), last)));
  return { q: group(q), k: group(k), dropped: drop(p), slopes, dout: group(gradient) };
}

const scoresShape = (q: TensorSpec, k: TensorSpec): Shape => [...q.shape.slice(0, 3), k.shape[2]!];

const attentionBackwardOp = defineOp({
  name: 'attentionBackward',
  inputs: ['gradient', 'q', 'k', 'v', 'result', 'logSum', 'drawn', 'masks[]'],
  outputs: ['dq', 'dk', 'dv'],
  attrs: attentionAttrs,
  save: [],
  infer: ({ q, k, v }) => {
    checkHeads('attentionBackward', { q, k, v });
    return { dq: headsSpec(q, q.shape), dk: headsSpec(k, k.shape), dv: headsSpec(v, v.shape) };
  },
  grad: {
    composed: ({ gradient, q, k, v, masks, drawn }, settings) => {
      const all = matricesOf(gradient, { q, k, v, masks, drawn }, settings);
      const slopes = mul(all.slopes, settings.scale);
      // Each head of keys has the sum of what its group of queries gives.
      const fromQueries = (p: Tensor, x: Tensor): Tensor => sum(matmul(transpose(p, -2, -1), x), { axis: 2 });
      return {
        dq: reshape(matmul(slopes, all.k), q.shape),
        dk: fromQueries(slopes, all.q),
        dv: fromQueries(all.dropped, all.dout),
      };
    },
  },
});

/**
 * Attention of [B, H, T, D] to [B, G, S, D], H a multiple of G, without the matrix of scores; masks, of which there is one
 * at most, are [B, H, T, S].
 */
export const attentionOp = defineOp({
  name: 'attention',
  inputs: ['q', 'k', 'v', 'masks[]'],
  // The logarithm, to base 2, of the sum of a query's powers; the key and the counter of the random numbers.
  outputs: ['out', 'logSum', 'drawn'],
  attrs: { ...attentionAttrs, key: 'int', counter: 'int' },
  save: ['q', 'k', 'v', 'masks', 'out', 'logSum', 'drawn'],
  infer: ({ q, k, v }) => {
    checkHeads('attention', { q, k, v });
    return {
      out: headsSpec(q, [...q.shape.slice(0, 3), v.shape[3]!]),
      logSum: { dtype: q.dtype === 'float64' ? 'float64' : 'float32', shape: q.shape.slice(0, 3) },
      drawn: { dtype: 'int64', shape: [2] },
    };
  },
  grad: ({ q, k, v, masks, out, logSum, drawn, dout, needs, attrs }) => {
    const settings = { scale: attrs.scale, causal: attrs.causal, p: attrs.p };
    const inputs = { gradient: dout, q, k, v, result: out, logSum, drawn, masks };
    const { dq, dk, dv } = attentionBackwardOp(inputs, settings);
    if (!needs.masks) return { q: dq, k: dk, v: dv };
    // A learnt mask has an element for each score, so their matrix is there anyhow.
    const { slopes } = matricesOf(dout, { q, k, v, masks, drawn }, settings);
    return { q: dq, k: dk, v: dv, masks: [reshape(slopes, scoresShape(q, k))] };
  },
});
