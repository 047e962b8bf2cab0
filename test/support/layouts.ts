import { Tensor, type DType } from 'myelin';

import { dtypeInfo } from '../../lib/tensor/dtype';
import { bfloat16, decodeHalf, encodeHalf, float16 } from '../../lib/tensor/half';
import { Storage } from '../../lib/tensor/storage';
import { indicesOf, sizeOf, stridesOf, type Nd } from './reference';

/** Ways in which the same numbers can lie in memory. */
export const layouts = ['contiguous', 'transposed', 'stepped', 'reversed', 'channelsLast', 'expanded'] as const;
export type Layout = (typeof layouts)[number];

interface Placement {
  readonly strides: readonly number[];
  readonly offset: number;
  readonly elements: number;
}

function orderedStrides(shape: readonly number[], slowestFirst: readonly number[]): number[] {
  const strides = shape.map(() => 0);
  let stride = 1;
  for (const axis of [...slowestFirst].reverse()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

const placements: Readonly<Record<Layout, (shape: readonly number[]) => Placement>> = {
  contiguous: (shape) => ({ strides: stridesOf(shape), offset: 0, elements: sizeOf(shape) }),
  transposed: (shape) => ({
    strides: orderedStrides(shape, shape.map((_, axis) => axis).reverse()),
    offset: 0,
    elements: sizeOf(shape),
  }),
  // Two elements apart, three in: what x[3::2] of something larger looks like.
  stepped: (shape) => ({
    strides: stridesOf(shape).map((stride) => 2 * stride),
    offset: 3,
    elements: 2 * sizeOf(shape) + 3,
  }),
  reversed: (shape) => ({
    strides: stridesOf(shape).map((stride) => -stride),
    offset: Math.max(0, sizeOf(shape) - 1),
    elements: sizeOf(shape),
  }),
  channelsLast: (shape) => ({
    strides: orderedStrides(
      shape,
      shape.length < 3
        ? shape.map((_, i) => i)
        : [0, ...shape.keys()].filter((axis, i) => i === 0 || axis > 1).concat(1),
    ),
    offset: 0,
    elements: sizeOf(shape),
  }),
  expanded: (shape) => ({
    strides: stridesOf(shape).map((stride, axis) => (axis === 0 ? 0 : stride)),
    offset: 0,
    elements: sizeOf(shape),
  }),
};

/** What an array becomes when it is placed so: an expanded one repeats its first slice along axis 0. */
export function asPlaced(x: Nd, layout: Layout): Nd {
  if (layout !== 'expanded' || x.data.length === 0 || x.shape.length === 0) return x;
  const slice = x.data.slice(0, x.data.length / x.shape[0]!);
  return { ...x, data: Array.from({ length: x.shape[0]! }, () => slice).flat() };
}

/** Conversion of a number to what an element of the dtype can hold. */
export function stored(dtype: DType, value: number): number {
  switch (dtype) {
    case 'float64':
      return value;
    case 'float32':
      return Math.fround(value);
    case 'float16':
    case 'bfloat16':
      return fromElement(dtype, toElement(dtype, value));
    case 'bool':
      return value === 0 ? 0 : 1;
    case 'uint8':
      return Math.abs(Math.trunc(value)) % 256;
    case 'int8':
      return Int8Array.of(Math.trunc(value))[0]!;
    case 'int16':
      return Int16Array.of(Math.trunc(value))[0]!;
    default:
      return Math.trunc(value) + 0;
  }
}

const formats: { readonly [D in DType]?: typeof float16 } = { float16, bfloat16 };

/** What the typed array of a dtype holds for a number, and the number that an element is. */
export function toElement(dtype: DType, value: number): number | bigint {
  const format = formats[dtype];
  if (format !== undefined) return encodeHalf(format, value);
  return dtype === 'int64' ? BigInt(value) : value;
}
export function fromElement(dtype: DType, element: number | bigint): number {
  const format = formats[dtype];
  return format === undefined ? Number(element) : decodeHalf(format, Number(element));
}

/** A tensor of these numbers in this layout, made without any op. Gaps are filled with a value that shows when read. */
export function place(x: Nd, layout: Layout): Tensor {
  const { create, size } = dtypeInfo(x.dtype);
  const { strides, offset, elements } = placements[layout](x.shape);
  const array = create(elements);
  const poison = x.dtype === 'bool' ? 1 : 99;
  array.fill(toElement(x.dtype, poison) as never);
  const put = (at: number, value: number): void => {
    array[at] = toElement(x.dtype, value);
  };
  if (layout === 'contiguous') x.data.forEach((value, at) => put(at, value));
  else {
    let next = 0;
    for (const index of indicesOf(x.shape)) {
      put(
        index.reduce((at, i, axis) => at + i * strides[axis]!, offset),
        x.data[next++]!,
      );
    }
  }
  const storage = Storage.allocate(elements * size);
  storage.write(0, array);
  return new Tensor(storage, x.dtype, x.shape, strides, offset);
}
