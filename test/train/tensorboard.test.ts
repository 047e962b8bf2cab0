import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { crossEntropy, fit, tensorBoard } from 'myelin';

import { crc32c } from '../../lib/train/callbacks/tfevents';
import { problem } from './problem';

// A reader of event files, written from the formats' descriptions and not from the writer.

interface Event {
  readonly time: number;
  readonly step: number;
  readonly version: string | undefined;
  readonly values: Readonly<Record<string, number>>;
}

/** The message of every record; refuses wrong checksums. */
function recordsOf(file: Buffer): Buffer[] {
  const masked = (bytes: Buffer): number => {
    const crc = BigInt(crc32c(bytes));
    const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
    return Number((rotated + 0xa282ead8n) & 0xffffffffn);
  };
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(masked(file.subarray(at, at + 8)));
    const message = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(masked(message));
    records.push(message);
    at += length + 16;
  }
  return records;
}

/** Fields of a message by number; numbers of eight and four bytes are read as floats. */
function fieldsOf(message: Buffer): [number: number, value: number | Buffer][] {
  const fields: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) fields.push([tag >> 3, varint()]);
    else if (wire === 1) fields.push([tag >> 3, message.readDoubleLE((at += 8) - 8)]);
    else if (wire === 5) fields.push([tag >> 3, message.readFloatLE((at += 4) - 4)]);
    else {
      const length = varint();
      fields.push([tag >> 3, message.subarray(at, (at += length))]);
    }
  }
  return fields;
}

function eventOf(message: Buffer): Event {
  const fields = new Map(fieldsOf(message));
  const summary = fields.get(5);
  const values = summary instanceof Buffer ? fieldsOf(summary) : [];
  return {
    time: fields.get(1) as number,
    step: (fields.get(2) as number | undefined) ?? 0,
    version: fields.get(3)?.toString(),
    values: Object.fromEntries(
      values.map(([, value]) => {
        const parts = new Map(fieldsOf(value as Buffer));
        return [parts.get(1)!.toString(), parts.get(2) as number];
      }),
    ),
  };
}

it('checksums are those of RFC 3720', () => {
  const bytes = (make: (i: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => make(i));
  expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa);
  expect(crc32c(bytes(() => 255))).toBe(0x62a8ab43);
  expect(crc32c(bytes((i) => i))).toBe(0x46dd794e);
  expect(crc32c(bytes((i) => 31 - i))).toBe(0x113fdb5c);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

describe('event files', () => {
  let folder: string;
  let task: ReturnType<typeof problem>;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
    task = problem();
  });
  afterEach(async () => {
    task.dispose();
    await rm(folder, { recursive: true });
  });

  const train = (into: string, every?: number) =>
    fit(task.model, {
      data: task.loader(),
      validation: task.loader(),
      loss: crossEntropy,
      optimizer: task.optimizer,
      epochs: 2,
      callbacks: [tensorBoard(into, every === undefined ? {} : { every })],
      progress: false,
    });

  it('tell the log of every epoch, and of steps when asked', async () => {
    const runs = path.join(folder, 'runs', 'one');
    const started = Date.now() / 1000;
    const { epochs } = await train(runs, 8);
    const [name, ...more] = await readdir(runs);
    expect(more).toEqual([]);
    expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
    const [first, ...events] = recordsOf(await readFile(path.join(runs, name!))).map(eventOf);
    expect(first!.version).toBe('brain.Event:2');
    expect(events.every(({ time }) => time >= started - 1 && time < started + 600)).toBe(true);
    expect(events.map(({ step }) => step)).toEqual([8, 1, 16, 2]);
    expect(Object.keys(events[0]!.values)).toEqual(['step/loss', 'step/learningRate']);
    expect(events[0]!.values['step/learningRate']).toBeCloseTo(0.02, 6);
    const last = events[3]!.values;
    expect(last['epoch/loss']).toBe(Math.fround(epochs[1]!.loss));
    expect(last['epoch/loss/validation']).toBe(Math.fround(epochs[1]!['valLoss']!));
    const kept = process.env['MYELIN_EVENTS'];
    if (kept === undefined) return;
    await cp(runs, kept, { recursive: true });
    await writeFile(path.join(kept, 'epochs.json'), JSON.stringify(epochs));
  });

  it('each training has one of its own', async () => {
    await train(folder);
    await train(folder);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('say when they cannot be written', async () => {
    const file = path.join(folder, 'file');
    await train(file);
    const [name] = await readdir(file);
    await expect(train(path.join(file, name!))).rejects.toMatchObject({ code: 'IO', op: 'tensorBoard' });
    expect(() => tensorBoard(3 as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
    expect(() => tensorBoard(folder, { every: 0 })).toThrow(expect.objectContaining({ code: 'VALUE' }) as Error);
  });
});
