import { types } from 'node:util';

import { checkDType, dtypeInfo, type DType } from './dtype.js';
import { describe, fail, show } from './errors.js';
import { Variable } from './parameter.js';
import { checkShape, reachOf, sameShape, type Shape } from './shape.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** A tensor as it travels to another thread: where it lies in memory that both see. Post it like any plain object. */
export interface SharedTensor<D extends DType = DType, S extends Shape = Shape> {
  readonly dtype: D;
  readonly shape: S;
  /** Distance in elements between neighbours along each axis. */
  readonly strides: readonly number[];
  /** Position of the first element, in elements from `byteOffset`. */
  readonly offset: number;
  readonly memory: SharedArrayBuffer;
  /** Where the tensor's storage begins in `memory`, and how long it is. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/**
 * Describes a tensor for other threads, without a copy for each of them: {@link fromShared} makes a tensor of the
 * description there. The first call moves the tensor's memory, with all views of it, into a SharedArrayBuffer.
 *
 * The memory lives as long as a thread uses it, whoever shared it first. Tensors are immutable, so any number of threads
 * may read one. A Parameter or Buffer may change while others look: see {@link attachShared}.
 *
 * @throws MyelinError `STATE` for a borrowed tensor whose array is not in a SharedArrayBuffer
 * @example
 * ```ts
 * import { fromShared, share, tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * const description = share(x); // worker.postMessage(description), and in the worker:
 * const y = fromShared(description);
 * console.log(y.transpose(0, 1).toArray()); // [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function share<D extends DType, S extends Shape>(x: Tensor<D, S>): SharedTensor<D, S> {
  if (!(x instanceof Tensor)) fail('TYPE', 'share', `x is ${show(x)} (need a tensor)`);
  x.check('share');
  const { storage, dtype, shape, strides, offset } = x;
  if (storage.borrowed === undefined) {
    const memory = new Uint8Array(sharedBuffer(storage.bytes));
    storage.read(0, memory);
    storage.moveTo(memory);
  }
  const { buffer, byteOffset } = storage.borrowed!;
  if (!isShared(buffer)) {
    fail('STATE', 'share', `${describe(x)} borrows an array that is not in a SharedArrayBuffer (need x.clone())`);
  }
  return { dtype, shape, strides, offset, memory: buffer, byteOffset, byteLength: storage.bytes };
}

/**
 * The tensor that another thread described with {@link share}, on the same memory.
 *
 * @throws MyelinError `TYPE`, `DTYPE`, `SHAPE` or `VALUE` for what is no description, or one that reaches outside its memory
 * @example
 * ```ts
 * import { Buffer, fromShared, share, zeros } from 'myelin';
 * const step = new Buffer(zeros([]));
 * const seen = fromShared(share(step));
 * step.assign(7);
 * console.log(seen.item()); // 7
 * ```
 */
export function fromShared<D extends DType, S extends Shape>(description: SharedTensor<D, S>): Tensor<D, S> {
  const { dtype, shape, strides, offset, bytes } = read('fromShared', description);
  return new Tensor(Storage.borrow(bytes), dtype as D, shape as S, strides, offset);
}

/**
 * Puts a Parameter or Buffer on the memory that another thread described with {@link share}: from then on each sees what
 * the other assigns. Its own contents are given up.
 *
 * Nothing is locked: a thread that reads while another writes may see some elements old and some new, and of two
 * updates at once one can be lost, element by element. Training of one model by several workers lives well with that (Niu
 * et al., "Hogwild!", 2011). What must be whole is for the program to order: by messages, or `Atomics.wait` and
 * `Atomics.notify`. Shapes and dtypes never change, so nothing worse than numbers can be torn.
 *
 * @throws MyelinError `TYPE` when the target is neither Parameter nor Buffer; `SHAPE` or `DTYPE` when it is another tensor's
 * @example
 * ```ts
 * import { Linear, attachShared, share } from 'myelin';
 * const [model, twin] = [new Linear(2, 1), new Linear(2, 1)]; // each in a thread of its own
 * attachShared(twin.weight, share(model.weight));
 * model.weight.assign(0.5);
 * console.log(twin.weight.toArray()); // [ [ 0.5, 0.5 ] ]
 * ```
 */
export function attachShared(target: Variable, description: SharedTensor): void {
  if (!(target instanceof Variable)) {
    fail('TYPE', 'attachShared', `the target is ${show(target)} (need a Parameter or a Buffer)`);
  }
  target.check('attachShared');
  const { dtype, shape, strides, offset, bytes } = read('attachShared', description);
  const given = describe({ dtype, shape });
  if (dtype !== target.dtype) fail('DTYPE', 'attachShared', `target is ${describe(target)}, the description ${given}`);
  const fits =
    sameShape(shape, target.shape) &&
    sameShape(strides, target.strides) &&
    offset === target.offset &&
    bytes.byteLength === target.storage.bytes;
  if (!fits) {
    fail(
      'SHAPE',
      'attachShared',
      `target is ${describe(target)}, the description ${given} (need a twin of the target)`,
    );
  }
  target.storage.moveTo(bytes);
  target.storage.noteOverwritten();
}

function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return types.isSharedArrayBuffer(buffer);
}

