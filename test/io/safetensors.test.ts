import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import {
  memory,
  MyelinError,
  readSafetensors,
  scopeAsync,
  tensor,
  writeSafetensors,
  zeros,
  type DType,
  type Tensor,
} from 'myelin';

import { bytesOf, tensorFromBytes } from '../../lib/io/bytes.js';
import { dtypeInfo, dtypes } from '../../lib/tensor/dtype.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  file = path.join(folder, 'weights.safetensors');
});

afterEach(() => rm(folder, { recursive: true }));

const errorOf = (promise: Promise<unknown>): Promise<MyelinError> =>
  promise.then(
    () => Promise.reject(new Error('did not fail')),
    (error: unknown) => error as MyelinError,
  );

/** A file with this header (an object becomes JSON) and this much data. */
function fileOf(
  header: object | string | Uint8Array,
  dataSize = 0,
  { declared }: { declared?: bigint } = {},
): Uint8Array {
  const text = header instanceof Uint8Array || typeof header === 'string' ? header : JSON.stringify(header);
  const json = Buffer.from(text as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataSize)]);
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });
const four = entry('F32', [1], [0, 4]);

describe('round trip', () => {
  const tensors = fc.dictionary(
    fc.string().filter((name) => name !== '__metadata__'),
    fc
      .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 4 }) })
      .chain(({ dtype, shape }) => {
        const size = shape.reduce((product, extent) => product * extent, 1) * dtypeInfo(dtype).size;
        const byte = fc.nat(dtype === 'bool' ? 1 : 255);
        return fc
          .array(byte, { minLength: size, maxLength: size })
          .map((bytes) => ({ dtype, shape, bytes: Uint8Array.from(bytes) }));
      }),
    { maxKeys: 6 },
  );

  it('keeps names, dtypes, shapes, every bit and the metadata', async () => {
    const before = memory({ collect: true }).storages;
    await fc.assert(
      fc.asyncProperty(tensors, fc.dictionary(fc.string(), fc.string()), (described, metadata) =>
        scopeAsync(async () => {
          const written = Object.fromEntries(
            Object.entries(described).map(([name, { dtype, shape, bytes }]) => [
              name,
              tensorFromBytes(dtype, shape, bytes),
            ]),
          );
          await writeSafetensors(file, written, { metadata });
          const read = await readSafetensors(file);
          expect({ ...read.metadata }).toEqual({ ...metadata });
          expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(described).sort());
          for (const [name, { dtype, shape, bytes }] of Object.entries(described)) {
            const found = read.tensors[name]!;
            expect([found.dtype, found.shape]).toEqual([dtype, shape]);
            expect(Buffer.from(bytesOf(found)).equals(bytes)).toBe(true);
          }
        }),
      ),
      { numRuns: 60 },
    );
    expect(memory().storages).toBeLessThanOrEqual(before);
  });

  it('writes views row-major', async () => {
    await scopeAsync(async () => {
      const x = tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      await writeSafetensors(file, { t: x.transpose(0, 1) });
      const { tensors: read } = await readSafetensors(file);
      expect(read['t']!.toArray()).toEqual([
        [1, 4],
        [2, 5],
        [3, 6],
      ]);
    });
  });

  it('aligns every tensor to its element size', async () => {
    await scopeAsync(async () => {
      const shape = [3];
      const named = Object.fromEntries(dtypes.map((dtype) => [dtype, zeros(shape, { dtype })]));
      await writeSafetensors(file, named, { metadata: { odd: 'x' } });
    });
    const bytes = await readFile(file);
    const headerSize = Number(bytes.readBigUInt64LE(0));
    expect(headerSize % 8).toBe(0);
    const header = JSON.parse(bytes.subarray(8, 8 + headerSize).toString()) as Record<
      string,
      { data_offsets: number[] }
    >;
    for (const dtype of dtypes) expect(header[dtype]!.data_offsets[0]! % dtypeInfo(dtype).size).toBe(0);
  });

  it('reads what other writers produce: any order, padding, no alignment', async () => {
    const header =
      '{ "b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},\n"a":{"shape":[],"data_offsets":[3,7],"dtype":"F32"} }  ';
    const bytes = fileOf(header, 7);
    bytes.set([1, 2, 3, 0, 0, 0x80, 0x3f], bytes.length - 7);
    await writeFile(file, bytes);
    await scopeAsync(async () => {
      const { tensors: read, metadata } = await readSafetensors(file);
      expect(read['a']!.item()).toBe(1);
      expect(read['b']!.toArray()).toEqual([1, 2, 3]);
      expect(metadata).toEqual({});
    });
  });

  it('treats __proto__ as a name like any other', async () => {
    await scopeAsync(async () => {
      await writeSafetensors(file, Object.fromEntries([['__proto__', tensor([1, 2])]]));
      const { tensors: read } = await readSafetensors(file);
      expect(Object.keys(read)).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    });
  });
});

