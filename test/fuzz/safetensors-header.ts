// libFuzzer target: bytes become a header and the size of the data behind it. The parser must give
// tensors that tile the data exactly, or refuse with a MyelinError. `npm run fuzz -- safetensors` bundles and runs it.
import { HeaderParser, encodeHeader, type Entry, type Header } from '../../lib/io/safetensors-header';
import { dtypeInfo, dtypes } from '../../lib/tensor/dtype';
import { MyelinError } from '../../lib/tensor/errors';

const refusals = ['FORMAT', 'UNSUPPORTED'];
// An input is how the size is found (even: where the last tensor ends, so that edits of offsets need no other edit; odd: as
// written), the size in six bytes, and the header.
const front = 7;

function sizeIn(data: Buffer, text: string): number {
  if (data[0]! % 2 === 1) return data.readUIntLE(1, 6);
  const ends = [...text.matchAll(/\[\s*\d+\s*,\s*(\d{1,15})\s*\]/g)].map(([, end]) => Number(end));
  return Math.max(0, ...ends);
}

function bytesOf({ dtype, shape }: Entry): number {
  return shape.reduce((product, extent) => product * extent, dtypeInfo(dtype).size);
}

function check({ entries, metadata }: Header, size: number): void {
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== position || entry.end - entry.begin !== bytesOf(entry)) {
      throw new Error(`${entry.name} lies at ${entry.begin} to ${entry.end}`);
    }
    position = entry.end;
  }
  if (position !== size) throw new Error(`the tensors end at ${position} of ${size}`);
  const again = new HeaderParser('fuzz', 'file', size).parse(encodeHeader(entries, metadata).subarray(8));
  const sorted = (list: readonly Entry[]) => JSON.stringify([...list].sort((a, b) => (a.name < b.name ? -1 : 1)));
  if (sorted(again.entries) !== sorted(entries)) throw new Error('reading what was written gives something else');
}

export function fuzz(data: Buffer): void {
  if (data.length < front) return;
  const header = data.subarray(front);
  const size = sizeIn(data, header.toString('latin1'));
  try {
    check(new HeaderParser('fuzz', 'file', size).parse(header), size);
  } catch (error) {
    if (!(error instanceof MyelinError) || !refusals.includes(error.code)) throw error;
  }
}

/** Headers that are right. */
export function seeds(): Buffer[] {
  const specs = [
    [],
    [['float32', []] as const],
    [['uint8', [0, 3]] as const],
    dtypes.map((dtype) => [dtype, [2, 4]] as const),
  ];
  return specs.flatMap((list) => {
    let position = 0;
    const entries = list.map(([dtype, shape], i) => {
      const begin = position;
      position += bytesOf({ name: '', dtype, shape, begin, end: begin });
      return { name: `layer.${i}.weight`, dtype, shape, begin, end: position };
    });
    return [{}, { format: 'pt', note: 'ä "quoted" \\' }].flatMap((metadata) =>
      [0, 1].map((kind) => {
        const start = Buffer.alloc(front, kind);
        start.writeUIntLE(position, 1, 6);
        return Buffer.concat([start, encodeHeader(entries, metadata).subarray(8)]);
      }),
    );
  });
}

/** Words that change the meaning of a header, in the format of libFuzzer's dictionaries. */
export function dictionary(): string {
  const words = [
    ...['"dtype"', '"shape"', '"data_offsets"', '"__metadata__"', '"__proto__"', '"constructor"', '"F8_E5M2"'],
    ...['"F64"', '"F32"', '"F16"', '"BF16"', '"I64"', '"I32"', '"I16"', '"I8"', '"U8"', '"BOOL"'],
    ...['{}', '[]', 'null', 'true', '\\u0000', '\\ud800', '\\"', '\ufeff', '0.5', '-0', '-1', '1e3', '1e400'],
    ...['9007199254740993', '9007199254740991', '4294967296', '1099511627776'],
  ];
  const escaped = (word: string) =>
    [...Buffer.from(word)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return words.map((word) => `"${escaped(word)}"\n`).join('');
}
