// The format of TensorBoard's event files: records of a length, a message and checksums of both, where messages are protocol
// buffers. Source: the files tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/event.proto and
// tensorflow/core/framework/summary.proto of TensorFlow; encoding: the Protocol Buffers documentation, «Encoding».

let table: Uint32Array | undefined;

// Castagnoli's polynomial, bits reversed.
const polynomial = 0x82f63b78;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });
}

/** CRC-32C of bytes. Source: RFC 3720, appendix B.4 (test vectors). */
export function crc32c(bytes: Uint8Array): number {
  table ??= makeTable();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A checksum that stays one when the bytes hold checksums themselves. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A record: length, its checksum, the message, its checksum. */
export function recordOf(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, maskedCrc(message), true);
  return record;
}

/** A field of a message: its number, and what it holds. */
type Field = readonly [
  number: number,
  value: { readonly double: number } | { readonly float: number } | bigint | Bytes,
];
type Bytes = string | Uint8Array;

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return [...bytes, Number(left)];
}

function fixed(bytes: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  write(view);
  return new Uint8Array(view.buffer);
}

function encodeField([number, value]: Field): Uint8Array {
  const tag = (wire: number): number[] => varint(BigInt((number << 3) | wire));
  if (typeof value === 'bigint') return Uint8Array.from([...tag(0), ...varint(value)]);
  if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return Uint8Array.from([...tag(2), ...varint(BigInt(bytes.length)), ...bytes]);
  }
  const bytes =
    'double' in value
      ? fixed(8, (view) => view.setFloat64(0, value.double, true))
      : fixed(4, (view) => view.setFloat32(0, value.float, true));
  return Uint8Array.from([...tag('double' in value ? 1 : 5), ...bytes]);
}

/** A protocol buffer of these fields. */
export function encodeMessage(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...encodeField(field)]));
}

/** The event that begins a file. */
export function versionEvent(seconds: number): Uint8Array {
  return encodeMessage([
    [1, { double: seconds }],
    [3, 'brain.Event:2'],
  ]);
}

/** An event that tells numbers of a step, by name. */
export function scalarsEvent(seconds: number, step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]): Field => {
    const message = encodeMessage([
      [1, tag],
      [2, { float: value }],
    ]);
    return [1, message];
  });
  return encodeMessage([
    [1, { double: seconds }],
    [2, BigInt(step)],
    [5, encodeMessage(summary)],
  ]);
}
