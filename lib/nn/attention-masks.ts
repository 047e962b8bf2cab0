import { add } from '../ops/arithmetic.js';
import { checkTensor } from '../ops/checks.js';
import { cast } from '../ops/cast.js';
import { concat } from '../ops/move.js';
import { where } from '../ops/compare.js';
import { full, ones, zeros } from '../ops/creation.js';
import { logicalAnd, logicalNot } from '../ops/logic.js';
import { reshape } from '../ops/reshape.js';
import { tril } from '../ops/triangle.js';
import type { DType, FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What layers are told of the scores [N, H, L, S] they may use. */
export interface GivenMasks {
  /** [N, S]: `true` at padding, or what is added. */
  readonly keyPaddingMask?: Tensor | undefined;
  /** [L, S] or [N · H, L, S]: `true` where a query must not look, or what is added. */
  readonly attnMask?: Tensor | undefined;
  /** Whether query i looks at the keys up to i only. */
  readonly isCausal?: boolean | undefined;
}

function checkMask(op: string, name: string, mask: Tensor, allowed: readonly Shape[]): void {
  checkTensor(op, name, mask);
  const need = allowed.map((shape) => `[${shape.join(',')}]`).join(' or ');
  if (!allowed.some((shape) => sameShape(shape, mask.shape))) {
    fail('SHAPE', op, `${name} is ${describe(mask)} (need shape ${need})`, { [name]: mask.shape });
  }
  if (mask.dtype === 'bool' || mask.dtype.startsWith('float') || mask.dtype === 'bfloat16') return;
  fail('DTYPE', op, `${name} is ${describe(mask)} (need bool or a float dtype)`, { [name]: mask.dtype });
}

/** `true` where a query may look, from `true` where it must not; what is added stays. */
const visible = (mask: Tensor, dtype: FloatDType): Tensor =>
  mask.dtype === 'bool' ? logicalNot(mask as Tensor<'bool'>) : cast(mask, dtype);

function both(a: Tensor | undefined, b: Tensor | undefined, dtype: FloatDType): Tensor | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.dtype === 'bool' && b.dtype === 'bool') return logicalAnd(a as Tensor<'bool'>, b as Tensor<'bool'>);
  const added = (mask: Tensor): Tensor =>
    mask.dtype === 'bool' ? where(mask as Tensor<'bool'>, zeros([], { dtype }), full([], -Infinity, { dtype })) : mask;
  return add(added(a), added(b));
}

/** What {@link scaledDotProductAttention} is told: one mask, or to be causal by itself. */
export interface MergedMasks {
  readonly attnMask?: Tensor | undefined;
  readonly isCausal?: boolean;
}

/** Many masks as one, of a shape that broadcasts to `scores`; `past` keys come before that of the first query. */
export function mergeMasks(op: string, given: GivenMasks, scores: Shape, dtype: FloatDType, past = 0): MergedMasks {
  const [batch = 0, heads = 0, queries = 0, keys = 0] = scores;
  const { keyPaddingMask: padding, attnMask, isCausal = false } = given;
  if (padding !== undefined) checkMask(op, 'keyPaddingMask', padding, [[batch, keys]]);
  if (attnMask !== undefined)
    checkMask(op, 'attnMask', attnMask, [
      [queries, keys],
      [batch * heads, queries, keys],
    ]);
  if (isCausal && past === 0 && padding === undefined && attnMask === undefined) return { isCausal };
  const padded = padding && reshape(visible(padding, dtype), [batch, 1, 1, keys]);
  const shown = attnMask && visible(attnMask, dtype);
  const seen =
    isCausal && past + 1 < keys ? tril(ones([queries, keys], { dtype: 'bool' }), { diagonal: past }) : undefined;
  const spread = shown?.rank === 3 ? reshape(shown, [batch, heads, queries, keys]) : shown;
  return { attnMask: both(both(padded, spread, dtype), seen, dtype) };
}

/** The same for one more key at the end, which every query may look at. */
export function withOneMore({ attnMask, isCausal }: MergedMasks, queries: number, keys: number): MergedMasks {
  const mask = isCausal === true ? tril(ones([queries, keys], { dtype: 'bool' })) : attnMask;
  if (mask === undefined) return {};
  const shape = [...mask.shape.slice(0, -1), 1];
  const open = mask.dtype === 'bool' ? ones(shape, { dtype: 'bool' }) : zeros(shape, { dtype: mask.dtype });
  return { attnMask: concat<DType>([mask, open], { axis: -1 }) };
}
