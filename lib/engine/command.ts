import { dtypeInfo } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { native } from '../tensor/native.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';

/** How an attribute crosses to the native side: as one number, or as a length and its numbers. */
export type AttrKind = 'int' | 'float' | 'bool' | 'ints' | 'floats' | readonly string[];

/** What attribute values can be in TypeScript. */
export type AttrValue = number | boolean | string | readonly number[];

/** An output that native has yet to give memory. */
export interface Output {
  readonly spec: TensorSpec;
  readonly strides: readonly number[];
}

/** What a command needs to know of an op. */
interface Callee {
  readonly name: string;
  readonly number: number;
  readonly attrs: readonly (readonly [name: string, kind: AttrKind])[];
}

const headerWidth = 4;
/** Stands in a command for a storage that native has yet to make. */
const newStorage = -1;

// The row that native reads, pinned for the life of the process; see native/core/command.h for its layout.
let row = new Float64Array(4096);
native.pin(row);

function reserve(width: number): void {
  if (width <= row.length) return;
  row = new Float64Array(Math.max(width, 2 * row.length));
  native.pin(row);
}

const viewWidth = (rank: number): number => 4 + 2 * rank;

function attrWidth(value: AttrValue): number {
  return typeof value === 'object' ? value.length + 1 : 1;
}

function putView(
  at: number,
  handle: number,
  code: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): number {
  const rank = shape.length;
  row[at] = handle;
  row[at + 1] = code;
  row[at + 2] = offset;
  row[at + 3] = rank;
  at += 4;
  for (let i = 0; i < rank; i++) row[at + i] = shape[i]!;
  at += rank;
  for (let i = 0; i < rank; i++) row[at + i] = strides[i]!;
  return at + rank;
}

function putAttr(at: number, op: string, name: string, kind: AttrKind, value: AttrValue): number {
  if (typeof value === 'number') row[at] = value;
  else if (typeof value === 'boolean') row[at] = value ? 1 : 0;
  else if (typeof value === 'string') row[at] = optionIndex(op, name, kind, value);
  else if (Array.isArray(value)) {
    row[at] = value.length;
    row.set(value, at + 1);
    return at + 1 + value.length;
  } else refuseAttr(op, name, kind, value);
  return at + 1;
}

const needs = {
  int: 'an integer',
  float: 'a number',
  bool: 'true or false',
  ints: 'a list of integers',
  floats: 'a list of numbers',
};

function refuseAttr(op: string, name: string, kind: AttrKind, value: unknown): never {
  const need = typeof kind === 'string' ? needs[kind] : `one of ${kind.join(', ')}`;
  return fail('VALUE', op, `${name} is ${show(value)} (need ${need})`);
}

function optionIndex(op: string, name: string, kind: AttrKind, value: string): number {
  const index = typeof kind === 'object' ? kind.indexOf(value) : -1;
  return index < 0 ? refuseAttr(op, name, kind, value) : index;
}

/** The attributes of a command as numbers of their own. */
export function encodeAttrs(op: Callee, attrs: Readonly<Record<string, AttrValue>>): number[] {
  reserve(op.attrs.reduce((width, [name]) => width + attrWidth(attrs[name]!), 0));
  let at = 0;
  for (const [name, kind] of op.attrs) at = putAttr(at, op.name, name, kind, attrs[name]!);
  return [...row.subarray(0, at)];
}

/** A view of what a handle stands for. */
export interface HandledView extends Required<TensorSpec> {
  readonly handle: number;
  readonly offset: number;
}

/** Where the attribute of a name stands among those of an op, in numbers. */
export function attrPlace(op: Callee, attrs: Readonly<Record<string, AttrValue>>, wanted: string): number {
  let place = 0;
  for (const [name] of op.attrs) {
    if (name === wanted) break;
    place += attrWidth(attrs[name]!);
  }
  return place;
}

/** A command as numbers of their own, and where its attributes begin. */
export function encodeCommand(
  op: Callee,
  inputs: readonly HandledView[],
  outputs: readonly HandledView[],
  attrs: Readonly<Record<string, AttrValue>>,
): { readonly numbers: Float64Array; readonly attrsAt: number } {
  const views = [...inputs, ...outputs];
  const attrsAt = views.reduce((width, { shape }) => width + viewWidth(shape.length), headerWidth);
  const attrsWidth = op.attrs.reduce((width, [name]) => width + attrWidth(attrs[name]!), 0);
  reserve(attrsAt + attrsWidth);
  row.set([op.number, inputs.length, outputs.length, attrsWidth]);
  let at = headerWidth;
  for (const { handle, dtype, offset, shape, strides } of views) {
    at = putView(at, handle, dtypeInfo(dtype).code, offset, shape, strides);
  }
  for (const [name, kind] of op.attrs) at = putAttr(at, op.name, name, kind, attrs[name]!);
  return { numbers: row.slice(0, at), attrsAt };
}

/**
 * Writes a command and runs it. Owner k keeps the memory of output k alive and gets its handle.
 */
export function runCommand(
  op: Callee,
  inputs: readonly Tensor[],
  outputs: readonly Output[],
  attrs: Readonly<Record<string, AttrValue>>,
  owners: readonly { handle: number }[],
): void {
  let width = headerWidth;
  let attrsWidth = 0;
  for (let i = 0; i < inputs.length; i++) width += viewWidth(inputs[i]!.shape.length);
  for (let i = 0; i < outputs.length; i++) width += viewWidth(outputs[i]!.strides.length);
  for (let i = 0; i < op.attrs.length; i++) attrsWidth += attrWidth(attrs[op.attrs[i]![0]]!);
  reserve(width + attrsWidth);
  row[0] = op.number;
  row[1] = inputs.length;
  row[2] = outputs.length;
  row[3] = attrsWidth;
  let at = headerWidth;
  for (let i = 0; i < inputs.length; i++) {
    const { storage, dtype, offset, shape, strides } = inputs[i]!;
    at = putView(at, storage.handle, dtypeInfo(dtype).code, offset, shape, strides);
  }
  const firstOutput = at;
  for (let i = 0; i < outputs.length; i++) {
    const { spec, strides } = outputs[i]!;
    at = putView(at, newStorage, dtypeInfo(spec.dtype).code, 0, spec.shape, strides);
  }
  for (let i = 0; i < op.attrs.length; i++) {
    const [name, kind] = op.attrs[i]!;
    at = putAttr(at, op.name, name, kind, attrs[name]!);
  }
  if (owners.length === 1) native.run(at, owners[0]!);
  else native.run(at, ...owners);
  for (let i = 0, slot = firstOutput; i < outputs.length; i++) {
    owners[i]!.handle = row[slot]!;
    slot += viewWidth(outputs[i]!.strides.length);
  }
}
