import { checkArray, checkObject } from '../ops/checks.js';
import { tensorFromBytes } from '../io/bytes.js';
import { tensor, type DTypeOfArray } from '../ops/creation.js';
import { stack } from '../ops/move.js';
import { dtypeInfo, typedArrayDType, type DType, type TypedArray } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { Tensor } from '../tensor/tensor.js';

/** What a field of a sample becomes in a batch. */
export type CollatedField<T> =
  T extends Tensor<infer D>
    ? Tensor<D>
    : T extends Float32Array | number
      ? Tensor<'float32'>
      : T extends Float64Array
        ? Tensor<'float64'>
        : T extends BigInt64Array | bigint
          ? Tensor<'int64'>
          : T extends TypedArray
            ? Tensor<DTypeOfArray<T>>
            : T extends boolean
              ? Tensor<'bool'>
              : never;

/** The batch made of samples S: each field stacked along a new first axis. */
export type Collated<S extends object> = { [K in keyof S]: CollatedField<S[K]> };

/** Dtypes for fields that are JavaScript numbers, by name. */
export type NumberDTypes<S extends object> = { readonly [K in keyof S as S[K] extends number ? K : never]?: DType };

/** {@link Collated} where some fields of numbers are given another dtype than float32. */
export type CollatedAs<S extends object, D extends NumberDTypes<S>> = {
  [K in keyof S]: K extends keyof D ? (D[K] extends DType ? Tensor<D[K]> : CollatedField<S[K]>) : CollatedField<S[K]>;
};

/**
 * Stacks samples into a batch, field by field: tensors and typed arrays get a new first axis, numbers become a vector.
 *
 * Dtypes: those of the tensors and typed arrays; numbers become float32, bigints int64, booleans bool.
 *
 * @param dtypes other dtypes for fields of numbers: class labels are `int32`
 * @throws MyelinError `TYPE` for a field of another kind; `SHAPE` when samples differ in shape; `VALUE` for no samples
 * @example
 * ```ts
 * import { collate } from 'myelin';
 * const { x, y } = collate([{ x: Float32Array.of(1, 2), y: 3 }, { x: Float32Array.of(4, 5), y: 6 }], { y: 'int32' });
 * console.log(x.shape, y.toArray()); // [ 2, 2 ] [ 3, 6 ]
 * ```
 */
export function collate<S extends object, const D extends NumberDTypes<S> = NonNullable<unknown>>(
  samples: readonly S[],
  dtypes?: D,
): CollatedAs<S, D> {
  checkArray('collate', 'samples', samples);
  samples.forEach((sample, i) => checkObject('collate', `samples[${i}]`, sample));
  const [first] = samples;
  if (first === undefined) fail('VALUE', 'collate', 'needs at least one sample');
  const wanted = (dtypes ?? {}) as Readonly<Record<string, DType>>;
  const fields = Object.keys(first).map((name) => {
    const values = samples.map((sample) => (sample as Readonly<Record<string, unknown>>)[name]);
    return [name, collateField(name, values, wanted[name])];
  });
  return Object.fromEntries(fields) as CollatedAs<S, D>;
}

function collateField(name: string, values: readonly unknown[], wanted: DType | undefined): Tensor {
  const [first] = values;
  const all = <T>(test: (value: unknown) => value is T): readonly T[] => {
    if (!values.every(test)) fail('TYPE', 'collate', `samples differ in the kind of their field ${show(name)}`);
    return values;
  };
  if (isTensor(first)) return stack(all(isTensor));
  if (typeof first === 'number') return tensor(all(isNumber), { dtype: wanted ?? 'float32' });
  if (typeof first === 'boolean') return tensor(all(isBoolean), { dtype: 'bool' });
  if (typeof first === 'bigint') return tensor(BigInt64Array.from(all(isBigInt)));
  if (typedArrayDType(first) !== undefined) return fromTypedArrays(name, all(isTypedArray));
  return fail(
    'TYPE',
    'collate',
    `field ${show(name)} is ${show(first)} (need a tensor, typed array, number or boolean)`,
  );
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isBigInt = (value: unknown): value is bigint => typeof value === 'bigint';
const isTypedArray = (value: unknown): value is TypedArray => typedArrayDType(value) !== undefined;

function fromTypedArrays(name: string, arrays: readonly TypedArray[]): Tensor {
  const { length } = arrays[0]!;
  const dtype = typedArrayDType(arrays[0])!;
  const bytes = new Uint8Array(arrays.length * length * dtypeInfo(dtype).size);
  let position = 0;
  for (const array of arrays) {
    if (typedArrayDType(array) !== dtype || array.length !== length) {
      fail(
        'SHAPE',
        'collate',
        `samples differ in their field ${show(name)}: ${show(arrays[0])} of ${length}, ${show(array)} of ${array.length}`,
      );
    }
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), position);
    position += array.byteLength;
  }
  return tensorFromBytes(dtype, [arrays.length, length], bytes);
}
