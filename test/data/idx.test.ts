import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { memory, MyelinError, readIdx, scopeAsync } from 'myelin';

import { bytesOf } from '../../lib/io/bytes.js';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
  file = path.join(folder, 'data-idx');
});

afterAll(() => rm(folder, { recursive: true }));

function idx(type: number, shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((extent, axis) => header.writeUInt32BE(extent, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

async function arrayOf(bytes: Uint8Array): Promise<unknown> {
  await writeFile(file, bytes);
  return scopeAsync(async () => {
    const x = await readIdx(file);
    return [x.dtype, x.shape, x.toArray()];
  });
}

function bigEndian(
  size: number,
  values: readonly number[],
  write: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, i) => write(view, i * size, value));
  return new Uint8Array(view.buffer);
}

describe('reads', () => {
  const cases: [
    name: string,
    type: number,
    dtype: string,
    values: number[],
    bytes: (values: number[]) => Uint8Array,
  ][] = [
    ['unsigned bytes', 0x08, 'uint8', [0, 7, 255], (v) => Uint8Array.from(v)],
    ['signed bytes', 0x09, 'int32', [-128, 0, 127], (v) => Uint8Array.from(v)],
    ['shorts', 0x0b, 'int32', [-32768, 1, 258], (v) => bigEndian(2, v, (view, at, x) => view.setInt16(at, x))],
    ['ints', 0x0c, 'int32', [-(2 ** 31), 1, 0x01020304], (v) => bigEndian(4, v, (view, at, x) => view.setInt32(at, x))],
    ['floats', 0x0d, 'float32', [-1.5, 0, 3.25], (v) => bigEndian(4, v, (view, at, x) => view.setFloat32(at, x))],
    ['doubles', 0x0e, 'float64', [-1.1, 0, 1e300], (v) => bigEndian(8, v, (view, at, x) => view.setFloat64(at, x))],
  ];

  it.each(cases)('%s', async (_name, type, dtype, values, bytes) => {
    const contents = idx(type, [3], bytes(values));
    expect(await arrayOf(contents)).toEqual([dtype, [3], values]);
    expect(await arrayOf(gzipSync(contents))).toEqual([dtype, [3], values]);
  });

  it('no axes, several axes, and an axis of nothing', async () => {
    expect(await arrayOf(idx(8, [], Uint8Array.of(5)))).toEqual(['uint8', [], 5]);
    expect(await arrayOf(idx(8, [1, 2, 2], Uint8Array.of(1, 2, 3, 4)))).toEqual([
      'uint8',
      [1, 2, 2],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expect(await arrayOf(idx(8, [3, 0], new Uint8Array(0)))).toEqual(['uint8', [3, 0], [[], [], []]]);
  });

  it('files larger than one read', async () => {
    const data = new Uint8Array(5_000_000).map((_, i) => i % 251);
    await writeFile(file, idx(8, [5000, 1000], data));
    await scopeAsync(async () => {
      expect(Buffer.from(bytesOf(await readIdx(file))).equals(data)).toBe(true);
    });
  });
});

describe('refuses', () => {
  const valid = idx(8, [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
  const wrongSum = gzipSync(valid);
  wrongSum.fill(0, wrongSum.length - 8, wrongSum.length - 4);
  const claims = (...shape: number[]) => idx(8, shape, new Uint8Array(6));
  const cases: [name: string, bytes: Uint8Array, code: string, message: RegExp][] = [
    ['an empty file', new Uint8Array(0), 'FORMAT', /truncated.*after 0 bytes/],
    ['half a magic number', Uint8Array.of(0, 0, 8), 'FORMAT', /truncated.*after 3 bytes/],
    ['half a header', valid.subarray(0, 9), 'FORMAT', /truncated.*after 9 bytes/],
    ['too few elements', valid.subarray(0, -1), 'FORMAT', /uint8\[2,3\] takes 18 bytes, it has 17/],
    ['too many elements', Buffer.concat([valid, Uint8Array.of(0)]), 'FORMAT', /goes on after its 18 bytes/],
    ['a wrong magic number', Buffer.concat([Uint8Array.of(1), valid.subarray(1)]), 'FORMAT', /begins with 01000802/],
    ['an unknown type', Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 1, 0), 'FORMAT', /begins with 00000a01/],
    ['text', Buffer.from('label,pixel\n1,2\n'), 'FORMAT', /no IDX file/],
    ['nine axes', Uint8Array.of(0, 0, 8, 9), 'UNSUPPORTED', /9 axes/],
    ['the largest shape of all', claims(...Array<number>(8).fill(2 ** 32 - 1)), 'FORMAT', /which its 42 bytes cannot/],
    ['a claim of 4 GiB', claims(2 ** 32 - 1), 'FORMAT', /cannot/],
    ['gzip that ends early', gzipSync(valid).subarray(0, -9), 'FORMAT', /not valid gzip/],
    ['gzip with a wrong checksum', wrongSum, 'FORMAT', /not valid gzip/],
    ['gzip that is only a magic number', Uint8Array.of(0x1f, 0x8b), 'FORMAT', /not valid gzip/],
    ['gzip of something else', gzipSync('hello, world'), 'FORMAT', /no IDX file/],
    ['gzip that swells', gzipSync(idx(8, [10], new Uint8Array(50_000_000))), 'FORMAT', /goes on after its 18 bytes/],
  ];

  it.each(cases)('%s', async (_name, bytes, code, message) => {
    await writeFile(file, bytes);
    const before = memory({ collect: true }).storages;
    const error = await readIdx(file).catch((caught: unknown) => caught as MyelinError);
    expect(error).toBeInstanceOf(MyelinError);
    expect((error as MyelinError).code).toBe(code);
    expect((error as MyelinError).message).toMatch(message);
    expect((error as MyelinError).message).toContain(file);
    expect(memory().storages).toBeLessThanOrEqual(before);
  });

  it('a file that is not there', async () => {
    await expect(readIdx(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'IO', op: 'readIdx' });
    await expect(readIdx(folder)).rejects.toMatchObject({ code: 'IO' });
  });

  it('never crashes on changed bytes', async () => {
    const before = memory({ collect: true }).storages;
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.nat(255), fc.boolean(), async (position, value, compress) => {
        const bytes = Buffer.from(compress ? gzipSync(valid) : valid);
        bytes[position % bytes.length] = value;
        await writeFile(file, bytes);
        const result = await readIdx(file).catch((error: unknown) => error);
        if (result instanceof MyelinError) expect(['FORMAT', 'UNSUPPORTED']).toContain(result.code);
        else (result as { dispose(): void }).dispose();
      }),
      { numRuns: 200 },
    );
    expect(memory().storages).toBeLessThanOrEqual(before);
  });
});
