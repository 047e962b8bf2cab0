import { finfo, type DType, type Tensor } from 'myelin';

import { dtypeInfo, isFloat } from '../../lib/tensor/dtype';
import { fromElement, stored } from './layouts';
import { indicesOf, type Nd } from './reference';

const epsilon = (dtype: DType): number => (isFloat(dtype) ? finfo(dtype).eps : 0);

/**
 * How far a result may be from its reference: |got - expected| <= eps · (relative · |expected| + absolute). That of an op
 * on halves is computed in float32 and rounded once, which moves it to a neighbour at most: eps · |expected| more, or
 * the distance of two denormals.
 */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  /** What a function composed of ops may lose to halves, in place of the above. */
  readonly halves?: HalfSteps;
}

/**
 * A composed function rounds to halves after each of its ops: |got - expected| <= eps · steps · (|expected| + scale), where the
 * scale is that of the largest expected number, since a sum loses what its largest term rounds off.
 */
export interface HalfSteps {
  readonly steps: number;
  /** Where numbers cancel out: the size of those that did. */
  readonly scale?: number;
}

/** Reads a tensor through its strides straight from its storage: no op takes part, so none can hide a fault of another. */
export function read(tensor: Tensor): Nd {
  const { create, size } = dtypeInfo(tensor.dtype);
  const all = create(tensor.storage.bytes / size);
  tensor.storage.read(0, all);
  const data = Array.from(indicesOf(tensor.shape), (index) => {
    const at = index.reduce((offset, i, axis) => offset + i * tensor.strides[axis]!, tensor.offset);
    return fromElement(tensor.dtype, all[at]!);
  });
  return { dtype: tensor.dtype, shape: tensor.shape, data };
}

/** Bytes of the storage: for comparisons bit by bit. */
export function bytesOf(tensor: Tensor): Buffer {
  const bytes = new Uint8Array(tensor.storage.bytes);
  tensor.storage.read(0, bytes);
  return Buffer.from(bytes.buffer);
}

/** The largest number of an array, infinities left out. */
const scaleOf = ({ data }: Nd): number =>
  data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);

function margin(dtype: DType, expected: number, scale: number, { relative, absolute, halves }: Tolerance): number {
  const size = relative * Math.abs(expected) + absolute;
  if (dtype !== 'float16' && dtype !== 'bfloat16') return epsilon(dtype) * size;
  const { eps, tiny } = finfo(dtype);
  if (halves !== undefined) {
    return eps * halves.steps * Math.max(Math.abs(expected) + (halves.scale ?? scale), tiny);
  }
  return eps * Math.max(Math.abs(expected), tiny) + epsilon('float32') * size;
}

function agrees(got: number, expected: number, limit: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(got);
  if (got === expected) return true;
  return Math.abs(got - expected) <= limit;
}

/** What differs between a result and its reference, in words; undefined when nothing does. */
export function difference(got: Nd, expected: Nd, tolerance: Tolerance): string | undefined {
  if (got.dtype !== expected.dtype) return `dtype is ${got.dtype}, expected ${expected.dtype}`;
  if (got.shape.join() !== expected.shape.join()) return `shape is [${got.shape}], expected [${expected.shape}]`;
  const eps = epsilon(got.dtype);
  const round = isFloat(got.dtype) ? (value: number) => stored(got.dtype, value) : (value: number) => value;
  const scale = scaleOf(expected);
  let bad = 0;
  let first: string | undefined;
  let position = 0;
  for (const index of indicesOf(got.shape)) {
    const [value, wanted] = [got.data[position]!, round(expected.data[position]!)];
    position++;
    if (agrees(value, wanted, margin(got.dtype, wanted, scale, tolerance))) continue;
    bad++;
    const ulp = isFloat(got.dtype)
      ? `, ${(Math.abs(value - wanted) / (eps * Math.abs(wanted))).toPrecision(3)} ulp`
      : '';
    first ??= `[${index}]: expected ${wanted}, got ${value}${ulp}`;
  }
  return bad === 0 ? undefined : `${bad} of ${position} elements differ, first at ${first}`;
}
