// Fuzzes the parser of safetensors headers, which is TypeScript: `node scripts/fuzz-header.mjs <seconds> [seed]`. Guided by
// V8's block coverage: an input that reaches code in a new combination is kept and mutated further. The parser must give
// tensors that tile the data exactly, or throw a MyelinError of the codes below, in little time. A finding is written to
// build-fuzz/ and ends the run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

import { root } from './native-sources.mjs';

const require = createRequire(import.meta.url);
const { HeaderParser, encodeHeader } = require(join(root, 'dist/io/safetensors-header.js'));
const { MyelinError } = require(join(root, 'dist/tensor/errors.js'));
const { dtypeInfo, dtypes } = require(join(root, 'dist/tensor/dtype.js'));

const [seconds, seed] = [Number(process.argv[2] ?? 600), Number(process.argv[3] ?? Date.now() % 1e9)];
const refusals = ['FORMAT', 'UNSUPPORTED'];
const slow = 1000; // milliseconds
const longest = 1 << 14; // bytes of a header

// Marsaglia, "Xorshift RNGs", 2003.
let state = seed | 1;
function below(count) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % count;
}
const oneOf = (list) => list[below(list.length)];

const words = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    ' ',
    '\n',
    '\ufeff',
    '\0',
    'null',
    'true',
    '{}',
    '[]',
  ],
  ...[
    '"dtype"',
    '"shape"',
    '"data_offsets"',
    '"__metadata__"',
    '"__proto__"',
    '"constructor"',
    '"F32"',
    '"BOOL"',
    '"F8_E5M2"',
  ],
  ...['0', '-1', '1', '4', '8', '0.5', '-0', '1e3', '1e400', '9007199254740993', '4294967296', '1099511627776'],
];
const values = () =>
  oneOf([
    0,
    1,
    2,
    3,
    4,
    8,
    -1,
    0.5,
    2 ** 32,
    2 ** 53,
    1e300,
    null,
    true,
    '',
    'F32',
    'I64',
    'x',
    [],
    {},
    [0, 8],
    [2, 2],
    [0],
    '__proto__',
  ]);

/** Headers that are right. */
function seeds() {
  const entry = (name, dtype, shape, begin) => {
    const size = shape.reduce((product, extent) => product * extent, dtypeInfo(dtype).size);
    return { name, dtype, shape, begin, end: begin + size };
  };
  const list = [[], [entry('a', 'float32', [], 0)], [entry('a', 'uint8', [0, 3], 0)]];
  list.push(dtypes.map((dtype, i) => entry(`layer.${i}.weight`, dtype, [2, 4], i)));
  for (const entries of list) {
    let position = 0;
    for (const item of entries) {
      item.end = position + item.end - item.begin;
      item.begin = position;
      position = item.end;
    }
  }
  return list.flatMap((entries) => {
    const size = entries.at(-1)?.end ?? 0;
    return [{}, { format: 'pt', note: 'ä "quoted" \\' }].map((metadata) => ({
      bytes: encodeHeader(entries, metadata).subarray(8),
      size,
    }));
  });
}

function splice(bytes, at, removed, inserted) {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(Math.min(bytes.length, at + removed))]);
}

const byteEdits = [
  (bytes, at) => splice(bytes, at, 1, Buffer.of(below(256))),
  (bytes, at) => splice(bytes, at, below(8), Buffer.alloc(0)),
  (bytes, at) => splice(bytes, at, below(3), Buffer.from(oneOf(words))),
  (bytes, at) => splice(bytes, at, 0, bytes.subarray(at, at + below(64))),
  (bytes, at) => splice(bytes, at, bytes.length, oneOf(corpus).bytes.subarray(below(32))),
  (bytes, at) => splice(bytes, at, 0, Buffer.from('[{'[below(2)].repeat(below(600)))),
];

/** Changes one member somewhere in a JSON value. */
function editJson(value) {
  const members = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (members.length === 0 || below(6) === 0) return values();
  const key = oneOf(members);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const kind = below(10);
  if (kind === 0) delete copy[key];
  else if (kind === 1) copy[oneOf([...members, 'b', '__metadata__', '__proto__'])] = values();
  else if (kind === 2 && typeof copy[key] === 'number') copy[key] += oneOf([1, -1, 4, 8]);
  else copy[key] = editJson(copy[key]);
  return Array.isArray(copy) ? copy.filter(() => true) : copy;
}

