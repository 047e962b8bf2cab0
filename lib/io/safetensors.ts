import { checkObject } from '../ops/checks.js';
import { promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { dtypeInfo } from '../tensor/dtype.js';
import { fail, rethrow, show } from '../tensor/errors.js';
import { Tensor } from '../tensor/tensor.js';
import { readFully, writeAtomically } from './atomic.js';
import { bytesOf, tensorFromBytes } from './bytes.js';
import { encodeHeader, HeaderParser, type Entry, type Header } from './safetensors-header.js';

/** Contents of a safetensors file. */
export interface Safetensors {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

// The reference implementation refuses longer headers too.
const maxHeader = 100_000_000;

/**
 * Reads a safetensors file: a JSON header that names tensors, and their bytes.
 *
 * Dtypes: F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL. Nothing is trusted: memory is taken only for what the file really holds, and
 * the tensors must fill it without gap or overlap.
 *
 * @returns tensors by name, and the file's own metadata
 * @throws MyelinError `FORMAT` when the file is corrupt, naming the file and the fault; `UNSUPPORTED` for other dtypes
 *   and for more than 8 axes; `IO` when it cannot be read
 * Source: the format's description, https://github.com/huggingface/safetensors
 * @example
 * ```ts
 * import { ones, readSafetensors, writeSafetensors } from 'myelin';
 * await writeSafetensors('weights.safetensors', { w: ones([2, 3]) });
 * const { tensors } = await readSafetensors('weights.safetensors');
 * console.log(tensors['w']?.shape); // [ 2, 3 ]
 * ```
 */
export async function readSafetensors(file: string): Promise<Safetensors> {
  const op = 'readSafetensors';
  const tensors: [string, Tensor][] = [];
  let handle: FileHandle | undefined;
  try {
    handle = await promises.open(file, 'r');
    const { header, dataStart } = await readHeader(op, file, handle);
    for (const entry of header.entries)
      tensors.push([entry.name, await readTensor(op, file, handle, entry, dataStart)]);
    return { tensors: Object.fromEntries(tensors), metadata: header.metadata };
  } catch (error) {
    for (const [, tensor] of tensors) tensor.dispose();
    return rethrow(error, op, 'IO');
  } finally {
    await handle?.close();
  }
}

async function readHeader(
  op: string,
  file: string,
  handle: FileHandle,
): Promise<{ header: Header; dataStart: number }> {
  const { size } = await handle.stat();
  const length = await readExactly(op, file, handle, 0, Math.min(8, size), 8);
  const headerSize = new DataView(length.buffer).getBigUint64(0, true);
  if (headerSize > maxHeader || Number(headerSize) > size - 8) {
    fail('FORMAT', op, `${file}: says that its header has ${headerSize.toString()} bytes, the file has ${size}`, {
      file,
    });
  }
  const dataStart = 8 + Number(headerSize);
  const bytes = await readExactly(op, file, handle, 8, Number(headerSize));
  return { header: new HeaderParser(op, file, size - dataStart).parse(bytes), dataStart };
}

async function readTensor(
  op: string,
  file: string,
  handle: FileHandle,
  entry: Entry,
  dataStart: number,
): Promise<Tensor> {
  const { name, dtype, shape, begin, end } = entry;
  const bytes = await readExactly(op, file, handle, dataStart + begin, end - begin);
  if (dtype === 'bool' && bytes.some((byte) => byte > 1)) {
    fail('FORMAT', op, `${file}: ${show(name)} is bool but holds bytes other than 0 and 1`, { file });
  }
  return tensorFromBytes(dtype, shape, bytes);
}

/** Reads `count` bytes; it is an error when the file has fewer, or fewer than `needed`. */
async function readExactly(
  op: string,
  file: string,
  handle: FileHandle,
  position: number,
  count: number,
  needed = count,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  const read = await readFully(handle, bytes, position);
  if (read < needed) {
    fail('FORMAT', op, `${file}: is truncated: ${needed} bytes wanted at ${position}, ${read} there`, { file });
  }
  return bytes;
}

/**
 * Writes tensors to a safetensors file, atomically: the file is replaced in one step, or left as it was.
 *
 * The values are those at the moment of the call, whatever happens to the tensors while the file is being written.
 * Larger elements come first, so that every tensor is aligned in the file.
 *
 * @param options.metadata strings to keep with the tensors; default none
 * @throws MyelinError `TYPE` for what is not a tensor; `VALUE` for the name `__metadata__`; `DISPOSED`; `IO`
 * Source: the format's description, https://github.com/huggingface/safetensors
 * @example
 * ```ts
 * import { arange, writeSafetensors } from 'myelin';
 * await writeSafetensors('x.safetensors', { x: arange(10) }, { metadata: { made: 'today' } });
 * ```
 */
export async function writeSafetensors(
  file: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: { readonly metadata?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const op = 'writeSafetensors';
  checkObject('writeSafetensors', 'tensors', tensors);
  const named = Object.entries(tensors);
  for (const [name, tensor] of named) checkWritable(op, name, tensor);
  named.sort(([, a], [, b]) => dtypeInfo(b.dtype).size - dtypeInfo(a.dtype).size);
  const entries: Entry[] = [];
  const chunks: Uint8Array[] = [];
  let position = 0;
  for (const [name, tensor] of named) {
    const bytes = bytesOf(tensor);
    entries.push({ name, dtype: tensor.dtype, shape: tensor.shape, begin: position, end: position + bytes.length });
    chunks.push(bytes);
    position += bytes.length;
  }
  await writeAtomically(op, file, [encodeHeader(entries, checkMetadata(op, options.metadata ?? {})), ...chunks]);
}

function checkWritable(op: string, name: string, tensor: unknown): asserts tensor is Tensor {
  if (!(tensor instanceof Tensor)) fail('TYPE', op, `${show(name)} is ${show(tensor)}, not a tensor`);
  if (name === '__metadata__') fail('VALUE', op, 'a tensor cannot be named "__metadata__": the format reserves it');
}

function checkMetadata(op: string, metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') fail('TYPE', op, `metadata ${show(key)} is ${show(value)}, not a string`);
  }
  return metadata as Readonly<Record<string, string>>;
}
