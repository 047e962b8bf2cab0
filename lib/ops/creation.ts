import { defineOp } from '../engine/define.js';
import { checkDType, dtypeInfo, dtypes, typedArrayDType, type DType, type TypedArray } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { encodeHalf, halfFormats } from '../tensor/half.js';
import { checkShape, sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import { Storage } from '../tensor/storage.js';
import { Tensor, type NestedArray } from '../tensor/tensor.js';
import { checkElement, checkTensor, fits } from './checks.js';

/** Options of functions that make tensors. */
export interface CreationOptions<D extends DType> {
  /** Element type; default `float32`. */
  readonly dtype?: D;
}

const fullOp = defineOp({
  name: 'full',
  inputs: [],
  attrs: { value: 'float', shape: 'ints', dtype: dtypes },
  save: [],
  infer: (_, { shape, dtype }) => ({ dtype, shape }),
  grad: 'none',
});

function filled<D extends DType, S extends Shape>(op: string, shape: S, value: number, dtype: D): Tensor<D, S> {
  checkShape(op, shape);
  checkDType(op, dtype);
  checkElement(op, 'value', value, dtype);
  return fullOp({}, { value, shape, dtype }) as Tensor<D, S>;
}

function filledLike<D extends DType, S extends Shape, E extends DType>(
  op: string,
  x: Tensor<D, S>,
  value: number,
  options: CreationOptions<E>,
): Tensor<E, S> {
  checkTensor(op, 'x', x);
  return filled<DType, S>(op, x.shape, value, options.dtype ?? x.dtype) as Tensor<E, S>;
}

/**
 * A tensor of one value.
 *
 * Shapes: as asked. Dtypes: all.
 *
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape; `VALUE` for a value that the dtype cannot hold
 * @example
 * ```ts
 * import { full } from 'myelin';
 * console.log(full([2, 2], 7).toArray()); // [ [ 7, 7 ], [ 7, 7 ] ]
 * ```
 */
export function full<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  value: number,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return filled('full', shape, value, dtype);
}

/**
 * A tensor of zeros (`false` for bool).
 *
 * Shapes: as asked. Dtypes: all.
 *
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { zeros } from 'myelin';
 * console.log(zeros([3]).toArray()); // [ 0, 0, 0 ]
 * ```
 */
export function zeros<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return filled('zeros', shape, 0, dtype);
}

/**
 * A tensor of ones (`true` for bool).
 *
 * Shapes: as asked. Dtypes: all.
 *
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { ones } from 'myelin';
 * console.log(ones([3]).toArray()); // [ 1, 1, 1 ]
 * ```
 */
export function ones<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return filled('ones', shape, 1, dtype);
}

/**
 * A tensor whose numbers nobody has chosen, to be written over: a Parameter or a Buffer made of it, before {@link assign}.
 *
 * Shapes: as asked. Dtypes: all. The numbers are zeros: PyTorch's are whatever the memory held before, and tensors that are
 * freed give their memory to the next one, so that it could be the numbers of another. Do not rely on them.
 *
 * @param options.dtype element type; default `float32`
 * @throws MyelinError `SHAPE` for an impossible shape
 * @example
 * ```ts
 * import { empty } from 'myelin';
 * console.log(empty([2, 3]).shape); // [ 2, 3 ]
 * ```
 */
export function empty<const S extends Shape, D extends DType = 'float32'>(
  shape: S,
  { dtype = 'float32' as D }: CreationOptions<D> = {},
): Tensor<NoInfer<D>, S> {
  return filled('empty', shape, 0, dtype);
}

/**
 * {@link full} in the shape and dtype of another tensor.
 *
 * @param options.dtype another element type
 * @throws MyelinError `VALUE` for a value that the dtype cannot hold
 * @example
 * ```ts
 * import { fullLike, tensor } from 'myelin';
 * console.log(fullLike(tensor([1, 2]), 5).toArray()); // [ 5, 5 ]
 * ```
 */
export function fullLike<D extends DType, S extends Shape, E extends DType = D>(
  x: Tensor<D, S>,
  value: number,
  options: CreationOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return filledLike('fullLike', x, value, options);
}

/**
 * Zeros in the shape and dtype of another tensor.
 *
 * @param options.dtype another element type
 * @example
 * ```ts
 * import { tensor, zerosLike } from 'myelin';
 * console.log(zerosLike(tensor([1, 2])).toArray()); // [ 0, 0 ]
 * ```
 */
