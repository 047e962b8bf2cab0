import { promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { fail, rethrow } from '../tensor/errors.js';

/**
 * Replaces a file in one step: whoever opens `file` sees the old contents or all of the new, also after a crash.
 *
 * The bytes go to a temporary file beside it, which is flushed to the disk and then renamed. On failure the temporary
 * file is removed and `file` stays as it was. A link stays a link: what it points to is replaced.
 *
 * @throws MyelinError `IO` when the file system refuses, or when there is something other than a file
 */
export async function writeAtomically(op: string, file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  let temporary = '';
  let created = false;
  try {
    const target = await replaceable(op, file);
    temporary = temporaryName(target);
    const handle = await promises.open(temporary, 'wx');
    created = true;
    try {
      for (const chunk of chunks) await writeFully(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await promises.rename(temporary, target);
    created = false;
    await syncDirectory(path.dirname(target));
  } catch (error) {
    if (created) await promises.unlink(temporary).catch(() => undefined);
    rethrow(error, op, 'IO');
  }
}

/** Where the new contents go. Renaming would remove a device or a pipe, and fail on a directory after all the work. */
async function replaceable(op: string, file: string): Promise<string> {
  const target = await promises.realpath(file).catch(() => file);
  const found = await promises.stat(target).catch(() => undefined);
  if (found?.isFile() === false) fail('IO', op, `${file}: is there and is no file (need the path of a file)`, { file });
  return target;
}

function temporaryName(file: string): string {
  return path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.getBuiltinModule('node:crypto').randomBytes(6).toString('hex')}.tmp`,
  );
}

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, maxTransfer));
    done += bytesWritten;
  }
}

// One read or write call of the operating system moves less than 2 GiB.
const maxTransfer = 2 ** 30;

/** Fills `target` from a position of a file; returns how many bytes there were. */
export async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, Math.min(target.length - done, maxTransfer), position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

// The rename itself lives in the directory. Some systems cannot open or flush one, and then there is nothing to do.
async function syncDirectory(directory: string): Promise<void> {
  const handle = await promises.open(directory, 'r').catch(() => undefined);
  if (handle === undefined) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
