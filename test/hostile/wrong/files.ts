import * as m from 'myelin';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { never, type Wrong } from './wrong';

const folder = mkdtempSync(path.join(tmpdir(), 'myelin-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(bytes: Uint8Array | string): string {
  const file = path.join(folder, `file-${files++}`);
  writeFileSync(file, bytes);
  return file;
}

/** A safetensors file with this header. */
function safetensors(header: unknown, data = 0, declared?: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(declared ?? json.length));
  return fileOf(Buffer.concat([length, json, Buffer.alloc(data)]));
}

const twoRows = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
export const filesWrong: readonly Wrong[] = [
  [
    'a file that is not there',
    'IO',
    'readSafetensors',
    /ENOENT|no such file/,
    () => m.readSafetensors(path.join(folder, 'nowhere')),
  ],
  ['an empty file', 'FORMAT', 'readSafetensors', /truncated/, () => m.readSafetensors(fileOf(''))],
  [
    'a header longer than the file',
    'FORMAT',
    'readSafetensors',
    /header has 1000 bytes/,
    () => m.readSafetensors(safetensors({}, 0, 1000)),
  ],
  [
    'a header of 2^53 bytes',
    'FORMAT',
    'readSafetensors',
    /header has/,
    () => m.readSafetensors(safetensors({}, 0, 2 ** 53)),
  ],
  ['a header that is no JSON', 'FORMAT', 'readSafetensors', /file-/, () => m.readSafetensors(safetensors('{"a": '))],
  [
    'data beyond the end',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: twoRows }, 4)),
  ],
  [
    'a negative offset',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, data_offsets: [-8, 0] } }, 8)),
  ],
  [
    'a size that is not that of the shape',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, shape: [3] } }, 8)),
  ],
  [
    'a dtype from elsewhere',
    'UNSUPPORTED',
    'readSafetensors',
    /"C64"/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, dtype: 'C64' } }, 8)),
  ],
  [
    'a tensor that is none',
    'TYPE',
    'writeSafetensors',
    /not a tensor/,
    () => m.writeSafetensors(path.join(folder, 'out'), { a: never(5) }),
  ],
  ['no IDX file', 'FORMAT', 'readIdx', /file-/, () => m.readIdx(fileOf('GIF89a plus some more bytes'))],
  [
    'an IDX file cut short',
    'FORMAT',
    'readIdx',
    /file-/,
    () => m.readIdx(fileOf(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1, 2))),
  ],
  [
    'an IDX file of nine axes',
    'UNSUPPORTED',
    'readIdx',
    /9 axes/,
    () => m.readIdx(fileOf(Uint8Array.of(0, 0, 8, 9, ...new Array<number>(36).fill(0)))),
  ],
  [
    'an IDX file that is not there',
    'IO',
    'readIdx',
    /ENOENT|no such file/,
    () => m.readIdx(path.join(folder, 'nowhere')),
  ],
  ['a folder for a file', 'IO', 'readIdx', /EISDIR|directory/, () => m.readIdx(folder)],
];
