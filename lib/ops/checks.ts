import { dtypeInfo, floatDTypes, integerDTypes, isFloat, type DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { broadcastShapes, sameShape, type Shape } from '../tensor/shape.js';
import { Tensor, type TensorSpec } from '../tensor/tensor.js';

// What functions refuse, and in which words. `op` is the function that the user called.

/** Dtypes of arithmetic, of signed arithmetic, of whole numbers, and of functions of real numbers. */
export const numeric: readonly DType[] = [...integerDTypes, ...floatDTypes];
export const signed: readonly DType[] = numeric.filter((dtype) => dtype !== 'uint8');
export const integers: readonly DType[] = integerDTypes;
export const floats: readonly DType[] = floatDTypes;

const listNames = new Map([
  [numeric, 'any dtype but bool'],
  [signed, 'a float or signed integer dtype'],
  [integers, 'an integer dtype'],
  [floats, 'a float dtype'],
]);

/** Refuses what is not a tensor, or one that was disposed; JavaScript callers have no compiler to tell them. */
export function checkTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) fail('TYPE', op, `${name} is ${show(value)} (need a tensor)`, { [name]: value });
  value.check(op);
}

/** Refuses what is no object: options that are not optional, or a record of things by name. */
export function checkObject(op: string, name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) fail('TYPE', op, `${name} is ${show(value)} (need an object)`);
}

/** Refuses what is no array. */
export function checkArray(op: string, name: string, value: unknown): void {
  if (!Array.isArray(value)) fail('TYPE', op, `${name} is ${show(value)} (need an array)`);
}

/** Refuses a tensor whose dtype the op has no meaning for. */
export function checkDTypeOf(op: string, name: string, x: TensorSpec, allowed: readonly DType[]): void {
  if (allowed.includes(x.dtype)) return;
  const need = listNames.get(allowed) ?? allowed.join(' or ');
  fail('DTYPE', op, `${name} is ${describe(x)} (need ${need})`, { dtype: x.dtype });
}

/** Refuses what is not a tensor of real numbers. */
export function checkReal(op: string, name: string, x: unknown): asserts x is Tensor {
  checkTensor(op, name, x);
  checkDTypeOf(op, name, x, floats);
}

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

/** Refuses what are not all tensors of one float dtype and one shape. */
export function checkAlike(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  checkOneFloat(op, tensors);
  const [[first, x], ...others] = Object.entries(tensors) as [[string, Tensor], ...[string, Tensor][]];
  for (const [name, other] of others) checkShapeOf(op, name, other, x.shape, `that of ${first}, ${describe(x)}`);
}

/** Refuses a tensor that does not broadcast to the shape of another. */
export function checkBroadcasts(op: string, name: string, x: TensorSpec, to: TensorSpec): void {
  const shape = broadcastShapes(x.shape, to.shape);
  if (shape !== undefined && sameShape(shape, to.shape)) return;
  fail('SHAPE', op, `${name} is ${describe(x)} (need what broadcasts to ${describe(to)})`);
}

function refuse(op: string, name: string, value: unknown, need: string): never {
  fail('VALUE', op, `${name} is ${show(value)} (need ${need})`, { [name]: value });
}

/** Refuses what is not a number. */
export function checkNumber(op: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') refuse(op, name, value, 'a number');
}

/** Refuses what is not a finite number. */
export function checkFinite(op: string, name: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value)) refuse(op, name, value, 'a finite number');
}

/** Refuses what is not an integer, or one below `least`. */
export function checkInteger(op: string, name: string, value: unknown, least?: number): asserts value is number {
  if (Number.isSafeInteger(value) && (least === undefined || (value as number) >= least)) return;
  refuse(op, name, value, least === undefined ? 'an integer' : `an integer of at least ${least}`);
}

/** Refuses numbers by name of which one is not an integer, or below `least`. */
export function checkIntegers(op: string, values: Readonly<Record<string, unknown>>, least: number): void {
  for (const [name, value] of Object.entries(values)) checkInteger(op, name, value, least);
}

/** Refuses what is not an integer in [low, high]. */
export function checkWithin(op: string, name: string, value: unknown, low: number, high: number): void {
  checkInteger(op, name, value, low);
  if (value > high) refuse(op, name, value, `an integer of at most ${high}`);
}

/** Refuses what is not a finite number of at least `least`. */
export function checkAtLeast(op: string, name: string, value: unknown, least: number): asserts value is number {
  if (!Number.isFinite(value) || (value as number) < least) refuse(op, name, value, `a number >= ${least}`);
}

/** Refuses what is not a finite number above 0. */
export function checkPositive(op: string, name: string, value: unknown): asserts value is number {
  if (!Number.isFinite(value) || (value as number) <= 0) refuse(op, name, value, 'a positive number');
}

/** Refuses what is not a number in [0, 1], where probabilities and shares live. */
export function checkFraction(op: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) refuse(op, name, value, `0 <= ${name} <= 1`);
}

/** Refuses what is not a number in [0, 1), where decay rates live. */
export function checkDecay(op: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) refuse(op, name, value, `0 <= ${name} < 1`);
}

/** Refuses what are not two numbers. */
export function checkTwoNumbers(op: string, name: string, value: unknown): asserts value is readonly [number, number] {
  const isPair = Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'number');
  if (!isPair) refuse(op, name, value, 'two numbers');
}

/** Refuses what is neither true nor false. */
export function checkFlag(op: string, name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') refuse(op, name, value, 'true or false');
}

/** Refuses anything but one of the given strings. */
export function checkOption(op: string, name: string, value: unknown, options: readonly string[]): void {
  if (!options.includes(value as string)) refuse(op, name, value, options.map(show).join(' or '));
}

/** A number for height and width alike, or one for each. */
export type Pair = number | readonly [height: number, width: number];

/** Height and width of an option, both checked to be integers of at least `least`. */
export function pairOf(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  const [height, width] = extentsOf(op, name, value, 2, least);
  return [height!, width!];
}

/** One number for the length of a signal, also in a list. */
export type Single = number | readonly [length: number];

/** A number for depth, height and width alike, or one for each. */
export type Triple = number | readonly [depth: number, height: number, width: number];

const spatialNames = ['[length]', '[height, width]', '[depth, height, width]'] as const;

/** An option of `count` spatial axes, one number for all or one for each, checked to be integers, of at least `least`. */
export function extentsOf(op: string, name: string, value: unknown, count: number, least?: number): readonly number[] {
  const list: unknown = typeof value === 'number' ? new Array<number>(count).fill(value) : value;
  if (!Array.isArray(list) || list.length !== count) {
    refuse(op, name, value, `a number or ${spatialNames[count - 1] ?? `${count} numbers`}`);
  }
  for (const item of list) checkInteger(op, name, item, least);
  return list as number[];
}

/** Whether a number can be an element of a dtype. */
export function fits(dtype: DType, value: number): boolean {
  if (isFloat(dtype)) return true;
  if (dtype === 'bool') return value === 0 || value === 1;
  const bits = dtypeInfo(dtype).size * 8;
  if (!Number.isInteger(value)) return false;
  return dtype === 'uint8' ? value >= 0 && value < 256 : Math.abs(value + 0.5) < 2 ** (bits - 1);
}

/** Refuses a value that cannot be an element of a dtype. */
export function checkElement(op: string, name: string, value: unknown, dtype: DType): asserts value is number {
  checkNumber(op, name, value);
  if (!fits(dtype, value)) fail('VALUE', op, `${name} ${value} does not fit ${dtype}`, { [name]: value, dtype });
}