export function zerosLike<D extends DType, S extends Shape, E extends DType = D>(
  x: Tensor<D, S>,
  options: CreationOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return filledLike('zerosLike', x, 0, options);
}

/**
 * Ones in the shape and dtype of another tensor.
 *
 * @param options.dtype another element type
 * @example
 * ```ts
 * import { onesLike, tensor } from 'myelin';
 * console.log(onesLike(tensor([5, 6])).toArray()); // [ 1, 1 ]
 * ```
 */
export function onesLike<D extends DType, S extends Shape, E extends DType = D>(
  x: Tensor<D, S>,
  options: CreationOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return filledLike('onesLike', x, 1, options);
}

/**
 * {@link empty} in the shape and dtype of another tensor.
 *
 * @param options.dtype another element type
 * @example
 * ```ts
 * import { emptyLike, tensor } from 'myelin';
 * console.log(emptyLike(tensor([1, 2])).shape); // [ 2 ]
 * ```
 */
export function emptyLike<D extends DType, S extends Shape, E extends DType = D>(
  x: Tensor<D, S>,
  options: CreationOptions<E> = {},
): Tensor<NoInfer<E>, S> {
  return filledLike('emptyLike', x, 0, options);
}

/** One element, as JavaScript writes it. */
export type Scalar = number | boolean | bigint;

/** Typed arrays whose elements are numbers, not the bits of halves. */
export type NumberArray = Exclude<TypedArray, Uint16Array>;

/** Dtype of the elements of a typed array. */
export type DTypeOfArray<A extends TypedArray> = A extends Float32Array
  ? 'float32'
  : A extends Float64Array
    ? 'float64'
    : A extends Int8Array
      ? 'int8'
      : A extends Int16Array
        ? 'int16'
        : A extends Int32Array
          ? 'int32'
          : A extends BigInt64Array
            ? 'int64'
            : 'uint8';

function refuseData(op: string, data: unknown): never {
  fail('TYPE', op, `data is ${show(data)} (need numbers, nested arrays of them, or a typed array of a known dtype)`);
}

/** The dtype of a typed array, where bits of halves are told apart by the one that is `wanted`. */
function dtypeOfArray(op: string, array: unknown, wanted?: DType): DType {
  if (array instanceof Uint16Array) {
    if (wanted !== undefined && halfFormats[wanted] !== undefined) return wanted;
    fail('TYPE', op, `data is ${show(array)} (need dtype float16 or bfloat16, whose bits it can hold)`);
  }
  return typedArrayDType(array) ?? refuseData(op, array);
}

// Array.isArray would make the elements of a readonly array `any`.
const isList = (value: unknown): value is readonly NestedArray<Scalar>[] => Array.isArray(value);

