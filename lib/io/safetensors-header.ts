import { dtypeInfo, type DType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { maxRank, sizeOf, type Shape } from '../tensor/shape.js';

/** One tensor of a file: where its bytes are, counted from the end of the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

const dtypeNames: Readonly<Record<DType, string>> = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};
const dtypesByName = new Map(Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]));

const metadataKey = '__metadata__';

/** Header of a file that holds these tensors back to back, padded so that the data begins at a multiple of 8 bytes. */
export function encodeHeader(entries: readonly Entry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const described = entries.map(({ name, dtype, shape, begin, end }) => {
    return [name, { dtype: dtypeNames[dtype], shape, data_offsets: [begin, end] }] as const;
  });
  const meta = Object.keys(metadata).length > 0 ? [[metadataKey, metadata] as const] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries<unknown>([...meta, ...described])));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

/** Reads the JSON of a header and checks it against the size of the data that follows it. */
export class HeaderParser {
  constructor(
    private readonly op: string,
    private readonly file: string,
    private readonly dataSize: number,
  ) {}

  parse(bytes: Uint8Array): Header {
    const text = this.decode(bytes);
    const json = this.parseJson(text);
    this.checkKeys(text);
    const entries = Object.entries(json)
      .filter(([name]) => name !== metadataKey)
      .map(([name, value]) => this.entry(name, value));
    this.checkLayout(entries);
    return { entries, metadata: this.metadata(json[metadataKey]) };
  }

  private refuse(message: string): never {
    return fail('FORMAT', this.op, `${this.file}: ${message}`, { file: this.file });
  }

  private decode(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.refuse('the header is not UTF-8');
    }
  }

  private parseJson(text: string): Readonly<Record<string, unknown>> {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      return this.refuse(`the header is not JSON (${error instanceof Error ? error.message : String(error)})`);
    }
    if (!isObject(json) || !text.startsWith('{')) return this.refuse('the header is not a JSON object');
    return json;
  }

  /** Of equal keys, `JSON.parse` keeps the last; which tensor the writer meant is anyone's guess. */
  private checkKeys(text: string): void {
    const objects: Set<string>[] = [];
    for (let i = 0; i < text.length; i++) {
      if (text[i] === '{') objects.push(new Set());
      else if (text[i] === '}') objects.pop();
      else if (text[i] === '"') {
        const end = endOfString(text, i);
        if (isKey(text, end)) {
          const key = JSON.parse(text.slice(i, end)) as string;
          if (objects.at(-1)!.has(key)) this.refuse(`the header names ${show(key)} twice`);
          objects.at(-1)!.add(key);
        }
        i = end - 1;
      }
    }
  }

  private entry(name: string, value: unknown): Entry {
    if (!isObject(value)) this.refuse(`${show(name)} is not described by an object`);
    const { dtype: dtypeName, shape, data_offsets: offsets } = value;
    if (typeof dtypeName !== 'string') this.refuse(`${show(name)} has no dtype`);
    if (!isCounts(shape)) this.refuse(`the shape of ${show(name)} is ${show(shape)}, not a list of counts`);
    if (!isCounts(offsets) || offsets.length !== 2) {
      this.refuse(`data_offsets of ${show(name)} is ${show(offsets)}, not two positions`);
    }
    const [begin, end] = offsets as [number, number];
    if (begin > end || end > this.dataSize) {
      this.refuse(`${show(name)} lies at bytes ${begin} to ${end} of data that is ${this.dataSize} bytes long`);
    }
    const dtype = this.dtype(name, dtypeName, shape);
    const bytes = sizeOf(shape) * dtypeInfo(dtype).size;
    if (bytes !== end - begin) {
      this.refuse(`${show(name)} is ${dtype}[${shape.join(',')}] of ${bytes} bytes, but ${end - begin} are given`);
    }
    return { name, dtype, shape, begin, end };
  }

  private dtype(name: string, dtypeName: string, shape: Shape): DType {
    const dtype = dtypesByName.get(dtypeName);
    if (dtype === undefined) {
      const known = [...dtypesByName.keys()].join(', ');
      fail('UNSUPPORTED', this.op, `${this.file}: ${show(name)} has dtype ${show(dtypeName)} (need one of ${known})`);
    }
    if (shape.length > maxRank) {
      fail('UNSUPPORTED', this.op, `${this.file}: ${show(name)} has ${shape.length} axes (need at most ${maxRank})`);
    }
    return dtype;
  }

  /** The format allows no overlap and no gap: hidden bytes could carry anything. */
  private checkLayout(entries: readonly Entry[]): void {
    const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
    let position = 0;
    for (const { name, begin, end } of ordered) {
      if (begin !== position) {
        this.refuse(`${show(name)} begins at byte ${begin} of the data (need ${position}: no gap, no overlap)`);
      }
      position = end;
    }
    if (position !== this.dataSize) {
      this.refuse(`the tensors end at byte ${position} of data that is ${this.dataSize} bytes long`);
    }
  }

  private metadata(value: unknown): Readonly<Record<string, string>> {
    if (value === undefined) return {};
    const isText = (text: unknown): text is string => typeof text === 'string';
    if (!isObject(value) || !Object.values(value).every(isText)) this.refuse(`${metadataKey} is not a map of strings`);
    return value as Readonly<Record<string, string>>;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Position after the string literal that opens at `start`, in text that is known to be JSON. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

/** Whether the string that ends here is a key: only white space may come before its colon. */
function isKey(text: string, end: number): boolean {
  let i = end;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text[i] === ':';
}
