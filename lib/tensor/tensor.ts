import { inspect } from 'node:util';

import { dtypeInfo, type DType, type ItemOf, type TypedArrayOf } from './dtype.js';
import { MyelinError, describe, fail, show } from './errors.js';
import { decodeHalf, halfFormats } from './half.js';
import { format } from './print.js';
import { track } from './scope.js';
import { isContiguous, sizeOf, stridesOf, type Shape } from './shape.js';
import type { Storage } from './storage.js';

/** Nested arrays of numbers (or booleans), one level per axis. */
export type NestedArray<T> = T | readonly NestedArray<T>[];

/** What an op produces before it has memory. Strides default to row-major. */
export interface TensorSpec<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly strides?: readonly number[];
}

/**
 * An immutable n-dimensional array in native memory: a dtype, a shape, and a strided view of a storage.
 *
 * Made by {@link tensor}, {@link zeros} and the other creation functions; operations are functions and methods alike
 * (`add(a, b)` is `a.add(b)`). Free it with `dispose()`, `using`, or {@link scope}; what is forgotten is collected.
 *
 * @typeParam D dtype, exact
 * @typeParam S shape as far as it is known to the compiler
 * @example
 * ```ts
 * import { tensor } from 'myelin';
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(x.shape, x.sum().item()); // [ 2, 3 ] 21
 * ```
 */
export class Tensor<D extends DType = DType, S extends Shape = Shape> {
  private alive = true;

  /** @internal Storages are not public. */
  constructor(
    /** @internal */
    readonly storage: Storage,
    /** What an element is; see {@link DType}. */
    readonly dtype: D,
    /** Extent of every axis; `[]` for a single number. */
    readonly shape: S,
    /** Distance in elements between neighbours along each axis. */
    readonly strides: readonly number[],
    /** Position of the first element in the storage, in elements. */
    readonly offset: number,
  ) {
    storage.retain();
    this.enroll();
  }

  /** Registers with the scope that will free this tensor; those that live longer override it. */
  protected enroll(): void {
    track(this);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether `dispose()` or the end of a scope has released this view; using it is an error from then on. */
  get disposed(): boolean {
    return !this.alive;
  }

  /** Whether the elements lie row-major without gaps. */
  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** Releases this view, and its memory with the last view of it. Safe to call twice. */
  dispose(): void {
    if (!this.alive) return;
    this.alive = false;
    this.storage.drop();
  }

  /** Releases this view at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Copies the elements out, row-major, into a new typed array (or into `target`). Those of float16 and bfloat16 come as
   * their bits: cast to float32 first, or use {@link toArray}, to get numbers.
   *
   * @throws MyelinError `DISPOSED`; `TYPE` when `target` is no array of this dtype; `VALUE` when it has another length
   */
  data(target?: TypedArrayOf<D>): TypedArrayOf<D> {
    this.check('data');
    const { create } = dtypeInfo(this.dtype);
    const array = target ?? this.newArray();
    if (array[Symbol.toStringTag] !== create(0)[Symbol.toStringTag]) {
      fail('TYPE', 'data', `target is ${show(target)} (need a ${create(0)[Symbol.toStringTag]} for ${describe(this)})`);
    }
    if (array.length !== this.size) {
      fail('VALUE', 'data', `target has ${array.length} elements, ${describe(this)} has ${this.size}`);
    }
    if (this.isContiguous) {
      this.storage.read(this.offset * dtypeInfo(this.dtype).size, array);
      return array;
    }
    const dense = this.contiguous();
    dense.storage.read(0, array);
    dense.dispose();
    return array;
  }

  private newArray(): TypedArrayOf<D> {
    try {
      return dtypeInfo(this.dtype).create(this.size);
    } catch (error) {
      const message = `JavaScript cannot make an array for the ${this.size} elements of ${describe(this)}`;
      throw new MyelinError('OUT_OF_MEMORY', 'data', message, { elements: this.size }, { cause: error });
    }
  }

  /**
   * The value of a tensor of one element.
   *
   * @throws MyelinError `SHAPE` when there are more or fewer; `VALUE` when an int64 does not fit a JavaScript number
   */
  item(): ItemOf<D> {
    if (this.size !== 1) fail('SHAPE', 'item', `${describe(this)} has ${this.size} elements (need exactly 1)`);
    return toItem(this.dtype, this.data()[0]!) as ItemOf<D>;
  }

  /** Copies the elements out as nested arrays. */
  toArray(): NestedArray<ItemOf<D>> {
    const data = this.data();
    const strides = stridesOf(this.shape);
    const build = (axis: number, start: number): NestedArray<ItemOf<D>> =>
      axis === this.rank
        ? (toItem(this.dtype, data[start]!) as ItemOf<D>)
        : Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, start + i * strides[axis]!));
    return build(0, 0);
  }

  /** @internal Refuses a tensor whose memory is gone. */
  check(op: string): void {
    if (!this.alive) fail('DISPOSED', op, `${describe(this)} was disposed (keep it, or return it from its scope)`);
    this.storage.checkUsable(op);
  }

  /** Shape, dtype and elements as text; the middle of long axes is left out. */
  toString(): string {
    return format(this);
  }

  /** What `console.log` prints: the text of `toString`. */
  [inspect.custom](): string {
    return format(this);
  }
}

/** Whether a value is a tensor, of whatever dtype and shape. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

function toItem(dtype: DType, value: number | bigint): number | boolean {
  if (dtype === 'bool') return value !== 0;
  const format = halfFormats[dtype];
  if (format !== undefined) return decodeHalf(format, Number(value));
  if (typeof value === 'number') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    fail('VALUE', 'item', `${value} does not fit a JavaScript number (need data(), which gives BigInt64Array)`);
  }
  return number;
}
