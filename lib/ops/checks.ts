import { describe, fail, show } from '../tensor/errors.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { TensorSpec } from '../tensor/tensor.js';
import { checkDTypeOf, checkTensor, floats } from './support.js';

/** Refuses what are not all tensors of one float dtype. */
export function checkOneFloat(op: string, inputs: Readonly<Record<string, TensorSpec>>): void {
  let first: string | undefined;
  for (const [name, x] of Object.entries(inputs)) {
    checkTensor(op, name, x);
    first ??= name;
    const expected = inputs[first]!;
    if (name === first) checkDTypeOf(op, name, x, floats);
    else if (x.dtype !== expected.dtype) {
      fail('DTYPE', op, `${first} is ${describe(expected)}, ${name} is ${describe(x)} (need one dtype for both)`);
    }
  }
}

/** Refuses a tensor of another shape than is called for; `why` says where that shape comes from. */
export function checkShapeOf(op: string, name: string, x: TensorSpec, shape: Shape, why: string): void {
  if (sameShape(x.shape, shape)) return;
  fail('SHAPE', op, `${name} is ${describe(x)} (need shape [${shape.join(',')}]: ${why})`, {
    shape: x.shape,
    need: shape,
  });
}

/** Refuses an option that is not an integer of at least `least`. */
export function checkInteger(op: string, name: string, value: unknown, least: number): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  fail('VALUE', op, `${name} is ${show(value)} (need an integer of at least ${least})`, { [name]: value });
}

/** A number for height and width alike, or one for each. */
export type Pair = number | readonly [height: number, width: number];

/** Height and width of an option, both checked to be integers of at least `least`. */
export function pairOf(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const pair: unknown = typeof value === 'number' ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    fail('VALUE', op, `${name} is ${show(value)} (need a number or [height, width])`, { [name]: value });
  }
  for (const item of pair) checkInteger(op, name, item, least);
  return [pair[0] as number, pair[1] as number];
}

/** Refuses anything but one of the given strings. */
export function checkOption(op: string, name: string, value: unknown, options: readonly string[]): void {
  if (options.includes(value as string)) return;
  fail('VALUE', op, `${name} is ${show(value)} (need ${options.map(show).join(' or ')})`, { [name]: value });
}