function shapeOf(data: NestedArray<Scalar>): number[] {
  const shape: number[] = [];
  let level: NestedArray<Scalar> | undefined = data;
  while (isList(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

function flatten(data: NestedArray<Scalar>, shape: Shape, axis: number, into: Scalar[]): void {
  if (isList(data) !== axis < shape.length || (isList(data) && data.length !== shape[axis])) {
    fail(
      'SHAPE',
      'tensor',
      `rows differ in length or depth below axis ${axis} (the first ones make ${show([...shape])})`,
    );
  }
  if (isList(data)) for (const item of data) flatten(item, shape, axis + 1, into);
  else into.push(data);
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

function fill(array: TypedArray, dtype: DType, values: readonly Scalar[]): void {
  const format = halfFormats[dtype];
  values.forEach((value, i) => {
    const number = Number(value);
    if (!isScalar(value) || !fits(dtype, number)) {
      fail('VALUE', 'tensor', `element ${i} is ${show(value)}, which does not fit ${dtype}`, { value, dtype });
    }
    array[i] =
      array instanceof BigInt64Array ? BigInt(value) : format === undefined ? number : encodeHalf(format, number);
  });
}

function wrap(storage: Storage, dtype: DType, shape: Shape): Tensor {
  return new Tensor(storage, dtype, shape, stridesOf(shape), 0);
}

function copied(array: TypedArray, dtype: DType, shape: Shape): Tensor {
  const storage = Storage.allocate(array.byteLength);
  storage.write(0, array);
  return wrap(storage, dtype, shape);
}

function checkLength(op: string, length: number, shape: unknown): asserts shape is Shape {
  checkShape(op, shape);
  if (sizeOf(shape) === length) return;
  fail('SHAPE', op, `data has ${length} elements, shape ${show([...shape])} has ${sizeOf(shape)}`, { length, shape });
}

/** Options of {@link tensor}. */
export interface TensorOptions<D extends DType> extends CreationOptions<D> {
  /** Shape of a typed array's elements, row-major; default one axis. */
  readonly shape?: Shape;
}

/**
 * A tensor of given numbers, which are copied.
 *
 * Shapes: that of nested arrays; `options.shape` for typed arrays; [] for one number. Dtypes: a typed array's own, `bool`
 * for booleans, otherwise `float32`, unless `options.dtype` says so.
 *
 * @param options.shape shape of a typed array's elements; default one axis
 * @throws MyelinError `TYPE` for what is neither numbers nor a typed array; `SHAPE` for ragged rows or a shape of another
 * size; `VALUE` for elements that the dtype cannot hold
 * @example
 * ```ts
 * import { tensor } from 'myelin';
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor(Int32Array.of(5, 6), { shape: [2, 1] });
 * console.log(x.add(y).toArray()); // [ [ 6, 7 ], [ 9, 10 ] ]
 * ```
 */
export function tensor<A extends NumberArray>(data: A, options?: { readonly shape?: Shape }): Tensor<DTypeOfArray<A>>;
export function tensor<D extends DType>(
  data: TypedArray | NestedArray<Scalar>,
  options: TensorOptions<D> & { readonly dtype: D },
): Tensor<D>;
export function tensor(data: NestedArray<boolean>): Tensor<'bool'>;
export function tensor(data: NestedArray<Scalar>): Tensor<'float32'>;
export function tensor(data: TypedArray | NestedArray<Scalar>, options: TensorOptions<DType> = {}): Tensor {
  if (options.dtype !== undefined) checkDType('tensor', options.dtype);
  if (ArrayBuffer.isView(data)) return fromTyped(data, options);
  if (!isList(data) && !isScalar(data)) refuseData('tensor', data);
  const shape = shapeOf(data);
  checkShape('tensor', shape);
  const values: Scalar[] = [];
  flatten(data, shape, 0, values);
  const dtype = options.dtype ?? (typeof values[0] === 'boolean' ? 'bool' : 'float32');
  const target = options.shape ?? shape;
  checkLength('tensor', values.length, target);
  const array = dtypeInfo(dtype).create(values.length);
  fill(array, dtype, values);
  return copied(array, dtype, target);
}

function fromTyped(data: TypedArray, options: TensorOptions<DType>): Tensor {
  const own = dtypeOfArray('tensor', data, options.dtype);
  const shape = options.shape ?? [data.length];
  checkLength('tensor', data.length, shape);
  const dtype = options.dtype ?? own;
  if (dtype === own) return copied(data, dtype, shape);
  const array = dtypeInfo(dtype).create(data.length);
  fill(array, dtype, Array.from<Scalar>(data as ArrayLike<Scalar>));
  return copied(array, dtype, shape);
}

/**
 * A tensor on the memory of a typed array, without copying: changes of the array show in the tensor, and the array stays
 * alive as long as the tensor.
 *
 * Shapes: as asked; default one axis. Dtypes: the array's own.
 *
 * @param options.shape shape of the elements, row-major; default one axis
 * @throws MyelinError `SHAPE` for a shape of another size; `TYPE` for an array of no known dtype
 * @example
 * ```ts
 * import { borrow } from 'myelin';
 * const samples = new Float32Array(4);
 * const x = borrow(samples, { shape: [2, 2] });
 * samples[0] = 7;
 * console.log(x.toArray()); // [ [ 7, 0 ], [ 0, 0 ] ]
 * ```
 */
export function borrow<A extends NumberArray>(data: A, options?: { readonly shape?: Shape }): Tensor<DTypeOfArray<A>>;
export function borrow<D extends 'float16' | 'bfloat16'>(
  data: Uint16Array,
  options: TensorOptions<D> & { readonly dtype: D },
): Tensor<D>;
export function borrow(data: TypedArray, options: TensorOptions<DType> = {}): Tensor {
  const dtype = dtypeOfArray('borrow', data, options.dtype);
  const shape = options.shape ?? [data.length];
  checkLength('borrow', data.length, shape);
  return wrap(Storage.borrow(data), dtype, shape);
}