function mutate({ bytes, size }) {
  let next = Buffer.from(bytes);
  if (below(2) === 0) {
    try {
      next = Buffer.from(JSON.stringify(editJson(JSON.parse(next.toString()))) ?? '');
    } catch {
      // Not JSON: its bytes are edited below.
    }
  }
  const edits = below(2) === 0 ? 0 : 1 + below(3);
  for (let i = 0; i < edits; i++) next = oneOf(byteEdits)(next, below(next.length + 1));
  return { bytes: next.subarray(0, longest), size: below(4) === 0 ? oneOf([0, 1, 4, 8, 64, size + 1, 2 ** 40]) : size };
}

function finding(input, why) {
  const file = join(root, 'build-fuzz', `header-${Date.now()}`);
  mkdirSync(join(root, 'build-fuzz'), { recursive: true });
  writeFileSync(file, input.bytes);
  console.error(`finding: ${why}\n  header: ${file}, data of ${input.size} bytes, seed ${seed}`);
  process.exit(1);
}

/** That the tensors lie back to back and that what they are follows from the bytes. */
function checkHeader(input, { entries, metadata }) {
  let position = 0;
  for (const { name, dtype, shape, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const bytes = shape.reduce((product, extent) => product * extent, dtypeInfo(dtype).size);
    if (begin !== position || end - begin !== bytes) finding(input, `${name} lies at ${begin} to ${end}`);
    position = end;
  }
  if (position !== input.size) finding(input, `the tensors end at ${position}`);
  const again = new HeaderParser('fuzz', 'file', input.size).parse(encodeHeader(entries, metadata).subarray(8));
  const sorted = (list) => JSON.stringify([...list].sort((a, b) => (a.name < b.name ? -1 : 1)));
  if (sorted(again.entries) !== sorted(entries)) finding(input, 'reading what was written gives something else');
}

const outcomes = {};
function attempt(input) {
  const started = performance.now();
  let outcome = 'parsed';
  try {
    checkHeader(input, new HeaderParser('fuzz', 'file', input.size).parse(input.bytes));
  } catch (error) {
    if (!(error instanceof MyelinError) || !refusals.includes(error.code)) finding(input, error.stack);
    outcome = error.code;
  }
  if (performance.now() - started > slow) finding(input, `took ${performance.now() - started} ms`);
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}

const session = new Session();
session.connect();
function post(method, parameters) {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error !== null) throw new Error(error.message);
    answer = result;
  });
  return answer;
}
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const seen = new Set();
/** Parts of the parser that have run since the last call and never before. */
function reached() {
  const fresh = [];
  for (const { url, functions } of post('Profiler.takePreciseCoverage').result) {
    if (!url.endsWith('safetensors-header.js')) continue;
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        const key = `${startOffset} ${endOffset} ${count > 0}`;
        if (!seen.has(key)) fresh.push(key);
      }
    }
  }
  return fresh;
}

const corpus = seeds();
for (const input of corpus) attempt(input);
for (const key of reached()) seen.add(key);
let tries = 0;
const end = Date.now() + 1000 * seconds;
while (Date.now() < end) {
  // Asking for coverage takes as long as many headers do: a batch is looked at one by one when it has reached something.
  const batch = Array.from({ length: 200 }, () => mutate(oneOf(corpus)));
  for (const input of batch) attempt(input);
  tries += batch.length;
  const together = reached();
  if (together.length === 0) continue;
  for (const input of batch) {
    attempt(input);
    const fresh = reached();
    for (const key of fresh) seen.add(key);
    if (fresh.length > 0) corpus.push(input);
  }
  for (const key of together) seen.add(key);
}
console.log(`${tries} headers in ${seconds} s, seed ${seed}: ${JSON.stringify(outcomes)}`);
console.log(`${corpus.length} of them kept for the code that they reach; no finding`);