function sharedBuffer(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch {
    return fail('OUT_OF_MEMORY', 'share', `JavaScript cannot make a SharedArrayBuffer of ${bytes} bytes`, { bytes });
  }
}

interface Description extends Pick<SharedTensor, 'dtype' | 'shape' | 'strides' | 'offset'> {
  /** The storage's part of the memory. */
  readonly bytes: Uint8Array;
}

/** Checks a description, of which nothing is trusted: it came in a message. */
function read(op: string, description: unknown): Description {
  if (typeof description !== 'object' || description === null) {
    fail('TYPE', op, `the description is ${show(description)} (need what share() gives)`);
  }
  // Each field is read once, and lists are copied: what is checked is what is used.
  const { dtype, memory, ...rest } = description as Readonly<Record<string, unknown>>;
  const [shape, strides] = [copyOf(rest['shape']), copyOf(rest['strides'])];
  checkDType(op, dtype);
  checkShape(op, shape);
  if (!isShared(memory)) fail('TYPE', op, `memory is ${show(memory)} (need a SharedArrayBuffer)`);
  const count = (name: string): number => checkCount(op, name, rest[name]);
  const [offset, byteOffset, byteLength] = [count('offset'), count('byteOffset'), count('byteLength')];
  const { size } = dtypeInfo(dtype);
  if (byteOffset % size !== 0)
    fail('VALUE', op, `byteOffset is ${byteOffset} (need a multiple of ${size} for ${dtype})`);
  if (byteOffset + byteLength > memory.byteLength) {
    fail('VALUE', op, `bytes ${byteOffset} to ${byteOffset + byteLength} of a memory of ${memory.byteLength}`);
  }
  checkStrides(op, shape, strides);
  const [low, high] = reachOf(shape, strides);
  if (high >= low && (offset + low < 0 || (offset + high + 1) * size > byteLength)) {
    fail('VALUE', op, `${describe({ dtype, shape })} reaches outside of its ${byteLength} bytes`);
  }
  return { dtype, shape, strides, offset, bytes: new Uint8Array(memory, byteOffset, byteLength) };
}

const copyOf = (value: unknown): unknown => (Array.isArray(value) ? Array.from<unknown>(value) : value);

function checkCount(op: string, name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return fail('VALUE', op, `${name} is ${show(value)} (need a non-negative integer)`);
}

function checkStrides(op: string, shape: Shape, strides: unknown): asserts strides is readonly number[] {
  const valid = Array.isArray(strides) && strides.length === shape.length && strides.every(Number.isSafeInteger);
  if (!valid) fail('VALUE', op, `strides are ${show(strides)} (need an integer for each of ${shape.length} axes)`);
}