describe('corrupt files', () => {
  const cases: [name: string, bytes: Uint8Array, code: string, message: RegExp][] = [
    ['empty', new Uint8Array(0), 'FORMAT', /truncated/],
    ['shorter than the length field', new Uint8Array(5), 'FORMAT', /truncated/],
    ['header longer than the file', fileOf('{}', 0, { declared: 3n }), 'FORMAT', /header has 3 bytes/],
    [
      'header longer than any memory',
      fileOf('{}', 0, { declared: 2n ** 64n - 1n }),
      'FORMAT',
      /header has 18446744073709551615/,
    ],
    ['header of 2^53 bytes', fileOf('{}', 0, { declared: 2n ** 53n }), 'FORMAT', /header has/],
    ['header of no bytes', fileOf(''), 'FORMAT', /not JSON/],
    ['header that is not JSON', fileOf('{"a":'), 'FORMAT', /not JSON/],
    ['header with text after its object', fileOf('{} {}'), 'FORMAT', /not JSON/],
    ['header that is not UTF-8', fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'FORMAT', /UTF-8/],
    ['header with a byte order mark', fileOf('\uFEFF{}'), 'FORMAT', /not JSON/],
    ['header that is an array', fileOf('[]'), 'FORMAT', /not a JSON object/],
    ['header that is null', fileOf('null'), 'FORMAT', /not a JSON object/],
    ['header that begins with a space', fileOf(' {}'), 'FORMAT', /not a JSON object/],
    ['header nested a million deep', fileOf('['.repeat(1e6)), 'FORMAT', /not JSON/],
    [
      'tensor nested a hundred thousand deep',
      fileOf(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      'FORMAT',
      /"a" is not described/,
    ],
    ['data that no tensor claims', fileOf({}, 4), 'FORMAT', /end at byte 0 of data that is 4 bytes/],
    ['data cut short', fileOf({ a: four }, 3), 'FORMAT', /bytes 0 to 4 of data that is 3/],
    ['data longer than the tensors', fileOf({ a: four }, 5), 'FORMAT', /end at byte 4 of data that is 5/],
    ['offsets outside', fileOf({ a: entry('F32', [1], [4, 8]) }, 4), 'FORMAT', /bytes 4 to 8/],
    ['offsets in reverse', fileOf({ a: entry('F32', [1], [4, 0]) }, 4), 'FORMAT', /bytes 4 to 0/],
    ['negative offset', fileOf({ a: entry('F32', [1], [-4, 0]) }, 4), 'FORMAT', /not two positions/],
    ['fractional offset', fileOf({ a: entry('F32', [1], [0, 4.5]) }, 4), 'FORMAT', /not two positions/],
    [
      'huge offset',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e300]}}', 4),
      'FORMAT',
      /not two positions/,
    ],
    ['one offset', fileOf({ a: entry('F32', [1], [0]) }, 4), 'FORMAT', /not two positions/],
    ['offsets missing', fileOf({ a: { dtype: 'F32', shape: [1] } }, 4), 'FORMAT', /not two positions/],
    [
      'overlapping tensors',
      fileOf({ a: entry('F32', [2], [0, 8]), b: entry('F32', [1], [4, 8]) }, 8),
      'FORMAT',
      /begins at byte 4/,
    ],
    ['gap between tensors', fileOf({ a: four, b: entry('F32', [1], [8, 12]) }, 12), 'FORMAT', /begins at byte 8/],
    ['shape that is too large', fileOf({ a: entry('F32', [2], [0, 4]) }, 4), 'FORMAT', /of 8 bytes, but 4/],
    ['shape that overflows', fileOf({ a: entry('F32', [2 ** 40, 2 ** 40], [0, 4]) }, 4), 'FORMAT', /but 4 are given/],
    ['negative extent', fileOf({ a: entry('F32', [-1], [0, 4]) }, 4), 'FORMAT', /not a list of counts/],
    ['fractional extent', fileOf({ a: entry('F32', [0.5], [0, 4]) }, 4), 'FORMAT', /not a list of counts/],
    ['shape that is a number', fileOf({ a: entry('F32', 1, [0, 4]) }, 4), 'FORMAT', /not a list of counts/],
    ['shape of strings', fileOf({ a: entry('F32', ['1'], [0, 4]) }, 4), 'FORMAT', /not a list of counts/],
    ['dtype that is a number', fileOf({ a: entry(32, [1], [0, 4]) }, 4), 'FORMAT', /no dtype/],
    ['tensor that is a string', fileOf({ a: 'F32' }), 'FORMAT', /not described by an object/],
    ['tensor that is null', fileOf({ a: null }), 'FORMAT', /not described by an object/],
    [
      'tensor named twice',
      fileOf(`{"a":${JSON.stringify(four)},"a":${JSON.stringify(four)}}`, 4),
      'FORMAT',
      /names "a" twice/,
    ],
    [
      'name twice in other spelling',
      fileOf(`{"a":${JSON.stringify(four)},"\\u0061":${JSON.stringify(four)}}`, 4),
      'FORMAT',
      /names "a" twice/,
    ],
    [
      'key twice in a tensor',
      fileOf('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', 4),
      'FORMAT',
      /"dtype" twice/,
    ],
    ['metadata that is a string', fileOf({ __metadata__: 'x' }), 'FORMAT', /not a map of strings/],
    ['metadata with a number', fileOf({ __metadata__: { a: 1 } }), 'FORMAT', /not a map of strings/],
    [
      'bool that is 2',
      Buffer.concat([fileOf({ a: entry('BOOL', [1], [0, 1]) }), Uint8Array.of(2)]),
      'FORMAT',
      /bytes other than 0 and 1/,
    ],
    ['float8', fileOf({ a: entry('F8_E4M3', [2], [0, 2]) }, 2), 'UNSUPPORTED', /"F8_E4M3".*F16, BF16, F32, F64/],
    ['unknown dtype', fileOf({ a: entry('toString', [1], [0, 4]) }, 4), 'UNSUPPORTED', /"toString"/],
    ['nine axes', fileOf({ a: entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 4]) }, 4), 'UNSUPPORTED', /9 axes/],
  ];

  it.each(cases)('%s', async (_name, bytes, code, message) => {
    await writeFile(file, bytes);
    const before = memory({ collect: true }).storages;
    const error = await errorOf(readSafetensors(file));
    expect(error).toBeInstanceOf(MyelinError);
    expect({ code: error.code, op: error.op }).toEqual({ code, op: 'readSafetensors' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(file);
    expect(memory().storages).toBeLessThanOrEqual(before);
  });

  it('takes no memory on the word of the header', async () => {
    await writeFile(file, fileOf({ a: entry('F64', [2 ** 36], [0, 2 ** 39]) }, 8));
    const before = process.memoryUsage().rss;
    expect((await errorOf(readSafetensors(file))).code).toBe('FORMAT');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('every cut of a valid file is refused, and none crashes', async () => {
    await scopeAsync(() => writeSafetensors(file, { a: tensor([1, 2, 3]), b: zeros([2], { dtype: 'int64' }) }));
    const { length } = await readFile(file);
    for (let size = length - 1; size >= 0; size--) {
      await truncate(file, size);
      expect((await errorOf(readSafetensors(file))).code).toBe('FORMAT');
    }
  });

  it('every changed byte of a valid header gives tensors or an error, never a crash', async () => {
    await scopeAsync(() => writeSafetensors(file, { a: tensor([1, 2, 3]), b: zeros([2], { dtype: 'int64' }) }));
    const valid = await readFile(file);
    const before = memory({ collect: true }).storages;
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.nat(255), async (position, value) => {
        const bytes = Buffer.from(valid);
        bytes[position] = value;
        await writeFile(file, bytes);
        const result = await readSafetensors(file).catch((error: unknown) => error);
        if (result instanceof MyelinError) expect(['FORMAT', 'UNSUPPORTED']).toContain(result.code);
        else for (const read of Object.values((result as { tensors: Record<string, Tensor> }).tensors)) read.dispose();
      }),
      { numRuns: 300 },
    );
    expect(memory().storages).toBeLessThanOrEqual(before);
  });
});

describe('reading and writing fail well', () => {
  it.each([
    ['a file that is not there', () => readSafetensors(path.join(folder, 'none')), 'IO', /ENOENT/],
    ['a folder', () => readSafetensors(folder), 'IO', /EISDIR/],
    ['a folder that is not there', () => writeSafetensors(path.join(folder, 'none', 'x'), {}), 'IO', /ENOENT/],
  ])('%s', async (_name, call, code, message) => {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(MyelinError);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('refuses what is not a tensor, a reserved name, metadata that is not text, and disposed tensors', async () => {
    const x = tensor([1]);
    const write = (tensors: Record<string, unknown>, metadata?: Record<string, unknown>) =>
      errorOf(
        writeSafetensors(file, tensors as Record<string, Tensor<DType>>, {
          metadata: (metadata ?? {}) as Record<string, string>,
        }),
      );
    expect((await write({ a: 1 })).code).toBe('TYPE');
    expect((await write({ __metadata__: x })).code).toBe('VALUE');
    expect((await write({ x }, { a: 1 })).code).toBe('TYPE');
    x.dispose();
    expect((await write({ x })).code).toBe('DISPOSED');
    expect(await readdir(folder)).toEqual([]);
  });
});
