import { parseBytes } from './bytes.js';
import { fail, show } from './errors.js';
import { native } from './native.js';
import { collectUnreachable } from './storage.js';

/** What {@link memory} reports; all sizes in bytes. */
export interface MemoryReport {
  /** Storages of this thread that are alive. */
  readonly storages: number;
  /** Bytes of those storages. */
  readonly live: number;
  /** Bytes that the process has in use: storages of all threads, and the working memory of ops. */
  readonly used: number;
  /** Freed bytes that the process keeps for the next tensors. */
  readonly cached: number;
  /** Highest number of bytes that the process has had in use at once. */
  readonly peak: number;
  /** What the process may have in use and cached, see {@link setMemoryLimit}; null without a limit. */
  readonly limit: number | null;
}

/**
 * Reports native memory: what is alive, what is kept for reuse, and the highest use so far.
 *
 * @param options.collect find unreachable tensors first, so that only what is really in use is counted; default `false`
 * @param options.resetPeak start measuring the peak anew; default `false`
 * @example
 * ```ts
 * import { memory, zeros } from 'myelin';
 * using x = zeros([1024, 1024]);
 * console.log(x.dtype, memory().live >= 4 * 1024 * 1024); // float32 true
 * ```
 */
export function memory(options: { collect?: boolean; resetPeak?: boolean } = {}): MemoryReport {
  if (options.collect === true) collectUnreachable();
  const [storages, live, used, cached, peak, limit] = native.memory();
  if (options.resetPeak === true) native.resetPeak();
  return { storages, live, used, cached, peak, limit: limit === Infinity ? null : limit };
}

/** Gives memory that is kept for reuse back to the operating system. */
export function trimMemory(): void {
  native.trim();
}

/**
 * Sets how much native memory all tensors of the process may take together, including what is cached and what ops need
 * while they run. A tensor that would pass the limit first has the unreachable tensors of its thread collected and the
 * cache emptied; if that is not enough, the op fails and everything made before stays usable.
 *
 * The default is nine tenths of the machine's memory, or of the container's if that is less; the environment variable
 * `MYELIN_MEMORY_LIMIT` sets another (`2GiB`, `500 MB`, a number of bytes, or `none`). Borrowed and shared arrays
 * are JavaScript's memory and do not count.
 *
 * @param limit bytes, or a text with a unit such as `'2GiB'`; `null` lifts the limit
 * @throws MyelinError `VALUE` for what is no number of bytes; later ops throw `OUT_OF_MEMORY`
 * @example
 * ```ts
 * import { MyelinError, memory, setMemoryLimit, zeros } from 'myelin';
 * const before = memory().limit;
 * setMemoryLimit('1GiB');
 * try {
 *   zeros([2 ** 20, 2 ** 10]);
 * } catch (error) {
 *   if (error instanceof MyelinError) console.log(error.code); // OUT_OF_MEMORY
 * }
 * setMemoryLimit(before);
 * ```
 */
export function setMemoryLimit(limit: number | string | null): void {
  const bytes = typeof limit === 'string' ? parseBytes(limit) : (limit ?? Infinity);
  const valid = typeof bytes === 'number' && (limit === null || Number.isSafeInteger(bytes)) && bytes >= 0;
  if (!valid || limit === undefined) {
    fail('VALUE', 'setMemoryLimit', `got ${show(limit)} (need bytes, a text such as '2GiB', or null for no limit)`);
  }
  native.setLimit(bytes);
}
