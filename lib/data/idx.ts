import { createReadStream, promises } from 'node:fs';

import { tensorFromBytes } from '../io/bytes.js';
import { dtypeInfo, type DType } from '../tensor/dtype.js';
import { fail, rethrow } from '../tensor/errors.js';
import { maxRank, sizeOf, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

interface Encoding {
  /** Bytes of one element in the file. */
  readonly size: number;
  /** Dtype that holds every value of the file; int8 and int16 have none of their own. */
  readonly dtype: DType;
  readonly read: (view: DataView, at: number) => number;
}

const encodings = new Map<number, Encoding>([
  [0x08, { size: 1, dtype: 'uint8', read: (view, at) => view.getUint8(at) }],
  [0x09, { size: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) }],
  [0x0b, { size: 2, dtype: 'int32', read: (view, at) => view.getInt16(at) }],
  [0x0c, { size: 4, dtype: 'int32', read: (view, at) => view.getInt32(at) }],
  [0x0d, { size: 4, dtype: 'float32', read: (view, at) => view.getFloat32(at) }],
  [0x0e, { size: 8, dtype: 'float64', read: (view, at) => view.getFloat64(at) }],
]);

interface IdxHeader {
  readonly encoding: Encoding;
  readonly shape: Shape;
  /** Bytes of the header and of the elements after it. */
  readonly headerSize: number;
  readonly dataSize: number;
}

// Deflate's best case: 258 bytes out of 2 bits.
const maxCompression = 1032;

/**
 * Reads an IDX file, the format of MNIST and its relatives; files compressed with gzip are recognised by their contents.
 *
 * Dtypes: uint8, int32, float32, float64 as they are; int8 and int16 become int32. Memory is taken only as the file
 * really delivers bytes, never on the word of its header.
 *
 * @throws MyelinError `FORMAT` when the file is corrupt, naming the file and the fault; `UNSUPPORTED` for more than 8
 *   axes; `IO` when it cannot be read
 * Source: "The IDX file format", Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits
 * @example
 * ```ts
 * import { readIdx } from 'myelin';
 * import { writeFileSync } from 'node:fs';
 * // Two bytes of zero, 8 for uint8, one axis, its extent in four bytes, and the elements.
 * writeFileSync('labels.idx', Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4));
 * console.log((await readIdx('labels.idx')).toArray()); // [ 5, 0, 4 ]
 * ```
 */
export async function readIdx(file: string): Promise<Tensor> {
  try {
    const { header, data } = await new IdxReader(file, (await promises.stat(file)).size).read();
    return tensorFromBytes(header.encoding.dtype, header.shape, decode(header.encoding, data));
  } catch (error) {
    return rethrow(error, 'readIdx', 'IO');
  }
}

/** Gathers a file's bytes, and gives up as soon as they cannot be right. */
class IdxReader {
  private readonly chunks: Uint8Array[] = [];
  private received = 0;
  private header: IdxHeader | undefined;

  constructor(
    private readonly file: string,
    private readonly fileSize: number,
  ) {}

  async read(): Promise<{ header: IdxHeader; data: Uint8Array }> {
    await this.gatherAll();
    const header = this.header ?? this.refuse(`is truncated: it ends within the header, after ${this.received} bytes`);
    const wanted = header.headerSize + header.dataSize;
    if (this.received < wanted)
      this.refuse(`is truncated: ${describeHeader(header)} takes ${wanted} bytes, it has ${this.received}`);
    return { header, data: Buffer.concat(this.chunks).subarray(header.headerSize) };
  }

  private async gatherAll(): Promise<void> {
    const isGzip = await this.isGzip();
    const stream = createReadStream(this.file, { highWaterMark: 2 ** 20 });
    if (!isGzip) return this.gather(stream);
    const { createGunzip } = await import('node:zlib');
    const gunzip = createGunzip();
    stream.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    try {
      await this.gather(gunzip);
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      if (typeof code === 'string' && code.startsWith('Z_')) this.refuse(`is not valid gzip (${String(message)})`);
      throw error;
    } finally {
      stream.destroy();
    }
  }

  private async isGzip(): Promise<boolean> {
    for await (const start of createReadStream(this.file, { end: 1 }) as AsyncIterable<Uint8Array>) {
      return start[0] === 0x1f && start[1] === 0x8b;
    }
    return false;
  }

  private async gather(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) {
      this.chunks.push(chunk);
      this.received += chunk.length;
      this.header ??= this.parseHeader();
      if (this.header !== undefined) this.checkLength(this.header);
    }
  }

  private checkLength(header: IdxHeader): void {
    const wanted = header.headerSize + header.dataSize;
    if (this.received > wanted) this.refuse(`goes on after its ${wanted} bytes of ${describeHeader(header)}`);
    if (wanted > this.fileSize * maxCompression) {
      this.refuse(`says that it holds ${describeHeader(header)}, which its ${this.fileSize} bytes cannot`);
    }
  }

  /** Undefined until all of the header has arrived. */
  private parseHeader(): IdxHeader | undefined {
    const bytes = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    if (bytes.length < 4) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const encoding = encodings.get(view.getUint8(2));
    if (view.getUint16(0) !== 0 || encoding === undefined) {
      const magic = view.getUint32(0).toString(16).padStart(8, '0');
      return this.refuse(`is no IDX file: it begins with ${magic} (need 0000, a type 08 to 0e and the number of axes)`);
    }
    const rank = view.getUint8(3);
    if (rank > maxRank) fail('UNSUPPORTED', 'readIdx', `${this.file}: has ${rank} axes (need at most ${maxRank})`);
    const headerSize = 4 + 4 * rank;
    if (bytes.length < headerSize) return undefined;
    const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
    return { encoding, shape, headerSize, dataSize: sizeOf(shape) * encoding.size };
  }

  private refuse(message: string): never {
    return fail('FORMAT', 'readIdx', `${this.file}: ${message}`, { file: this.file });
  }
}

const describeHeader = ({ encoding, shape }: IdxHeader): string => `${encoding.dtype}[${shape.join(',')}]`;

/** Big-endian elements of the file as little-endian elements of the dtype. */
function decode({ size, dtype, read }: Encoding, data: Uint8Array): Uint8Array {
  if (dtype === 'uint8') return data;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = dtypeInfo(dtype).create(data.length / size);
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * size);
  return new Uint8Array(values.buffer);
}
