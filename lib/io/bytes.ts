import { dtypeInfo, type DType } from '../tensor/dtype.js';
import { sizeOf, stridesOf, type Shape } from '../tensor/shape.js';
import { Storage } from '../tensor/storage.js';
import { Tensor } from '../tensor/tensor.js';

/** A new tensor whose elements are these bytes: row-major, little-endian. */
export function tensorFromBytes<D extends DType>(dtype: D, shape: Shape, bytes: Uint8Array): Tensor<D> {
  const storage = Storage.allocate(sizeOf(shape) * dtypeInfo(dtype).size);
  storage.write(0, bytes);
  return new Tensor(storage, dtype, shape, stridesOf(shape), 0);
}

/** A copy of the elements as bytes: row-major, little-endian. */
export function bytesOf(tensor: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
